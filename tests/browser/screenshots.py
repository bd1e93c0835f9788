"""Takes the pictures of docs/screenshots: `make screenshots` starts a demo city and photographs each page of it."""
from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.support.browser import CHROMIUM, FLAGS
from tests.support.drafts import answers, fill, walk
from tests.support.ground import ROOT, free_port
from tests.support.suite import AMARA, HELEN, RAVI, WREN, Suite, days_ago, nhs_number, running

FOLDER = ROOT / "docs" / "screenshots"
WIDTH = 1200
#: Longer pages are cut: their upper part says what they are.
HIGHEST = 1280
#: Shown whole, since README is about it.
WHOLE = "journey"
Step = Callable[[Any, Suite], None]


def go(path: str) -> Step:
    """Make the step that opens a page."""
    return lambda page, suite: page.goto(suite.base + path)


def journey_of(name: str) -> Step:
    """Make the step that opens somebody's journey from the caseload."""
    def open_it(page: Any, suite: Suite) -> None:
        page.goto(f"{suite.base}/journeys/?whose=all")
        page.get_by_role("link", name=name, exact=True).click()
    return open_it


def referral_in(state: str) -> Step:
    """Make the step that opens the newest referral of a state."""
    def open_it(page: Any, suite: Suite) -> None:
        page.goto(f"{suite.base}/referrals/all?state={state}")
        page.locator("tbody th a").first.click()
    return open_it


def referral_on(worklist: str) -> Step:
    """Make the step that opens the first referral of a worklist."""
    def open_it(page: Any, suite: Suite) -> None:
        page.goto(f"{suite.base}/referrals/all?list={worklist}")
        page.locator("tbody th a").first.click()
    return open_it


def referral_of(name: str) -> Step:
    """Make the step that opens somebody's referral from the list of all, as staff."""
    def open_it(page: Any, suite: Suite) -> None:
        page.goto(f"{suite.base}/referrals/all")
        page.locator("tbody tr", has_text=name).first.get_by_role("link").first.click()
    return open_it


def then(first: Step, role: str, name: str) -> Step:
    """Make the step that goes on from another by a link or button."""
    def both(page: Any, suite: Suite) -> None:
        first(page, suite)
        page.get_by_role(role, name=name).first.click()
    return both


def on_the_form(step: str) -> Step:
    """Make the step that opens a page of the form, all pages before it answered."""
    def open_it(page: Any, suite: Suite) -> None:
        given = answers(days_ago, name={"name": "Robin Ashdown"}, nhs_number={"nhs_number": nhs_number()}, commitment={"commitment_months": "2"})
        walk(page, f"{suite.base}/referrals", given, until=step)
    return open_it


def wrong_form(page: Any, suite: Suite) -> None:
    """Save a page with a fault: what was typed stays."""
    on_the_form("nhs-number")(page, suite)
    fill(page, {"nhs_number": "943 476 5918"})
    page.get_by_role("button", name="Save and continue").click()


def all_steps(page: Any, suite: Suite) -> None:
    """Open the page of all steps of a draft half written."""
    on_the_form("document-care-plan")(page, suite)
    page.get_by_role("button", name="Save and come back later").click()


def sent(page: Any, suite: Suite) -> None:
    """Send a whole referral."""
    on_the_form("check")(page, suite)
    page.get_by_role("button", name="Send").click()


MANAGER: dict[str, Step] = {
    "referrals-all": go("/referrals/all"), "referral-complete": referral_in("complete"), "referral-accepted": referral_in("accepted"),
    "referral-allocate": then(referral_on("allocate"), "button", "Choose the development worker"),
    "referral-accept": then(referral_in("complete"), "button", "Accept"), "referral-decline": then(referral_in("complete"), "button", "Decline"),
    "referral-looked": then(referral_in("accepted"), "link", "Who looked at this referral"), "directory": go("/referrals/directory"),
    "directory-person": then(go("/referrals/directory"), "link", "Amara Osei"), "teams": go("/referrals/directory/teams"),
    "caseload": go("/journeys/?whose=all"), "notifications": go("/notifications/"),
    "notification": then(go("/notifications/?recipient=wren.callaghan@pod.example"), "link", "a review is due"), "notification-rules": go("/notifications/rules"),
    "notification-rule": then(go("/notifications/rules"), "link", "Change")}
