"""Sessions that lose nothing: what was typed outlives them, and is its writer's alone."""
from __future__ import annotations

import re
import time
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, render_template_string, request

from shared.database import Database
from shared.web import kept
from shared.web.app import create_app
from shared.web.context import transaction
from shared.web.idempotency import in_transaction
from tests.integration.test_web_pages import field, sign_in, written
from tests.integration.web_notes import notes_app
from tests.integration.web_room import HandRoom, hand_room, notes_of
from tests.support.ground import ROOT

FROM_HERE = {"Sec-Fetch-Site": "same-origin"}
HELEN = "helen.marsh@pod.example"
STORY = 'A long <b>story</b>,\r\nof two lines & "quotes"'


@pytest.fixture
def room(tmp_path: Path) -> HandRoom:
    return hand_room(tmp_path)


@pytest.fixture
def client(room: HandRoom) -> Any:
    return notes_app(room).test_client()


def whole(client: Any, **answers: Any) -> dict[str, Any]:
    """Open the form as whoever is signed in, and fill all of it."""
    return {**written(client, text=STORY), "on": ["1", "2", "2026"], **answers}


def hidden(html: str) -> dict[str, list[str]]:
    """Read the form "Send it again" off a page, as a browser would send it."""
    form = html[html.index("<main"):]
    form = form[form.index("<form"):form.index("</form>")]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form):
        found.setdefault(name, []).append(unescape(value))
    return found


