"""What is taken of whom: deaths that have happened, citizens with a referral or a journey, on both databases."""
from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from shared.calendar import london_day
from shared.messaging.envelope import Event, attributes_of
from shared.room import Room
from tests.support.journeys import (
    bearer,
    event,
    journeys_client,
    journeys_room,
    now,
    opened_room,
    referral,
    report,
    state,
    take,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres").new_database())


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


def _ended(type_: str) -> Event:
    at = now() - timedelta(days=2)
    which = {name: referral(at)["received"].data[name] for name in ("referral_id", "reference", "citizen_id", "practitioner")}
    more = {"referral.declined": {"reason": "other", "decided_at": at.isoformat()},
            "referral.withdrawn": {"withdrawn_at": at.isoformat()}}
    return event(type_, {**which, **more[type_]}, at)


def _heard(room: Room) -> bool:
    """Have a hospital report something; say whether it was anybody's business."""
    one = report("hospital.admitted", now() - timedelta(hours=1), stay_id=str(uuid.uuid4()))
    take(room, one)
    with room.database.read() as connection:
        return one.data["stay_id"] in str(connection.execute(room.keeper.ledger.tables.statements.select()).all())


@pytest.fixture
def unopened(url: str, tmp_path: Path) -> Iterator[Room]:
    room = journeys_room(tmp_path, url)
    yield room
    room.database.dispose()


@pytest.mark.parametrize("type_", ["referral.declined", "referral.withdrawn"])
@pytest.mark.parametrize("overtakes", [False, True])
def test_X_02_of_somebody_whose_referral_ended_nothing_more_is_recorded(unopened: Room, type_: str, overtakes: bool) -> None:
    received, ended = referral(now() - timedelta(days=3))["received"], _ended(type_)
    for one in (ended, received) if overtakes else (received, ended):
        take(unopened, one)
    assert not _heard(unopened)
    with unopened.database.read() as connection:
        assert connection.execute(unopened.service.store.caseload.select()).all() == []


def test_X_02_somebody_referred_is_heard_of_until_the_last_of_their_referrals_has_ended(unopened: Room) -> None:
    first = referral(now() - timedelta(days=3))["received"]
    take(unopened, first)
    assert _heard(unopened)
    second = replace(first, id=str(uuid.uuid4()), data={**first.data, "referral_id": "33333333-3333-4333-8333-333333333333"})
    take(unopened, second, _ended("referral.declined"))
    assert _heard(unopened), "the second is under way"
    ended = _ended("referral.withdrawn")
    take(unopened, replace(ended, data={**ended.data, "referral_id": second.data["referral_id"]}))
    assert not _heard(unopened)


def test_X_02_a_declined_referral_stops_nothing_of_a_journey(room: Room) -> None:
    declined = _ended("referral.declined")
    take(room, replace(declined, data={**declined.data, "referral_id": "33333333-3333-4333-8333-333333333333"}))
    assert _heard(room)
