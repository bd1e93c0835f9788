"""What a practitioner has to do and to know of their referrals: what is asked, where each stands, what happened lately (R-14)."""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from services.referrals import access, offers, showing, standing, view
from services.referrals.desk import Desk, Rows
from services.referrals.store import referrals, tables
from services.referrals.worklists import reading, rows
from services.referrals.worklists.filters import Filters
from shared.ledger.rows import loads
from shared.ledger.types import Data, State

#: Referrals under way whose tasks are shown, and things that happened.
MOST, LATELY = 100, 8
c = referrals.c


def home(desk: Desk) -> Data:
    """Give {tasks, referrals, happened} of the practitioner's own referrals, those under way first looked at."""
    mine, live = Filters(mine=True), Filters(mine=True, goes_on=True)
    ids = [found.id for one in (live, mine) for found in desk.connection.execute(reading.page(desk, one, MOST))]
    found = states(desk, ids)
    happened = _lately(desk, found)
    people = desk.people(_people(found.values()) | {one.actor for one in happened if one.actor != one.source})
    citizens = desk.citizens({id_: state["citizen_id"] for id_, state in found.items()}, people)
    return {"tasks": [task for id_ in dict.fromkeys(ids) if id_ in found for task in _tasks(desk, found[id_], citizens)],
            "referrals": [stands(desk, found[id_], people, citizens) for id_ in dict.fromkeys(ids) if id_ in found],
            "happened": [_happened(one, found, people, citizens) for one in happened]}


def stands_of(desk: Desk, page: Collection[Data]) -> dict[str, str]:
    """Say of the referrals of a page where each stands, by id."""
    found = states(desk, [one["id"] for one in page])
    named = {state["allocation"]["development_worker"]: one["development_worker"] for one in page
             if (state := found.get(one["id"])) and state["allocation"]}
    return {id_: standing.in_plain_words(state, desk.now, named) for id_, state in found.items()}


def states(desk: Desk, ids: Collection[str]) -> dict[str, State]:
    """Give the states of referrals the person may see, in one question; what was folded by older rules is folded anew."""
    table, found = tables.aggregates, {}
    query = sa.select(table.c.id, table.c.state, table.c.fold_version).where(desk.database.any_of(table.c.id, list(ids)))
    for id_, text, folded_by in desk.connection.execute(query):
        if folded_by == desk.ledger.rules.FOLD_VERSION:
            found[id_] = loads(text)
        elif read := desk.ledger.read(desk.connection, id_):
            found[id_] = read.state
    return {id_: state for id_, state in found.items() if access.may_see(state, desk.actor, desk.who)}


def stands(desk: Desk, state: State, people: Rows, citizens: Rows) -> Data:
    """Give one referral with where it stands, in words."""
    named = {id_: rows.called(people, id_) for id_ in _people([state])}
    return {"id": state["id"], "reference": state["reference"], "citizen": rows.called(citizens, state["id"]),
            "stage": state["stage"], "words": standing.in_plain_words(state, desk.now, named)}


def _tasks(desk: Desk, state: State, citizens: Rows) -> list[Data]:
    asked = showing.asked(desk, state)
    acts = offers.offered(state, desk.now, desk.actor, desk.who) if asked else set()
    return [{"title": one.title, "hint": one.hint, "href": showing.href(state["id"], one, acts), "reference": state["reference"],
             "citizen": rows.called(citizens, state["id"]), "id": state["id"]} for one in asked]


def _people(found: Iterable[State]) -> set[str]:
    return {id_ for state in found for id_ in (
        state["citizen_id"], (state["allocation"] or {}).get("development_worker")) if id_}


def _lately(desk: Desk, found: Mapping[str, State]) -> list[Any]:
    """Give what reached us last of these referrals, without what is about another (R-13) and without what they did themself."""
    if not found:
        return []
    said = tables.statements
    kinds = [kind for kind in view.HAPPENED if kind not in view.FOR_STAFF]
    other = said.alias("other")
    # what was taken back and they were never told of would tell them of it now
    was_told = sa.exists().where(other.c.aggregate == said.c.aggregate, other.c.about == said.c.about, sa.not_(other.c.withdrawn), other.c.kind.in_(kinds))
    query = sa.select(said.c.aggregate, said.c.kind, said.c.occurred_at, said.c.actor, said.c.source, said.c.withdrawn, said.c.data).where(
        desk.database.any_of(said.c.aggregate, list(found)), said.c.kind.in_(kinds), said.c.actor != desk.who, sa.or_(sa.not_(said.c.withdrawn), was_told))
    happened = desk.connection.execute(query.order_by(said.c.received_at.desc(), said.c.id.desc()).limit(LATELY * 4))
    return [one for one in happened if not view.is_for_staff(one.kind, loads(one.data))][:LATELY]


def _happened(one: Any, found: Mapping[str, State], people: Rows, citizens: Rows) -> Data:
    state = found[one.aggregate]
    return {"title": view.HAPPENED[one.kind] + (": taken back" if one.withdrawn else ""), "at": one.occurred_at, "id": state["id"],
            "reference": state["reference"], "citizen": rows.called(citizens, state["id"]),
            "by": rows.called(people, one.actor) if one.actor in people else ""}