def sign_out(client: Any) -> None:
    client.post("/sign-out", data={"csrf_token": field(client.get("/").text, "csrf_token")})


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let time pass for whatever asks what time it is."""
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + seconds)


def ended(client: Any) -> dict[str, Any]:
    """Fill the form, end the session, send: nothing is written yet; give what was sent."""
    sign_in(client)
    form = whole(client)
    client.delete_cookie("pod")
    return form


def test_what_arrives_after_the_session_ended_is_on_the_page_and_can_be_sent_again(client: Any, room: HandRoom) -> None:
    form = ended(client)
    answer = client.post("/write?x=1", data=form)
    assert answer.status_code == 401 and "You were signed out before this arrived" in answer.text
    assert "A long &lt;b&gt;story&lt;/b&gt;" in answer.text and 'target="_blank"' in answer.text and notes_of(room) == []
    assert 'action="/journeys/write?x=1"' in answer.text and "next=/journeys/signed-in" in answer.text
    again = hidden(answer.text)
    assert again["text"] == [STORY] and again["on"] == ["1", "2", "2026"] and again["submission"] == [form["submission"]]
    sign_in(client)
    assert client.post("/write", data=again, headers=FROM_HERE).status_code == 303
    assert notes_of(room) == [STORY]


def test_pressed_while_still_signed_out_it_is_the_same_page_with_nothing_lost(client: Any, room: HandRoom) -> None:
    page = client.post("/write", data=ended(client)).text
    for _ in range(3):
        answer = client.post("/write", data=hidden(page), headers=FROM_HERE)
        assert answer.status_code == 401 and hidden(answer.text)["text"] == [STORY]
        page = answer.text
    sign_in(client)
    assert client.post("/write", data=hidden(page), headers=FROM_HERE).status_code == 303
    assert notes_of(room) == [STORY]


def test_who_signed_in_again_in_another_tab_just_sends_the_old_page(client: Any, room: HandRoom) -> None:
    form = ended(client)
    sign_in(client)
    assert client.post("/write", data=form, headers=FROM_HERE).status_code == 303
    assert client.post("/write", data=form, headers=FROM_HERE).headers["Idempotent-Replayed"] == "true"
    assert notes_of(room) == [STORY]


def test_a_form_with_faults_sent_from_the_old_page_is_shown_with_its_faults(client: Any, room: HandRoom) -> None:
    form = ended(client)
    sign_in(client)
    answer = client.post("/write", data={**form, "text": ""}, headers=FROM_HERE)
    assert answer.status_code == 422 and "Enter the note" in answer.text and "CSRF" not in answer.text
    assert notes_of(room) == []


def test_nobody_else_sees_or_sends_it(client: Any, room: HandRoom) -> None:
    form = ended(client)
    sign_in(client, HELEN)
    answer = client.post("/write", data=form, headers=FROM_HERE)
    assert answer.status_code == 403 and "This page was not opened by you" in answer.text
    assert "story" not in answer.text and notes_of(room) == []
    sign_in(client)
    assert client.post("/write", data=form, headers=FROM_HERE).status_code == 303


def test_not_even_with_a_token_of_their_own(client: Any, room: HandRoom) -> None:
    form = ended(client)
    sign_in(client, HELEN)
    mine = field(client.get("/write").text, "csrf_token")
    assert client.post("/write", data={**form, "csrf_token": mine}, headers=FROM_HERE).status_code == 403
    assert notes_of(room) == []


def test_what_nobody_signed_for_is_neither_taken_nor_shown(client: Any, room: HandRoom) -> None:
    form = ended(client)
    almost = form["kept_for"][:-1] + ("E" if form["kept_for"].endswith("A") else "A")
    for forged in ("", "x", "nobody", "nobody.x.y", almost, form["kept_for"] + "\x00", "é"):
        answer = client.post("/write", data={**form, "kept_for": forged}, headers=FROM_HERE)
        assert answer.status_code == 400 and "story" not in answer.text
    assert notes_of(room) == []


def test_what_was_signed_for_one_address_is_worth_nothing_at_another(client: Any, room: HandRoom) -> None:
    sign_in(client)
    page = client.get("/write").text
    stay = page[page.index('action="/journeys/stay-signed-in"'):]
    client.delete_cookie("pod")
    sign_in(client)
    form = {"text": STORY, "on": ["1", "2", "2026"], "kept_for": field(stay, "kept_for")}
    assert client.post("/write", data=form, headers=FROM_HERE).status_code == 400
    assert client.post("/stay-signed-in", data=form, headers=FROM_HERE).status_code == 200


@pytest.mark.parametrize(("page", "action", "sent_to"), [
    ("/reviews/stay:V 1", "", "/reviews/stay:V 1"), ("/a", "/journeys/reviews/stay%3AV%201?x=1", "/reviews/stay:V 1"),
    ("/a/b", "c?x=1", "/a/c"), ("/50%25", "", "/50%25"), ("/50%2541", "", "/50%2541"), ("/a", "/journeys/b#top", "/b")])
def test_it_holds_for_the_address_the_form_goes_to_however_that_is_written(client: Any, page: str, action: str, sent_to: str) -> None:
    base = "http://localhost/journeys"
    with client.application.test_request_context(page, base_url=base):
        made = kept.kept_for(action)
    with client.application.test_request_context(sent_to, base_url=base, method="POST", data={"kept_for": made}):
        assert kept.standing() is kept.Standing.OWN
    with client.application.test_request_context("/elsewhere", base_url=base, method="POST", data={"kept_for": made}):
        assert kept.standing() is kept.Standing.UNKNOWN


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
                                     {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_unless_the_browser_vouches_for_the_page_the_person_is_asked_once_more(client: Any, room: HandRoom, headers: dict[str, str]) -> None:
    form = ended(client)
    sign_in(client)
    answer = client.post("/write", data=form, headers=headers)
    assert answer.status_code == 400 and notes_of(room) == []
    assert "had been open for a long time" in answer.text
    assert client.post("/write", data=hidden(answer.text)).status_code == 303
    assert notes_of(room) == [STORY]


def test_an_older_browser_vouches_by_origin(client: Any, room: HandRoom) -> None:
    form = ended(client)
    sign_in(client)
    assert client.post("/write", data=form, headers={"Origin": "http://localhost"}).status_code == 303


def test_after_a_working_day_the_person_is_asked_once_more(client: Any, room: HandRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    form = ended(client)
    later(monkeypatch, 12 * 3600 + 2)
    sign_in(client)
    answer = client.post("/write", data=form, headers=FROM_HERE)
    assert answer.status_code == 400 and "had been open for a long time" in answer.text and notes_of(room) == []
    assert client.post("/write", data=hidden(answer.text)).status_code == 303


def test_the_end_of_the_working_day_loses_nothing_either(client: Any, room: HandRoom) -> None:
    sign_in(client)
    form = whole(client)
    with client.session_transaction() as session:
        session["since"] -= 12 * 3600 + 1
    answer = client.post("/write", data=form, headers=FROM_HERE)
    assert answer.status_code == 401 and hidden(answer.text)["text"] == [STORY]


def test_the_page_for_sending_again_has_no_link_that_leaves_it_by_chance(client: Any) -> None:
    answer = client.post("/write", data=ended(client))
    links = re.findall(r"<a [^>]*sign-in[^>]*>", answer.text)
    assert len(links) == 1 and 'target="_blank"' in links[0]


def test_while_the_database_is_away_one_press_sends_it_once_it_is_back(client: Any, room: HandRoom) -> None:
    sign_in(client)
    form, database = whole(client), room.database
    room.database = Database("postgresql://nobody@127.0.0.1:1/none")
    answer = client.post("/write", data=form)
    assert answer.status_code == 503 and hidden(answer.text)["text"] == [STORY]
    room.database = database
    assert client.post("/write", data=hidden(answer.text)).status_code == 303
    assert notes_of(room) == [STORY]


def test_secrets_are_neither_shown_nor_carried_and_no_innocent_word_is_taken_for_one(client: Any) -> None:
    sign_in(client)
    form = whole(client, new_password="hunter2", opinion="I like it", shopping="bread")
    client.delete_cookie("pod")
    page = client.post("/write", data=form).text
    assert "hunter2" not in page and "I like it" in page and hidden(page)["shopping"] == ["bread"]


def public_app(room: HandRoom) -> Any:
    """Make an app with a form that anybody may send, with a file if they like."""
    pages = Blueprint("public", "public")

    @pages.get("/refer")
    def ask() -> str:
        return render_template_string('{% from "macros.html" import form_page with context %}<main>{% call form_page() %}{% endcall %}</main>')

    @pages.post("/refer")
    @in_transaction
    def send() -> str:
        said = request.form["words"] + "".join(file.read().decode() for file in request.files.values())
        transaction().execute(room.notes.insert().values(text=said))
        return "taken"
    return create_app(room, [pages])


def asked(client: Any, **answers: Any) -> dict[str, Any]:
    page = client.get("/refer").text
    return {name: field(page, name) for name in ("csrf_token", "kept_for", "submission")} | answers


def test_a_citizens_form_needs_no_session_to_arrive(room: HandRoom) -> None:
    client = public_app(room).test_client()
    form = asked(client, words="I would like help")
    client.delete_cookie("pod")
    assert client.post("/refer", data=form, headers=FROM_HERE).text == "taken"
    assert notes_of(room) == ["I would like help"]


def test_a_citizens_form_is_not_taken_from_another_site(room: HandRoom) -> None:
    client = public_app(room).test_client()
    form = asked(client, words="I would like help")
    client.delete_cookie("pod")
    answer = client.post("/refer", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400 and notes_of(room) == []
    assert client.post("/refer", data=hidden(answer.text)).text == "taken"


def test_what_nobody_wrote_is_not_sent_in_the_name_of_who_signed_in_since(room: HandRoom) -> None:
    client = public_app(room).test_client()
    form = asked(client, words="I would like help")
    sign_in(client)
    answer = client.post("/refer", data=form, headers=FROM_HERE)
    assert answer.status_code == 403 and "I would like help" not in answer.text and notes_of(room) == []
    sign_out(client)
    assert client.post("/refer", data=form, headers=FROM_HERE).text == "taken"


def test_what_somebody_wrote_is_not_sent_as_nobodys_after_they_signed_out(room: HandRoom) -> None:
    client = public_app(room).test_client()
    sign_in(client)
    form = asked(client, words="I would like help")
    sign_out(client)
    page = client.post("/refer", data=form, headers=FROM_HERE)
    assert page.status_code == 401
    assert client.post("/refer", data=hidden(page.text), headers=FROM_HERE).status_code == 401
    assert notes_of(room) == []


def test_a_file_cannot_be_carried_and_is_asked_for_again_by_name(room: HandRoom) -> None:
    client = public_app(room).test_client()
    sign_in(client)
    form = asked(client, words="See the plan")
    client.delete_cookie("pod")
    page = client.post("/refer", data={**form, "plan": (BytesIO(b"its content"), "care plan.pdf")}, headers=FROM_HERE).text
    assert "Choose the file “care plan.pdf” again" in page and 'enctype="multipart/form-data"' in page
    assert re.search(r'<input[^>]* name="plan"[^>]* type="file"', page) and "its content" not in page


def test_every_form_that_is_posted_says_for_whom_it_was_made() -> None:
    """A form of a template by hand must carry `form_fields`; the demo's sign-in is the one nobody is kept for."""
    bare = [f"{path.relative_to(ROOT)}: {form[:60]}" for folder in ("services", "shared/web/templates")
            for path in sorted((ROOT / folder).rglob("*.html")) if path.name != "sign_in.html"
            for form in re.findall(r'<form method="post".*?</form>', path.read_text(), re.S)
            if "kept_for(" not in form and "form_fields(" not in form]
    assert bare == []
