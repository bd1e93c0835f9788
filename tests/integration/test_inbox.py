"""The inbox on both databases: one effect per event, a reason for everything parked, and the good ones finish."""
from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Iterable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY as METRICS

from shared.database import Database
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.outbox import INTAKE
from shared.room import Room
from tests.support import toy
from tests.support.toy import intake, nhs_number

PARKED = toy.messaging.parked


@pytest.fixture
def room(any_database: Database) -> Iterable[Room]:
    room = toy.toy_room(any_database)
    yield room
    room.database.dispose()


def admitted(serial: int = 0, stay: str = "s", **more: Any) -> Delivery:
    ward = {"ward": more.pop("ward")} if "ward" in more else {}
    return intake("hospital.admitted", {"nhs_number": nhs_number(serial), "stay_id": stay, **ward}, **more)


def changed(**attributes: Any) -> Delivery:
    """Give a good event with some attributes replaced; None removes one."""
    good = orjson.loads(admitted().body) | attributes
    body = orjson.dumps({name: value for name, value in good.items() if value is not None})
    return Delivery(body, message_id=good["id"] or "x", exchange=INTAKE)


def data(**fields: Any) -> Delivery:
    return changed(data={name: value for name, value in ({"nhs_number": nhs_number(0), "stay_id": "s"} | fields).items()
                         if value is not None})


BAD: dict[str, tuple[str, Delivery]] = {
    "no JSON": ("not_json", Delivery(b"hello", message_id="1", exchange=INTAKE)),
    "not CloudEvents": ("not_cloudevents", Delivery(b'{"specversion": "0.3"}', message_id="1", exchange=INTAKE)),
    "a NUL in a text": ("bad_text", data(ward="a\0b")),
    "half a character": ("bad_text", Delivery(admitted(ward="WARD").body.replace(b"WARD", b"\\ud800"), message_id="1", exchange=INTAKE)),
    "dated 2062": ("time_out_of_range", changed(time="2062-01-01T00:00:00Z")),
    "recorded in 2062": ("time_out_of_range", changed(recordedtime="2062-01-01T00:00:00Z")),
    "of long ago": ("time_out_of_range", changed(time="2001-01-01T00:00:00Z", recordedtime=None)),
    "no offset": ("not_cloudevents", changed(time="2026-01-01T00:00:00")),
    "unknown type": ("unknown_type", changed(type="hospital.levitated", dataschema=None)),
    "one of our own events": ("unknown_type", changed(type="referral.accepted", dataschema=None)),
    "unknown version": ("unknown_version", changed(dataschema="urn:pod:hospital.admitted:0")),
    "too new": ("too_new", changed(dataschema="urn:pod:hospital.admitted:9")),
    "a field missing": ("invalid_data", data(stay_id=None)),
    "a field of the wrong kind": ("invalid_data", data(stay_id=["s"])),
    "no number at all": ("invalid_data", data(nhs_number=None)),
    "a wrong check digit": ("bad_nhs_number", data(nhs_number="4000000001")),
    "too large": ("too_large", Delivery(b"{" + b" " * 5_000_000 + b"}", message_id="1", exchange=INTAKE)),
    "no message id": ("no_message_id", Delivery(admitted().body, exchange=INTAKE)),
    "wrong content type": ("wrong_content_type", Delivery(admitted().body, "text/plain", message_id="1", exchange=INTAKE)),
}


def parked(room: Room) -> list[Any]:
    return sorted(toy.rows_of(room, PARKED), key=lambda row: (row["parked_at"], row["id"]))


def metric(name: str, **labels: str) -> float:
    return METRICS.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize("what", sorted(BAD))
def test_bad_input_is_parked_with_its_reason_counted_and_the_good_ones_around_it_finish(room: Room, what: str) -> None:
    reason, bad = BAD[what]
    toy.known_people(room, 1)
    before = metric("pod_events_parked_total", service="toy", reason=reason)
    room.inbox.take([admitted(stay="a"), bad, admitted(stay="b"), bad])
    room.inbox.take([bad])
    [row] = parked(room)
    assert row["reason"] == reason and len(row["words"]) > 15 and "4000000001" not in row["words"]
    assert len(row["body"]) <= 1024 * 1024
    assert toy.count_rows(room)["inpatients"] == 2
    assert metric("pod_events_parked_total", service="toy", reason=reason) > before


