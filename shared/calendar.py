"""The Pod's hours and London's days: working days, working time, deadlines (R-08), and how people read them.

Aware datetimes in, aware datetimes out; one without a time zone raises ValueError.
"""
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")
#: Opening and closing time by weekday, Monday first; R-08 (default).
HOURS: dict[int, tuple[time, time]] = {
    **dict.fromkeys(range(4), (time(8, 30), time(16, 30))),
    4: (time(8, 30), time(16, 0)),
}
_DAY = timedelta(days=1)


def london(moment: datetime) -> datetime:
    """Give `moment` on London's clocks."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(LONDON)


def london_day(moment: datetime) -> date:
    """Give the day it is in London at `moment`."""
    return london(moment).date()


def start_of_london_day(day: date) -> datetime:
    """Give the first moment of a London day, in UTC."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def end_of_london_day(day: date) -> datetime:
    """Give the last microsecond of a London day, in UTC."""
    return start_of_london_day(day + _DAY) - timedelta(microseconds=1)


@lru_cache(maxsize=64)
def _bank_holidays(year: int, _asked_on: date) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_bank_holiday(day: date) -> bool:
    """Say whether England has a bank holiday on `day`; asked of the `holidays` package anew every day."""
    return day in _bank_holidays(day.year, date.today())


def is_working_day(day: date) -> bool:
    """Say whether the Pod is open on `day` (R-08)."""
    return day.weekday() in HOURS and not is_bank_holiday(day)


def working_hours(day: date) -> tuple[datetime, datetime] | None:
    """Give when the Pod opens and closes on `day`, in UTC; None when it stays closed."""
    if not is_working_day(day):
        return None
    opens, closes = HOURS[day.weekday()]
    return tuple(datetime.combine(day, at, LONDON).astimezone(UTC) for at in (opens, closes))  # type: ignore[return-value]


def is_working_time(moment: datetime) -> bool:
    """Say whether the Pod is open at `moment`; at closing time it is not."""
    hours = working_hours(london_day(moment))
    return hours is not None and hours[0] <= moment < hours[1]


def add_working_days(start: date | datetime, count: int) -> date:
    """Give the working day `count` working days after `start` (before it, when negative).

    The day of `start` itself never counts; 0 gives that day, or the next working day when it is none.
    """
    day = london_day(start) if isinstance(start, datetime) else start
    step = -_DAY if count < 0 else _DAY
    if count == 0:
        return day if is_working_day(day) else add_working_days(day, 1)
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day):
            day += step
    return day


def last_open_day(day: date) -> date:
    """Give the last day on or before `day` on which the Pod is open (R-08)."""
    return day if is_working_day(day) else add_working_days(day, -1)


def closed_until(day: date) -> date:
    """Give the last day before the Pod opens again after `day`: of a Friday the Sunday, of most days the day itself."""
    return add_working_days(day, 1) - _DAY


def due_after_working_days(start: datetime, count: int) -> datetime:
    """Give closing time, in UTC, of the day `count` working days after `start`."""
    hours = working_hours(add_working_days(start, count))
    assert hours is not None
    return hours[1]


def working_time_between(start: datetime, end: datetime) -> timedelta:
    """Give the open time between two moments; negative when `end` comes first."""
    if end < start:
        return -working_time_between(end, start)
    return sum((_shared(start, end, hours) for day in _days(start, end) if (hours := working_hours(day))), timedelta())


def _days(start: datetime, end: datetime) -> Iterator[date]:
    day, last = london_day(start), london_day(end)
    while day <= last:
        yield day
        day += _DAY


def _shared(start: datetime, end: datetime, hours: tuple[datetime, datetime]) -> timedelta:
    return max(timedelta(), min(end, hours[1]) - max(start, hours[0]))


def time_in_words(at: time | datetime | str) -> str:
    """Write a time of day: 10am, 2:05pm, midday, midnight; a moment (ISO 8601, when text) is taken on London's clocks."""
    if not isinstance(at, time):
        at = _there(at).time()
    if not at.hour % 12 and not at.minute:
        return "midday" if at.hour else "midnight"
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'am' if at.hour < 12 else 'pm'}"


def day_in_words(day: date, weekday: bool = False) -> str:
    """Write a day: 24 November 2026; with its `weekday`, Tuesday 24 November 2026."""
    return f"{f'{day:%A} ' if weekday else ''}{day.day} {day:%B %Y}"


def moment_in_words(at: datetime | str, weekday: bool = False) -> str:
    """Write a moment (ISO 8601, when text) on London's clocks: 24 November 2026 at 10am.

    `weekday` goes before it where somebody plans by it: Tuesday 24 November 2026 at 10am.
    """
    there = _there(at)
    return f"{day_in_words(there, weekday)} at {time_in_words(there)}"


def span_in_words(start: datetime | str, end: datetime | str) -> str:
    """Write a time from one moment to another: Tuesday 24 November 2026, 10am to 11:30am."""
    if _there(start).date() != _there(end).date():
        return f"{moment_in_words(start, weekday=True)} to {moment_in_words(end, weekday=True)}"
    return f"{day_in_words(_there(start), weekday=True)}, {time_in_words(start)} to {time_in_words(end)}"


def _there(at: datetime | str) -> datetime:
    return london(datetime.fromisoformat(at) if isinstance(at, str) else at)
