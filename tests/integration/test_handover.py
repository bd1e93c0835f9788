"""The embedded suite loses nothing: a row is marked only when all who hear it have committed."""
from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from shared.database import Database
from shared.messaging.consumer import hears
from shared.messaging.envelope import Event
from shared.messaging.handover import BATCH, Handover
from shared.messaging.outbox import INTAKE
from shared.room import Room
from shared.settings import Settings
from tests.support import toy
from tests.support.toy import intake, nhs_number


class Ear(toy.Toy):
    """Hears what the toy announces, and keeps it as the toy keeps what hospitals say."""

    name = "ear"
    hears_all_intake = False

    @hears("journey.admission_recorded")
    def told(self, event: Event, stage: Any) -> None:
        """Note that it was told."""
        stage.say(event, event.data["citizen_id"], f"note:{event.about}", "note.made", {"text": event.about})


@pytest.fixture
def rooms(any_database: Database, request: pytest.FixtureRequest, tmp_path: Any) -> Iterable[list[Room]]:
    first = toy.toy_room(any_database)
    url = (f"sqlite:///{tmp_path}/ear.db" if any_database.is_sqlite else request.getfixturevalue("postgres").new_database())
    second = Room(Ear, Settings(mode="demo", database_url=url))
    toy.metadata.create_all(second.database.engine)
    yield [first, second]
    for room in (first, second):
        room.database.dispose()


def settle(rooms: list[Room]) -> None:
    handover = Handover(rooms)
    while sum(handover.round(room) for room in rooms):
        pass


def publish(room: Room, *deliveries: Any) -> None:
    """Put events for the intake into the outbox, as the HTTPS door does."""
    from shared.messaging.envelope import read
    events = [read(d.body) for d in deliveries]
    room.database.run(lambda connection: room.outbox.put(connection, events, INTAKE))


def test_what_is_published_reaches_everybody_who_hears_it_and_what_follows_goes_on(rooms: list[Room]) -> None:
    toy.known_people(rooms[0], 3)
    publish(rooms[0], *[intake("hospital.admitted", {"nhs_number": nhs_number(n % 3), "stay_id": f"s{n}"}) for n in range(120)])
    settle(rooms)
    assert toy.count_rows(rooms[0])["inpatients"] == 120
    assert toy.count_rows(rooms[1])["statements"] == 120
    assert all(room.outbox.waiting(1) == [] for room in rooms)
    assert {row["exchange"] for row in toy.rows_of(rooms[0], toy.messaging.outbox)} == {"pod.events"}, "strangers' numbers are not kept"


def test_what_one_who_hears_it_could_not_commit_waits_and_is_handed_over_again(rooms: list[Room]) -> None:
    toy.known_people(rooms[0], 1)
    rooms[0].inbox.take([intake("hospital.admitted", {"nhs_number": nhs_number(0), "stay_id": "s"})])
    toy.metadata.tables["inbox"].drop(rooms[1].database.engine)
    kept = rooms[1].database
    rooms[1].inbox.database = _Away(kept)  # type: ignore[assignment]
    handover = Handover(rooms)
    for _ in range(2):
        with pytest.raises(sa.exc.TimeoutError):
            handover.round(rooms[0])
    assert len(rooms[0].outbox.waiting(BATCH)) == 1
    rooms[1].inbox.database = kept
    toy.metadata.create_all(kept.engine)
    settle(rooms)
    assert toy.count_rows(rooms[1])["statements"] == 1


class _Away:
    """A database that is away."""

    def __init__(self, database: Database):
        self.is_sqlite = database.is_sqlite

    def run(self, work: Any) -> Any:
        raise sa.exc.TimeoutError


def test_handing_over_again_after_a_death_before_the_mark_has_no_second_effect(rooms: list[Room]) -> None:
    toy.known_people(rooms[0], 1)
    rooms[0].inbox.take([intake("hospital.admitted", {"nhs_number": nhs_number(0), "stay_id": "s"})])
    handover = Handover(rooms)
    waiting = rooms[0].outbox.waiting(BATCH)
    handover._deliver(waiting, rooms[1])
    settle(rooms)
    assert toy.count_rows(rooms[1])["statements"] == 1


def test_a_row_addressed_to_one_service_reaches_that_one_only(rooms: list[Room]) -> None:
    toy.known_people(rooms[0], 1)
    event = Event("replayed", "urn:hospital", "hospital.admitted", datetime.now(UTC) - timedelta(days=900),
                  {"nhs_number": nhs_number(0), "stay_id": "s"}, replayed=True)
    rooms[1].database.run(lambda connection: rooms[1].outbox.put(connection, [event], queue="pod.toy"))
    settle(rooms)
    assert toy.count_rows(rooms[0])["inpatients"] == 1
    assert "hospital.admitted" not in {row["routing_key"] for row in toy.rows_of(rooms[0], toy.messaging.outbox)}


def test_what_nobody_hears_counts_as_published(rooms: list[Room]) -> None:
    rooms[0].database.run(lambda connection: rooms[0].outbox.put(connection, [toy.overdue("J-1")]))
    settle(rooms)
    assert [row["unroutable"] for row in toy.rows_of(rooms[0], toy.messaging.outbox)] == [True]


def test_poison_waits_and_the_rest_is_handed_over(rooms: list[Room]) -> None:
    toy.known_people(rooms[0], 1)
    named = {"nhs_number": nhs_number(0)}
    publish(rooms[0], intake("hospital.admitted", named | {"stay_id": "a"}),
            intake("hospital.admitted", named | {"stay_id": "b", "ward": "raise"}),
            intake("hospital.admitted", named | {"stay_id": "c", "ward": "unwritable"}),
            intake("hospital.admitted", named | {"stay_id": "d"}))
    settle(rooms)
    assert (toy.count_rows(rooms[0])["inpatients"], toy.count_rows(rooms[0])["deferred"]) == (2, 2)
    assert SimpleNamespace(**rooms[0].database.run(rooms[0].backlog)).deferred == 2


NUMBER = "9434765919"


class _Broken:
    """A room whose outbox fails with somebody's number in its words."""

    name = "broken"

    @property
    def outbox(self) -> Any:
        raise ValueError(NUMBER + " is already there")


def test_a_mistake_of_ours_is_logged_with_its_place_and_nobodys_data(caplog: pytest.LogCaptureFixture) -> None:
    handover = Handover([])
    handover.stop()
    assert handover._guarded(_Broken()) == 0  # type: ignore[arg-type]
    assert "ValueError in test_handover.py" in caplog.text and "_guarded" in caplog.text
    assert NUMBER not in caplog.text
