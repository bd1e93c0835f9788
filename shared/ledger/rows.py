"""Ledger rows as read and written: one SQL statement per table and batch."""
from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, RowMapping

from shared.database import Database, Json, instant_text
from shared.ledger.fold import Order
from shared.ledger.tables import LedgerTables, statement_id
from shared.ledger.types import Rules, Statement

if TYPE_CHECKING:
    from shared.ledger.store import Aggregate

loads = orjson.loads


def dumps(value: Any) -> Json:
    """Write JSON text."""
    return Json(orjson.dumps(value).decode())


def place(text: str | None) -> Order | None:
    """Read the place of the last statement folded."""
    if text is None:
        return None
    occurred, recorded, rank, about = loads(text)
    return (datetime.fromisoformat(occurred), datetime.fromisoformat(recorded), rank, about)


def place_text(last: Order | None) -> str | None:
    """Write the place of the last statement folded."""
    return None if last is None else dumps([instant_text(last[0]), instant_text(last[1]), last[2], last[3]])


def load(connection: Connection, database: Database, tables: LedgerTables, ids: Sequence[str], *,
         lock: bool) -> dict[str, RowMapping]:
    """Read snapshot rows by id; with `lock`, in sorted order, for update."""
    table = tables.aggregates
    query = sa.select(table).where(database.any_of(table.c.id, ids)).order_by(table.c.id)
    if lock:
        query = query.with_for_update()
    return {row["id"]: row for row in connection.execute(query).mappings()}


def _statement(row: Any, rules: Rules) -> Statement:
    statement = Statement(row.about, row.kind, row.occurred_at, loads(row.data), row.withdrawn, row.recorded_at,
                          row.actor, row.source, row.event_id, row.version)
    return upcast(statement, rules)


def upcast(statement: Statement, rules: Rules) -> Statement:
    """Lift an old statement to the newest version of its kind, by the domain's `UPCASTERS`."""
    upcasters = getattr(rules, "UPCASTERS", {})
    while step := upcasters.get((statement.kind, statement.version)):
        statement = step(statement)._replace(version=statement.version + 1)
    return statement


def about(connection: Connection, database: Database, tables: LedgerTables, keys: Collection[tuple[str, str]],
          rules: Rules) -> dict[str, list[Statement]]:
    """Give all that was said about each (aggregate, about), by aggregate."""
    said: dict[str, list[Statement]] = {}
    if keys:
        for row in connection.execute(_pairs(database, tables.statements, sorted(set(keys)))):
            said.setdefault(row.aggregate, []).append(_statement(row, rules))
    return said


def _pairs(database: Database, table: sa.Table, keys: Sequence[tuple[str, str]]) -> Any:
    if database.is_sqlite:
        wanted = sa.func.json_each(dumps([[a.replace("-", ""), about] for a, about in keys])).table_valued("value")
        first = sa.func.json_extract(wanted.c.value, "$[0]")
        second = sa.func.json_extract(wanted.c.value, "$[1]")
        return sa.select(table).join(wanted, sa.and_(sa.type_coerce(table.c.aggregate, sa.Text()) == first,
                                                     table.c.about == second))
    text = sa.bindparam(None, dumps([{"aggregate": a, "about": about} for a, about in keys]), type_=sa.Text())
    wanted = sa.func.json_to_recordset(sa.cast(text, postgresql.JSON)).table_valued(
        sa.column("aggregate", table.c.aggregate.type), sa.column("about", sa.Text())).render_derived(
        name="wanted", with_types=True)
    return sa.select(table).join(wanted, sa.and_(table.c.aggregate == wanted.c.aggregate, table.c.about == wanted.c.about))


def statements(connection: Connection, database: Database, tables: LedgerTables, ids: Sequence[str],
               rules: Rules) -> dict[str, list[Statement]]:
    """Give every statement of each aggregate, by aggregate."""
    table = tables.statements
    found: dict[str, list[Statement]] = {id_: [] for id_ in ids}
    for row in connection.execute(sa.select(table).where(database.any_of(table.c.aggregate, ids))):
        found[row.aggregate].append(_statement(row, rules))
    return found


def received(connection: Connection, tables: LedgerTables, aggregate: str,
             rules: Rules) -> list[tuple[Statement, datetime]]:
    """Give every statement of one aggregate with the time it reached us, oldest first."""
    table = tables.statements
    query = sa.select(table).where(table.c.aggregate == aggregate).order_by(table.c.received_at, table.c.id)
    return [(_statement(row, rules), row.received_at) for row in connection.execute(query)]


def write_statements(connection: Connection, database: Database, tables: LedgerTables,
                     aggregates: Iterable[Aggregate], now: datetime) -> None:
    """Insert what is new; the same saying that came another way is there already."""
    made = [{
        "id": statement_id(a.id, s), "aggregate": a.id, "about": s.about, "kind": s.kind, "occurred_at": s.occurred_at,
        "recorded_at": s.recorded_at, "received_at": now, "data": dumps(s.data), "withdrawn": s.withdrawn,
        "actor": s.actor, "source": s.source, "event_id": s.event_id, "version": s.version,
    } for a in aggregates for s in a.fresh]
    database.insert(connection, tables.statements, made, conflict="nothing")


def write_snapshots(connection: Connection, database: Database, tables: LedgerTables,
                    aggregates: Iterable[Aggregate], fold_version: int) -> None:
    """Write snapshot, announced map and next look in one row each."""
    made = [{
        "id": a.id, "version": a.version, "fold_version": fold_version, "last_place": place_text(a.last),
        "state": dumps(a.state), "announced": dumps(a.announced), "next_look_at": a.next_look_at,
    } for a in aggregates]
    database.insert(connection, tables.aggregates, made, conflict="update",
                    update=["version", "fold_version", "last_place", "state", "announced", "next_look_at"])
