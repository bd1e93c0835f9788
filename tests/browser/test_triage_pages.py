"""A referral from triage to its development worker, at the pages of the duty worker, the practitioner and the manager."""
from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.outbox import INTAKE
from tests.browser.test_referrals_pages import Site, day, enter, judged, site

__all__ = ["site"]

NEEDS = {"telephone": "07700 900123", "contact_by": "telephone", "contact_when": "after 2pm", "interpreter": "Polish",
         "do_not": ["no letters to my home", "do not ring before 9"], "access_needs": "step-free access",
         "next_of_kin": {"name": "Ana Quill", "relationship": "sister", "telephone": "07700 900456"}}


def referred(site: Site, name: str, number: str, **changes: Any) -> str:
    """Send a referral by API; give the address of its page."""
    citizen = {"name": name, "date_of_birth": "1984-05-17", "nhs_number": number, **changes.pop("needs", {})}
    return f"{site.base}/{site.pod.sent(citizen=citizen, **changes)}"


def admit(site: Site, number: str) -> None:
    when = datetime.now(UTC) - timedelta(hours=1)
    told = Event(str(uuid.uuid4()), "urn:hospital:a", "hospital.admitted", when,
                 {"nhs_number": number, "stay_id": "V1", "ward": "Elm", "legal_status": "02"}, recordedtime=when)
    site.pod.room.inbox.take([Delivery(write(told), message_id=told.id, exchange=INTAKE)])


def test_duty_worker_practitioner_and_manager_bring_a_referral_to_its_development_worker(page: Any, site: Site) -> None:
    here = referred(site, "Rosa Quill", "9434765919", needs=NEEDS, commitment_months=2)
    admit(site, "9434765919")
    enter(page, site, "Wren Callaghan")
    page.goto(here)
    judged(page, "triage-referral")
    assert "Do not: no letters to my home; do not ring before 9" in page.inner_text("main")
    page.get_by_role("button", name="Ask for more").click()
    judged(page, "triage-question")
    page.get_by_role("button", name="Send the question").click()
    assert "Wait for the practitioner’s answer" in page.inner_text("main")

    enter(page, site, "Amara Osei")
    page.goto(here)
    judged(page, "triage-asked-of-you")
    page.get_by_role("link", name="Answer the Pod’s question").click()
    page.get_by_role("button", name="Send the answer").click()
    assert "Enter your answer" in page.locator(".govuk-error-summary").inner_text()
    judged(page, "triage-answer")
    page.get_by_label("Your answer").fill("I can stay for 6 months.")
    page.get_by_role("button", name="Send the answer").click()
    page.get_by_role("link", name="The practitioner commits 2 months").click()
    page.get_by_label("Months the practitioner stays involved").fill("6")
    page.get_by_role("button", name="Save the change").click()
    assert "Enter why you change this" in page.locator(".govuk-error-summary").inner_text()
    judged(page, "triage-amend")
    page.get_by_label("Why do you change this?").fill("My manager agreed.")
    page.get_by_role("button", name="Save the change").click()
    assert "Nothing is needed of you: the Pod decides." in page.inner_text("main")

    enter(page, site, "Helen Marsh")
    page.goto(here)
    judged(page, "triage-to-decide")
    page.get_by_role("button", name="Accept").click()
    judged(page, "triage-accept")
    page.get_by_role("button", name="Accept the referral").click()
    page.get_by_role("link", name="Choose the development worker").click()
    judged(page, "triage-allocate")
    page.get_by_label("Wren Callaghan").check()
    page.get_by_role("button", name="Choose").click()
    judged(page, "triage-allocated")
    page.get_by_role("link", name="Read the rules as they stood in words").click()
    assert page.get_by_role("heading", name="The rules").first.is_visible()


def stacked(page: Any) -> list[str]:
    """Give what is wrong with a table to compare by on a telephone: cells out of sight or unnamed, or no table to a screen reader any more."""
    page.set_viewport_size({"width": 360, "height": 740})
    cells = page.locator(".pod-stacked").first.locator("[data-label]").evaluate_all("""all => all.map(one => ({
        named: one.dataset.label !== "" && getComputedStyle(one, "::before").content.includes(one.dataset.label),
        right: one.getBoundingClientRect().right, left: one.getBoundingClientRect().left}))""")
    faults = [str(one) for one in cells if not one["named"] or one["left"] < 0 or one["right"] > 360]
    found = {role: page.locator(".pod-stacked").first.get_by_role(role).count() for role in ("columnheader", "rowheader", "cell")}
    page.set_viewport_size({"width": 1280, "height": 900})
    return faults + [f"no {role}" for role, count in found.items() if not count] + ([] if cells else ["no cells"])


