"""What a public body must publish with its pages: who is responsible, what is kept how long, how accessible it all is."""
from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from shared.messaging.outbox import KEPT
from shared.messaging.parking import STRANGERS
from shared.pathways import PATHWAYS
from shared.web.idempotency import KEPT_FOR
from shared.web.root import create_root
from tests.integration.web_notes import notes_app
from tests.integration.web_room import hand_room

COUNCIL = {"organisation": "Westmere City Council", "dpo_email": "dpo@westmere.example", "help_email": "pages@westmere.example"}


def words(client: Any, path: str) -> str:
    """Give the words of a page as they are read."""
    page = client.get(path)
    assert page.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text[page.text.index("<main"):])).split())


def client_of(folder: Path, **settings: Any) -> Any:
    return notes_app(hand_room(folder, **settings)).test_client()


def test_the_privacy_notice_says_all_that_articles_13_and_14_ask(tmp_path: Path) -> None:
    said = words(client_of(tmp_path, **COUNCIL), "/privacy")
    for part in ("Westmere City Council is the controller", "data protection officer", "dpo@westmere.example", "article 6(1)(e)", "Care Act 2014",
                 "article 9(2)(h)", "Schedule 1", "Where it comes from", "Who sees it", "out of the United Kingdom", "retention schedule",
                 "copy of what is kept", "put right", "erase", "within one month", "Information Commissioner", "0303 123 1113",
                 "A person decides, always", "You do not have to take part", "only you can read it"):
        assert part in said, part


def test_the_privacy_notice_gives_the_periods_the_suite_keeps_to(tmp_path: Path) -> None:
    said = words(client_of(tmp_path, looks_years=11), "/privacy")
    drafts = max(pathway.draft_days for pathway in PATHWAYS.values())
    for part in (f"{drafts} days after it was last changed", f"counts once {KEPT_FOR.days} days", f"{KEPT.days} days after they were handed over",
                 f"{STRANGERS.days} days, without what is personal", "11 years", "60 minutes after your last page, and 12 hours"):
        assert part in said, part


def test_the_accessibility_statement_says_all_that_the_regulations_ask_and_claims_no_more_than_is_so(tmp_path: Path) -> None:
    said = words(client_of(tmp_path, **COUNCIL), "/accessibility")
    for part in ("run by Westmere City Council", "partially compliant with the Web Content Accessibility Guidelines version 2.2, level AA",
                 "Nobody who relies on assistive technology has tested", "pages@westmere.example", "Equality and Human Rights Commission",
                 "(No. 2) Accessibility Regulations 2018", "Equality Advisory and Support Service", "last reviewed on 22 November 2026"):
        assert part in said, part


REACHED = {"telephone": "020 7946 0999", "email": "desk@pod.example", "address": "The Pod, 2 Made-up Lane, Westmere"}


@pytest.mark.parametrize("path", ["/contact", "/privacy", "/accessibility"])
def test_R_08_whoever_is_told_to_get_in_touch_is_told_how_and_when_the_pod_is_open(tmp_path: Path, path: str) -> None:
    client = client_of(tmp_path, **REACHED)
    said = words(client, path)
    for part in ("020 7946 0999", "desk@pod.example", "The Pod 2 Made-up Lane Westmere", "Monday to Thursday 8:30am to 4:30pm", "not on bank holidays"):
        assert part in said, part
    assert 'href="tel:02079460999"' in client.get(path).text


def test_the_start_page_and_the_page_of_a_fault_give_the_number(tmp_path: Path) -> None:
    room = hand_room(tmp_path, **REACHED)
    assert "Telephone the Pod on 020 7946 0999 , Monday to Thursday" in words(create_root(room.settings, [room]).test_client(), "/start")
    app = notes_app(room)
    app.add_url_rule("/broken", view_func=lambda: 1 / 0)
    assert "If it cannot wait, telephone the Pod on 020 7946 0999, Monday" in app.test_client().get("/broken").text


def test_where_no_number_was_set_nobody_is_told_to_ring_one(tmp_path: Path) -> None:
    said = words(client_of(tmp_path), "/contact")
    assert "how to reach it" in said and "Telephone" not in said and "8:30am" in said


@pytest.mark.parametrize("path", ["/privacy", "/accessibility"])
def test_where_the_council_is_not_named_the_notices_still_read_as_sentences(tmp_path: Path, path: str) -> None:
    said = words(client_of(tmp_path), path)
    assert "he council that runs this service" in said and "None" not in said and "@" not in said and " ." not in said


def test_they_are_open_to_everybody_and_linked_from_the_foot_of_every_page(tmp_path: Path) -> None:
    room = hand_room(tmp_path)
    for client, prefix in ((notes_app(room).test_client(), "/journeys"), (create_root(room.settings, [room]).test_client(), "")):
        for path in ("/sign-in", "/nowhere", "/signed-out", "/privacy", "/accessibility", "/contact"):
            foot = client.get(path).text.rpartition("<footer")[2]
            assert all(f'href="{prefix}/{one}"' in foot for one in ("contact", "privacy", "accessibility"))
        assert words(client, "/privacy") and words(client, "/accessibility") and words(client, "/contact")


def test_nothing_typed_into_a_setting_becomes_part_of_the_page(tmp_path: Path) -> None:
    page = client_of(tmp_path, organisation="<b>Council</b>", dpo_email='"><i>@x', address="<u>The Pod").get("/privacy").text
    assert "<b>Council" not in page and "<i>@x" not in page and "<u>The" not in page
