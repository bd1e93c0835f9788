"""What other systems report of a citizen changes an open referral: on its page, in the API, and for those who are told."""
from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.outbox import INTAKE
from shared.schemas import contract
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_triage import AMARA, HELEN, PRIYA, WREN, acts, at, send, words

NUMBER, TOM = "9434765919", "tom.whitfield@cmhwt.example"
START = datetime.now(UTC) - timedelta(days=3)


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def event(type_: str, hours: float, **data: Any) -> Event:
    facts = {"nhs_number": NUMBER, **({"stay_id": "V1"} if type_.startswith("hospital.") else {}), **data}
    at_ = START + timedelta(hours=hours)
    return Event(str(uuid.uuid4()), "urn:hospital:a", type_, at_, facts, recordedtime=at_)


def offer(pod: Pod, *events: Event) -> None:
    pod.room.inbox.take([Delivery(write(one), message_id=one.id, exchange=INTAKE) for one in events])


def told(pod: Pod, type_: str) -> list[tuple[int, bool]]:
    """Give (revision, withdrawn) of what was announced, each as its contract has it."""
    found = pod.told(type_)
    assert all(contract(one.type).check(one.data) for one in found)
    return [(one.revision, one.withdrawn) for one in found]


def test_R_09_an_admission_flags_an_open_referral_with_ward_and_section_until_it_is_taken_back(pod: Pod):
    id_ = pod.sent()
    admitted = event("hospital.admitted", 1, ward="Elm", legal_status="02")
    offer(pod, admitted)
    offer(pod, admitted)
    page = at(pod, WREN, id_)
    assert "In hospital since" in page and "Elm, detained under section 2 of the Mental Health Act." in page
    assert "In hospital since" in at(pod, AMARA, id_) and told(pod, "referral.admission_recorded") == [(1, False)]
    offer(pod, event("hospital.legal_status_changed", 5, legal_status="03"), event("hospital.transferred", 6, ward="Ash"))
    assert "Ash, detained under section 3 of the Mental Health Act." in at(pod, WREN, id_)
    assert pod.wren.get(f"/{id_}").json["in_hospital"][0] | {"admitted_at": ""} == {
        "stay_id": "V1", "ward": "Ash", "legal_status": "03", "admitted_at": ""}
    assert pod.helen.get(f"/{id_}").json["missing"] == []  # somebody detained may be referred
    offer(pod, event("hospital.admission_cancelled", 8))
    assert "In hospital since" not in at(pod, WREN, id_)
    assert told(pod, "referral.admission_recorded") == [(1, False), (2, True)]
    assert "Admitted to hospital: taken back" in at(pod, WREN, id_)


def test_R_09_an_informal_stay_and_one_of_unknown_status_are_said_in_words(pod: Pod):
    id_ = pod.sent()
    offer(pod, event("hospital.admitted", 1, ward="Elm", legal_status="01"))
    assert "Elm, informal, not detained." in at(pod, WREN, id_)
    offer(pod, event("hospital.discharged", 9), event("hospital.admitted", 10, stay_id="V2"))
    assert "legal status not known." in at(pod, WREN, id_)


def test_R_03_a_named_person_who_goes_is_replaced_and_the_referral_can_be_accepted(pod: Pod):
    id_ = pod.sent()
    offer(pod, event("keyworker.discharged", 1, practitioner_email=TOM, closes_on=pod.ago(-20)))
    assert "Another named person is needed: Tom Whitfield" in at(pod, WREN, id_)
    assert pod.helen.get(f"/{id_}").json["named_person_goes_on"] == pod.ago(-20)
    assert [one["rule"] for one in pod.helen.get(f"/{id_}").json["missing"]] == ["R-03"]
    assert told(pod, "referral.named_person_needed") == [(1, False)]
    own = at(pod, AMARA, id_)
    assert "What is asked of you" in own and "Name another person of the team." in own
    refusal = Browser(pod, HELEN).get(f"/{id_}/accept")
    assert refusal.status_code == 409 and "no longer works with the citizen" in words(refusal)
    people = {"referrer_name": "Amara Osei", "referrer_email": AMARA, "referrer_role": "care_coordinator",
              "referrer_team": "Community Mental Health and Wellbeing Team", "referrer_telephone": "01632 960101",
              "named_name": "Priya Nair", "named_email": PRIYA, "named_team": "Early Intervention Team"}
    answer = send(pod, AMARA, f"/{id_}/amend/people", **people, amendment_reason="Tom leaves.")
    assert answer.status_code == 303, words(answer)
    assert "Another named person is needed" not in at(pod, WREN, id_) and pod.helen.get(f"/{id_}").json["missing"] == []
    assert told(pod, "referral.named_person_needed") == [(1, False), (2, True)]
    assert send(pod, HELEN, f"/{id_}/accept").status_code == 303


def test_R_03_the_named_person_stays_after_all(pod: Pod):
    id_ = pod.sent()
    offer(pod, event("keyworker.discharge_cancelled", 5, practitioner_email=TOM))
    offer(pod, event("keyworker.discharged", 1, practitioner_email=TOM, closes_on=pod.ago(-20)))
    assert "Another named person is needed" not in at(pod, WREN, id_) and told(pod, "referral.named_person_needed") == []
    assert pod.helen.post(f"/{id_}/accept").status_code == 200