def test_R_13_a_duty_worker_judges_a_possible_duplicate_side_by_side(page: Any, site: Site) -> None:
    first = referred(site, "Noor Haddad", "9876543210")
    other = {"duplicate_reason": "The first was for her sister.", "reason": "Her husband opens her letters: risk.", "conditions": ["psychosis"]}
    second = referred(site, "Noor Haddad", "9876543210", needs=NEEDS, **other)
    enter(page, site, "Wren Callaghan")
    page.goto(second)
    judged(page, "triage-duplicate")
    page.get_by_role("link", name="Settle whether this citizen is with us already").click()
    page.get_by_role("button", name="Settle it").click()
    judged(page, "triage-settle")
    assert stacked(page) == []
    page.get_by_label("The same request as").check()
    page.get_by_label("Why?").fill("One request, sent twice.")
    page.get_by_role("button", name="Settle it").click()
    judged(page, "triage-merged")
    assert "It goes on with another referral of the same citizen" in page.inner_text("main")
    page.goto(first)
    judged(page, "triage-merged-here")
    assert stacked(page) == []
    assert "Her husband opens her letters: risk." in page.inner_text("main")
    enter(page, site, "Amara Osei")
    page.goto(second)
    judged(page, "triage-goes-on")
    assert "The Pod has not decided about it yet." in page.inner_text("main")
    page.get_by_role("link", name="with which it goes on").click()
    assert page.get_by_role("heading", name="Merged into this referral").is_visible()


def test_each_page_of_an_amendment_is_fit_for_everybody(page: Any, site: Site) -> None:
    here = referred(site, "Ada Moss", "4010232137", needs=NEEDS)
    enter(page, site, "Wren Callaghan")
    for group in ("contact", "identity", "people", "asked", "hospital"):
        page.goto(f"{here}/amend/{group}")
        judged(page, f"triage-amend-{group}")
    for act in ("withdraw", "question"):
        page.goto(f"{here}/{act}")
        judged(page, f"triage-{act}")


def test_R_04_without_JavaScript_a_manager_declines_as_the_page_proposes(plain_page: Any, page: Any, site: Site) -> None:
    here = referred(site, "Lev Marlowe", "9000000009", commitment_months=1)
    enter(plain_page, site, "Helen Marsh")
    plain_page.goto(here)
    assert "Declining is proposed" in plain_page.inner_text("main")
    plain_page.get_by_role("link", name="decline with that reason").click()
    assert plain_page.get_by_label("The practitioner cannot commit long enough").is_checked()
    plain_page.get_by_role("button", name="Decline the referral").click()
    assert "Say what the practitioner is told" in plain_page.locator(".govuk-error-summary").inner_text()
    plain_page.get_by_label("What will you tell the practitioner?").fill("One month is too short for this work.")
    plain_page.get_by_role("button", name="Decline the referral").click()
    assert "What would change the answer: Agree on 3 months or more" in plain_page.inner_text("main")
    enter(page, site, "Helen Marsh")
    page.goto(f"{here}")
    judged(page, "triage-declined")


def test_R_06_without_JavaScript_a_practitioner_puts_right_what_is_missing(plain_page: Any, site: Site) -> None:
    here = referred(site, "Bea Lund", "9000000017", named_person=None, conditions=[], conversation_held_on=site.pod.ago(3))
    enter(plain_page, site, "Amara Osei")
    plain_page.goto(here)
    plain_page.get_by_role("link", name="Nobody is named who carries risk").first.click()
    plain_page.get_by_label("Name of the named person").fill("Tom Whitfield")
    plain_page.get_by_label("Work email address of the named person").fill("tom.whitfield@cmhwt.example")
    plain_page.get_by_label("Team of the named person").select_option("Community Mental Health and Wellbeing Team")
    plain_page.get_by_label("Why do you change this?").fill("I forgot.")
    plain_page.get_by_role("button", name="Save the change").click()
    plain_page.get_by_role("link", name="No condition of this pathway is given.").first.click()
    plain_page.get_by_label("Bipolar disorder").check()
    plain_page.get_by_label("Why do you change this?").fill("I forgot.")
    plain_page.get_by_role("button", name="Save the change").click()
    plain_page.goto(f"{here}/amend/identity")
    day(plain_page, "date_of_birth", "1985-05-17")
    plain_page.get_by_label("Why do you change this?").fill("A slip.")
    plain_page.get_by_role("button", name="Save the change").click()
    assert "17 May 1984" in plain_page.inner_text("main") and "Nothing is needed of you" in plain_page.inner_text("main")
