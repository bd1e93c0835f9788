"""When things are due, lapse or were late: R-06, R-07, R-10; pure.

Days are London days, moments aware UTC datetimes.
"""
from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from services.referrals.state import first_held, has_stopped, stopped_at, text
from shared.calendar import (
    due_after_working_days,
    end_of_london_day,
    last_open_day,
    london_day,
    start_of_london_day,
    working_time_between,
)
from shared.ledger.types import State
from shared.pathways import Document, Pathway

#: Last day of what never lapses.
FOR_EVER = date(9999, 12, 31)


class Target(NamedTuple):
    """Something to be done by a time: `response` (R-10) or `first_meeting` (R-07); `done_at` where it was done.

    `due_on` may be a day on which the Pod is closed. Then it is due today from the last open day before it on.
    """

    kind: str
    due_on: date
    late_from: datetime
    done_at: datetime | None

    @property
    def by(self) -> date:
        """Give the last open day on which it can be done in time."""
        return last_open_day(self.due_on)

    def word(self, now: datetime) -> str:
        """Give met, late (done, but not in time), ahead, due_today, overdue, or breached (a first meeting after 21 days)."""
        if self.done_at:
            return "met" if self.done_at < self.late_from else "late"
        if now >= self.late_from:
            return "breached" if self.kind == "first_meeting" else "overdue"
        today = london_day(now)
        return "overdue" if self.due_on < today else "due_today" if self.by <= today else "ahead"


class Lapse(NamedTuple):
    """When the newest document of a kind lapses, and from when that is warned of."""

    kind: str
    last_day: date
    warn_from: datetime


def newest(state: State, kind: str) -> Mapping[str, Any] | None:
    """Give the document of a kind with the latest date; None when there is none."""
    dated = [paper for paper in state["documents"].values() if paper["kind"] == kind]
    return max(dated, key=lambda paper: str(paper["dated"]), default=None)


def last_day(paper: Document, here: Mapping[str, Any]) -> date:
    """Give the last day on which a document that is here counts: by its age, or earlier by its own expiry (R-06)."""
    by_age = add_months(date.fromisoformat(here["dated"]), paper.max_age_months)
    return min(by_age, date.fromisoformat(here["expires_on"])) if here.get("expires_on") else by_age


def clock_started(state: State, pathway: Pathway) -> datetime | None:
    """Give when every document of R-06 was first here and up to date; None while one is not (R-07)."""
    moments = [datetime.fromisoformat(state["received_at"])]
    for paper in pathway.document:
        came = ((datetime.fromisoformat(one["added_at"]), one) for one in _counted(state) if one.get("kind") == paper.kind)
        good = [at for at, one in came if london_day(at) <= last_day(paper, one)]
        if not good:
            return None
        moments.append(min(good))
    return max(moments)


def _counted(state: State) -> Iterator[Mapping[str, Any]]:
    """Give the documents the clock rests on: those that are here, and once it is decided those that were here then."""
    if not state["decision"]:
        yield from state["documents"].values()
        return
    decided = state["decision"]["at"]
    yield from (one for one in state["documents"].values() if _here_from(one) <= decided)
    yield from (one for one in state["removed"].values() if "added_at" in one and _here_from(one) <= decided < one["removed_at"])


def _here_from(paper: Mapping[str, Any]) -> str:
    """Give from when a document was with this referral: what came with another that was merged into it was the Pod's earlier."""
    at: str = paper.get("merged_at") or paper["added_at"]
    return at


def first_meeting_due(state: State, pathway: Pathway) -> tuple[date, date] | None:
    """Give when the introductory meeting is due and when breached (R-07); None before the clock starts.

    What was said at acceptance stands, whatever documents the pathway asks for since (R-15).
    """
    within = timedelta(days=pathway.first_meeting_breached_days - pathway.first_meeting_due_days)
    if kept := (state["decision"] or {}).get("first_meeting_due_on"):
        return (date.fromisoformat(kept), date.fromisoformat(kept) + within)
    started = clock_started(state, pathway)
    if started is None:
        return None
    due = london_day(started) + timedelta(days=pathway.first_meeting_due_days)
    return (due, due + within)


def add_months(day: date, months: int) -> date:
    """Give the same day so many months on, or the last of that month where it has none."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def response_due(state: State, pathway: Pathway) -> datetime | None:
    """Give by when a referral is to be answered: closing time of its last working day (R-10); None without a target."""
    if not pathway.response_in_working_days:
        return None
    return due_after_working_days(datetime.fromisoformat(state["received_at"]), pathway.response_in_working_days)


def targets(state: State, pathway: Pathway) -> Iterator[Target]:
    """Give what is to be done by when, the answer before the meeting."""
    decision, held, first = state["decision"], first_held(state), first_meeting_due(state, pathway)
    if due := response_due(state, pathway):
        yield Target("response", london_day(due), due, datetime.fromisoformat(decision["at"]) if decision else None)
    if first:
        yield Target("first_meeting", first[0], end_of_london_day(first[1]), datetime.fromisoformat(held) if held else None)


def next_target(state: State, pathway: Pathway, now: datetime) -> Target | None:
    """Give what is to be done next; None where nothing is, or nothing planned happens any more."""
    if has_stopped(state, now):
        return None
    return min((one for one in targets(state, pathway) if one.done_at is None), key=lambda one: one.due_on, default=None)


def was_late(state: State, target: Target, now: datetime) -> bool:
    """Say whether a target was not met, however it went on: what stopped before was never late."""
    if target.late_from > now or (target.done_at and target.done_at < target.late_from):
        return False
    stopped = stopped_at(state)
    return stopped is None or stopped > text(target.late_from)


def lapses(state: State, pathway: Pathway) -> Iterator[Lapse]:
    """Give when each document lapses; of what is missing nothing is given."""
    for paper in pathway.document:
        if here := newest(state, paper.kind):
            last = last_day(paper, here)
            warn = start_of_london_day(last - timedelta(days=pathway.document_warning_days))
            yield Lapse(paper.kind, last, max(warn, datetime.fromisoformat(here["added_at"])))


def lapsing(state: State, pathway: Pathway, now: datetime) -> Iterator[Lapse]:
    """Give the lapses to be warned of by now; of what had lapsed when it came, `missing` says enough."""
    stopped = stopped_at(state)
    for one in lapses(state, pathway):
        if one.warn_from <= now and london_day(one.warn_from) <= one.last_day and (stopped is None or text(one.warn_from) <= stopped):
            yield one


def waited_for_practitioner(state: State, now: datetime) -> timedelta:
    """Give the open time in which the practitioner had a question to answer; what the clock notes beside the days."""
    spans = sorted((one["at"], one["answer"]["at"] if one.get("answer") else text(now))
                   for one in state["questions"].values() if "at" in one)
    total, last = timedelta(), ""
    for asked, answered in spans:
        start = max(asked, last)
        if answered > start:
            total += working_time_between(datetime.fromisoformat(start), datetime.fromisoformat(answered))
            last = answered
    return total


def moments(state: State, pathway: Pathway) -> Iterator[datetime]:
    """Give every moment at which what is owed, or a row of a list, may change by itself."""
    yield from (target.late_from for target in targets(state, pathway))
    for one in lapses(state, pathway):
        yield one.warn_from
        yield end_of_london_day(one.last_day) + timedelta(microseconds=1)
    turns = (*state["changes"].values(), *state["gone"].values())
    days = [state["adult_from"], *(one["on"] for one in turns)]
    yield from (start_of_london_day(date.fromisoformat(day)) for day in days if day)
    if stops := stopped_at(state):
        yield datetime.fromisoformat(stops)
