"""Looking up who was told what (N-06)."""
from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.notifications.store import notifications
from shared.messaging.diagnosis import bad_text

#: What may be asked for; each an exact match.
FILTERS = ("event_id", "about", "recipient", "state")


def listed(connection: Connection, wanted: Mapping[str, str], limit: int, after: str | None = None) -> list[sa.RowMapping]:
    """Give messages, newest first; `wanted` names some of FILTERS, `after` is the id the last page ended with."""
    t = notifications.c
    # what was written together is shown the correction first
    place = (t.created_at, t.revision, t.id)
    query = sa.select(notifications).where(*matching(wanted)).order_by(*(column.desc() for column in place)).limit(limit)
    if after and (last := one(connection, after)):
        reached = sa.tuple_(*(sa.bindparam(None, last[column.name], column.type) for column in place))
        query = query.where(sa.tuple_(*place) < reached)
    return list(connection.execute(query).mappings())


def matching(wanted: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    """Give the conditions of a filter; `wanted` names some of FILTERS."""
    return [_exactly(name, value) for name in FILTERS if (value := wanted.get(name))]


def _exactly(name: str, value: str) -> sa.ColumnElement[bool]:
    """Give one condition; addresses are kept in small letters, and what PostgreSQL refuses to read equals nothing."""
    return sa.false() if bad_text(value) else notifications.c[name] == (value.lower() if name == "recipient" else value)


def count(connection: Connection, wanted: Mapping[str, str]) -> int:
    """Count the messages of a filter."""
    query = sa.select(sa.func.count()).select_from(notifications).where(*matching(wanted))
    return int(connection.execute(query).scalar_one())


def one(connection: Connection, id_: str) -> sa.RowMapping | None:
    """Give one message."""
    return connection.execute(sa.select(notifications).where(notifications.c.id == id_)).mappings().first()


def corrections(connection: Connection, id_: str) -> list[sa.RowMapping]:
    """Give what corrected a message."""
    query = sa.select(notifications).where(notifications.c.correction_of == id_).order_by(notifications.c.created_at)
    return list(connection.execute(query).mappings())
