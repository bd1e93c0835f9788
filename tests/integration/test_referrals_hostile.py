"""What is typed is shown as it was typed and never becomes part of a page: names, words, wards and teams full of markup."""
from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urldefrag

import pytest

from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_merged import merged, second
from tests.integration.test_referrals_telling import written
from tests.integration.test_referrals_triage import AMARA, HELEN, WREN

EVIL = "\"'></title></textarea><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|R-[0-9A-Z]{4}-[0-9A-Z]{3}")
#: Not pages, or not of this person.
ELSEWHERE = ("/api/", "/static/", ".ics", "/file", "/sign-")


@pytest.fixture
def hostile(pod: Pod) -> Pod:
    """A referral in which everything that can be is markup, decided and arranged, and another that may repeat it."""
    kin = {"name": EVIL, "relationship": EVIL, "telephone": "<b>1</b>"}
    citizen = {**pod.body()["citizen"], "name": EVIL, "do_not": [EVIL], "address": EVIL, "contact_when": EVIL, "interpreter": EVIL,
               "access_needs": EVIL, "next_of_kin": kin, "telephone": "<b>07700</b>"}
    body = pod.body(citizen=citizen, reason=EVIL, inpatient={"ward": EVIL, "legal_status": "02"},
                    named_person={**pod.body()["named_person"], "name": EVIL})
    first = pod.amara.post("", body).json["id"]
    pod.amara.post("", {**body, "duplicate_reason": EVIL})
    asked = pod.wren.post(f"/{first}/questions", {"words": EVIL}).json["questions"][0]["id"]
    start = datetime.now(UTC) + timedelta(days=9)
    for caller, path, given in ((pod.amara, f"/questions/{asked}/answer", {"words": EVIL}),
                                (pod.amara, "/amend", {"amendment_reason": EVIL, "reason": EVIL + "!", "citizen": {"address": EVIL + "!"}}),
                                (pod.helen, "/accept", {}),
                                (pod.helen, "/allocate", {"development_worker_email": WREN, "development_worker_name": EVIL}),
                                (pod.wren, "/availability", {"whose": "citizen", "times": [
                                    {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=4)).isoformat()}]})):
        answer = caller.post(f"/{first}{path}", given)
        assert answer.status_code < 300, (path, answer.text)
    return pod


@pytest.mark.parametrize("email", [AMARA, WREN, HELEN])
def test_nothing_typed_becomes_part_of_a_page(hostile: Pod, email: str):
    person, waiting, seen, shown = Browser(hostile, email), ["/"], set[str](), 0
    while waiting:
        path = waiting.pop()
        kind = ID.sub("ID", path.partition("?")[0])
        if kind in seen:
            continue
        seen.add(kind)
        answer = person.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        assert "<script>alert" not in answer.text and "<img src=x" not in answer.text and "<b>" not in answer.text, path
        shown += "&lt;script&gt;alert" in answer.text
        links = (urldefrag(unescape(link)).url for link in re.findall(r'href="/referrals(/[^"]*)"', answer.text))
        waiting += [link for link in links if not any(part in link for part in ELSEWHERE)]
    assert shown > 8 and len(seen) >= 12 and {"/ID", "/ID/looked", "/ID/meeting"} <= seen, sorted(seen)


def harmless(page: Any, path: str) -> None:
    """Hold a page that shows what was typed, and as it was typed."""
    assert page.status_code == 200 and "&lt;script&gt;alert" in page.text, (path, page.status_code)
    assert "<script>alert" not in page.text and "<img src=x" not in page.text, path


def test_nor_does_what_a_second_referral_says_and_brings(pod: Pod):
    first = pod.sent()
    other = second(pod, citizen={**pod.body()["citizen"], "address": EVIL, "access_needs": EVIL, "do_not": [EVIL]}, reason=EVIL)
    staff = Browser(pod, HELEN)
    for path in (f"/{other}", f"/{other}/settle", f"/{other}/amend/contact?take=address"):
        harmless(staff.get(path), path)
    merged(pod, other, first, EVIL)
    for path in (f"/{first}", f"/{other}"):
        harmless(staff.get(path), path)


def test_nor_does_what_a_citizen_writes_and_is_told(pod: Pod):
    citizen, id_ = written(pod)
    citizen.get("/self/message")
    citizen.post("/self/message", words=EVIL)
    assert pod.helen.post(f"/{id_}/decline", {"reason": EVIL, "words": EVIL, "would_change": EVIL}).status_code == 200
    for path in (f"/{id_}", f"/{id_}/told"):
        harmless(Browser(pod, WREN).get(path), path)
