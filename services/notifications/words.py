"""The words of messages: which fields of an event may be said at all, and templates filled with them."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import partial
from string import Formatter
from typing import Any

from shared.calendar import day_in_words, london_day, moment_in_words, time_in_words
from shared.decline_reasons import DECLINE

UNKNOWN = "a day not set yet"

#: event -> field of a template -> where in the event's data it stands. References, dates and counts only (N-05).
SAFE: dict[str, dict[str, str]] = {
    "referral.received": {"received_at": "received_at"},
    "referral.completed": {"completed_at": "completed_at"},
    "referral.more_asked": {"asked_at": "asked_at"},
    "referral.answered": {"answered_at": "answered_at"},
    "referral.amended": {"amended_at": "amended_at"},
    "referral.accepted": {"accepted_at": "accepted_at", "first_meeting_due_on": "first_meeting_due_on"},
    "referral.declined": {"decided_at": "decided_at"},
    "referral.withdrawn": {"withdrawn_at": "withdrawn_at", "merged_into": "merged_into"},
    "referral.allocated": {"allocated_at": "allocated_at"},
    "referral.first_meeting_overdue": {"due_on": "due_on"},
    "referral.response_overdue": {"due_at": "due_at"},
    "referral.document_lapsing": {"lapses_on": "lapses_on"},
    "referral.named_person_needed": {"since": "since"},
    "journey.opened": {"opened_at": "opened_at"},
    "journey.allocated": {"reviews_open": "reviews_open"},
    "journey.admission_recorded": {"review_due_on": "review.due_on"},
    "journey.discharge_recorded": {"follow_up_by": "follow_up_by"},
    "journey.review_overdue": {"due_on": "due_on"},
    "journey.review_owed": {"due_on": "due_on"},
    "journey.review_completed": {"completed_at": "completed_at"},
    "journey.closing_set": {"closes_on": "closes_on"},
    "journey.transition_recorded": {"occurs_on": "occurs_on"},
}
#: Said in the body of a message only, never in a subject: what a contract marks as personal, how a meeting is held, and
#: why we declined, which R-14 owes the practitioner.
BODY_ONLY: dict[str, dict[str, str]] = {
    "referral.declined": {"reason": "reason"},
    "referral.meeting_offered": {"starts_at": "starts_at", "ends_at": "ends_at", "mode": "mode"},
    "referral.admission_recorded": {"admitted_at": "admitted_at"},
    "referral.death_recorded": {"died_on": "died_on"},
    "journey.admission_recorded": {"admitted_at": "admitted_at"},
    "journey.discharge_recorded": {"discharged_at": "discharged_at"},
    "journey.death_recorded": {"died_on": "died_on"},
}
MODES = {"in_person": "in person, at the Pod", "telephone": "by telephone", "teams": "on Microsoft Teams"}


def allowed(event: str, subject: bool = False) -> tuple[str, ...]:
    """Give the fields a template for `event` may name; fewer in its subject."""
    return ("reference", *SAFE.get(event, {}), *(() if subject else BODY_ONLY.get(event, {})))


def fields_of(event: str, data: Mapping[str, Any]) -> dict[str, str]:
    """Give the fields of an event as a message says them, without those the event leaves open."""
    places = {"reference": "reference", **SAFE.get(event, {}), **BODY_ONLY.get(event, {})}
    found = {name: _at(data, path) for name, path in places.items()}
    return {name: IN_WORDS.get(name, said)(value) for name, value in found.items() if value is not None}


def _at(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


def said(value: Any) -> str:
    """Write one value: a moment or a day as 5 March 2026, a code's underscores as spaces."""
    text = str(value)
    if len(text) >= 10 and text[4:5] == "-" and text[7:8] == "-":
        return _day(text)
    return text if " " in text else text.replace("_", " ")


def _day(text: str) -> str:
    try:
        return day_in_words(london_day(datetime.fromisoformat(text)) if "T" in text else date.fromisoformat(text))
    except ValueError:
        return text


_planned = partial(moment_in_words, weekday=True)
#: Fields that are said in another way than `said` has it.
IN_WORDS: Mapping[str, Callable[[Any], str]] = {
    "starts_at": _planned, "ends_at": time_in_words, "due_at": _planned, "mode": lambda mode: MODES.get(mode, said(mode)),
    "reason": lambda code: DECLINE.get(code, said(code))}


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Fill a template whose fields were checked by `faults`; a field that is not there is said to be open."""
    return template.strip().format_map(_Fields(fields))


class _Fields(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return UNKNOWN


def faults(template: str, names: Iterable[str]) -> list[str]:
    """Give a sentence for each thing in a template that may not be said, or cannot be read."""
    known = set(names)
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return ["A brace is not closed or not opened. Write a field as {reference}, and no other braces."]
    found = []
    for _, name, spec, conversion in parts:
        if name is not None and (name not in known or spec or conversion):
            found.append(f"{{{name}}} may not be said here. You can use {', '.join('{' + n + '}' for n in sorted(known))}.")
    return found
