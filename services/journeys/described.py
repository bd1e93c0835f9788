"""What the API of journeys answers, for the OpenAPI document; nothing is made by these shapes, they only describe it."""
from __future__ import annotations

from marshmallow import fields

from services.journeys import intake
from services.journeys.decisions import CORRECTIONS, OUTCOMES
from services.journeys.meetings import ATTENDEES, MODES
from shared.pathways import PATHWAYS
from shared.web.described import Shown, choice, choices, day, id_of, many, moment, number, one, text, yes_no
from shared.web.described_people import Reached


class CitizenShown(Shown):
    """The citizen."""

    name = text("full name")
    nhs_number = text("10 digits; null where it is not known", null=True, example="9990000379")


class ContactShown(Reached):
    """How to reach the citizen and what they need; once they have died, whom of their family to ring (J-14)."""


class StaffShown(Shown):
    """The practitioner or the development worker."""

    name = text("how they are called")
    email = text("work e-mail address", null=True)
    team = text("the team they work in", null=True)


class MeetingShown(Shown):
    """A meeting: offered, or held."""

    id = text("introductory, or id of the meeting")
    state = choice("offered", "held", description="what became of it")
    strand = text("the strand it counts in", null=True)
    mode = choice(*MODES, description="how they met", null=True)
    starts_at = moment("when it is offered for, UTC", null=True)
    ends_at = moment("until when it is offered, UTC", null=True)
    held_at = moment("when it was held, UTC", null=True)
    attendees = choices(*ATTENDEES, description="who came")
    missing = choices(*ATTENDEES, description="who should have been there and was not (R-07)")
    reason = text("why it was held without them", null=True)


class StrandShown(Shown):
    """A strand of the journey (J-02)."""

    name = text("key of the strand, as the pathway has it", example="sana")
    state = choice("not_started", "under_way", description="whether a meeting was held in it")
    meetings_held = number("meetings held in it (J-07)")
    minimum = number("fewest meetings")
    maximum = number("most meetings")


class StatusShown(Shown):
    """A legal status of a stay, for a time (J-10)."""

    code = text("Mental Health Act legal status code, two digits", example="02")
    from_ = fields.String(required=True, data_key="from", metadata={"format": "date-time", "description": "since when, UTC"})
    until = moment("until when, UTC; null while it lasts", null=True)
    words = text("the status in words", example="section 2")


class StayShown(Shown):
    """A stay in hospital."""

    id = text("the hospital's id of the stay")
    admitted_at = moment("when it began, UTC; null where only its end was reported", null=True)
    discharged_at = moment("when it ended, UTC", null=True)
    running = yes_no("it goes on")
    ward = text("where the citizen is, or was last", null=True)
    legal_status = text("Mental Health Act legal status code of now, or the last", null=True)
    legal_statuses = many(StatusShown, "one after another")
    on_leave = yes_no("the citizen is out on leave")
    expected_discharge_on = day("when the hospital expects to discharge them")
    destination = text("where they were discharged to", null=True)


class ReviewShown(Shown):
    """A review: whether to remain involved after an admission, or whether to keep what was decided on something since corrected."""

    id = text("id of the review")
    kind = choice("admission", "correction", description="what it is about")
    state = choice("open", "done", "undone", "stopped", "withdrawn",
                   description="undone: decided, then undone; stopped: the citizen died; withdrawn: what it rests on was taken back")
    due_on = day("the day by which")
    overdue = yes_no("it is open, and late")
    outcome = choice(*OUTCOMES, *CORRECTIONS, description="what was decided", null=True)
    words = text("why", null=True)
    by = text("name of who decided", null=True)
    completed_at = moment("when it was decided, UTC", null=True)
    rests_on = text("what it rests on", example="stay:S1:admission")
    decided = choice(*OUTCOMES, description="of an open correction: the decision to be kept or undone", must=False)


class FollowUpShown(Shown):
    """A follow-up after a discharge."""

    stay_id = text("the hospital's id of the stay")
    proposed_by = day("the day by which it is proposed", null=False)


class EntryShown(Shown):
    """One entry of the timeline; what was corrected stays on it."""

    id = id_of("id of the entry")
    kind = text("what was said", example="hospital.admitted")
    occurred_at = moment("when it happened, UTC")
    recorded_at = moment("when its speaker recorded it, UTC")
    actor = text("name of who said it, or address of the system")
    corrected_by = id_of("id of the entry that stands in its place; null while it stands", null=True)
    withdrawn = yes_no("it takes back what was said")
    about = text("what it is about; of all entries about one thing, the last stands", example="stay:S1:admission")
    facts = fields.Dict(keys=fields.String(), required=True, metadata={"description": "what was said, by name; which facts, depends on the kind"})


class JourneyListed(Shown):
    """A journey, as it is or as it was known on a day."""

    id = id_of("id of the journey")
    reference = text("can be read over the telephone", example="J-7KQ4-M9C")
    pathway = choice(*PATHWAYS, description="the pathway it follows")
    citizen = one(CitizenShown, null=False)
    state = choice("open", "closing", "closed", description="closing: the day of its end is set")
    inpatient = yes_no("the citizen is in hospital now")
    died_on = day("day of death, as it was reported")
    closing_on = day("the day on which it closes")
    opened_at = moment("when it opened, UTC")
    practitioner = one(StaffShown, "null where the citizen referred themself, or nobody has taken over")
    self_referral = yes_no("the citizen referred themself")
    one_to_one_support = yes_no("the referral asked for the pathway's intensive one-to-one support (R-10); null where nobody said", null=True)
    referral_id = id_of("id of the referral it came from")
    development_worker = one(StaffShown, "null until one is chosen")
    meetings = many(MeetingShown, "what is offered first, then those held, in order")
    strands = many(StrandShown, "in the order of the pathway")
    stays = many(StayShown, "stays in hospital, in order")
    reviews = many(ReviewShown, "of admissions first, then corrections")
    follow_ups = many(FollowUpShown, "after discharges")
    timeline = many(EntryShown, "oldest first, by when it happened")


class JourneyShown(JourneyListed):
    """A journey, with how to reach the citizen; of the past that is not told."""

    contact = one(ContactShown, "left out with `as_of`", null=False, must=False)


class Taken(Shown):
    """Events that were taken."""

    accepted = number("how many; each goes to every service whose business it is")


_EVENT = {
    "type": "object", "required": ["specversion", "id", "source", "type", "time", "data"], "description": "A CloudEvent 1.0; see docs/events.md",
    "properties": {
        "specversion": {"const": "1.0"}, "id": {"type": "string", "description": "the sender's id; a repeat of it has no effect"},
        "source": {"type": "string", "description": "the sending system"}, "type": {"type": "string", "examples": ["hospital.admitted"]},
        "time": {"type": "string", "format": "date-time", "description": "when it happened"},
        "data": {"type": "object", "description": "what happened, as the contract of the type says"}}}
_BATCH = {"type": "array", "minItems": 1, "maxItems": intake.MOST, "items": _EVENT}
#: The body of events, for the OpenAPI document.
EVENTS = {"requestBody": {"required": True, "content": {
    intake.STRUCTURED: {"schema": _EVENT}, intake.BATCH: {"schema": _BATCH}, "application/json": {"schema": {"anyOf": [_EVENT, _BATCH]}}}}}
