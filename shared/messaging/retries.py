"""Second chances: deferred events by the clock, parked events by a person, too-new events by a release."""
from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.engine import Connection, RowMapping

from shared import metrics
from shared.database import is_contention, is_trouble
from shared.messaging.delivery import Delivery
from shared.messaging.faults import describe
from shared.messaging.inbox import Batch, Inbox
from shared.messaging.parking import WAITS, Deferred, Parked, delivery_of
from shared.messaging.reader import Reading
from shared.messaging.reasons import Reason

log = logging.getLogger(__name__)


#: The try after which an event is parked: the first, and one after each wait.
LAST = len(WAITS) + 1


def _delivery(deferred: Deferred) -> Delivery:
    return Delivery(deferred.body, message_id=deferred.event_id, exchange=deferred.exchange)


class Failed(Exception):
    """An event offered again failed again; `reason` from the closed list, `words` for a person."""

    def __init__(self, reason: Reason, words: str):
        super().__init__(words)
        self.reason, self.words = reason, words


class Retries:
    """Offers events again, each alone and in a transaction of its own, past the inbox that has them already."""

    def __init__(self, inbox: Inbox):
        self.inbox, self.database, self.parking = inbox, inbox.database, inbox.parking
        #: Tries of this process that ended with the database: they count as none.
        self.interrupted: set[str] = set()

    def due(self, limit: int = 100) -> int:
        """Try every deferred event that is due; give how many were tried."""
        for tried in range(limit):
            begun = self.database.run(self._begin)
            if begun is None:
                return tried
            if begun.attempts <= LAST:
                self._try(begun)
            self.inbox.committed()
        return limit

    def _begin(self, connection: Connection) -> Deferred | None:
        """Commit the attempt before it is made: an event that kills the process is counted all the same."""
        now = self.database.now(connection)
        deferred = self.parking.due(connection, now)
        if deferred is None:
            return None
        if deferred.id in self.interrupted:
            self.interrupted.discard(deferred.id)
        else:
            deferred = deferred._replace(attempts=deferred.attempts + 1)
        if deferred.attempts > LAST:
            self._park(connection, deferred, Reason.KILLS_PROCESS, Reason.KILLS_PROCESS.words, now)
        else:
            self.parking.defer(connection, [deferred], now)
        return deferred

    def _try(self, deferred: Deferred) -> None:
        try:
            self.database.run(lambda connection: self._attempt(connection, deferred))
        except Exception as fault:
            if is_trouble(fault) or is_contention(fault):
                self.interrupted.add(deferred.id)
            raise

    def _attempt(self, connection: Connection, deferred: Deferred) -> None:
        now = self.database.now(connection)
        if not self.parking.hold(connection, deferred):
            return  # another replica has it by now
        try:
            with connection.begin_nested():
                self._offer(connection, deferred.id, _delivery(deferred), now)
            self.parking.forget(connection, deferred.id)
        except Exception as fault:
            if is_trouble(fault) or is_contention(fault):
                raise
            if deferred.attempts < LAST:
                self.parking.defer(connection, [deferred._replace(reason=describe(fault))], now)
            else:
                self._park(connection, deferred, *_why(fault), now)

    def _park(self, connection: Connection, deferred: Deferred, reason: Reason, words: str, now: datetime) -> None:
        log.error("%s: %s parked after %d tries: %s", self.inbox.service, deferred.type, deferred.attempts, reason)
        self.parking.forget(connection, deferred.id)
        self.parking.park(connection, [Parked(deferred.id, _delivery(deferred), reason, words, deferred.event_id,
                                              deferred.type, known=True, attempts=deferred.attempts)], now)
        metrics.batch(self.inbox.service, {}, [str(reason)])

    def _offer(self, connection: Connection, id_: str, delivery: Delivery, now: datetime, *, anew: bool = False) -> None:
        """Take the event that waits under `id_`; `anew` as one of its own, whatever its id was used for before.

        Raises Failed with what is still wrong, or whatever its handler raises.
        """
        inbox, batch = self.inbox, Batch(now)
        readings = inbox.read(connection, batch, [delivery])
        if wrong := [*batch.parked, *(r.refusal for r in readings if r.refusal)]:
            raise Failed(wrong[0].reason, wrong[0].words)
        for reading in readings if anew else ():
            reading.key = reading.event.id = id_
        events = [r.event for r in self._claim(connection, id_, readings, now)]
        stage = inbox.keeper.stage()
        inbox.keeper.introduce(connection, events)
        for event in events:
            inbox.handlers[event.type](event, stage)
            batch.count(event.type, "applied")
        inbox.keeper.apply(connection, stage, now, inbox.yielding)
        metrics.batch(inbox.service, batch.counts, [])

    def _claim(self, connection: Connection, id_: str, readings: Sequence[Reading], now: datetime) -> list[Reading]:
        """Give those that had no effect yet: what waits under its inbox key had none, the others are asked for."""
        rows = [{"id": r.key, "digest": r.digest, "received_at": now} for r in readings]
        new = {str(key) for key in self.database.insert_new(connection, self.inbox.tables.inbox, rows, "id")}
        return [r for r in readings if r.key == id_ or r.key in new]

    def retry(self, connection: Connection, id_: str, actor: str) -> RowMapping | None:
        """Offer a parked event again for `actor`; None when there is none.

        Raises Failed with what is still wrong; the caller's transaction is left as it was.
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
                self._offer(connection, id_, delivery, now, anew=row["reason"] == Reason.ID_USED_TWICE)
        except Exception as fault:
            if is_trouble(fault) or is_contention(fault):
                raise
            raise Failed(*_why(fault)) from fault
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
        with self.database.read() as connection:
            waiting = self.parking.too_new(connection)
        return sum(self.database.run(partial(self._known_now, id_)) for id_ in waiting)

    def _known_now(self, id_: str, connection: Connection) -> bool:
        try:
            return self.retry(connection, id_, "urn:pod:release") is not None
        except Failed as fault:
            self.parking.mend(connection, id_, fault.reason, fault.words)
            return False


def _why(fault: Exception) -> tuple[Reason, str]:
    if isinstance(fault, Failed):
        return fault.reason, fault.words
    return Reason.HANDLER_FAILED, f"{Reason.HANDLER_FAILED.words} ({describe(fault)})"
