"""What a merge takes along and what it keeps apart: a citizen's own words, what was asked, and who hears how it was decided (R-13, R-14)."""
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_changed_outside import event, offer
from tests.integration.test_referrals_merged import ROSA, answers, merged, second
from tests.integration.test_referrals_triage import AMARA, PRIYA, WREN, at, words
from tests.integration.test_self_referral import sent as sent_by_page
from tests.support.drafts import Writer

PREVENTION: dict[str, Any] = {"pathway": "prevention", "documents": [], "named_person": None}
OWN = {"pathway": "prevention", "self_referral": True, "reason": "I want company.", "meeting_preference": "telephone",
       "citizen": {"name": "Rosa Quill", "date_of_birth": "1984-05-17", "nhs_number": ROSA, "telephone": "07700 900555"}}
NO = {"reason": "other_service", "words": "Her team knows why.", "would_change": "Ask again once she is home."}


def own(pod: Pod, **changes: Any) -> str:
    """Have staff write down what Rosa asks for herself."""
    answer = pod.wren.post("", {**OWN, **changes})
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def by_page(pod: Pod) -> tuple[Writer, str]:
    """Have Rosa refer herself on the public pages; give those pages and the id of what she sent."""
    before = {one["id"] for one in pod.wren.get().json["items"]}
    citizen = sent_by_page(pod, **{"name": {"name": "Rosa Quill"}, "date-of-birth": {"date_of_birth": ["17", "5", "1984"]}})
    (id_,) = {one["id"] for one in pod.wren.get().json["items"]} - before
    return citizen, str(id_)


def to_tell(pod: Pod, id_: str) -> list[str]:
    return [one["what"] for one in pod.wren.get(f"/{id_}").json["to_tell"]]


def asked(pod: Pod, id_: str, words: str) -> str:
    """Have staff ask whoever sent a referral; give the id of the question."""
    answer = pod.wren.post(f"/{id_}/questions", {"words": words})
    assert answer.status_code == 201, answer.text
    return str(next(one["id"] for one in pod.wren.get(f"/{id_}").json["questions"] if one["words"] == words))


def heard(pod: Pod, type_: str) -> list[tuple[str, str]]:
    """Give (referral, address of the practitioner) of all events of a type."""
    return [(one.data["referral_id"], (one.data.get("practitioner") or {}).get("email", "")) for one in pod.told(type_)]


def test_R_13_what_a_citizen_told_the_pod_themself_becomes_no_fact_of_a_practitioners_referral(either: Pod):
    pod = either
    first = pod.sent(**PREVENTION, conditions=[])
    merged(pod, own(pod, conditions=["psychosis"]), first)
    shown = pod.amara.get(f"/{first}").json
    assert shown["conditions"] == [] and shown["merged"][0]["changes"] == []
    assert "psychosis" not in json.dumps(shown) and "psychosis" not in at(pod, AMARA, first).lower()
    assert answers(pod.wren, first)["conditions"] == (["psychosis"], []) and "Psychosis" in at(pod, WREN, first)
    assert pod.wren.post(f"/{first}/amend", {"amendment_reason": "She agreed to it.", "conditions": ["psychosis"]}).status_code == 200
    assert pod.amara.get(f"/{first}").json["conditions"] == ["psychosis"], "staff took it over"


@pytest.mark.parametrize("who", ["practitioners", "citizens"])
def test_R_13_two_of_a_kind_take_over_what_the_other_lacks(pod: Pod, who: str):
    if who == "practitioners":
        first, id_ = pod.sent(**PREVENTION, conditions=[]), second(pod, **PREVENTION, conditions=["psychosis"])
    else:
        first, id_ = own(pod), own(pod, conditions=["psychosis"])
    merged(pod, id_, first)
    assert pod.wren.get(f"/{first}").json["conditions"] == ["psychosis"]


def test_R_13_a_citizens_own_words_stay_with_staff_though_their_referral_goes_on_twice(pod: Pod):
    first, middle = pod.sent(**PREVENTION, conditions=[]), own(pod)
    last = own(pod, conditions=["psychosis"])
    merged(pod, last, middle)
    merged(pod, middle, first)
    assert "psychosis" not in pod.amara.get(f"/{first}").text and "psychosis" in pod.wren.get(f"/{first}").text


