"""Which referrals a report by NHS number reaches (X-02)."""
from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.referrals import store, turns
from services.referrals.state import doubts_number
from shared.calendar import london_day
from shared.database import Database
from shared.ledger.rows import loads

people, referrals, particulars, aggregates = store.tables.people, store.referrals, store.particulars, store.tables.aggregates


class Known(NamedTuple):
    """Ids of the referrals a report reaches: those of the citizen that are under way, and those that name the number in doubt."""

    referrals: tuple[str, ...]
    in_doubt: tuple[str, ...] = ()


def by_number(connection: Connection, database: Database, numbers: Collection[str]) -> Mapping[str, Known]:
    """Give what reports of `numbers` reach, of those that reach any; from here on nobody sends another referral of these."""
    found = _found(connection, database, numbers)
    if not found or database.is_sqlite:
        return found
    turns.take(connection, database, found)
    # somebody may have sent one more, or found out whose a number is, before it was our turn
    return _found(connection, database, found)


def _found(connection: Connection, database: Database, numbers: Collection[str]) -> dict[str, Known]:
    sure, doubted = _theirs(connection, database, numbers), _in_doubt(connection, database, numbers)
    return {number: Known(tuple(sure.get(number, ())), tuple(doubted.get(number, ()))) for number in (*sure, *doubted)}


def _theirs(connection: Connection, database: Database, numbers: Collection[str]) -> dict[str, list[str]]:
    query = sa.select(people.c.nhs_number, referrals.c.id).join(referrals, referrals.c.citizen == people.c.id).where(
        database.any_of(people.c.nhs_number, numbers), store.heard_of(london_day(database.now(connection)))).order_by(referrals.c.id)
    found: dict[str, list[str]] = {}
    for number, id_ in connection.execute(query):
        found.setdefault(number, []).append(id_)
    return found


def _in_doubt(connection: Connection, database: Database, numbers: Collection[str]) -> dict[str, list[str]]:
    """Give the referrals that name a number of which staff have yet to find out whose it is (R-13)."""
    query = sa.select(particulars.c.nhs_number, referrals.c.id, aggregates.c.state).join(
        referrals, referrals.c.id == particulars.c.referral).join(aggregates, aggregates.c.id == referrals.c.id).where(
        database.any_of(particulars.c.nhs_number, numbers), referrals.c.stage == "open", referrals.c.duplicate).order_by(referrals.c.id)
    found: dict[str, list[str]] = {}
    for number, id_, state in connection.execute(query):
        if doubts_number(loads(state)):
            found.setdefault(number, []).append(id_)
    return found
