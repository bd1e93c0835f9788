"""The front door of journeys: what it hears, and what it says of it."""
from __future__ import annotations

import uuid
from datetime import datetime

from services.journeys import api as journeys_api
from services.journeys import meetings, pages, sayings, store
from services.journeys.state import instant
from shared import schemas
from shared.ledger.keeper import LedgerStage
from shared.messaging.consumer import Events, hears
from shared.messaging.envelope import Event
from shared.web.app import create_app
from shared.web.mount import mounted

#: Namespace of journey ids: the journey of a referral has one id, whichever event of it comes first.
JOURNEY = uuid.UUID("a7f0b0de-2f0b-5d5a-9a0e-6a3a9a1f7b42")


def journey_id(referral_id: str) -> str:
    """Give the id of the journey a referral opens."""
    return str(uuid.uuid5(JOURNEY, referral_id))


class Journeys:
    """The Pod's work with each citizen: journeys, their reviews, and what changes in the citizen's care.

    An aggregate is a person, under the id referrals gave them. A person is known from `referral.received` on.
    """

    name = "journeys"
    prefix = "/journeys"
    title = "Journeys"
    hears_all_intake = True
    store = store
    blueprints = (pages.blueprint,)
    api = (journeys_api.blueprint,)

    events = Events()
    web = mounted(lambda room: create_app(room, Journeys.blueprints, Journeys.api))

    @hears("referral.received")
    def received(self, event: Event, stage: LedgerStage) -> None:
        """Know the citizen from now on; the inbox has written their row already."""
        _refer(event, stage, under_way=not event.withdrawn)

    @hears("referral.declined", "referral.withdrawn")
    def ended(self, event: Event, stage: LedgerStage) -> None:
        """Hear no more of the citizen from outside, unless they have a journey or another referral (X-02)."""
        _refer(event, stage, under_way=event.withdrawn)

    @hears("referral.accepted")
    def accepted(self, event: Event, stage: LedgerStage) -> None:
        """Open the journey (J-01)."""
        data = event.data
        facts = {"referral_id": data["referral_id"], "reference": _reference(data["reference"]), "pathway": data["pathway"]}
        facts["self_referral"] = bool(data.get("self_referral"))
        facts |= {name: data[name] for name in ("one_to_one_support",) if name in data}
        facts |= {who: sayings.staff_id(data[who]["email"]) for who in ("practitioner", "named_person") if data.get(who)}
        stage.say(event, data["citizen_id"], f"journey:{journey_id(data['referral_id'])}:opened", "journey.opened", facts,
                  occurred_at=datetime.fromisoformat(data["accepted_at"]))

    @hears("referral.allocated")
    def allocated(self, event: Event, stage: LedgerStage) -> None:
        """Give the journey its development worker."""
        data = event.data
        stage.say(event, data["citizen_id"], f"journey:{journey_id(data['referral_id'])}:allocated", "journey.allocated",
                  {"development_worker": sayings.staff_id(data["development_worker"]["email"])},
                  occurred_at=datetime.fromisoformat(data["allocated_at"]))

    @hears("referral.meeting_offered")
    def meeting_offered(self, event: Event, stage: LedgerStage) -> None:
        """Know when the introductory meeting is to be (R-07); it names no citizen, so the keeper has looked up whose referral it is."""
        data, jid = event.data, journey_id(event.data["referral_id"])
        times = {name: instant(datetime.fromisoformat(data[name])) for name in ("starts_at", "ends_at")}
        stage.say(event, _person(event), meetings.offer_key(jid), "meeting.offered", {"journey": jid, **times, "mode": data["mode"]})

    @hears("referral.stay_recorded")
    def stay_recorded(self, event: Event, stage: LedgerStage) -> None:
        """Say exactly what the original event would have said, so that both ways coincide."""
        origin, number = event.data["origin"], {"nhs_number": event.data["nhs_number"]}
        original = Event(origin["id"], origin["source"], origin["type"], datetime.fromisoformat(origin["time"]),
                         schemas.contract(origin["type"]).load({**event.data["statement"], **number}),
                         recordedtime=datetime.fromisoformat(origin["recordedtime"]),
                         withdrawn=bool(event.data.get("withdrawn")) or event.withdrawn)
        mark = stage.mark()
        sayings.say(stage, original, event.data["citizen_id"])
        if event.withdrawn:
            # it was another citizen's: the same saying again would be no news, so it is referrals that takes it back
            stage.said[mark:] = [(person, said._replace(recorded_at=event.recordedtime, source=event.source, actor=event.source, event_id=event.id))
                                 for person, said in stage.said[mark:]]

    @hears("directory.member_recorded")
    def staff(self, event: Event, stage: LedgerStage) -> None:
        """Call staff as the directory does; the keeper has written it already."""

    @hears("hospital.admitted", "hospital.admission_cancelled", "hospital.discharged", "hospital.discharge_cancelled",
           "hospital.transferred", "hospital.legal_status_changed", "hospital.leave_started", "hospital.leave_ended")
    def in_hospital(self, event: Event, stage: LedgerStage) -> None:
        """Record what a hospital says of a stay (J-10)."""
        sayings.say(stage, event, _person(event))

    @hears("citizen.died", "citizen.death_cancelled")
    def died(self, event: Event, stage: LedgerStage) -> None:
        """Stop everything planned, or bring it back (J-14)."""
        sayings.say(stage, event, _person(event))

    @hears("keyworker.discharged", "keyworker.discharge_cancelled", "keyworker.changed", "keyworker.absent")
    def practitioner(self, event: Event, stage: LedgerStage) -> None:
        """Follow the practitioner: closing, re-opening, absence (J-11, J-12)."""
        sayings.say(stage, event, _person(event))

    @hears("team.changed", "psychology.started")
    def transition(self, event: Event, stage: LedgerStage) -> None:
        """Record a transition and have it told (J-12)."""
        sayings.say(stage, event, _person(event))

    @hears("citizen.merged", "citizen.merge_cancelled")
    def merged(self, event: Event, stage: LedgerStage) -> None:
        """Put it on the timeline of the first of the two people we know.

        Not done yet: the records of the two people stay apart, and events for the old number go to the old one.
        """
        sayings.say(stage, event, _person(event))


def _refer(event: Event, stage: LedgerStage, under_way: bool) -> None:
    """Say how a referral stands: of both answers, whichever comes first, the one recorded last does."""
    stage.say(event, event.data["citizen_id"], f"referral:{event.data['referral_id']}",
              "referral.received" if under_way else "referral.ended", {"referral_id": event.data["referral_id"]}, withdrawn=False)


def _person(event: Event) -> str:
    """Give whom an event is about; the inbox lets no event from outside through whose person is unknown.

    Of one that names only a referral we may hear before the referral itself: then it is offered again by and by.
    """
    if event.person is None:
        raise LookupError("nobody we know")
    return event.person


def _reference(of_referral: str) -> str:
    """Give the journey's reference: the referral's, so that people say one number, marked J."""
    return "J-" + of_referral.removeprefix("R-")
