"""What the API of referrals answers, for the OpenAPI document; nothing is made by these shapes, they only describe it.

Every field is there in each answer unless it says otherwise; one that may say nothing is null.
"""
from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields

from services.referrals.worklists.filters import STATES
from shared.pathways import PATHWAYS

A_RULE = "id of the rule, such as R-03"


def _text(description: str = "", *, null: bool = False, must: bool = True, example: str = "") -> fields.String:
    said = {"description": description, **({"examples": [example]} if example else {})} if description or example else {}
    return fields.String(required=must, allow_none=null, metadata=said)


def _day(description: str = "", *, null: bool = True, must: bool = True) -> fields.String:
    return fields.String(required=must, allow_none=null, metadata={"format": "date", "description": description or "a day in London"})


def _moment(description: str = "", *, null: bool = False, must: bool = True) -> fields.String:
    return fields.String(required=must, allow_none=null, metadata={"format": "date-time", "description": description or "UTC"})


def _many(shape: type[ma.Schema]) -> fields.List:
    return fields.List(fields.Nested(shape), required=True)


def _one(shape: type[ma.Schema]) -> fields.Nested:
    return fields.Nested(shape, required=True, allow_none=True)


class Shown(ma.Schema):
    """Base of what is answered: more fields may come, and are to be ignored."""

    class Meta:
        """Marshmallow's settings."""

        unknown = ma.EXCLUDE


class Missing(Shown):
    """What stands in the way of acceptance."""

    rule = _text(A_RULE, example="R-06")
    what = _text(example="The risk assessment is not here.")
    help = _text("what would change it")


class Judged(Shown):
    """A rule with its outcome: as decided where it is decided, else as of today."""

    rule = _text(A_RULE, example="R-03")
    outcome = fields.String(required=True, validate=ma.validate.OneOf(["met", "not met", "noted"]))
    words = _text()


class ReferralBrief(Shown):
    """The answer to whoever sends a referral."""

    id = fields.UUID(required=True)
    reference = _text("can be read over the telephone", example="R-GRRY-TKP")
    state = fields.String(required=True, validate=ma.validate.OneOf(STATES))
    missing = _many(Missing)


class Foreseen(Shown):
    """What a referral would be answered were it sent now."""

    acceptable = fields.Boolean(required=True)
    missing = _many(Missing)
    rules = _many(Judged)


class CitizenShown(Shown):
    """The citizen; how to reach them is left out for a practitioner where somebody else referred them too (R-13)."""

    name = _text(null=True)
    date_of_birth = _day()
    nhs_number = _text(null=True, example="9990000379")
    telephone = _text(null=True, must=False)
    email = _text(null=True, must=False)
    contact_by = _text(null=True, must=False)
    do_not = fields.List(fields.String(), metadata={"description": "what they asked us not to do"})


class StaffShown(Shown):
    """A practitioner or named person."""

    name = _text(null=True)
    email = _text(null=True)
    telephone = _text(null=True, must=False)
    team = _text()
    role = _text(must=False)


class DocumentShown(Shown):
    """A document that is here; `lapses_on` is the last day it counts (R-06)."""

    id = fields.UUID(required=True)
    kind = _text(example="care_plan")
    dated = _day(null=False)
    expires_on = _day("its own last day")
    added_at = _moment()
    added_by = _text()


class DocumentRemoved(Shown):
    """A document that was taken out."""

    id = fields.UUID(required=True)
    kind = _text(null=True)
    dated = _day()
    removed_at = _moment()
    removed_by = _text()
    reason = _text()


class Answered(Shown):
    """An answer."""

    words = _text()
    at = _moment()
    by = _text()


class Question(Shown):
    """What the Pod asked."""

    id = fields.UUID(required=True)
    words = _text()
    asked_at = _moment()
    asked_by = _text()
    answer = _one(Answered)


class Change(Shown):
    """One field that was amended; `citizen.telephone` is a field of the citizen."""

    field = _text()
    old = fields.Raw(required=True, allow_none=True)
    new = fields.Raw(required=True, allow_none=True)


class Amendment(Shown):
    """What was amended, why, and who was told."""

    id = fields.UUID(required=True)
    at = _moment()
    by = _text()
    reason = _text()
    told = fields.List(fields.String(), required=True)
    changes = _many(Change)


class Decision(Shown):
    """How it was decided."""

    state = fields.String(required=True, validate=ma.validate.OneOf(["accepted", "declined", "withdrawn"]))
    at = _moment()
    by = _text()
    reason = _text(must=False)
    words = _text(must=False)
    would_change = _text("what would change the answer", must=False)
    merged_into = _text("reference of the referral it goes on with", must=False)
    fingerprint = _text("version of the rules it was judged by (R-15)", must=False)


class Worker(Shown):
    """The development worker."""

    name = _text(null=True)
    email = _text(null=True)
    allocated_at = _moment()


class Stay(Shown):
    """A stay in hospital that goes on."""

    stay_id = _text()
    admitted_at = _moment()
    ward = _text(null=True)
    legal_status = _text("Mental Health Act legal status code", null=True)


