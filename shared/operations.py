"""What operations staff do from the command line: parked events, replay, rebuild."""
from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.ledger import rows
from shared.ledger.fold import Telling
from shared.ledger.types import Announcement
from shared.messaging.envelope import Event
from shared.messaging.retries import Failed
from shared.room import Room
from shared.settings import load
from shared.suite import rooms_for

#: Aggregates folded or replayed in one transaction: few, since people's own writes wait for it.
CHUNK = 100
ACTOR = "urn:pod:operations"


def parked(args: Namespace) -> int:
    """List what is parked, or retry or discard one; the work behind `pod parked`."""
    rooms = rooms_for(load(), [args.service] if getattr(args, "service", None) else [])
    if args.action == "list":
        return _list(rooms)
    return _settle(rooms, args.id, args.action)


def _list(rooms: list[Room]) -> int:
    total = 0
    for room in rooms:
        with room.database.read() as connection:
            for row in room.parked.list(connection, 1000):
                total += 1
                print(f"{room.name}  {row['id']}  {row['type'] or '-'}  {row['reason']}  tried {row['attempts']}  "
                      f"since {row['parked_at']:%Y-%m-%d %H:%M}Z\n    {row['words']}")
    print(f"{total} parked. 'pod parked retry ID' offers one again, 'pod parked discard ID' lets it go.")
    return 0


def _settle(rooms: list[Room], id_: str, action: str) -> int:
    """Retry or discard with every service that parked it: what nobody can read is parked by each that hears it."""
    codes = [code for room in rooms if (code := _settle_in(room, id_, action)) is not None]
    if not codes:
        print(f"Nothing is parked under {id_}; 'pod parked' lists what is.", file=sys.stderr)
    return max(codes, default=1)


def _settle_in(room: Room, id_: str, action: str) -> int | None:
    """Give 0 where it worked, 1 where it failed again, None where it does not wait."""
    try:
        found = room.database.run(partial(_act, room, id_, action))
    except Failed as fault:
        print(f"{room.name}: it failed again: {fault.words} ({fault.reason})", file=sys.stderr)
        return 1
    if found:
        print(f"{room.name}: {id_} {'retried' if action == 'retry' else 'discarded'}")
    return 0 if found else None


def _act(room: Room, id_: str, action: str, connection: Connection) -> bool:
    row = room.parked.parking.get(connection, id_)
    if row is None or row["settled_at"] is not None:
        return False
    act = room.parked.retry if action == "retry" else room.parked.discard
    return act(connection, id_, ACTOR) is not None


def replay(args: Namespace) -> int:
    """Offer one service what another has announced, under the known ids; the work behind `pod replay`.

    Events are made from the announced maps, and from tables kept beside the ledger, so they may be of any age; the target's
    inbox drops what it has had.
    """
    source, target = rooms_for(load(), [args.source, args.target])
    if _ledger(source) is None:
        print(f"{args.source} keeps no statements, so there is nothing to replay from it.", file=sys.stderr)
        return 2
    count = 0
    for ids in _chunks(source):
        count += source.database.run(partial(_replay, source, target, ids, args.since))
    beside = _beside(source)
    for first in range(0, len(beside), CHUNK):
        count += source.database.run(partial(_offer, source, target, beside[first:first + CHUNK], args.since))
    print(f"{count} events of {args.source} wait for {args.target}; what it has had it will drop.")
    return 0


def _replay(source: Room, target: Room, ids: list[str], since: datetime | None, connection: Connection) -> int:
    return _offer(source, target, list(_announced(connection, source, ids)), since, connection)


def _offer(source: Room, target: Room, events: Sequence[Event], since: datetime | None, connection: Connection) -> int:
    """Put into one service's queue what it hears; give how many events that is."""
    wanted = [event for event in events if event.type in target.handlers and (since is None or event.recordedtime >= since)]
    for event in wanted:
        event.replayed = True
    source.outbox.put(connection, wanted, queue=f"pod.{target.name}")
    return len(wanted)


def _beside(room: Room) -> list[Event]:
    """Give what a service announces beside its ledger, from tables of its own."""
    if not hasattr(room.keeper, "announced"):
        return []
    with room.database.read() as connection:
        return list(room.keeper.announced(connection))


def _announced(connection: Connection, room: Room, ids: list[str]) -> Iterator[Event]:
    """Give the newest revision of everything a few aggregates have announced."""
    ledger = _ledger(room)
    for id_, row in rows.load(connection, room.database, ledger.tables, ids, lock=False).items():
        state = ledger.read(connection, id_).state
        for about, (revision, type_, occurred_at, data, withdrawn, recorded_at) in rows.loads(row["announced"]).items():
            announcement = Announcement(type_, occurred_at, data)
            telling = Telling(about, revision, announcement, withdrawn, datetime.fromisoformat(recorded_at))
            people = ledger.people.get(connection, set(ledger.telegraph.needs(announcement, state, telling.recorded_at)))
            yield ledger.event(id_, state, telling, people)


def rebuild(args: Namespace) -> int:
    """Fold every snapshot and read model anew; the work behind `pod rebuild`.

    Says how much the world would hear, and announces it only when told to.
    """
    for room in rooms_for(load(), args.services):
        if _ledger(room) is None:
            continue
        owed = _rebuild(room, announce=False)
        print(f"{room.name}: rebuilt; {owed} events owed to others" + (" ('--announce' sends them)" if owed else ""))
        if args.announce and owed:
            print(f"{room.name}: {_rebuild(room, announce=True)} events announced")
    return 0


def _rebuild(room: Room, *, announce: bool) -> int:
    return sum(room.database.run(partial(_ledger(room).rebuild, ids=ids, announce=announce)) for ids in _chunks(room))


def _ledger(room: Room) -> Any:
    return getattr(room.keeper, "ledger", None)


def _chunks(room: Room) -> Iterator[list[str]]:
    table = _ledger(room).tables.aggregates
    last = None
    while True:
        query = sa.select(table.c.id).order_by(table.c.id).limit(CHUNK)
        with room.database.read() as connection:
            ids = list(connection.execute(query if last is None else query.where(table.c.id > last)).scalars())
        if not ids:
            return
        yield ids
        last = ids[-1]
