"""How to reach a citizen, and their introductory meeting, as the worker and the practitioner see them; with and without JavaScript."""
from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from services.journeys.service import Journeys
from shared.calendar import london, time_in_words
from shared.room import Room
from shared.web.app import create_app
from tests.support.browser import axe
from tests.support.journeys import JOURNEY, now, offered, opened_room, take

CONTACT: dict[str, Any] = {
    "telephone": "07700 900123", "email": "ada@example.org", "contact_by": "text", "do_not": ["no letters to my home"],
    "address": "Flat 2, 1 Example Street\nCoventry", "contact_when": "After 11, not on Fridays", "interpreter": "Polish",
    "access_needs": "Step-free; large print", "next_of_kin": {"name": "Beth Quill", "relationship": "Sister", "telephone": "07700 900456 (work)"}}
BEGAN = now() - timedelta(days=2)


class Site:
    """Journeys served to browsers under two addresses: a citizen whom a practitioner referred, and one who referred themself."""

    def __init__(self, folder: Path):
        self.rooms = [opened_room(folder / "referred", **CONTACT), opened_room(folder / "alone", self_referral=True)]
        take(self.rooms[0], offered(BEGAN, "teams"))
        self.servers = [self._serve(room) for room in self.rooms]
        self.referred, self.alone = (f"http://127.0.0.1:{server.server_port}/journeys" for server in self.servers)

    @staticmethod
    def _serve(room: Room) -> Any:
        app = create_app(room, Journeys.blueprints, Journeys.api)
        under = DispatcherMiddleware(lambda environ, start: app(environ, start), {Journeys.prefix: app})
        server = make_server("127.0.0.1", 0, under, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def close(self) -> None:
        for server, room in zip(self.servers, self.rooms, strict=True):
            server.shutdown()
            room.database.dispose()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("var"))
    yield site
    site.close()


def enter(page: Any, base: str, name: str = "Wren Callaghan") -> None:
    page.goto(f"{base}/sign-in")
    page.get_by_role("button", name=name).first.click()
    page.goto(f"{base}/{JOURNEY}")


def judged(page: Any, name: str) -> None:
    """Hold the page against WCAG 2.2 AA and a telephone, and keep its picture where POD_TEST_PICTURES says."""
    assert axe(page) == [], name
    if folder := os.environ.get("POD_TEST_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"journeys-{name}.png"), full_page=True)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= 360"), f"{name} is wider than a telephone"
    page.set_viewport_size({"width": 1280, "height": 900})


def fact(page: Any, name: str) -> str:
    """Give what a summary list says of something."""
    row = page.locator(".govuk-summary-list__row", has=page.locator("dt", has_text=re.compile(f"^{name}$")))
    return str(row.locator("dd").inner_text())


def test_what_not_to_do_comes_first_and_how_to_reach_the_citizen_is_for_staff_and_practitioner(page: Any, site: Site) -> None:
    for name in ("Wren Callaghan", "Amara Osei"):
        page.context.clear_cookies()
        enter(page, site.referred, name)
        assert "“no letters to my home”" in page.locator(".govuk-warning-text").inner_text()
        assert page.get_by_role("link", name="07700 900123").get_attribute("href") == "tel:07700900123"
        assert [fact(page, name) for name in ("Contact when", "Interpreter", "Access needs", "Contact by")] == [
            CONTACT["contact_when"], "Polish", CONTACT["access_needs"], "Text message"]
        assert "Beth Quill, Sister" in fact(page, "Next of kin")
        assert page.get_by_role("link", name="Record that it was held").count() == (name == "Wren Callaghan")


def test_R_07_the_meeting_is_recorded_from_what_was_offered_and_taken_back(page: Any, site: Site) -> None:
    enter(page, site.referred)
    assert "It was to be on" in page.inner_text("main") and "on Microsoft Teams" in page.inner_text("main")
    judged(page, "journey-meeting-offered")
    page.get_by_role("link", name="Record that it was held").click()
    assert page.get_by_label("Day").input_value() == str(london(BEGAN).day), "what was offered is filled in"
    assert page.get_by_label("At what time did it begin?").input_value() == time_in_words(BEGAN)
    assert page.get_by_label("On Microsoft Teams").is_checked() and page.get_by_role("checkbox", checked=True).count() == 0
    judged(page, "meeting")
    page.get_by_label("By telephone").check()
    page.get_by_label("The citizen").check()
    page.get_by_label("The development worker").check()
    page.get_by_role("button", name="Record the meeting").click()
    assert "The practitioner should have been there" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("By telephone").is_checked() and page.get_by_label("The citizen").is_checked()
    judged(page, "meeting-with-errors")
    page.get_by_role("alert").get_by_role("link").click()
    page.get_by_label("why was it held without them").fill("Called to the ward")
    page.get_by_role("button", name="Record the meeting").click()
    words = page.inner_text("main")
    assert "by telephone, with the citizen and the development worker" in words and "Called to the ward" in words
    assert page.get_by_role("row", name=re.compile("Foundation assessment")).get_by_role("cell").first.inner_text() == "1"
    judged(page, "journey-meeting-held")
    page.get_by_role("link", name=re.compile("Take back Introductory meeting held")).click()
    page.get_by_label("Why is this entry wrong?").fill("It was another citizen")
    page.get_by_role("button", name="Take it back").click()
    assert page.locator("s", has_text="Introductory meeting held").count() == 1
    assert page.get_by_role("link", name="Record that it was held").count() == 1


def test_R_11_of_a_citizen_who_referred_themself_two_are_asked_for_without_javascript(plain_page: Any, site: Site) -> None:
    page = plain_page
    enter(page, site.alone)
    assert fact(page, "Practitioner") == "The citizen referred themself"
    assert "The referral does not say." in page.inner_text("main") and "No time has been offered yet." in page.inner_text("main")
    page.get_by_role("link", name="Record that it was held").click()
    assert page.get_by_label("The practitioner").count() == page.get_by_label("why was it held without them").count() == 0
    page.get_by_role("button", name="Record the meeting").click()
    for words in ("Enter the day the meeting was held", "Enter the time the meeting began", "Choose how the meeting was held", "Choose who was there"):
        assert words in page.get_by_role("alert").inner_text()
    at = london(now() - timedelta(hours=3))
    for part in ("day", "month", "year"):
        page.locator(f"#held_on-{part}").fill(str(getattr(at, part)))
    page.get_by_label("At what time did it begin?").fill(time_in_words(at))
    page.get_by_label("In person").check()
    page.get_by_label("The citizen").check()
    page.get_by_label("The development worker").check()
    page.get_by_role("button", name="Record the meeting").click()
    assert "with the citizen and the development worker." in page.inner_text("main")
    assert page.goto(f"{site.alone}/{JOURNEY}/meetings/introductory").status == 409
