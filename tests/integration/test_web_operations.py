"""What operations staff see and do about parked events."""
from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared.messaging.delivery import Delivery
from shared.messaging.parking import Parked
from shared.messaging.reasons import Reason
from shared.web.tokens import issue_demo
from tests.integration.test_web_pages import sign_in
from tests.integration.web_notes import notes_app
from tests.integration.web_room import HandRoom, hand_room


@pytest.fixture
def room(tmp_path: Path) -> HandRoom:
    return hand_room(tmp_path)


@pytest.fixture
def client(room: HandRoom) -> Any:
    return notes_app(room).test_client()


def park(room: HandRoom, reason: Reason = Reason.INVALID_DATA, words: str = "stay_id is missing.") -> str:
    one = Parked(str(uuid4()), Delivery(b"{}", message_id="e-1"), reason, words, "e-1", "hospital.admitted", known=True)
    with room.database.transaction() as connection:
        room.parked.parking.park(connection, [one], datetime.now(UTC))
    return one.id


def bearer(room: HandRoom, role: str = "operations") -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_demo(room.settings, role)}"}


def press(client: Any, id_: str, act: str) -> Any:
    page = client.get("/operations").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token and f"/journeys/operations/parked/{id_}/{act}" in page
    return client.post(f"/operations/parked/{id_}/{act}", data={"csrf_token": token[1], "submission": str(uuid4())})


def test_a_parked_event_is_shown_with_its_reason_in_words_and_what_to_do(client: Any, room: HandRoom) -> None:
    park(room)
    sign_in(client, "ravi.chandra@council.example")
    page = client.get("/operations").text
    for words in (Reason.INVALID_DATA.words, Reason.INVALID_DATA.help, "stay_id is missing.", "hospital.admitted"):
        assert words in page


@pytest.mark.parametrize("act", ["retry", "discard"])
def test_a_button_settles_a_parked_event(client: Any, room: HandRoom, act: str) -> None:
    id_ = park(room)
    sign_in(client, "ravi.chandra@council.example")
    assert press(client, id_, act).status_code == 303
    assert "Nothing is parked" in client.get("/operations").text and room.woken == 1


def test_an_event_that_fails_again_stays_with_a_word_why(client: Any, room: HandRoom) -> None:
    id_ = park(room)
    room.parked.stubborn.add(id_)
    sign_in(client, "ravi.chandra@council.example")
    answer = press(client, id_, "retry")
    assert answer.status_code == 409 and "stay_id is missing." in answer.text
    assert "hospital.admitted" in client.get("/operations").text


def test_the_api_lists_and_settles_for_operations_only(client: Any, room: HandRoom) -> None:
    id_ = park(room)
    listed = client.get("/api/v1/parked", headers=bearer(room)).json["items"]
    assert [(one["id"], one["event_id"], one["reason"], one["attempts"]) for one in listed] == [(id_, "e-1", "invalid_data", 1)]
    assert client.get("/api/v1/parked", headers=bearer(room, "worker")).status_code == 403
    assert client.post(f"/api/v1/parked/{id_}/discard", headers=bearer(room)).status_code == 200
    assert client.get("/api/v1/parked", headers=bearer(room)).json["items"] == []


@pytest.mark.parametrize("id_", ["00000000-0000-4000-8000-000000000001", "not-an-id"])
def test_what_is_not_parked_is_a_404(client: Any, room: HandRoom, id_: str) -> None:
    assert client.post(f"/api/v1/parked/{id_}/retry", headers=bearer(room)).status_code == 404


def test_parked_events_come_in_pages(client: Any, room: HandRoom) -> None:
    ids = [park(room) for _ in range(3)]
    first = client.get("/api/v1/parked?limit=2", headers=bearer(room)).json
    rest = client.get(f"/api/v1/parked?limit=2&after={first['next']}", headers=bearer(room)).json
    assert sorted(one["id"] for one in first["items"] + rest["items"]) == sorted(ids) and rest["next"] is None
    assert client.get("/api/v1/parked?after=x", headers=bearer(room)).status_code == 422
