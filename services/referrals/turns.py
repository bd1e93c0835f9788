"""Whoever asks and writes by what identifies a person takes turns with the others, so that the second sees what the first wrote (R-13)."""
from __future__ import annotations

import hashlib
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.database import Database


def take(connection: Connection, database: Database, keys: Iterable[str | None]) -> None:
    """Wait until nobody else has any of `keys`, and have them until the transaction ends; before any row is locked.

    A SQLite file has one writer at a time anyway.
    """
    if database.is_sqlite:
        return
    # one order for everybody, by one statement whatever their number
    numbers = sorted({int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True) for key in keys if key})
    if numbers:
        wanted = sa.func.unnest(sa.cast(numbers, sa.ARRAY(sa.BigInteger))).table_valued("key").render_derived()
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(wanted.c.key))).all()
