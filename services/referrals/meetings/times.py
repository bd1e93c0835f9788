"""What is typed of when somebody can, as times; and what of it cannot be."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from services.referrals.meeting import AHEAD, Span, as_said
from services.referrals.meetings.forms import KEEP, OTHER
from services.referrals.meetings.halves import at, chosen, merged
from services.referrals.state import text
from shared.ledger.types import Data
from shared.web import times

LIKE = "like 10:30am or 2pm"


def key(span: Span) -> str:
    """Give what is sent of a time said before."""
    return f"{text(span.start)}/{text(span.end)}"


def choices(spans: list[Span]) -> list[tuple[str, str]]:
    """Give times said before, to keep or to untick."""
    return [(key(one), as_said(one)) for one in spans]


def said(form: Any, before: list[Span], now: datetime) -> list[Data] | None:
    """Give the times of a form as they are kept; None where something is wrong with it, which its fields say."""
    known = {key(one): one for one in before}
    spans = [*chosen(form.halves.data or (), now), *(known[one] for one in form.keep.data or () if one in known), *_another(form, now)]
    if form.nothing.data and spans:
        form.nothing.errors = ["Either tick when it is possible, or take back what was said"]
    elif not (spans or form.nothing.data or form.errors):
        form.halves.errors = ["Tick at least one half day, or enter another time"]
    return None if form.errors else [{"starts_at": text(one.start), "ends_at": text(one.end)} for one in merged(spans)]


def _another(form: Any, now: datetime) -> Iterator[Span]:
    """Give the one more time that was entered, if any was."""
    if not (form.on.data or form.on.errors or form.starts.data or form.ends.data):
        return
    if not (form.on.data or form.on.errors):
        form.on.errors = ["Enter the day of the other time"]
    begins, ends = moment(form, "starts", "it begins"), moment(form, "ends", "it ends")
    if begins and ends and ends <= begins:
        form.ends.errors = ["The time must end after it begins"]
    elif begins and ends and not now < begins <= now + AHEAD:
        form.on.errors = ["The day must be ahead, and within 60 days"]
    elif begins and ends:
        yield Span(begins, ends)


def moment(form: Any, name: str, words: str) -> datetime | None:
    """Give the moment of the form's day at the time in one of its boxes; None with an error at the box where there is none."""
    found = times.read(form[name].data or "", of_meeting=True)
    if found is None:
        form[name].errors = [f"Enter when {words}, {LIKE}"]
    return at(form.on.data, found) if found and form.on.data else None


def chosen_slot(form: Any, keep: Span | None) -> Mapping[str, Any]:
    """Give what an offer says of when: {starts_at, agreed?}; empty where something is wrong with it, which its fields say.

    `keep` is the time that may stay as it is offered: the others have it already.
    """
    slot = form.slot.data or (OTHER if len(form.slot.choices) == 1 else None)
    if slot is None:
        form.slot.errors = ["Choose a time"]
        return {}
    if slot == KEEP and keep:
        return {"starts_at": text(keep.start), "agreed": True}
    if slot != OTHER and (slot == KEEP or not _is_moment(slot)):
        form.slot.errors = ["Choose a time"]
        return {}
    if slot != OTHER:
        return {"starts_at": slot}
    if not (form.on.data or form.on.errors):
        form.on.errors = ["Enter the day of the meeting"]
    begins = moment(form, "starts", "it begins")
    return {"starts_at": text(begins), **({"agreed": True} if form.agreed.data else {})} if begins else {}


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
