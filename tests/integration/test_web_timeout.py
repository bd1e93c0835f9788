"""The time a session lasts: told, renewed by pages only, and left behind with nothing on the screen."""
from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_web_pages import field, sign_in
from tests.integration.test_web_session import later
from tests.integration.web_notes import notes_app
from tests.integration.web_room import hand_room

FROM_HERE = {"Sec-Fetch-Site": "same-origin"}
HELEN = "helen.marsh@pod.example"


@pytest.fixture
def client(tmp_path: Path) -> Any:
    return notes_app(hand_room(tmp_path)).test_client()


def test_the_time_left_is_told_and_asking_renews_nothing(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(client)
    client.get("/")
    later(monkeypatch, 600)
    told = client.get("/stay-signed-in")
    assert "Set-Cookie" not in told.headers and told.headers["Cache-Control"] == "no-store"
    assert 3595 - 600 <= told.json["seconds"] <= 3601 - 600 and 3595 <= told.json["most"] <= 3600
    later(monkeypatch, 3002)  # on top of the ten minutes
    assert client.get("/stay-signed-in").json == {"seconds": 0, "most": 0, "who": "nobody"}


def test_staying_renews_as_a_page_does(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(client)
    fields = re.search(r'action="/journeys/stay-signed-in">(.*?)</form>', client.get("/").text, re.S)
    assert fields
    form = {name: field(fields[1], name) for name in ("csrf_token", "kept_for")}
    for _ in range(3):
        later(monkeypatch, 3500)
        assert client.post("/stay-signed-in", data=form).json["seconds"] >= 3595
    assert client.get("/write").status_code == 200


def test_nobody_can_stay_signed_in(client: Any) -> None:
    assert client.post("/stay-signed-in").status_code == 400
    assert client.get("/stay-signed-in").json == {"seconds": 0, "most": 0, "who": "nobody"}


def test_towards_the_end_of_the_working_day_there_is_only_the_rest_of_it(client: Any) -> None:
    sign_in(client)
    with client.session_transaction() as session:
        session["since"] -= 12 * 3600 - 100
    assert 98 <= client.get("/stay-signed-in").json["most"] <= 101
    assert 98 <= int(re.search(r'data-seconds="(\d+)"', client.get("/").text)[1]) <= 101  # type: ignore[index]


def test_a_page_tells_its_script_how_long_and_whose_it_is(client: Any) -> None:
    client.application.config.update(PERMANENT_SESSION_LIFETIME=timedelta(minutes=7), POD_WARNING=timedelta(seconds=30))
    sign_in(client)
    page = client.get("/").text
    assert 'data-seconds="420" data-warning="30"' in page
    who = re.search(r'data-who="([^"]+)" data-key="([^"]+)"', page)
    sign_in(client, HELEN)
    other = re.search(r'data-who="([^"]+)" data-key="([^"]+)"', client.get("/").text)
    assert who and other and who[1] != other[1] and who[2] != other[2] and "wren" not in who[1]
    assert client.get("/stay-signed-in").json["who"] == other[1]


def test_an_address_that_is_not_there_renews_nothing_and_does_not_say_so(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(client)
    later(monkeypatch, 1000)
    page = client.get("/nowhere").text
    assert 2595 <= int(re.search(r'data-seconds="(\d+)"', page)[1]) <= 2601  # type: ignore[index]


def test_nobody_gets_no_key_and_no_clock(client: Any) -> None:
    assert 'id="session"' not in client.get("/privacy").text


def test_a_sign_out_that_comes_too_late_is_one_all_the_same(client: Any) -> None:
    sign_in(client)
    token = field(client.get("/").text, "csrf_token")
    client.delete_cookie("pod")
    assert client.post("/sign-out", data={"csrf_token": token}).location == "/journeys/signed-out"


def test_an_old_page_can_sign_out_whoever_opened_it(client: Any) -> None:
    sign_in(client)
    page = client.get("/").text
    form = {name: field(page, name) for name in ("csrf_token", "kept_for")}
    sign_in(client)
    assert client.post("/sign-out", data=form, headers=FROM_HERE).location == "/journeys/signed-out"
    assert client.get("/").status_code == 302


def test_the_demos_list_is_shown_anew_when_it_had_been_open_too_long(client: Any) -> None:
    form = {"csrf_token": field(client.get("/sign-in").text, "csrf_token"), "email": HELEN, "next": "/journeys/write"}
    client.delete_cookie("pod")
    answer = client.post("/sign-in", data=form)
    assert (answer.status_code, answer.location) == (303, "/journeys/sign-in?next=/journeys/write")
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(("why", "words"), [("", "On a shared computer"), ("idle", "for 60 minutes"), ("other", "Somebody else is signed in")])
def test_the_page_at_the_end_says_why_and_leads_back(client: Any, why: str, words: str) -> None:
    page = client.get(f"/signed-out?why={why}&next=/journeys/write").text
    assert words in page and ("next=/journeys/write" in page) == (why != "other")
    assert "evil" not in client.get(f"/signed-out?why={why}&next=//evil.example").text


def test_nobody_is_told_they_are_signed_out_who_is_not(client: Any) -> None:
    sign_in(client)
    assert client.get("/signed-out").location == "/"
    assert "Set-Cookie" not in client.get("/signed-out?why=other").headers


def test_the_page_of_the_new_tab_sends_back_to_the_old_one(client: Any) -> None:
    assert client.get("/signed-in").location == "/journeys/sign-in?next=/journeys/signed-in"
    sign_in(client)
    assert "go back to the page you came from" in client.get("/signed-in").text
