"""Two teams refer one citizen: each sees what their referral says, and staff take over what the record should say (R-13, R-14)."""
from __future__ import annotations

from typing import Any

from tests.browser.test_referrals_pages import Site, enter, judged, site

__all__ = ["site"]

HETTIE = {"name": "Hettie Moss", "date_of_birth": "1979-03-27", "nhs_number": "9990014817"}
PRIYA = {"name": "Priya Nair", "email": "priya.nair@eit.example", "role": "care_coordinator", "team": "Early Intervention Team"}


def test_R_13_what_two_teams_say_of_one_citizen_stands_side_by_side_until_staff_have_asked(page: Any, site: Site) -> None:
    pod = site.pod
    first = f"{site.base}/{pod.sent(citizen={**HETTIE, 'telephone': '07700 900123'})}"
    husband = "No letters to my home: my husband opens them"
    said = {**HETTIE, "telephone": "07700 900999", "do_not": [husband], "next_of_kin": {"name": "Ola Moss", "relationship": "Sister"}}
    sent = pod.priya.post("", pod.body(citizen=said, referrer=PRIYA, duplicate_reason="She asked me to."))
    second = f"{site.base}/{sent.json['id']}"

    enter(page, site, "Amara Osei")
    page.goto(first)
    judged(page, "differences-practitioner")
    assert "husband" not in page.inner_text("main") and "07700 900123" in page.inner_text("main")
    page.goto(f"{first}/amend/contact")
    page.get_by_label("What must we not do?").fill("No calls before noon")
    page.get_by_label("Why do you change this?").fill("She asked.")
    page.get_by_role("button", name="Save the change").click()
    assert "The Pod’s lists say so." in page.inner_text("main")

    enter(page, site, "Wren Callaghan")
    page.goto(f"{site.base}/?list=all")
    assert "by Amara Osei" in page.inner_text("main")
    judged(page, "differences-list")
    page.goto(second)
    judged(page, "differences-staff")
    assert f"Do not: {husband}; No calls before noon" in page.inner_text("main")
    page.get_by_role("link", name="Take it over").click()
    assert page.get_by_label("Telephone number").input_value() == "07700 900999"
    judged(page, "differences-take-over")
    page.get_by_label("Why do you change this?").fill("I rang: this one is hers.")
    page.get_by_role("button", name="Save the change").click()
    assert "This referral says otherwise" not in page.inner_text("main")
    judged(page, "differences-taken-over")


def test_N_04_whoever_works_with_the_citizen_sees_what_not_to_do_and_amends_their_own_wishes(page: Any, site: Site) -> None:
    pod = site.pod
    ada = {"name": "Ada Lund", "date_of_birth": "1984-05-17", "nhs_number": "9990001480"}
    first = pod.sent(citizen={**ada, "do_not": ["No calls before noon"]})
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    pod.priya.post("", pod.body(citizen={**ada, "do_not": ["No letters"]}, referrer=PRIYA, duplicate_reason="She asked me to."))
    enter(page, site, "Amara Osei")
    page.goto(f"{site.base}/{first}")
    assert "Do not: No calls before noon; No letters" in page.inner_text("main")
    page.goto(f"{site.base}/{first}/amend/contact")
    assert page.get_by_label("What must we not do?").input_value() == "No calls before noon"
    judged(page, "differences-other-wishes")


def test_R_13_a_duty_worker_says_that_somebody_in_doubt_is_the_same_person(page: Any, site: Site) -> None:
    pod = site.pod
    kit = {"name": "Kit Boland", "date_of_birth": "1991-01-02", "nhs_number": "9990000379"}
    pod.sent(citizen=kit)
    sent = pod.priya.post("", pod.body(citizen={**kit, "name": "Kitty Boland"}, referrer=PRIYA, duplicate_reason="Hers."))
    enter(page, site, "Wren Callaghan")
    page.goto(f"{site.base}/{sent.json['id']}")
    judged(page, "differences-doubt")
    page.get_by_role("link", name="say so here").click()
    assert page.get_by_label("Name", exact=True).input_value() == "Kit Boland" and page.get_by_label("NHS number").input_value() == "999 000 0379"
    judged(page, "differences-doubt-settled")
    page.get_by_label("Why do you change this?").fill("Her practitioner says so.")
    page.get_by_role("button", name="Save the change").click()
    assert "The NHS number does not agree" not in page.inner_text("main")
