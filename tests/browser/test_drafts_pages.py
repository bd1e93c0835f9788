"""A referral written in a browser: every page by axe and on a telephone, with and without JavaScript."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.test_referrals_pages import Site, enter, judged
from tests.support.drafts import answers, drafted, fill, walk


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("var"))
    yield site
    site.server.shutdown()
    site.pod.room.database.dispose()


def given(site: Site, name: str, number: str, **more: Any) -> dict[str, dict[str, Any]]:
    return answers(site.pod.ago, name={"name": name}, nhs_number={"nhs_number": number}, **more)


def test_R_01_R_03_R_04_a_practitioner_writes_and_sends_a_referral_every_page_judged(page: Any, site: Site) -> None:
    enter(page, site, "Amara Osei")
    page.goto(f"{site.base}/")
    page.get_by_role("button", name="Start now").click()
    judged(page, "drafts-new")
    walk(page, site.base, given(site, "Rosa Quill", "9434765919"), lambda step: judged(page, f"drafts-{step}"))
    assert "Nothing is missing" in page.inner_text("main")
    page.get_by_role("link", name="All steps").click()
    judged(page, "drafts-tasks")
    page.get_by_role("button", name="Check your answers and send").click()
    page.get_by_role("button", name="Send the referral").click()
    assert page.get_by_role("heading", name="Referral sent").is_visible(), page.inner_text("main")
    page.go_back()
    page.reload()
    assert page.get_by_role("heading", name="Referral sent").is_visible()


def test_a_fault_is_said_over_the_page_and_its_link_leads_to_the_box(page: Any, site: Site) -> None:
    root = site.base + drafted(site.pod)
    enter(page, site, "Amara Osei")
    page.goto(f"{root}/date-of-birth?to=check")
    fill(page, {"date_of_birth": ["17", "5", "2084"]})
    page.get_by_role("button", name="Save and continue").click()
    judged(page, "drafts-fault")
    assert page.title().startswith("Error: ") and page.locator("#date_of_birth-year").input_value() == "2084"
    page.get_by_role("link", name="The date of birth must not be in the future").click()
    assert page.evaluate("document.activeElement.id") == "date_of_birth-day"
    fill(page, {"date_of_birth": ["17 May 1984", "", ""]})
    page.get_by_role("button", name="Save and continue").click()
    assert page.url == f"{root}/check" and "17 May 1984" in page.inner_text("main")


def test_N_04_a_way_of_contact_without_its_number_is_mended_from_the_page_that_says_so(page: Any, site: Site) -> None:
    root = site.base + drafted(site.pod, citizen={"name": "Rosa Quill", "date_of_birth": "1984-05-17", "nhs_number": "9434765919"})
    enter(page, site, "Amara Osei")
    page.goto(f"{root}/contact?to=check")
    fill(page, {"contact_by": "text", "contact_when": "After 2pm"})
    page.get_by_role("button", name="Save and continue").click()
    judged(page, "drafts-contact-fault")
    page.goto(f"{root}/check")
    judged(page, "drafts-check-contact")
    page.get_by_role("link", name="How does the citizen want to be contacted?", exact=True).click()
    assert page.locator("#contact_when").input_value() == "After 2pm" and page.locator("[name=contact_by][value=text]").is_checked()
    page.get_by_role("link", name="Enter a telephone number", exact=True).click()
    fill(page, {"telephone": "07700 900123"})
    page.get_by_role("button", name="Save and continue").click()
    assert page.url == f"{root}/check" and "Still to answer" not in page.inner_text("main")


def test_what_is_typed_is_kept_by_going_back_and_asked_about_by_leaving_another_way(page: Any, site: Site) -> None:
    root = site.base + drafted(site.pod, citizen={"name": "Rosa Quill"}, reason="")
    enter(page, site, "Amara Osei")
    page.goto(f"{root}/reason")
    page.get_by_role("link", name="Back").click()
    assert page.url == f"{root}/conditions"
    page.goto(f"{root}/date-of-birth")
    fill(page, {"date_of_birth": ["17", "mrach", "1984"]})
    page.get_by_role("link", name="Back").click()
    assert page.url == f"{root}/name"
    page.goto(f"{root}/date-of-birth")
    assert page.locator("#date_of_birth-month").input_value() == "mrach" and page.title().startswith("Error: ")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    fill(page, {"date_of_birth": ["17", "March", "1984"]})
    page.get_by_role("navigation", name="Services").get_by_role("link").first.click()
    assert asked == ["beforeunload"] and page.locator("#date_of_birth-month").input_value() == "March"
    page.get_by_role("button", name="Skip this for now").click()
    assert asked == ["beforeunload"] and page.url == f"{root}/nhs-number"
    page.goto(f"{root}/check")
    assert "17 March 1984" in page.inner_text("main")


def test_what_another_tab_kept_from_being_saved_is_asked_about_before_going_back(page: Any, site: Site) -> None:
    root = site.base + drafted(site.pod, citizen={"name": "Rosa Quill"})
    enter(page, site, "Amara Osei")
    page.goto(f"{root}/name")
    other = page.context.new_page()
    other.goto(f"{root}/name")
    for tab, name in ((other, "Rose Quill"), (page, "Rosie Quill")):
        fill(tab, {"name": name})
        tab.get_by_role("button", name="Save and continue").click()
    assert "changed in another tab" in page.inner_text("main")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Back").click()
    assert asked == ["beforeunload"] and page.locator("#name").input_value() == "Rosie Quill"


def test_R_04_on_a_telephone_without_JavaScript_it_is_sent_though_it_cannot_be_accepted_yet(plain_page: Any, page: Any, site: Site) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    plain_page.set_viewport_size({"width": 360, "height": 740})
    enter(plain_page, site, "Amara Osei")
    late = {"here": "later", "dated": ["", "", ""]}
    walk(plain_page, site.base, given(site, "Ada Moss", "9000000009", commitment={"commitment_months": "2"}, document_care_plan=late))
    assert "at least 3 are needed" in plain_page.inner_text("main") and "The CPA care plan is missing." in plain_page.inner_text("main")
    address = plain_page.url
    enter(page, site, "Amara Osei")  # on another device
    page.goto(f"{site.base}/")
    page.get_by_role("link", name="Ada Moss").click()
    judged(page, "drafts-attention")
    page.goto(address)
    judged(page, "drafts-not-acceptable")
    plain_page.get_by_role("button", name="Send it anyway, and mend the rest later").click()
    assert plain_page.get_by_role("heading", name="Referral sent").is_visible(), plain_page.inner_text("main")


def test_a_double_submit_makes_one_referral(page: Any, site: Site) -> None:
    root = drafted(site.pod, "tom.whitfield@cmhwt.example", citizen={"name": "Ines Calloway", "date_of_birth": "1990-02-03", "nhs_number": "9876543210"})
    enter(page, site, "Tom Whitfield")
    page.goto(f"{site.base}{root}/check")
    page.evaluate("() => { const f = document.querySelector('main form[method=post]'); const d = new URLSearchParams(new FormData(f));"
                  " return Promise.all([1, 2].map(() => fetch(f.action, {method: 'POST', body: d}))) }")
    found = site.pod.caller("practitioner", "tom.whitfield@cmhwt.example").get(mine="true").json["items"]
    assert [one["citizen"] for one in found].count("Ines Calloway") == 1


def test_R_13_why_it_is_sent_is_asked_after_sending_and_only_staff_see_what_it_may_repeat(page: Any, site: Site) -> None:
    who = {"name": "Noor Haddad", "date_of_birth": "1984-05-17", "nhs_number": "9000000041"}
    site.pod.sent(citizen=who)
    root = site.base + drafted(site.pod, citizen=who)
    enter(page, site, "Amara Osei")
    page.goto(f"{root}/check")
    page.get_by_role("button", name="Send the referral").click()
    judged(page, "drafts-duplicate")
    page.get_by_label("Why do you send it?").fill("The first was for her sister.")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("button", name="Send the referral").click()
    here = page.url.removesuffix("/sent")
    page.goto(here)
    assert "May be with us already" not in page.inner_text("main")
    enter(page, site, "Wren Callaghan")
    page.goto(here)
    assert "The first was for her sister." in page.inner_text("main")


def test_R_05_somebody_under_18_reads_where_to_turn_on_a_telephone_without_JavaScript(plain_page: Any, page: Any, site: Site) -> None:
    page.goto(f"{site.base}/self/younger")
    judged(page, "self-younger-unasked")
    plain_page.set_viewport_size({"width": 360, "height": 740})
    for one in (plain_page, page):
        one.goto(f"{site.base}/self")
        one.get_by_role("button", name="Start now").click()
        one.goto(f"{site.base}/self/date-of-birth")
        fill(one, {"date_of_birth": ["1", "1", str(site.pod.today().year - 16)]})
        one.get_by_role("button", name="Save and continue").click()
        assert one.get_by_role("heading", name="This service is for people of 18 and over").is_visible(), one.inner_text("main")
    judged(page, "self-younger")
    plain_page.get_by_role("link", name="change your date of birth").click()
    fill(plain_page, {"date_of_birth": ["1", "1", "1990"]})
    plain_page.get_by_role("button", name="Save and continue").click()
    assert plain_page.url == f"{site.base}/self/nhs-number"


def test_R_11_a_citizen_refers_themself_without_JavaScript_on_a_telephone(plain_page: Any, page: Any, site: Site) -> None:
    plain_page.set_viewport_size({"width": 360, "height": 740})
    for one in (plain_page, page):
        one.goto(f"{site.base}/self")
    judged(page, "self-start")
    page.get_by_role("button", name="Start now").click()
    plain_page.get_by_role("button", name="Start now").click()
    steps = {"name": {"name": "Jo Pane"}, "date-of-birth": {"date_of_birth": ["1 Feb 1990", "", ""]}, "reach": {"email": "jo@home.example"},
             "contact": {"contact_by": "email", "do_not": "no letters"}, "reason": {"reason": "Company."}, "meeting": {"meeting_preference": "telephone"}}
    for key in ("name", "date-of-birth", "nhs-number", "reach", "contact", "needs", "next-of-kin", "reason", "conditions", "meeting"):
        assert plain_page.url.split("?")[0].endswith(f"/self/{key}")
        page.goto(f"{site.base}/self/{key}")
        judged(page, f"self-{key}")
        fill(plain_page, steps.get(key, {}))
        plain_page.get_by_role("button", name="Save and continue").click()
    for path in ("check", "later", "back"):
        page.goto(f"{site.base}/self/{path}")
        judged(page, f"self-{path}")
    plain_page.get_by_role("button", name="Send").click()
    assert plain_page.get_by_role("heading", name="We have it").is_visible(), plain_page.inner_text("main")
    page.goto(f"{site.base}/self/check")
    page.get_by_role("link", name="What is your name?", exact=True).click()
    page.get_by_label("What is your name?").fill("Jo")
    page.get_by_role("button", name="Save and come back later").click()
    code = page.locator(".govuk-inset-text").inner_text()
    plain_page.get_by_role("button", name="Leave this page and forget me here").click()
    plain_page.get_by_role("link", name="Come back with your code").click()
    plain_page.get_by_label("What is your code?").fill(code)
    plain_page.get_by_role("button", name="Continue").click()
    assert "Jo" in plain_page.inner_text("main") and "Still to answer" in plain_page.inner_text("main")
