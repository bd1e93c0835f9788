"""One AMQP connection with one channel, driven by the thread that holds it."""
from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pika
from pika.adapters.select_connection import IOLoop, SelectConnection

log = logging.getLogger(__name__)

#: Seconds between heartbeats; a batch never holds the connection this long.
HEARTBEAT = 60


class LinkLost(Exception):
    """The connection or its channel is gone, or could not be had; the words say why."""


class Link:
    """A connection whose input and output happen only inside `pump` and `until`.

    pika's own loop is used, one turn at a time, so that confirms and deliveries stream instead of being
    waited for one by one. `wake` may be called from any thread.
    """

    def __init__(self, url: str, name: str):
        self.name = name
        self.parameters = pika.URLParameters(url)
        self.parameters.heartbeat = HEARTBEAT
        self.parameters.connection_attempts = 1
        self.parameters.socket_timeout = self.parameters.stack_timeout = 8
        self.parameters.client_properties = {"connection_name": name}
        self.loop = IOLoop()
        self.loop.activate_poller()
        self.connection: SelectConnection | None = None
        self.channel: Any = None
        self.blocked = False
        self.lost: str | None = None

    def open(self, timeout: float = 10) -> Link:
        """Connect and open the channel; raises LinkLost."""
        self.connection = SelectConnection(
            self.parameters, on_open_callback=self._opened, on_open_error_callback=self._gone,
            on_close_callback=self._gone, custom_ioloop=self.loop)
        self.connection.add_on_connection_blocked_callback(self._on_blocked)
        self.connection.add_on_connection_unblocked_callback(self._on_unblocked)
        if not self.until(lambda: self.channel is not None and self.channel.is_open, timeout):
            self.cut()
            raise LinkLost("the broker did not answer in time")
        return self

    def _opened(self, connection: SelectConnection) -> None:
        self.channel = connection.channel(on_open_callback=lambda channel: channel.add_on_close_callback(self._gone))

    def _gone(self, _which: Any, why: Any) -> None:
        self.lost = self.lost or f"{type(why).__name__}: {why}"

    def _on_blocked(self, *_: Any) -> None:
        log.warning("%s: the broker is blocking publishers: memory or disk alarm", self.name)
        self.blocked = True

    def _on_unblocked(self, *_: Any) -> None:
        self.blocked = False

    def pump(self, timeout: float) -> None:
        """Do what there is to do on the connection, waiting up to `timeout` seconds; raises LinkLost."""
        if self.lost:
            raise LinkLost(self.lost)
        alarm = self.loop.call_later(timeout, lambda: None)
        try:
            self.loop.poll()
            self.loop.process_timeouts()
        finally:
            self.loop.remove_timeout(alarm)
        if self.lost:
            raise LinkLost(self.lost)

    def until(self, done: Callable[[], bool], timeout: float) -> bool:
        """Pump until `done`; False when `timeout` seconds passed first."""
        deadline = time.monotonic() + timeout
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.pump(left)
        return True

    def wake(self) -> None:
        """Make the present or next `pump` return at once."""
        self.loop.add_callback_threadsafe(lambda: None)

    def close(self, timeout: float = 3) -> None:
        """Close politely, then by force."""
        try:
            if self.connection is not None and self.connection.is_open:
                self.connection.close()
                self.until(lambda: bool(self.connection and self.connection.is_closed), timeout)
        except LinkLost:
            pass
        self.cut()

    def cut(self) -> None:
        """Close the socket without a word: a broker under alarm reads no goodbye."""
        transport = getattr(self.connection, "_transport", None)  # pika has no public way to abandon a connection
        if transport is not None and self.connection is not None and not self.connection.is_closed:
            transport.abort()
        self.lost = self.lost or "closed by us"
        try:
            self.loop.deactivate_poller()
            self.loop.close()
        except Exception:  # noqa: BLE001 - a loop half torn down by pika raises as it likes; the socket is closed
            pass
