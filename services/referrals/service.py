"""The front door of referrals: what it hears, and where its pages and API are."""
from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from services.referrals import api, events, pages, rulebook, rulebook_api, rulebook_pages, store
from services.referrals.directory import api as directory_api
from services.referrals.directory import pages as directory_pages
from services.referrals.documents import api as documents_api
from services.referrals.documents import pages as documents_pages
from services.referrals.drafts import after_sending, citizen_pages, limits, shelf
from services.referrals.drafts import api as drafts_api
from services.referrals.drafts import pages as draft_pages
from services.referrals.files import checkup, housekeeping
from services.referrals.looks import api as looks_api
from services.referrals.looks import pages as looks_pages
from services.referrals.looks import reading
from services.referrals.meetings import api as meeting_api
from services.referrals.meetings import pages as meeting_pages
from services.referrals.reports import api as reports_api
from services.referrals.reports import pages as reports_pages
from services.referrals.state import ELSEWHERE, in_doubt
from services.referrals.tellings import api as tellings_api
from services.referrals.tellings import pages as tellings_pages
from shared.ledger.keeper import LedgerStage
from shared.ledger.tables import staff_id
from shared.ledger.types import Data
from shared.messaging.consumer import Events, hears
from shared.messaging.delivery import inbox_id
from shared.messaging.envelope import Event, moment_text
from shared.web.app import create_app
from shared.web.mount import mounted