class Span(Shown):
    """A time."""

    starts_at = _moment()
    ends_at = _moment()


class Offered(Span):
    """The meeting as offered."""

    mode = _text()
    place = _text()
    agreed = fields.Boolean(required=True)
    cancelled = fields.Boolean(required=True)
    reason = _text("why it was called off", must=False)


class Meeting(Shown):
    """The introductory meeting (R-07)."""

    availability = fields.Dict(keys=fields.String(), values=fields.List(fields.Nested(Span), allow_none=True), required=True,
                               metadata={"description": "by citizen, development_worker, practitioner; null: nothing was said"})
    slots = fields.List(fields.Nested(Span), required=True, metadata={"description": "times at which all can"})
    offered = _one(Offered)
    held_at = _moment("as the journey says", null=True)


class Target(Shown):
    """Something to be done by a time: the answer (R-10), the introductory meeting (R-07)."""

    kind = fields.String(required=True, validate=ma.validate.OneOf(["response", "first_meeting"]))
    due_on = _day(null=False)
    late_from = _moment()
    done_at = _moment(null=True)
    state = fields.String(required=True, validate=ma.validate.OneOf(["met", "late", "ahead", "due_today", "overdue", "breached"]))


class ReferralWhole(ReferralBrief):
    """A referral as it stands; staff see `duplicates`, `duplicate_reason`, `settled` and `number_of` besides."""

    pathway = fields.String(required=True, validate=ma.validate.OneOf(list(PATHWAYS)))
    self_referral = fields.Boolean(required=True)
    citizen = fields.Nested(CitizenShown, required=True)
    referrer = _one(StaffShown)
    named_person = _one(StaffShown)
    named_person_goes_on = _day("from when the named person works with the citizen no more")
    received_at = _moment()
    conversation_held_on = _day()
    reason = _text()
    conditions = fields.List(fields.String(), required=True)
    social_issues = fields.List(fields.String(), required=True)
    meeting_preference = _text()
    commitment_months = fields.Integer(required=True)
    inpatient = fields.Dict(required=True, allow_none=True, metadata={"description": "{ward, legal_status, stay_id?} as it was sent"})
    died_on = _day()
    in_hospital = _many(Stay)
    documents = _many(DocumentShown)
    documents_removed = _many(DocumentRemoved)
    rules = _many(Judged)
    questions = _many(Question)
    amendments = _many(Amendment)
    decision = _one(Decision)
    development_worker = _one(Worker)
    meeting = _one(Meeting)
    targets = _many(Target)
    first_meeting_due_on = _day()
    first_meeting_breached_on = _day()
    days_since_receipt = fields.Integer(required=True)
    waited_for_practitioner_minutes = fields.Integer(required=True, metadata={"description": "open time in which a question waited"})


class NextTarget(Shown):
    """What is to be done next with a referral, and by when."""

    kind = fields.String(required=True, validate=ma.validate.OneOf(["response", "first_meeting"]))
    due_on = _day(null=False)
    late_from = _moment()
    state = _text("ahead, due_today, overdue or breached")
    words = _text()


class ReferralRow(Shown):
    """A referral in a list; staff see `next`, `when` and `notes` in words besides."""

    id = fields.UUID(required=True)
    reference = _text()
    pathway = _text()
    state = fields.String(required=True, validate=ma.validate.OneOf(STATES))
    flag = _text("what to know before anything else: inpatient, died; or empty")
    asked = fields.Boolean(required=True, metadata={"description": "a question waits for its answer"})
    received_at = _moment()
    citizen = _text()
    practitioner = _text(null=True)
    development_worker = _text(null=True)
    meeting_at = _moment("the introductory meeting as offered", null=True)
    target = _one(NextTarget)
    first_meeting_due_on = _day()
    overdue = fields.Boolean(required=True)
    breached = fields.Boolean(required=True)
    days = fields.Integer(required=True, metadata={"description": "days since receipt"})
    may_be_with_us = fields.Boolean(required=True, metadata={"description": "a possible duplicate; always false for practitioners (R-13)"})


class ReferralPage(Shown):
    """One page of a list."""

    items = _many(ReferralRow)
    next = fields.String(required=True, allow_none=True, metadata={"description": "the `after` of the following page"})


IF_MATCH = {"in": "header", "name": "If-Match", "schema": {"type": "string"}, "example": '"3"',
            "description": "The ETag that was read: answered 412 where somebody changed it meanwhile."}
ONCE = {"in": "header", "name": "Idempotency-Key", "schema": {"type": "string", "maxLength": 200},
        "description": "Makes a repeat safe: the same key with the same body is answered as it was the first time."}


def answers(shape: type[ma.Schema], status: int = 200, words: str = "As it stands now") -> dict[str, Any]:
    """Describe an answer; errors of every kind are problems, described as the default."""
    return {"responses": {str(status): {"description": words, "content": {"application/json": {"schema": shape}}}}}
