"""Two referrals of one citizen that go on as one: nothing either said is lost, and both practitioners see where it stands (R-13, R-14)."""
from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from services.referrals import store
from shared.calendar import london_day
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.outbox import EVENTS, INTAKE
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_first_meeting import Both, both, opened
from tests.integration.test_referrals_changed_outside import event, offer
from tests.integration.test_referrals_triage import AMARA, HELEN, PRIYA, WREN, at, send
from tests.integration.test_self_referral import GIVEN
from tests.support.drafts import Writer

__all__ = ["both"]

ROSA, OTTO = "9434765919", "9876543210"
SECOND = {"name": "Priya Nair", "email": PRIYA, "role": "key_worker", "team": "Early Intervention Team"}
MODEL = {"name": "Rosa Quill", "date_of_birth": "1984-05-17"}


def second(pod: Pod, **changes: Any) -> str:
    """Have another practitioner refer the same citizen."""
    answer = pod.priya.post("", pod.body(**{"referrer": SECOND, "duplicate_reason": "We see her too.", **changes}))
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def merged(pod: Pod, id_: str, into: str, reason: str = "One request, sent twice.") -> Any:
    answer = pod.wren.post(f"/{id_}/merge", {"into": into, "reason": reason})
    assert answer.status_code == 200, answer.text
    return answer.json


def closes(pod: Pod, id_: str, day: str) -> None:
    """Have the journey say when it closes."""
    now = datetime.now(UTC)
    said = {"journey_id": str(uuid.uuid4()), "reference": "J-1", "told": [], "closes_on": day, "reason": "done", "referral_id": id_}
    told = Event(str(uuid.uuid4()), "urn:pod:journeys", "journey.closing_set", now, said, version=2, recordedtime=now, about=f"journey:{id_}:closing", revision=1)
    pod.room.inbox.take([Delivery(write(told), message_id=told.id, exchange=EVENTS)])


def later(pod: Pod, days: int) -> None:
    """Let so many days pass."""
    then = datetime.now(UTC) + timedelta(days=days)
    vars(pod.room.database)["now"] = lambda connection: then


def answers(pod: Any, id_: str) -> dict[str, tuple[Any, Any]]:
    """Give what the one referral merged into another says differently: (there, here) by field."""
    (one,) = pod.get(f"/{id_}").json["merged"]
    return {said["field"]: (said["there"], said["here"]) for said in one["said"]}


def test_R_13_the_one_that_goes_on_shows_what_the_other_said_differently(either: Pod):
    pod = either
    first = pod.sent()
    id_ = second(pod, reason="Husband is violent: risk.", conditions=["psychosis"], citizen=pod.body()["citizen"] | {"telephone": "07700 900999"})
    reference = merged(pod, id_, first, "Both teams rang me.")["reference"]
    facts = {"reason": ("Husband is violent: risk.", pod.body()["reason"]), "conditions": (["psychosis"], ["bipolar"])}
    assert answers(pod.wren, first) == {**facts, "citizen.telephone": ("07700 900999", "07700 900123")}
    assert answers(pod.amara, first) == facts, "how to reach her is the Pod's record, and staff's to settle"
    for email in (HELEN, AMARA):
        page = at(pod, email, first)
        assert f"Referral {reference} of Priya Nair, Early Intervention Team" in page and "Husband is violent: risk." in page
    assert "Both teams rang me." in at(pod, HELEN, first) and "07700 900999" in at(pod, HELEN, first)
    assert "Both teams rang me." not in at(pod, AMARA, first) and "07700 900999" not in at(pod, AMARA, first)
    assert "reason" not in pod.amara.get(f"/{first}").json["merged"][0] and f"Read first what {reference} said differently" in at(pod, HELEN, first, "/accept")
    (told,) = pod.told("referral.amended")
    assert (told.data["referral_id"], told.data["amendment_id"], told.data["what"]) == (first, id_, ["merged"])
    assert [one["email"] for one in told.data["told"]] == [AMARA] and pod.wren.get(f"/{first}").json["amendments"] == []


