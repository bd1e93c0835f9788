"""What the directory says reaches journeys and notifications, and reaches them again when it is replayed."""
from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.journeys.service import Journeys
from services.notifications.service import Notifications
from shared import operations
from shared.ledger.tables import staff_id
from shared.messaging.handover import Handover
from shared.room import Room
from tests.integration.referral_room import SECRET, Pod
from tests.support.journeys import delivery, now, report

HELEN, TOM = "helen.marsh@pod.example", "tom.whitfield@cmhwt.example"


class City:
    """Three services of one process, with what is in their tables."""

    def __init__(self, folder: Path):
        self.pod = Pod(folder)
        self.rooms = {"referrals": self.pod.room, **{kind.name: Room(kind, self.pod.settings) for kind in (Journeys, Notifications)}}
        for room in self.rooms.values():
            room.metadata.create_all(room.database.engine)

    def settle(self, *names: str) -> None:
        """Hand over between some services, all by default, until nothing moves."""
        rooms = [self.rooms[name] for name in names or self.rooms]
        handover = Handover(rooms)
        while sum(handover.round(room) for room in rooms):
            pass

    def members(self, service: str) -> dict[str, dict[str, Any]]:
        room = self.rooms[service]
        with room.database.read() as connection:
            return {row["id"]: dict(row) for row in connection.execute(sa.select(room.metadata.tables["members"])).mappings()}


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    made = City(tmp_path)
    for name, value in (("MODE", "demo"), ("VAR", str(tmp_path)), ("SECRET_KEY", SECRET)):
        monkeypatch.setenv(f"POD_{name}", value)
    yield made
    for room in made.rooms.values():
        room.database.dispose()


def test_what_a_manager_writes_reaches_the_services_that_hear_it(city: City) -> None:
    city.pod.staffed()
    city.settle()
    assert city.members("journeys")[staff_id(TOM)]["name"] == "Tom Whitfield"
    assert [one["manager"] for one in city.members("notifications").values() if one["manager"]] == [HELEN]
    assert len(city.members("journeys")) == len(city.members("notifications")) == 9
    left = city.pod.helen.call("PATCH", f"/members/{staff_id(HELEN)}", {"left_on": "2026-03-01"}, If_Match="*")
    assert left.status_code == 200
    city.settle()
    assert city.members("notifications")[staff_id(HELEN)]["left_on"] == "2026-03-01"


def test_a_service_that_came_later_catches_up_by_a_replay_and_hears_each_revision_once(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    city.pod.staffed()
    city.pod.helen.call("PATCH", f"/members/{staff_id(TOM)}", {"name": "Thomas Whitfield"}, If_Match="*")
    city.pod.helen.call("DELETE", f"/members/{staff_id(HELEN)}", If_Match="*")
    city.settle("referrals", "notifications")
    assert city.members("journeys") == {}
    for _ in range(2):
        assert operations.replay(Namespace(source="referrals", target="journeys", since=None)) == 0
        assert "9 events of referrals wait for journeys" in capsys.readouterr().out
        city.settle()
    found = city.members("journeys")
    assert (found[staff_id(TOM)]["name"], found[staff_id(TOM)]["revision"]) == ("Thomas Whitfield", 2)
    assert (found[staff_id(HELEN)]["name"], found[staff_id(HELEN)]["revision"]) == (None, 2)
    before = city.members("notifications")
    assert operations.replay(Namespace(source="referrals", target="notifications", since=now())) == 0
    assert operations.replay(Namespace(source="referrals", target="notifications", since=None)) == 0
    city.settle()
    assert city.members("notifications") == before


def test_a_practitioner_whom_an_event_brings_is_seen(city: City) -> None:
    city.pod.sent()
    changed = report("keyworker.changed", now(), from_email="amara.osei@cmhwt.example", to_email="bo.lind@eit.example", to_name="Bo Lind",
                     to_team="Early Intervention Team", changes_on=now().date().isoformat())
    city.pod.room.inbox.take([delivery(changed)])
    bo = city.members("referrals")[staff_id("bo.lind@eit.example")]
    assert (bo["name"], bo["team"], bo["kind"], bo["state"]) == ("Bo Lind", "Early Intervention Team", "practitioner", "seen")
