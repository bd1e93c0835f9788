"""A page of a list, read as far as it goes and no further."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from services.referrals import indexes
from services.referrals.desk import Desk
from services.referrals.store import referrals, tables
from services.referrals.worklists import filters, rows
from services.referrals.worklists.filters import Conditions, Filters, Moment, Order
from services.referrals.worklists.rows import Row
from services.referrals.worklists.tabs import TABS
from shared.calendar import london_day
from shared.pathways import team_key

Query = sa.Select[Any]
c = referrals.c


def listed(desk: Desk, wanted: Filters, limit: int, after: str | None = None) -> list[Row]:
    """Give referrals with names, newest first unless `wanted` says otherwise; `after` is the id the page before ended with."""
    found = desk.connection.execute(page(desk, wanted, limit, after)).mappings().all()
    people = desk.people({id_ for row in found for id_ in (row["citizen"], row["practitioner"], row["development_worker"]) if id_})
    return [rows.row(desk, dict(row), people) for row in found]


def page(desk: Desk, wanted: Filters, limit: int, after: str | None = None) -> Query:
    """Give the question for the rows of a page, in at most three steps: who, whose, which."""
    at, order = moment(desk), wanted.order
    tab = TABS[wanted.worklist] if wanted.worklist else None
    limits = filters.conditions(wanted, at, tab.condition if tab else None)
    whose, person = _whose(desk, wanted), filters.person(wanted, tables.people, desk.database)
    if after:
        limits.append(_behind(order, after))
    if person is not None:
        limits.append(c.id.in_(_of(person, whose)))
    elif whose:
        limits = [c.id.in_(_any(whose, limits, order, limit))]
    return _sorted(sa.select(referrals).where(*limits), order).limit(limit)


def moment(desk: Desk) -> Moment:
    """Give now and today."""
    return Moment(desk.now, london_day(desk.now))


def loads(desk: Desk) -> dict[str, int]:
    """Give how many citizens each development worker works with: accepted, alive, and their journey not closed."""
    with_them = filters.as_said(indexes.WORKED_WITH)
    goes_on = sa.select(c.development_worker).where(with_them, c.journey_closes_on.is_(None))
    closing = sa.select(c.development_worker).where(with_them, c.journey_closes_on >= london_day(desk.now).isoformat())
    each = sa.union_all(goes_on, closing).subquery()
    query = sa.select(each.c.development_worker, sa.func.count()).group_by(each.c.development_worker)
    return {row[0]: row[1] for row in desk.connection.execute(query)}


def _whose(desk: Desk, wanted: Filters) -> Conditions:
    """Give the ways in which a referral is one's own, each with an index of its own; none for staff who want all (R-14)."""
    team = [c.team == team_key(desk.actor.team)] if desk.actor.team else []
    if desk.sees_all:
        return [c.practitioner == desk.who, c.sent_by == desk.who, c.development_worker == desk.who] if wanted.mine else []
    own = [c.practitioner == desk.who, c.sent_by == desk.who, c.named_person == desk.who]
    return own if wanted.mine else (team or [sa.false()]) if wanted.whose == "team" else own + team


def _any(whose: Conditions, limits: Conditions, order: Order, limit: int) -> Query:
    """Give the ids of a page of each way, together: an OR would have all of them read and sorted."""
    pages = [_sorted(sa.select(c.id).where(way, *limits), order).limit(limit).subquery() for way in whose]
    return sa.select(sa.union(*(sa.select(one.c.id) for one in pages)).subquery().c.id)


def _of(person: Query, whose: Conditions) -> Query:
    """Give the ids of the referrals of the citizens looked for, found before anything is sorted."""
    one = person.subquery()
    found = sa.select(c.id).select_from(one.join(referrals, c.citizen == one.c.id))
    return sa.select((found.where(sa.or_(*whose)) if whose else found).limit(filters.MOST * 5).subquery().c.id)


def _sorted(query: Query, order: Order) -> Query:
    columns: Sequence[Any] = (order.column, c.id)
    return query.order_by(*(column.desc() if order.descending else column for column in columns))


def _behind(order: Order, after: str) -> sa.ColumnElement[bool]:
    """Begin behind the row the page before ended with, as it is sorted now."""
    last = referrals.alias("last")
    its = sa.select(last.c[order.column.name]).where(last.c.id == after).scalar_subquery()
    here, there = sa.tuple_(order.column, c.id), sa.tuple_(its, sa.bindparam(None, after, c.id.type))
    return here < there if order.descending else here > there
