"""Reports of other systems that were wrong: taken back by hand, with a reason, on every referral and for everybody who was told."""
from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest

from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.outbox import INTAKE
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_first_meeting import Both, both
from tests.integration.test_referrals_changed_outside import event, offer, told
from tests.integration.test_referrals_triage import AMARA, HELEN, PRIYA, WREN, acts, at, send, words

__all__ = ["both"]
WHY = {"reason": "It is another Rosa Quill: the ward says so."}


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def report(pod: Pod, id_: str, kind: str = "citizen.died") -> str:
    """Give the id of the newest report of a kind."""
    return str(next(one for one in pod.wren.call("GET", f"/referrals/{id_}/reports").json["items"] if one["kind"] == kind)["id"])


def recorded_now(pod: Pod) -> Event:
    """Give the death as the sender corrects it."""
    died = event("citizen.died", 1, died_on=pod.ago(1))
    with pod.room.database.read() as connection:
        died.recordedtime = pod.room.database.now(connection)
    return died


def withdraw(caller: Any, id_: str, which: str, said: Any = None, **headers: str) -> Any:
    return caller.post(f"/{id_}/reports/{which}/withdraw", WHY if said is None else said, **headers)


def test_J_14_a_death_reported_of_the_wrong_citizen_is_taken_back_on_its_page(pod: Pod):
    id_ = pod.sent()
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)))
    page, path = Browser(pod, WREN).get(f"/{id_}"), f"/{id_}/reports/{report(pod, id_)}/withdraw"
    assert "Take it back if it is wrong" in words(page) and path in page.text and path not in Browser(pod, AMARA).get(f"/{id_}").text
    asked = at(pod, WREN, id_, path.removeprefix(f"/{id_}"))
    assert "The citizen died: on" in asked and "How do you know that it is wrong?" in asked and "Rosa Quill" in asked
    empty = send(pod, WREN, path, reason=" ")
    assert empty.status_code == 422 and "Say how you know that it is wrong" in words(empty)
    assert send(pod, WREN, path, **WHY).status_code == 303
    shown = at(pod, HELEN, id_)
    assert "We are sorry" not in shown and "accept" in acts(pod, HELEN, id_) and "First meeting" in shown
    assert "The citizen died: taken back" in shown and WHY["reason"] in shown and "Wren Callaghan" in shown
    assert WHY["reason"] in at(pod, AMARA, id_) and told(pod, "referral.death_recorded") == [(1, False), (2, True)]
    again = send(pod, WREN, path, **WHY)
    assert again.status_code == 409 and Browser(pod, WREN).get(path).status_code == 409
    assert pod.helen.post(f"/{id_}/accept").status_code == 200


def test_J_13_a_repeat_stays_taken_back_and_a_new_report_that_corrects_it_counts(pod: Pod):
    id_ = pod.sent()
    died = event("citizen.died", 1, died_on=pod.ago(2))
    offer(pod, died)
    assert withdraw(pod.wren, id_, report(pod, id_)).status_code == 200
    offer(pod, died, event("citizen.died", 1, died_on=pod.ago(2)))  # once under its own id, once under another
    assert pod.wren.get(f"/{id_}").json["died_on"] is None and told(pod, "referral.death_recorded") == [(1, False), (2, True)]
    offer(pod, recorded_now(pod))
    assert pod.wren.get(f"/{id_}").json["died_on"] == pod.ago(1)
    assert told(pod, "referral.death_recorded") == [(1, False), (2, True), (3, False)]
    states = [one["state"] for one in pod.wren.call("GET", f"/referrals/{id_}/reports").json["items"]]
    assert sorted(states) == ["replaced", "replaced", "stands"]


def test_R_09_an_admission_of_somebody_else_is_taken_back_with_ward_and_flag(pod: Pod):
    id_ = pod.sent()
    offer(pod, event("hospital.admitted", 1, ward="Elm", legal_status="02"), event("hospital.transferred", 2, ward="Ash"))
    assert "Take it back if it is wrong" in at(pod, WREN, id_) and pod.wren.get().json["items"][0]["flag"] == "inpatient"
    answer = withdraw(pod.wren, id_, report(pod, id_, "hospital.admitted"))
    assert answer.status_code == 200 and answer.json["in_hospital"] == [] and pod.wren.get().json["items"][0]["flag"] == ""
    assert told(pod, "referral.admission_recorded") == [(1, False), (2, True)]
    reports = {one["kind"]: one for one in pod.wren.call("GET", f"/referrals/{id_}/reports").json["items"]}
    gone, there = reports["hospital.admitted"], reports["hospital.transferred"]
    assert (gone["state"], gone["words"], gone["taken_back"]["by"], gone["taken_back"]["reason"]) == (
        "taken_back", "Elm, section 2", "Wren Callaghan", WHY["reason"]) and there["state"] == "stands" and there["taken_back"] is None
    assert datetime.fromisoformat(gone["taken_back"]["at"]) > datetime.fromisoformat(gone["recorded_at"])