class Referrals:
    """Owns the referral, from sent to accepted, declined or withdrawn."""

    name = "referrals"
    prefix = "/referrals"
    title = "Referrals"
    store: ClassVar[Any] = store
    blueprints = (pages.blueprint, draft_pages.blueprint, citizen_pages.blueprint, after_sending.blueprint, rulebook_pages.blueprint, directory_pages.blueprint, documents_pages.blueprint,
                  meeting_pages.blueprint, looks_pages.blueprint, reports_pages.blueprint, tellings_pages.blueprint)
    api = (api.blueprint, rulebook_api.blueprint, drafts_api.blueprint, directory_api.blueprint, documents_api.blueprint, meeting_api.blueprint, looks_api.blueprint, reports_api.blueprint, tellings_api.blueprint)
    events = Events()
    web = mounted(lambda room: create_app(room, Referrals.blueprints, Referrals.api))
    needs = staticmethod(checkup.insist)
    look = staticmethod(checkup.look)

    @staticmethod
    def started(room: Any) -> None:
        """Keep the rules in force, from the day they first are (R-15)."""
        room.database.run(rulebook.keep_all)

    @staticmethod
    def keep_house(room: Any) -> None:
        """Remove what has had its time: drafts, files that are nobody's, and old looks."""
        room.database.run(lambda connection: shelf.expire(room.database, connection))
        room.database.run(lambda connection: limits.forget(room.database, connection))
        housekeeping.keep_house(room)
        reading.forget(room.database, room.settings.looks_years)

    @hears("hospital.admitted")
    def admitted(self, event: Event, stage: LedgerStage) -> None:
        """Note the admission, and hand the report on."""
        self._stay(event, stage, "admission", "hospital.admitted")

    @hears("hospital.admission_cancelled")
    def admission_cancelled(self, event: Event, stage: LedgerStage) -> None:
        """Take the admission back, and hand the report on."""
        self._stay(event, stage, "admission", "hospital.admitted", withdrawn=True)

    @hears("hospital.discharged")
    def discharged(self, event: Event, stage: LedgerStage) -> None:
        """Note the discharge, and hand the report on."""
        self._stay(event, stage, "discharge", "hospital.discharged")

    @hears("hospital.discharge_cancelled")
    def discharge_cancelled(self, event: Event, stage: LedgerStage) -> None:
        """Take the discharge back, and hand the report on."""
        self._stay(event, stage, "discharge", "hospital.discharged", withdrawn=True)

    @hears("citizen.died")
    def died(self, event: Event, stage: LedgerStage) -> None:
        """Note the death, and hand the report on."""
        self._death(event, stage)

    @hears("citizen.death_cancelled")
    def death_cancelled(self, event: Event, stage: LedgerStage) -> None:
        """Take the death back, and hand the report on."""
        self._death(event, stage, withdrawn=True)

    @hears("hospital.transferred", "hospital.legal_status_changed")
    def on_the_ward(self, event: Event, stage: LedgerStage) -> None:
        """Note ward and section from now on, and hand the report on."""
        word = "ward" if event.type == "hospital.transferred" else "legal_status"
        self._say(event, stage, f"stay:{event.data['stay_id']}:{word}:{event.source}:{event.id}", event.type,
                  {"stay_id": event.data["stay_id"], word: event.data[word]})

    @hears("keyworker.discharged")
    def practitioner_goes(self, event: Event, stage: LedgerStage) -> None:
        """Note until when the practitioner works with the citizen: another named person is needed (R-03)."""
        self._practitioner_goes(event, stage)

    @hears("keyworker.discharge_cancelled")
    def practitioner_stays(self, event: Event, stage: LedgerStage) -> None:
        """Take back that the practitioner goes."""
        self._practitioner_goes(event, stage, withdrawn=True)

    @hears("keyworker.changed")
    def practitioner_changes(self, event: Event, stage: LedgerStage) -> None:
        """Note who is the practitioner from which day on."""
        data = event.data
        change = {"id": staff_id(data["to_email"]), "team": data["to_team"], "on": data["changes_on"]}
        before = {"before": staff_id(data["from_email"])} if "from_email" in data else {}
        self._say(event, stage, f"practitioner:change:{event.source}:{event.id}", "practitioner.changed", {**change, **before})

    @hears("hospital.leave_started", "hospital.leave_ended", "keyworker.absent", "team.changed", "psychology.started")
    def hand_on(self, event: Event, stage: LedgerStage) -> None:
        """Keep the report whole and announce it, for a service that did not know the citizen when it came."""
        report = {
            "origin": {"source": event.source, "id": event.id, "type": event.type, "time": moment_text(event.time),
                       "recordedtime": moment_text(event.recordedtime)},
            "statement": events.by_ids(event.data),
            "withdrawn": event.withdrawn}
        _tell(event, stage, f"report:{inbox_id(event.source, event.id)}", "report.handed_on", report, withdrawn=False)

    @hears("journey.meeting_held")
    def meeting_held(self, event: Event, stage: LedgerStage) -> None:
        """Stop the clock of the introductory meeting: it is the first the journey holds (R-07)."""
        stage.say(event, event.data["referral_id"], f"held:{event.data['meeting_id']}", "meeting.held", {},
                  occurred_at=datetime.fromisoformat(event.data["held_at"]))

    @hears("journey.closing_set")
    def closing(self, event: Event, stage: LedgerStage) -> None:
        """Note from which day the development worker is free for others."""
        if referral := event.data.get("referral_id"):
            stage.say(event, referral, "journey:closing", "journey.closing", {"closes_on": event.data["closes_on"]})

    @hears("journey.death_recorded")
    def died_on_the_journey(self, event: Event, stage: LedgerStage) -> None:
        """Note a death that was recorded on the journey; where it came from another system the referral has heard of it (J-14)."""
        for referral in _referrals(event):
            stage.say(event, referral, "death", "citizen.died", {"died_on": event.data["died_on"]})

    def _practitioner_goes(self, event: Event, stage: LedgerStage, withdrawn: bool | None = None) -> None:
        who = staff_id(event.data["practitioner_email"])
        data = {"practitioner": who, "closes_on": event.data.get("closes_on")}
        self._say(event, stage, f"practitioner:{who}:goes", "practitioner.discharged", data, withdrawn)

    def _say(self, event: Event, stage: LedgerStage, about: str, kind: str, data: Data, withdrawn: bool | None = None) -> None:
        """Say it of every referral of the citizen that is under way, and hand the report on."""
        _tell(event, stage, about, kind, data, withdrawn)
        self.hand_on(event, stage)

    def _stay(self, event: Event, stage: LedgerStage, part: str, kind: str, withdrawn: bool | None = None) -> None:
        data: Data = {name: event.data[name] for name in ("ward", "legal_status", "destination") if name in event.data}
        self._say(event, stage, f"stay:{event.data['stay_id']}:{part}", kind, data, withdrawn)

    def _death(self, event: Event, stage: LedgerStage, withdrawn: bool | None = None) -> None:
        data: Data = {name: event.data[name] for name in ("died_on",) if name in event.data}
        self._say(event, stage, "death", "citizen.died", data, withdrawn)


def _tell(event: Event, stage: LedgerStage, about: str, kind: str, data: Data, withdrawn: bool | None) -> None:
    """Say it of every referral of the citizen, and apart, as in doubt, of those of which nobody knows yet if they are the citizen's."""
    for referral in _referrals(event):
        stage.say(event, referral, about, kind, data, withdrawn=withdrawn)
    is_gone = event.withdrawn if withdrawn is None else withdrawn
    kept = (kind, data) if is_gone else (ELSEWHERE, in_doubt(kind, data))
    known: Any = event.person
    for referral in known.in_doubt if known else ():
        stage.say(event, referral, about, *kept, withdrawn=withdrawn)


def _referrals(event: Event) -> tuple[str, ...]:
    known: Any = event.person
    return known.referrals if known else ()
