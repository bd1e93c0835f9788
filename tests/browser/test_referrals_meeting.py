"""Documents, the first meeting and who looked, on the pages: by keyboard and mouse, desktop and telephone, with and without JavaScript."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

import pytest

from shared.calendar import LONDON, add_working_days
from tests.browser.test_referrals_pages import Site, day, enter, judged
from tests.support import papers

WREN = "wren.callaghan@pod.example"
PLAN = {"name": "Rosa's care plan.pdf", "mimeType": "application/pdf", "buffer": papers.pdf(filling=b"plan")}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("var"))
    yield site
    site.server.shutdown()
    site.pod.room.database.dispose()


def allocated(site: Site) -> str:
    pod = site.pod
    id_ = pod.sent(citizen={**pod.body()["citizen"], "nhs_number": "9876543210"}, duplicate_reason="It is another person.")
    pod.wren.post(f"/{id_}/keep", {"reason": "Somebody else."})
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    pod.helen.post(f"/{id_}/allocate", {"development_worker_email": WREN, "development_worker_name": "Wren Callaghan"})
    return id_


def test_R_07_the_practitioner_says_when_and_the_worker_offers_moves_and_calls_off(page: Any, site: Site) -> None:
    id_, soon = allocated(site), add_working_days(site.pod.today(), 4)
    words = f"{soon:%A} {soon.day} {soon:%B}"
    enter(page, site, "Amara Osei")
    page.goto(f"{site.base}/{id_}")
    page.get_by_role("link", name="Say when you or the citizen can come").click()
    for whose in ("the practitioner can", "the citizen can"):
        page.get_by_role("link", name=whose).click()
        if whose.startswith("the practitioner"):
            judged(page, "meeting-times")
            page.get_by_role("button", name="Save the times").click()
            assert "Tick at least one half day" in page.locator(".govuk-error-summary").inner_text()
            page.locator(".govuk-error-summary a").click()
            assert page.evaluate("document.activeElement.id") == "halves"
            judged(page, "meeting-times-faults")
        page.get_by_label(f"{words}, Morning").check()
        page.get_by_label(f"{words}, Afternoon").check()
        page.get_by_role("button", name="Save the times").click()
    judged(page, "meeting-practitioner")
    assert page.get_by_role("button", name="Offer the meeting").count() == 0

    enter(page, site, "Wren Callaghan")
    page.goto(f"{site.base}/{id_}/meeting")
    page.get_by_role("link", name="the development worker can").click()
    page.get_by_label(f"{words}, Morning").check()
    page.get_by_role("button", name="Save the times").click()
    judged(page, "meeting-to-offer")
    page.get_by_role("button", name="Offer the meeting").click()
    judged(page, "meeting-offer")
    page.get_by_label(f"{words} {soon.year}, 10am to 11am").check()
    page.get_by_label("Where exactly? (optional)").fill("Garden room")
    page.get_by_role("button", name="Offer the meeting").click()
    judged(page, "meeting-offered")
    assert f"{words} {soon.year}, 10am to 11am" in page.inner_text("main") and "Garden room" in page.inner_text("main")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Put it into your calendar").click()
    assert taken.value.suggested_filename.endswith(".ics")
    page.get_by_role("button", name="Call it off").click()
    judged(page, "meeting-call-off")
    page.get_by_label("Why is it called off?").fill("The citizen has a cold.")
    page.get_by_role("button", name="Call it off").click()
    judged(page, "meeting-called-off")
    page.goto(f"{site.base}/{id_}")
    judged(page, "meeting-on-the-referral")
    assert "The citizen has a cold." in page.inner_text("main")


def arranged(site: Site, name: str, number: str, worker: str) -> str:
    """Have a first meeting offered for a worker, ten o'clock in four working days."""
    pod, start = site.pod, datetime.combine(add_working_days(site.pod.today(), 4), time(10), LONDON)
    id_ = pod.sent(citizen={**pod.body()["citizen"], "name": name, "date_of_birth": "1991-02-03", "nhs_number": number})
    for path, body in (("accept", None), ("allocate", {"development_worker_email": worker}),
                       ("meeting", {"starts_at": start.isoformat(), "mode": "in_person", "place": "Garden room", "agreed": True})):
        assert pod.helen.post(f"/{id_}/{path}", body).status_code == 200
    return id_


