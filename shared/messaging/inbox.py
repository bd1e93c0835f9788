"""Takes a batch of events into one service in one transaction: each has its effect once, or a place to wait."""
from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared import metrics
from shared.database import Database, is_contention, is_trouble
from shared.messaging import envelope
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event
from shared.messaging.faults import describe
from shared.messaging.parking import Deferred, Parked, Parking
from shared.messaging.reader import Reader, Reading, known, unusable, used_twice
from shared.messaging.reasons import Reason, Unusable
from shared.messaging.tables import MessagingTables
from shared.schemas.kinds import is_placeholder

log = logging.getLogger(__name__)

Handler = Callable[[Event, Any], None]


def nothing() -> None:
    """Do nothing, where somebody may be told and nobody is."""


class Stage(Protocol):
    """Where handlers put what they want written; nothing is written before all of a batch have run."""

    def mark(self) -> Any:
        """Give the present length, to come back to."""

    def reset(self, mark: Any) -> None:
        """Forget what was staged since `mark`."""


class Keeper(Protocol):
    """What a service keeps, and how it is written."""

    def known(self, connection: Connection, nhs_numbers: Sequence[str]) -> Mapping[str, Any]:
        """Give what we know of those of `nhs_numbers` we know."""

    def introduce(self, connection: Connection, events: Sequence[Event]) -> None:
        """Write the people that events name, before and whether or not their handlers succeed."""

    def stage(self) -> Stage:
        """Give an empty stage for one batch."""

    def apply(self, connection: Connection, stage: Any, now: datetime, yielding: Callable[[], None]) -> None:
        """Write what was staged, in the one order every writer keeps."""


@dataclass
class Batch:
    """One batch on its way through a transaction."""

    now: datetime
    fresh: list[Reading] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    deferred: list[Deferred] = field(default_factory=list)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def count(self, type_: str, outcome: str) -> None:
        """Note an outcome for the metrics; they are counted when the batch is written."""
        key = (type_, outcome)
        self.counts[key] = self.counts.get(key, 0) + 1


