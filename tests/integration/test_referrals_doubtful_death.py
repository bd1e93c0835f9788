"""What is reported of an NHS number while it is in doubt whose it is: staff know it at once, and it counts once it is the citizen's (J-14, R-13)."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from services.referrals import reached, sending, turns
from services.referrals.desk import Desk
from shared.ledger.store import Written
from shared.ledger.types import Actor
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_changed_outside import NUMBER, event, offer
from tests.integration.test_referrals_deaths import OTHER
from tests.integration.test_referrals_settling import waits_for_lock
from tests.integration.test_referrals_triage import AMARA, HELEN, PRIYA, WREN, at, words
from tests.integration.test_self_referral import sent as self_sent

ROSA = {"name": {"name": "Rosa Quill"}, "date-of-birth": {"date_of_birth": ["17", "5", "1984"]}, "nhs-number": {"nhs_number": NUMBER},
        "reach": {"telephone": "07700 900666"}}
ELSE = "9876543210"


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def doubting(pod: Pod) -> str:
    """Give the id of a self-referral that names the number of somebody on record."""
    before = {one["id"] for one in pod.wren.get().json["items"]}
    citizen = self_sent(pod, **ROSA)
    citizen.get("/self/message")
    citizen.post("/self/message", words="Please ring me.")
    (id_,) = {one["id"] for one in pod.wren.get().json["items"]} - before
    assert pod.wren.get(f"/{id_}").json["number_of"]["name"] == "Rosa Quill"
    return str(id_)


def ended(pod: Pod) -> str:
    """Give the id of a referral of the number that was declined: nobody works on it any more."""
    id_ = pod.sent(pathway="prevention", documents=[], named_person=None)
    assert pod.helen.post(f"/{id_}/decline", {"reason": "other", "words": "No."}).status_code == 200
    return id_


def amended(pod: Pod, id_: str, **citizen: str) -> dict[str, Any]:
    answer = pod.wren.post(f"/{id_}/amend", {"amendment_reason": "I asked her.", "citizen": citizen})
    assert answer.status_code == 200 and answer.json["number_of"] is None, answer.text
    return dict(answer.json)


def by_priya(pod: Pod, **citizen: str) -> str:
    """Give the id of a practitioner's referral of somebody of another name with the number."""
    sent = pod.priya.post("", pod.body(citizen={"name": "Otto Lind", "date_of_birth": "1951-01-02", "nhs_number": NUMBER, **citizen},
                                       pathway="prevention", conditions=[], documents=[], referrer=OTHER, duplicate_reason="x"))
    assert sent.status_code == 201, sent.text
    return str(sent.json["id"])


def live(pod: Pod) -> str:
    return pod.sent(pathway="prevention", documents=[], named_person=None)


@pytest.mark.parametrize("other", [ended, live])
def test_J_14_a_death_reported_of_a_number_in_doubt_is_read_by_staff_before_they_ring(pod: Pod, other: Any):
    other(pod)
    id_ = doubting(pod)
    assert pod.wren.get(f"/{id_}").json["said_of_number"] is None and "07700 900666" in at(pod, WREN, id_).split("How to contact them")[0]
    offer(pod, event("citizen.died", 1, died_on=pod.ago(1)))
    found = pod.wren.get(f"/{id_}").json
    assert found["said_of_number"] == {"died_on": pod.ago(1), "in_hospital": []} and found["died_on"] is None and found["kept_from_practitioner"] == []
    page = at(pod, WREN, id_)
    assert "is said to have died on" in page and "Do not ring or write to Rosa Quill before" in page and "We are sorry" not in page
    assert "Find out whose NHS number this is" in page and "said of the NHS number while it was in doubt" in page
    assert "07700 900666" not in page.split("How to contact them")[0], "nobody is told to ring"
    for act in ("/question", *(["/settle"] if other is live else [])):
        assert at(pod, WREN, id_, act).count("is said to have died on") == 1, act


def test_J_14_once_the_number_is_found_to_be_theirs_the_death_stands_and_can_be_taken_back_by_who_reported_it(pod: Pod):
    ended(pod)
    id_ = doubting(pod)
    offer(pod, event("citizen.died", 1, died_on=pod.ago(1)))
    assert amended(pod, id_, name="Rosa Quill", nhs_number=NUMBER)["died_on"] == pod.ago(1)
    assert pod.wren.get(f"/{id_}").json["said_of_number"] is None and "We are sorry: Rosa Quill died on" in at(pod, HELEN, id_)
    offer(pod, event("citizen.death_cancelled", 3))
    assert pod.wren.get(f"/{id_}").json["died_on"] is None


def test_J_14_it_stands_too_where_another_referral_of_the_number_heard_of_it(pod: Pod):
    pod.sent()
    id_ = doubting(pod)
    offer(pod, event("citizen.died", 1, died_on=pod.ago(1)), event("hospital.admitted", 0, ward="Elm"))
    assert amended(pod, id_, name="Rosa Quill", nhs_number=NUMBER)["died_on"] == pod.ago(1)
    assert pod.wren.get(f"/{id_}").json["in_hospital"][0]["ward"] == "Elm"


