"""The pages of the shell as people meet them: by axe, on a narrow screen, and without JavaScript."""
from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from services.cafe import pages as cafe
from services.directpayments import pages as directpayments
from shared.messaging.reasons import Reason
from shared.web import assets
from shared.web.app import create_app
from shared.web.root import create_root
from tests.integration.test_web_operations import park
from tests.integration.web_notes import notes_app
from tests.integration.web_room import HandRoom, hand_room, notes_of
from tests.support.browser import axe


class Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        pass


def named(folder: Path, name: str, prefix: str, title: str) -> HandRoom:
    folder.mkdir()
    room = hand_room(folder)
    room.name, room.prefix, room.title = name, prefix, title
    return room


@pytest.fixture
def room(tmp_path: Path) -> HandRoom:
    made = named(tmp_path / "journeys", "journeys", "/journeys", "Journeys")
    park(made)
    park(made, Reason.UNKNOWN_TYPE, "hospital.admited is not a name we know.")
    return made


@pytest.fixture
def address(room: HandRoom, tmp_path: Path) -> Iterator[str]:
    assets.fetch()
    food = named(tmp_path / "cafe", "cafe", "/cafe", "Café")
    money = named(tmp_path / "money", "directpayments", "/direct-payments", "Direct Payments")
    site = DispatcherMiddleware(create_root(room.settings, [room, food, money]), {
        "/journeys": notes_app(room), "/cafe": create_app(food, [cafe.blueprint]),
        "/direct-payments": create_app(money, [directpayments.blueprint])})
    server = make_server("127.0.0.1", 0, site, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def sign_in(page: Any, address: str, email: str) -> None:
    page.goto(f"{address}/journeys/sign-in")
    page.click(f'button[value="{email}"]')


def look(page: Any) -> None:
    """Judge the page shown: axe, and nothing that sticks out at 360 px."""
    assert axe(page) == [], page.url
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url
    assert axe(page) == [], page.url
    page.set_viewport_size({"width": 1280, "height": 900})


def test_every_page_of_the_shell_passes_axe_and_fits_a_narrow_screen(page: Any, address: str) -> None:
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    for path in ("/start", "/journeys/sign-in", "/journeys/privacy", "/journeys/accessibility", "/journeys/contact", "/journeys/nowhere", "/cafe/"):
        page.goto(address + path)
        look(page)
    assert "Midday to 3pm" in page.inner_text("main")
    sign_in(page, address, "ravi.chandra@council.example")
    for path in ("/journeys/operations", "/journeys/write"):
        page.goto(address + path)
        look(page)
    sign_in(page, address, "yusuf.demir@council.example")
    page.goto(f"{address}/direct-payments/")
    look(page)
    assert faults == []


def test_a_form_with_faults_passes_axe_and_its_link_lands_on_the_box(page: Any, address: str) -> None:
    sign_in(page, address, "wren.callaghan@pod.example")
    page.goto(f"{address}/journeys/write")
    page.fill("#on-day", "31")
    page.click("text=Save note")
    look(page)
    page.click("text=The day must include")
    assert page.evaluate("document.activeElement.id") == "on-day"


def test_who_came_second_can_copy_what_they_typed(page: Any, address: str) -> None:
    sign_in(page, address, "wren.callaghan@pod.example")
    page.goto(f"{address}/journeys/write")
    page.fill("#text", "taken")
    page.fill("#words", "Music matters")
    page.click("text=Save note")
    assert page.is_visible("text=Music matters")
    look(page)


def test_everything_works_without_javascript(plain_page: Any, address: str, room: HandRoom) -> None:
    sign_in(plain_page, address, "wren.callaghan@pod.example")
    plain_page.goto(f"{address}/journeys/write")
    plain_page.fill("#text", "by hand")
    plain_page.click("text=Save note")
    assert plain_page.is_visible("text=The note is saved.") and notes_of(room) == ["by hand"]
    plain_page.click("text=Sign out")
    assert plain_page.is_visible("text=You are signed out")
