"""What two people write at once: the second sees what the first wrote, whichever of them it is."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from services.referrals import store, turns
from shared.ledger.tables import staff_id
from tests.integration.referral_room import Pod, opened
from tests.integration.test_referrals_meeting import WREN, at
from tests.support.postgres import Postgres

#: What the pathway that asks for no NHS number takes.
PREVENTION: dict[str, Any] = {"pathway": "prevention", "documents": [], "named_person": None}
NUMBERS = ("9434765919", "9876543210", "4010232137", "9000000009")


@pytest.fixture
def pod(tmp_path: Path, postgres: Postgres) -> Iterator[Pod]:
    """On PostgreSQL: a file has one writer at a time, so that nothing there is at once."""
    with opened(tmp_path, postgres) as pod:
        yield pod


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Give what each call gave, all begun together."""
    barrier = Barrier(len(calls))

    def begun(call: Callable[[], Any]) -> Any:
        barrier.wait(10)
        return call()
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(begun, calls))


def unnumbered(pod: Pod, name: str, **more: str) -> dict[str, Any]:
    return {**{key: value for key, value in pod.body()["citizen"].items() if key != "nhs_number"}, "name": name, **more}


def allocated(pod: Pod, number: str) -> str:
    id_ = pod.sent(citizen=unnumbered(pod, f"Person {number}", nhs_number=number))
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": WREN}).status_code == 200
    return id_


@pytest.mark.parametrize("count", range(3))
def test_R_13_a_citizen_renamed_as_another_of_the_name_is_sent_is_seen_to_repeat_it(pod: Pod, count: int):
    id_, wren, amara = pod.sent(**PREVENTION, citizen=unnumbered(pod, "Wrong Name")), pod.caller("worker"), pod.caller("practitioner")
    renamed, sent = at_once(lambda: wren.post(f"/{id_}/amend", {"amendment_reason": "They rang.", "citizen": {"name": "Kim Right"}}),
                            lambda: amara.post("", pod.body(**PREVENTION, citizen=unnumbered(pod, "Kim Right"))))
    assert renamed.status_code == 200
    if sent.status_code == 409:
        assert sent.json["rule"] == "R-13"
    else:
        assert sent.status_code == 201 and pod.wren.get(f"/{id_}").json["duplicates"][0]["id"] == sent.json["id"]


@pytest.mark.parametrize("count", range(3))
def test_R_13_a_number_put_right_as_another_referral_brings_it_is_one_person_s(pod: Pod, count: int):
    id_, wren, amara = pod.sent(**PREVENTION, citizen=unnumbered(pod, "Rosa Quill")), pod.caller("worker"), pod.caller("practitioner")
    given = {"amendment_reason": "They rang.", "citizen": {"nhs_number": NUMBERS[0]}}
    put_right, sent = at_once(lambda: wren.post(f"/{id_}/amend", given),
                              lambda: amara.post("", pod.body(citizen=unnumbered(pod, "Rosa Quill", nhs_number=NUMBERS[0]))))
    assert (put_right.status_code, sent.status_code) == (200, 201)
    with pod.room.database.read() as connection:
        of = store.referrals.c
        assert len({row.citizen for row in connection.execute(store.referrals.select().where(of.id.in_([id_, sent.json["id"]])))}) == 1


def test_R_13_whoever_waits_for_a_name_has_locked_no_referral_yet(pod: Pod):
    id_ = pod.sent()
    with ThreadPoolExecutor(1) as pool:
        with pod.room.database.transaction() as connection:
            turns.take(connection, pod.room.database, ["kim right|1984-05-17"])
            waits = pool.submit(pod.wren.post, f"/{id_}/amend", {"amendment_reason": "They rang.", "citizen": {"name": "Kim Right"}})
            with pytest.raises(TimeoutError):
                waits.result(0.3)
            assert pod.helen.post(f"/{id_}/accept").status_code == 200, "the referral is free while the other waits"
        assert waits.result(10).status_code == 200


@pytest.mark.parametrize("act", ["amend", "send"])
def test_R_13_a_number_that_became_another_s_meanwhile_is_looked_up_again(pod: Pod, act: str):
    number, citizen = NUMBERS[0], unnumbered(pod, "Rosa Quill")
    id_ = pod.sent(**PREVENTION, citizen=citizen)
    with ThreadPoolExecutor(1) as pool:
        with pod.room.database.transaction() as connection:
            # whoever writes a number without waiting for the turn of its holder, as a merge does
            pod.room.keeper.ledger.people.put(connection, [{"id": str(uuid4()), "kind": "citizen", "name": "Rosa Quill", "nhs_number": number,
                                                     "date_of_birth": citizen["date_of_birth"], "recorded_at": pod.room.database.now(connection)}])
            waits = pool.submit(pod.wren.post, f"/{id_}/amend", {"amendment_reason": "They rang.", "citizen": {"nhs_number": number}}) \
                if act == "amend" else pool.submit(pod.amara.post, "", pod.body(citizen={**citizen, "nhs_number": number}))
            with pytest.raises(TimeoutError):
                waits.result(0.3)
        answer = waits.result(10)
    assert answer.status_code == (200 if act == "amend" else 201), answer.text


def test_R_07_of_meetings_offered_at_once_for_one_development_worker_one_is_taken(pod: Pod):
    ids, callers, start = [allocated(pod, number) for number in NUMBERS], [pod.caller("worker"), pod.caller("manager")] * 2, at(pod, 4)

    def offers(caller: Any, id_: str) -> Callable[[], Any]:
        return lambda: caller.post(f"/{id_}/meeting", {"starts_at": start.isoformat(), "mode": "in_person", "agreed": True})
    answers = at_once(*(offers(caller, id_) for caller, id_ in zip(callers, ids, strict=True)))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert {one.json["detail"] for one in answers if one.status_code == 409} == {"The development worker has another meeting then."}
    refused = next(caller for caller, one in zip(callers, answers, strict=True) if one.status_code == 409)
    later = (start + timedelta(hours=1)).isoformat()
    id_ = ids[[one.status_code for one in answers].index(409)]
    assert refused.post(f"/{id_}/meeting", {"starts_at": later, "mode": "in_person", "agreed": True}).status_code == 200


def test_R_07_an_offer_waits_for_whoever_gives_its_development_worker_another_meeting(pod: Pod):
    first, second = allocated(pod, NUMBERS[0]), allocated(pod, NUMBERS[1])
    robin, given = "robin.hale@pod.example", {"starts_at": at(pod, 4).isoformat(), "mode": "in_person", "agreed": True}
    assert pod.helen.post(f"/{first}/allocate", {"development_worker_email": robin}).status_code == 200
    assert pod.helen.post(f"/{first}/meeting", given).status_code == 200
    with ThreadPoolExecutor(2) as pool:
        with pod.room.database.transaction() as connection:
            turns.take(connection, pod.room.database, [f"meetings of {staff_id(WREN)}"])
            moved = pool.submit(pod.helen.post, f"/{first}/allocate", {"development_worker_email": WREN})
            with pytest.raises(TimeoutError):
                moved.result(0.3)
            offered = pool.submit(pod.wren.post, f"/{second}/meeting", given)
            with pytest.raises(TimeoutError):
                offered.result(0.3)
        assert moved.result(10).status_code == 200
        assert offered.result(10).status_code == 409
