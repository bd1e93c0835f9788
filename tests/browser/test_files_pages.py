"""R-06: sending and getting a document in a real browser; what it looks like when it is unfit."""
from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from tests.browser.test_referrals_pages import enter, judged
from tests.integration.files_room import FilesPod
from tests.support import papers


class Site:
    """The small page served to browsers."""

    def __init__(self, folder: Path):
        self.pod = FilesPod(folder)
        self.server = make_server("127.0.0.1", 0, DispatcherMiddleware(self.pod.app, {"/referrals": self.pod.app}), threaded=True)
        self.base = f"http://127.0.0.1:{self.server.server_port}/referrals"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("var"))
    yield site
    site.server.shutdown()
    site.pod.room.database.dispose()


@pytest.fixture(params=["page", "plain_page"])
def any_page(request: pytest.FixtureRequest) -> Any:
    """Give a page with JavaScript, then one without."""
    return request.getfixturevalue(request.param)


def choose(page: Any, name: str, content: bytes) -> None:
    page.get_by_label("Document").set_input_files({"name": name, "mimeType": "application/pdf", "buffer": content})
    page.get_by_role("button", name="Send", exact=True).click()


def test_R_06_an_unfit_file_is_said_at_its_field_and_a_fit_one_need_not_be_chosen_twice(site: Site, any_page: Any) -> None:
    page = any_page
    site.pod.empty()
    enter(page, site, "Amara Osei")
    page.goto(f"{site.base}/papers/")
    page.get_by_label("What it says").fill("Her plan for the spring")
    choose(page, "plan.pdf", b"MZ\x90" + bytes(3000))
    page.get_by_role("link", name="This file is a program, not a PDF").click()
    assert page.get_by_label("What it says").input_value() == "Her plan for the spring"
    page.get_by_label("What it says").fill("")
    choose(page, "Rosa's “plan” – Zoë.pdf", papers.pdf())
    page.get_by_text("“Rosa's “plan” – Zoë.pdf”, 1 KB, is here").wait_for()
    page.get_by_label("What it says").fill("Her plan")
    page.get_by_role("button", name="Send", exact=True).click()
    with page.expect_download() as got:
        page.get_by_role("link", name="Rosa's “plan” – Zoë.pdf").click()
    assert got.value.suggested_filename == "Rosa's “plan” – Zoë.pdf"
    assert Path(got.value.path()).read_bytes() == papers.pdf()


def test_R_06_a_photo_of_40_MB_ends_at_its_field_and_the_page_is_fit_for_everybody(site: Site, page: Any, tmp_path: Path) -> None:
    enter(page, site, "Amara Osei")
    page.goto(f"{site.base}/papers/")
    page.get_by_label("What it says").fill("A photograph of the plan")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(papers.jpeg(bytes(40 * 1024 * 1024 - len(papers.jpeg()))))
    page.get_by_label("Document").set_input_files(photo)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("link", name="The file is 40 MB; the most is 25 MB.").wait_for()
    assert page.get_by_label("What it says").input_value() == "A photograph of the plan"
    judged(page, "file-too-large")
