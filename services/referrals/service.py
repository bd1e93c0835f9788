"""The front door of referrals: what it hears, and where its pages and API are."""
from __future__ import annotations

from typing import Any, ClassVar

from services.referrals import api, events, pages, store
from services.referrals.files import checkup, housekeeping
from shared.ledger.keeper import LedgerStage
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
    blueprints = (pages.blueprint,)
    api = (api.blueprint,)
    events = Events()
    web = mounted(lambda room: create_app(room, Referrals.blueprints, Referrals.api))
    needs = staticmethod(checkup.insist)
    look = staticmethod(checkup.look)
    keep_house = staticmethod(housekeeping.keep_house)

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

    @hears("hospital.transferred", "hospital.legal_status_changed", "hospital.leave_started", "hospital.leave_ended",
           "keyworker.discharged", "keyworker.discharge_cancelled", "keyworker.changed", "keyworker.absent",
           "team.changed", "psychology.started")
    def hand_on(self, event: Event, stage: LedgerStage) -> None:
        """Keep the report whole and announce it, for a service that did not know the citizen when it came."""
        report = {
            "origin": {"source": event.source, "id": event.id, "type": event.type, "time": moment_text(event.time),
                       "recordedtime": moment_text(event.recordedtime)},
            "statement": events.by_ids(event.data),
            "withdrawn": event.withdrawn}
        for referral in _referrals(event):
            stage.say(event, referral, f"report:{inbox_id(event.source, event.id)}", "report.handed_on", report, withdrawn=False)

    def _stay(self, event: Event, stage: LedgerStage, part: str, kind: str, withdrawn: bool | None = None) -> None:
        data: Data = {name: event.data[name] for name in ("ward", "legal_status", "destination") if name in event.data}
        for referral in _referrals(event):
            stage.say(event, referral, f"stay:{event.data['stay_id']}:{part}", kind, data, withdrawn=withdrawn)
        self.hand_on(event, stage)

    def _death(self, event: Event, stage: LedgerStage, withdrawn: bool | None = None) -> None:
        data: Data = {name: event.data[name] for name in ("died_on",) if name in event.data}
        for referral in _referrals(event):
            stage.say(event, referral, "death", "citizen.died", data, withdrawn=withdrawn)
        self.hand_on(event, stage)


def _referrals(event: Event) -> tuple[str, ...]:
    known: Any = event.person
    return known.referrals if known else ()
