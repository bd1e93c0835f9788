"""Pages: who gets in, what is refused, and that nothing typed is lost."""
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from shared.database import Database
from shared.web.context import local_path
from shared.web.root import create_root
from tests.integration.web_notes import notes_app
from tests.integration.web_room import HandRoom, hand_room, notes_of


@pytest.fixture
def room(tmp_path: Path) -> HandRoom:
    return hand_room(tmp_path)


@pytest.fixture
def client(room: HandRoom) -> Any:
    return notes_app(room).test_client()


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html)
    assert found, f"no field {name}"
    return found[1]


def sign_in(client: Any, email: str = "wren.callaghan@pod.example", **fields: str) -> Any:
    page = client.get("/sign-in").text
    return client.post("/sign-in", data={"csrf_token": field(page, "csrf_token"), "email": email, **fields})


def written(client: Any, **answers: str) -> dict[str, str]:
    page = client.get("/write").text
    main = page[page.index("<main"):]  # the frame has a form of its own: signing out
    return {name: field(main, name) for name in ("csrf_token", "kept_for", "submission")} | answers


def test_a_page_sends_to_the_sign_in_and_back_with_its_prefix(client: Any) -> None:
    away = client.get("/write?x=1")
    assert away.status_code == 302 and away.location == "/journeys/sign-in?next=/journeys/write?x%3D1"
    assert sign_in(client, next="/journeys/write?x=1").location == "/journeys/write?x=1"