def test_R_13_the_development_worker_hears_of_what_a_citizen_sends_again_and_the_practitioner_does_not_read_it(pod: Pod):
    first = pod.sent(pathway="prevention", documents=[], named_person=None)
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    assert pod.helen.post(f"/{first}/allocate", {"development_worker_email": "idris.bello@pod.example"}).status_code == 200
    sent = {"pathway": "prevention", "self_referral": True, "reason": "I want to leave my husband.", "meeting_preference": "telephone",
            "citizen": MODEL | {"telephone": "07700 900555", "email": "rosa@post.example"}}
    merged(pod, pod.wren.post("", sent).json["id"], first)
    (told,) = pod.told("referral.amended")
    assert {one["email"]: one["role"] for one in told.data["told"]} == {"idris.bello@pod.example": "development_worker", AMARA: "practitioner"}
    assert answers(pod.wren, first)["reason"][0] == "I want to leave my husband."
    assert answers(pod.wren, first)["citizen.telephone"] == ("07700 900555", "07700 900123")
    assert pod.wren.get(f"/{first}").json["citizen"]["email"] == "rosa@post.example", "it was lacking"
    (accepted,) = (one for one in pod.told("referral.accepted") if one.revision == 2)
    assert accepted.data["citizen"]["email"] == "rosa@post.example", "the journey hears of it"
    assert answers(pod.amara, first) == {} and "leave my husband" not in at(pod, AMARA, first)
    assert "What the citizen told the Pod themself stays with the Pod." in at(pod, AMARA, first)


def test_R_14_whoever_sent_the_second_sees_where_it_stands_now_and_nothing_else_of_it(pod: Pod):
    first, id_ = pod.sent(), second(pod)
    reference = pod.wren.get(f"/{first}").json["reference"]
    merged(pod, id_, first, "She told us in confidence.")
    assert pod.priya.get(f"/{id_}").json["goes_on_with"] == {"reference": reference, "state": "open"}
    page = at(pod, PRIYA, id_)
    assert f"goes on together with {reference}, of the same citizen. The Pod has not decided about it yet." in page
    assert "in confidence" not in page and "in confidence" not in pod.priya.get(f"/{id_}").text and "Go to referral" not in page
    assert pod.priya.get(f"/{first}").status_code == 404
    assert pod.wren.get(f"/{id_}").json["settled"]["reason"] == "She told us in confidence." and f"Go to referral {reference}" in at(pod, WREN, id_)
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    assert "The Pod has accepted it." in at(pod, PRIYA, id_)
    offer(pod, event("citizen.died", 1, died_on=pod.ago(1)))
    assert pod.priya.get(f"/{id_}").json["goes_on_with"]["state"] == "stopped" and "Nothing more happens with it." in at(pod, PRIYA, id_)


def test_R_13_what_was_merged_goes_on_with_whatever_it_was_merged_into(pod: Pod):
    first, middle = pod.sent(), second(pod, reason="To cook with others.")
    last = pod.sent(reason="He hit her.", duplicate_reason="It is urgent.")
    merged(pod, last, middle)
    merged(pod, middle, first)
    said = {one["id"]: one["said"][0]["there"] for one in pod.wren.get(f"/{first}").json["merged"]}
    assert said == {middle: "To cook with others.", last: "He hit her."}
    assert [one.data["amendment_id"] for one in pod.told("referral.amended") if one.data["told"] and one.data["referral_id"] == first] == [middle]
    reference = pod.wren.get(f"/{first}").json["reference"]
    assert pod.amara.get(f"/{last}").json["goes_on_with"] == {"id": first, "reference": reference, "state": "open"}
    assert f"That one goes on with {reference}. The Pod has not decided" in at(pod, AMARA, last)


def test_R_06_R_07_documents_come_along_as_of_when_they_came_and_the_clock_counts_from_then(pod: Pod):
    first, id_ = pod.sent(documents=[]), second(pod)
    came = pod.wren.get(f"/{id_}").json
    later(pod, 5)
    merged(pod, id_, first)
    found = pod.wren.get(f"/{first}").json
    assert {(one["kind"], one["added_at"], one["added_by"]) for one in found["documents"]} == {
        (one["kind"], one["added_at"], "Priya Nair") for one in came["documents"]}
    assert found["state"] == "complete" and found["first_meeting_due_on"] == came["first_meeting_due_on"]
    (complete,) = (one for one in pod.told("referral.completed") if one.data["referral_id"] == first)
    assert london_day(complete.time) == london_day(datetime.now(UTC))


