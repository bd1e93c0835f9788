"""The embedded suite: outbox rows go straight to the inbox of each service in the process that hears them."""
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared import metrics
from shared.database import is_contention, is_trouble
from shared.messaging.delivery import Delivery
from shared.messaging.faults import trace
from shared.messaging.outbox import Waiting

if TYPE_CHECKING:
    from shared.room import Room

log = logging.getLogger(__name__)

#: Rows handed over at a time: small, since people are answered by the same process.
BATCH = 50
#: Seconds between rounds when nobody woke us: deferred events and clocks become due meanwhile.
POLL = 0.5
#: Seconds to wait when a database is in trouble.
PATIENCE = 1.0


class Handover:
    """Moves events between the rooms of one process; a row is marked when all who hear it have committed."""

    def __init__(self, rooms: Sequence[Room]):
        self.rooms = rooms
        self.stopping = threading.Event()
        self.nudge = threading.Event()

    def wake(self) -> None:
        """Say that something was committed; from any thread."""
        self.nudge.set()

    def stop(self) -> None:
        """Ask for the end after the round in hand."""
        self.stopping.set()
        self.nudge.set()

    def run(self) -> None:
        """Go round until stopped."""
        while not self.stopping.is_set():
            moved = 0
            for room in self.rooms:
                moved += self._guarded(room)
            if not moved:
                self.nudge.wait(POLL)
            self.nudge.clear()

    def _guarded(self, room: Room) -> int:
        try:
            moved = self.round(room)
            time.sleep(0)
            return moved
        except Exception as fault:
            if is_trouble(fault) or is_contention(fault):
                log.warning("%s: database in trouble: %s", room.name, type(fault).__name__)
            else:
                log.error("%s: hand-over: %s", room.name, trace(fault))
            self.stopping.wait(PATIENCE)
            return 0

    def round(self, room: Room) -> int:
        """Hand over what waits in one room's outbox, then run its clock; give how much was done."""
        rows = room.outbox.waiting(BATCH)
        heard = [self._deliver(rows, hearer) for hearer in self.rooms] if rows else []
        if rows:
            wanted = set().union(*heard)
            nobody = [row for row in rows if row.id not in wanted]
            room.outbox.mark([row for row in rows if row.id in wanted], nobody)
            metrics.relayed(room.name, len(rows) - len(nobody), len(nobody))
        return len(rows) + room.tick() + room.retries.due(limit=BATCH)

    def _deliver(self, rows: Sequence[Waiting], hearer: Room) -> set[int]:
        ours = [row for row in rows if (row.queue == f"pod.{hearer.name}" if row.queue
                                        else hearer.hears(row.exchange, row.routing_key))]
        if ours:
            hearer.inbox.take([Delivery.of_row(row) for row in ours])
        return {row.id for row in ours}
