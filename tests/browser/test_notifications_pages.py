"""Notifications as people see it: what was sent and why, and the rules, with and without JavaScript."""
from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from services.notifications.service import Notifications
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.room import Room
from shared.settings import Settings
from shared.web.app import create_app
from tests.support.browser import axe

WHEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WREN = {"email": "wren.callaghan@pod.example", "name": "Wren Callaghan", "role": "development_worker"}
AMARA = {"email": "amara.osei@cmhwt.example", "name": "Amara Osei", "role": "practitioner"}


def event(type_: str, about: str, revision: int = 1, withdrawn: bool = False, **data: Any) -> Event:
    return Event(f"{about}-{revision}", "urn:pod:journeys", type_, WHEN,
                 {"journey_id": "1", "reference": "J-7K2", "told": [WREN, AMARA], **data}, about=about, revision=revision,
                 withdrawn=withdrawn)


def events() -> Iterator[Event]:
    admission = {"citizen_id": "c", "stay_id": "s", "admitted_at": "2026-03-01T10:00:00Z", "review": {"id": "r", "due_on": "2026-03-04"}}
    yield event("journey.admission_recorded", "admission:1", **admission)
    yield event("journey.admission_recorded", "admission:1", 2, True, **admission)
    yield from referrals()
    for n in range(30):
        yield event("journey.review_overdue", f"review:{n}", review_id=str(n), due_on="2026-03-04")


