"""Somebody who writes a referral on the pages, in the process of the test: page by page, as a browser would send them."""
from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from services.referrals.drafts import shelf
from shared.ledger.tables import staff_id
from shared.pathways import PATHWAYS
from tests.integration.referral_room import Pod

AMARA = "amara.osei@cmhwt.example"
TEAM = "Community Mental Health and Wellbeing Team"


def answers(ago: Callable[[int], str], **changes: Any) -> dict[str, dict[str, Any]]:
    """What a practitioner enters at each step of the core pathway so that nothing is missing; `ago` gives a day as it is written."""
    def day(iso: str) -> list[str]:
        return list(reversed(iso.split("-")))
    paper = {"here": "here", "dated": day(ago(30))}
    given: dict[str, dict[str, Any]] = {
        "conversation": {"conversation_held_on": day(ago(2))}, "name": {"name": "Rosa Quill"},
        "date-of-birth": {"date_of_birth": ["17", "5", "1984"]}, "nhs-number": {"nhs_number": "943 476 5919"},
        "reach": {"telephone": "07700 900123"}, "contact": {"contact_by": "text", "do_not": "no letters to my home"},
        "needs": {"interpreter": "British Sign Language"}, "next-of-kin": {"kin_name": "Ada Quill", "kin_relationship": "Sister"},
        "conditions": {"conditions": ["bipolar"]}, "reason": {"reason": "Would like to get out more."}, "hospital": {"in_hospital": "no"},
        "you": {"referrer_name": "Amara Osei", "referrer_email": AMARA}, "your-team": {"referrer_role": "care_coordinator", "referrer_team": TEAM},
        "named-person": {"named": "other", "named_name": "Tom Whitfield", "named_email": "tom.whitfield@cmhwt.example", "named_team": TEAM},
        "commitment": {"commitment_months": "6"}, "document-care-plan": paper, "document-risk-assessment": paper,
        "meeting": {"meeting_preference": "in_person"}, "times": {}}
    return {key: {**one, **changes.get(key.replace("-", "_"), {})} for key, one in given.items()}


def walk(page: Any, base: str, given: dict[str, dict[str, Any]], each: Callable[[str], None] = lambda step: None,
         until: str = "check") -> None:
    """Answer every step in a browser, from choosing the core pathway to the page `until`; `each` looks at every page shown."""
    page.goto(f"{base}/drafts/new")
    page.get_by_role("button", name="Start on the core pathway").click()
    for _ in range(2 * len(given)):
        step = urlsplit(page.url).path.rpartition("/")[2]
        each(step)
        if step == until:
            return
        fill(page, given[step])
        page.get_by_role("button", name="Save and continue").click()
    raise AssertionError(f"the form does not end: {page.url}")


def fill(page: Any, fields: dict[str, Any]) -> None:
    """Fill the fields of one page of the form, whatever they are; a list of three is a date."""
    for name, value in fields.items():
        boxes = page.locator(f"main [name='{name}']")
        kind = boxes.first.evaluate("box => box.type || box.tagName")
        if kind in ("radio", "checkbox"):
            for one in value if isinstance(value, list) else [value]:
                page.locator(f"main [name='{name}'][value='{one}']").check()
        elif kind == "select-one":
            boxes.first.select_option(value)
        else:
            for index, text in enumerate(value if isinstance(value, list) else [value]):
                boxes.nth(index).fill(text)


def drafted(pod: Pod, email: str = AMARA, **changes: Any) -> str:
    """Put a draft on somebody's shelf of which nothing is missing; give the address of its pages."""
    given = {name: value for name, value in pod.body(**changes).items() if name != "pathway"}
    with pod.room.database.transaction() as connection:
        draft = shelf.begin(connection, PATHWAYS["core"], staff_id(email), pod.room.database.now(connection), given)
    return f"/drafts/{draft.id}"


class Writer:
    """Somebody in front of a browser, signed in or not."""

    def __init__(self, pod: Pod, email: str = ""):
        self.pod, self.client, self.at, self.text = pod, pod.app.test_client(), "", ""
        if email:
            self.get("/sign-in")
            self.post("/sign-in", email=email)

    def get(self, path: str) -> Any:
        """Open a page; redirects are followed."""
        answer = self.client.get(inside(path))
        while answer.status_code in (302, 303):
            path = answer.location
            answer = self.client.get(inside(path))
        self.at, self.text = inside(path), answer.text
        return answer

    def post(self, path: str | None = None, hidden: bool = True, **fields: Any) -> Any:
        """Send the form of the page shown, and follow where it leads; `answer.history` keeps the first answer's status."""
        sent = {**(self.hidden() if hidden else {}), **fields}
        path = inside(path or self.at)
        answer = self.client.post(path, data=sent)
        self.first = answer
        if answer.status_code in (302, 303):
            return self.get(answer.location)
        self.at, self.text = path, answer.text
        return answer

    def hidden(self) -> dict[str, Any]:
        """Give the hidden fields of the page's own form."""
        main = self.text.partition("<main")[2].partition("</main>")[0]
        return {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', main)}

    def begin(self, pathway: str = "core", **fields: str) -> str:
        """Begin a draft; give its address."""
        self.get("/drafts/new")
        self.post(None, True, pathway=pathway, **fields)
        self.root = "/".join(self.at.split("/")[:3])
        return self.root

    def write(self, given: dict[str, dict[str, Any]]) -> None:
        """Answer steps, each on its own page."""
        for key, fields in given.items():
            self.get(f"{self.root}/{key}")
            self.post(None, True, **fields)

    @property
    def title(self) -> str:
        """Give the title of the page shown."""
        found = re.search(r"<title[^>]*>(.*?)</title>", self.text, re.DOTALL)
        return unescape(found[1]).strip() if found else ""

    @property
    def words(self) -> str:
        """Give what a person reads of the page's own part."""
        main = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", self.text.partition("<main")[2].partition("</main>")[0], flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())

    def box(self, name: str) -> list[str]:
        """Give what the boxes of a field show."""
        found = re.findall(rf'<input[^>]*name="{name}"[^>]*>', self.text)
        areas = re.findall(rf'<textarea[^>]*name="{name}"[^>]*>(.*?)</textarea>', self.text, re.DOTALL)
        return [unescape((re.search(r' value="([^"]*)"', one) or ["", ""])[1]) for one in found] + [unescape(one).lstrip("\n") for one in areas]


def inside(address: str) -> str:
    """Give an address as the app sees it, without the service's prefix."""
    parts = urlsplit(urljoin("/", address))
    return (parts.path.removeprefix("/referrals") or "/") + (f"?{parts.query}" if parts.query else "")
