"""Journeys as people see them: the caseload, a journey, reviews, records by hand and corrections; with and without JavaScript."""
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
from shared.calendar import add_working_days, london
from shared.room import Room
from shared.schemas.people import LEGAL_STATUS
from shared.web.app import create_app
from tests.support.browser import axe
from tests.support.journeys import JOURNEY, now, opened_room, report, state, take


class Site:
    """The pages under test, and the room behind them."""

    def __init__(self, address: str, room: Room):
        self.address, self.room = address, room
        self.home, self.journey = f"{address}/", f"{address}/{JOURNEY}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Serve journeys with one citizen in hospital."""
    room = opened_room(tmp_path)
    take(room, report("hospital.admitted", now() - timedelta(hours=5), stay_id="S1", ward="Elm", legal_status="02"))
    app = create_app(room, Journeys.blueprints, Journeys.api)
    under = DispatcherMiddleware(lambda environ, start: app(environ, start), {Journeys.prefix: app})
    server = make_server("127.0.0.1", 0, under, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}{room.prefix}", room)
    server.shutdown()
    room.database.dispose()


def enter(page: Any, site: Site, name: str = "Wren Callaghan") -> None:
    """Sign in as somebody of the demo."""
    page.goto(f"{site.address}/sign-in")
    page.get_by_role("button", name=name).first.click()


