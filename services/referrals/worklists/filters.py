"""Which referrals are wanted, in which order, as conditions an index answers."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from services.referrals import indexes, name_words, store
from services.referrals.store import referrals
from shared.calendar import closed_until, start_of_london_day
from shared.pathways import PATHWAYS

Conditions = list[sa.ColumnElement[bool]]

STATES = ("received", "complete", "accepted", "declined", "withdrawn")
DUE = ("today", "overdue", "breached")
SORTS = ("received", "oldest", "target")
#: Days before a document lapses from which a list of those lapsing has it: the longest of any pathway (R-06).
WARNING_DAYS = max(pathway.document_warning_days for pathway in PATHWAYS.values())
#: Referrals that are given of those found by a name; what is beyond is found by more of the name.
MOST = 500
#: First meetings of the next so many days are "this week".
WEEK = 7

c = referrals.c


class Order(NamedTuple):
    """What a list is sorted by; ties go by id."""

    column: sa.Column[object]
    descending: bool = False


ORDERS: Mapping[str, Order] = {
    "received": Order(c.received_at, descending=True), "oldest": Order(c.received_at), "target": Order(c.target_on),
    "late": Order(c.late_from), "lapses": Order(c.lapses_on), "meeting": Order(c.meeting_at), "tell": Order(c.tell_since)}


class Moment(NamedTuple):
    """Now, and the day it is in London."""

    now: object
    today: date

    def day(self, after: int = 0) -> str:
        """Give a day so many days from today, as text."""
        return (self.today + timedelta(days=after)).isoformat()


class Filters(NamedTuple):
    """Which referrals are wanted; what is empty leaves all.

    `worklist` is one of `tabs.TABS`, `whose` mine or team; `team` a `team_key`, `worker` an id of staff, `words` what words of the
    citizen's name begin with, `older_than` days since receipt; `goes_on` leaves out what has ended; `sort` one of ORDERS.
    """

    state: str = ""
    mine: bool = False
    overdue: bool = False
    reference: str = ""
    worklist: str = ""
    due: str = ""
    waiting: bool = False
    pathway: str = ""
    team: str = ""
    worker: str = ""
    nhs_number: str = ""
    words: tuple[str, ...] = ()
    older_than: int = 0
    whose: str = ""
    goes_on: bool = False
    sort: str = ""

    @property
    def sorted_by(self) -> str:
        """Name the order: newest first where nothing is said, and what is due by when it is."""
        return self.sort or {"": "received", "breached": "late"}.get(self.due, "target")

    @property
    def order(self) -> Order:
        """Give the order."""
        return ORDERS[self.sorted_by]


def as_said(where: str) -> sa.ColumnElement[bool]:
    """Write a condition word for word as its index has it; SQLAlchemy would add to it for SQLite."""
    return cast(Any, sa.text(where))


def complete(at: Moment) -> sa.ColumnElement[bool]:
    """Nothing is missing today."""
    return sa.and_(as_said(indexes.PARTS["decide"]), _window(at))


def to_decide(at: Moment) -> sa.ColumnElement[bool]:
    """A manager decides: nothing is missing, or what is nobody can bring."""
    return sa.and_(as_said(indexes.PARTS["decide"]), sa.or_(c.to_decline, _window(at)))


def _window(at: Moment) -> sa.ColumnElement[bool]:
    # joined to nothing, so that PostgreSQL does not reckon that few of those with a last day have it still before them
    last_day = c.complete_until.concat("")
    return sa.and_(c.complete_from <= at.day(), last_day >= at.day())


def due(at: Moment, word: str) -> sa.ColumnElement[bool]:
    """What is due today, overdue, or breached (R-07, R-10); what is overdue since an hour is due today no more.

    What is due on a day when the Pod is closed is due today from the last open day before it on (`clocks.Target`).
    """
    today = sa.and_(c.target_on >= at.day(), c.target_on <= closed_until(at.today).isoformat(), c.late_from > at.now)
    late = sa.and_(c.target_on <= at.day(), sa.not_(today))
    breached = sa.and_(as_said(indexes.FIRST_MEETING), c.late_from <= at.now)
    return {"today": today, "overdue": late, "breached": breached}[word]


def lapsing(at: Moment) -> sa.ColumnElement[bool]:
    """A document lapses soon, or has."""
    return sa.and_(as_said(indexes.LAPSING), c.lapses_on <= at.day(WARNING_DAYS))


def meeting_soon(at: Moment) -> sa.ColumnElement[bool]:
    """The first meeting is within a week, or was and nobody has said that it was held."""
    return sa.and_(as_said(indexes.MEET), c.meeting_at < start_of_london_day(at.today + timedelta(days=WEEK)))


def alive(condition: Callable[[Moment], sa.ColumnElement[bool]]) -> Callable[[Moment], sa.ColumnElement[bool]]:
    """Leave out of a condition those whose citizen staff know to have died, though whoever sent it may not know it yet (J-14, R-13)."""
    return lambda at: sa.and_(condition(at), c.flag != "died")


def _waiting(sees_all: bool) -> sa.ColumnElement[bool]:
    """The practitioner has a question to answer; whoever is not staff is not told that nobody waits for it any more (R-13)."""
    if sees_all:
        return c.worklist == "waiting"
    return sa.and_(c.asked, c.stage == "open", sa.not_(c.practitioner_needed), c.told_flag != "died")


def conditions(filters: Filters, at: Moment, within: Callable[[Moment], sa.ColumnElement[bool]] | None = None, sees_all: bool = True) -> Conditions:
    """Give what a referral must meet, as staff know it or as whoever sees only some of all may; `within` is the condition of its worklist."""
    found = [within(at)] if within else []
    if sees_all and (filters.due or filters.overdue or filters.state == "complete"):
        found.append(c.flag != "died")
    found += [getattr(c, name) == value for name, value in (
        ("pathway", filters.pathway), ("team", filters.team), ("development_worker", filters.worker),
        ("reference", filters.reference)) if value]
    if filters.state == "complete":
        found.append(complete(at))
    elif filters.state:
        found += [c.stage == ("open" if filters.state == "received" else filters.state)]
    if filters.state == "received":
        lacks = sa.not_(sa.and_(c.complete_from <= at.day(), c.complete_until >= at.day()))
        found.append(sa.or_(lacks, c.flag == "died") if sees_all else lacks)
    if filters.overdue:
        found += [as_said(indexes.UNALLOCATED), c.due_on < at.day()]
    if filters.goes_on:
        found.append(as_said(indexes.GOES_ON))
    if filters.waiting:
        found.append(_waiting(sees_all))
    if filters.due:
        found.append(due(at, filters.due))
    if filters.older_than:
        found.append(c.received_at < start_of_london_day(at.today - timedelta(days=filters.older_than - 1)))
    return found


def person(filters: Filters, on_record: bool) -> sa.Select[tuple[str]] | sa.CompoundSelect[tuple[str]] | None:
    """Give who is looked for, in an order of their own: citizens, `on_record`, or referrals by what they say; None where nobody is."""
    if filters.nhs_number:
        return _numbered(filters.nhs_number, on_record)
    return name_words.having(store.name_words if on_record else store.said_words, filters.words) if filters.words else None


def _numbered(number: str, on_record: bool) -> sa.Select[tuple[str]] | sa.CompoundSelect[tuple[str]]:
    said, people = store.particulars.c, store.tables.people.c
    if not on_record:
        return sa.select(said.referral.label("whose")).where(said.nhs_number == number)
    # a number in doubt is on no record
    whose = sa.select(c.citizen).join(store.particulars, said.referral == c.id).where(said.nhs_number == number)
    return sa.union(sa.select(people.id.label("whose")).where(people.nhs_number == number), whose)
