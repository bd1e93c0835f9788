"""The worklists on the pages: the duty worker finds what is due, the manager allocates from the list, a practitioner sees what is asked."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from services.referrals import store
from shared.calendar import end_of_london_day, london_day
from tests.browser.test_referrals_pages import Site, enter, judged

NAMES = {"Rosa Quill": "9434765919", "Bea Lund": "9876543210", "Tomas Ferri": "4010232137", "Ines Aldous": "9000000009"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Four referrals: one due today, one whose first meeting is breached, one accepted, one asked about."""
    site = Site(tmp_path_factory.mktemp("var"))
    pod = site.pod
    ids = {name: pod.sent(citizen={"name": name, "date_of_birth": "1984-05-17", "nhs_number": number},
                          **({"documents": []} if name == "Ines Aldous" else {})) for name, number in NAMES.items()}
    assert pod.helen.post(f"/{ids['Tomas Ferri']}/accept").status_code == 200
    assert pod.wren.post(f"/{ids['Ines Aldous']}/questions", {"words": "Please send both documents."}).status_code == 201
    for name, days in (("Rosa Quill", 0), ("Bea Lund", 9)):
        _due(pod, ids[name], days)
    yield site
    site.server.shutdown()
    pod.room.database.dispose()


def _due(pod: Any, id_: str, days_ago: int) -> None:
    """Put the target of a referral so many days back, as if it had been sent before."""
    with pod.room.database.transaction() as connection:
        due = london_day(pod.room.database.now(connection)) - timedelta(days=days_ago)
        connection.execute(store.referrals.update().where(store.referrals.c.id == id_).values(
            due_on=due.isoformat(), target_on=due.isoformat(), late_from=end_of_london_day(due + timedelta(days=7))))


def rows(page: Any) -> list[str]:
    return [row.inner_text() for row in page.locator("tbody tr").all()]


def test_R_07_the_duty_worker_finds_what_is_due_today_and_what_is_overdue(page: Any, site: Site) -> None:
    enter(page, site, "Wren Callaghan")
    page.goto(f"{site.base}/")
    assert page.get_by_role("heading", level=1).inner_text() == "To triage"
    judged(page, "worklists-triage")
    page.get_by_role("link", name="Due today 1 referral").click()
    judged(page, "worklists-today")
    (row,) = rows(page)
    assert "Rosa Quill" in row and "due today" in row.lower() and "Accept or decline it" in row
    page.get_by_role("link", name="Overdue 1 referral").click()
    judged(page, "worklists-overdue")
    (row,) = rows(page)
    assert "Bea Lund" in row and "Breached" in row and "working days overdue" in row
    page.locator("tbody th a").click()
    assert "Bea Lund" in page.get_by_role("heading", level=1).inner_text()


def test_a_worklist_is_filtered_and_kept_in_the_address(page: Any, site: Site) -> None:
    enter(page, site, "Wren Callaghan")
    page.goto(f"{site.base}/all")
    page.get_by_label("Reference, NHS number or name").fill("bea")
    page.get_by_role("button", name="Show").click()
    assert [("Bea Lund" in row) for row in rows(page)] == [True] and "find=bea" in page.url
    page.get_by_text("Filter and sort").click()
    page.get_by_label("Pathway").select_option("sip")
    page.get_by_role("button", name="Apply").click()
    assert "No referrals here" in page.inner_text("main")
    judged(page, "worklists-filtered")
    page.get_by_role("link", name="1 in All referrals").click()
    assert [("Bea Lund" in row) for row in rows(page)] == [True]
    page.get_by_role("link", name="Clear all filters").click()
    assert len(rows(page)) == 4
    page.get_by_label("Reference, NHS number or name").fill("943 476 5918")
    page.get_by_role("button", name="Show").click()
    assert "not an NHS number" in page.inner_text("main") and page.get_by_label("Reference, NHS number or name").input_value() == "943 476 5918"


def test_no_word_of_a_list_is_broken(page: Any, site: Site) -> None:
    enter(page, site, "Wren Callaghan")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{site.base}/all")
        whole = page.locator("tbody td .govuk-hint").filter(has_text=re.compile("^practitioner$"))
        assert whole.count() == 4 and {len(lines) for lines in whole.evaluate_all("found => found.map(one => [...one.getClientRects()])")} == {1}
    page.set_viewport_size({"width": 1280, "height": 900})


def test_R_01_the_manager_allocates_from_the_list(page: Any, site: Site) -> None:
    enter(page, site, "Helen Marsh")
    page.goto(f"{site.base}/")
    assert page.locator("nav[aria-label=Worklists] a").all_inner_texts()[0].startswith("To decide")
    page.get_by_role("link", name="To allocate 1 referral").click()
    judged(page, "worklists-allocate")
    (row,) = rows(page)
    assert "Tomas Ferri" in row and "Choose the development worker" in row
    page.locator("tbody th a").click()
    page.get_by_role("button", name="Choose the development worker").first.click()
    page.get_by_label("Wren Callaghan (0 at present)").check()
    page.get_by_role("button", name="Choose", exact=True).click()
    page.goto(f"{site.base}/?list=allocate")
    assert "No referrals here" in page.inner_text("main")
    page.get_by_role("link", name="First meetings to arrange 1 referral").click()
    assert "Wren Callaghan" in rows(page)[0]


def test_R_14_a_practitioner_sees_what_is_asked_and_where_each_stands(page: Any, site: Site) -> None:
    enter(page, site, "Amara Osei")
    page.goto(f"{site.base}/")
    judged(page, "worklists-practitioner")
    asked = page.get_by_role("region", name="Asked of you")
    assert "Ines Aldous" in asked.inner_text() and "CPA care plan is missing" in asked.inner_text()
    assert "asked for more" in page.get_by_role("region", name="What happened lately").inner_text()
    page.get_by_role("link", name="All your referrals").click()
    judged(page, "worklists-mine")
    assert len(rows(page)) == 4 and "The Pod has asked you something." in page.inner_text("main")
    page.goto(f"{site.base}/")
    page.get_by_role("link", name="Answer the Pod’s question").click()
    assert "Please send both documents." in page.inner_text("main")


def test_R_14_a_practitioner_of_another_team_sees_none_of_it(page: Any, site: Site) -> None:
    enter(page, site, "Priya Nair")
    page.goto(f"{site.base}/")
    assert "You have sent no referrals yet" in page.inner_text("main")
    page.get_by_role("link", name="Your team’s referrals").click()
    assert "No referrals to show" in page.inner_text("main")
