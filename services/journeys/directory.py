"""What the directory says of staff: kept of all of them, since an event may name by address somebody we have not met yet.

A cover for an absence is named so. And were only those kept whom we know already, it would matter whether the directory
or the referral came first. Kept is what people are shown: name, address, telephone and team, and nothing of what they do.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.database import Database
from shared.messaging.envelope import Event

RECORDED = "directory.member_recorded"
SHOWN = ("name", "email", "telephone", "team")


def keep(connection: Connection, database: Database, members: sa.Table, events: Sequence[Event]) -> None:
    """Write what the events of a batch say, of each member the highest revision; who was taken off leaves the revision."""
    newest: dict[str, Event] = {}
    for event in sorted((one for one in events if one.type == RECORDED), key=lambda one: one.revision or 1):
        newest[event.data["member_id"]] = event
    rows = [_row(id_, event) for id_, event in sorted(newest.items())]
    database.insert(connection, members, rows, conflict="update", newest="revision", update=("revision", *SHOWN))


def _row(id_: str, event: Event) -> dict[str, Any]:
    said = {} if event.withdrawn else event.data
    return {"id": id_, "revision": event.revision or 1, **{name: said.get(name) for name in SHOWN}}
