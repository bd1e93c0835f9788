"""A referral on the pages: a practitioner sends it, a manager decides; with and without JavaScript."""
from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from tests.integration.referral_room import Pod
from tests.integration.test_referrals_changed_outside import event, offer
from tests.support.browser import axe


class Site:
    """The referrals service served to browsers, its room at hand."""

    def __init__(self, folder: Path):
        self.pod = Pod(folder).staffed()
        self.server = make_server("127.0.0.1", 0, DispatcherMiddleware(self.pod.app, {"/referrals": self.pod.app}), threaded=True)
        self.base = f"http://127.0.0.1:{self.server.server_port}/referrals"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("var"))
    yield site
    site.server.shutdown()
    site.pod.room.database.dispose()


NUMBERS = iter(["9434765919", "9876543210", "4010232137", "9000000009", "9000000017", "9000000025", "9000000033", "9000000041"])


def enter(page: Any, site: Site, name: str) -> None:
    page.goto(f"{site.base}/sign-in")
    page.get_by_role("button", name=name).first.click()


def judged(page: Any, name: str) -> None:
    """Hold the page against WCAG 2.2 AA and a narrow screen, and keep its picture where PICTURES says."""
    assert axe(page) == []
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= 360"), f"{name} is wider than a telephone"
    page.set_viewport_size({"width": 1280, "height": 900})


def day(page: Any, name: str, iso: str) -> None:
    for part, value in zip(("day", "month", "year"), reversed(iso.split("-")), strict=True):
        page.locator(f"#{name}-{part}").fill(value)


def sent(site: Site, name: str, by: str | None = None, papers: bool = True) -> str:
    """Send a referral by the API; give the address of its page. The form has tests of its own."""
    pod = site.pod
    body = pod.body(citizen={"name": name, "date_of_birth": "1984-05-17", "nhs_number": next(NUMBERS), "do_not": ["No letters to " + "x" * 90]},
                    meeting_preference="teams",
                    **({"referrer": {**pod.body()["referrer"], "email": by}} if by else {}), **({} if papers else {"documents": []}))
    answer = pod.caller("practitioner", by).post("", body)
    assert answer.status_code == 201, answer.text
    return f"{site.base}/{answer.json['id']}"


def test_a_practitioner_has_sent_and_a_manager_accepts_and_allocates(page: Any, site: Site) -> None:
    enter(page, site, "Amara Osei")
    page.goto(f"{site.base}/")
    judged(page, "referrals-start")
    here = sent(site, "Rosa Quill")
    page.goto(f"{here}/sent")
    judged(page, "referrals-sent")
    page.get_by_role("link", name="See the referral").click()
    judged(page, "referrals-own")
    assert page.get_by_role("button", name="Accept").count() == 0

    enter(page, site, "Helen Marsh")
    page.goto(f"{site.base}/all?state=complete")
    judged(page, "referrals-list")
    page.get_by_role("rowheader", name="Rosa Quill").wait_for()
    page.goto(here)
    page.get_by_role("button", name="Accept").click()
    judged(page, "referrals-accept")
    page.get_by_role("button", name="Accept the referral").click()
    page.get_by_role("button", name="Choose the development worker").click()
    judged(page, "referrals-allocate")
    page.get_by_label("Wren Callaghan (0 at present)").check()
    page.get_by_role("button", name="Choose").click()
    judged(page, "referrals-accepted")
    assert "Wren Callaghan" in page.inner_text("main") and "Helen Marsh accepted this referral on" in page.inner_text("main")
    offer(site.pod, event("hospital.admitted", 0, ward="Elm" * 60))
    page.reload()
    assert "Admitted to hospital" in page.inner_text("main")
    judged(page, "referrals-long-ward")


def test_two_people_accept_and_the_second_is_told_who_was_first(page: Any, site: Site) -> None:
    enter(page, site, "Amara Osei")
    here = sent(site, "Lev Marlowe")
    enter(page, site, "Helen Marsh")
    page.goto(f"{here}/accept")
    assert site.pod.helen.post(f"/{here.rpartition('/')[2]}/accept").status_code == 200
    page.get_by_role("button", name="Accept the referral").click()
    assert "Helen Marsh accepted this referral on" in page.inner_text("main")
    judged(page, "referrals-second")
    page.get_by_role("link", name="See the referral").click()
    assert page.url == here


def test_without_JavaScript_a_document_is_added_and_a_referral_declined(plain_page: Any, page: Any, site: Site) -> None:
    enter(plain_page, site, "Amara Osei")
    here = sent(site, "Ada Moss", papers=False)
    plain_page.goto(f"{here}/sent")
    assert "The CPA care plan is missing." in plain_page.inner_text("main")
    plain_page.goto(here)
    plain_page.get_by_role("button", name="Add a document").click()
    plain_page.get_by_role("button", name="Add the document").click()
    assert "Choose which document it is" in plain_page.locator(".govuk-error-summary").inner_text()
    plain_page.get_by_label("CPA care plan").check()
    day(plain_page, "dated", site.pod.ago(3))
    plain_page.get_by_role("button", name="Add the document").click()
    assert "The document was added." in plain_page.inner_text("main")
    enter(plain_page, site, "Helen Marsh")
    plain_page.goto(here)
    assert plain_page.get_by_role("button", name="Accept").count() == 0
    plain_page.get_by_role("button", name="Decline").click()
    plain_page.get_by_label("Documents missing or out of date").check()
    plain_page.get_by_label("What will you tell the practitioner?").fill("The risk assessment never came.")
    plain_page.get_by_role("button", name="Decline the referral").click()
    assert "What would change the answer: Add a Steve Morgan risk assessment that is not older than 6 months." in plain_page.inner_text("main")
    enter(page, site, "Helen Marsh")
    page.goto(f"{here}")
    judged(page, "referrals-declined")


def test_R_14_a_practitioner_withdraws_and_nobody_else_sees_it(page: Any, site: Site) -> None:
    enter(page, site, "Tom Whitfield")
    here = sent(site, "Bea Lund", by="tom.whitfield@cmhwt.example")
    page.goto(here)
    page.get_by_role("button", name="Withdraw").click()
    judged(page, "referrals-withdraw")
    page.get_by_label("The citizen moved away").check()
    page.get_by_role("button", name="Withdraw the referral").click()
    assert "withdrew this referral" in page.inner_text("main")
    enter(page, site, "Priya Nair")
    assert page.goto(here).status == 404
    assert page.goto(f"{site.base}/all").status == 403


def test_a_reference_is_found_and_a_wrong_one_said_to_be_so(page: Any, site: Site) -> None:
    enter(page, site, "Wren Callaghan")
    page.goto(f"{site.base}/all")
    reference = page.locator("th[scope=row] a").first.inner_text()
    page.get_by_label("Reference").fill(reference.lower().replace("-", " "))
    page.get_by_role("button", name="Show").click()
    assert page.locator("tbody tr").count() == 1
    page.get_by_label("Reference").fill("R-0000-000")
    page.get_by_role("button", name="Show").click()
    judged(page, "referrals-not-found")
    assert "not a reference of ours" in page.inner_text("main")