class Inbox:
    """One service's way in. `handlers` is event name -> function(event, stage)."""

    def __init__(self, service: str, database: Database, tables: MessagingTables, keeper: Keeper,
                 handlers: Mapping[str, Handler], hears_all_intake: bool = False,
                 committed: Callable[[], None] = nothing, yielding: Callable[[], None] = nothing):
        self.service, self.database, self.tables, self.keeper = service, database, tables, keeper
        self.handlers, self.committed = handlers, committed
        # a SQLite write transaction holds its file's lock: nothing may yield inside one
        self.yielding = nothing if database.is_sqlite else yielding
        self.parking = Parking(database, tables)
        self.reader = Reader(frozenset(handlers), hears_all_intake)

    def take(self, deliveries: Sequence[Delivery]) -> None:
        """Take a batch: when this returns, each event is committed as effect, deferred or parked.

        Raises what `is_trouble` or `is_contention` recognises, having taken nothing of the part it was
        working on; anything else is an event's own fault, which is found by halving the batch.
        """
        if not deliveries:
            return
        try:
            self._commit(deliveries)
        except Exception as fault:
            if is_trouble(fault) or is_contention(fault):
                raise
            self._divide(deliveries, fault)
        self.committed()

    def _divide(self, deliveries: Sequence[Delivery], fault: Exception) -> None:
        if len(deliveries) > 1:
            half = len(deliveries) // 2
            self.take(deliveries[:half])
            self.take(deliveries[half:])
            return
        log.error("%s: writing an event raised %s; it is put off", self.service, describe(fault))
        try:
            self._commit(deliveries, refuse=describe(fault))
        except Exception as worse:
            if is_trouble(worse) or is_contention(worse):
                raise
            self._give_up(deliveries[0], worse)

    def _give_up(self, delivery: Delivery, fault: Exception) -> None:
        """Park a message that cannot even be put off: whatever it is, it may not stand in the way of the others."""
        log.error("%s: an event could not be put off: %s; it is parked", self.service, describe(fault))
        words = f"{Reason.HANDLER_FAILED.words} ({type(fault).__name__})"
        parked = unusable(delivery, Unusable(Reason.HANDLER_FAILED, words), of_known=True)
        self.database.run(lambda connection: self.parking.park(connection, [parked], self.database.now(connection)))
        metrics.batch(self.service, {}, [str(parked.reason)])

    def _commit(self, deliveries: Sequence[Delivery], refuse: str = "") -> None:
        started = time.monotonic()
        batch = self.database.run(lambda connection: self._attempt(connection, deliveries, refuse))
        metrics.batch(self.service, batch.counts, [str(p.reason) for p in batch.parked], time.monotonic() - started)

    def _attempt(self, connection: Connection, deliveries: Sequence[Delivery], refuse: str) -> Batch:
        batch = Batch(self.database.now(connection))
        self._claim(connection, batch, self.read(connection, batch, deliveries))
        stage = self.keeper.stage()
        if batch.fresh:
            self._introduce(connection, batch, refuse)
        for reading in batch.fresh:
            if refuse:
                self._defer(batch, reading, refuse)
            else:
                self._handle(stage, batch, reading)
        self.keeper.apply(connection, stage, batch.now, self.yielding)
        self.parking.defer(connection, batch.deferred, batch.now)
        self.parking.park(connection, batch.parked, batch.now)
        return batch

    def _introduce(self, connection: Connection, batch: Batch, refuse: str) -> None:
        events = [r.event for r in batch.fresh]
        if not refuse:
            self.keeper.introduce(connection, events)
            return
        try:
            with connection.begin_nested():
                self.keeper.introduce(connection, events)
        except Exception as fault:
            # the people may be what cannot be written; then they wait with their event
            if is_trouble(fault) or is_contention(fault):
                raise

    def read(self, connection: Connection, batch: Batch, deliveries: Sequence[Delivery]) -> list[Reading]:
        """Read in the order that costs strangers least: envelope, type, check digit, known?, the full contract."""
        readings, batch.parked = self.reader.envelopes(deliveries, batch.now)
        # of many people a hospital only writes ten equal digits: they are nobody's number
        numbers = list({number for r in readings for number in r.nhs_numbers if not is_placeholder(number)})
        found = self.keeper.known(connection, numbers) if numbers else {}
        ours = []
        for reading in readings:
            people = [found[number] for number in reading.nhs_numbers if number in found]
            if reading.firehose and not people:
                batch.count(reading.event.type, "dropped")
                continue
            reading.event.person = people[0] if people else None
            try:
                self.reader.contents(reading, batch.now)
                ours.append(reading)
            except Unusable as fault:
                batch.parked.append(unusable(reading.delivery, fault, known(reading)))
        return ours

    def _claim(self, connection: Connection, batch: Batch, readings: Sequence[Reading]) -> None:
        """Insert inbox rows in sorted order; keep what is new, park an id used twice, drop what we had."""
        first: dict[str, Reading] = {}
        again = [r for r in readings if first.setdefault(r.key, r) is not r]
        rows = [{"id": key, "digest": first[key].digest, "received_at": batch.now} for key in sorted(first)]
        new = {str(id_) for id_ in self.database.insert_new(connection, self.tables.inbox, rows, "id")}
        batch.parked += [r.refusal for key, r in first.items() if key in new and r.refusal is not None]
        batch.fresh = [r for key, r in first.items() if key in new and r.refusal is None]
        if had := [r for key, r in first.items() if key not in new] + again:
            self._compare(connection, batch, had)

    def _compare(self, connection: Connection, batch: Batch, had: Sequence[Reading]) -> None:
        inbox = self.tables.inbox
        query = sa.select(inbox.c.id, inbox.c.digest).where(self.database.any_of(inbox.c.id, [r.key for r in had]))
        digests = {id_: bytes(digest) for id_, digest in connection.execute(query)}
        for reading in had:
            if digests.get(reading.key) == reading.digest or reading.event.replayed:
                batch.count(reading.event.type, "duplicate")
            else:
                batch.parked.append(used_twice(reading))

    def _handle(self, stage: Stage, batch: Batch, reading: Reading) -> None:
        mark = stage.mark()
        try:
            self.handlers[reading.event.type](reading.event, stage)
            batch.count(reading.event.type, "applied")
        except Exception as fault:
            stage.reset(mark)
            why = describe(fault)
            log.warning("%s: handler of %s raised %s", self.service, reading.event.type, why)
            self._defer(batch, reading, why)

    def _defer(self, batch: Batch, reading: Reading, reason: str) -> None:
        batch.count(reading.event.type, "deferred")
        batch.deferred.append(Deferred(reading.key, reading.event.id, reading.event.type, reading.delivery.exchange,
                                       envelope.write(reading.event), 1, reason))
