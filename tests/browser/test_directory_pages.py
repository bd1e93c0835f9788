"""The directory as a manager keeps it: seen people confirmed, a team renamed, a leaver's referrals found; axe, 360 px."""
from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from tests.browser.test_referrals_pages import enter, judged
from tests.integration.referral_room import Pod


class Site:
    """The referrals service with its staff in the directory and one referral, served to browsers."""

    def __init__(self, folder: Path):
        self.pod = Pod(folder).staffed()
        named = {"name": "Bo Lind", "email": "bo.lind@eit.example", "team": "Crisis Café Team"}
        self.pod.sent(named_person=named)
        self.server = make_server("127.0.0.1", 0, DispatcherMiddleware(self.pod.app, {"/referrals": self.pod.app}), threaded=True)
        self.base = f"http://127.0.0.1:{self.server.server_port}/referrals"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("var"))
    yield site
    site.server.shutdown()
    site.pod.room.database.dispose()


def test_a_manager_confirms_somebody_seen_and_marks_them_as_left(page: Any, site: Site) -> None:
    enter(page, site, "Helen Marsh")  # type: ignore[arg-type]  # any site that is served
    page.goto(f"{site.base}/directory")
    judged(page, "directory-people")
    page.get_by_label("Show").select_option("Not confirmed yet")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("link", name="Bo Lind").click()
    judged(page, "directory-seen")
    page.get_by_role("button", name="Check and confirm").click()
    judged(page, "directory-confirm")
    assert page.get_by_label("Or a team that is not in the list yet").input_value() == "Crisis Café Team"
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("button", name="Confirm").click()
    judged(page, "directory-wrong")
    page.get_by_role("link", name="Enter the name").click()
    page.keyboard.type("Bo Lindqvist")
    page.get_by_role("button", name="Confirm").click()
    assert "Bo Lindqvist is confirmed." in page.inner_text("main")
    page.get_by_role("button", name="They have left, or will").click()
    judged(page, "directory-left")
    for part, value in (("day", "1"), ("month", "March"), ("year", "2026")):
        page.locator(f"#left_on-{part}").fill(value)
    page.get_by_role("button", name="Save").click()
    judged(page, "directory-gone")
    page.get_by_role("link", name="1 referral under way names them").click()
    judged(page, "directory-referrals")
    assert "Named person" in page.inner_text("main")


def test_a_manager_finds_a_team_by_its_short_name_and_renames_it(page: Any, site: Site) -> None:
    enter(page, site, "Helen Marsh")  # type: ignore[arg-type]
    page.goto(f"{site.base}/directory/teams")
    judged(page, "directory-teams")
    page.get_by_label("Any name, or organisation").fill("eit")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("link", name="Early Intervention Team").click()
    page.get_by_role("button", name="Change").click()
    judged(page, "directory-team-form")
    page.get_by_label("Name", exact=True).fill("Early Support Team")
    page.get_by_role("button", name="Save").click()
    judged(page, "directory-team")
    page.get_by_role("link", name="Who belongs to it").click()
    judged(page, "directory-of-team")
    assert page.get_by_role("link", name="Priya Nair").is_visible() and page.get_by_role("link", name="Amara Osei").count() == 0


def test_without_JavaScript_somebody_is_added_and_taken_off_again(plain_page: Any, site: Site) -> None:
    enter(plain_page, site, "Helen Marsh")  # type: ignore[arg-type]
    plain_page.goto(f"{site.base}/directory")
    plain_page.get_by_role("button", name="Add somebody").click()
    plain_page.get_by_label("Work email address").fill("siân.ohara@eit.example")
    plain_page.get_by_label("Name", exact=True).fill("Siân O’Hara")
    plain_page.get_by_label("Pod staff", exact=True).check()
    plain_page.get_by_label("Manager: is told what managers are told").check()
    plain_page.get_by_label("Team (optional)").select_option("The Pod")
    plain_page.get_by_role("button", name="Add them").click()
    assert "Siân O’Hara is in the directory." in plain_page.inner_text("main")
    plain_page.get_by_role("link", name="Added by mistake").click()
    plain_page.get_by_role("button", name="Take them off").click()
    assert "Siân O’Hara is off the directory." in plain_page.inner_text("main")
