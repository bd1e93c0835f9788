"""R-08: the Pod's hours, London's days, England's bank holidays."""
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import calendar as cal

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))
CHANGES = [date(2026, 3, 29), date(2026, 10, 25)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(("day", "opens", "closes"), [
    ("2026-01-05", "08:30", "16:30"), ("2026-01-08", "08:30", "16:30"), ("2026-01-09", "08:30", "16:00"),
    ("2026-07-06", "07:30", "15:30"),
])
def test_R_08_hours_are_londons_summer_and_winter(day: str, opens: str, closes: str) -> None:
    assert cal.working_hours(date.fromisoformat(day)) == (at(f"{day}T{opens}Z"), at(f"{day}T{closes}Z"))


@pytest.mark.parametrize("day", ["2026-01-01", "2026-04-03", "2026-04-06", "2026-12-25", "2026-12-28", "2022-09-19",
                                 "2023-05-08", "2026-01-10", "2026-01-11"])
def test_R_08_bank_holidays_and_weekends_are_closed(day: str) -> None:
    assert not cal.is_working_day(date.fromisoformat(day))


def test_R_08_a_scottish_holiday_is_a_working_day_in_england() -> None:
    assert cal.is_working_day(date(2026, 1, 2))


@pytest.mark.parametrize(("since", "count", "due"), [
    ("2026-01-05T09:00Z", 2, "2026-01-07T16:30Z"),
    ("2026-01-08T23:00Z", 2, "2026-01-12T16:30Z"),
    ("2026-04-02T12:00Z", 2, "2026-04-08T15:30Z"),  # over Easter and its two bank holidays
    ("2026-03-27T12:00Z", 1, "2026-03-30T15:30Z"),  # over the night the clocks go forward
    ("2026-07-05T23:30Z", 1, "2026-07-07T15:30Z"),  # already Monday in London
])
def test_R_08_a_deadline_in_working_days_ends_at_closing_time(since: str, count: int, due: str) -> None:
    assert cal.due_after_working_days(at(since), count) == at(due)


def test_R_08_working_time_skips_nights_and_the_short_friday() -> None:
    assert cal.working_time_between(at("2026-01-09T15:00Z"), at("2026-01-12T09:30Z")) == timedelta(hours=2)


def test_R_08_at_closing_time_the_pod_is_closed() -> None:
    assert cal.is_working_time(at("2026-01-05T16:29:59Z"))
    assert not cal.is_working_time(at("2026-01-05T16:30Z"))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        cal.london_day(datetime(2026, 1, 1))


def test_bank_holidays_are_asked_again_the_next_day(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def answer(*_: object, years: int, **__: object) -> dict[date, str]:
        asked.append(years)
        return {}

    class Tomorrow(date):
        @classmethod
        def today(cls) -> date:
            return date(2099, 1, 1)

    cal.is_bank_holiday(date(2031, 1, 1))
    monkeypatch.setattr(cal.holidays, "country_holidays", answer)
    cal.is_bank_holiday(date(2031, 1, 1))
    assert asked == []
    monkeypatch.setattr(cal, "date", Tomorrow)
    cal.is_bank_holiday(date(2031, 1, 1))
    assert asked == [2031]


@given(days)
def test_every_moment_of_a_london_day_lies_between_its_start_and_end(day: date) -> None:
    assert cal.london_day(cal.start_of_london_day(day)) == cal.london_day(cal.end_of_london_day(day)) == day
    assert cal.london_day(cal.end_of_london_day(day) + timedelta(microseconds=1)) == day + timedelta(days=1)


@pytest.mark.parametrize(("day", "hours"), zip(CHANGES, (23, 25), strict=True))
def test_the_days_the_clocks_change_have_23_and_25_hours(day: date, hours: int) -> None:
    length = cal.start_of_london_day(day + timedelta(days=1)) - cal.start_of_london_day(day)
    assert length == timedelta(hours=hours)


@given(days, st.integers(-30, 30))
def test_R_08_adding_working_days_lands_on_one_and_counts_each_between(start: date, count: int) -> None:
    end = cal.add_working_days(start, count)
    assert cal.is_working_day(end)
    if count:
        low, high = (start + timedelta(days=1), end) if count > 0 else (end, start - timedelta(days=1))
        between = [low + timedelta(days=n) for n in range((high - low).days + 1)]
        assert sum(map(cal.is_working_day, between)) == abs(count)


@given(moments, st.integers(0, 60), st.integers(0, 60))
def test_R_08_working_time_adds_up(start: datetime, one: int, two: int) -> None:
    middle, end = start + timedelta(days=one), start + timedelta(days=one + two, hours=5)
    parts = cal.working_time_between(start, middle) + cal.working_time_between(middle, end)
    assert parts == cal.working_time_between(start, end) == -cal.working_time_between(end, start)
    assert timedelta() <= parts <= end - start


@given(moments, st.integers(0, 20))
def test_R_08_a_deadline_is_closing_time_in_london(start: datetime, count: int) -> None:
    due = cal.due_after_working_days(start, count)
    assert cal.london(due).time() == cal.HOURS[cal.london_day(due).weekday()][1]
    assert not cal.is_working_time(due) and cal.is_working_time(due - timedelta(seconds=1))