@pytest.mark.parametrize("what", ["unknown type", "too new", "a wrong check digit", "a field missing", "dated 2062"])
def test_what_is_parked_says_which_event_it_was(room: Room, what: str) -> None:
    toy.known_people(room, 1)
    bad = BAD[what][1]
    room.inbox.take([bad])
    said = orjson.loads(bad.body)
    assert [(row["event_id"], row["type"]) for row in parked(room)] == [(said["id"], said["type"])]


def test_X_02_strangers_leave_no_row_in_any_table(room: Room) -> None:
    toy.known_people(room, 1)
    before = toy.count_rows(room)
    dropped = metric("pod_events_dropped_total", service="toy")
    too_new = orjson.loads(admitted(7).body) | {"dataschema": "urn:pod:hospital.admitted:9"}
    room.inbox.take([admitted(5), admitted(6), intake("hospital.admitted", {"nhs_number": nhs_number(8), "stay_id": 5}),
                     Delivery(orjson.dumps(too_new), message_id="x", exchange=INTAKE)])
    assert toy.count_rows(room) == before
    assert metric("pod_events_dropped_total", service="toy") == dropped + 4


def test_X_02_ten_equal_digits_are_nobodys_number_even_where_they_were_once_kept_as_somebodys(room: Room) -> None:
    kept = toy.accepted(str(uuid.uuid4()), 0)
    room.inbox.take([Delivery(kept.body.replace(nhs_number(0).encode(), b"9999999999"), message_id=kept.message_id)])
    before, dropped = toy.count_rows(room), metric("pod_events_dropped_total", service="toy")
    assert "9999999999" in [row["nhs_number"] for row in toy.rows_of(room, toy.tables.people)]
    room.inbox.take([intake("hospital.admitted", {"nhs_number": "999 999 9999", "stay_id": "s"})])
    assert toy.count_rows(room) == before and not parked(room)
    assert metric("pod_events_dropped_total", service="toy") == dropped + 1


def test_how_long_a_batch_took_is_metered_once_it_is_committed(room: Room) -> None:
    toy.known_people(room, 1)
    before = metric("pod_batch_seconds_count", service="toy")
    room.inbox.take([admitted(stay="a"), admitted(stay="b")])
    assert metric("pod_batch_seconds_count", service="toy") == before + 1


def test_a_duplicate_changes_nothing_in_one_batch_or_in_another(room: Room) -> None:
    toy.known_people(room, 1)
    event = admitted()
    room.inbox.take([event, event])
    before = toy.count_rows(room)
    room.inbox.take([event])
    assert toy.count_rows(room) == before
    assert (before["statements"], before["parked"]) == (2, 0)


@pytest.mark.parametrize("together", [True, False])
def test_an_id_used_twice_is_parked_and_the_first_stands(room: Room, together: bool) -> None:
    toy.known_people(room, 1)
    pair = [admitted(stay="first", id_="same"), admitted(stay="second", id_="same")]
    for batch in ([pair] if together else [[one] for one in pair]):
        room.inbox.take(batch)
    [row] = parked(room)
    assert (row["reason"], row["event_id"], row["known"]) == ("id_used_twice", "same", True)
    assert [r["id"].partition(":")[2] for r in toy.rows_of(room, toy.inpatients)] == ["first"]


@pytest.mark.parametrize("together", [True, False])
def test_a_bad_event_under_a_used_id_is_not_lost(room: Room, together: bool) -> None:
    toy.known_people(room, 1)
    good = admitted(stay="first", id_="same")
    bad = intake("hospital.admitted", {"nhs_number": nhs_number(0)}, id_="same")
    for batch in ([[good, bad]] if together else [[good], [bad]]):
        room.inbox.take(batch)
    assert [row["reason"] for row in parked(room)] == ["id_used_twice"]
    assert toy.count_rows(room)["inpatients"] == 1


def test_a_handler_that_raises_puts_its_event_off_and_the_others_finish(room: Room) -> None:
    toy.known_people(room, 1)
    room.inbox.take([admitted(stay="a"), admitted(ward="raise"), admitted(stay="b")])
    [row] = toy.rows_of(room, toy.messaging.deferred)
    assert row["attempts"] == 1 and row["reason"].startswith("ValueError")
    assert nhs_number(0) not in row["reason"]
    assert toy.count_rows(room)["inpatients"] == 2


