"""Events inside a nameko container: which method hears what, and the threads that bring and take them."""
from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

import eventlet
import pika
from nameko.extensions import DependencyProvider
from pika.adapters.utils.connection_workflow import AMQPConnectorException

from shared.messaging import topology
from shared.messaging.handover import Handover
from shared.messaging.leader import Leader
from shared.messaging.link import LinkLost
from shared.messaging.listener import Listener
from shared.messaging.relay import Relay

log = logging.getLogger(__name__)

Method = TypeVar("Method", bound=Callable[..., Any])

#: Seconds a stopping service may take to finish the batch in hand and acknowledge it.
DRAIN = 10.0


def hears(*names: str) -> Callable[[Method], Method]:
    """Mark a method of a service class as the handler of these events: `method(event, stage)`.

    It only stages what is to be written; the inbox runs it, once per event, some hundred events a transaction.
    """
    def mark(method: Method) -> Method:
        method.hears = names  # type: ignore[attr-defined]
        return method
    return mark


class Events(DependencyProvider):  # type: ignore[misc]
    """Runs a service's listener, relay and clock for as long as its container lives; the room is `service_cls.room`.

    Which of them run in this process is the room's `parts`: `work` listens, `relay` publishes and keeps the clock.
    Without a broker one hand-over per process does all three for all rooms.
    """

    def setup(self) -> None:
        """Find the room and make what runs here."""
        self.room = self.container.service_cls.room
        self.parts: list[Any] = []
        if self.room.settings.embedded:
            return
        if "work" in self.room.parts:
            self.parts.append(self._listener())
        if "relay" in self.room.parts:
            self.parts.append(self._relay())

    def _listener(self) -> Listener:
        room = self.room
        listener = Listener(room.inbox, room.retries, room.settings.amqp_url, room.settings.batch,
                            polite="web" in room.parts, declare=lambda: declare(room.settings.amqp_url, room))
        room.checks["broker"] = lambda: None if listener.link is not None and not listener.link.lost else "not connected"
        return listener

    def _relay(self) -> Relay:
        room = self.room
        relay = Relay(room.name, room.settings.amqp_url, room.outbox, Leader(room.database, room.name), room.tick)
        room.wakers.append(relay.wake)
        return relay

    def start(self) -> None:
        """Start the threads; the container ends with them if one dies, and its supervisor starts it again."""
        for part in self.parts:
            self.container.spawn_managed_thread(part.run, identifier=f"{self.room.name} {type(part).__name__}")

    def stop(self) -> None:
        """Finish the batch in hand, acknowledge it, let go."""
        for part in self.parts:
            part.stop()
        deadline = time.monotonic() + DRAIN
        while self.container._managed_threads and time.monotonic() < deadline:  # noqa: SLF001 - nameko gives no other way to wait
            eventlet.sleep(0.02)

    kill = stop


class HandoverThread:
    """The embedded hand-over of one process, in a greenthread of its own."""

    def __init__(self, rooms: list[Any]):
        self.handover = Handover(rooms)
        for room in rooms:
            room.wakers.append(self.handover.wake)

    def start(self) -> None:
        """Start handing over."""
        self.thread = eventlet.spawn(self.handover.run)

    def stop(self) -> None:
        """Finish the round in hand."""
        self.handover.stop()
        with eventlet.Timeout(DRAIN, False):
            self.thread.wait()


def declare(amqp_url: str, room: Any) -> None:
    """Make sure that the exchanges, and this service's queue with its bindings, are there; raises LinkLost."""
    parameters = pika.URLParameters(amqp_url)
    parameters.socket_timeout = parameters.stack_timeout = parameters.blocked_connection_timeout = 8
    try:
        connection = pika.BlockingConnection(parameters)
    except AMQPConnectorException as lost:  # pika's time-out of the handshake is none of its AMQPErrors
        raise LinkLost(f"{type(lost).__name__}: {lost}") from None
    try:
        if not _is_there(connection, topology.queue(room.name)):
            log.warning("%s: the broker has no queue of ours; it is made. If this service ran before, 'pod replay --to %s' "
                        "offers it what was said meanwhile", room.name, room.name)
        topology.declare(connection.channel(), {room.name: room.bindings()})
    finally:
        connection.close()


def _is_there(connection: pika.BlockingConnection, queue: str) -> bool:
    try:
        connection.channel().queue_declare(queue, passive=True)
    except pika.exceptions.ChannelClosedByBroker:
        return False
    return True
