"""A page of a list, read as far as it goes and no further."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from services.referrals import indexes
from services.referrals.desk import Desk
from services.referrals.store import referrals
from services.referrals.worklists import amended, cursor, filters, rows
from services.referrals.worklists.cursor import Cursor
from services.referrals.worklists.filters import Conditions, Filters, Moment, Order
from services.referrals.worklists.tabs import TABS
from shared.calendar import london_day
from shared.database import Instant
from shared.ledger.types import Data
from shared.pathways import team_key

Query = sa.Select[Any]
c = referrals.c


def listed(desk: Desk, wanted: Filters, limit: int, after: str = "") -> Data:
    """Give a page of referrals with names, {items, next}, newest first unless `wanted` says otherwise.

    `after` is the `next` of the page before; what is none of a list sorted so is `cursor.Unknown`.
    """
    behind = cursor.read(after, wanted.sorted_by, isinstance(wanted.order.column.type, Instant)) if after else None
    found = desk.connection.execute(page(desk, wanted, limit + 1, behind)).mappings().all()
    shown = found[:limit]
    people = desk.people({id_ for row in shown for id_ in (row["citizen"], row["practitioner"], row["development_worker"]) if id_})
    citizens = desk.citizens({row["id"]: row["citizen"] for row in shown}, people)
    fresh = amended.since_last_look(desk, [row["id"] for row in shown if row["stage"] == "open"]) if desk.sees_all else {}
    return {"items": [rows.row(desk, dict(row), people, citizens, fresh.get(row["id"], "")) for row in shown], "next": _next(wanted, shown[-1]) if len(found) > limit else None}


def _next(wanted: Filters, last: RowMapping) -> str:
    return cursor.written(wanted.sorted_by, last[wanted.order.column.name], last["id"])


def page(desk: Desk, wanted: Filters, limit: int, after: Cursor | None = None) -> Query:
    """Give the question for the rows of a page, in at most three steps: who, whose, which."""
    at, order = moment(desk), wanted.order
    tab = TABS[wanted.worklist] if wanted.worklist else None
    limits = filters.conditions(wanted, at, tab.condition if tab else None, desk.sees_all)
    whose, person = _whose(desk, wanted), filters.person(wanted, desk.sees_all)
    behind = [_behind(order, after)] if after else []
    if person is not None:
        # whoever does not see what is on record finds a referral by what it says
        limits = [c.id.in_(_of(person, c.citizen if desk.sees_all else c.id, [*limits, *_one_of(whose)])), *behind]
    elif whose:
        limits = [c.id.in_(_any(whose, [*limits, *behind], order, limit))]
    else:
        limits += behind
    return _sorted(sa.select(referrals).where(*limits), order).limit(limit)


def matches(desk: Desk, wanted: Filters, most: int) -> int:
    """Give how many referrals are wanted, counted no further than one beyond `most`."""
    found = page(desk, wanted, most + 1).with_only_columns(c.id).subquery()
    return desk.connection.execute(sa.select(sa.func.count()).select_from(found)).scalar_one()


def moment(desk: Desk) -> Moment:
    """Give now and today."""
    return Moment(desk.now, london_day(desk.now))


def loads(desk: Desk) -> dict[str, int]:
    """Give how many citizens each development worker works with: accepted, alive, and their journey not closed."""
    query = sa.select(c.development_worker, sa.func.count()).where(filters.as_said(indexes.WORKED_WITH)).group_by(c.development_worker)
    return {row[0]: row[1] for row in desk.connection.execute(query)}


def _whose(desk: Desk, wanted: Filters) -> Conditions:
    """Give the ways in which a referral is one's own, each with an index of its own; none for staff who want all (R-14)."""
    key = team_key(desk.actor.team) if desk.actor.team else ""
    team = [c.team == key, c.successor_team == key] if key else []
    if desk.sees_all:
        return [c.practitioner == desk.who, c.sent_by == desk.who, c.development_worker == desk.who] if wanted.mine else []
    own = [c.practitioner == desk.who, c.sent_by == desk.who, c.named_person == desk.who, c.successor == desk.who]
    return own if wanted.mine else (team or [sa.false()]) if wanted.whose == "team" else own + team


def _any(whose: Conditions, limits: Conditions, order: Order, limit: int) -> Query:
    """Give the ids of a page of each way, together: an OR would have all of them read and sorted."""
    pages = [_sorted(sa.select(c.id).where(way, *limits), order).limit(limit).subquery() for way in whose]
    return sa.select(sa.union(*(sa.select(one.c.id) for one in pages)).subquery().c.id)


def _one_of(whose: Conditions) -> Conditions:
    return [sa.or_(*whose)] if whose else []


def _of(person: Any, whose: sa.Column[str], limits: Conditions) -> Query:
    """Give the ids of the wanted referrals of whom is looked for, the first by name, found before anything is sorted."""
    one = person.subquery()
    found = sa.select(c.id).select_from(one.join(referrals, whose == one.c.whose)).where(*limits)
    return sa.select(found.limit(filters.MOST).subquery().c.id)


def _sorted(query: Query, order: Order) -> Query:
    columns: Sequence[Any] = (order.column, c.id)
    return query.order_by(*(column.desc() if order.descending else column for column in columns))


def _behind(order: Order, after: Cursor) -> sa.ColumnElement[bool]:
    """Begin behind the row the page before ended with, where it stood when that page was given."""
    its, id_ = (sa.bindparam(None, value, column.type) for value, column in ((after.value, order.column), (after.id, c.id)))
    here, there = sa.tuple_(order.column, c.id), sa.tuple_(its, id_)
    return here < there if order.descending else here > there
