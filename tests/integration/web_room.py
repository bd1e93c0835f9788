"""A small room written by hand, for tests of the shell around it."""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from shared.database import Database
from shared.ledger.types import Actor
from shared.messaging.parking import Parking
from shared.messaging.tables import messaging_tables
from shared.settings import Settings
from shared.web.idempotency import idempotency_table

SECRET = "a secret of at least thirty-two characters"


class HandParking:
    """Parked events of the test room: the real table, with the two acts kept simple."""

    def __init__(self, parking: Parking):
        self.parking = parking

    def list(self, connection: Any, limit: int = 50, before: str | None = None) -> Any:
        """List what waits."""
        return self.parking.list(connection, limit, before)

    def retry(self, connection: Any, id: str, actor: Actor) -> None:
        """Settle as retried."""
        self._settle(connection, id, actor, "retried")

    def discard(self, connection: Any, id: str, actor: Actor) -> None:
        """Settle as discarded."""
        self._settle(connection, id, actor, "discarded")

    def _settle(self, connection: Any, id: str, actor: Actor, how: str) -> None:
        table = self.parking.parked
        done = connection.execute(table.update().where(table.c.id == id, table.c.settled_at.is_(None)).values(
            settled_at=self.parking.database.now(connection), settled_by=actor.email, settled_how=how))
        if not done.rowcount:
            raise LookupError(id)


@dataclass
class HandRoom:
    """A room with one table of its own: notes."""

    settings: Settings
    database: Database
    name: str = "journeys"
    prefix: str = "/journeys"
    title: str = "Journeys"
    faults: dict[str, str | None] = field(default_factory=lambda: {"database": None})
    woken: int = 0
    metadata: sa.MetaData = field(default_factory=sa.MetaData)

    def __post_init__(self) -> None:
        idempotency_table(self.metadata)
        tables = messaging_tables(self.metadata)
        self.notes = sa.Table("notes", self.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
        self.parked = HandParking(Parking(self.database, tables))
        with self.database.transaction() as connection:
            self.metadata.create_all(connection)

    def wake(self) -> None:
        """Count how often the relay was poked."""
        self.woken += 1

    def ready(self) -> dict[str, str | None]:
        """Give the faults the test put there."""
        return self.faults


def hand_room(folder: Path, url: str = "", **settings: Any) -> HandRoom:
    """Open a room on SQLite in `folder`, in demo mode unless told otherwise, or on the database of `url`."""
    given = {"mode": "demo", "cookie_secure": False, "secret_key": SECRET, "var": folder, **settings}
    return HandRoom(Settings(**given), Database(url or f"sqlite:///{folder}/room.db"))
