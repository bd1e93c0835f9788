"""A death said by hand at the pages, what staff know from another referral, and a journey that has closed (J-14, R-13, J-11)."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from tests.browser.test_referrals_pages import Site, enter, judged, site
from tests.browser.test_referrals_reports import report
from tests.browser.test_triage_pages import referred

__all__ = ["site"]


def closed(site: Site, here: str, on: str) -> None:
    """Have the journey say that it closes on a day."""
    id_, at = here.rpartition("/")[2], datetime.now(UTC)
    data = {"journey_id": "11111111-1111-4111-8111-111111111111", "reference": "J-1", "told": [], "referral_id": id_, "closes_on": on}
    told = Event(f"closing-{id_}", "urn:pod:journeys", "journey.closing_set", at, data, version=2, about="closing", revision=1, recordedtime=at)
    site.pod.room.inbox.take([Delivery(write(told), message_id=told.id)])


def test_J_14_a_practitioner_withdraws_because_the_citizen_died_and_says_when(page: Any, site: Site) -> None:
    here = referred(site, "Edda Lorne", "9000000025")
    enter(page, site, "Amara Osei")
    page.goto(f"{here}/withdraw")
    page.get_by_label("The citizen died").check()
    page.get_by_role("button", name="Withdraw the referral").click()
    assert "Enter the day on which the citizen died" in page.locator(".govuk-error-summary").inner_text()
    judged(page, "deaths-which-day")
    on = datetime.now(UTC) - timedelta(days=2)
    for name, value in (("Day", on.day), ("Month", on.month), ("Year", on.year)):
        page.get_by_label(name, exact=True).fill(str(value))
    page.get_by_role("button", name="Withdraw the referral").click()
    assert "We are sorry" in page.inner_text("main")
    judged(page, "deaths-withdrawn")


def test_R_13_a_duty_worker_sees_at_triage_that_the_citizen_is_known_to_have_died(page: Any, site: Site) -> None:
    referred(site, "Orla Finch", "9000000033")
    report(site, "citizen.died", "9000000033", died_on=site.pod.ago(1))
    here = referred(site, "Orla Finch", "9000000033", pathway="prevention", conditions=[], documents=[], duplicate_reason="She asked me to.")
    enter(page, site, "Wren Callaghan")
    page.goto(here)
    assert "We are sorry: Orla Finch died on" in page.inner_text("main") and "is not shown it before it is accepted" in page.inner_text("main")
    judged(page, "deaths-known-elsewhere")


def test_J_11_a_referral_whose_journey_has_closed_says_so_and_asks_nothing(page: Any, site: Site) -> None:
    here = referred(site, "Nils Hale", "9000000041")
    assert site.pod.helen.post(f"/{here.rpartition('/')[2]}/accept").status_code == 200
    closed(site, here, site.pod.ago(-9))
    enter(page, site, "Wren Callaghan")
    page.goto(here)
    assert "Until then everything goes on" in page.inner_text("main") and "Record a death" in page.inner_text("main")
    judged(page, "closed-not-yet")
    closed_already = referred(site, "Nora Hale", "9000000068")
    assert site.pod.helen.post(f"/{closed_already.rpartition('/')[2]}/accept").status_code == 200
    closed(site, closed_already, site.pod.ago(1))
    page.goto(closed_already)
    assert "The journey closed on" in page.inner_text("main") and "Choose the development worker" not in page.inner_text("main")
    judged(page, "closed-referral")
    page.goto(f"{closed_already}/meeting")
    judged(page, "closed-meeting")
