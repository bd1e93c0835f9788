"""The only publisher: takes what is committed in the outbox to the broker, and marks what the broker confirmed."""
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from itertools import takewhile
from typing import Any

import pika

from shared import metrics
from shared.database import is_contention, is_trouble
from shared.messaging.envelope import properties
from shared.messaging.faults import trace
from shared.messaging.leader import Leader
from shared.messaging.link import Link, LinkLost
from shared.messaging.outbox import Outbox, Waiting

log = logging.getLogger(__name__)

#: Rows claimed and published at a time; every one is confirmed or it goes again.
BATCH = 1000
#: Seconds a batch may wait for its confirms; then the socket is closed and the rest goes again, same ids.
DEADLINE = 20.0
#: Seconds between looks at the outbox when nobody woke us: commits of other processes are found by this.
POLL = 0.25
#: Seconds between tries to reach a broker that is away.
PATIENCE = 1.0


class Relay:
    """Publishes one service's outbox. One works at a time (leader lock); two would cost only duplicates."""

    def __init__(self, service: str, amqp_url: str, outbox: Outbox, leader: Leader,
                 chores: Callable[[], None] = lambda: None):
        self.service, self.amqp_url, self.outbox, self.leader, self.chores = service, amqp_url, outbox, leader, chores
        self.stopping = threading.Event()
        self.link: Link | None = None
        self.nudged = False

    def wake(self) -> None:
        """Say that something was committed; from any thread."""
        self.nudged = True
        if self.link is not None and self.link.lost is None:
            try:
                self.link.wake()
            except Exception:  # noqa: BLE001 - the loop may be closing under us; the slow poll finds the rows
                log.debug("relay of %s not woken", self.service)

    def stop(self) -> None:
        """Ask the relay to end after the batch in hand."""
        self.stopping.set()
        self.wake()

    def run(self) -> None:
        """Publish until stopped; every trouble is waited out, nothing is given up."""
        while not self.stopping.is_set():
            try:
                self._work()
            except LinkLost as lost:
                log.warning("relay of %s: broker: %s", self.service, lost)
            except Exception as fault:
                if not (is_trouble(fault) or is_contention(fault)):
                    log.error("relay of %s: %s", self.service, trace(fault))
                else:
                    log.warning("relay of %s: database away: %s", self.service, type(fault).__name__)
            finally:
                self._drop()
            self.stopping.wait(PATIENCE)
        self.leader.release()

    def _drop(self) -> None:
        link, self.link = self.link, None
        if link is not None:
            link.close(timeout=1)

    def _work(self) -> None:
        if not self.leader.hold():
            return
        self.link = Link(self.amqp_url, f"pod {self.service} relay").open()
        pending = _Confirms(self.link)
        while not self.stopping.is_set():
            self.nudged = False
            rows = self.outbox.waiting(BATCH)
            if rows:
                self._publish(pending, rows)
            if len(rows) < BATCH:
                if not self.leader.hold():
                    return
                self.chores()
                if not self.nudged and not self.stopping.is_set():
                    self.link.pump(POLL)

    def _publish(self, pending: _Confirms, rows: list[Waiting]) -> None:
        """Stream a batch, wait for its confirms, mark exactly what was confirmed; the rest goes again."""
        started = time.monotonic()
        try:
            done = pending.send(rows, DEADLINE)
        finally:
            confirmed, returned = pending.harvest()
            self.outbox.mark(confirmed, returned)
            metrics.relayed(self.service, len(confirmed), len(returned))
        if not done:
            blocked = " (the broker is blocking publishers: memory or disk alarm)" if pending.link.blocked else ""
            raise LinkLost(f"{len(rows)} sent, not all confirmed after {time.monotonic() - started:.0f} s{blocked}")


class _Confirms:
    """The rows in flight on one channel, by delivery tag."""

    def __init__(self, link: Link):
        self.link = link
        self.next_tag = 1
        self.flying: dict[int, Waiting] = {}
        self.confirmed: list[Waiting] = []
        self.returned: dict[str, bool] = {}
        link.channel.confirm_delivery(self._on_confirm)
        link.channel.add_on_return_callback(self._on_return)

    def send(self, rows: list[Waiting], deadline: float) -> bool:
        """Publish rows and wait until every one is confirmed or refused; False when the deadline passed."""
        publish = self.link.channel.basic_publish
        for row in rows:
            publish("" if row.queue else row.exchange, row.queue or row.routing_key, row.body,
                    pika.BasicProperties(**properties(row.body)),
                    mandatory=True)
            self.flying[self.next_tag] = row
            self.next_tag += 1
        return self.link.until(lambda: not self.flying, deadline)

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        acked = isinstance(method, pika.spec.Basic.Ack)
        tags = list(takewhile(lambda t: t <= method.delivery_tag, self.flying)) if method.multiple else [method.delivery_tag]
        for tag in tags:
            row = self.flying.pop(tag, None)
            if row is not None and acked:
                self.confirmed.append(row)

    def _on_return(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        self.returned[properties.message_id] = True

    def harvest(self) -> tuple[list[Waiting], list[Waiting]]:
        """Give and forget what was confirmed: routed, and returned because nobody listens."""
        confirmed = [row for row in self.confirmed if row.event_id not in self.returned]
        nobody = [row for row in self.confirmed if row.event_id in self.returned]
        self.confirmed, self.returned = [], {}
        return confirmed, nobody
