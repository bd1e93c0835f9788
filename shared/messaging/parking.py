"""The one place where events wait that could not be taken: deferred for a while, or parked for a person."""
from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from shared.database import Database
from shared.messaging.delivery import Delivery
from shared.messaging.reasons import Reason
from shared.messaging.tables import MessagingTables

#: Waits between tries of an event whose handler raised; after the last it is parked. Design section 4.
WAITS = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600))
#: A parked body about nobody we know goes after this.
STRANGERS = timedelta(days=14)
#: What is kept of a body too large to keep: its first kilobyte.
HEAD = 1024


class Parked(NamedTuple):
    """One event to park: its key, what is known of it, the reason and its words."""

    id: str
    delivery: Delivery
    reason: Reason
    words: str
    event_id: str | None = None
    type: str | None = None
    known: bool = False
    attempts: int = 1
    #: Of an event whose envelope could be read: what the inbox keeps, so that a repeat is not parked again.
    digest: bytes | None = None


class Deferred(NamedTuple):
    """One event waiting for its next try."""

    id: str
    event_id: str
    type: str
    exchange: str
    body: bytes
    attempts: int
    reason: str


class Parking:
    """Deferred and parked events of one service. All methods work inside the caller's transaction."""

    def __init__(self, database: Database, tables: MessagingTables):
        self.database, self.parked, self.deferred, self.inbox = database, tables.parked, tables.deferred, tables.inbox

    def park(self, connection: Connection, events: Iterable[Parked], now: datetime) -> None:
        """Park events, each under its key once: a repeat of one that waits, or was settled, changes nothing."""
        made = {p.id: {
            "id": p.id, "event_id": p.event_id, "type": p.type, "reason": str(p.reason), "words": p.words,
            "body": p.delivery.body if p.reason != Reason.TOO_LARGE else p.delivery.body[:HEAD],
            "properties": _properties(p.delivery), "digest": hashlib.blake2b(p.delivery.body, digest_size=16).digest(),
            "attempts": p.attempts, "known": p.known, "parked_at": now} for p in events}
        self.database.insert(connection, self.parked, [made[id_] for id_ in sorted(made)], conflict="nothing")

    def defer(self, connection: Connection, events: Iterable[Deferred], now: datetime) -> None:
        """Put events off until their next try; `attempts` is how often each has failed."""
        made = [{**d._asdict(), "next_at": now + WAITS[min(d.attempts, len(WAITS)) - 1]} for d in events]
        self.database.insert(connection, self.deferred, sorted(made, key=lambda row: str(row["id"])), conflict="update",
                             update=["attempts", "next_at", "reason"])

    def due(self, connection: Connection, now: datetime) -> Deferred | None:
        """Lock and give the deferred event most overdue; None when none is due."""
        t = self.deferred.c
        query = sa.select(t.id, t.event_id, t.type, t.exchange, t.body, t.attempts, t.reason).where(t.next_at <= now).order_by(
            t.next_at).limit(1).with_for_update(skip_locked=True)
        row = connection.execute(query).first()
        return Deferred(*row) if row else None

    def hold(self, connection: Connection, deferred: Deferred) -> bool:
        """Lock a deferred event for the try that was counted; False when it has moved on."""
        t = self.deferred.c
        query = sa.select(t.attempts).where(t.id == deferred.id).with_for_update()
        return connection.execute(query).scalar() == deferred.attempts

    def forget(self, connection: Connection, id_: str) -> None:
        """Remove a deferred event that has been taken or parked."""
        connection.execute(self.deferred.delete().where(self.deferred.c.id == id_))

    def list(self, connection: Connection, limit: int = 50, after: str | None = None) -> Sequence[RowMapping]:
        """Give parked events that wait for a person, oldest first; `after` is the id the last page ended with."""
        t = self.parked
        query = sa.select(t).where(t.c.settled_at.is_(None)).order_by(t.c.parked_at, t.c.id).limit(limit)
        if after and (last := self.get(connection, after)):
            query = query.where(sa.tuple_(t.c.parked_at, t.c.id) > sa.tuple_(
                sa.bindparam(None, last["parked_at"], t.c.parked_at.type), sa.bindparam(None, after, t.c.id.type)))
        return connection.execute(query).mappings().all()

    def get(self, connection: Connection, id_: str, *, lock: bool = False) -> RowMapping | None:
        """Give one parked event, settled or not."""
        query = sa.select(self.parked).where(self.parked.c.id == id_)
        return connection.execute(query.with_for_update() if lock else query).mappings().first()

    def count(self, connection: Connection) -> dict[str, int]:
        """Count what waits: `parked` for a person, `deferred` for its next try."""
        parked = sa.select(sa.func.count()).select_from(self.parked).where(self.parked.c.settled_at.is_(None))
        deferred = sa.select(sa.func.count()).select_from(self.deferred)
        return {"parked": connection.execute(parked).scalar_one(), "deferred": connection.execute(deferred).scalar_one()}

    def settle(self, connection: Connection, id_: str, actor: str, how: str, now: datetime) -> None:
        """Note who settled a parked event, and how."""
        connection.execute(self.parked.update().where(self.parked.c.id == id_).values(
            settled_at=now, settled_by=actor, settled_how=how))

    def too_new(self, connection: Connection) -> Sequence[str]:
        """Give the ids of what an older release parked as too new for it."""
        t = self.parked
        query = sa.select(t.c.id).where(t.c.settled_at.is_(None), t.c.reason == str(Reason.TOO_NEW)).order_by(t.c.id)
        return connection.execute(query).scalars().all()

    def mend(self, connection: Connection, id_: str, reason: Reason, words: str) -> None:
        """Note why a parked event cannot be used now, where that is no longer why it was parked."""
        connection.execute(self.parked.update().where(self.parked.c.id == id_).values(reason=str(reason), words=words))

    def prune(self, connection: Connection, now: datetime) -> None:
        """Remove parked bodies about nobody we know, and their inbox rows, when their time has passed."""
        t = self.parked
        old = sa.and_(t.c.known.is_(False), t.c.parked_at < now - STRANGERS)
        # what had its effect in the end keeps its inbox row, or a repeat would have it again
        idle = sa.select(t.c.id).where(old, t.c.settled_how.is_distinct_from("retried"))
        connection.execute(self.inbox.delete().where(self.inbox.c.id.in_(idle)))
        connection.execute(t.delete().where(old))


def delivery_of(row: RowMapping) -> Delivery:
    """Give a parked event back as it was delivered."""
    properties = orjson.loads(row["properties"])
    return Delivery(row["body"], properties["content_type"], properties["headers"], properties["message_id"],
                    properties["exchange"])


def _properties(delivery: Delivery) -> str:
    headers = {str(k): v for k, v in (delivery.headers or {}).items() if isinstance(v, (str, int, float, bool))}
    text = orjson.dumps({"content_type": _plain(delivery.content_type), "message_id": _plain(delivery.message_id),
                         "headers": {_plain(k): _plain(v) for k, v in headers.items()}, "exchange": delivery.exchange})
    return text.decode()


def _plain(value: Any) -> Any:
    """Make text that any database takes: properties may hold a NUL or half a surrogate too."""
    return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd") if isinstance(value, str) else value
