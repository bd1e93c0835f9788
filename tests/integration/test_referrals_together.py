"""Two at once: the same person sent twice, the same referral accepted twice."""
from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.referral_room import Pod


@pytest.fixture(params=["sqlite", "postgresql"])
def pod(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pod]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("suite_database_url")
    pod = Pod(tmp_path, url)
    yield pod
    pod.room.database.dispose()


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
