"""The outbox: marks exactly, keeps nothing of strangers, and one relay of several leads."""
from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from shared.database import Database
from shared.messaging.envelope import read
from shared.messaging.leader import Leader
from shared.messaging.outbox import EVENTS, INTAKE, Outbox, event_id
from shared.room import Room
from shared.schemas import Invalid
from tests.support import toy
from tests.support.postgres import Postgres

TABLE = toy.messaging.outbox


@pytest.fixture
def room(any_database: Database) -> Iterable[Room]:
    room = toy.toy_room(any_database)
    yield room
    room.database.dispose()


def put(outbox: Outbox, count: int, exchange: str = EVENTS) -> None:
    events = [toy.overdue(f"J-{n}") for n in range(count)]
    outbox.database.run(lambda connection: outbox.put(connection, events, exchange))


def test_rows_wait_in_the_order_they_were_written_and_no_more_than_asked_for(room: Room) -> None:
    put(room.outbox, 5)
    assert [read(row.body).data["reference"] for row in room.outbox.waiting(3)] == ["J-0", "J-1", "J-2"]


def test_what_an_undone_transaction_put_is_never_seen(room: Room) -> None:
    with pytest.raises(RuntimeError), room.database.transaction() as connection:
        room.outbox.put(connection, [toy.overdue("J-1")])
        raise RuntimeError
    assert room.outbox.waiting(10) == []


def test_one_of_our_own_that_breaks_its_contract_is_not_written(room: Room) -> None:
    broken = toy.overdue("J-1")
    del broken.data["due_on"]
    with pytest.raises(Invalid), room.database.transaction() as connection:
        room.outbox.put(connection, [toy.overdue("J-0"), broken])
    assert room.outbox.waiting(10) == []


def test_exactly_what_was_confirmed_is_marked_and_the_rest_waits_on(room: Room) -> None:
    put(room.outbox, 5)
    rows = room.outbox.waiting(10)
    room.outbox.mark([rows[3], rows[1]], [rows[4]])
    assert room.outbox.waiting(10) == [rows[0], rows[2]]
    assert [row["unroutable"] for row in sorted(toy.rows_of(room, TABLE), key=lambda row: row["id"])] == [None, None, None, None, True]


def test_rows_for_the_intake_are_removed_once_confirmed(room: Room) -> None:
    put(room.outbox, 2, INTAKE)
    put(room.outbox, 1)
    rows = room.outbox.waiting(10)
    room.outbox.mark([rows[0], rows[2]])
    assert [(row["id"], row["published_at"] is None) for row in sorted(toy.rows_of(room, TABLE), key=lambda row: row["id"])] == [
        (rows[1].id, True), (rows[2].id, False)]


def test_what_we_took_for_the_intake_waits_until_a_queue_is_there(room: Room) -> None:
    put(room.outbox, 1, INTAKE)
    rows = room.outbox.waiting(10)
    room.outbox.mark([], rows)
    assert room.outbox.waiting(10) == rows
    room.outbox.mark(rows)
    assert toy.rows_of(room, TABLE) == []


def test_published_rows_go_after_seven_days_and_unpublished_never(room: Room) -> None:
    put(room.outbox, 3)
    rows = room.outbox.waiting(10)
    room.outbox.mark(rows[:2])
    old = room.database.run(room.database.now) - timedelta(days=7, minutes=1)
    room.database.run(lambda c: c.execute(TABLE.update().where(TABLE.c.id == rows[0].id).values(published_at=old)))
    room.database.run(lambda c: c.execute(TABLE.update().values(created_at=old)))
    assert room.outbox.prune() == 1
    assert {row["id"] for row in toy.rows_of(room, TABLE)} == {rows[1].id, rows[2].id}


def test_the_id_of_a_telling_follows_from_what_it_tells() -> None:
    assert event_id("a", "k", 1) == event_id("a", "k", 1)
    assert len({event_id("a", "k", 1), event_id("a", "k", 2), event_id("a", "l", 1), event_id("b", "k", 1)}) == 4


def pid_of(leader: Leader) -> Any:
    assert leader.connection is not None
    return leader.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()


def test_of_two_relays_one_leads_and_the_other_takes_over_when_its_connection_dies(postgres: Postgres) -> None:
    database = Database(postgres.new_database())
    first, second, other = Leader(database, "toy"), Leader(database, "toy"), Leader(database, "cafe")
    assert first.hold() and not second.hold() and other.hold()
    assert first.hold() and not second.hold(), "asking again changes nothing"
    postgres.execute(f"SELECT pg_terminate_backend({pid_of(first)}, 5000)")
    assert second.hold()
    assert not first.hold(), "who lost its connection finds that another leads"
    second.release()
    assert first.hold()
    first.release()
    other.release()
    database.dispose()
