"""Times of day: written in one way wherever people read them, and read in the ways people write them."""
from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.journeys.words import facts
from shared.calendar import moment_in_words, span_in_words, time_in_words
from shared.web.layout import moment
from shared.web.times import read

ODD = [("25", None), ("10:75", None), ("13pm", None), ("0:05 am", None), ("", None), ("soon", None), ("10:30:00", None), ("half past", None)]


@pytest.mark.parametrize(("at", "words"), [
    (time(10), "10am"), (time(14, 5), "2:05pm"), (time(12), "midday"), (time(12, 5), "12:05pm"), (time(), "midnight"), (time(0, 30), "12:30am"),
    (time(23, 59, 59), "11:59pm"), ("2026-07-24T11:00:00Z", "midday"), (datetime(2026, 11, 24, 10, 0, 30, tzinfo=UTC), "10am")])
def test_a_time_of_day_is_written_in_one_way(at: time | datetime | str, words: str):
    assert time_in_words(at) == words


def test_a_moment_is_written_on_londons_clocks_with_its_weekday_where_one_plans_by_it():
    assert moment_in_words("2026-07-23T23:30:00+00:00") == moment("2026-07-23T23:30:00Z") == "24 July 2026 at 12:30am"
    assert moment_in_words(datetime(2026, 11, 24, 10, tzinfo=UTC), weekday=True) == "Tuesday 24 November 2026 at 10am"
    assert moment("2026-11-24T10:00:00Z", weekday=True) == "Tuesday 24 November 2026 at 10am" and moment(None) == ""
    with pytest.raises(ValueError, match="no time zone"):
        moment_in_words("2026-11-24T10:00:00")


def test_a_time_from_until_names_its_day_once_unless_it_ends_on_another():
    start = "2026-11-24T10:00:00Z"
    assert span_in_words(start, "2026-11-24T11:30:00Z") == "Tuesday 24 November 2026, 10am to 11:30am"
    assert span_in_words(start, "2026-11-25T12:00:00Z") == "Tuesday 24 November 2026 at 10am to Wednesday 25 November 2026 at midday"


def test_J_07_the_timeline_of_a_journey_says_when_a_meeting_is_as_its_messages_do():
    assert facts({"starts_at": "2026-11-24T10:00:00Z", "ends_at": "2026-11-24T11:00:00Z"}) == "From: Tuesday 24 November 2026 at 10am; Until: 11am"


@pytest.mark.parametrize(("typed", "at"), [
    ("10am", time(10)), ("10:00", time(10)), ("10.00", time(10)), ("2.30pm", time(14, 30)), ("2:30 PM", time(14, 30)), ("9.15 a.m.", time(9, 15)),
    ("1430", time(14, 30)), ("14:30hrs", time(14, 30)), (" 16:30 ", time(16, 30)), ("14", time(14)), ("12pm", time(12)), ("12am", time()),
    ("Midday", time(12)), ("12  noon", time(12)), ("midnight", time()), ("02:30", time(2, 30)), *ODD])
def test_times_of_day_are_read_as_people_write_them(typed: str, at: time | None):
    assert read(typed) == read(typed, of_meeting=True) == at


@pytest.mark.parametrize(("typed", "at", "of_meeting"), [
    ("10", None, time(10)), ("9", None, time(9)), ("12", None, time(12)), ("5", None, time(17)), ("4 o’clock", None, time(16)),
    ("2:30", time(2, 30), time(14, 30)), ("230", time(2, 30), time(14, 30))])
def test_R_08_an_hour_without_am_or_pm_is_in_the_day_of_a_meeting_and_otherwise_left_open(typed: str, at: time | None, of_meeting: time):
    assert (read(typed), read(typed, of_meeting=True)) == (at, of_meeting)


@given(st.times().map(lambda one: one.replace(second=0, microsecond=0)))
def test_what_is_written_can_be_typed(at: time):
    assert read(time_in_words(at)) == read(time_in_words(at), of_meeting=True) == read(f"{at:%H:%M}", of_meeting=True) == at
