"""How an entry of the directory is written: under its lock, with its version, who changed what, and the event that says so."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from services.referrals.desk import Desk
from services.referrals.directory import sightings
from services.referrals.directory.entries import REMOVED, Entry
from services.referrals.store import directory_changes
from shared.ledger.people import staff
from shared.ledger.types import Data
from shared.messaging.envelope import Event

Row = dict[str, Any]


def locked(desk: Desk, table: sa.Table, id_: str) -> Row | None:
    """Give an entry, and keep others from changing it until this transaction ends; None where there is none."""
    row = desk.connection.execute(sa.select(table).where(table.c.id == id_).with_for_update()).mappings().first()
    return dict(row) if row else None


def keep(desk: Desk, table: sa.Table, before: Entry, after: Entry, fields: Iterable[str],
         event: Callable[[Entry], Event]) -> Row:
    """Write what became of a locked entry, and announce it; nothing is written where nothing differs."""
    fields = (*fields, *(("state",) if "state" in table.c else ()))
    changed = [name for name in fields if before[name] != after[name]]
    if not changed:
        return dict(before)
    kept = {**after, "version": before["version"] + 1, "changed_at": desk.now, "changed_by": desk.who}
    desk.connection.execute(table.update().where(table.c.id == kept["id"]).values(kept))
    desk.database.insert(desk.connection, directory_changes, [_change(kept, name, before[name]) for name in changed])
    _introduce(desk)
    desk.ledger.outbox.put(desk.connection, [event(kept)])
    return kept


def changes(desk: Desk, id_: str, limit: int, below: int | None = None) -> list[Row]:
    """Give who changed what of an entry, a version each, newest first; `below` is the version the page before ended with."""
    c = directory_changes.c
    wanted = [c.subject == id_, *([c.version < below] if below is not None else [])]
    newest = sa.select(c.version).where(*wanted).distinct().order_by(c.version.desc()).limit(limit)
    rows = desk.connection.execute(sa.select(directory_changes).where(*wanted, c.version.in_(newest)).order_by(
        c.version.desc(), c.field)).mappings().all()
    names, found = desk.names({row["changed_by"] for row in rows}), dict[int, Row]()
    for row in rows:
        of = found.setdefault(row["version"], {"version": row["version"], "at": row["changed_at"], "by": names[row["changed_by"]],
                                               "changes": []})
        of["changes"].append({"field": row["field"], "before": row["before"], "after": row["after"]})
    return list(found.values())


def _change(kept: Entry, name: str, before: Any) -> Data:
    return {"id": str(uuid4()), "subject": kept["id"], "version": kept["version"], "field": name, "before": _text(before),
            "after": _text(kept[name]), "changed_at": kept["changed_at"], "changed_by": kept["changed_by"]}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value in (None, REMOVED) else ", ".join(value.split("\n"))


def _introduce(desk: Desk) -> None:
    """Know by name who changed it."""
    me = {"email": desk.actor.email, "name": desk.actor.name, "team": desk.actor.team}
    desk.ledger.people.put(desk.connection, [staff(me, desk.now)])
    sightings.see(desk.connection, desk.database, [{**me, "roles": desk.actor.roles}], desk.now)