def judged(page: Any, name: str) -> None:
    """Hold the page against WCAG 2.2 AA, and keep its picture where POD_TEST_PICTURES says."""
    assert axe(page) == [], name
    if folder := os.environ.get("POD_TEST_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"journeys-{name}.png"), full_page=True)


def fill_day(page: Any, field: str, day: Any) -> None:
    """Fill the three boxes of a date."""
    for part in ("day", "month", "year"):
        page.locator(f"#{field}-{part}").fill(str(getattr(day, part)))


def test_J_10_from_the_caseload_to_a_completed_review(page: Any, site: Site) -> None:
    enter(page, site)
    page.goto(site.home)
    row = page.get_by_role("row", name=re.compile("Ada Quill"))
    assert "In hospital" in row.inner_text()
    judged(page, "caseload")
    row.get_by_role("link", name=re.compile("Do the review")).click()
    judged(page, "journey")
    page.get_by_role("button", name="Complete the review").click()
    page.get_by_role("button", name="Complete the review").click()
    assert "Choose what you decide" in page.get_by_role("alert").inner_text()
    judged(page, "review-with-errors")
    page.get_by_label("Remain involved").check()
    page.get_by_label("In your words").fill("A short stay is likely")
    page.get_by_role("button", name="Complete the review").click()
    assert "The review is done" in page.content() and "A short stay is likely" in page.content()


def test_J_13_a_correction_is_struck_through_and_explained(page: Any, site: Site) -> None:
    enter(page, site)
    page.goto(site.journey)
    page.get_by_role("link", name=re.compile("Take back Admitted")).click()
    page.get_by_role("button", name="Take it back").click()
    assert "Enter why this entry is wrong" in page.get_by_role("alert").inner_text()
    judged(page, "take-back-with-errors")
    page.get_by_label("Why is this entry wrong?").fill("It was a visit to the outpatients")
    page.get_by_role("button", name="Take it back").click()
    assert page.locator("s", has_text="Admitted to hospital").count() == 1
    assert "Taken back by Wren Callaghan" in page.content() and "It was a visit to the outpatients" in page.content()
    judged(page, "journey-corrected")


def test_J_13_what_was_decided_on_an_admission_since_taken_back_is_kept_or_undone_by_a_day(page: Any, site: Site) -> None:
    enter(page, site)
    page.goto(site.journey)
    page.get_by_role("button", name="Complete the review").click()
    page.get_by_label("Pause").check()
    page.get_by_role("button", name="Complete the review").click()
    take(site.room, report("hospital.admission_cancelled", now(), stay_id="S1"))
    page.goto(f"{site.home}?review_due=yes")
    due = add_working_days(now(), 2)
    row = page.get_by_role("row", name=re.compile("Ada Quill")).inner_text()
    assert "Do the review" in row and f"due {due.day} {due:%b}" in row
    page.goto(site.journey)
    assert f"Due on {due.day} {due:%B %Y}" in page.locator("li", has_text="keep or undo").inner_text()
    page.get_by_role("button", name="Complete the review").click()
    page.get_by_label("Undo the decision").check()
    judged(page, "keep-or-undo")
    page.get_by_role("button", name="Complete the review").click()
    assert "Undo the decision, Wren Callaghan" in page.content()


def test_J_10_the_legal_status_of_a_stay_is_shown_as_it_changed(page: Any, site: Site) -> None:
    take(site.room, report("hospital.legal_status_changed", now() - timedelta(hours=1), stay_id="S1", legal_status="03"))
    enter(page, site)
    page.goto(site.journey)
    first, second = page.get_by_role("list", name="Legal status").get_by_role("listitem").all_inner_texts()
    assert LEGAL_STATUS["02"].lower() in first.lower() and " until " in first
    assert LEGAL_STATUS["03"].lower() in second.lower() and " until " not in second
    judged(page, "journey-legal-statuses")


def test_J_10_the_whole_path_works_without_javascript(plain_page: Any, site: Site) -> None:
    page = plain_page
    enter(page, site)
    page.goto(f"{site.journey}/record/discharge")
    page.get_by_label("Elm").check()
    page.get_by_label("Where did the citizen go?").fill("Home to Foleshill")
    page.get_by_role("button", name="Record it").click()
    assert page.get_by_label("Where did the citizen go?").input_value() == "Home to Foleshill"
    fill_day(page, "occurred_on", now().date())
    page.get_by_label("At what time?").fill("0:05 am")
    page.get_by_role("button", name="Record it").click()
    assert "The time must be like 10am, 2:30pm or 14:30" in page.content()
    at = now() - timedelta(hours=1)
    fill_day(page, "occurred_on", london(at))
    page.get_by_label("At what time?").fill(f"{london(at):%H:%M}")
    page.get_by_role("button", name="Record it").click()
    assert "A follow-up meeting is proposed by" in page.content()
    assert "discharged_at" in state(site.room)["stays"]["S1"]


def test_J_14_a_death_is_recorded_and_shown_with_care(page: Any, site: Site) -> None:
    enter(page, site)
    page.goto(f"{site.journey}/record/death")
    judged(page, "record-death")
    fill_day(page, "died_on", now().date() + timedelta(days=400))
    page.get_by_role("button", name="Record it").click()
    assert "must not be in the future" in page.content()
    fill_day(page, "died_on", now().date())
    page.get_by_role("button", name="Record it").click()
    assert "Everything planned has stopped" in page.content()
    assert page.get_by_role("button", name="Complete the review").count() == 0
    judged(page, "journey-of-the-dead")


def test_the_admission_form_keeps_everything_that_was_typed(page: Any, site: Site) -> None:
    enter(page, site)
    page.goto(f"{site.journey}/record/admission")
    page.get_by_label("Ward").fill("Oak")
    page.get_by_label("Legal status").select_option("03")
    fill_day(page, "occurred_on", now().date() + timedelta(days=400))
    page.get_by_label("At what time?").fill("9:15")
    page.get_by_role("button", name="Record it").click()
    assert page.get_by_label("Ward").input_value() == "Oak"
    assert page.get_by_label("Legal status").input_value() == "03"
    assert "must not be in the future" in page.get_by_role("alert").inner_text()
    judged(page, "record-admission-with-errors")


def test_as_it_was_known_on_a_day(page: Any, site: Site) -> None:
    enter(page, site)
    page.goto(site.journey)
    fill_day(page, "as_of", now().date())
    page.get_by_role("button", name="Show that day").click()
    assert "as it was known at the end of" in page.content()
    judged(page, "journey-as-it-was-known")
    page.goto(f"{site.journey}?as_of=31&as_of=2&as_of=2026")
    assert "must be a real date" in page.content()


def test_whose_journeys_are_shown(page: Any, site: Site) -> None:
    enter(page, site, "Marcus Bell")
    page.goto(site.home)
    assert "You have no journeys like this" in page.content()
    judged(page, "caseload-empty")
    page.goto(f"{site.home}?whose=all&inpatient=yes&review_due=yes")
    assert "Ada Quill" in page.content()
    page.goto(f"{site.home}?whose=all&unallocated=yes")
    assert "Ada Quill" not in page.content()


def test_a_practitioner_reads_their_journey_and_changes_nothing(page: Any, site: Site) -> None:
    enter(page, site, "Amara Osei")
    page.goto(site.home)
    page.get_by_role("link", name="Ada Quill", exact=True).click()
    assert "Review after admission" in page.content()
    assert page.get_by_role("link", name=re.compile("Take back|Record")).count() == 0
    assert page.goto(f"{site.journey}/record/death").status == 403
