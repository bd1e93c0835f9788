"""What was reported of a citizen before their referral came: staff know it at once, whoever sent it once it is accepted (R-13, J-14)."""
from __future__ import annotations

import re
from typing import Any

import pytest

from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_changed_outside import event, offer
from tests.integration.test_referrals_deaths import OTHER, another
from tests.integration.test_referrals_triage import HELEN, PRIYA, WREN, acts, at, words


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def row(caller: Any, id_: str, **asked: Any) -> dict[str, Any]:
    """Give the row of a referral in the lists; nothing where it is not in this one."""
    return next((dict(one) for one in caller.get("", **asked).json["items"] if one["id"] == id_), {})


def comparable(pod: Pod, id_: str) -> list[Any]:
    """Give all that Priya sees of a referral, but for what no two have in common."""
    whole, page = pod.priya.get(f"/{id_}"), at(pod, PRIYA, id_)
    lists = [row(pod.priya, id_, **asked) for asked in ({}, {"state": "received"}, {"state": "complete"}, {"due": "today"}, {"due": "overdue"}, {"waiting": "true"})]
    texts = [str(whole.json), page, str(lists), str(pod.priya.call("GET", f"/referrals/{id_}/reports").json), whole.headers["ETag"]]
    return [one.replace(id_, "").replace(whole.json["reference"], "") for one in texts]


def test_R_13_a_death_reported_before_is_shown_to_staff_at_once_and_to_whoever_sent_it_by_nothing(pod: Pod):
    pod.sent()
    plain = pod.priya.post("", pod.body(pathway="prevention", conditions=[], documents=[], referrer=OTHER,
                                        citizen={**pod.body()["citizen"], "nhs_number": "9876543210", "name": "Ida Lark"})).json["id"]
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)))
    id_ = another(pod)
    pod.wren.post(f"/{plain}/questions", {"words": "Which ward?"})
    asked = pod.wren.post(f"/{id_}/questions", {"words": "Which ward?"})
    assert asked.status_code == 409 and asked.json["rule"] == "J-14" and "question" not in acts(pod, WREN, id_)
    found, page = pod.wren.get(f"/{id_}").json, at(pod, HELEN, id_)
    assert (found["died_on"], found["kept_from_practitioner"], found["targets"], found["state"]) == (pod.ago(2), ["died_on"], [], "received")
    assert "We are sorry: Rosa Quill died on" in page and "is not shown it before it is accepted" in page and "accept" not in acts(pod, HELEN, id_)
    assert "Withdraw or decline the referral" in page and "The citizen died" in page
    assert pod.helen.post(f"/{id_}/accept").json["rule"] == "J-14"
    mine = pod.priya.get(f"/{id_}").json
    assert mine["died_on"] is None and "kept_from_practitioner" not in mine and "died" not in at(pod, PRIYA, id_)
    assert pod.priya.call("GET", f"/referrals/{id_}/reports").json == {"items": []}


def test_R_13_no_answer_list_or_page_tells_whoever_sent_it_that_the_citizen_is_known_to_have_died(pod: Pod):
    pod.sent()
    ida = {**pod.body()["citizen"], "nhs_number": "9876543210", "name": "Ida Lark"}
    same = {"referrer": OTHER, "pathway": "prevention", "conditions": [], "documents": [], "duplicate_reason": "x"}
    plain = pod.priya.post("", pod.body(citizen=ida, **same)).json["id"]
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)), event("hospital.admitted", 1, ward="Elm"))
    answer = pod.priya.post("", pod.body(**same))
    assert answer.status_code == 201
    known = answer.json["id"]
    assert answer.json["state"] == "complete" and answer.json["missing"] == []

    def alike(one: list[Any]) -> list[Any]:
        return [text.replace("Ida Lark", "Rosa Quill").replace("9876543210", "9434765919").replace("987 654 3210", "943 476 5919") for text in one]
    first, second = alike(comparable(pod, plain)), alike(comparable(pod, known))
    for before, after in zip(first, second, strict=True):
        assert _without_times(before) == _without_times(after)
    offer(pod, event("citizen.death_cancelled", 3), event("hospital.admission_cancelled", 3))
    assert "taken back" not in at(pod, PRIYA, known) and "taken back" not in words(Browser(pod, PRIYA).get("/"))
    assert pod.wren.get(f"/{known}").json["died_on"] is None and pod.wren.get(f"/{known}").json["kept_from_practitioner"] == []


