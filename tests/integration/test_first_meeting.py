"""The introductory meeting from its offer to the end of its clock: referrals and journeys, with nothing between them but events (R-07)."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.journeys.service import journey_id
from shared.calendar import add_working_days, working_hours
from shared.messaging.handover import Handover
from tests.integration.referral_room import Pod
from tests.support.journeys import bearer, journeys_client, journeys_room


class Both:
    """Both services, and the events that go between them."""

    def __init__(self, folder: Path, url: str):
        self.pod, self.journeys = Pod(folder, url), journeys_room(folder, url)
        self.handover = Handover([self.pod.room, self.journeys])

    def settled(self) -> None:
        """Hand over until nobody has anything to say."""
        while sum(self.handover.round(room) for room in self.handover.rooms):
            pass

    def journey(self, id_: str, path: str = "", said: Any = None) -> dict[str, Any]:
        self.settled()
        client, address = journeys_client(self.journeys), f"/api/v1/journeys/{journey_id(id_)}{path}"
        answer = client.post(address, json=said, headers=bearer("worker")) if said else client.get(address, headers=bearer("worker"))
        assert answer.status_code == 200, answer.text
        self.settled()
        return dict(answer.json)

    def held_at(self, id_: str) -> datetime | None:
        """Give when the meeting was held as the referral has it."""
        found = self.pod.wren.get(f"/{id_}").json["meeting"]
        return datetime.fromisoformat(found["held_at"]) if found and found["held_at"] else None

    def parked(self) -> list[int]:
        """Count what waits or is parked."""
        counts: list[int] = []
        for room in self.handover.rooms:
            with room.database.read() as connection:
                counts += room.inbox.parking.count(connection).values()
        return counts


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Both]:
    both = Both(tmp_path, "" if request.param == "sqlite" else request.getfixturevalue("suite_database_url"))
    yield both
    for room in both.handover.rooms:
        room.database.dispose()


def opened(both: Both, **changes: Any) -> str:
    """Refer, accept and allocate; give the referral's id."""
    id_ = both.pod.sent(**changes)
    assert both.pod.helen.post(f"/{id_}/accept").status_code == 200
    assert both.pod.helen.post(f"/{id_}/allocate", {"development_worker_email": "wren.callaghan@pod.example"}).status_code == 200
    return id_


def test_R_07_what_is_offered_on_the_referral_is_held_on_the_journey_and_taken_back_on_both(both: Both) -> None:
    id_ = opened(both)
    hours = working_hours(add_working_days(datetime.now(UTC), 3))
    assert hours is not None
    starts = hours[0] + timedelta(hours=1)
    answer = both.pod.wren.post(f"/{id_}/meeting", {"starts_at": starts.isoformat(), "mode": "teams", "agreed": True})
    assert answer.status_code == 200, answer.text
    (offered,) = both.journey(id_)["meetings"]
    assert (offered["state"], datetime.fromisoformat(offered["starts_at"]), offered["mode"]) == ("offered", starts, "teams")
    at = datetime.now(UTC)
    held = both.journey(id_, "/meetings", {"held_at": at.isoformat(), "mode": "telephone",
                                           "attendees": ["citizen", "development_worker", "practitioner"]})
    assert held["strands"][0]["meetings_held"] == 1 and both.held_at(id_) == at
    entry = next(one for one in held["timeline"] if one["kind"] == "meeting.held")
    both.journey(id_, f"/timeline/{entry['id']}/withdraw", {"reason": "It was another citizen"})
    assert both.held_at(id_) is None
    assert [one["state"] for one in both.journey(id_)["meetings"]] == ["offered"]
    assert not any(both.parked())
