"""Held messages as staff see them after a restore: how many, which, and two decisions about each or all."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shared.messaging.delivery import Delivery
from shared.messaging.envelope import write
from shared.room import Room
from tests.browser.test_notifications_pages import WHEN, enter, event, judged, served


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve notifications with six held messages; give its address."""
    def fill(room: Room) -> None:
        room.database.run(lambda connection: room.keeper.hold(connection, WHEN - timedelta(hours=1), WHEN))
        held = [event("journey.review_overdue", f"review:{n}", review_id=str(n), due_on="2026-03-04") for n in range(3)]
        room.inbox.take([Delivery(write(one), message_id=one.id) for one in held])
    yield from served(tmp_path_factory.mktemp("var"), fill)


def test_N_06_held_messages_are_released_or_kept_as_gone_out_one_by_one_and_all_at_once(page: Any, site: str) -> None:
    enter(page, site, "Helen Marsh")
    page.get_by_text("6 messages are held.").wait_for()
    judged(page, "notifications-some-held")
    page.get_by_role("link", name="Look at what is held").click()
    judged(page, "notifications-held")
    page.get_by_role("button", name="It went out already").first.click()
    page.get_by_text("1 message: kept as having gone out before.").wait_for()
    page.get_by_role("button", name="Release “").first.click()
    page.get_by_text("1 message: sent.").wait_for()
    assert page.get_by_text("4 messages are held.").is_visible()
    page.get_by_label("Event id").fill("review:0-1")
    page.get_by_role("button", name="Show these").click()
    page.get_by_text("of this filter").wait_for()
    rows = page.locator("tbody tr").count()
    page.get_by_role("button", name=f"Release all {rows}").click()
    page.goto(f"{site}/?state=held")
    page.get_by_role("button", name="went out already").first.click()
    page.get_by_text("kept as having gone out before.").wait_for()
    assert page.get_by_text("messages are held").count() == 0
    page.goto(f"{site}/?state=settled")
    page.locator("tbody a").first.click()
    page.get_by_role("heading", name="Who, when and why").wait_for()
    assert "Went out before: helen.marsh@pod.example" in page.content()
    judged(page, "notification-settled")


def test_a_held_message_is_decided_about_on_its_own_page_without_javascript(plain_page: Any, page: Any, site: str) -> None:
    for window in (page, plain_page):
        enter(window, site, "Helen Marsh")
        window.goto(f"{site}/?state=held")
        window.locator("tbody a").first.click()
        if window is page:
            judged(page, "notification-held")
        window.get_by_role("button", name="Release").click()
        window.get_by_text("1 message: sent.").wait_for()
        assert "Released: helen.marsh@pod.example" in window.content()
        assert window.get_by_role("button", name="It went out already").count() == 0


def test_of_two_who_decide_at_once_the_second_is_told(page: Any, plain_page: Any, site: str) -> None:
    for window in (page, plain_page):
        enter(window, site, "Helen Marsh")
        window.goto(f"{site}/?state=held")
    page.get_by_role("button", name="Release “").first.click()
    plain_page.get_by_role("button", name="It went out already").first.click()
    plain_page.get_by_text("Somebody else has decided about this already.").wait_for()
    page.goto(f"{site}/?state=held")
    plain_page.goto(f"{site}/?state=held")
    page.get_by_role("button", name="Release “").first.click()
    plain_page.get_by_role("button", name="Release all 5").click()
    plain_page.get_by_text("There are 4 held messages now, not 5.").wait_for()


def test_a_worker_sees_what_is_held_and_is_not_offered_to_decide(page: Any, site: str) -> None:
    enter(page, site, "Wren Callaghan")
    page.goto(f"{site}/?state=held")
    assert page.locator("tbody tr").count() == 6 and page.get_by_role("button", name="Release").count() == 0
    judged(page, "notifications-held-worker")

