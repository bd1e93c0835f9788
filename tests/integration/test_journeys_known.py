"""What is taken of whom: deaths that have happened, citizens with a referral or a journey, on both databases."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from shared.calendar import london_day
from shared.messaging.envelope import attributes_of
from shared.room import Room
from tests.support.journeys import bearer, journeys_client, now, opened_room, report, state, take


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("suite_database_url"))


@pytest.fixture
def room(url: str, tmp_path: Path) -> Iterator[Room]:
    room = opened_room(tmp_path, url)
    yield room
    room.database.dispose()


def test_J_14_a_death_on_a_day_yet_to_come_is_refused_over_https(room: Room) -> None:
    one = report("citizen.died", now(), died_on=(london_day(now()) + timedelta(days=2)).isoformat())
    answer = journeys_client(room).post("/api/v1/events", data=orjson.dumps(attributes_of(one)),
                                        content_type="application/cloudevents+json", headers=bearer("publisher"))
    assert answer.status_code == 422 and answer.json["errors"][0]["pointer"] == "/data/died_on"


def test_J_14_a_death_on_a_day_yet_to_come_is_parked_and_one_of_today_is_taken(room: Room) -> None:
    today = london_day(now())
    take(room, report("citizen.died", now(), died_on=(today + timedelta(days=2)).isoformat()))
    with room.database.read() as connection:
        (parked,) = connection.execute(room.service.store.messaging.parked.select()).mappings()
    assert (parked["reason"], state(room)["death"]) == ("invalid_data", None)
    take(room, report("citizen.died", now(), died_on=today.isoformat()))
    assert state(room)["death"]["died_on"] == today.isoformat()
