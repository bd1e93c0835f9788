"""The path from end to end, as its users walk it: a referral on a page, a journey, an admission from outside, people told.

Embedded and on RabbitMQ + PostgreSQL, with JavaScript and without. The publisher is always somebody outside.
"""
from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from shared.calendar import add_working_days, london_day
from shared.web.layout import day as in_words
from tests.support.browser import axe
from tests.support.drafts import answers, walk
from tests.support.outside import Hospital, OverAmqp, OverHttps, WithPod
from tests.support.suite import AMARA, HELEN, WREN, ServerSuite, Suite, days_ago, hours_ago, nhs_number, wait_for


@pytest.fixture
def look(page: Any) -> Callable[[], None]:
    """Give a function that holds the page shown against WCAG 2.2 AA."""
    def check() -> None:
        assert axe(page) == [], page.url
    return check


def not_looked() -> None:
    """Axe needs JavaScript; the same pages are looked at with it."""


def test_the_path_embedded(page: Any, look: Callable[[], None], embedded: Suite) -> None:
    Walk(page, embedded, OverHttps(embedded), look).whole()


def test_the_path_embedded_with_JavaScript_off(plain_page: Any, embedded: Suite) -> None:
    Walk(plain_page, embedded, WithPod(embedded), not_looked).whole()


def test_the_path_on_RabbitMQ_and_PostgreSQL(page: Any, look: Callable[[], None], server: ServerSuite) -> None:
    Walk(page, server, OverAmqp(server.publisher_url()), look).whole()


def test_the_path_on_RabbitMQ_and_PostgreSQL_with_JavaScript_off(plain_page: Any, server: ServerSuite) -> None:
    Walk(plain_page, server, WithPod(server, server.publisher_url("pas")), not_looked).whole()