def test_R_07_a_manager_sees_who_is_engaged_then_and_the_new_worker_keeps_the_time_or_has_to_move_it(page: Any, site: Site) -> None:
    id_ = arranged(site, "Ivo Stern", "4010232137", WREN)
    arranged(site, "Lena Frost", "9000000009", "marcus.bell@pod.example")
    enter(page, site, "Helen Marsh")
    page.goto(f"{site.base}/{id_}/allocate")
    judged(page, "meeting-allocate-another")
    assert "The first meeting is offered for" in page.inner_text("main")
    page.get_by_label("Marcus Bell (1 at present), has another first meeting at that time").check()
    page.get_by_role("button", name="Choose").click()
    assert "check with them that it suits" in page.inner_text("main")
    judged(page, "meeting-passed-on")
    page.get_by_role("link", name="Check that the first meeting suits the new development worker").click()
    judged(page, "meeting-passed-on-engaged")
    page.get_by_role("button", name="Move the meeting").click()
    judged(page, "meeting-passed-on-to-move")
    assert page.get_by_label("Keep").count() == 0
    page.goto(f"{site.base}/{id_}/allocate")
    page.get_by_label("Sunita Rao (0 at present)").check()
    page.get_by_role("button", name="Choose").click()

    enter(page, site, "Sunita Rao")
    page.goto(f"{site.base}/?list=arrange")
    judged(page, "worklist-to-check")
    page.goto(f"{site.base}/{id_}/meeting")
    judged(page, "meeting-to-check")
    page.get_by_role("button", name="Keep or move the meeting").click()
    judged(page, "meeting-to-keep")
    page.get_by_label("the new development worker can").check()
    page.get_by_role("button", name="Save").click()
    judged(page, "meeting-kept")
    assert "The meeting stays at its time." in page.inner_text("main") and "new to this referral" not in page.inner_text("main")
    enter(page, site, "Amara Osei")
    page.goto(f"{site.base}/{id_}/meeting")
    assert "another first meeting" not in page.inner_text("main")


def test_R_06_without_JavaScript_a_document_comes_with_its_file_and_is_taken_out_again(plain_page: Any, page: Any, site: Site) -> None:
    id_ = site.pod.sent(documents=[], duplicate_reason="I did not know.")
    enter(plain_page, site, "Amara Osei")
    plain_page.goto(f"{site.base}/{id_}")
    plain_page.get_by_role("button", name="Add a document").click()
    plain_page.get_by_label("CPA care plan").check()
    plain_page.locator("#file").set_input_files(PLAN)
    plain_page.get_by_role("button", name="Add the document").click()
    assert "Enter the date of the document" in plain_page.locator(".govuk-error-summary").inner_text()
    assert "Rosa's care plan.pdf" in plain_page.inner_text("main")  # it need not be chosen again
    day(plain_page, "dated", site.pod.ago(3))
    plain_page.get_by_role("button", name="Add the document").click()
    with plain_page.expect_download() as taken:
        plain_page.get_by_role("link", name="Rosa's care plan.pdf").click()
    assert taken.value.suggested_filename == "Rosa's care plan.pdf"

    enter(page, site, "Wren Callaghan")
    page.goto(f"{site.base}/{id_}")
    judged(page, "documents-on-the-referral")
    page.goto(f"{site.base}/{id_}/documents/add")
    judged(page, "documents-add")
    page.goto(f"{site.base}/{id_}")
    page.get_by_role("link", name="Take out").click()
    judged(page, "documents-remove")
    page.get_by_label("Why is it taken out?").fill("It is somebody else’s.")
    page.get_by_role("button", name="Take it out").click()
    page.get_by_text("Taken out (1)").click()
    judged(page, "documents-taken-out")
    page.goto(f"{site.base}/{id_}/looked")
    judged(page, "looked")
    assert "Amara Osei" in page.inner_text("main") and "A document: CPA care plan of" in page.inner_text("main")
