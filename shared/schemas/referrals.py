"""What the referrals service announces."""
from __future__ import annotations

from shared.schemas.kinds import Day, Moment, Number, OneOf, Text, Whatever, YesNo
from shared.schemas.people import Citizen, NamedPerson, Staff, key, nhs_number, practitioner
from shared.schemas.registry import ours
from shared.schemas.shape import ListOf, Part, Shape

PUBLISHER = "referrals"
PATHWAYS = ("core", "sip", "prevention")
HEALTH = "decides what may be offered, and by whom"


class Referral(Shape):
    """Which referral of whom, and who sent it."""

    referral_id = key()
    reference = Text(40, required=True, purpose="the number people say to each other")
    citizen_id = key()
    practitioner = practitioner()


class Received(Referral):
    """A referral came in."""

    pathway = OneOf(*PATHWAYS, required=True)
    citizen = Part(Citizen, required=True)
    named_person = Part(NamedPerson)
    received_at = Moment(required=True)


class Accepted(Received):
    """A referral was accepted; a journey opens."""

    accepted_at = Moment(required=True)
    commitment_months = Number(required=True)
    conditions = ListOf(Text(), required=True, personal=HEALTH)
    social_issues = ListOf(Text(), personal=HEALTH)
    conversation_held_on = Day(required=True)
    meeting_preference = OneOf("in_person", "telephone", "teams", required=True)
    first_meeting_due_on = Day()


class Declined(Referral):
    """A referral was declined."""

    reason = Text(200, required=True, personal="told to the practitioner")
    words = Text(4000, required=True, personal="told to the practitioner")
    would_change = Text(4000, required=True, purpose="what would change the answer")
    decided_at = Moment(required=True)


class Withdrawn(Referral):
    """A referral was taken back."""

    reason = Text(200, required=True, personal="kept with the referral")
    words = Text(4000, personal="kept with the referral")
    withdrawn_at = Moment(required=True)


class Allocated(Referral):
    """A development worker was chosen."""

    development_worker = Part(Staff, required=True)
    allocated_at = Moment(required=True)


class Origin(Shape):
    """The envelope of the event that was recorded, as it came."""

    source = Text(255, required=True)
    id = Text(255, required=True)
    type = Text(255, required=True)
    recordedtime = Moment(required=True)
    time = Moment(required=True)


class StayRecorded(Shape):
    """What another system said about a citizen of an open referral: a stay, and any other report that journeys needs."""

    citizen_id = key()
    nhs_number = nhs_number()
    origin = Part(Origin, required=True)
    statement = Whatever(required=True, personal="what was reported, handed on so that nobody falls between",
                         purpose="the data of the original event")
    withdrawn = YesNo(purpose="the original event took something back")


ours(PUBLISHER, "referral.received", Received, "A practitioner sent a referral.")
ours(PUBLISHER, "referral.accepted", Accepted, "A referral was accepted, so a journey opens.")
ours(PUBLISHER, "referral.declined", Declined, "A referral was declined, with the reason and what would change it.")
ours(PUBLISHER, "referral.withdrawn", Withdrawn, "A referral was taken back.")
ours(PUBLISHER, "referral.allocated", Allocated, "A development worker was chosen for an accepted referral.")
ours(PUBLISHER, "referral.stay_recorded", StayRecorded,
     "Another system reported something of a citizen with a referral under way (a stay, a death, a practitioner or team), "
     "and referrals hands the report on.")

