"""What became of events, counted from the databases of journeys and notifications, whichever databases those are."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from shared.ledger import rows
from shared.ledger.fold import differences, fold
from shared.messaging.delivery import Delivery
from shared.room import Room
from tests.support.ground import wait_until

ADMITTED, ANNOUNCED = "hospital.admitted", "journey.admission_recorded"


class Count(NamedTuple):
    """What became of the events sent; `twice` is of any effect: statement, announcement, message to somebody."""

    attempted: int
    applied: int
    lost: int
    twice: int
    announced: int
    told: int
    parked: int

    def __str__(self) -> str:
        """Write the line a test ends with."""
        return ", ".join(f"{name} {value}" for name, value in self._asdict().items())


def all_applied(number: int, told: int | None = None, parked: int = 0) -> Count:
    """Give the count there must be: nothing lost, nothing twice."""
    return Count(number, number, 0, 0, number, number if told is None else told, parked)


class Effects:
    """Looks into the databases of `rooms`, which some other process writes; `known` inbox rows were there before."""

    def __init__(self, rooms: Mapping[str, Room], known: int):
        self.rooms, self.known = rooms, known

    def query(self, sql: str, service: str = "journeys") -> Sequence[Any]:
        """Ask a service's database."""
        with self.rooms[service].database.read() as connection:
            return connection.execute(sa.text(sql)).all()

    def number(self, sql: str, service: str = "journeys") -> int:
        """Count rows of a service's database."""
        return int(self.query(f"SELECT count(*) FROM {sql}", service)[0][0])

    def applied(self) -> int:
        """Count the admissions that are statements of journeys."""
        return self.number(f"statements WHERE kind = '{ADMITTED}'")

    def unpublished(self) -> int:
        """Count what journeys has committed and no broker confirmed."""
        return self.number("outbox WHERE published_at IS NULL")

    def told(self) -> int:
        """Count the messages to somebody about an admission."""
        return self.number(f"notifications WHERE event_type = '{ANNOUNCED}'", "notifications")

    def settle(self, expected: int, told: int = 0, within: float = 90) -> None:
        """Wait until so many are applied, all they cause is published, and so many messages are written."""
        try:
            wait_until(lambda: self.applied() >= expected and not self.unpublished() and self.told() >= told,
                       within, "effects", every=0.2)
        except TimeoutError as fault:
            raise AssertionError(f"{fault}: of {expected}, applied {self.applied()}, told {self.told()}; "
                                 f"unpublished {self.unpublished()}, unroutable {self.number('outbox WHERE unroutable')}, "
                                 f"parked {self.number('parked')}, heard {self.number('inbox', 'notifications')}") from None

    def count(self, sent: Sequence[Delivery]) -> Count:
        """Count the effects of each event sent, and hold the snapshots against a fold from nothing."""
        ids = {d.message_id for d in sent}
        said = Counter(row[0] for row in self.query(f"SELECT event_id FROM statements WHERE kind = '{ADMITTED}'"))
        announced = Counter(orjson.loads(bytes(row[0]))["about"] for row in self.query(
            f"SELECT body FROM outbox WHERE routing_key = '{ANNOUNCED}'"))
        told = Counter(tuple(row) for row in self.query(
            f"SELECT about, recipient, rule FROM notifications WHERE event_type = '{ANNOUNCED}'", "notifications"))
        self._nothing_besides(ids, set(said))
        applied = len(ids & set(said))
        twice = sum(n - 1 for counter in (said, announced, told) for n in counter.values())
        return Count(len(ids), applied, len(ids) - applied, twice, len(announced), len(told), self.number("parked"))

    def _nothing_besides(self, sent: set[str | None], said: set[str]) -> None:
        assert said <= sent, "a statement of an event nobody sent"
        parked = self.number("parked JOIN inbox ON inbox.id = parked.id")
        assert self.number("inbox") == self.known + len(said) + parked, "an inbox row for each event, and none besides"
        assert self.unpublished() == 0
        assert self.number("deferred") == 0
        self._fold()

    def _fold(self) -> None:
        """Fold every person from nothing: state, and what was announced, must be as they stand."""
        room = self.rooms["journeys"]
        ledger, now = room.keeper.ledger, datetime.now(UTC)
        with room.database.read() as connection:
            stands = connection.execute(ledger.tables.aggregates.select()).mappings().all()
            said = rows.statements(connection, room.database, ledger.tables, [row["id"] for row in stands], ledger.rules)
        for row in stands:
            state, _ = fold(ledger.rules, row["id"], said[row["id"]])
            assert orjson.loads(row["state"]) == orjson.loads(orjson.dumps(state)), "a fold from nothing differs"
            assert differences(ledger.rules.owed(state, now), orjson.loads(row["announced"]), now) == []

    def close(self) -> None:
        """Let go of the databases."""
        for room in self.rooms.values():
            room.database.dispose()
