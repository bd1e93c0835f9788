"""R-06, R-07, R-08, R-10: what is due when, over bank holidays, weekends, early Fridays and the change of the clocks."""
from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.referrals import clocks, meeting
from services.referrals.meeting import Span
from services.referrals.meetings import halves
from services.referrals.state import initial, text
from services.referrals.worklists import words
from shared.calendar import (
    LONDON,
    closed_until,
    end_of_london_day,
    is_working_day,
    london,
    london_day,
    working_hours,
    working_time_between,
)
from shared.ledger.types import State
from shared.pathways import PATHWAYS

CORE, SIP = PATHWAYS["core"], PATHWAYS["sip"]
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))


def at(words: str) -> datetime:
    """A moment on London's clocks."""
    return datetime.fromisoformat(words).replace(tzinfo=LONDON).astimezone(UTC)


def received(when: datetime, pathway: str = "core", **more: Any) -> State:
    paper = {"dated": london_day(when).isoformat(), "added_at": text(when)}
    papers = {kind: {"kind": kind, **paper} for kind in ("care_plan", "risk_assessment")}
    return {**initial("r"), "stage": "open", "pathway": pathway, "received_at": text(when), "documents": papers, "citizen_id": "c", "adult_from": None, **more}


@pytest.mark.parametrize(("came", "due"), [
    ("2026-11-23 09:00", "2026-11-25 16:30"),  # Monday: Wednesday's closing time
    ("2026-11-23 23:59", "2026-11-25 16:30"),  # after hours it is still that day
    ("2026-11-25 10:00", "2026-11-27 16:00"),  # Wednesday: on Friday the Pod closes at four
    ("2026-11-26 10:00", "2026-11-30 16:30"),  # Thursday: over the weekend
    ("2026-11-28 10:00", "2026-12-01 16:30"),  # Saturday
    ("2026-12-23 10:00", "2026-12-29 16:30"),  # over Christmas, whose second day off is a Monday
    ("2026-04-01 10:00", "2026-04-07 16:30"),  # over Good Friday and Easter Monday, in summer time
    ("2026-03-26 10:00", "2026-03-30 16:30"),  # over the night in which the clocks go forward
    ("2026-10-22 10:00", "2026-10-26 16:30"),  # and back
    ("2026-12-31 10:00", "2027-01-05 16:30"),  # over New Year's Day, a Friday
])
def test_R_10_an_answer_is_due_two_working_days_on_at_closing_time(came: str, due: str):
    state = received(at(came), "sip")
    assert clocks.response_due(state, SIP) == at(due)
    (target, *_) = clocks.targets(state, SIP)
    late = clocks.was_late(state, target, at(due)), clocks.was_late(state, target, at(due) - timedelta(microseconds=1))
    assert target.kind == "response" and late == (True, False)


def test_R_10_a_pathway_without_a_target_is_never_late_with_an_answer():
    assert clocks.response_due(received(at("2026-11-23 09:00")), CORE) is None


@given(MOMENTS)
def test_R_10_two_working_days_are_two_days_of_work_wherever_they_lie(came: datetime):
    due = clocks.response_due(received(came, "sip"), SIP)
    assert due is not None and is_working_day(london_day(due)) and due == (working_hours(london_day(due)) or (None, None))[1]
    between = [london_day(came) + timedelta(days=count) for count in range(1, (london_day(due) - london_day(came)).days + 1)]
    assert sum(is_working_day(day) for day in between) == 2
    assert working_time_between(came, due) >= timedelta(hours=15, minutes=30)  # a Thursday and a Friday, the shortest two days


@pytest.mark.parametrize(("complete", "due", "breached_after"), [
    ("2026-11-23 09:00", "2026-12-07", "2026-12-14 23:59:59"),
    ("2026-11-23 23:59", "2026-12-07", "2026-12-14 23:59:59"),
    ("2026-10-12 09:00", "2026-10-26", "2026-11-02 23:59:59"),  # the clocks go back in between
    ("2026-03-23 09:00", "2026-04-06", "2026-04-13 23:59:59"),  # and forward: due on Easter Monday, for it counts days, not working days
])
def test_R_07_the_meeting_is_due_in_14_days_and_breached_after_21_on_londons_calendar(complete: str, due: str, breached_after: str):
    state = received(at(complete))
    (target,) = clocks.targets(state, CORE)
    assert (target.kind, target.due_on) == ("first_meeting", date.fromisoformat(due))
    last = at(breached_after)
    assert [target.word(last), target.word(last + timedelta(seconds=1))] == ["overdue", "breached"]
    assert [target.word(at(f"{due} 08:00")), target.word(at(f"{target.by} 00:00") - timedelta(seconds=1))] == ["due_today", "ahead"]


def meeting_due(on: str) -> clocks.Target:
    return clocks.Target("first_meeting", date.fromisoformat(on), end_of_london_day(date.fromisoformat(on) + timedelta(days=7)), None)


