"""What is put right of a referral, or turns out otherwise, reaches all it had touched, and tells nobody what is not theirs."""
from __future__ import annotations

from tests.integration.referral_room import Pod
from tests.integration.test_referrals_changed_outside import event, offer, told
from tests.integration.test_referrals_triage import PRIYA, WREN, at

ROSA, OTTO = "9434765919", "9876543210"
STRANGER = {"name": "Otto Lind", "date_of_birth": "1951-01-02"}


def put_right(pod: Pod, id_: str, **citizen: str) -> None:
    answer = pod.wren.post(f"/{id_}/amend", {"amendment_reason": "A slip of the pen.", "citizen": citizen})
    assert answer.status_code == 200, answer.text


def test_R_13_an_amended_name_does_not_tell_its_practitioner_who_is_with_the_pod(pod: Pod):
    pod.sent()
    mine = pod.priya.post("", pod.body(citizen=STRANGER | {"nhs_number": OTTO}, referrer={**pod.body()["referrer"], "email": PRIYA})).json["id"]
    before = pod.priya.get(f"/{mine}").json["rules"]
    change = {"amendment_reason": "A slip.", "citizen": {"name": "Rosa Quill", "date_of_birth": "1984-05-17"}}
    answer = pod.priya.post(f"/{mine}/amend", change)
    assert answer.status_code == 200 and answer.json["rules"] == pod.priya.get(f"/{mine}").json["rules"] == before
    assert "R-13" in [one["rule"] for one in pod.wren.get(f"/{mine}").json["rules"]]


def test_J_13_a_death_taken_back_after_the_referral_was_withdrawn_is_told_to_whoever_was_told_of_it(pod: Pod):
    id_ = pod.sent()
    offer(pod, event("citizen.died", 1, died_on=pod.ago(3)))
    assert pod.amara.post(f"/{id_}/withdraw", {"reason": "died"}).status_code == 200
    offer(pod, event("citizen.death_cancelled", 2))
    assert pod.amara.get(f"/{id_}").json["died_on"] is None
    assert told(pod, "referral.death_recorded") == [(1, False), (2, True)]
    offer(pod, event("hospital.admitted", 3))
    assert len(pod.told("referral.stay_recorded")) == 2, "from now on they are nobody we know"


def test_R_07_taking_out_a_document_after_acceptance_does_not_stop_the_clock_of_the_first_meeting(pod: Pod):
    id_ = pod.sent()
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    before = pod.wren.get(f"/{id_}").json
    assert before["first_meeting_due_on"] and before["targets"]
    assert pod.amara.post(f"/{id_}/documents/{before['documents'][0]['id']}/remove", {"reason": "Somebody else's."}).status_code == 200
    after = pod.wren.get(f"/{id_}").json
    assert (after["first_meeting_due_on"], after["targets"]) == (before["first_meeting_due_on"], before["targets"])
    assert told(pod, "referral.completed") == [(1, False)]


def test_R_14_a_question_about_a_self_referral_is_the_pods_to_ask(pod: Pod):
    citizen = STRANGER | {"telephone": "07700 900111"}
    sent = {"pathway": "prevention", "self_referral": True, "citizen": citizen, "reason": "Company.", "meeting_preference": "telephone"}
    id_ = pod.wren.post("", sent).json["id"]
    assert pod.wren.post(f"/{id_}/questions", {"words": "Which days suit you?"}).status_code == 201
    assert "Ask the citizen by telephone and write the answer down" in at(pod, WREN, id_)
    assert pod.wren.get(waiting="true").json["items"] == []


def test_J_14_what_was_reported_under_a_wrong_number_goes_when_the_number_is_put_right(pod: Pod):
    id_ = pod.sent()
    offer(pod, event("hospital.admitted", 1, ward="Elm"), event("hospital.transferred", 2, ward="Ash"), event("citizen.died", 3, died_on=pod.ago(2)))
    assert pod.wren.get(f"/{id_}").json["died_on"]
    put_right(pod, id_, nhs_number=OTTO)
    found = pod.wren.get(f"/{id_}").json
    assert found["died_on"] is None and found["in_hospital"] == []
    assert told(pod, "referral.death_recorded") == [(1, False), (2, True)]
    assert pod.helen.post(f"/{id_}/accept").status_code == 200


def test_J_13_what_hospitals_said_before_a_referral_came_is_known_of_it_once_it_is_accepted(pod: Pod):
    pod.sent()
    offer(pod, event("hospital.admitted", 1, ward="Elm"))
    second = pod.sent(pathway="prevention", conditions=[], documents=[])
    assert pod.amara.get(f"/{second}").json["in_hospital"] == [], "who sends it does not learn who is with us"
    accepted = pod.helen.post(f"/{second}/accept")
    assert accepted.status_code == 200 and accepted.json["in_hospital"][0]["ward"] == "Elm"
    offer(pod, event("hospital.admission_cancelled", 2))
    assert pod.wren.get(f"/{second}").json["in_hospital"] == []


def test_J_14_a_referral_whose_number_is_put_right_is_not_accepted_of_somebody_who_died(pod: Pod):
    pod.sent()
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)))
    second = pod.sent(citizen={**pod.body()["citizen"], "nhs_number": OTTO}, duplicate_reason="Again.")
    put_right(pod, second, nhs_number=ROSA)
    assert pod.wren.post(f"/{second}/keep", {"reason": "Another request."}).status_code == 200
    refusal = pod.helen.post(f"/{second}/accept")
    assert (refusal.status_code, refusal.json["rule"]) == (409, "J-14")


def test_R_14_what_is_announced_of_an_amended_name_is_the_new_one(pod: Pod):
    id_ = pod.sent()
    put_right(pod, id_, name="Rosa Quill-Hart")
    assert pod.told("referral.received")[-1].data["citizen"]["name"] == "Rosa Quill-Hart"


def test_X_02_a_number_put_right_leaves_nobody_known_by_the_wrong_one(pod: Pod):
    pod.sent()
    slip = pod.sent(citizen={**pod.body()["citizen"], "nhs_number": OTTO}, duplicate_reason="Again.")
    wrong = pod.told("referral.received")[-1].data["citizen_id"]
    put_right(pod, slip, nhs_number=ROSA)
    old, new = pod.told("referral.received")[-2:]
    if not old.withdrawn:
        old, new = new, old
    assert old.withdrawn and old.data["citizen_id"] == wrong and "nhs_number" not in old.data["citizen"]
    assert not new.withdrawn and new.data["citizen"]["nhs_number"] == ROSA
    right = pod.priya.post("", pod.body(citizen=STRANGER | {"nhs_number": OTTO}, referrer={**pod.body()["referrer"], "email": PRIYA}))
    assert right.status_code == 201, right.text


def test_R_13_a_number_of_a_referral_that_has_ended_can_be_given_to_whose_it_is(pod: Pod):
    first = pod.sent(citizen=STRANGER | {"nhs_number": ROSA})
    assert pod.amara.post(f"/{first}/withdraw", {"reason": "by_mistake"}).status_code == 200
    second = pod.sent(duplicate_reason="It is her number.")
    assert pod.helen.post(f"/{second}/accept").status_code == 409
    put_right(pod, second, nhs_number=ROSA)
    assert pod.helen.post(f"/{second}/accept").status_code == 200
    assert pod.wren.get(f"/{first}").json["citizen"]["nhs_number"] is None
    assert "nhs_number" not in pod.told("referral.received")[1].data["citizen"], "whoever listens knows them by it no more"
