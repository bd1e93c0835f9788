"""The API of referrals: what is sent, what is answered, and what is told to the world."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.referrals import store
from shared.calendar import moment_in_words
from shared.schemas import contract
from tests.integration.referral_room import Pod


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def rules(answer: Any) -> list[str]:
    return [one["rule"] for one in answer.json["missing"]]


def test_a_whole_referral_is_complete_and_everybody_hears_of_it(pod: Pod):
    answer = pod.amara.post("", pod.body())
    assert answer.status_code == 201 and answer.json["state"] == "complete" and answer.json["missing"] == []
    assert answer.headers["Location"].endswith(answer.json["id"]) and answer.headers["ETag"]
    event, completed = pod.told()
    assert completed.type == "referral.completed" and contract(completed.type).check(completed.data)
    assert event.type == "referral.received" and event.data["citizen"]["nhs_number"] == "9434765919"
    assert contract(event.type).check(event.data) and event.data["practitioner"]["name"] == "Amara Osei"


def test_R_06_a_document_that_is_missing_or_too_old_blocks_acceptance_until_it_comes(pod: Pod):
    answer = pod.amara.post("", pod.body(documents=[{"kind": "risk_assessment", "dated": pod.ago(250)}]))
    assert answer.json["state"] == "received" and rules(answer) == ["R-06", "R-06"]
    id_ = answer.json["id"]
    refusal = pod.helen.post(f"/{id_}/accept")
    assert refusal.status_code == 409 and refusal.json["rule"] == "R-06" and refusal.json["help"]
    assert pod.amara.post(f"/{id_}/documents", {"kind": "care_plan", "dated": pod.ago(9)}).json["state"] == "received"
    added = pod.wren.post(f"/{id_}/documents", {"kind": "risk_assessment", "dated": pod.ago(0)})
    assert added.status_code == 201 and added.json["state"] == "complete" and added.json["first_meeting_due_on"]
    assert pod.helen.post(f"/{id_}/accept").json["state"] == "accepted"


def test_R_03_R_04_R_05_what_is_not_met_is_named_and_cannot_be_accepted(pod: Pod):
    young = {**pod.body()["citizen"], "date_of_birth": pod.ago(16 * 365)}
    sent = pod.body(commitment_months=2, conditions=[], citizen=young)
    del sent["named_person"]
    answer = pod.amara.post("", sent)
    assert answer.status_code == 201 and rules(answer) == ["R-03", "R-04", "R-05", "R-05"]
    assert pod.helen.post(f"/{answer.json['id']}/accept").status_code == 409
    assert pod.helen.get(f"/{answer.json['id']}").json["state"] == "received"


def test_R_02_a_team_that_may_not_refer_is_told_which_may(pod: Pod):
    answer = pod.amara.post("", pod.body(referrer={**pod.body()["referrer"], "team": "Home Treatment Team"}))
    assert answer.status_code == 409 and answer.json["rule"] == "R-02" and "Early Intervention" in answer.json["help"]


def test_R_15_the_rules_stay_with_the_decision_as_they_stood(pod: Pod):
    id_ = pod.sent()
    accepted = pod.helen.post(f"/{id_}/accept").json
    assert accepted["decision"]["fingerprint"] and accepted["decision"]["by"] == "Helen Marsh"
    assert [one["rule"] for one in accepted["rules"]] == ["R-01", "R-02", "R-03", "R-04", "R-05", "R-05", "R-06", "R-06"]
    assert {one["outcome"] for one in accepted["rules"]} == {"met"}


def test_accepted_and_allocated_are_announced_as_their_contracts_say(pod: Pod):
    id_ = pod.staffed().sent()
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    given = pod.helen.post(f"/{id_}/allocate", {"development_worker_email": "wren.callaghan@pod.example"})
    assert given.status_code == 200 and given.json["development_worker"]["email"] == "wren.callaghan@pod.example"
    told = {event.type: event for event in pod.told() if event.type.startswith("referral.")}
    assert set(told) == {"referral.received", "referral.completed", "referral.accepted", "referral.allocated"}
    for event in told.values():
        assert contract(event.type).check(event.data)
    assert told["referral.allocated"].data["development_worker"]["name"] == "Wren Callaghan"
    assert told["referral.accepted"].data["first_meeting_due_on"]
    again = pod.helen.post(f"/{id_}/allocate", {"development_worker_email": "marcus.bell@pod.example"})
    assert again.status_code == 200
    assert [(e.type, e.revision) for e in pod.told() if e.type == "referral.allocated"] == [("referral.allocated", 1), ("referral.allocated", 2)]


def test_allocation_comes_after_acceptance(pod: Pod):
    refusal = pod.helen.post(f"/{pod.sent()}/allocate", {"development_worker_email": "wren.callaghan@pod.example"})
    assert refusal.status_code == 409 and refusal.json["rule"] == "J-01"


def test_two_people_accepting_one_wins_and_the_other_is_told_who_and_when(pod: Pod):
    id_ = pod.sent()
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    second = pod.helen.post(f"/{id_}/accept")
    at = moment_in_words(pod.helen.get(f"/{id_}").json["decision"]["at"])
    assert second.status_code == 409 and second.json["detail"] == f"Helen Marsh accepted this referral on {at}."


def test_If_Match_is_honoured(pod: Pod):
    id_ = pod.sent()
    seen = pod.helen.get(f"/{id_}").headers["ETag"]
    assert pod.wren.post(f"/{id_}/documents", {"kind": "care_plan", "dated": pod.ago(1)}).status_code == 201
    assert pod.helen.post(f"/{id_}/accept", If_Match=seen).status_code == 412
    assert pod.helen.post(f"/{id_}/accept", If_Match=pod.helen.get(f"/{id_}").headers["ETag"]).status_code == 200


def test_one_key_one_referral(pod: Pod):
    first, second = (pod.amara.post("", pod.body(), Idempotency_Key="k1") for _ in range(2))
    assert first.json == second.json and len(pod.amara.get().json["items"]) == 1


def test_R_13_a_second_referral_asks_why_and_is_flagged_for_staff_only(pod: Pod):
    first = pod.sent()
    repeat = pod.amara.post("", pod.body())
    assert repeat.status_code == 409 and repeat.json["rule"] == "R-13"
    assert repeat.json["errors"] == [{"pointer": "/duplicate_reason",
                                      "detail": "This person may already be with us: say why you send it."}]
    assert first not in repeat.text
    kept = pod.amara.post("", pod.body(duplicate_reason="The first was sent by mistake for her sister."))
    assert kept.status_code == 201
    assert pod.wren.get(f"/{kept.json['id']}").json["duplicates"][0]["id"] == first
    assert "duplicates" not in pod.amara.get(f"/{kept.json['id']}").json


def test_R_13_the_same_name_and_birthday_without_the_same_number_may_be_the_same_person(pod: Pod):
    pod.sent()
    other = {**pod.body()["citizen"], "name": "rosa  QUILL", "nhs_number": "9876543210"}
    assert pod.amara.post("", pod.body(citizen=other)).status_code == 409


def test_R_14_declining_has_a_reason_and_says_what_would_change_the_answer(pod: Pod):
    id_ = pod.sent(documents=[])
    assert pod.helen.post(f"/{id_}/decline", {"reason": "no_documents"}).status_code == 422
    answer = pod.helen.post(f"/{id_}/decline", {"reason": "no_documents", "words": "The documents never came."})
    assert answer.status_code == 200 and answer.json["state"] == "declined" and "care plan" not in answer.json["decision"]["words"]
    read = pod.amara.get(f"/{id_}").json["decision"]
    assert read["reason"] == "no_documents" and "not older than 12 months" in read["would_change"]
    (event,) = pod.told("referral.declined")
    assert contract(event.type).check(event.data)["reason"] == "other"


def test_R_14_a_practitioner_withdraws_their_own_and_sees_no_other(pod: Pod):
    id_ = pod.sent()
    assert pod.priya.get(f"/{id_}").status_code == 404
    assert pod.priya.post(f"/{id_}/withdraw", {"reason": "x"}).status_code == 404
    assert pod.priya.get().json["items"] == []
    answer = pod.amara.post(f"/{id_}/withdraw", {"reason": "citizen_moved"})
    assert answer.json["state"] == "withdrawn" and contract("referral.withdrawn").check(pod.told("referral.withdrawn")[0].data)
    assert pod.helen.post(f"/{id_}/accept").json["detail"].startswith("Amara Osei withdrew this referral on ")


def test_practitioner_and_worker_decide_nothing(pod: Pod):
    id_ = pod.sent()
    for caller in (pod.amara, pod.wren):
        assert caller.post(f"/{id_}/accept").status_code == 403
        assert caller.post(f"/{id_}/decline", {"reason": "a", "words": "b"}).status_code == 403
    assert pod.caller("panel").get(f"/{id_}").status_code == 403
    assert pod.caller("publisher").post("", pod.body()).status_code == 403


@pytest.mark.parametrize(("changes", "pointer"), [
    ({"citizen": {"name": "A", "date_of_birth": "1990-01-01", "nhs_number": "9434765918"}}, "/citizen/nhs_number"),
    ({"citizen": {"name": "A", "date_of_birth": "1990-01-01"}}, "/citizen/nhs_number"),
    ({"citizen": {"name": "A", "date_of_birth": "1990-01-01", "nhs_number": "444 444 4444"}}, "/citizen/nhs_number"),
    ({"pathway": "prevention", "citizen": {"name": "A", "date_of_birth": "1990-01-01", "nhs_number": "0000000000"}}, "/citizen/nhs_number"),
    ({"citizen": {"name": "A", "date_of_birth": "2190-01-01", "nhs_number": "9434765919"}}, "/citizen/date_of_birth"),
    ({"citizen": {"name": "A", "date_of_birth": "1790-01-01", "nhs_number": "9434765919"}}, "/citizen/date_of_birth"),
    ({"citizen": "Rosa"}, "/citizen"),
    ({"conversation_held_on": "2190-01-01"}, "/conversation_held_on"),
    ({"conditions": ["psychosis", "a cold"]}, "/conditions/1"),
    ({"reason": "a\u0000b"}, "/reason"), ({"reason": "a\ud800b"}, "/reason"), ({"reason": "   "}, "/reason"),
    ({"documents": [{"kind": "passport", "dated": "2026-01-01"}]}, "/documents/0/kind"),
    ({"documents": [{"kind": "care_plan", "dated": "2190-01-01"}]}, "/documents/0/dated"),
    ({"commitment_months": -1}, "/commitment_months"), ({"commitment_months": True}, "/commitment_months"),
    ({"pathway": "other"}, "/pathway"), ({"meeting_preference": "letter"}, "/meeting_preference"),
    ({"social_issues": ["debt"]}, "/social_issues/0"),
    ({"inpatient": {"ward": "Elm"}}, "/inpatient/legal_status"),
    ({"referrer": {"name": "A", "email": "nobody", "role": "key_worker", "team": "EIT"}}, "/referrer/email"),
])
def test_bad_input_is_named_by_field_and_nothing_is_kept(tmp_path: Path, changes: dict[str, Any], pointer: str):
    pod = Pod(tmp_path)
    answer = pod.amara.post("", pod.body(**changes))
    assert answer.status_code == 422 and pointer in [one["pointer"] for one in answer.json["errors"]], answer.text
    assert pod.helen.get().json["items"] == [] and pod.told() == []


@pytest.mark.parametrize("sent", ["[]", '"text"', "3", "null", "{", ""])
def test_a_body_that_is_no_object_is_no_crash(tmp_path: Path, sent: str):
    caller = Pod(tmp_path).amara
    answer = caller.client.post("/api/v1/referrals", data=sent, content_type="application/json",
                                headers={"Authorization": caller.bearer})
    assert answer.status_code in (400, 422)


def test_R_09_section_and_ward_of_an_inpatient_are_recorded(pod: Pod):
    id_ = pod.sent(inpatient={"ward": "Elm", "legal_status": "02", "stay_id": "V1"})
    found = pod.wren.get(f"/{id_}").json
    assert found["inpatient"] == {"ward": "Elm", "legal_status": "02", "stay_id": "V1"}
    assert "R-09" in [one["rule"] for one in found["rules"]]


def test_R_11_prevention_asks_for_no_number_and_no_documents(pod: Pod):
    sent = pod.body(pathway="prevention", citizen={"name": "Ada Moss", "date_of_birth": "1999-09-09"}, conditions=["other"],
                    documents=[], commitment_months=0)
    del sent["named_person"]
    answer = pod.amara.post("", sent)
    assert answer.status_code == 201 and answer.json["state"] == "complete"


def test_lists_are_paged_filtered_and_found_by_reference(pod: Pod):
    ids = [pod.sent(duplicate_reason="test", documents=[]) for _ in range(3)]
    assert pod.amara.post("", pod.body(duplicate_reason="test")).json["state"] == "complete"
    page = pod.helen.get(limit=3).json
    rest = pod.helen.get(limit=3, after=page["next"]).json
    assert len(page["items"]) == 3 and [one["id"] for one in rest["items"]] == ids[:1] and rest["next"] is None
    assert len(pod.helen.get(state="received").json["items"]) == 3 and len(pod.helen.get(state="complete").json["items"]) == 1
    assert pod.helen.get(mine="true").json["items"] == [] and pod.helen.get(overdue="true").json["items"] == []
    assert rest["items"][0]["received_at"] == pod.helen.get(f"/{ids[0]}").json["received_at"]
    reference = rest["items"][0]["reference"]
    assert pod.helen.get(reference=reference.lower().replace("-", " ")).json["items"][0]["id"] == ids[0]
    assert pod.helen.get(state="lost").status_code == 422 and pod.helen.get(after="x").status_code == 422
    assert pod.helen.get(reference="R-0000-000").status_code == 422


def test_R_07_what_is_overdue_is_listed_until_somebody_works_on_it(pod: Pod):
    id_ = pod.sent()
    with pod.room.database.transaction() as connection:
        connection.execute(store.referrals.update().values(due_on=pod.ago(8)))
    (row,) = pod.wren.get(overdue="true").json["items"]
    assert row["id"] == id_ and row["overdue"] and row["breached"]


def test_R_06_a_referral_whose_document_lapsed_is_not_listed_as_complete(pod: Pod):
    pod.sent()
    with pod.room.database.transaction() as connection:
        connection.execute(store.referrals.update().values(complete_until=pod.ago(1)))
    assert pod.wren.get(state="complete").json["items"] == []
    assert [row["state"] for row in pod.wren.get(state="received").json["items"]] == ["received"]


def test_R_13_what_a_further_referral_leaves_out_takes_nothing_off_the_record(pod: Pod):
    pod.sent()
    again = {"name": "Rosa Quill", "date_of_birth": "1984-05-17", "nhs_number": "9434765919", "email": "Rosa@Example.org"}
    id_ = pod.sent(citizen=again, duplicate_reason="new address")
    found = pod.wren.get(f"/{id_}").json["citizen"]
    assert found["email"] == "rosa@example.org" and found["telephone"] == "07700 900123" and found["do_not"] == ["no letters to my home"]
    assert len({event.data["citizen_id"] for event in pod.told("referral.received")}) == 1
