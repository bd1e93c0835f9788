"""The rules in words as a practitioner reads them: from the summary to every rule, on a telephone and without JavaScript."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.pathways import PATHWAYS
from tests.browser.test_referrals_pages import Site, enter, judged


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("var"))
    site.pod.room.service.started(site.pod.room)
    yield site
    site.server.shutdown()
    site.pod.room.database.dispose()


def test_R_06_R_08_a_practitioner_reads_what_is_asked_and_when_the_pod_is_open(page: Any, site: Site) -> None:
    enter(page, site, "Amara Osei")
    page.goto(f"{site.base}/")
    page.get_by_role("link", name="Read the rules of each pathway").click()
    judged(page, "rules")
    page.get_by_role("link", name="All rules of the core pathway").click()
    judged(page, "rules-core")
    words = page.inner_text("main")
    assert "The CPA care plan must be here and not older than 12 months. You are warned 14 days before it lapses." in words
    assert "The Pod is open Monday to Thursday 8:30am to 4:30pm and Friday 8:30am to 4pm." in words
    assert page.locator("#R-06").inner_text().startswith("The CPA care plan")


def test_R_15_the_rules_as_they_stood_say_that_they_did(plain_page: Any, page: Any, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    old = PATHWAYS["core"]
    monkeypatch.setitem(PATHWAYS, "core", replace(old, minimum_age=21, draft_days=30, fingerprint="0" * 12))
    enter(plain_page, site, "Helen Marsh")
    plain_page.goto(f"{site.base}/rules/core/{old.fingerprint}")
    assert plain_page.get_by_role("heading", name="The rules as they stood").is_visible()
    assert plain_page.get_by_text("Changed since").count() == 2
    enter(page, site, "Wren Callaghan")
    page.goto(f"{site.base}/rules/core/{old.fingerprint}")
    judged(page, "rules-past")
