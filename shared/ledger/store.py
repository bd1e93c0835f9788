"""The ledger of one service: the one path by which statements, snapshots, read models and events are written."""
from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from shared.database import Database, instant_text
from shared.ledger import rows
from shared.ledger.fold import (
    Announced,
    Order,
    Telling,
    advance,
    differences,
    fold,
    note,
    order,
    saying,
    stamp,
    standing,
    strength,
)
from shared.ledger.people import People
from shared.ledger.tables import LedgerTables
from shared.ledger.types import Announcement, Refused, Rules, State, Statement
from shared.messaging.envelope import Event
from shared.messaging.outbox import Outbox, event_id
from shared.schemas import contract

#: A domain that wants to be asked again at once is asked again after this, not in a loop.
LOOK = timedelta(seconds=1)

Decide = Callable[[State, datetime], Sequence[Statement] | Refused]
ReadModel = Mapping[sa.Table, Sequence[Mapping[str, Any]]]


class Telegraph(Protocol):
    """What a service's `events.py` gives the ledger: how an announcement made at a moment becomes an event's data."""

    def needs(self, announcement: Announcement, state: State, moment: datetime) -> Iterable[str]:
        """Give the ids of the people whose names or contacts the event carries."""

    def complete(self, announcement: Announcement, state: State, people: Mapping[str, RowMapping],
                 moment: datetime) -> dict[str, Any]:
        """Give the event's data: the announcement's, with what is personal added."""


class Stale(NamedTuple):
    """The aggregate has moved on since the caller read it (`If-Match`); `version` is where it is now."""

    version: int


class Written(NamedTuple):
    """A command was done: the aggregate's new version and state."""

    version: int
    state: State


@dataclass
class Aggregate:
    """One aggregate as loaded under its lock, and as it will be written."""

    id: str
    version: int = 0
    fold_version: int = 0
    last: Order | None = None
    state: State = field(default_factory=dict)
    announced: dict[str, Announced] = field(default_factory=dict)
    fresh: list[Statement] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    next_look_at: datetime | None = None


