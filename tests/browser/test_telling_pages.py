"""A citizen who referred themself, in a browser: where it stands for them, and how staff see to it that they hear; every page by axe and on a telephone."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.test_referrals_pages import Site, enter, judged
from tests.integration.test_referrals_telling import DECLINE, accepted, arrived, offered
from tests.integration.test_self_referral import sent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("var"))
    yield site
    site.server.shutdown()
    site.pod.room.database.dispose()


def test_R_11_staff_tell_a_citizen_what_happened_and_write_it_down_without_JavaScript(plain_page: Any, page: Any, site: Site) -> None:
    id_ = arrived(site.pod, name="Jo Pane", email="jo@home.example", contact_by="email", contact_when="After 2pm", do_not=["No calls: others listen"])
    accepted(site.pod, id_)
    offered(site.pod, id_)
    for one in (plain_page, page):
        enter(one, site, "Wren Callaghan")
    page.goto(f"{site.base}/?list=tell")
    assert "Tell the citizen that the Pod will work with them and when the first meeting is" in page.inner_text("main")
    judged(page, "telling-list")
    page.get_by_role("link", name="R-").first.click()
    judged(page, "telling-referral")
    assert "No calls: others listen" in page.locator("section[aria-labelledby=next]").inner_text()
    plain_page.goto(f"{site.base}/{id_}/told")
    plain_page.get_by_role("button", name="Write it down").click()
    assert plain_page.title().startswith("Error: ") and plain_page.locator("[name=what]:checked").count() == 2
    page.goto(f"{site.base}/{id_}/told")
    for legend in ("What were they told?", "How were they told?", "When?"):
        assert page.get_by_role("group", name=legend).is_visible()
    judged(page, "telling-told")
    page.get_by_role("button", name="Write it down").click()
    judged(page, "telling-fault")
    plain_page.get_by_label("By email").check()
    plain_page.get_by_role("button", name="Write it down").click()
    assert "It was written down that the citizen was told." in plain_page.inner_text("main")
    assert "Hold the first meeting" in plain_page.inner_text("main")
    plain_page.goto(f"{site.base}/?list=tell")
    assert "No referrals here" in plain_page.inner_text("main")


def test_R_11_a_citizen_sees_where_it_stands_writes_to_us_and_takes_it_back_on_a_telephone_without_JavaScript(plain_page: Any, page: Any, site: Site) -> None:
    citizen = sent(site.pod, name={"name": "Ada Moss"})
    code = next(word for word in citizen.words.split() if word.count("-") == 2 and len(word) == 16)
    plain_page.set_viewport_size({"width": 360, "height": 740})
    for one in (plain_page, page):
        one.goto(f"{site.base}/self/back")
        one.get_by_label("What is your code?").fill(code)
        one.get_by_role("button", name="Continue").click()
        assert one.get_by_role("heading", name="We have it").is_visible()
    judged(page, "self-sent")
    page.get_by_role("button", name="Tell us what has changed").click()
    page.get_by_role("button", name="Send").click()
    judged(page, "self-message")
    assert page.title().startswith("Error: ")
    plain_page.get_by_role("button", name="Tell us what has changed").click()
    plain_page.get_by_label("What has changed?").fill("My number is 07700 900555 now.")
    plain_page.get_by_role("button", name="Send").click()
    assert "We have your message" in plain_page.inner_text("main")
    page.goto(f"{site.base}/self/withdraw")
    judged(page, "self-withdraw")
    plain_page.get_by_role("link", name="Take it back").click()
    plain_page.get_by_role("button", name="Yes, take it back").click()
    assert plain_page.get_by_role("heading", name="You took it back").is_visible()
    enter(page, site, "Wren Callaghan")
    page.goto(f"{site.base}/?list=tell")
    page.get_by_role("link", name="R-").first.click()
    judged(page, "telling-wrote")
    assert "My number is 07700 900555 now." in page.inner_text("main") and "The citizen withdrew this referral" in page.inner_text("main")


def test_R_14_a_citizen_reads_that_they_are_declined_and_how_to_reach_us(page: Any, site: Site) -> None:
    citizen = sent(site.pod, name={"name": "Bea Lund"})
    code = next(word for word in citizen.words.split() if word.count("-") == 2 and len(word) == 16)
    id_ = next(one["id"] for one in site.pod.wren.get().json["items"] if one["citizen"] == "Bea Lund")
    site.pod.helen.post(f"/{id_}/decline", DECLINE)
    page.goto(f"{site.base}/self/back")
    judged(page, "self-back")
    page.get_by_label("What is your code?").fill(code)
    page.get_by_role("button", name="Continue").click()
    judged(page, "self-declined")
    shown = page.inner_text("main")
    assert "We cannot offer you this support" in shown and "Your GP" not in shown and "Monday to Thursday 8:30am" in shown
    page.goto(f"{site.base}/contact")
    judged(page, "contact")