def test_R_03_whoever_was_said_to_leave_and_does_not_is_the_practitioner_again(pod: Pod):
    id_ = pod.sent()
    offer(pod, event("keyworker.discharged", 1, practitioner_email=AMARA, closes_on=pod.ago(1)))
    page = at(pod, WREN, id_)
    assert "Amara Osei, from" in page and "Find out who takes over" in page
    assert withdraw(pod.wren, id_, report(pod, id_, "practitioner.discharged")).status_code == 200
    assert "Find out who takes over" not in at(pod, WREN, id_)


def test_J_14_a_report_is_taken_back_on_every_referral_of_the_citizen(pod: Pod):
    first = pod.sent()
    other = {**pod.body()["referrer"], "name": "Priya Nair", "email": PRIYA, "team": "Early Intervention Team"}
    answer = pod.priya.post("", pod.body(pathway="prevention", conditions=[], documents=[], referrer=other, duplicate_reason="x"))
    second = answer.json["id"]
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)))
    assert pod.priya.get(f"/{second}").json["died_on"]
    assert withdraw(pod.wren, first, report(pod, first)).status_code == 200
    assert pod.priya.get(f"/{second}").json["died_on"] is None
    assert [(one.revision, one.withdrawn) for one in pod.told("referral.death_recorded")] == [(1, False)] * 2 + [(2, True)] * 2
    assert withdraw(pod.wren, second, report(pod, second)).status_code == 409


def test_J_13_only_staff_who_may_correct_take_a_report_back_and_bad_input_takes_nothing_back(pod: Pod):
    id_ = pod.sent()
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)))
    which, path = report(pod, id_), f"/{id_}/reports"
    assert withdraw(pod.amara, id_, which).status_code == 403 and Browser(pod, AMARA).get(f"{path}/{which}/withdraw").status_code == 403
    assert pod.priya.call("GET", f"/referrals{path}").status_code == 404 and pod.amara.call("GET", f"/referrals{path}").status_code == 200
    assert withdraw(pod.wren, id_, str(uuid.uuid4())).status_code == 404 == withdraw(pod.wren, str(uuid.uuid4()), which).status_code
    assert Browser(pod, WREN).get(f"{path}/{uuid.uuid4()}/withdraw").status_code == 404
    for said in ({}, {"reason": ""}, {"reason": "x" * 4001}, {"reason": 7}):
        answer = withdraw(pod.wren, id_, which, said)
        assert answer.status_code == 422 and answer.json["errors"][0]["pointer"] == "/reason", answer.text
    assert withdraw(pod.wren, id_, which, If_Match='"99"').status_code == 412
    assert pod.wren.get(f"/{id_}").json["died_on"], "none of it took anything back"
    once = [withdraw(pod.wren, id_, which, Idempotency_Key="k").status_code for _ in range(2)]
    assert once == [200, 200] and told(pod, "referral.death_recorded") == [(1, False), (2, True)]


def test_J_13_what_is_decided_is_not_a_report(pod: Pod):
    id_ = pod.sent()
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert pod.wren.call("GET", f"/referrals/{id_}/reports").json == {"items": []}
    assert "Take back" not in at(pod, WREN, id_)


def test_J_14_a_report_taken_back_on_the_referral_is_taken_back_on_the_journey_whichever_way_it_came(both: Both):
    pod = both.pod
    id_ = pod.sent()
    both.settled()
    died = event("citizen.died", 1, died_on=pod.ago(2))
    offer(pod, died)
    both.journeys.inbox.take([Delivery(write(died), message_id=died.id, exchange=INTAKE)])
    both.settled()
    assert withdraw(pod.wren, id_, report(pod, id_)).status_code == 200
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert both.journey(id_)["died_on"] is None and not any(both.parked())


def test_R_07_a_journey_opens_without_whoever_had_left_and_gets_whoever_takes_over(both: Both):
    pod = both.pod
    id_ = pod.sent()
    offer(pod, event("keyworker.discharged", 1, practitioner_email=AMARA, closes_on=pod.ago(1)))
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    opened = both.journey(id_)
    assert opened["practitioner"] is None and opened["self_referral"] is False and opened["state"] == "open"
    who = {"name": "Priya Nair", "email": PRIYA, "role": "key_worker", "team": "Early Intervention Team"}
    assert pod.wren.post(f"/{id_}/amend", {"amendment_reason": "She takes over.", "referrer": who}).status_code == 200
    assert both.journey(id_)["practitioner"]["name"] == "Priya Nair"
