"""The words of messages: which fields of an event may be said at all, and templates filled with them."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
UNKNOWN = "a day not set yet"

#: event -> field of a template -> where in the event's data it stands. References, dates and counts only (N-05).
SAFE: dict[str, dict[str, str]] = {
    "referral.received": {"received_at": "received_at"},
    "referral.accepted": {"accepted_at": "accepted_at", "first_meeting_due_on": "first_meeting_due_on"},
    "referral.declined": {"decided_at": "decided_at"},
    "referral.withdrawn": {"withdrawn_at": "withdrawn_at"},
    "referral.allocated": {"allocated_at": "allocated_at"},
    "journey.opened": {"opened_at": "opened_at"},
    "journey.allocated": {"reviews_open": "reviews_open"},
    "journey.admission_recorded": {"admitted_at": "admitted_at", "review_due_on": "review.due_on"},
    "journey.discharge_recorded": {"discharged_at": "discharged_at", "follow_up_by": "follow_up_by"},
    "journey.death_recorded": {"died_on": "died_on"},
    "journey.review_overdue": {"due_on": "due_on"},
    "journey.review_owed": {"due_on": "due_on"},
    "journey.review_completed": {"completed_at": "completed_at"},
    "journey.closing_set": {"closes_on": "closes_on"},
    "journey.transition_recorded": {"occurs_on": "occurs_on"},
}
#: Said in the body of a message only, never in a subject: why we declined, which R-14 owes the practitioner.
BODY_ONLY = {"referral.declined": {"reason": "reason", "would_change": "would_change"}}


def allowed(event: str, subject: bool = False) -> tuple[str, ...]:
    """Give the fields a template for `event` may name; fewer in its subject."""
    return ("reference", *SAFE.get(event, {}), *(() if subject else BODY_ONLY.get(event, {})))


def fields_of(event: str, data: Mapping[str, Any]) -> dict[str, str]:
    """Give the fields of an event as a message says them: dates as London days in words."""
    places = {"reference": "reference", **SAFE.get(event, {}), **BODY_ONLY.get(event, {})}
    return {name: said(_at(data, path)) for name, path in places.items()}


def _at(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


def said(value: Any) -> str:
    """Write one value: a moment or a day as 5 March 2026, a code's underscores as spaces."""
    if value is None:
        return UNKNOWN
    text = str(value)
    if len(text) >= 10 and text[4:5] == "-" and text[7:8] == "-":
        return _day(text)
    return text if " " in text else text.replace("_", " ")


def _day(text: str) -> str:
    try:
        day = datetime.fromisoformat(text).astimezone(LONDON).date() if "T" in text else date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%B %Y}"


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
