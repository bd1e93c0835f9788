"""The end of a session as people meet it: warned, never cut off, nothing lost, nothing left to read. With and without JavaScript."""
from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from shared.database import Database
from shared.web import assets
from shared.web.root import create_root
from tests.integration.test_web_looks import Quiet
from tests.integration.web_notes import notes_app
from tests.integration.web_room import HandRoom, hand_room, notes_of
from tests.support.browser import axe

WREN, HELEN = "Wren Callaghan", "Helen Marsh"
HOUR = timedelta(hours=1)


class Site:
    """The notes service served to browsers; how long its sessions last is the test's to say."""

    def __init__(self, folder: Path):
        self.room: HandRoom = hand_room(folder)
        self.app = notes_app(self.room)
        self.server = make_server("127.0.0.1", 0, DispatcherMiddleware(create_root(self.room.settings, [self.room]), {"/journeys": self.app}),
                                  threaded=True, request_handler=Quiet)
        self.base = f"http://127.0.0.1:{self.server.server_port}/journeys"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def sessions(self, lasting: timedelta, warned: timedelta) -> None:
        self.app.config.update(PERMANENT_SESSION_LIFETIME=lasting, POD_WARNING=warned)


@pytest.fixture(scope="module")
def one_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    assets.fetch()
    site = Site(tmp_path_factory.mktemp("var"))
    yield site
    site.server.shutdown()
    site.room.database.dispose()


@pytest.fixture
def site(one_site: Site) -> Iterator[Site]:
    one_site.sessions(HOUR, timedelta(minutes=5))
    yield one_site


def enter(page: Any, site: Site, name: str) -> None:
    page.goto(f"{site.base}/sign-in")
    page.get_by_role("button", name=name).first.click()


def write(page: Any, site: Site, text: str = "A long story") -> None:
    page.goto(f"{site.base}/write")
    page.get_by_label("Note").fill(text)
    page.locator("#on-day").fill("1")
    page.locator("#on-month").fill("2")
    page.locator("#on-year").fill("2026")
    page.get_by_label("In their own words").fill("Zeile eins\nand “two” 🎸")


def written(page: Any) -> tuple[str, ...]:
    return tuple(page.locator(f"#{name}").input_value() for name in ("text", "on-day", "on-month", "on-year", "words"))


ALL = ("A long story", "1", "2", "2026", "Zeile eins\nand “two” 🎸")


def judged(page: Any, name: str) -> None:
    """Hold the page against WCAG 2.2 AA and a narrow screen, and keep its picture where PICTURES says."""
    assert axe(page) == []
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= 360"), f"{name} is wider than a telephone"
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}-narrow.png"))
    page.set_viewport_size({"width": 1280, "height": 900})


def test_one_is_warned_and_stays_with_one_press(page: Any, site: Site) -> None:
    enter(page, site, WREN)
    site.sessions(timedelta(seconds=60), timedelta(seconds=59))
    page.goto(f"{site.base}/write")
    page.get_by_label("Note").focus()
    dialog = page.get_by_role("dialog", name="You will be signed out in")
    dialog.wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Stay signed in" and page.title().startswith("You will be signed out in")
    judged(page, "session-warning")
    site.sessions(HOUR, timedelta(minutes=5))
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "text" and page.title().startswith("Write a note")
    assert page.evaluate("fetch('/journeys/stay-signed-in').then(answer => answer.json())")["seconds"] > 3500


def test_escape_stays_too_and_sign_out_signs_out(page: Any, site: Site) -> None:
    enter(page, site, WREN)
    site.sessions(timedelta(seconds=60), timedelta(seconds=59))
    page.goto(f"{site.base}/")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/signed-out")


def test_at_the_end_the_page_goes_and_what_was_typed_comes_back_to_its_writer_only(page: Any, site: Site) -> None:
    enter(page, site, WREN)
    site.sessions(timedelta(seconds=6), timedelta(0))
    write(page, site)
    page.evaluate("document.querySelector('main form').insertAdjacentHTML('beforeend', '<input type=file name=plan>')")
    page.locator("[name=plan]").set_input_files({"name": "care plan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"})
    page.wait_for_url("**/signed-out?why=idle&next=%2Fjourneys%2Fwrite")
    assert "story" not in page.content() and "story" not in page.evaluate("JSON.stringify(sessionStorage)")
    judged(page, "signed-out-idle")
    page.go_back()
    assert "story" not in page.content()
    site.sessions(HOUR, timedelta(minutes=5))
    enter(page, site, HELEN)
    page.goto(f"{site.base}/write")
    page.wait_for_timeout(300)  # it would be back by now
    assert written(page) == ("", "", "", "", "") and "What you typed is back" not in page.inner_text("main")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{site.base}/signed-out?why=idle&next=/journeys/write")
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_role("button", name=WREN).first.click()
    assert "Choose again: care plan.pdf" in page.get_by_role("alert").inner_text()
    assert written(page) == ALL
    judged(page, "typed-is-back")
    page.get_by_role("button", name="Save note").click()
    page.get_by_text("The note is saved.").wait_for()
    assert notes_of(site.room)[-1] == "A long story" and page.evaluate("sessionStorage.length") == 0