@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_writer_that_raises_is_found_by_halves_and_the_others_finish(room: Room, count: int) -> None:
    toy.known_people(room, 1)
    batch = [admitted(stay=f"s{n}") for n in range(count)]
    batch.insert(count // 2, admitted(ward="unwritable"))
    room.inbox.take(batch)
    assert [row["reason"].split()[0] for row in toy.rows_of(room, toy.messaging.deferred)] == ["UnknownKind"]
    assert toy.count_rows(room)["inpatients"] == count


def test_people_who_cannot_be_written_put_off_their_own_event_only(room: Room) -> None:
    """Two ids for one NHS number: the second cannot be written, and must not hold up the queue for ever."""
    [person] = toy.known_people(room, 1)
    room.inbox.take([toy.accepted(str(uuid.uuid4()), 0), admitted()])
    assert toy.count_rows(room)["deferred"] == 1
    assert [row["aggregate"] for row in toy.rows_of(room, toy.inpatients)] == [person]


@contextmanager
def counted(room: Room) -> Any:
    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)
    sa.event.listen(room.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(room.database.engine, "before_cursor_execute", note)


#: What one batch of admissions costs, however large: the clock, known?, inbox, lock, clock, said before, statements,
#: snapshots, read model (twice), people, clock, outbox. SQLite has no clock to ask; its BEGIN is counted, its inbox is row by row.
STATEMENTS = {"postgresql": 13, "sqlite": 11}


def test_a_batch_of_1_and_a_batch_of_200_execute_the_same_number_of_statements(room: Room) -> None:
    toy.known_people(room, 100)
    room.inbox.take([admitted(serial, "first") for serial in range(100)])
    kind = room.database.engine.dialect.name
    for size in (1, 200):
        batch = [admitted(serial % 100, f"s{serial}-{size}") for serial in range(size)]
        with counted(room) as statements:
            room.inbox.take(batch)
        rows_one_by_one = size - 1 if kind == "sqlite" else 0
        assert len(statements) - rows_one_by_one == STATEMENTS[kind], "\n".join(statements)


def test_the_same_1000_ids_in_two_orders_at_once_are_neither_lost_nor_applied_twice(room: Room) -> None:
    toy.known_people(room, 20)
    events = [admitted(n % 20, f"s{n}") for n in range(1000)]
    backwards = list(reversed(events))
    faults: list[BaseException] = []

    def consume(mine: list[Delivery]) -> None:
        try:
            for at in range(0, 1000, 250):
                room.inbox.take(mine[at:at + 250])
        except BaseException as fault:  # noqa: BLE001 - told below
            faults.append(fault)
    threads = [threading.Thread(target=consume, args=(mine,)) for mine in (events, backwards)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert not faults
    counts = toy.count_rows(room)
    assert (counts["inpatients"], counts["statements"], counts["deferred"], counts["parked"]) == (1000, 1020, 0, 0)
    admissions = [e for e in toy.rows_of(room, toy.messaging.outbox) if e["routing_key"] == "journey.admission_recorded"]
    assert len(admissions) == len({e["event_id"] for e in admissions}) == 1000
    print("1,000 duplicates in two orders: sent 1000 = applied 1000, 0 lost, 0 applied twice")


def test_J_13_late_twice_out_of_order_and_cancelled_before_seen_end_the_same(room: Room) -> None:
    toy.known_people(room, 2)
    now = datetime.now(UTC)

    def story(serial: int) -> list[Delivery]:
        named = {"nhs_number": nhs_number(serial), "stay_id": "s"}
        steps = [("admitted", 9), ("admission_cancelled", 8), ("admitted", 7), ("discharged", 6)]
        return [intake(f"hospital.{what}", named, at=now - timedelta(hours=hours)) for what, hours in steps]
    room.inbox.take(story(0))
    late = story(1)
    random.Random(5).shuffle(late)
    for delivery in [*late, *late]:
        room.inbox.take([delivery])
    states = [orjson.loads(row["state"]) for row in toy.rows_of(room, toy.tables.aggregates)]
    assert states[0]["stays"] == states[1]["stays"] and set(states[0]["stays"]["s"]) == {"in", "out"}


def test_an_old_version_put_off_is_read_again_as_what_it_has_become(room: Room) -> None:
    event = Event("old", "urn:hospital", "hospital.admitted", datetime.now(UTC), {"nhs_number": nhs_number(0), "stay_id": "s", "ward": "raise"})
    toy.known_people(room, 1)
    room.inbox.take([Delivery(write(event), message_id="old", exchange=INTAKE)])
    [row] = toy.rows_of(room, toy.messaging.deferred)
    assert orjson.loads(row["body"])["dataschema"] == "urn:pod:hospital.admitted:1"
