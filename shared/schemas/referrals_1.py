"""What the referrals service announced in version 1, when every referral had a practitioner; kept for ever, lifted when read."""
from __future__ import annotations

from typing import Any

from shared.decline_reasons import coded
from shared.schemas.kinds import Day, Moment, Number, OneOf, Text
from shared.schemas.people import Citizen, NamedPerson, Staff, key, practitioner
from shared.schemas.registry import REGISTRY, ours
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


ours(PUBLISHER, "referral.received", Received, "A practitioner sent a referral.")
ours(PUBLISHER, "referral.accepted", Accepted, "A referral was accepted, so a journey opens.")
ours(PUBLISHER, "referral.declined", Declined, "A referral was declined, with the reason and what would change it.")
ours(PUBLISHER, "referral.withdrawn", Withdrawn, "A referral was taken back.")
ours(PUBLISHER, "referral.allocated", Allocated, "A development worker was chosen for an accepted referral.")


@REGISTRY.upcast("referral.received", 1)
def without_contacts(data: dict[str, Any]) -> dict[str, Any]:
    """Leave out how to reach the citizen: from version 2 on it comes with the acceptance."""
    return {**data, "citizen": {name: value for name, value in data["citizen"].items() if name in ("name", "date_of_birth", "nhs_number")}}


@REGISTRY.upcast("referral.declined", 1)
def with_a_code(data: dict[str, Any]) -> dict[str, Any]:
    """Give the code of the reason; words, whose ever, stay with the referral from version 2 on."""
    return {**data, "reason": coded(data["reason"])}


def _as_it_is(data: dict[str, Any]) -> dict[str, Any]:
    return data


for _name in ("referral.accepted", "referral.withdrawn", "referral.allocated"):
    REGISTRY.upcast(_name, 1)(_as_it_is)
