"""Who said something is shown by name if they work here, and as they call themselves if another system says it."""
from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from services.referrals import view
from services.referrals.desk import Desk
from shared.ledger.tables import staff_id
from shared.ledger.types import Actor
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.outbox import INTAKE
from shared.pathways import PATHWAYS
from tests.integration.referral_room import Pod
from tests.support.journeys import JOURNEY, NUMBER, WREN, bearer, event, journeys_client, now, opened_room, take

#: Any URI may be a source: an address, something as long as an id of ours, and the very id of somebody who works here.
SOURCES = ["https://adt.hospital.example/feed", "/wards", "urn:trust:north-east-west-south-adt1".ljust(36, "x"), staff_id(WREN["email"])]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("suite_database_url"))


@pytest.mark.parametrize("source", SOURCES)
def test_J_13_a_journey_shows_another_system_as_it_calls_itself(tmp_path: Path, url: str, source: str):
    room = opened_room(tmp_path, url)
    take(room, event("hospital.admitted", {"nhs_number": NUMBER, "stay_id": "V1"}, now() - timedelta(hours=3), source))
    answer = journeys_client(room).get(f"/api/v1/journeys/{JOURNEY}", headers=bearer("manager"))
    room.database.dispose()
    assert answer.status_code == 200 and answer.json["timeline"][-1]["actor"] == source


@pytest.mark.parametrize("source", SOURCES)
def test_R_14_a_referral_shows_another_system_as_it_calls_itself(tmp_path: Path, url: str, source: str):
    pod = Pod(tmp_path, url)
    id_, at = pod.sent(), now() - timedelta(hours=3)
    said = Event(str(uuid.uuid4()), source, "hospital.admitted", at, {"nhs_number": NUMBER, "stay_id": "V1"}, recordedtime=at)
    pod.room.inbox.take([Delivery(write(said), message_id=said.id, exchange=INTAKE)])
    with pod.room.database.read() as connection:
        desk = Desk(connection, pod.room.keeper.ledger, Actor("helen.marsh@pod.example", roles=frozenset({"manager"})))
        shown = {one["title"]: one["by"] for one in view.timeline(desk, id_, PATHWAYS["core"])}
    pod.room.database.dispose()
    assert shown["Admitted to hospital"] == source and shown["Referral received"] == "Amara Osei"