PICTURES: dict[str, dict[str, Step]] = {
    "": {"start": go("/start"), "sign-in": go("/referrals/sign-in"), "cafe": go("/cafe/"), "self-referral": go("/referrals/self"),
         "self-referral-question": then(go("/referrals/self"), "button", "Start now")},
    AMARA: {"referrals": go("/referrals/"), "referral-pathway": go("/referrals/drafts/new"), "referral-form": on_the_form("contact"),
            "referral-warned": on_the_form("document-care-plan"), "referral-errors": wrong_form, "referral-steps": all_steps,
            "referral-check": on_the_form("check"), "referral-sent": sent},
    HELEN: MANAGER,
    WREN: {"worklist": go("/referrals/all?list=triage"), "worklist-overdue": go("/referrals/all?list=overdue"),
           "referral-duplicate": referral_of("May be with us"), "referral-settle": then(referral_of("May be with us"), "button", "Settle"),
           "referral-question": referral_of("Zofia Lewandowska"), "referral-amend": then(referral_of("Zofia Lewandowska"), "link", "Change (How to contact them)"),
           "referral-inpatient": referral_of("Tilda Svensson"), "referral-died": referral_of("Noor Rahman"),
           "document-add": then(referral_of("Zofia Lewandowska"), "button", "Add a document"),
           "meeting": then(referral_of("Delphine Arnaud"), "link", "Move it, call it off"), "meeting-offer": then(then(referral_of("Liam Prentice"), "link", "Arrange the meeting"), "button", "Offer the meeting"),
           "meeting-times": then(then(referral_of("Liam Prentice"), "link", "Arrange the meeting"), "link", "Say when"),
           "pathway-rules": go("/referrals/rules/core"), "pathways": go("/referrals/rules"), "my-journeys": go("/journeys/?whose=mine"), "journey": journey_of("Inês Carvalho"),
           "journey-corrected": journey_of("Liam Prentice"), "journey-died": journey_of("Noor Rahman"),
           "journey-keep-or-undo": journey_of("Wesley Armitage"),
           "review": then(journey_of("Inês Carvalho"), "button", "Complete the review"),
           "record-admission": then(journey_of("Finn O’Rourke"), "link", "Record an admission to hospital"),
           "take-back": then(journey_of("Inês Carvalho"), "link", "Take back")},
    RAVI: {"operations": go("/journeys/operations")},
    "yusuf.demir@council.example": {"direct-payments": go("/direct-payments/")},
}


def take(page: Any, suite: Suite, folder: Path) -> None:
    """Take every picture, signed in as whoever sees the page."""
    for email, pictures in PICTURES.items():
        page.context.clear_cookies()
        if email:
            page.goto(f"{suite.base}/referrals/sign-in")
            page.locator(f"button[value='{email}']").click()
        for name, step in pictures.items():
            step(page, suite)
            page.wait_for_load_state()
            whole = page.evaluate("document.documentElement.scrollHeight")
            page.screenshot(path=str(folder / f"{name}.png"), full_page=True, animations="disabled",
                            clip={"x": 0, "y": 0, "width": WIDTH, "height": whole if name == WHOLE else min(HIGHEST, whole)})


def main() -> int:
    """Start a demo suite of its own, take the pictures, stop it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as var, sync_playwright() as playwright:
        address = f"127.0.0.1:{free_port()}"
        env = {"POD_MODE": "demo", "POD_VAR": f"{var}/var", "POD_HTTP": address}
        with running(Path(var), {"": address}, env):
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
            context = chromium.new_context(locale="en-GB", timezone_id="Europe/London", viewport={"width": WIDTH, "height": 800})
            context.set_default_timeout(10_000)
            take(context.new_page(), Suite(f"http://{address}", env), FOLDER)
            chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
