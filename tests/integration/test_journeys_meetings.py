"""The introductory meeting on a journey: offered by referrals, recorded by the worker, taken back; on both databases."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.room import Room
from shared.schemas import contract
from tests.support.journeys import (
    AMARA,
    JOURNEY,
    REFERRAL,
    WREN,
    again,
    bearer,
    journeys_client,
    journeys_room,
    now,
    offered,
    opened_room,
    referral,
    report,
    stands,
    state,
    take,
    told,
)

HOME = f"/api/v1/journeys/{JOURNEY}"
HELD = f"journey:{JOURNEY}:meeting:introductory:held"
AT = now() - timedelta(days=2)
ALL = ["citizen", "development_worker", "practitioner"]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres").new_database())


@pytest.fixture
def room(url: str, tmp_path: Path) -> Iterator[Room]:
    room = opened_room(tmp_path, url)
    yield room
    room.database.dispose()


@pytest.fixture
def small(tmp_path: Path) -> Room:
    """Give a room for what is the same on either database."""
    return opened_room(tmp_path)


def body(**changes: Any) -> dict[str, Any]:
    return {"held_at": AT.isoformat(), "mode": "in_person", "attendees": ALL, **changes}


def post(room: Room, path: str, said: Any, role: str = "worker", **headers: str) -> Any:
    return journeys_client(room).post(f"{HOME}{path}", json=said, headers={**bearer(role), **headers})


def shown(room: Room) -> dict[str, Any]:
    return dict(journeys_client(room).get(HOME, headers=bearer("worker")).json)


def counts(found: dict[str, Any]) -> list[int]:
    return [one["meetings_held"] for one in found["strands"]]


def test_R_07_a_meeting_held_is_shown_counted_once_told_and_taken_back(room: Room) -> None:
    found = post(room, "/meetings", body()).json
    assert counts(found) == [1, 0, 0, 0] and found["strands"][0]["state"] == "under_way"
    (meeting,) = found["meetings"]
    assert (meeting["id"], meeting["state"], meeting["strand"], meeting["mode"], meeting["attendees"], meeting["missing"]) == (
        "introductory", "held", "foundation_assessment", "in_person", ALL, [])
    heard = told(room)[-1]
    contract("journey.meeting_held").check(heard["data"])
    assert (heard["about"], heard["data"]["referral_id"], datetime.fromisoformat(heard["data"]["held_at"])) == (HELD, REFERRAL, AT)
    assert {(one["email"], one["role"]) for one in heard["data"]["told"]} == {(AMARA["email"], "practitioner"), (WREN["email"], "development_worker")}
    assert post(room, "/meetings", body()).status_code == 409, "it counts once"
    entry = next(one for one in found["timeline"] if one["kind"] == "meeting.held")
    back = post(room, f"/timeline/{entry['id']}/withdraw", {"reason": "It was another citizen"}).json
    assert counts(back) == [0, 0, 0, 0] and back["meetings"] == []
    assert (told(room)[-1]["about"], told(room)[-1]["withdrawn"]) == (HELD, True)
    assert counts(post(room, "/meetings", body(mode="telephone")).json) == [1, 0, 0, 0]
    assert HELD in stands(room)


def test_R_07_without_the_practitioner_a_reason_is_asked_and_shown(small: Room) -> None:
    answer = post(small, "/meetings", body(attendees=ALL[:2]))
    assert (answer.status_code, answer.json["rule"], answer.json["errors"][0]["pointer"]) == (422, "R-07", "/reason")
    assert "The practitioner should have been there" in answer.json["detail"]
    (meeting,) = post(small, "/meetings", body(attendees=ALL[:2], reason="Called to the ward")).json["meetings"]
    assert (meeting["missing"], meeting["reason"]) == (["practitioner"], "Called to the ward")


@pytest.mark.parametrize(("wrong", "pointer"), [
    ({"held_at": (now() + timedelta(days=1)).isoformat()}, "/held_at"), ({"held_at": (AT - timedelta(days=90)).isoformat()}, "/held_at"),
    ({"held_at": "2026-06-08T10:00:00"}, "/held_at"), ({"held_at": "0001-01-01T00:00:00+14:00"}, "/held_at"), ({"held_at": None}, "/held_at"),
    ({"mode": "carrier pigeon"}, "/mode"), ({"attendees": []}, "/attendees"), ({"attendees": ["citizen"]}, "/attendees"),
    ({"attendees": ["citizen", "friend"]}, "/attendees/1"), ({"attendees": "citizen"}, "/attendees"), ({"strand": "sana"}, "/strand"),
    ({"reason": "a\0b"}, "/reason"), ({"reason": "a\ud800b"}, "/reason"), ({"reason": "x" * 4001}, "/reason")])
def test_R_07_what_cannot_be_is_answered_at_its_field_and_changes_nothing(small: Room, wrong: dict[str, Any], pointer: str) -> None:
    answer = post(small, "/meetings", body(**wrong))
    assert answer.status_code == 422 and [one["pointer"] for one in answer.json["errors"]] == [pointer], answer.text
    assert state(small)["meetings"] == {}


def test_R_07_a_practitioner_records_nothing_nobody_overwrites_unseen_and_a_repeat_counts_once(small: Room) -> None:
    assert post(small, "/meetings", body(), "practitioner").status_code == 403
    seen = journeys_client(small).get(HOME, headers=bearer("worker")).headers["ETag"]
    take(small, report("hospital.admitted", now() - timedelta(hours=1), stay_id="S1"))
    assert post(small, "/meetings", body(), **{"If-Match": seen}).status_code == 412
    first, second = (post(small, "/meetings", body(), **{"Idempotency-Key": "one"}) for _ in range(2))
    assert first.status_code == 200 and first.json == second.json


def test_R_07_what_referrals_offer_is_shown_until_it_is_moved_called_off_or_held(room: Room) -> None:
    first, second = offered(now() + timedelta(days=3), "teams", now() - timedelta(hours=2)), offered(now() + timedelta(days=4), "telephone")
    take(room, first)
    (meeting,) = shown(room)["meetings"]
    assert (meeting["state"], meeting["mode"], meeting["id"], meeting["strand"]) == ("offered", "teams", "introductory", "foundation_assessment")
    take(room, second)
    moved_to = datetime.fromisoformat(shown(room)["meetings"][0]["starts_at"])
    assert abs(moved_to - now() - timedelta(days=4)) < timedelta(minutes=1)
    take(room, again(second, withdrawn=True, recordedtime=second.recordedtime + timedelta(seconds=1)))
    assert shown(room)["meetings"] == [], "called off, and what it replaced stays replaced"
    take(room, again(first, recordedtime=second.recordedtime + timedelta(seconds=2)))
    assert [one["state"] for one in post(room, "/meetings", body()).json["meetings"]] == ["held"]
    assert counts(shown(room)) == [1, 0, 0, 0]


@pytest.mark.parametrize("together", [True, False])
def test_R_07_an_offer_that_comes_before_the_acceptance_is_not_lost(url: str, tmp_path: Path, together: bool) -> None:
    room, events = journeys_room(tmp_path, url), referral(now() - timedelta(days=3))
    offer = offered(now() + timedelta(days=3))
    take(room, offer, *(events.values() if together else ()))
    if not together:
        take(room, *events.values())
        _let_time_pass(room)
    assert [one["state"] for one in shown(room)["meetings"]] == ["offered"]
    with room.database.read() as connection:
        assert not any(room.inbox.parking.count(connection).values())
    room.database.dispose()


def _let_time_pass(room: Room) -> None:
    deferred = room.service.store.messaging.deferred
    with room.database.transaction() as connection:
        assert connection.execute(deferred.update().values(next_at=now() - timedelta(days=1))).rowcount == 1
    room.retries.due()


def test_J_16_the_meetings_of_an_earlier_journey_are_not_those_of_this_one(small: Room) -> None:
    post(small, "/meetings", body())
    other = "33333333-3333-4333-8333-333333333333"
    take(small, *(replace(again(one), data={**one.data, "referral_id": other}) for one in referral(now() - timedelta(days=1)).values()))
    items = journeys_client(small).get("/api/v1/journeys", headers=bearer("worker")).json["items"]
    (second,) = (one for one in items if one["id"] != JOURNEY)
    assert counts(second)[0] == 0 and second["meetings"] == []
    assert not any(one["kind"] == "meeting.held" for one in second["timeline"])


def test_the_meeting_as_it_was_known_on_an_earlier_day(small: Room) -> None:
    post(small, "/meetings", body())
    statements = small.keeper.ledger.tables.statements
    with small.database.transaction() as connection:
        connection.execute(statements.update().where(statements.c.kind != "meeting.held").values(received_at=now() - timedelta(days=20)))
    yesterday = journeys_client(small).get(f"{HOME}?as_of={(now() - timedelta(days=1)).date()}", headers=bearer("worker")).json
    assert yesterday["meetings"] == [] and counts(yesterday)[0] == 0
    assert counts(shown(small))[0] == 1
