"""A real browser on our pages, and axe to judge them."""
from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support import axe_core
from tests.support.require import require

#: The first that is here; Chromium's headless shell opens a context in a quarter of the time of the whole browser.
CHROMIUM = next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), "chromium-headless-shell", "chromium"))), "")
#: A private, quiet browser that speaks to nobody but us; Playwright itself makes a fresh profile for each launch.
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give a Chromium driven by Playwright, one per file: its loop would stand in other files' way."""
    require(CHROMIUM, "Chromium (package chromium-headless-shell or chromium)")
    from playwright.sync_api import Locator, sync_playwright
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        for act in ("click", "press"):
            patch.setattr(Locator, act, _to_the_end(getattr(Locator, act)))
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        yield chromium
        chromium.close()


def _to_the_end(act: Callable[..., None]) -> Callable[..., None]:
    """Let an act wait for the whole page it leads to: Playwright waits for the first byte, and reads an empty page on a busy machine."""
    @functools.wraps(act)
    def waiting(self: Any, *given: Any, **named: Any) -> None:
        act(self, *given, **named)
        self.page.wait_for_load_state()
    return waiting


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Give an empty page of a fresh browser context: no cookies, London, British English."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def plain_page(browser: Any) -> Iterator[Any]:
    """Give a page with JavaScript off."""
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def axe(page: Any) -> list[str]:
    """Give the WCAG 2.2 AA violations of the page shown, a line each; needs a page with JavaScript on."""
    # evaluated over the debugging protocol, so our content policy need not allow it
    page.evaluate(axe_core.source())
    # every rule is run; of what passes nothing is told, and sounds, which we have none of, are not waited for: half of the time
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'], preload: false})",
                          list(WCAG))
    return [f"{fault['id']}: {fault['help']} at {', '.join(str(node['target']) for node in fault['nodes'])}"
            for fault in found["violations"]]