def _without_times(text: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z|at \d{1,2}:\d\d[ap]m", "", text)


def test_J_14_staff_find_it_under_triage_with_no_clock_running_and_in_no_other_worklist(pod: Pod):
    pod.sent()
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)))
    grace = pod.caller("practitioner", "grace.adeyemi@htt.example")
    referrer = {"name": "Grace Adeyemi", "email": "grace.adeyemi@htt.example", "role": "key_worker", "team": "Home Treatment Team"}
    sent = grace.post("", pod.body(pathway="sip", referrer=referrer, named_person={**{k: v for k, v in referrer.items() if k != "role"}},
                                   conditions=[], commitment_months=0, social_issues=["housing"], documents=[], duplicate_reason="x"))
    assert sent.status_code == 201, sent.text
    id_ = sent.json["id"]
    assert row(grace, id_)["target"]["kind"] == "response" and row(grace, id_)["flag"] == ""
    shown = row(pod.wren, id_)
    assert (shown["flag"], shown["target"], shown["next"], shown["when"]) == ("died", None, "Withdraw or decline the referral", "")
    in_lists = [name for name in ("triage", "waiting", "named", "practitioner", "lapsing", "today", "overdue", "decide", "hospital", "all")
                if shown["reference"] in words(Browser(pod, HELEN).get(f"/?list={name}"))]
    assert in_lists == ["triage", "all"]
    assert row(pod.wren, id_, state="received") and not row(pod.wren, id_, state="complete") and not row(pod.wren, id_, due="overdue")
    with pod.room.database.read() as connection:
        late = pod.room.database.now(connection).replace(year=pod.today().year + 1)
    vars(pod.room.database)["now"] = lambda connection: late
    pod.room.database.run(pod.room.keeper.look)
    assert [one for one in pod.told("referral.response_overdue") if one.data["reference"] == shown["reference"]] == []


def test_R_09_whoever_is_in_hospital_by_an_earlier_report_is_so_for_staff_and_for_all_once_it_is_accepted(pod: Pod):
    pod.sent()
    offer(pod, event("hospital.admitted", 1, ward="Elm", legal_status="02"))
    id_ = another(pod)
    assert row(pod.wren, id_)["flag"] == "inpatient" and row(pod.priya, id_)["flag"] == ""
    assert pod.wren.get(f"/{id_}").json["in_hospital"][0]["ward"] == "Elm" and pod.priya.get(f"/{id_}").json["in_hospital"] == []
    assert pod.wren.get(f"/{id_}").json["kept_from_practitioner"] == ["in_hospital"]
    offer(pod, event("hospital.transferred", 2, ward="Ash"))
    assert pod.wren.get(f"/{id_}").json["in_hospital"][0]["ward"] == "Ash" and pod.priya.get(f"/{id_}").json["in_hospital"] == []
    if "settle" in acts(pod, WREN, id_):
        assert pod.wren.post(f"/{id_}/keep", {"reason": "Another pathway."}).status_code == 200
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    mine = pod.priya.get(f"/{id_}").json
    assert mine["in_hospital"][0]["ward"] == "Ash" and row(pod.priya, id_)["flag"] == "inpatient"
    assert "Admitted to hospital" in at(pod, PRIYA, id_) and pod.wren.get(f"/{id_}").json["kept_from_practitioner"] == []
    offer(pod, event("hospital.discharged", 3))
    assert pod.priya.get(f"/{id_}").json["in_hospital"] == []


def test_J_13_a_report_taken_back_on_one_referral_is_taken_back_where_it_was_known_from_there(pod: Pod):
    first = pod.sent()
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)))
    id_ = another(pod)
    (report,) = pod.wren.call("GET", f"/referrals/{id_}/reports").json["items"]
    assert pod.wren.post(f"/{id_}/reports/{report['id']}/withdraw", {"reason": "It was her mother."}).status_code == 200
    assert [pod.wren.get(f"/{one}").json["died_on"] for one in (first, id_)] == [None, None]
    assert "taken back" in at(pod, WREN, id_) and "her mother" not in at(pod, PRIYA, id_)


def test_R_13_putting_the_number_right_shows_staff_what_is_known_of_whoever_it_is(pod: Pod):
    pod.sent()
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)))
    wrong = {**pod.body()["citizen"], "nhs_number": "9876543210"}
    sent = pod.priya.post("", pod.body(citizen=wrong, pathway="prevention", conditions=[], documents=[], referrer=OTHER, duplicate_reason="x"))
    id_ = sent.json["id"]
    assert pod.wren.get(f"/{id_}").json["died_on"] is None
    right = pod.wren.post(f"/{id_}/amend", {"amendment_reason": "Read over the telephone.", "citizen": {"nhs_number": "9434765919"}})
    assert right.status_code == 200, right.text
    assert pod.wren.get(f"/{id_}").json["died_on"] == pod.ago(2) and pod.priya.get(f"/{id_}").json["died_on"] is None
