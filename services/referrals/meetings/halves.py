"""Half days in which somebody can: ticked quickly, kept as times, and times shown as ticks again (R-08); pure."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from services.referrals.meeting import Span
from shared.calendar import LONDON, add_working_days, london_day, working_hours

#: Working days shown, from the next: three weeks, in which the meeting is to happen (R-07).
DAYS = 15
#: Where a day parts; whoever ticks both halves can for the whole of it.
NOON = time(12, 30)
MORNING, AFTERNOON = "am", "pm"


class Half(NamedTuple):
    """One half of a working day: `key` is what is sent of it, like 2026-11-24-am."""

    key: str
    day: date
    part: str
    span: Span


def halves(now: datetime) -> list[tuple[date, Half, Half]]:
    """Give the next working days, each with its morning and afternoon."""
    return [(day, *_of(day)) for day in (add_working_days(london_day(now), count) for count in range(1, DAYS + 1))]


def _of(day: date) -> tuple[Half, Half]:
    hours, noon = working_hours(day), datetime.combine(day, NOON, LONDON).astimezone(UTC)
    assert hours is not None
    spans = ((MORNING, Span(hours[0], noon)), (AFTERNOON, Span(noon, hours[1])))
    morning, afternoon = (Half(f"{day.isoformat()}-{part}", day, part, span) for part, span in spans)
    return morning, afternoon


def ticked(times: Iterable[Span], now: datetime) -> tuple[set[str], list[Span]]:
    """Give the keys of the half days that times cover, and the times still ahead that are no whole half days."""
    ahead = [one for one in times if one.end > now]
    found = {half.key for _, *both in halves(now) for half in both if any(one.covers(half.span) for one in ahead)}
    spans = merged(half.span for _, *both in halves(now) for half in both if half.key in found)
    return found, [one for one in ahead if not any(span.covers(one) for span in spans)]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Join times that touch or overlap, so that a meeting may lie across noon."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def chosen(keys: Iterable[str], now: datetime) -> Iterator[Span]:
    """Give the times of ticked half days; a key that is none of the days shown is left out."""
    known = {half.key: half.span for _, *both in halves(now) for half in both}
    yield from (known[key] for key in keys if key in known)


def at(day: date, when: time) -> datetime:
    """Give a time of day in London as a moment, UTC."""
    return datetime.combine(day, when, LONDON).astimezone(UTC)
