"""The keeper of a service that keeps no ledger and no people."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from shared.messaging.envelope import Event


class Staged:
    """The events of one batch, in the order they came."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def hear(self, event: Event) -> None:
        """Take an event into account."""
        self.events.append(event)

    def mark(self) -> int:
        """Give the present length."""
        return len(self.events)

    def reset(self, mark: int) -> None:
        """Forget what was heard since `mark`."""
        del self.events[mark:]


class PlainKeeper:
    """Knows nobody, introduces nobody, has nothing due; a service that writes anything overrides `apply`."""

    def known(self, connection: Connection, nhs_numbers: Sequence[str]) -> Mapping[str, Any]:
        """Know nobody."""
        return {}

    def introduce(self, connection: Connection, events: Sequence[Event]) -> None:
        """Keep no people."""

    def stage(self) -> Staged:
        """Give an empty stage."""
        return Staged()

    def look(self, connection: Connection) -> int:
        """Find nothing due."""
        return 0

    def apply(self, connection: Connection, stage: Staged, now: datetime, yielding: Callable[[], None]) -> None:
        """Write nothing."""
