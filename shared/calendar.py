"""The Pod's hours and London's days: working days, working time, deadlines (R-08).

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
