"""Axholme's intensive one-to-one support can be asked for (R-10): on the form, by API, afterwards, and told to whoever plans the journey."""
from __future__ import annotations

from typing import Any

import pytest

from shared.schemas import contract
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Caller, Pod
from tests.support.drafts import Writer, answers

GRACE = "grace.adeyemi@htt.example"
TEAM = "Home Treatment Team"
NAME = "Axholme’s intensive one-to-one support"


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


@pytest.fixture
def grace(pod: Pod) -> Caller:
    return pod.caller("practitioner", GRACE)


def body(pod: Pod, **changes: Any) -> dict[str, Any]:
    """Give a referral to sip of which nothing is missing."""
    who = {"name": "Grace Adeyemi", "email": GRACE, "team": TEAM}
    return pod.body(**{"pathway": "sip", "documents": [], "referrer": {**who, "role": "key_worker"}, "named_person": who, **changes})


def accepted(pod: Pod) -> list[Any]:
    return [contract(event.type).check(event.data).get("one_to_one_support") for event in pod.told("referral.accepted")]


@pytest.mark.parametrize(("asked", "words"), [("yes", "Yes"), ("no", "No")])
def test_R_10_a_practitioner_is_asked_on_the_form_whether_the_support_is_wanted_and_why(pod: Pod, asked: str, words: str) -> None:
    grace = Writer(pod, GRACE)
    root = grace.begin("sip")
    grace.get(f"{root}/social-issues")
    grace.post()
    assert grace.at == f"{root}/one-to-one-support" and f"Is {NAME} wanted? (optional)" in grace.words and "so that whoever plans the journey" in grace.words
    grace.post(one_to_one_support=asked)
    grace.get(f"{root}/one-to-one-support")
    assert f'value="{asked}" checked' in grace.text
    team = {"referrer_role": "key_worker", "referrer_team": TEAM}
    grace.write({key: one for key, one in answers(pod.ago, your_team=team, named_person={"named_team": TEAM}).items() if not key.startswith("document-")})
    grace.get(f"{root}/check")
    assert f"Is {NAME} wanted? {words} Change" in grace.words
    grace.post(f"{root}/send")
    assert "Referral sent" in grace.words, grace.words
    (item,) = pod.wren.get().json["items"]
    assert pod.wren.get(f"/{item['id']}").json["one_to_one_support"] is (asked == "yes")


def test_R_10_the_question_may_be_left_open_and_is_asked_on_no_other_pathway(pod: Pod) -> None:
    writer = Writer(pod, GRACE)
    root = writer.begin("sip")
    writer.get(f"{root}/one-to-one-support")
    writer.post()
    assert writer.at == f"{root}/reason"
    writer.get(f"{root}/check")
    todo = writer.text.partition("Still to answer")[2].partition("</ul>")[0]
    assert f"{root}/reason?" in todo and "one-to-one" not in todo
    assert "one-to-one" not in Writer(pod, GRACE).get(writer.begin("core")).text


def test_R_10_by_api_it_is_yes_or_no_and_only_where_the_pathway_names_it(pod: Pod, grace: Caller) -> None:
    for given, pathway in ((True, "core"), ("yes", "sip")):
        answer = grace.post("", body(pod, pathway=pathway, one_to_one_support=given))
        assert answer.status_code == 422 and [one["pointer"] for one in answer.json["errors"]] == ["/one_to_one_support"]
    answer = grace.post("", body(pod))
    assert pod.helen.get(f"/{answer.json['id']}").json["one_to_one_support"] is None
    draft = grace.call("POST", "/drafts", {"pathway": "sip", "one_to_one_support": False})
    assert draft.json["referral"]["one_to_one_support"] is False


def test_R_10_R_15_it_is_told_with_the_acceptance_kept_with_it_and_shown(pod: Pod, grace: Caller) -> None:
    id_ = grace.post("", body(pod, one_to_one_support=True)).json["id"]
    assert f"{NAME} is asked for." in [one["words"] for one in pod.helen.get(f"/{id_}").json["rules"] if one["rule"] == "R-10"]
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert accepted(pod) == [True] and not any("one_to_one_support" in event.data for event in pod.told("referral.received"))
    page = Browser(pod, GRACE).get(f"/{id_}").text
    assert NAME in page and "Wanted" in page
    assert grace.post(f"/{id_}/amend", {"one_to_one_support": False, "amendment_reason": "She changed her mind."}).status_code == 200
    assert accepted(pod)[-1] is False and pod.helen.get(f"/{id_}").json["one_to_one_support"] is False


def test_R_10_it_is_amended_on_the_page_and_says_what_it_was(pod: Pod, grace: Caller) -> None:
    id_ = grace.post("", body(pod)).json["id"]
    page = Browser(pod, GRACE)
    assert f"Is {NAME} wanted?" in page.get(f"/{id_}/amend/asked").text
    stands = grace.get(f"/{id_}").json
    fields = {name: stands[name] for name in ("reason", "meeting_preference", "commitment_months")}
    fields["conversation_held_on"] = list(reversed(stands["conversation_held_on"].split("-")))
    answer = page.send(f"/{id_}/amend/asked", {**fields, "one_to_one_support": "yes", "amendment_reason": "Her crisis is worse."})
    assert answer.status_code == 303, answer.text
    found = pod.wren.get(f"/{id_}").json
    assert found["one_to_one_support"] is True
    assert found["amendments"][0]["changes"] == [{"field": "one_to_one_support", "old": None, "new": True}]
    shown = page.get(f"/{id_}").text
    assert "Intensive one-to-one support" in shown and "Wanted" in shown