class Ledger:
    """Writes what was said about aggregates, in one transaction with what it causes.

    Every method that takes a `connection` works inside the caller's write transaction. Aggregates are locked
    in sorted order, statements and snapshots are read only after the lock, the outbox is written last.
    """

    def __init__(self, service: str, database: Database, tables: LedgerTables, rules: Rules,
                 telegraph: Telegraph, read_model: Callable[[State, datetime], ReadModel], outbox: Outbox):
        self.service, self.database, self.tables, self.rules = service, database, tables, rules
        self.telegraph, self.read_model, self.outbox = telegraph, read_model, outbox
        self.people = People(database, tables.people)
        self.read_tables = list(read_model(rules.initial(str(uuid.UUID(int=0))), datetime.min.replace(tzinfo=UTC)))

    def command(self, connection: Connection, aggregate: str, decide: Decide,
                expect: int | None = None) -> Written | Refused | Stale:
        """Let `decide` judge the state under the lock, and write what it says.

        `expect` is the version the caller saw; another one is answered Stale and nothing is decided.
        """
        found = self._load(connection, [aggregate])[aggregate]
        now = self.database.now(connection)
        if expect is not None and expect != found.version:
            return Stale(found.version)
        said = decide(found.state, now)
        if isinstance(said, Refused):
            return said
        if said:
            self._take(connection, {aggregate: found}, {aggregate: list(said)}, now)
            self._write(connection, [found], now)
        return Written(found.version, found.state)

    def record(self, connection: Connection, said: Mapping[str, Sequence[Statement]], now: datetime,
               yielding: Callable[[], None] = lambda: None) -> None:
        """Write what a batch of events said, by aggregate; whatever raises, raises for the whole batch.

        The clock is read again under the locks: by an older one, what another writer announced meanwhile
        because its time had come would be taken back.
        """
        loaded = self._load(connection, said)
        now = max(now, self.database.now(connection))
        self._take(connection, loaded, said, now, yielding)
        self._write(connection, list(loaded.values()), now)

    def look(self, connection: Connection, limit: int = 200) -> int:
        """Announce what has become due by the passing of time; give the number of aggregates looked at."""
        now = self.database.now(connection)
        table = self.tables.aggregates
        due = sa.select(table.c.id).where(table.c.next_look_at <= now).order_by(table.c.id).limit(limit)
        ids = list(connection.execute(due.with_for_update(skip_locked=True)).scalars())
        if ids:
            self.record(connection, dict.fromkeys(ids, ()), now)
        return len(ids)

    def rebuild(self, connection: Connection, ids: Collection[str], *, announce: bool) -> int:
        """Fold aggregates from nothing and write snapshot and read model anew; give how many events were owed.

        Without `announce` nobody is told: what is owed then goes out when the aggregate is next written.
        """
        aggregates = list(self._load(connection, ids).values())
        now = self.database.now(connection)
        self._refold(connection, aggregates)
        self._owe(aggregates, now)
        owed = sum(len(a.tellings) for a in aggregates)
        if not announce:
            for aggregate in aggregates:
                aggregate.tellings = []
        self._write(connection, aggregates, now)
        return owed

    def read(self, connection: Connection, aggregate: str) -> Written | None:
        """Give the version and state of an aggregate; None when nobody has spoken of it."""
        found = rows.load(connection, self.database, self.tables, [aggregate], lock=False).get(aggregate)
        if found is None:
            return None
        if found["fold_version"] == self.rules.FOLD_VERSION:
            return Written(found["version"], rows.loads(found["state"]))
        said = rows.statements(connection, self.database, self.tables, [aggregate], self.rules)[aggregate]
        return Written(found["version"], fold(self.rules, aggregate, said)[0])

    def as_of(self, connection: Connection, aggregate: str, moment: datetime) -> State | None:
        """Give the state as it was known at `moment`, under today's rules; None when nothing was known."""
        said = [s for s, received in rows.received(connection, self.tables, aggregate, self.rules) if received <= moment]
        return fold(self.rules, aggregate, said)[0] if said else None

    def _load(self, connection: Connection, ids: Iterable[str]) -> dict[str, Aggregate]:
        """Lock the aggregates in sorted order, making those that are new, and read them."""
        wanted = sorted(set(ids))
        found = rows.load(connection, self.database, self.tables, wanted, lock=True)
        if missing := [id_ for id_ in wanted if id_ not in found]:
            fresh = {"version": 0, "fold_version": self.rules.FOLD_VERSION, "last_place": None, "announced": "{}",
                     "next_look_at": None}
            self.database.insert(connection, self.tables.aggregates, [
                {"id": id_, "state": rows.dumps(self.rules.initial(id_)), **fresh} for id_ in missing], conflict="nothing")
            found |= rows.load(connection, self.database, self.tables, missing, lock=True)
        loaded = {id_: Aggregate(id_, row["version"], row["fold_version"], rows.place(row["last_place"]),
                                 rows.loads(row["state"]), rows.loads(row["announced"])) for id_, row in found.items()}
        self._refold(connection, [a for a in loaded.values() if a.fold_version != self.rules.FOLD_VERSION])
        return loaded

    def _refold(self, connection: Connection, aggregates: Collection[Aggregate]) -> None:
        """Take the long way: fold from nothing all that was ever said, the fresh included."""
        if not aggregates:
            return
        said = rows.statements(connection, self.database, self.tables, [a.id for a in aggregates], self.rules)
        for aggregate in aggregates:
            aggregate.state, aggregate.last = fold(self.rules, aggregate.id, [*said[aggregate.id], *aggregate.fresh])

    def _take(self, connection: Connection, loaded: Mapping[str, Aggregate], said: Mapping[str, Sequence[Statement]],
              now: datetime, yielding: Callable[[], None] = lambda: None) -> None:
        """Stamp what is new, evolve or fold anew, and find what is owed."""
        keys = [(id_, s.about) for id_, sayings in said.items() for s in sayings]
        rivals = rows.about(connection, self.database, self.tables, keys, self.rules)
        anew = []
        for id_, aggregate in loaded.items():
            had = rivals.get(id_, ())
            aggregate.fresh = _stamped(said.get(id_, ()), had, self.rules, now)
            if not self._advance(aggregate, standing(had)):
                anew.append(aggregate)
        self._refold(connection, anew)
        self._owe(loaded.values(), now, yielding)

    def _owe(self, aggregates: Iterable[Aggregate], now: datetime, yielding: Callable[[], None] = lambda: None) -> None:
        """Compare what the world should have heard with what it has heard."""
        for aggregate in aggregates:
            owed = self.rules.owed(aggregate.state, now)
            aggregate.tellings = differences(owed, aggregate.announced, now)
            look = self.rules.next_look_at(aggregate.state, now)
            aggregate.next_look_at = now + LOOK if look is not None and look <= now else look
            yielding()

    def _advance(self, aggregate: Aggregate, rivals: Mapping[str, Statement]) -> bool:
        """Take the short way where it is right: only new keys, all later than what is folded."""
        added = []
        for about, statement in standing(aggregate.fresh).items():
            rival = rivals.get(about)
            if rival is not None and strength(statement) <= strength(rival):
                continue
            if rival is not None and not (rival.withdrawn and statement.withdrawn):
                return False
            if not statement.withdrawn:
                if aggregate.last is not None and order(statement, self.rules.RANKS) <= aggregate.last:
                    return False
                added.append(statement)
        if added:
            aggregate.state, aggregate.last = advance(self.rules, aggregate.state, added, aggregate.last)
        return True

    def _write(self, connection: Connection, aggregates: Collection[Aggregate], now: datetime) -> None:
        """Write statements, snapshots, read models and events: one statement per table."""
        rows.write_statements(connection, self.database, self.tables, aggregates, now)
        for aggregate in aggregates:
            aggregate.version += 1
            aggregate.announced = note(aggregate.announced, aggregate.tellings, instant_text)
        rows.write_snapshots(connection, self.database, self.tables, aggregates, self.rules.FOLD_VERSION)
        self._write_read_model(connection, aggregates, now)
        self._tell(connection, aggregates)

    def _write_read_model(self, connection: Connection, aggregates: Collection[Aggregate], now: datetime) -> None:
        models = [self.read_model(a.state, now) for a in aggregates]
        ids = [a.id for a in aggregates]
        for table in self.read_tables:
            made = [row for model in models for row in model.get(table, ())]
            there = connection.execute(sa.select(table.c.id).where(self.database.any_of(table.c.aggregate, ids))).scalars()
            if gone := set(there) - {row["id"] for row in made}:
                connection.execute(table.delete().where(self.database.any_of(table.c.id, sorted(gone))))
            if made:
                keys = {c.name for c in table.primary_key}
                self.database.insert(connection, table, sorted(made, key=lambda row: str(row["id"])), conflict="update",
                                     update=[name for name in made[0] if name not in keys])

    def _tell(self, connection: Connection, aggregates: Collection[Aggregate]) -> None:
        told = [(a, t) for a in aggregates for t in a.tellings]
        if not told:
            return
        needed = {id_ for a, t in told for id_ in self.telegraph.needs(t.announcement, a.state, t.recorded_at)}
        people = self.people.get(connection, needed)
        self.outbox.put(connection, [self.event(a.id, a.state, t, people, a.fresh[-1] if a.fresh else None) for a, t in told])

    def event(self, aggregate: str, state: State, telling: Telling, people: Mapping[str, RowMapping],
              cause: Statement | None = None) -> Event:
        """Give the event of one telling; its id is known from aggregate, key and revision.

        `cause` is what was said last when it came to be told; None when only time had passed.
        """
        announcement = telling.announcement
        return Event(
            id=event_id(aggregate, telling.about, telling.revision), source=f"urn:pod:{self.service}",
            type=announcement.type, version=contract(announcement.type).version, time=datetime.fromisoformat(announcement.occurred_at),
            data=self.telegraph.complete(announcement, state, people, telling.recorded_at), subject=aggregate,
            recordedtime=telling.recorded_at, about=telling.about, revision=telling.revision, withdrawn=telling.withdrawn,
            causationid=cause.event_id or None if cause else None,
            correlationid=cause.correlation or cause.event_id or None if cause else None)


def _stamped(said: Iterable[Statement], had: Iterable[Statement], rules: Rules, now: datetime) -> list[Statement]:
    """Stamp what was not said before, one after another: of two about one key in one batch the later stands later."""
    seen, known = standing(had), {saying(s) for s in had}
    stamped = []
    for statement in said:
        if saying(statement) in known:
            continue
        known.add(saying(statement))
        rival = seen.get(statement.about)
        done = stamp(statement, rules, now, rival)
        if rival is None or strength(done) > strength(rival):
            seen[statement.about] = done
        stamped.append(done)
    return stamped
