"""How a batch of events becomes statements: the keeper of every service that has a ledger."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from shared.ledger.store import Ledger
from shared.ledger.types import Data, Statement
from shared.messaging.envelope import Event


class LedgerStage:
    """What the handlers of one batch have said so far."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Statement]] = []

    def say(self, event: Event, aggregate: str, about: str, kind: str, data: Data, *,
            occurred_at: datetime | None = None, withdrawn: bool | None = None) -> None:
        """Say what `event` says: about `about` of `aggregate`, at the event's times unless told otherwise."""
        gone = event.withdrawn if withdrawn is None else withdrawn
        self.said.append((aggregate, Statement(
            about, kind, occurred_at or event.time, {} if gone else data, gone, event.recordedtime,
            event.source, event.source, event.id, correlation=event.correlationid or event.id)))

    def mark(self) -> int:
        """Give the present length."""
        return len(self.said)

    def reset(self, mark: int) -> None:
        """Forget what was said since `mark`."""
        del self.said[mark:]


class LedgerKeeper:
    """Keeps statements, snapshots and people. `introduces` gives the people rows an event names."""

    def __init__(self, ledger: Ledger, introduces: Callable[[Event], Iterable[Mapping[str, Any]]] = lambda event: ()):
        self.ledger, self.introduces = ledger, introduces

    def known(self, connection: Connection, nhs_numbers: Sequence[str]) -> Mapping[str, Any]:
        """Give the person id of those of `nhs_numbers` we know."""
        return self.ledger.people.known(connection, nhs_numbers)

    def introduce(self, connection: Connection, events: Sequence[Event]) -> None:
        """Write the people that events name."""
        if rows := [row for event in events for row in self.introduces(event)]:
            self.ledger.people.put(connection, rows)

    def stage(self) -> LedgerStage:
        """Give an empty stage."""
        return LedgerStage()

    def apply(self, connection: Connection, stage: LedgerStage, now: datetime, yielding: Callable[[], None]) -> None:
        """Write what was said, by aggregate."""
        if stage.said:
            said: dict[str, list[Statement]] = {}
            for aggregate, statement in stage.said:
                said.setdefault(aggregate, []).append(statement)
            self.ledger.record(connection, said, now, yielding)

    def look(self, connection: Connection) -> int:
        """Announce what has become due; give the number of aggregates looked at."""
        return self.ledger.look(connection)
