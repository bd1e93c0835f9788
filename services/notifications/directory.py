"""What is kept of the directory: who the managers are, for no event names them, and who is no longer here."""
from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.notifications.store import members
from shared.calendar import london_day
from shared.database import Database
from shared.ledger.tables import staff_id
from shared.messaging.envelope import Event

RECORDED = "directory.member_recorded"


def keep(connection: Connection, database: Database, events: Sequence[Event]) -> None:
    """Write what the events of a batch say, of each member the highest revision, in whatever order they come."""
    newest: dict[str, Event] = {}
    for event in sorted((one for one in events if one.type == RECORDED), key=lambda one: one.revision or 1):
        newest[event.data["member_id"]] = event
    rows = [_row(id_, event) for id_, event in sorted(newest.items())]
    database.insert(connection, members, rows, conflict="update", newest="revision",
                    update=("revision", "manager", "from_on", "left_on"))


def managers(connection: Connection, today: date) -> tuple[str, ...]:
    """Give the addresses of those who are managers on a London day, sorted."""
    c, day = members.c, today.isoformat()
    query = sa.select(c.manager).where(c.manager.is_not(None), sa.or_(c.from_on.is_(None), c.from_on <= day),
                                       sa.or_(c.left_on.is_(None), c.left_on > day)).order_by(c.manager)
    return tuple(connection.execute(query).scalars())


def gone(connection: Connection, database: Database, addresses: Collection[str], today: date) -> dict[str, date]:
    """Give since when those of `addresses` are no longer here who are not: nobody writes to them."""
    ids = {staff_id(address): address for address in addresses}
    if not ids:
        return {}
    query = sa.select(members.c.id, members.c.left_on).where(
        database.any_of(members.c.id, sorted(ids)), members.c.left_on <= today.isoformat())
    return {ids[row.id]: date.fromisoformat(row.left_on) for row in connection.execute(query)}


def _row(id_: str, event: Event) -> dict[str, Any]:
    """Keep no more of a member than is needed; who was taken off the directory counts as gone from that day on."""
    if event.withdrawn:
        said = {"manager": None, "from_on": None, "left_on": london_day(event.recordedtime).isoformat()}
    else:
        is_manager = "manager" in event.data["roles"]
        said = {"manager": event.data["email"] if is_manager else None,
                "from_on": event.data.get("from_on"), "left_on": event.data.get("left_on")}
    return {"id": id_, "revision": event.revision or 1, **said}
