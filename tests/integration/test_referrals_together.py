"""Two at once: the same person sent twice, the same referral accepted twice."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.referrals.drafts import shelf
from tests.integration.referral_room import Pod
from tests.support.drafts import AMARA, Writer, answers, drafted


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def at_once(count: int, call: object) -> list[int]:
    with ThreadPoolExecutor(count) as pool:
        return sorted(answer.status_code for answer in pool.map(lambda n: call(n), range(count)))  # type: ignore[operator]


def test_R_13_of_two_referrals_of_one_person_sent_at_once_the_second_is_asked_why(pod: Pod):
    callers = [pod.caller("practitioner") for _ in range(4)]
    assert at_once(4, lambda n: callers[n].post("", pod.body())) == [201, 409, 409, 409]


def test_one_key_sent_four_times_at_once_makes_one_referral(pod: Pod):
    callers = [pod.caller("practitioner") for _ in range(4)]
    assert at_once(4, lambda n: callers[n].post("", pod.body(), Idempotency_Key="one")) == [201] * 4
    assert len(pod.helen.get().json["items"]) == 1


def test_of_four_who_accept_at_once_one_wins(pod: Pod):
    id_ = pod.sent()
    callers = [pod.caller("manager") for _ in range(4)]
    assert at_once(4, lambda n: callers[n].post(f"/{id_}/accept")) == [200, 409, 409, 409]
    assert [e.type for e in pod.told()] == ["referral.received", "referral.completed", "referral.accepted"]


def test_a_draft_sent_four_times_at_once_is_one_referral(pod: Pod):
    path = f"/api/v1{drafted(pod)}/send"
    callers = [pod.caller("practitioner") for _ in range(4)]
    headers = {"Authorization": callers[0].bearer}
    assert at_once(4, lambda n: callers[n].client.post(path, json={}, headers=headers)) == [200, 200, 200, 201]
    assert len(pod.helen.get().json["items"]) == 1


def test_R_13_an_accent_or_another_apostrophe_makes_nobody_somebody_else(pod: Pod):
    first = {"name": "Siân O’Dowd", "date_of_birth": "1984-05-17", "nhs_number": "9000000009"}
    assert pod.amara.post("", pod.body(citizen=first)).status_code == 201
    again = pod.amara.post("", pod.body(citizen={**first, "name": "sian o'dowd", "nhs_number": "9000000017"}))
    assert again.status_code == 409 and again.json["errors"][0]["pointer"] == "/duplicate_reason"


def test_R_01_a_referral_is_written_page_by_page_on_either_database(pod: Pod):
    amara = Writer(pod, AMARA)
    root = amara.begin()
    amara.write(answers(pod.ago))
    amara.post(f"{root}/send")
    assert "Referral sent" in amara.words
    assert pod.room.database.run(lambda connection: shelf.expire(pod.room.database, connection)) == 0
    citizen = Writer(pod)
    citizen.get("/self")
    citizen.post("/self")
    citizen.post(name="Jo Pane")
    citizen.get("/self/check")
    assert "Jo Pane" in citizen.words