def test_R_07_documents_that_come_after_acceptance_move_no_clock(pod: Pod):
    first, id_ = pod.sent(documents=[]), second(pod)
    later(pod, 3)
    for kind in ("care_plan", "risk_assessment"):
        assert pod.amara.post(f"/{first}/documents", {"kind": kind, "dated": pod.ago(9)}).status_code == 201
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    later(pod, 4)
    before = pod.wren.get(f"/{first}").json
    merged(pod, id_, first)
    after = pod.wren.get(f"/{first}").json
    assert len(after["documents"]) == 4 and after["first_meeting_due_on"] == before["first_meeting_due_on"]
    assert [one.revision for one in pod.told("referral.completed") if one.data["referral_id"] == first] == [1]


def test_R_13_the_same_document_named_twice_is_not_there_twice(pod: Pod):
    first, id_ = pod.sent(), second(pod)
    merged(pod, id_, first)
    assert len(pod.wren.get(f"/{first}").json["documents"]) == 2


def without_number(pod: Pod, **changes: Any) -> str:
    """Refer somebody to prevention of whom no NHS number is known."""
    citizen = MODEL | {"telephone": "07700 900123"}
    return pod.sent(**{"pathway": "prevention", "citizen": citizen, "documents": [], **changes})


IN_HOSPITAL = {**MODEL, "nhs_number": ROSA, "interpreter": "Polish", "do_not": ["No letters to my home"]}


def test_R_13_a_record_without_a_number_takes_it_over_with_all_it_lacks_and_hospitals_reach_it_from_now_on(either: Pod):
    pod = either
    first = without_number(pod)
    id_ = second(pod, pathway="prevention", citizen=IN_HOSPITAL, documents=[], inpatient={"ward": "Elm", "legal_status": "02"})
    offer(pod, event("hospital.admitted", 1, ward="Elm", legal_status="02"))
    assert pod.wren.get(f"/{first}").json["in_hospital"] == []
    merged(pod, id_, first)
    found = pod.wren.get(f"/{first}").json
    citizen = found["citizen"]
    assert (citizen["nhs_number"], citizen["interpreter"], citizen["do_not"], citizen["telephone"]) == (
        ROSA, "Polish", ["No letters to my home"], "07700 900123")
    assert found["in_hospital"][0]["ward"] == "Elm" and found["inpatient"] == {"ward": "Elm", "legal_status": "02"}
    (one,) = found["merged"]
    assert {change["field"]: change["new"] for change in one["changes"]} == {
        "inpatient": {"ward": "Elm", "legal_status": "02"}, "citizen.nhs_number": ROSA, "citizen.interpreter": "Polish",
        "citizen.do_not": ["No letters to my home"]}
    assert [change["field"] for change in pod.amara.get(f"/{first}").json["merged"][0]["changes"]] == ["inpatient"]
    offer(pod, event("hospital.transferred", 2, ward="Ash"))
    assert pod.wren.get(f"/{first}").json["in_hospital"][0]["ward"] == "Ash"
    people = store.tables.people
    with pod.room.database.read() as connection:
        assert len(connection.execute(people.select().where(people.c.nhs_number == ROSA)).all()) == 1, "a number is one person's"
    (received,) = (event_ for event_ in pod.told("referral.received") if event_.data["referral_id"] == first and event_.revision == 2)
    assert received.data["citizen"]["nhs_number"] == ROSA


def test_J_14_a_death_reported_to_the_one_that_ends_stops_the_one_that_goes_on(pod: Pod):
    first = without_number(pod)
    id_ = second(pod, pathway="prevention", citizen=IN_HOSPITAL, documents=[])
    offer(pod, event("citizen.died", 1, died_on=pod.ago(1)))
    merged(pod, id_, first)
    assert pod.wren.get(f"/{first}").json["died_on"] == pod.ago(1)
    offer(pod, event("citizen.death_cancelled", 2))
    assert pod.wren.get(f"/{first}").json["died_on"] is None


