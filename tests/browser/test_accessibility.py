"""Every page each invented person can reach by links, held against WCAG 2.2 AA on a desk and on a telephone."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest

from tests.support.browser import axe
from tests.support.suite import AMARA, HELEN, RAVI, WREN, Suite

PEOPLE = {"nobody": "", "practitioner": AMARA, "worker": WREN, "manager": HELEN, "operations": RAVI,
          "panel": "yusuf.demir@council.example", "cafe": "jo.fenwick@pod.example"}
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27,60}")
#: What axe judges of a page: its elements with their classes and attributes, whether they hold text, alike neighbours once.
SHAPE = """() => {
  const told = new Set(["href", "id", "value", "for", "name", "action", "aria-describedby", "aria-labelledby", "src", "content", "datetime"]);
  const attributes = (element) => [...element.attributes].filter(({ name }) => !told.has(name) && !name.startsWith("data-")).map(({ name, value }) => `${name}=${value}`);
  const holdsText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  const shape = (element) => `<${element.tagName} ${attributes(element)} ${holdsText(element)}>${[...new Set([...element.children].map(shape))].join("")}</>`;
  return shape(document.body);
}"""
#: Shapes that were judged: of the some three hundred pages seven people reach, more than half look like another.
judged: set[str] = set()
#: Not pages: data, pictures, other people's addresses.
NOT_PAGES = ("/api/", "/static/", "/metrics", ".ics")


@pytest.mark.timeout(300)  # some eighty pages for the manager
@pytest.mark.parametrize("who", PEOPLE)
def test_every_page_one_can_reach(page: Any, embedded: Suite, who: str) -> None:
    page.set_viewport_size({"width": 1200, "height": 900})
    if PEOPLE[who]:
        page.goto(f"{embedded.base}/referrals/sign-in")
        page.locator(f"button[value='{PEOPLE[who]}']").click()
    faults, seen = [], Counter[str]()
    for address in crawl(page, embedded.base, seen):
        faults += [f"{who} {address}: {fault}" for fault in look(page)]
    assert faults == [], "\n".join(faults)
    assert len(seen) >= {"manager": 16, "worker": 14, "practitioner": 7}.get(who, 5), sorted(seen)


def crawl(page: Any, base: str, seen: Counter[str]) -> Iterator[str]:
    """Open a page of each kind, and give its address once it is shown; `seen` counts them by kind."""
    waiting, known = [f"{base}/start"], {f"{base}/start"}
    while waiting:
        address = waiting.pop(0)
        kind = ID.sub("ID", urlsplit(address).path)
        if seen[kind]:
            continue
        seen[kind] += 1
        answer = page.goto(address)
        assert answer.status == 200, f"{address} is linked to and answers {answer.status}"
        yield address
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))"):
            found = urldefrag(urljoin(address, link)).url
            if found.startswith(base) and found not in known and not any(part in found for part in NOT_PAGES):
                known.add(found)
                waiting.append(found)


def look(page: Any) -> list[str]:
    """Give what is wrong with the page shown; a page that looks like one before it is not judged by axe again."""
    shape = page.evaluate(SHAPE)
    faults = [] if shape in judged else axe(page)
    judged.add(shape)
    if not page.title().endswith(" – The Pod"):
        faults.append(f"its title is {page.title()!r}")
    if page.locator("h1").count() != 1:
        faults.append(f"{page.locator('h1').count()} headings of the first level")
    page.set_viewport_size({"width": 360, "height": 740})
    if (width := page.evaluate("document.documentElement.scrollWidth")) > 360:
        faults.append(f"{width} pixels wide on a telephone of 360")
    page.set_viewport_size({"width": 1200, "height": 900})
    return faults


@pytest.mark.parametrize(("who", "path", "status"), [
    ("practitioner", "/referrals/all", 403), ("manager", "/journeys/nothing-here", 404), ("nobody", "/nowhere", 404)])
def test_pages_about_what_is_wrong_are_held_to_the_same(page: Any, embedded: Suite, who: str, path: str, status: int) -> None:
    if PEOPLE[who]:
        page.goto(f"{embedded.base}/referrals/sign-in")
        page.locator(f"button[value='{PEOPLE[who]}']").click()
    assert page.goto(embedded.base + path).status == status
    assert look(page) == []