def referrals() -> Iterator[Event]:
    """One referral that changes hands, gets a meeting that is called off, and is merged with another."""
    data = {"referral_id": "1", "reference": "R-7KQ2MXY", "citizen_id": "c"}
    asha = {"name": "Asha Verma", "email": "asha.verma@eit.example", "team": "Early Intervention Team", "role": "key_worker"}
    sent = {**data, "pathway": "core", "citizen": {"name": "Sam Example", "date_of_birth": "1988-04-09"}, "received_at": "2026-03-01T10:00:00Z"}
    yield Event("sent-1", "urn:pod:referrals", "referral.received", WHEN, {**sent, "practitioner": asha}, version=2, about="sent", revision=1)
    yield Event("sent-2", "urn:pod:referrals", "referral.received", WHEN, {**sent, "practitioner": {**asha, "email": AMARA["email"]}},
                version=2, about="sent", revision=2)
    meeting = {**data, "told": [WREN], "starts_at": "2026-03-24T10:00:00Z", "ends_at": "2026-03-24T11:00:00Z", "mode": "in_person"}
    for revision, off in ((1, False), (2, True)):
        yield Event(f"meeting-{revision}", "urn:pod:referrals", "referral.meeting_offered", WHEN, meeting, about="meeting", revision=revision, withdrawn=off)
    merged = {**data, "practitioner": {**asha, "email": AMARA["email"]}, "reason": "merged", "merged_into": "R-4TX9PCD", "withdrawn_at": "2026-03-02T09:00:00Z"}
    yield Event("merged", "urn:pod:referrals", "referral.withdrawn", WHEN, merged, version=2, about="merged", revision=1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve notifications with some seventy messages; give its address."""
    yield from served(tmp_path_factory.mktemp("var"), lambda room: room.inbox.take(
        [Delivery(write(one), message_id=one.id) for one in events()]))


def served(folder: Path, fill: Callable[[Room], None]) -> Iterator[str]:
    """Serve notifications, filled, while the test runs; give its address."""
    settings = Settings(mode="demo", cookie_secure=False, secret_key="a secret of at least thirty-two characters", var=folder)
    room = Room(Notifications, settings)
    with room.database.transaction() as connection:
        room.metadata.create_all(connection)
    fill(room)
    app = create_app(room, Notifications.blueprints, Notifications.api)
    server = make_server("127.0.0.1", 0, _under(app), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{room.prefix}"
    server.shutdown()
    room.database.dispose()


def _under(app: Any) -> Any:
    from werkzeug.middleware.dispatcher import DispatcherMiddleware
    return DispatcherMiddleware(lambda environ, start: app(environ, start), {Notifications.prefix: app})


def enter(page: Any, site: str, name: str) -> None:
    """Sign in as somebody of the demo."""
    page.goto(f"{site}/sign-in")
    page.get_by_role("button", name=name).first.click()


def judged(page: Any, name: str) -> None:
    """Hold the page against WCAG 2.2 AA, and keep its picture where POD_TEST_PICTURES says."""
    assert axe(page) == []
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_N_06_a_message_is_looked_up_with_the_reason_it_was_sent(page: Any, site: str) -> None:
    enter(page, site, "Helen Marsh")
    judged(page, "notifications")
    page.get_by_role("link", name="Next page").click()
    page.get_by_label("Event id").fill("admission:1-2")
    page.get_by_role("button", name="Show these").click()
    assert page.locator("tbody tr").count() == 2
    page.get_by_role("link", name="Correction about J-7K2").first.click()
    assert "as if it had never been" in page.content() and "Replaces" in page.content()
    judged(page, "notification")
    page.goto(f"{site}/?recipient=nobody@example.org")
    assert page.get_by_text("No message matches").is_visible()
    judged(page, "notifications-none")


def test_N_01_a_manager_changes_a_rule_and_what_was_typed_stays_when_it_is_wrong(plain_page: Any, page: Any, site: str) -> None:
    for window in (page, plain_page):
        enter(window, site, "Helen Marsh")
        window.get_by_role("link", name="Which event tells whom").click()
        window.get_by_role("link", name="Change the rule admission-pod").click()
        window.get_by_label("Subject").fill("About {name}")
        window.get_by_role("button", name="Save the rule").click()
        assert window.get_by_label("Subject").input_value() == "About {name}"
        assert window.get_by_role("link", name="may not be said here").is_visible()
        if window is page:
            judged(page, "rule-refused")
        window.get_by_label("Subject").fill("Journey {reference}: please review")
        window.get_by_label("Also tell").fill("duty@pod.example\nhelen.marsh@pod.example")
        window.get_by_role("button", name="Save the rule").click()
        assert window.get_by_text("The rule was changed").is_visible()
        assert window.get_by_text("helen.marsh@pod.example").first.is_visible()
        if window is page:
            judged(page, "rules")


def test_N_01_a_worker_reads_the_rules_and_is_not_offered_to_change_them(page: Any, site: str) -> None:
    enter(page, site, "Wren Callaghan")
    page.goto(f"{site}/rules")
    assert page.get_by_role("link", name="Change").count() == 0
    judged(page, "rules-worker")
    assert page.goto(f"{site}/rules/death").status == 403


def test_N_01_a_rule_opened_again_shows_what_was_saved(page: Any, site: str) -> None:
    enter(page, site, "Helen Marsh")
    for _ in range(2):
        page.goto(f"{site}/rules/discharge")
        page.get_by_label("Also tell").fill("duty@pod.example\nhelen.marsh@pod.example")
        page.get_by_role("button", name="Save the rule").click()
    page.goto(f"{site}/rules/discharge")
    assert page.get_by_label("Also tell").input_value() == "duty@pod.example\nhelen.marsh@pod.example"
    judged(page, "rule")


def test_N_06_what_became_of_a_referral_is_read_on_the_list_and_in_each_message(page: Any, site: str) -> None:
    enter(page, site, "Helen Marsh")
    page.set_viewport_size({"width": 360, "height": 800})
    for event_id, why, subject, words in (
            ("sent-2", "No longer theirs: A practitioner, or the citizen themself, sent a referral", "Update about", "another practitioner"),
            ("meeting-1", "The introductory meeting was offered", "Introductory meeting for", "Tuesday 24 March 2026 at 10am, until 11am"),
            ("meeting-2", "Taken back: The introductory meeting was offered", "Update about", "will not take place"),
            ("merged", "A referral was merged with another of the same citizen", "goes on as R-4TX9PCD", "R-4TX9PCD when you speak")):
        page.goto(f"{site}/?event_id={event_id}")
        assert page.get_by_role("cell", name=why, exact=True).count() == 1
        judged(page, f"referral-{event_id}-list")
        page.get_by_role("link", name=subject).click()
        assert words in page.locator(".govuk-inset-text").inner_text() and why in page.locator("dl").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        judged(page, f"referral-{event_id}")


def test_N_01_the_long_table_of_rules_stands_under_what_its_rules_are_about_on_a_narrow_screen_too(page: Any, site: str) -> None:
    enter(page, site, "Helen Marsh")
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{site}/rules")
    assert page.locator("table caption").all_inner_texts() == ["Referrals", "Journeys"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    words = page.locator("#referral-first-meeting-overdue td:nth-child(2)")
    assert words.evaluate("cell => cell.clientWidth") >= 100  # a column of broken syllables is none
    judged(page, "rules-narrow")


def test_N_01_a_manager_changes_what_is_said_to_those_who_leave_where_a_rule_has_such_words(plain_page: Any, site: str) -> None:
    enter(plain_page, site, "Helen Marsh")
    plain_page.goto(f"{site}/rules/referral-meeting")
    leaving = plain_page.get_by_label("When somebody is no longer concerned")
    for typed, seen in (("", "Enter what to say when somebody is no longer concerned"), ("Bye {citizen}", "{citizen} may not be said here")):
        leaving.fill(typed)
        plain_page.get_by_role("button", name="Save the rule").click()
        assert plain_page.get_by_role("link", name=seen).is_visible() and leaving.input_value() == typed
    leaving.fill("You need not come for {reference}.")
    plain_page.get_by_role("button", name="Save the rule").click()
    plain_page.goto(f"{site}/rules/referral-meeting")
    assert leaving.input_value() == "You need not come for {reference}."
    plain_page.goto(f"{site}/rules/death")
    assert leaving.count() == 0