def test_R_11_a_message_nobody_named_is_not_answered_by_what_was_told_besides(either: Pod):
    pod = either
    citizen, id_ = by_page(pod)
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": "idris.bello@pod.example"}).status_code == 200
    page = Browser(pod, WREN)
    seen = page.get(f"/{id_}/told")
    citizen.get("/self/message")
    citizen.post("/self/message", words="I am no longer safe at home.")
    answer = pod.wren.post(f"/{id_}/told", {"way": "telephone"})
    assert answer.status_code == 200 and [one["what"] for one in answer.json["to_tell"]] == ["wrote"]
    again = pod.wren.post(f"/{id_}/told", {"way": "telephone"})
    assert again.status_code == 409 and "name in what" in again.json["help"]
    assert page.send(f"/{id_}/told", {"how": "telephone", "on": [str(part) for part in (pod.today().day, pod.today().month, pod.today().year)]},
                     seen).status_code == 409, "a page from before it came does not answer it"
    assert "I am no longer safe at home." in words(page.get(f"/{id_}/told"))
    key = answer.json["to_tell"][0]["key"]
    assert pod.wren.post(f"/{id_}/told", {"way": "telephone", "what": [key]}).json["to_tell"] == []


def test_R_14_whoever_sent_a_merged_referral_is_told_that_the_other_was_declined_and_why(either: Pod):
    pod = either
    first, id_ = pod.sent(), second(pod)
    merged(pod, id_, first)
    assert pod.helen.post(f"/{first}/decline", {**NO, "words": "Amara told us of her brother."}).status_code == 200
    assert sorted(heard(pod, "referral.declined")) == sorted([(first, AMARA), (id_, PRIYA)])
    (told,) = (one for one in pod.told("referral.declined") if one.data["referral_id"] == id_)
    mine = pod.priya.get(f"/{id_}").json
    assert (told.data["reference"], told.data["reason"]) == (mine["reference"], "other_service")
    assert mine["goes_on_with"]["reason"] == "Another service can help better" and mine["goes_on_with"]["would_change"] == "Ask again once she is home."
    page = at(pod, PRIYA, id_)
    assert "was declined: Another service can help better." in page and "What would change the answer: Ask again once she is home." in page
    assert "her brother" not in page and "her brother" not in pod.priya.get(f"/{id_}").text


def test_R_14_a_reason_in_words_of_ones_own_stays_with_the_one_it_was_written_on(pod: Pod):
    first, id_ = pod.sent(), second(pod)
    merged(pod, id_, first)
    assert pod.helen.post(f"/{first}/decline", {**NO, "reason": "Her husband rang us."}).status_code == 200
    assert pod.priya.get(f"/{id_}").json["goes_on_with"]["reason"] == "Another reason" and "husband" not in at(pod, PRIYA, id_)


def test_R_14_whoever_sent_a_merged_referral_hears_of_acceptance_and_no_second_journey_opens(pod: Pod):
    first, id_ = pod.sent(), second(pod)
    merged(pod, id_, first)
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    assert heard(pod, "referral.accepted") == [(first, AMARA)]
    (told,) = (one for one in pod.told("referral.amended") if one.data["referral_id"] == id_)
    assert (told.data["what"], told.data["amendment_id"], [one["email"] for one in told.data["told"]]) == (["goes_on_with"], first, [PRIYA])


def test_R_13_who_is_told_of_the_merge_is_not_told_of_it_again_for_what_was_merged_before(pod: Pod):
    first, middle = pod.sent(), second(pod)
    last = pod.sent(duplicate_reason="It is urgent.")
    merged(pod, last, middle)
    merged(pod, middle, first)
    assert [one for one in pod.told("referral.amended") if one.data["referral_id"] == last] == []
    assert pod.helen.post(f"/{first}/decline", NO).status_code == 200
    assert {id_ for id_, _ in heard(pod, "referral.declined")} == {first, middle, last}


@pytest.mark.parametrize(("kind", "on"), [("keyworker.discharged", "closes_on"), ("keyworker.changed", "changes_on")])
def test_R_14_a_practitioner_who_left_is_told_no_more_of_it(pod: Pod, kind: str, on: str):
    first, id_ = pod.sent(), second(pod)
    merged(pod, id_, first)
    offer(pod, event(kind, 1, **({"from_email": PRIYA, "to_email": "noor.ali@eit.example", "to_name": "Noor Ali", "to_team": "Early Intervention Team"}
                                 if kind == "keyworker.changed" else {"practitioner_email": PRIYA}), **{on: pod.ago(0)}))
    assert pod.helen.post(f"/{first}/decline", NO).status_code == 200
    assert (id_, PRIYA) not in heard(pod, "referral.declined") and (first, AMARA) in heard(pod, "referral.declined")


