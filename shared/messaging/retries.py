"""Second chances: deferred events by the clock, parked events by a person, too-new events by a release."""
from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection, RowMapping

from shared import metrics
from shared.database import is_contention, is_trouble
from shared.messaging.delivery import Delivery
from shared.messaging.inbox import Batch, Inbox
from shared.messaging.parking import WAITS, Deferred, Parked, delivery_of
from shared.messaging.reader import Reading
from shared.messaging.reasons import Reason

log = logging.getLogger(__name__)


class Failed(Exception):
    """An event offered again failed again; `reason` from the closed list, `words` for a person."""

    def __init__(self, reason: Reason, words: str):
        super().__init__(words)
        self.reason, self.words = reason, words


class Retries:
    """Offers events again, each alone and in a transaction of its own, past the inbox that has them already."""

    def __init__(self, inbox: Inbox):
        self.inbox, self.database, self.parking = inbox, inbox.database, inbox.parking

    def due(self, limit: int = 100) -> int:
        """Try every deferred event that is due; give how many were tried."""
        for tried in range(limit):
            deferred = self.database.run(self._next)
            if deferred is None:
                return tried
            self.inbox.committed()
        return limit

    def _next(self, connection: Connection) -> Deferred | None:
        now = self.database.now(connection)
        deferred = self.parking.due(connection, now)
        if deferred is None:
            return None
        delivery = Delivery(deferred.body, message_id=deferred.event_id, exchange=deferred.exchange)
        self.parking.forget(connection, deferred.id)
        try:
            with connection.begin_nested():
                self._offer(connection, delivery, now)
        except Exception as fault:
            if is_trouble(fault) or is_contention(fault):
                raise
            self._failed(connection, deferred, delivery, fault, now)
        return deferred

    def _failed(self, connection: Connection, deferred: Deferred, delivery: Delivery, fault: Exception,
                now: datetime) -> None:
        attempts = deferred.attempts + 1
        if attempts <= len(WAITS):
            self.parking.defer(connection, [deferred._replace(attempts=attempts, reason=type(fault).__name__)], now)
            return
        reason = fault.reason if isinstance(fault, Failed) else Reason.HANDLER_FAILED
        words = fault.words if isinstance(fault, Failed) else f"{Reason.HANDLER_FAILED.words} ({type(fault).__name__})"
        log.error("%s: %s parked after %d tries: %s", self.inbox.service, deferred.type, attempts, reason)
        self.parking.park(connection, [Parked(deferred.id, delivery, reason, words, deferred.event_id, deferred.type,
                                              known=True, attempts=attempts)], now)
        metrics.batch(self.inbox.service, {}, [str(reason)])

    def _offer(self, connection: Connection, delivery: Delivery, now: datetime) -> None:
        """Take one event as if it were new; raises Failed with what is still wrong, or whatever its handler raises."""
        inbox, batch = self.inbox, Batch(now)
        readings = inbox.read(connection, batch, [delivery])
        if batch.parked:
            raise Failed(batch.parked[0].reason, batch.parked[0].words)
        stage = inbox.keeper.stage()
        events = [r.event for r in readings]
        inbox.keeper.introduce(connection, events)
        for event in events:
            inbox.handlers[event.type](event, stage)
            batch.count(event.type, "applied")
        self._note(connection, readings, now)
        inbox.keeper.apply(connection, stage, now, inbox.yielding)
        metrics.batch(inbox.service, batch.counts, [])

    def _note(self, connection: Connection, readings: list[Reading], now: datetime) -> None:
        rows = [{"id": r.key, "digest": r.digest, "received_at": now} for r in readings]
        self.database.insert(connection, self.inbox.tables.inbox, rows, conflict="nothing")

    def retry(self, connection: Connection, id_: str, actor: str) -> RowMapping | None:
        """Offer a parked event again for `actor`; None when there is none.

        Raises Failed with what is still wrong; the caller's transaction is left as it was, save the count.
        """
        row = self.parking.get(connection, id_, lock=True)
        if row is None or row["settled_at"] is not None:
            return row
        now = self.database.now(connection)
        if row["reason"] == Reason.TOO_LARGE:
            raise Failed(Reason.TOO_LARGE, "Only its beginning was kept: ask the sender to send it again.")
        delivery = delivery_of(row)
        try:
            with connection.begin_nested():
                self._offer(connection, delivery, now)
        except Exception as fault:
            if is_trouble(fault) or is_contention(fault):
                raise
            reason = fault.reason if isinstance(fault, Failed) else Reason.HANDLER_FAILED
            words = fault.words if isinstance(fault, Failed) else f"{Reason.HANDLER_FAILED.words} ({type(fault).__name__})"
            raise Failed(reason, words) from fault
        self.parking.settle(connection, id_, actor, "retried", now)
        return self.parking.get(connection, id_)

    def list(self, connection: Connection, limit: int = 50, after: str | None = None) -> Sequence[RowMapping]:
        """Give parked events that wait for a person, oldest first."""
        return self.parking.list(connection, limit, after)

    def discard(self, connection: Connection, id_: str, actor: str) -> RowMapping | None:
        """Settle a parked event without effect; None when there is none."""
        row = self.parking.get(connection, id_, lock=True)
        if row is not None and row["settled_at"] is None:
            self.parking.settle(connection, id_, actor, "discarded", self.database.now(connection))
        return row

    def too_new(self) -> int:
        """Offer again what an older release parked as too new; give how many were taken."""
        def work(connection: Connection) -> int:
            taken = 0
            for row in self.parking.too_new(connection):
                try:
                    with connection.begin_nested():
                        self._offer(connection, delivery_of(row), self.database.now(connection))
                except Failed:
                    continue
                self.parking.settle(connection, row["id"], "urn:pod:release", "retried", self.database.now(connection))
                taken += 1
            return taken
        return self.database.run(work)
