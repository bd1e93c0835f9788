"""What the journeys service announces; `told` names whom to tell, so that notifications need no order."""
from __future__ import annotations

from typing import Any

from shared.schemas.kinds import Day, Moment, Number, OneOf, Text
from shared.schemas.people import Staff, key, practitioner, told
from shared.schemas.referrals import PATHWAYS
from shared.schemas.registry import REGISTRY, ours
from shared.schemas.shape import Part, Shape

PUBLISHER = "journeys"


class Journey(Shape):
    """Which journey, and whom to tell."""

    journey_id = key()
    reference = Text(40, required=True, purpose="the number people say to each other")
    told = told()


class Opened1(Journey):
    """A journey opened; in version 1 every journey had a practitioner."""

    referral_id = key()
    pathway = OneOf(*PATHWAYS, required=True)
    citizen_id = key()
    practitioner = practitioner()
    opened_at = Moment(required=True)


class Opened(Opened1):
    """A journey opened; of a citizen who referred themself it has no practitioner."""

    practitioner = practitioner(required=False)


class Allocated1(Journey):
    """The journey has a development worker; in version 1 every journey had a practitioner."""

    development_worker = Part(Staff, required=True)
    practitioner = practitioner()
    reviews_open = Number(required=True, purpose="reviews that wait for the new development worker")


class Allocated(Allocated1):
    """The journey has a development worker."""

    practitioner = practitioner(required=False)


class Review(Shape):
    """A review that is due."""

    id = key()
    due_on = Day(required=True)


class AdmissionRecorded(Journey):
    """The citizen is in hospital; a review is due."""

    citizen_id = key()
    stay_id = key()
    admitted_at = Moment(required=True, personal="so that staff know since when")
    review = Part(Review, required=True)


class DischargeRecorded(Journey):
    """The citizen has left hospital; a follow-up is proposed."""

    citizen_id = key()
    stay_id = key()
    discharged_at = Moment(required=True, personal="so that staff know since when")
    follow_up_by = Day(required=True)


class DeathRecorded(Journey):
    """The citizen died."""

    citizen_id = key()
    died_on = Day(required=True, personal="so that everything planned stops")


class ReviewOverdue(Journey):
    """A review was not done in time."""

    review_id = key()
    due_on = Day(required=True)


class ReviewOwed(Journey):
    """A decision rests on something since taken back, and is to be kept or undone."""

    review_id = key()
    due_on = Day(required=True)


class ReviewCompleted(Journey):
    """A review was done."""

    review_id = key()
    outcome = Text(200, required=True)
    completed_at = Moment(required=True)


class ClosingSet1(Journey):
    """The journey will close on a day; version 1 did not say whose referral opened it."""

    closes_on = Day(required=True)
    reason = Text(2000, personal="so that closing can be planned with understanding")


class ClosingSet(ClosingSet1):
    """The journey will close on a day."""

    referral_id = key(required=False)


class MeetingHeld(Journey):
    """A meeting of the journey was held; the introductory one is the first of the foundation assessment (R-07)."""

    referral_id = key()
    meeting_id = key()
    strand = Text(100, required=True)
    held_at = Moment(required=True, personal="so that the clock of the first meeting stops when it was held")


class TransitionRecorded(Journey):
    """Something in the citizen's care changes."""

    kind = Text(100, required=True)
    occurs_on = Day(required=True)


ours(PUBLISHER, "journey.opened", Opened1, "A journey opened for an accepted referral.")
ours(PUBLISHER, "journey.opened", Opened, "A journey opened for an accepted referral.", version=2)
ours(PUBLISHER, "journey.allocated", Allocated1, "A journey got its development worker.")
ours(PUBLISHER, "journey.allocated", Allocated, "A journey got its development worker.", version=2)
ours(PUBLISHER, "journey.admission_recorded", AdmissionRecorded, "The citizen is in hospital and a review is due.")
ours(PUBLISHER, "journey.discharge_recorded", DischargeRecorded, "The citizen left hospital; a follow-up is proposed.")
ours(PUBLISHER, "journey.death_recorded", DeathRecorded, "The citizen died; everything planned stops.")
ours(PUBLISHER, "journey.review_overdue", ReviewOverdue, "A review was not done in time.")
ours(PUBLISHER, "journey.review_owed", ReviewOwed, "What a decision rested on was taken back; keep it or undo it.")
ours(PUBLISHER, "journey.review_completed", ReviewCompleted, "A review was done.")
ours(PUBLISHER, "journey.closing_set", ClosingSet1, "A journey is to close on a day.")
ours(PUBLISHER, "journey.closing_set", ClosingSet, "A journey is to close on a day.", version=2)
ours(PUBLISHER, "journey.meeting_held", MeetingHeld, "A meeting of a journey was held; withdrawn where it was not.")
ours(PUBLISHER, "journey.transition_recorded", TransitionRecorded, "Something in the citizen's care changes.")


@REGISTRY.upcast("journey.opened", 1)
@REGISTRY.upcast("journey.allocated", 1)
@REGISTRY.upcast("journey.closing_set", 1)
def as_it_is(data: dict[str, Any]) -> dict[str, Any]:
    """Take version 1 as it is: version 2 only asks for less, or says more where it can."""
    return data
