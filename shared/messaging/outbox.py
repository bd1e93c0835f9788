"""Events waiting to be published: written with their cause, claimed, marked, kept seven days."""
from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.database import Database
from shared.ids import named
from shared.messaging.envelope import Event, write
from shared.schemas import contract

EVENTS, INTAKE = "pod.events", "pod.intake"
#: Namespace of the ids of our own events: the same telling has the same id, however often it is sent.
TELLING = uuid.UUID("0d7d6f3c-6a27-5b0e-9a55-5c4f3d2b1a10")
#: How long published rows stay, for a look at what was sent; nothing needs them.
KEPT = timedelta(days=7)


def event_id(aggregate: str, about: str, revision: int) -> str:
    """Give the id of the event that tells revision `revision` of `about`."""
    return named(TELLING, f"{aggregate}\x1f{about}\x1f{revision}")


class Waiting(NamedTuple):
    """One row to publish; `queue` names the one queue of a replay, else the exchange routes it."""

    id: int
    event_id: str
    exchange: str
    routing_key: str
    queue: str | None
    body: bytes


class Outbox:
    """One service's outbox. Putting happens in the writer's transaction; claiming and marking are the relay's."""

    def __init__(self, database: Database, table: sa.Table):
        self.database, self.table = database, table

    def put(self, connection: Connection, events: Iterable[Event], exchange: str = EVENTS,
            queue: str | None = None) -> None:
        """Write events to be published once the caller's transaction is committed.

        Raises Invalid for one of our own that breaks its contract; what others say is judged where it is taken.
        """
        now = self.database.now(connection)
        events = list(events)
        for event in events if exchange == EVENTS else ():
            event.data = contract(event.type, event.version).check(event.data)
        self.database.insert(connection, self.table, [{
            "event_id": e.id, "exchange": exchange, "routing_key": e.type, "queue": queue, "body": write(e),
            "created_at": now} for e in events])

    def waiting(self, limit: int) -> list[Waiting]:
        """Give the oldest rows not yet marked, in the order they were written."""
        t = self.table.c
        query = sa.select(t.id, t.event_id, t.exchange, t.routing_key, t.queue, t.body).where(
            t.published_at.is_(None)).order_by(t.id).limit(limit)
        with self.database.read() as connection:
            return [Waiting(*row) for row in connection.execute(query)]

    def backlog(self, connection: Connection) -> int:
        """Count the rows not yet published."""
        query = sa.select(sa.func.count()).select_from(self.table).where(self.table.c.published_at.is_(None))
        return int(connection.execute(query).scalar_one())

    def mark(self, published: Sequence[Waiting], unroutable: Sequence[Waiting] = ()) -> None:
        """Mark exactly these rows; those for the intake are removed, since strangers' numbers are not kept.

        For the intake we have given our word: what no queue there wants yet waits until one does.
        """
        ours = [row.id for row in published if row.exchange != INTAKE]
        intake = [row.id for row in published if row.exchange == INTAKE]
        nobody = [row.id for row in unroutable if row.exchange != INTAKE]
        self.database.run(lambda connection: self._mark(connection, ours, intake, nobody))

    def _mark(self, connection: Connection, ours: list[int], intake: list[int], nobody: list[int]) -> None:
        t, now = self.table, self.database.now(connection)
        if ours:
            connection.execute(t.update().where(self.database.any_of(t.c.id, ours)).values(published_at=now))
        if nobody:
            connection.execute(t.update().where(self.database.any_of(t.c.id, nobody)).values(published_at=now, unroutable=True))
        if intake:
            connection.execute(t.delete().where(self.database.any_of(t.c.id, intake)))

    def prune(self) -> int:
        """Remove rows published more than seven days ago; give their number."""
        def work(connection: Connection) -> int:
            old = self.table.c.published_at < self.database.now(connection) - KEPT
            return connection.execute(self.table.delete().where(old)).rowcount
        return self.database.run(work)
