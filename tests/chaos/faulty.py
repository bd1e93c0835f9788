"""Runs `pod` with a fault built in, for these tests only: at the n-th time of a moment the process is gone, as by kill -9.

    CHAOS=after_commit:3 python -m tests.chaos.faulty up journeys

CHAOS_EVENT names the event of `on_event`; CHAOS_DEADLINE shortens the relay's patience, in seconds.
"""
from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import shared.runner  # noqa: F401 - before all that follows: it patches what they import
from shared import cli, demo
from shared.messaging import relay
from shared.messaging.inbox import Inbox
from shared.messaging.leader import Leader
from shared.messaging.outbox import Outbox

Die = Callable[[], None]


def before_commit(die: Die) -> None:
    """Everything of a batch is written, nothing committed."""
    original = Inbox._attempt

    def attempt(self: Inbox, *arguments: Any) -> Any:
        batch = original(self, *arguments)
        if self.service == "journeys" and batch.fresh:
            die()
        return batch
    Inbox._attempt = attempt  # type: ignore[method-assign]


def after_commit(die: Die) -> None:
    """A batch is committed and neither acknowledged nor, embedded, marked."""
    original = Inbox.take

    def take(self: Inbox, deliveries: Any) -> None:
        original(self, deliveries)
        if self.service == "journeys" and deliveries:
            die()
    Inbox.take = take  # type: ignore[method-assign]


def before_confirm(die: Die) -> None:
    """Events are published, and the broker's word of it has not been read."""
    original = relay._Confirms._on_confirm

    def on_confirm(self: Any, frame: Any) -> None:
        die()
        original(self, frame)
    relay._Confirms._on_confirm = on_confirm  # type: ignore[method-assign]


def before_mark(die: Die) -> None:
    """Events are confirmed (or, embedded, handed over), and their rows are not marked."""
    original = Outbox.mark

    def mark(self: Outbox, published: Any, unroutable: Any = ()) -> None:
        if published:
            die()
        original(self, published, unroutable)
    Outbox.mark = mark  # type: ignore[method-assign]


def on_event(die: Die) -> None:
    """One event kills whoever handles it."""
    original = Inbox._handle

    def handle(self: Inbox, stage: Any, batch: Any, reading: Any) -> None:
        if reading.event.id == os.environ["CHAOS_EVENT"]:
            die()
        original(self, stage, batch, reading)
    Inbox._handle = handle  # type: ignore[method-assign]


def every_leader(_die: Die) -> None:
    """Whoever asks for the relay's lock is told that it holds it."""
    Leader.hold = lambda self: True  # type: ignore[method-assign]


def _at(time: int) -> Die:
    times = iter(range(1, time))

    def die() -> None:
        if next(times, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
    return die


def main() -> int:
    """Build the fault in, then do what `pod` does."""
    moment, _, time = os.environ.pop("CHAOS", "").partition(":")
    if moment:
        globals()[moment](_at(int(time or 1)))
    demo.seed_if_empty = lambda rooms: 0  # no invented city: these tests count
    relay.DEADLINE = float(os.environ.pop("CHAOS_DEADLINE", relay.DEADLINE))
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