@pytest.mark.parametrize("text", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/\tx", "/a\nb", "javascript:x"])
def test_next_never_leads_to_another_site(client: Any, text: str) -> None:
    assert sign_in(client, next=text).location == "/journeys/"


def test_a_local_next_is_kept(client: Any) -> None:
    with client.application.test_request_context():
        assert local_path("/referrals/9?tab=1") == "/referrals/9?tab=1"


def test_signing_in_once_is_enough_for_every_service(client: Any, room: HandRoom, tmp_path: Path) -> None:
    sign_in(client)
    other = hand_room(tmp_path)
    other.prefix, other.name = "/referrals", "referrals"
    cookie = client.get_cookie("pod")
    second = Client(notes_app(other))
    second.set_cookie("pod", cookie.value)
    assert cookie.path == "/" and cookie.http_only and cookie.same_site == "Lax"
    assert second.get("/").status_code == 200


def test_the_cookie_of_a_real_server_is_secure_and_tied_to_its_host(tmp_path: Path) -> None:
    client = notes_app(hand_room(tmp_path, cookie_secure=True)).test_client()
    answer = client.get("/sign-in", base_url="https://pod.example/journeys")
    assert re.match(r"__Host-pod=.*; Secure; HttpOnly; Path=/; SameSite=Lax", answer.headers["Set-Cookie"])
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


def test_a_session_ends_after_an_hour_without_use(client: Any) -> None:
    sign_in(client)
    assert client.application.permanent_session_lifetime.total_seconds() == 3600
    client.application.config["PERMANENT_SESSION_LIFETIME"] = -1
    assert client.get("/").status_code == 302


def test_a_session_ends_after_a_working_day_however_busy(client: Any) -> None:
    sign_in(client)
    with client.session_transaction() as session:
        session["since"] -= 12 * 3600 + 1
    assert client.get("/").status_code == 302


def test_a_style_sheet_does_not_renew_the_session(client: Any) -> None:
    sign_in(client)
    assert "Set-Cookie" not in client.get("/static/pod.css").headers
    assert "Set-Cookie" in client.get("/").headers


def test_who_may_not_is_told_so(client: Any) -> None:
    sign_in(client, "jo.fenwick@pod.example")
    answer = client.get("/write")
    assert answer.status_code == 403 and "You do not have access" in answer.text


def test_sign_out_is_a_post_with_a_token(client: Any) -> None:
    sign_in(client)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 400
    token = field(client.get("/").text, "csrf_token")
    assert client.post("/sign-out", data={"csrf_token": token}).location == "/journeys/signed-out"
    assert client.get("/").status_code == 302


def test_a_form_without_its_token_changes_nothing(client: Any, room: HandRoom) -> None:
    sign_in(client)
    assert client.post("/write", data={"text": "x"}).status_code == 400
    assert notes_of(room) == []


def test_a_form_sent_twice_writes_once_and_leads_to_the_same_page(client: Any, room: HandRoom) -> None:
    sign_in(client)
    form = written(client, text="once")
    first, again = client.post("/write", data=form), client.post("/write", data=form)
    assert (first.status_code, first.location) == (again.status_code, again.location) == (303, "/journeys/")
    assert notes_of(room) == ["once"]


def test_a_form_sent_again_with_other_answers_is_not_taken_for_the_first(client: Any, room: HandRoom) -> None:
    sign_in(client)
    form = written(client, text="once")
    client.post("/write", data=form)
    answer = client.post("/write", data={**form, "text": "other"})
    assert answer.status_code == 409 and "already sent" in answer.text and "other" in answer.text


def test_a_form_with_faults_keeps_every_answer_and_can_be_sent_again(client: Any, room: HandRoom) -> None:
    sign_in(client)
    form = {**written(client, text="", words="mine"), "on": ["31", "2", "2026"]}
    answer = client.post("/write", data=form)
    assert answer.status_code == 422
    for kept in ("mine", 'value="31"', 'value="2026"', "Enter the note", 'href="#on-day"', form["submission"]):
        assert kept in answer.text
    assert client.post("/write", data={**form, "text": "now", "on": ["1", "2", "2026"]}).status_code == 303
    assert notes_of(room) == ["now"]


def test_a_refusal_stands_at_its_field(client: Any) -> None:
    sign_in(client)
    answer = client.post("/write", data={**written(client, text="forbidden"), "on": ["1", "2", "2026"]})
    assert answer.status_code == 422 and "Only the practitioner may sign." in answer.text


def test_who_came_second_is_told_the_rule_and_keeps_what_they_typed(client: Any, room: HandRoom) -> None:
    sign_in(client)
    form = {**written(client, text="taken", words="my words", password="hunter2"), "on": ["1", "2", "2026"]}
    answer = client.post("/write", data=form)
    assert answer.status_code == 409 and "R-13" in answer.text and "my words" in answer.text
    assert "hunter2" not in answer.text and notes_of(room) == []


def test_while_the_database_is_away_nothing_typed_is_lost(client: Any, room: HandRoom) -> None:
    sign_in(client)
    form = {**written(client, text="precious"), "on": ["1", "2", "2026"]}
    room.database = Database("postgresql://nobody@127.0.0.1:1/none")
    answer = client.post("/write", data=form)
    assert answer.status_code == 503 and "precious" in answer.text and answer.headers["Retry-After"] == "10"


def test_our_own_mistakes_show_and_log_nothing_of_anybody_and_share_a_reference(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get("/broken")
    assert answer.status_code == 500 and "9434765919" not in answer.text and "RuntimeError" not in answer.text
    reference = re.search(r"Reference: <strong>(\w{8})<", answer.text)
    assert reference and reference[1] in caplog.text and "web_notes.py" in caplog.text
    assert "in notes.broken: RuntimeError" in caplog.text
    assert not re.search(r"^.*9434765919", caplog.text.replace('raise RuntimeError("9434765919")', ""), re.M)


def test_too_much_at_once_is_a_page_that_says_so(client: Any) -> None:
    sign_in(client)
    form = written(client, text="x" * (1024 * 1024 + 1))
    assert client.post("/write", data=form).status_code == 413


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/api/v1/notes", "/static/pod.css"])
def test_every_answer_carries_the_security_headers(client: Any, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "object-src 'none'"):
        assert part in policy
    assert "unsafe" not in policy and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store" or path.startswith("/static")


def test_the_scripts_nonce_is_new_each_time_and_no_style_is_inline(client: Any) -> None:
    first, second = client.get("/sign-in"), client.get("/sign-in")
    nonces = [re.search(r'nonce="([^"]+)"', page.text)[1] for page in (first, second)]  # type: ignore[index]
    assert nonces[0] != nonces[1] and nonces[0] in first.headers["Content-Security-Policy"]
    assert "style=" not in first.text and "<style" not in first.text


def test_the_navigation_shows_what_a_persons_role_can_use(client: Any) -> None:
    sign_in(client, "amara.osei@cmhwt.example")
    page = client.get("/accessibility").text
    assert 'href="/referrals/"' in page and 'href="/cafe/"' in page and 'href="/notifications/"' not in page and "/operations" not in page


def test_the_start_page_lists_the_services_of_the_process(room: HandRoom) -> None:
    client = create_root(room.settings, [room]).test_client()
    assert client.get("/").location == "/start"
    page = client.get("/start").text
    assert 'href="/journeys/"' in page and 'href="/notifications/"' not in page