def test_R_11_R_14_a_citizen_whose_referral_goes_on_with_a_practitioners_is_told_that_it_was_declined(either: Pod):
    pod = either
    first = pod.sent(**PREVENTION)
    citizen, id_ = by_page(pod)
    merged(pod, id_, first)
    citizen.get("/self/sent")
    assert "We have it" in citizen.words and "Take it back" not in citizen.words and to_tell(pod, first) == []
    assert pod.helen.post(f"/{first}/decline", NO).status_code == 200
    assert to_tell(pod, first) == ["declined"] and [one["id"] for one in pod.wren.get(worklist="tell").json["items"]] == [first]
    page = words(Browser(pod, WREN).get(f"/{first}/told"))
    told = page[page.index("What they are to hear"):page.index("How to reach them")]
    assert "Another service can help better" in told and "Ask again once she is home." in told and "Her team knows why." not in told
    citizen.get("/self/sent")
    assert "We cannot offer you this support" in citizen.words and "Another service" not in citizen.words
    assert pod.wren.post(f"/{first}/told", {"way": "telephone"}).json["to_tell"] == []


def test_R_11_a_citizen_whose_referral_goes_on_with_a_practitioners_is_told_that_it_was_accepted(pod: Pod):
    first = pod.sent(**PREVENTION)
    citizen, id_ = by_page(pod)
    merged(pod, id_, first)
    assert asked(pod, first, "Which ward?")
    citizen.get("/self/sent")
    assert "We have it" in citizen.words, "what the practitioner is asked is not theirs to answer"
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    assert to_tell(pod, first) == ["accepted"]
    citizen.get("/self/sent")
    assert "We would like to work with you" in citizen.words


def test_R_13_a_code_says_nothing_of_what_was_decided_before_they_asked(pod: Pod):
    first = pod.sent(**PREVENTION)
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    citizen, id_ = by_page(pod)
    merged(pod, id_, first)
    citizen.get("/self/sent")
    assert "This is closed" in citizen.words and "We would like to work with you" not in citizen.words and to_tell(pod, first) == []


def test_J_14_nobody_is_to_tell_a_citizen_who_died(pod: Pod):
    first = pod.sent(**PREVENTION)
    merged(pod, own(pod), first)
    assert pod.helen.post(f"/{first}/decline", {"reason": "died", "words": "We are sorry.", "died_on": pod.ago(1)}).status_code == 200
    assert to_tell(pod, first) == []


def test_R_13_what_was_asked_and_answered_comes_along_for_staff(either: Pod):
    pod = either
    first, id_ = pod.sent(), second(pod)
    question, waiting = asked(pod, id_, "Which ward?"), asked(pod, id_, "Is she safe at home?")
    for said in ("I do not know the ward.", "Elm ward, and her brother hits her."):
        assert pod.priya.post(f"/{id_}/questions/{question}/answer", {"words": said}).status_code == 200
    merged(pod, id_, first)
    (one,) = pod.wren.get(f"/{first}").json["merged"]
    assert [(each["id"], each["asked_by"], (each["answer"] or {}).get("words")) for each in one["questions"]] == [
        (question, "Wren Callaghan", "Elm ward, and her brother hits her."), (waiting, "Wren Callaghan", None)]
    assert [each["words"] for each in one["questions"][0]["earlier"]] == ["I do not know the ward."]
    page = at(pod, WREN, first)
    assert "Priya Nair answered on" in page and "her brother hits her." in page and "I do not know the ward." in page and "nobody is asked any more" in page
    assert "questions" not in pod.amara.get(f"/{first}").json["merged"][0] and "her brother" not in at(pod, AMARA, first)


def test_R_14_a_question_of_a_merged_referral_needs_no_answer_and_says_where_to_write(pod: Pod):
    first, id_ = pod.sent(), second(pod)
    question = asked(pod, id_, "Is she safe at home?")
    merged(pod, id_, first)
    reference = pod.wren.get(f"/{first}").json["reference"]
    assert f"This needs no answer any more: the referral goes on together with {reference}." in at(pod, PRIYA, id_)
    answer = pod.priya.post(f"/{id_}/questions/{question}/answer", {"words": "No, she is not."})
    assert answer.status_code == 409 and reference in answer.json["detail"] and f"it is about {reference}" in answer.json["help"]
    assert pod.wren.get(f"/{id_}").json["questions"][0]["answer"] is None
    assert pod.amara.post(f"/{id_}/questions/{question}/answer", {"words": "?"}).status_code in (403, 404), "permission comes first"


def test_X_01_the_description_says_that_a_message_is_answered_only_if_it_is_named(pod: Pod):
    paths: Any = pod.app.test_client().get("/api/v1/openapi.json").json
    assert "no message of theirs" in paths["paths"]["/api/v1/referrals/{id}/told"]["post"]["description"]