class Walk:
    """One referral on its way through the suite."""

    def __init__(self, page: Any, suite: Suite, hospital: Hospital, look: Callable[[], None]):
        self.page, self.suite, self.hospital, self.look = page, suite, hospital, look
        self.number = nhs_number()
        self.name = f"Rosa Quill {self.number[-4:]}"
        self.reference = ""

    def whole(self) -> None:
        self.practitioner_sends()
        self.manager_accepts_and_allocates()
        self.hospital_admits()
        self.both_are_told()
        self.hospital_takes_it_back()
        self.both_are_told_of_the_correction_once()
        self.late_and_out_of_order()

    def practitioner_sends(self) -> None:
        """A practitioner sends a referral on the web page (R-01, R-03, R-04, R-06)."""
        page = self.page
        self.enter("Amara Osei", "/referrals/drafts/new")
        self.look()
        walk(page, f"{self.suite.base}/referrals", answers(days_ago, name={"name": self.name}, nhs_number={"nhs_number": self.number}))
        self.look()
        page.get_by_role("button", name="Send the referral").click()
        assert page.get_by_role("heading", name="Referral sent").is_visible(), page.inner_text("main")
        self.look()
        self.referral = page.url.removesuffix("/sent")

    def manager_accepts_and_allocates(self) -> None:
        """A manager accepts it, a journey opens (J-01), and its development worker is chosen."""
        page = self.page
        self.enter("Helen Marsh", self.referral.removeprefix(self.suite.base))
        page.get_by_role("button", name="Accept").click()
        page.get_by_role("button", name="Accept the referral").click()
        self.look()
        self.see_journey()
        assert "None yet" in self.stands()
        # no event names the manager, and nobody typed an address: the directory does (N-01)
        asked = wait_for(lambda: self.suite.told(self.reference, HELEN), "the manager is told that a development worker is needed")
        assert [(one["rule"], one["state"]) for one in asked] == [("journey-opened", "sent")]
        page.goto(self.referral)
        page.get_by_role("button", name="Choose the development worker").click()
        page.get_by_label("Wren Callaghan").check()
        page.get_by_role("button", name="Choose", exact=True).click()
        self.see("Wren Callaghan")

    def hospital_admits(self) -> None:
        """Another system says that the citizen was admitted: inpatient, and a review in 2 working days (J-10)."""
        self.hospital.says("hospital.admitted", self.about("V1", ward="Oak", legal_status="02"), time=hours_ago(3))
        self.see("In hospital")
        due = in_words(add_working_days(london_day(datetime.fromisoformat(hours_ago(3))), 2))
        text = self.page.inner_text("main")
        assert f"Due on {due}." in text and "Review after admission" in text, text
        assert "Oak" in text and "Admitted to hospital" in text
        self.look()

    def both_are_told(self) -> None:
        """The development worker and the practitioner are told, on the page and by the API (N-03)."""
        for email in (WREN, AMARA):
            (message,) = self.told(email, 1)
            assert message["state"] == "sent" and message["correction_of"] is None and self.name not in message["text"]
            self.page.goto(f"{self.suite.base}/notifications/?recipient={email}")
            assert self.page.get_by_role("link", name=message["subject"]).first.is_visible()
        self.look()

    def hospital_takes_it_back(self) -> None:
        """The admission had never been: no mark, no review, struck through on the timeline (J-13)."""
        self.hospital.says("hospital.admission_cancelled", self.about("V1"), time=hours_ago(1))
        self.see("In hospital", gone=True)
        text = self.page.inner_text("main")
        assert "Not needed" in text and "Complete the review" not in text
        assert self.page.locator(".pod-timeline s").first.inner_text() == "Admitted to hospital"
        self.look()

    def both_are_told_of_the_correction_once(self) -> None:
        """Whoever was told first is told of the correction, once, however often it is said (N-07)."""
        for email in (WREN, AMARA):
            first, correction = self.told(email, 2)
            assert correction["correction_of"] == first["id"] and "corrected" in correction["text"]
        self.hospital.says_again()
        self.hospital.says("hospital.admission_cancelled", self.about("V1"), time=hours_ago(1))
        # something later that must have come through shows that the repeats have too
        self.hospital.says("hospital.admitted", self.about("V2"), time=hours_ago(0.5))
        self.see("In hospital")
        for email in (WREN, AMARA):
            assert len(self.told(email, 3)) == 3

    def late_and_out_of_order(self) -> None:
        """A discharge before its admission, and both late: what happened last by its own time wins (J-13)."""
        self.hospital.says("hospital.discharged", self.about("V2"), time=hours_ago(0.2))
        self.see("In hospital", gone=True)
        self.hospital.says("hospital.discharged", self.about("V0"), time=hours_ago(0.1))
        self.see("Admission not reported")
        self.hospital.says("hospital.admitted", self.about("V0", ward="Elm"), time=hours_ago(0.15))
        self.see("Elm")
        assert "In hospital" not in self.stands()
        journey = self.suite.journey(self.number)
        assert journey["inpatient"] is False and {stay["running"] for stay in journey["stays"]} == {False}
        assert not self.hospital.sent & {one["event_id"] for one in self.suite.parked()}
        self.look()

    def enter(self, name: str, path: str) -> None:
        """Sign in as an invented person, on the way to a page."""
        self.page.context.clear_cookies()
        self.page.goto(self.suite.base + path)
        self.page.get_by_role("button", name=name).click()
        assert self.page.url.removeprefix(self.suite.base) == path

    def see_journey(self) -> None:
        """Go to the journey as the manager finds it: by its citizen's name in the list."""
        def there() -> Any:
            self.page.goto(f"{self.suite.base}/journeys/?whose=all&unallocated=yes")
            return self.page.get_by_role("link", name=self.name, exact=True).count()
        wait_for(there, "the journey opens", every=0.3)
        self.look()
        self.page.get_by_role("link", name=self.name, exact=True).click()
        self.look()
        self.address = self.page.url
        self.reference = self.page.locator(".govuk-caption-l").inner_text().removeprefix("Journey ")

    def see(self, words: str, gone: bool = False) -> None:
        """Reload the journey until its page says so (or no longer says so beside how it stands)."""
        def so() -> bool:
            self.page.goto(self.address)
            return words not in self.stands() if gone else words in self.page.inner_text("main")
        wait_for(so, f"{'no longer ' if gone else ''}{words!r}", every=0.3)

    def stands(self) -> str:
        """Give what the journey's page says at its top."""
        return str(self.page.locator("dl.govuk-summary-list").first.inner_text())

    def told(self, email: str, count: int) -> list[dict[str, Any]]:
        """Wait until somebody was told so often about admissions of this journey; give the messages."""
        def enough() -> list[dict[str, Any]]:
            found = [one for one in self.suite.told(self.reference, email) if one["rule"].startswith("admission-")]
            return found if len(found) >= count else []
        found = wait_for(enough, f"{email} is told {count} times")
        assert len(found) == count, json.dumps(found, indent=1)
        return list(found)

    def about(self, stay: str, **more: str) -> dict[str, str]:
        return {"nhs_number": self.number, "stay_id": f"{self.number}-{stay}", **more}
