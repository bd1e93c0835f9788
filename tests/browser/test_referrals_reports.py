"""Reports of other systems at the pages: a practitioner who leaves, and a death reported of the wrong citizen (R-07, J-14)."""
from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.outbox import INTAKE
from tests.browser.test_referrals_pages import Site, enter, judged, site
from tests.browser.test_triage_pages import referred

__all__ = ["site"]


def report(site: Site, type_: str, number: str, **facts: str) -> None:
    when = datetime.now(UTC) - timedelta(hours=1)
    told = Event(str(uuid.uuid4()), "urn:hospital:a", type_, when, {"nhs_number": number, **facts}, recordedtime=when)
    site.pod.room.inbox.take([Delivery(write(told), message_id=told.id, exchange=INTAKE)])


def test_J_14_a_duty_worker_takes_a_wrong_death_back_and_the_referral_goes_on(page: Any, site: Site) -> None:
    here = referred(site, "Otto Lind", "9876543210")
    report(site, "citizen.died", "9876543210", died_on=site.pod.ago(1))
    enter(page, site, "Wren Callaghan")
    page.goto(here)
    judged(page, "reports-died")
    page.get_by_role("link", name="Take it back if it is wrong").click()
    judged(page, "reports-take-back")
    page.get_by_role("button", name="Take it back").click()
    assert "Say how you know that it is wrong" in page.locator(".govuk-error-summary").inner_text()
    judged(page, "reports-take-back-faults")
    page.get_by_label("How do you know that it is wrong?").fill("I spoke with him this morning.")
    page.get_by_role("button", name="Take it back").click()
    assert "Accept or decline it" in page.inner_text("main") and "I spoke with him this morning." in page.inner_text("main")
    judged(page, "reports-taken-back")


def test_R_07_a_duty_worker_finds_whose_practitioner_left_and_says_who_takes_over(page: Any, site: Site) -> None:
    here = referred(site, "Bea Lund", "9000000017")
    report(site, "keyworker.discharged", "9000000017", practitioner_email="amara.osei@cmhwt.example", closes_on=site.pod.ago(1))
    enter(page, site, "Wren Callaghan")
    page.goto(f"{site.base}/?list=practitioner")
    judged(page, "leaving-list")
    page.locator(f"main a[href$='{here.rpartition('/')[2]}']").click()
    judged(page, "leaving-referral")
    page.get_by_role("link", name="Find out who takes over as practitioner").click()
    page.get_by_label("Name of the practitioner").fill("Priya Nair")
    page.get_by_label("Work email address of the practitioner").fill("priya.nair@eit.example")
    page.get_by_label("Team of the practitioner").select_option("Early Intervention Team")
    page.get_by_label("Why do you change this?").fill("Amara moved to another team.")
    page.get_by_role("button", name="Save the change").click()
    assert "Find out who takes over" not in page.inner_text("main") and "Priya Nair" in page.inner_text("main")