def test_R_13_once_the_number_is_found_to_be_somebody_elses_nothing_of_it_stands(pod: Pod):
    ended(pod)
    id_ = by_priya(pod)
    offer(pod, event("citizen.died", 1, died_on=pod.ago(1)), event("hospital.admitted", 0, ward="Elm"))
    assert pod.wren.get(f"/{id_}").json["said_of_number"]["died_on"] == pod.ago(1)
    assert pod.wren.get(f"/{id_}").json["said_of_number"]["in_hospital"][0]["ward"] == "Elm"
    found = amended(pod, id_, nhs_number=ELSE)
    assert (found["died_on"], found["in_hospital"], found["said_of_number"]) == (None, [], None)
    assert "We are sorry" not in at(pod, WREN, id_)
    offer(pod, event("citizen.died", 4, died_on=pod.ago(1)))
    assert pod.wren.get(f"/{id_}").json["died_on"] is None, "what comes by that number is not about this one any more"
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert pod.priya.get(f"/{id_}").json["died_on"] is None and "died" not in at(pod, PRIYA, id_)


def test_R_13_what_stands_of_whoever_it_turns_out_to_be_is_not_taken_back_with_what_was_wrong(pod: Pod):
    ended(pod)
    otto = pod.sent(citizen={"name": "Otto Lind", "date_of_birth": "1951-01-02", "nhs_number": ELSE})
    id_ = by_priya(pod)
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)), event("citizen.died", 2, nhs_number=ELSE, died_on=pod.ago(1)))
    assert pod.wren.get(f"/{otto}").json["died_on"] == pod.ago(1)
    assert amended(pod, id_, nhs_number=ELSE)["died_on"] == pod.ago(1)


def test_R_13_whoever_sent_it_is_shown_nothing_of_it(pod: Pod):
    pod.sent()
    id_ = by_priya(pod)
    before = pod.priya.get(f"/{id_}").json, at(pod, PRIYA, id_), pod.priya.get("").json
    offer(pod, event("citizen.died", 1, died_on=pod.ago(1)), event("hospital.admitted", 0, ward="Elm"))
    assert (pod.priya.get(f"/{id_}").json, at(pod, PRIYA, id_), pod.priya.get("").json) == before
    assert "said_of_number" not in before[0] and pod.priya.call("GET", f"/referrals/{id_}/reports").json == {"items": []}
    offer(pod, event("citizen.death_cancelled", 3), event("hospital.admission_cancelled", 3))
    assert (pod.priya.get(f"/{id_}").json, at(pod, PRIYA, id_)) == before[:2] and "taken back" not in words(Browser(pod, PRIYA).get("/"))
    assert pod.wren.get(f"/{id_}").json["said_of_number"] is None


def test_J_14_a_death_known_before_a_number_in_doubt_is_sent_is_read_by_staff_at_once(pod: Pod):
    pod.sent()
    offer(pod, event("citizen.died", 1, died_on=pod.ago(1)))
    id_ = doubting(pod)
    assert pod.wren.get(f"/{id_}").json["said_of_number"]["died_on"] == pod.ago(1)
    assert amended(pod, id_, name="Rosa Quill", nhs_number=NUMBER)["died_on"] == pod.ago(1)


def test_R_13_a_referral_its_number_in_doubt_was_merged_into_is_not_said_to_be_of_somebody_dead(pod: Pod):
    ended(pod)
    kept = pod.sent(citizen={"name": "Rosa Quill", "date_of_birth": "1984-05-17"}, pathway="prevention", documents=[], named_person=None)
    id_ = doubting(pod)
    offer(pod, event("citizen.died", 1, died_on=pod.ago(1)))
    assert pod.wren.post(f"/{id_}/merge", {"into": kept, "reason": "The same person, I asked."}).status_code == 200
    assert pod.wren.get(f"/{kept}").json["died_on"] is None


def test_J_14_a_death_reaches_the_referral_that_was_being_sent_when_it_came(tmp_path: Path, suite_database_url: str):
    pod = Pod(tmp_path, suite_database_url)
    first = pod.sent()
    with ThreadPoolExecutor(1) as aside:
        with pod.room.database.transaction() as connection:
            turns.take(connection, pod.room.database, [NUMBER])
            hearing = aside.submit(offer, pod, event("citizen.died", 1, died_on=pod.ago(1)))
            waits_for_lock(pod)
            desk = Desk(connection, pod.room.keeper.ledger, Actor(AMARA, "Amara Osei", frozenset({"practitioner"}), "Community Mental Health and Wellbeing Team"))
            given = pod.body(pathway="prevention", documents=[])
            second, answer = sending.send(desk, {**given, "citizen": {**given["citizen"], "nhs_number": NUMBER}, "duplicate_reason": "Again."})
            assert isinstance(answer, Written), answer
        hearing.result(timeout=20)
    assert [pod.wren.get(f"/{one}").json["died_on"] for one in (first, second)] == [pod.ago(1)] * 2
    pod.close()


def test_R_13_a_report_waits_while_somebody_finds_out_whose_number_it_is(tmp_path: Path, suite_database_url: str):
    pod = Pod(tmp_path, suite_database_url)
    ended(pod)
    id_ = by_priya(pod)
    with ThreadPoolExecutor(1) as aside:
        with pod.room.database.transaction() as connection:
            assert reached.by_number(connection, pod.room.database, [NUMBER])[NUMBER].in_doubt == (id_,)
            finding = aside.submit(amended, pod, id_, nhs_number=ELSE)
            waits_for_lock(pod)
        finding.result(timeout=20)
    with pod.room.database.read() as connection:
        assert reached.by_number(connection, pod.room.database, [NUMBER]) == {}
    pod.close()
