"""Takes what waits in a service's queue, batch by batch: commit first, then one acknowledgement for all."""
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import pika
import sqlalchemy as sa

from shared.database import is_contention, is_trouble
from shared.messaging.delivery import Delivery
from shared.messaging.faults import trace
from shared.messaging.inbox import Inbox
from shared.messaging.link import Link, LinkLost
from shared.messaging.reasons import Reason
from shared.messaging.retries import Retries
from shared.messaging.suspects import ALONE, Suspects

log = logging.getLogger(__name__)

#: Seconds an idle listener waits on its connection before it looks at what was deferred.
IDLE = 0.5
#: Seconds between tries to reach a broker or a database that is away.
PATIENCE = 1.0
#: Seconds the broker may take to let us consume: a queue without a leader answers nothing at all.
ANSWER = 10.0
#: Seconds of work a batch may take in a process that also answers people; its size follows from what events cost.
POLITE = 0.02
#: Events such a batch has at the least, when there are so many: with fewer the commit costs more than the work, and
#: what two services of one process take from each other would drive both down to one event a commit.
LEAST = 25


class Listener:
    """Consumes `pod.<service>` and its dead-letter queue on one channel.

    `polite` says that the process answers people too, so batches are kept to about 20 ms. Acknowledgements go
    through the channel the messages came on and no other; a lost channel's messages come again, and the
    inbox knows them.
    """

    def __init__(self, inbox: Inbox, retries: Retries, amqp_url: str, batch: int, *, polite: bool = False,
                 declare: Callable[[], None] = lambda: None):
        self.inbox, self.retries, self.amqp_url, self.batch, self.polite = inbox, retries, amqp_url, batch, polite
        self.declare = declare
        self.suspects = Suspects(inbox)
        self.stopping = threading.Event()
        self.link: Link | None = None
        self.waiting: list[tuple[int, Delivery, bool]] = []
        self.size = batch
        self.looked = 0.0

    def stop(self) -> None:
        """Ask for the end after the batch in hand, which is acknowledged; from any thread."""
        self.stopping.set()
        if self.link is not None and self.link.lost is None:
            self.link.wake()

    def run(self) -> None:
        """Listen until stopped; a broker or database that is away is waited for, nothing is parked for it."""
        while not self.stopping.is_set():
            try:
                self.declare()
                self._listen()
            except (LinkLost, pika.exceptions.AMQPError, OSError) as lost:
                log.warning("%s: broker: %s", self.inbox.service, str(lost) or type(lost).__name__)
            except Exception as fault:
                self._hang_up()
                if not (is_trouble(fault) or is_contention(fault)):
                    log.error("%s: listener: %s", self.inbox.service, trace(fault))
                else:
                    log.warning("%s: database away: %s", self.inbox.service, type(fault).__name__)
                self._probe()
            finally:
                self._hang_up()
            if not self.stopping.is_set():
                self.stopping.wait(PATIENCE)

    def _hang_up(self) -> None:
        link, self.link, self.waiting = self.link, None, []
        if link is not None:
            link.close()

    def _probe(self) -> None:
        """Wait until the database answers; asked with SELECT 1 and never with an event."""
        while not self.stopping.wait(PATIENCE):
            try:
                with self.inbox.database.read() as connection:
                    connection.execute(sa.select(1))
                return
            except Exception as fault:
                if not is_trouble(fault):
                    return

    def _listen(self) -> None:
        service = self.inbox.service
        self.link = Link(self.amqp_url, f"pod {service}").open()
        channel = self.link.channel
        channel.basic_qos(prefetch_count=2 * self.batch)
        consuming: list[Any] = []
        channel.basic_consume(f"pod.{service}", self._on_message, callback=consuming.append)
        channel.basic_consume(f"pod.{service}.dead", self._on_dead, callback=consuming.append)
        if not self.link.until(lambda: len(consuming) == 2, ANSWER):
            raise LinkLost("the broker did not let us consume in time")
        while not self.stopping.is_set():
            self._gather(self.link)
            if self.waiting:
                self._take(self.waiting[:self.size])
            if time.monotonic() - self.looked > IDLE:
                self.retries.due()
                self.looked = time.monotonic()

    def _gather(self, link: Link) -> None:
        """Have at least one message if there is one to be had, and all of those already here."""
        if not self.waiting:
            link.pump(IDLE)
        had = -1
        while had < len(self.waiting) < self.size:
            had = len(self.waiting)
            link.pump(0)

    def _on_message(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        headers = properties.headers or {}
        self.waiting.append((method.delivery_tag, Delivery(
            body, properties.content_type, headers, properties.message_id, method.exchange,
            int(headers.get("x-delivery-count") or 0)), False))

    def _on_dead(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        headers = properties.headers or {}
        deaths = headers.get("x-death") or [{}]
        self.waiting.append((method.delivery_tag, Delivery(
            body, properties.content_type, headers, properties.message_id, deaths[0].get("exchange", method.exchange)), True))

    def _take(self, messages: list[tuple[int, Delivery, bool]]) -> None:
        """Take the messages from the front that may run together, or the one that must run alone; then acknowledge."""
        together = _together(messages)
        started = time.process_time()
        if together:
            self.inbox.take([delivery for _, delivery, _ in together])
            self._measure(len(together), time.process_time() - started)
        else:
            together = messages[:1]
            _, delivery, dead = together[0]
            self.suspects.park(delivery, Reason.DEAD_LETTERED) if dead else self.suspects.take(delivery)
        del self.waiting[:len(together)]
        if self.link is not None:
            self.link.channel.basic_ack(together[-1][0], multiple=True)
            self.link.pump(0)  # sent now, or the broker would send nothing new while the next batch is worked on

    def _measure(self, count: int, seconds: float) -> None:
        """Fit the next batch into POLITE seconds of work; waiting for the database keeps nobody else waiting."""
        if self.polite:
            fits = max(LEAST, int(POLITE * count / max(seconds, 1e-6)))
            self.size = min(self.batch, 2 * self.size, fits)


def _together(messages: list[tuple[int, Delivery, bool]]) -> list[tuple[int, Delivery, bool]]:
    for place, (_, delivery, dead) in enumerate(messages):
        if dead or delivery.count >= ALONE:
            return messages[:place]
    return messages
