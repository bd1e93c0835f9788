"""The worklists of the Pod's staff: what each has in it, and in which order people work through it."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from services.referrals import indexes
from services.referrals.store import referrals
from services.referrals.worklists import filters
from services.referrals.worklists.filters import Moment
from shared.permissions import may

Condition = Callable[[Moment], sa.ColumnElement[bool]]
c = referrals.c


class Tab(NamedTuple):
    """One worklist: `sort` is its order where nobody chose another, `fixed` says that it has no other."""

    title: str
    hint: str
    condition: Condition | None
    sort: str = "target"
    fixed: bool = False


def _next(word: str) -> Condition:
    return lambda at: c.worklist == word


def _part(name: str) -> Condition:
    return lambda at: filters.as_said(indexes.PARTS[name])


def _due(word: str) -> Condition:
    return filters.alive(lambda at: filters.due(at, word))


TABS: Mapping[str, Tab] = {
    "triage": Tab("To triage", "Sent and not decided, and no answer of the practitioner is awaited.", _next("triage")),
    "waiting": Tab("Waiting for the practitioner", "You asked for more, and the answer is not here yet.", _next("waiting")),
    "tell": Tab("Citizens to tell", "They referred themselves, and have not heard yet what happened, or wrote to us (R-11).",
                lambda at: filters.as_said(indexes.TELL), "tell", fixed=True),
    "duplicates": Tab("May already be with us", "Somebody has to say whether it goes on by itself (R-13).", _part("duplicates")),
    "named": Tab("Named person needed", "Nobody is named who carries risk, or they leave (R-03).", filters.alive(_part("named_person"))),
    "practitioner": Tab("Practitioner needed", "The practitioner leaves, and nobody is known to take over.", filters.alive(_part("practitioner"))),
    "lapsing": Tab("Documents lapsing", "A document lapses within two weeks, or has (R-06).", filters.alive(filters.lapsing), "lapses", fixed=True),
    "today": Tab("Due today", "By closing time, where an answer is due (R-07, R-10).", _due("today"), fixed=True),
    "overdue": Tab("Overdue", "The longest overdue first; breached is a first meeting after 21 days (R-07).",
                   _due("overdue"), fixed=True),
    "decide": Tab("To decide", "Nothing is missing, or what is cannot be had: accept or decline.", filters.alive(filters.to_decide)),
    "allocate": Tab("To allocate", "Accepted, and nobody works with the citizen yet (R-01).", _next("allocate")),
    "arrange": Tab("First meetings to arrange", "No time is offered, or another development worker has yet to check it (R-07).", _next("arrange")),
    "week": Tab("First meetings this week", "Those of the next seven days, and those nobody has marked as held.",
                filters.meeting_soon, "meeting", fixed=True),
    "hospital": Tab("In hospital", "The citizen is on a ward (R-09).", _part("hospital")),
    "all": Tab("All referrals", "Every referral, decided or not.", None, "received")}
#: What a manager does and nobody else, so theirs come first.
OF_MANAGERS = ("decide", "allocate")


def in_order(roles: Iterable[str]) -> list[str]:
    """Give the worklists as somebody needs them: their own first."""
    first = OF_MANAGERS if may(roles, "referral:accept") else ()
    return [*first, *(name for name in TABS if name not in first)]