def test_whoever_types_is_not_interrupted(page: Any, site: Site) -> None:
    enter(page, site, WREN)
    site.sessions(timedelta(seconds=3), timedelta(seconds=2))
    page.goto(f"{site.base}/write")
    box = page.get_by_label("In their own words")
    until = time.monotonic() + 5
    while time.monotonic() < until:
        box.press_sequentially("and on ", delay=50)
        assert page.get_by_role("dialog").count() == 0
    assert "signed-out" not in page.url and box.input_value().startswith("and on and on")


def test_what_is_done_in_one_tab_counts_in_the_other(page: Any, site: Site) -> None:
    other = page.context.new_page()
    enter(page, site, WREN)
    site.sessions(timedelta(seconds=60), timedelta(seconds=59))
    page.goto(f"{site.base}/")
    other.goto(f"{site.base}/write")
    for tab in (page, other):
        tab.get_by_role("dialog").wait_for()
    site.sessions(HOUR, timedelta(minutes=5))
    other.get_by_role("button", name="Stay signed in").click()
    for tab in (page, other):
        expect(tab.get_by_role("dialog")).to_have_count(0)
    write(page, site)
    other.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/signed-out?why=idle*")
    enter(page, site, WREN)
    page.goto(f"{site.base}/write")
    page.get_by_role("alert").wait_for()
    assert written(page) == ALL
    enter(other, site, HELEN)
    page.wait_for_url("**/signed-out?why=other*")
    judged(page, "signed-out-other")


def test_at_the_end_of_the_working_day_one_signs_in_on_a_new_tab_and_carries_on(page: Any, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(page, site, WREN)
    site.sessions(HOUR, timedelta(seconds=59))
    write(page, site)
    # the day is nearly over only once all is typed: what the dialog lies over takes no more
    monkeypatch.setattr("shared.web.session.WORKING_DAY", 60)
    other = page.context.new_page()
    other.goto(f"{site.base}/")
    other.close()
    page.get_by_role("dialog").get_by_text("nearly 12 hours").wait_for()
    assert page.get_by_role("button", name="Stay signed in").count() == 0
    judged(page, "session-day-over")
    monkeypatch.undo()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    opened.value.get_by_role("button", name=WREN).first.click()
    opened.value.get_by_role("heading", name="You are signed in").wait_for()
    judged(opened.value, "signed-in")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert written(page) == ALL
    page.get_by_role("button", name="Save note").click()
    page.get_by_text("The note is saved.").wait_for()


def test_a_page_that_offers_to_send_it_again_loses_nothing_at_its_end(page: Any, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(page, site, WREN)
    write(page, site)
    site.sessions(timedelta(seconds=4), timedelta(0))
    monkeypatch.setattr(site.room, "database", Database("postgresql://nobody@127.0.0.1:1/none"))
    page.get_by_role("button", name="Save note").click()
    page.get_by_role("button", name="Send it again").wait_for()
    judged(page, "not-available")
    page.wait_for_url("**/signed-out?why=idle*")
    monkeypatch.undo()
    site.sessions(HOUR, timedelta(minutes=5))
    enter(page, site, WREN)
    page.goto(f"{site.base}/write")
    page.get_by_role("alert").wait_for()
    assert written(page) == ALL


def test_without_JavaScript_it_is_sent_again_after_signing_in_on_a_new_tab(plain_page: Any, page: Any, site: Site) -> None:
    enter(plain_page, site, WREN)
    write(plain_page, site, "by hand")
    assert "signed out after 60 minutes" in plain_page.inner_text("main")
    plain_page.context.clear_cookies()
    plain_page.get_by_role("button", name="Save note").click()
    plain_page.get_by_role("heading", name="You were signed out before this arrived").wait_for()
    plain_page.get_by_role("button", name="Send it again").click()
    with plain_page.context.expect_page() as opened:
        plain_page.get_by_role("link", name="Sign in (opens in a new tab)").click()
    opened.value.get_by_role("button", name=WREN).first.click()
    assert "Close this tab" in opened.value.inner_text("main")
    plain_page.get_by_role("button", name="Send it again").click()
    assert "The note is saved." in plain_page.inner_text("main") and notes_of(site.room)[-1] == "by hand"


def test_the_next_person_at_the_computer_can_neither_see_nor_send_it(page: Any, site: Site) -> None:
    enter(page, site, WREN)
    write(page, site, "not for Helen")
    page.context.clear_cookies()
    page.get_by_role("button", name="Save note").click()
    page.get_by_role("heading", name="You were signed out before this arrived").wait_for()
    judged(page, "send-again")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in (opens in a new tab)").click()
    opened.value.get_by_role("button", name=HELEN).first.click()
    opened.value.get_by_role("heading", name="You are signed in").wait_for()
    page.get_by_role("button", name="Send it again").click()
    page.get_by_role("heading", name="This page was not opened by you").wait_for()
    assert "not for Helen" not in page.content() and "not for Helen" not in notes_of(site.room)
    judged(page, "not-yours")
    enter(opened.value, site, WREN)
    page.reload()  # the browser sends what it still holds
    page.get_by_text("The note is saved.").wait_for()


def test_after_signing_out_the_back_button_shows_nothing(page: Any, site: Site) -> None:
    enter(page, site, WREN)
    page.goto(f"{site.base}/write")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/signed-out")
    page.go_back()
    page.get_by_role("heading", name="Sign in to the demo").wait_for()
