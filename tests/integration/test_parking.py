"""Second chances: deferred events by the clock, parked ones by a person or a release, suspects one at a time."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from shared.database import Database
from shared.messaging.delivery import Delivery
from shared.messaging.outbox import INTAKE
from shared.messaging.parking import WAITS
from shared.messaging.reasons import Reason
from shared.messaging.retries import Failed
from shared.messaging.suspects import Suspects
from shared.room import Room
from shared.schemas import REGISTRY, contract
from tests.support import toy
from tests.support.toy import intake, nhs_number

M = toy.messaging


@pytest.fixture
def room(any_database: Database) -> Iterable[Room]:
    room = toy.toy_room(any_database)
    toy.known_people(room, 1)
    yield room
    room.database.dispose()


def admitted(serial: int = 0, stay: str = "s", ward: str = "Oak", **more: Any) -> Delivery:
    return intake("hospital.admitted", {"nhs_number": nhs_number(serial), "stay_id": stay, "ward": ward}, **more)


def as_version(delivery: Delivery, version: int) -> Delivery:
    body = orjson.dumps(orjson.loads(delivery.body) | {"dataschema": f"urn:pod:hospital.admitted:{version}"})
    return Delivery(body, message_id=delivery.message_id, exchange=delivery.exchange)


def execute(room: Room, statement: Any) -> None:
    room.database.run(lambda connection: connection.execute(statement))


def make_due(room: Room) -> None:
    """Move the clock: whatever waits is due now."""
    execute(room, M.deferred.update().values(next_at=room.database.run(room.database.now) - timedelta(hours=1)))


def only(rows: Any) -> Any:
    [row] = rows
    return row


def retry(room: Room, id_: str) -> Any:
    return room.database.run(lambda connection: room.parked.retry(connection, id_, "ops@pod.example"))


@contextmanager
def mended() -> Iterator[None]:
    """Let the handler and the writer take every ward, as a release would that mends them."""
    kind = "no.such_kind"
    toy.RANKS[kind] = 9
    try:
        yield
    finally:
        del toy.RANKS[kind]


def test_an_event_whose_handler_raises_is_tried_after_1_s_5_s_30_s_2_min_10_min_and_then_parked(room: Room) -> None:
    room.inbox.take([admitted(ward="raise", id_="poison")])
    for attempts, wait in enumerate(WAITS, 1):
        row = only(toy.rows_of(room, M.deferred))
        now = room.database.run(room.database.now)
        assert row["attempts"] == attempts
        assert timedelta(seconds=-5) < row["next_at"] - now - wait <= timedelta(0)
        assert room.retries.due() == 0, "it may not be tried before its time"
        make_due(room)
        assert room.retries.due(limit=1) == 1
    assert [wait.total_seconds() for wait in WAITS] == [1, 5, 30, 120, 600]
    row = only(toy.rows_of(room, M.parked))
    assert (row["reason"], row["event_id"], row["attempts"], row["known"]) == ("handler_failed", "poison", 6, True)
    assert nhs_number(0) not in row["words"]
    assert toy.count_rows(room)["deferred"] == 0


def test_a_deferred_event_that_kills_the_process_is_counted_before_each_try_and_parked_in_the_end(room: Room) -> None:
    room.inbox.take([admitted(ward="raise", id_="killer")])
    for _ in WAITS:
        make_due(room)
        assert room.database.run(room.retries._begin) is not None, "begun, and then the process died"
    make_due(room)
    assert room.retries.due() == 1
    row = only(toy.rows_of(room, M.parked))
    assert (row["reason"], row["event_id"]) == (Reason.KILLS_PROCESS, "killer")
    assert toy.rows_of(room, M.deferred) == []


def test_what_fails_in_writing_is_put_off_and_has_its_effect_once_mended(room: Room) -> None:
    room.inbox.take([admitted(ward="unwritable")])
    make_due(room)
    room.retries.due()
    assert only(toy.rows_of(room, M.deferred))["attempts"] == 2
    with mended():
        make_due(room)
        assert room.retries.due() == 1
        assert [row["kind"] for row in toy.rows_of(room, toy.tables.statements)].count("no.such_kind") == 1
    assert toy.count_rows(room)["deferred"] == toy.count_rows(room)["parked"] == 0


def test_a_person_retries_a_parked_event_and_who_did_it_is_kept(room: Room) -> None:
    bad = admitted(ward="unwritable")
    room.inbox.take([bad])
    for _ in WAITS:
        make_due(room)
        room.retries.due()
    id_ = only(toy.rows_of(room, M.parked))["id"]
    with pytest.raises(Failed):
        retry(room, id_)
    assert only(toy.rows_of(room, M.parked))["settled_at"] is None
    with mended():
        settled = retry(room, id_)
        before = toy.count_rows(room)["statements"]
        assert (settled["settled_by"], settled["settled_how"]) == ("ops@pod.example", "retried")
        retry(room, id_)
        room.inbox.take([bad])
        assert toy.count_rows(room)["statements"] == before == 2, "neither a second press nor a repeat does it again"
    assert retry(room, "00000000-0000-4000-8000-000000000000") is None


def test_a_discarded_event_has_no_effect_and_a_repeat_does_not_bring_it_back(room: Room) -> None:
    bad = Delivery(b"hello", message_id="1", exchange=INTAKE)
    room.inbox.take([bad])
    id_ = only(toy.rows_of(room, M.parked))["id"]
    room.database.run(lambda connection: room.parked.discard(connection, id_, "ops@pod.example"))
    room.inbox.take([bad])
    with room.database.read() as connection:
        assert list(room.parked.list(connection)) == []
    assert only(toy.rows_of(room, M.parked))["settled_how"] == "discarded"


def test_an_id_used_twice_has_its_effect_when_a_person_says_so(room: Room) -> None:
    room.inbox.take([admitted(stay="s", id_="same"), admitted(stay="s", id_="same", ward="Elm")])
    room.inbox.take([admitted(stay="t", id_="same")])
    for row in toy.rows_of(room, M.parked):
        retry(room, row["id"])
    assert toy.count_rows(room)["inpatients"] == 2
    assert toy.count_rows(room)["statements"] == 4


@contextmanager
def release(version: int) -> Iterator[None]:
    """Be a release that knows another version."""
    old = contract("hospital.admitted")
    REGISTRY.add(old.name, old.shape, old.purpose, publisher=old.publisher, exchange=old.exchange, version=version)
    REGISTRY.upcast(old.name, 1)(lambda data: data)
    try:
        yield
    finally:
        del REGISTRY._contracts[old.name, version], REGISTRY._upcasters[old.name, 1]
        REGISTRY._newest[old.name] = old


def test_what_is_too_new_waits_for_the_release_that_knows_it_and_has_its_effect_once(room: Room) -> None:
    new, other = as_version(admitted(stay="new"), 2), as_version(admitted(stay="other"), 2)
    room.inbox.take([new, other])
    assert [(row["reason"], row["known"]) for row in toy.rows_of(room, M.parked)] == [("too_new", True)] * 2
    assert room.retries.too_new() == 0, "this release does not know it either"
    with release(2):
        room.inbox.take([other])
        assert room.retries.too_new() == 2
        room.inbox.take([new])
    assert sorted(row["id"].partition(":")[2] for row in toy.rows_of(room, toy.inpatients)) == ["new", "other"]
    assert toy.count_rows(room)["statements"] == 3
    assert {row["settled_how"] for row in toy.rows_of(room, M.parked)} == {"retried"}


def test_what_was_too_new_and_is_wrong_says_so_once_the_version_is_known(room: Room) -> None:
    room.inbox.take([as_version(intake("hospital.admitted", {"nhs_number": nhs_number(0)}), 2)])
    with release(2):
        assert room.retries.too_new() == 0
    assert only(toy.rows_of(room, M.parked))["reason"] == "invalid_data"


def test_an_old_version_put_off_is_not_lifted_twice(room: Room) -> None:
    with release(2):
        REGISTRY.upcast("hospital.admitted", 1)(lambda data: {**data, "stay_id": data["stay_id"] + "+"})
        room.inbox.take([admitted(ward="unwritable", stay="s")])
        make_due(room)
        with mended():
            room.retries.due()
            assert "stay:s+:admission" in {row["about"] for row in toy.rows_of(room, toy.tables.statements)}


def age(room: Room, days: int) -> None:
    execute(room, M.parked.update().values(parked_at=room.database.run(room.database.now) - timedelta(days=days)))


def prune(room: Room) -> None:
    room.database.run(lambda connection: room.inbox.parking.prune(connection, room.database.now(connection)))


def test_a_parked_body_of_a_stranger_goes_after_14_days_with_its_inbox_row(room: Room) -> None:
    before = toy.count_rows(room)
    nobody = intake("hospital.admitted", {"stay_id": "s"}, id_="nobody")
    ours = intake("hospital.admitted", {"nhs_number": nhs_number(0)}, id_="ours")
    room.inbox.take([nobody, ours])
    assert toy.count_rows(room)["inbox"] == before["inbox"] + 2
    age(room, 13)
    prune(room)
    assert toy.count_rows(room)["parked"] == 2
    age(room, 15)
    prune(room)
    assert [row["event_id"] for row in toy.rows_of(room, M.parked)] == ["ours"]
    assert toy.count_rows(room)["inbox"] == before["inbox"] + 1


def test_what_our_own_services_sent_is_never_thrown_away_unseen(room: Room) -> None:
    body = orjson.dumps(orjson.loads(toy.accepted("p", 9).body) | {"dataschema": "urn:pod:referral.accepted:9"})
    room.inbox.take([Delivery(body, message_id="x")])
    age(room, 400)
    prune(room)
    assert only(toy.rows_of(room, M.parked))["reason"] == "too_new"


def die(room: Room, delivery: Delivery) -> None:
    """Count an attempt as a process does that dies before it is done."""
    suspects = Suspects(room.inbox)
    room.database.run(lambda connection: suspects._count(connection, _key(delivery)))


def _key(delivery: Delivery) -> str:
    from shared.messaging.delivery import body_id
    return body_id(delivery.body)


def test_a_message_that_kills_the_process_runs_alone_twice_and_is_then_parked_unrun(room: Room) -> None:
    killer = admitted()
    die(room, killer)
    die(room, killer)
    Suspects(room.inbox).take(killer)
    row = only(toy.rows_of(room, M.parked))
    assert (row["reason"], row["known"]) == ("kills_process", True)
    assert toy.count_rows(room)["inpatients"] == toy.count_rows(room)["attempts"] == 0
    room.inbox.take([killer])
    assert toy.count_rows(room)["inpatients"] == 0, "a repeat of it is not run either"
    retry(room, row["id"])
    assert toy.count_rows(room)["inpatients"] == 1


def test_an_innocent_suspect_has_its_effect_and_its_count_is_forgotten(room: Room) -> None:
    innocent = admitted()
    die(room, innocent)
    Suspects(room.inbox).take(innocent)
    assert (toy.count_rows(room)["inpatients"], toy.count_rows(room)["attempts"]) == (1, 0)


def test_attempts_that_fail_for_the_databases_sake_are_not_held_against_a_message(room: Room) -> None:
    innocent = admitted()
    suspects = Suspects(room.inbox)
    take = room.inbox.take
    for _ in range(5):
        room.inbox.take = _trouble  # type: ignore[method-assign,assignment]
        with pytest.raises(sa.exc.TimeoutError):
            suspects.take(innocent)
    room.inbox.take = take  # type: ignore[method-assign]
    suspects.take(innocent)
    assert (toy.count_rows(room)["inpatients"], toy.count_rows(room)["parked"]) == (1, 0)


def _trouble(_deliveries: Any) -> None:
    raise sa.exc.TimeoutError


def test_what_the_broker_gave_up_is_parked_unless_it_had_its_effect(room: Room) -> None:
    done, not_done = admitted(stay="done"), admitted(stay="not")
    room.inbox.take([done])
    for delivery in (done, not_done, Delivery(b"hello", exchange=INTAKE)):
        Suspects(room.inbox).park(delivery, Reason.DEAD_LETTERED)
    assert [row["reason"] for row in toy.rows_of(room, M.parked)] == ["dead_lettered"] * 2