def test_R_13_what_hospitals_said_of_another_referral_is_kept_from_the_practitioner_of_either(pod: Pod):
    pod.sent(citizen=IN_HOSPITAL)
    offer(pod, event("hospital.admitted", 1, ward="Elm"))
    first, id_ = without_number(pod), second(pod, pathway="prevention", citizen=IN_HOSPITAL, documents=[])
    merged(pod, id_, first)
    assert pod.wren.get(f"/{first}").json["in_hospital"][0]["ward"] == "Elm" and pod.amara.get(f"/{first}").json["in_hospital"] == []
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    assert pod.amara.get(f"/{first}").json["in_hospital"][0]["ward"] == "Elm"


def test_R_13_a_number_that_other_referrals_go_by_stays_and_the_one_that_goes_on_joins_them(either: Pod):
    pod = either
    core, first = pod.sent(citizen=IN_HOSPITAL), without_number(pod)
    id_ = second(pod, pathway="prevention", citizen=IN_HOSPITAL, documents=[])
    merged(pod, id_, first)
    offer(pod, event("hospital.admitted", 1, ward="Elm"))
    for one in (core, first):
        found = pod.wren.get(f"/{one}").json
        assert found["in_hospital"] and found["citizen"]["nhs_number"] == ROSA and found["citizen"]["telephone"] == "07700 900123"
    assert "Amended on referral" in at(pod, WREN, core)


def doubted(pod: Pod) -> str:
    """Have somebody who names Rosa and her number refer themself; staff have not found out who they are."""
    citizen = Writer(pod)
    citizen.get("/self")
    citizen.post("/self")
    citizen.root = "/self"
    citizen.write({**GIVEN, "name": {"name": "Rosa Quill"}, "date-of-birth": {"date_of_birth": ["17", "5", "1984"]},
                   "nhs-number": {"nhs_number": "943 476 5919"}, "reach": {"telephone": "07700 900999", "email": "rosa@post.example"}})
    citizen.get("/self/check")
    citizen.post("/self/send")
    id_ = next(one["id"] for one in pod.wren.get().json["items"] if pod.wren.get(f"/{one['id']}").json["self_referral"])
    assert pod.wren.get(f"/{id_}").json["number_of"]["name"] == "Rosa Quill"
    return str(id_)


def test_R_13_a_referral_in_doubt_goes_on_with_whose_number_it_names(pod: Pod):
    first = pod.sent(pathway="prevention", documents=[])
    merged(pod, doubted(pod), first, "I rang her: she wrote it.")
    citizen = pod.wren.get(f"/{first}").json["citizen"]
    assert (citizen["nhs_number"], citizen["telephone"], citizen["email"]) == (ROSA, "07700 900123", "rosa@post.example")
    assert answers(pod.wren, first)["citizen.telephone"] == ("07700 900999", "07700 900123")


def test_R_13_a_doubt_whose_number_it_is_ends_with_the_merge(pod: Pod):
    pod.sent()
    first = doubted(pod)
    id_ = second(pod, pathway="prevention", documents=[])
    merged(pod, id_, first)
    found = pod.wren.get(f"/{first}").json
    assert found["number_of"] is None and found["citizen"]["nhs_number"] == ROSA and found["citizen"]["telephone"] == "07700 900123"
    offer(pod, event("hospital.admitted", 1, ward="Elm"))
    assert len(pod.wren.get(f"/{first}").json["in_hospital"]) == 1
    assert pod.helen.post(f"/{first}/accept").status_code == 200, "nothing is left to settle"


def test_R_13_a_journey_on_another_record_is_left_to_the_records_team(pod: Pod):
    pod.sent(citizen=IN_HOSPITAL)
    first = without_number(pod)
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    id_ = second(pod, pathway="prevention", citizen=IN_HOSPITAL, documents=[])
    refusal = pod.wren.post(f"/{id_}/merge", {"into": first, "reason": "The same."})
    assert refusal.status_code == 409 and "records team" in refusal.json["help"]
    assert pod.wren.get(f"/{id_}").json["state"] == "complete" and pod.wren.get(f"/{first}").json["citizen"]["nhs_number"] is None