def test_R_03_a_practitioner_who_changes_and_was_the_named_person_leaves_another_to_be_named(pod: Pod):
    own = {"name": "Amara Osei", "email": AMARA, "team": "Community Mental Health and Wellbeing Team"}
    id_ = pod.sent(named_person=own)
    offer(pod, event("keyworker.changed", 1, from_email=AMARA, to_email=PRIYA, to_name="Priya Nair",
                     to_team="Early Intervention Team", changes_on=pod.ago(1)))
    assert "Another named person is needed: Amara Osei" in at(pod, WREN, id_)
    assert "Priya Nair, Early Intervention Team" in at(pod, PRIYA, id_)  # whose referral it is now
    assert pod.priya.post(f"/{id_}/amend", {"amendment_reason": "I carry the risk.", "named_person": {
        "name": "Priya Nair", "email": PRIYA, "team": "Early Intervention Team"}}).status_code == 200
    assert "Another named person is needed" not in at(pod, WREN, id_)
    assert pod.helen.post(f"/{id_}/accept").status_code == 200


def test_J_14_everything_stops_when_the_citizen_dies_and_goes_on_when_it_is_taken_back(pod: Pod):
    id_ = pod.sent()
    pod.wren.post(f"/{id_}/questions", {"words": "Which ward?"})
    died = event("citizen.died", 1, died_on=pod.ago(2))
    offer(pod, died)
    offer(pod, died)
    page, own = at(pod, HELEN, id_), at(pod, AMARA, id_)
    assert "We are sorry: Rosa Quill died on" in page and "Withdraw or decline the referral" in page
    assert "We are sorry that the citizen has died." in own and "What is asked of you" not in own
    assert "What is missing" not in page and "once nothing is missing" not in page
    assert acts(pod, HELEN, id_) == {"decline", "withdraw", "amend"} and acts(pod, WREN, id_) == {"withdraw", "amend"}
    assert pod.wren.get(f"/{id_}").json["targets"] == [] and "First meeting by" not in page
    assert told(pod, "referral.death_recorded") == [(1, False)]
    assert Browser(pod, WREN).get(f"/{id_}/question").status_code == 409
    offer(pod, event("citizen.death_cancelled", 3))
    assert "We are sorry" not in at(pod, HELEN, id_) and "accept" in acts(pod, HELEN, id_)
    assert told(pod, "referral.death_recorded") == [(1, False), (2, True)]
    assert pod.wren.get(f"/{id_}").json["targets"] != [] and pod.helen.post(f"/{id_}/accept").status_code == 200


def test_J_14_nobody_is_allocated_to_somebody_who_died_after_acceptance(pod: Pod):
    id_ = pod.sent()
    pod.helen.post(f"/{id_}/accept")
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)))
    assert acts(pod, HELEN, id_) == {"amend"} and "Everything planned has stopped." in at(pod, HELEN, id_)
    assert Browser(pod, HELEN).get(f"/{id_}/allocate").status_code == 409


def test_R_10_a_short_intensive_referral_names_its_issues_and_is_answered_in_two_working_days(pod: Pod):
    referrer = {"name": "Grace Adeyemi", "email": "grace.adeyemi@htt.example", "role": "key_worker", "team": "Axholme"}
    named = {**referrer, "team": "Home Treatment Team"}
    named.pop("role")
    grace = pod.caller("practitioner", "grace.adeyemi@htt.example")
    sent = grace.post("", pod.body(pathway="sip", referrer=referrer, named_person=named, conditions=[], commitment_months=0,
                                   social_issues=["housing", "Debt"], documents=[]))
    assert sent.status_code == 201, sent.text
    id_ = sent.json["id"]
    page = at(pod, WREN, id_)
    assert "Eviction or housing, Debt" in page and "Answer to the practitioner by" in page
    assert "Axholme Services may refer" in page or "Axholme may refer" in page
    (target,) = [one for one in pod.wren.get(f"/{id_}").json["targets"] if one["kind"] == "response"]
    late = datetime.fromisoformat(target["late_from"]) + timedelta(seconds=1)
    assert "the Pod decides by" in at(pod, "grace.adeyemi@htt.example", id_)
    vars(pod.room.database)["now"] = lambda connection: late
    pod.room.database.run(pod.room.keeper.look)
    pod.room.database.run(pod.room.keeper.look)
    assert "Overdue" in at(pod, WREN, id_) and told(pod, "referral.response_overdue") == [(1, False)]
    assert send(pod, HELEN, f"/{id_}/accept").status_code == 303
    assert "Done late" in at(pod, HELEN, id_) and told(pod, "referral.response_overdue") == [(1, False)]


def test_R_05_who_is_not_yet_of_age_cannot_be_accepted_and_the_page_says_from_when(pod: Pod):
    today = pod.today()
    born = today.replace(year=today.year - 17).isoformat() if (today.month, today.day) != (2, 29) else f"{today.year - 17}-02-28"
    id_ = pod.sent(citizen={"name": "Kit Marlowe", "date_of_birth": born, "nhs_number": "9876543210"}, conditions=[])
    page = at(pod, WREN, id_)
    assert "The citizen is under 18." in page and "Refer again from" in page and "No condition of this pathway is given." in page
    assert Browser(pod, HELEN).get(f"/{id_}/accept").status_code == 409
    own = at(pod, AMARA, id_)
    assert "Say which condition the citizen lives with." in own