@pytest.mark.parametrize(("due", "ahead", "today", "overdue"), [
    ("2026-12-06", ("2026-12-03",), ("2026-12-04", "2026-12-05", "2026-12-06"), ("2026-12-07",)),  # a Sunday
    ("2026-12-25", ("2026-12-23",), ("2026-12-24", "2026-12-25"), ("2026-12-26", "2026-12-29")),  # Christmas, and Boxing Day on a Monday
    ("2026-12-09", ("2026-12-08",), ("2026-12-09",), ("2026-12-10",))])
def test_R_07_R_08_what_is_due_while_the_pod_is_closed_is_due_today_on_the_last_open_day_before(due: str, ahead: Any, today: Any, overdue: Any):
    for word, days in (("ahead", ahead), ("due_today", today), ("overdue", overdue)):
        assert {meeting_due(due).word(at(f"{day} 09:00")) for day in days} == {word}


def test_R_07_R_08_what_is_due_on_a_sunday_is_said_by_the_friday_before():
    target = meeting_due("2026-12-06")
    assert words.due(target, at("2026-12-01 09:00")) == "due in 3 working days, by Friday 4 December at 4pm"
    assert words.due(target, at("2026-12-04 09:00")) == "due today by 4pm"
    assert words.due(target, at("2026-12-05 09:00")) == "due by Sunday 6 December; the Pod is closed"
    assert words.due(target, at("2026-12-07 09:00")) == "1 working day overdue"


@given(MOMENTS, st.integers(-20, 20))
def test_R_07_R_08_lists_find_what_words_call_due_today(now: datetime, days: int):
    due = london_day(now) + timedelta(days=days)
    assert (meeting_due(due.isoformat()).word(now) == "due_today") is (london_day(now) <= due <= closed_until(london_day(now)))


@given(MOMENTS, st.integers(0, 40))
def test_R_07_a_meeting_counts_as_in_time_until_the_21st_day_ends_in_london(came: datetime, days: int):
    held = came + timedelta(days=days)
    state = received(came, held={"m": text(held)})
    (target,) = clocks.targets(state, CORE)
    in_time = (london_day(held) - london_day(came)).days <= 21
    assert target.word(held) == ("met" if in_time else "late") and clocks.was_late(state, target, held + timedelta(days=50)) is not in_time


@pytest.mark.parametrize(("start", "fits"), [
    ("2026-11-24 08:30", True), ("2026-11-24 08:29", False), ("2026-11-24 15:30", True), ("2026-11-24 15:31", False),
    ("2026-11-27 15:00", True), ("2026-11-27 15:30", False),  # Friday until four
    ("2026-11-28 10:00", False), ("2026-12-25 10:00", False), ("2026-12-28 10:00", False),  # weekend, bank holidays
    ("2026-10-26 08:30", True), ("2026-03-30 15:30", True)])  # the working days after the clocks change
def test_R_08_a_whole_meeting_lies_within_the_pods_hours(start: str, fits: bool):
    begins = at(start)
    free = {"of": "c", "times": [{"starts_at": text(begins), "ends_at": text(begins + timedelta(hours=1))}]}
    state = received(at("2026-03-01 09:00"), availability={"citizen": free}, practitioner=None)
    found = meeting.slots(state, begins - timedelta(days=2), [])
    assert (Span(begins, begins + timedelta(hours=1)) in found) == (fits and begins.minute in (0, 30))


@given(MOMENTS, st.lists(st.tuples(st.integers(0, 20), st.integers(0, 47), st.integers(1, 12)), max_size=8))
def test_R_07_R_08_every_time_that_is_proposed_suits_everybody_and_the_pod(now: datetime, said: list[tuple[int, int, int]]):
    midnight = datetime.combine(london_day(now), time(), LONDON).astimezone(UTC)
    spans = [Span(start := midnight + timedelta(days=day, minutes=30 * half), start + timedelta(minutes=30 * length)) for day, half, length in said]
    assume(spans)
    times = [{"starts_at": text(one.start), "ends_at": text(one.end)} for one in spans]
    state = received(now, availability={"citizen": {"of": "c", "times": times}}, practitioner=None)
    busy = spans[:1]
    for slot in meeting.slots(state, now, busy):
        hours = working_hours(london_day(slot.start))
        assert hours and hours[0] <= slot.start and slot.end <= hours[1] and slot.end - slot.start == timedelta(minutes=CORE.first_meeting_minutes)
        assert any(one.covers(slot) for one in spans) and not busy[0].meets(slot) and slot.start >= now


@given(MOMENTS)
def test_R_08_the_half_days_to_tick_fill_the_pods_hours_and_are_ticked_again_as_they_were(now: datetime):
    days = halves.halves(now)
    assert len(days) == halves.DAYS and all(is_working_day(day) and day > london_day(now) for day, *_ in days)
    for day, morning, afternoon in days:
        assert (morning.span.start, afternoon.span.end) == working_hours(day) and morning.span.end == afternoon.span.start
        assert london(morning.span.end).time() == halves.NOON
    ticks = {days[0][1].key, days[0][2].key, days[7][2].key}
    kept = halves.merged(halves.chosen(ticks, now))
    assert len(kept) == 2 and halves.ticked(kept, now) == (ticks, [])
