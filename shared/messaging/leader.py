"""One of several replicas works at a time: an advisory lock in PostgreSQL, always ours in SQLite."""
from __future__ import annotations

import hashlib
from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.database import Database


class Leader:
    """Holds the lock of one service on a connection of its own, for as long as that connection lives."""

    def __init__(self, database: Database, service: str):
        self.database = database
        self.key = int.from_bytes(hashlib.blake2b(f"pod relay {service}".encode(), digest_size=8).digest(), "big", signed=True)
        self.connection: Connection | None = None

    def hold(self) -> bool:
        """Take the lock, or make sure it is still held; False when another replica has it."""
        if self.database.is_sqlite:
            return True
        if self.connection is not None:
            try:
                self.connection.exec_driver_sql("SELECT 1")
                return True
            except sa.exc.DBAPIError:
                self._drop()
        connection = self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.execute(sa.select(sa.func.pg_try_advisory_lock(self.key))).scalar_one():
            self.connection = connection
            return True
        connection.close()
        return False

    def release(self) -> None:
        """Give the lock up, so that another replica can lead at once."""
        if self.connection is not None:
            with suppress(sa.exc.DBAPIError):  # closing alone frees it too, but only once the server has noticed
                self.connection.execute(sa.select(sa.func.pg_advisory_unlock(self.key)))
        self._drop()

    def _drop(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()