def test_R_13_two_numbers_are_two_people_until_one_is_put_right(pod: Pod):
    first = pod.sent()
    id_ = second(pod, citizen=MODEL | {"nhs_number": OTTO, "interpreter": "Polish"})
    answer = send(pod, WREN, f"/{id_}/settle", into=first, reason="The same name.")
    assert answer.status_code == 422 and "The two referrals name different NHS numbers." in answer.text and "The same name." in answer.text
    assert pod.wren.get(f"/{id_}").json["state"] == "complete"
    found = pod.wren.get(f"/{first}").json
    assert found["citizen"]["interpreter"] is None and found["merged"] == [] and pod.told("referral.amended") == []


def test_R_13_who_comes_back_after_the_journey_closed_is_held_as_nobodys_duplicate(pod: Pod):
    first = pod.sent()
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    closes(pod, first, pod.ago(0))
    assert pod.priya.post("", pod.body(referrer=SECOND)).json["rule"] == "R-13", "until the end of its last day it goes on"
    held = second(pod)
    later(pod, 1)
    assert pod.priya.post("", pod.body(referrer=SECOND)).json["rule"] == "R-13", "the one that is held is under way"
    refusal = pod.wren.post(f"/{held}/merge", {"into": first, "reason": "The same."})
    assert refusal.status_code == 409 and "closed on" in refusal.json["detail"] and "one of its own" in refusal.json["help"]
    page = Browser(pod, WREN).get(f"/{held}/settle").text
    assert "Closed" in page and "The same request as" not in page
    assert pod.priya.post(f"/{held}/withdraw", {"reason": "by_mistake"}).status_code == 200
    answer = pod.priya.post("", pod.body(referrer=SECOND))
    assert answer.status_code == 201 and pod.wren.get(f"/{answer.json['id']}").json["duplicates"] == []


def test_X_02_nothing_is_recorded_of_a_citizen_whose_journey_has_closed(either: Pod):
    pod = either
    first = pod.sent()
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    closes(pod, first, pod.ago(0))
    offer(pod, event("hospital.admitted", 1, ward="Elm"))
    assert len(pod.wren.get(f"/{first}").json["in_hospital"]) == 1
    later(pod, 1)
    offer(pod, event("hospital.discharged", 2))
    assert len(pod.told("referral.stay_recorded")) == 1
    with pod.room.database.read() as connection:
        assert pod.room.keeper.known(connection, [ROSA]) == {}


def test_R_13_a_person_judges_by_all_that_can_tell_two_people_apart(pod: Pod):
    first = without_number(pod)
    sent = {"pathway": "prevention", "self_referral": True, "reason": "Company.", "meeting_preference": "telephone",
            "citizen": MODEL | {"telephone": "+44 7700 900123", "email": "rosa@post.example", "do_not": ["Never ring"]}}
    id_ = pod.wren.post("", sent).json["id"]
    page = at(pod, WREN, id_, "/settle")
    assert "NHS number Not given Not given Telephone" in page, "neither has one, which tells nothing"
    assert "Telephone +44 7700 900123 07700 900123 Same Email rosa@post.example Not given Address" in page
    assert f"Reason Company. {pod.body()['reason']} Different" in page and "Must not be done Never ring Not given" in page
    assert "Practitioner The citizen themself Amara Osei, care coordinator" in page and "Access needs" not in page
    assert "None" not in page
    with pod.room.database.read() as connection:
        assert {first, id_} <= {row.referral for row in connection.execute(store.looks.select())}, "to compare is to look"


def test_J_10_X_02_the_journey_of_the_one_that_goes_on_hears_hospitals_under_the_number_it_took_over(both: Both):
    first = opened(both, pathway="prevention", citizen=MODEL | {"telephone": "07700 900123"}, documents=[])
    both.settled()
    id_ = second(both.pod, pathway="prevention", citizen=IN_HOSPITAL, documents=[])
    both.settled()
    merged(both.pod, id_, first)
    both.settled()
    told = event("hospital.admitted", 1, ward="Elm")
    both.journeys.inbox.take([Delivery(write(told), message_id=told.id, exchange=INTAKE)])
    journey = both.journey(first)
    assert journey["inpatient"] and journey["citizen"]["nhs_number"] == ROSA and both.parked() == [0, 0, 0, 0], journey
