"""A small room written by hand, for tests of the shell around it."""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from shared.database import Database
from shared.messaging.parking import Parking
from shared.messaging.reasons import Reason
from shared.messaging.retries import Failed
from shared.messaging.tables import messaging_tables
from shared.settings import Settings
from shared.web.idempotency import idempotency_table

SECRET = "a secret of at least thirty-two characters"


class HandRetries:
    """Parked events of the test room: the real table; what is `stubborn` fails again."""

    def __init__(self, parking: Parking):
        self.parking = parking
        self.stubborn: set[str] = set()

    def retry(self, connection: Any, id_: str, actor: str) -> Any:
        """Settle as retried, unless it is stubborn."""
        if id_ in self.stubborn:
            raise Failed(Reason.INVALID_DATA, "stay_id is missing.")
        return self._settle(connection, id_, actor, "retried")

    def discard(self, connection: Any, id_: str, actor: str) -> Any:
        """Settle as discarded."""
        return self._settle(connection, id_, actor, "discarded")

    def _settle(self, connection: Any, id_: str, actor: str, how: str) -> Any:
        row = self.parking.get(connection, id_, lock=True)
        if row is not None and row["settled_at"] is None:
            self.parking.settle(connection, id_, actor, how, self.parking.database.now(connection))
        return row


@dataclass
class HandRoom:
    """A room with one table of its own: notes."""

    settings: Settings
    database: Database
    name: str = "journeys"
    prefix: str = "/journeys"
    title: str = "Journeys"
    parts: frozenset[str] = frozenset({"web"})
    faults: dict[str, str | None] = field(default_factory=lambda: {"database": None})
    woken: int = 0
    metadata: sa.MetaData = field(default_factory=sa.MetaData)

    def __post_init__(self) -> None:
        idempotency_table(self.metadata)
        tables = messaging_tables(self.metadata)
        self.notes = sa.Table("notes", self.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))
        self.parked = HandRetries(Parking(self.database, tables))
        with self.database.transaction() as connection:
            self.metadata.create_all(connection)

    def wake(self) -> None:
        """Count how often the relay was poked."""
        self.woken += 1

    def ready(self) -> dict[str, str | None]:
        """Give the faults the test put there."""
        return self.faults

    def backlog(self, connection: Any) -> dict[str, int]:
        """Count what waits."""
        return {"outbox": 0, **self.parked.parking.count(connection)}


def notes_of(room: HandRoom) -> list[str]:
    """Give the notes written so far."""
    with room.database.read() as connection:
        return list(connection.execute(sa.select(room.notes.c.text).order_by(room.notes.c.id)).scalars())


def hand_room(folder: Path, url: str = "", **settings: Any) -> HandRoom:
    """Open a room on SQLite in `folder`, in demo mode unless told otherwise, or on the database of `url`."""
    given = {"mode": "demo", "cookie_secure": False, "secret_key": SECRET, "var": folder, **settings}
    return HandRoom(Settings(**given), Database(url or f"sqlite:///{folder}/room.db"))
