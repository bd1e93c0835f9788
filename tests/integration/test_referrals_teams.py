"""Whose team may refer: what the directory has confirmed stands over what is typed."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.referral_room import Pod, opened

HOME_TREATMENT = "Home Treatment Team"


@pytest.fixture
def pod(tmp_path: Path) -> Any:
    with opened(tmp_path) as made:
        yield made.staffed()


def test_R_02_a_practitioner_of_a_team_that_may_not_refer_cannot_by_typing_another(pod: Pod):
    grace = pod.caller("practitioner", "grace.adeyemi@htt.example")
    answer = grace.post("", pod.body())
    assert answer.status_code == 409 and answer.json["rule"] == "R-02" and answer.json["detail"].startswith(HOME_TREATMENT)
    by_staff = pod.wren.post("", pod.body(referrer={**pod.body()["referrer"], "email": "grace.adeyemi@htt.example"}))
    assert by_staff.status_code == 409 and by_staff.json["errors"][0]["pointer"] == "/referrer/team"


def test_R_02_whom_the_directory_does_not_know_is_taken_at_their_word_until_somebody_confirms_otherwise(pod: Pod):
    stranger = {**pod.body()["referrer"], "name": "Nia Ward", "email": "nia.ward@eit.example", "team": "EIT"}
    answer = pod.wren.post("", pod.body(referrer=stranger))
    assert answer.status_code == 201
    assert pod.wren.get(f"/{answer.json['id']}").json["referrer"]["team"] == "EIT"


def test_R_03_a_named_person_of_a_team_that_may_not_refer_is_found_out_by_the_directory(pod: Pod):
    named = {"name": "Grace Adeyemi", "email": "grace.adeyemi@htt.example", "team": "Community Mental Health and Wellbeing Team"}
    answer = pod.amara.post("", pod.body(named_person=named))
    assert [one["rule"] for one in answer.json["missing"]] == ["R-03"]


def test_R_10_the_teams_of_the_intensive_pathway_may_refer_to_it_and_no_others(pod: Pod):
    sip = {"pathway": "sip", "conditions": [], "documents": [], "social_issues": ["debt", "Eviction or housing"]}
    grace = pod.caller("practitioner", "grace.adeyemi@htt.example")
    by_grace = {"name": "Grace Adeyemi", "email": "grace.adeyemi@htt.example", "team": "HTT"}
    answer = grace.post("", pod.body(**sip, referrer={**by_grace, "role": "key_worker"}, named_person=by_grace))
    assert answer.status_code == 201, answer.text
    found = pod.wren.get(f"/{answer.json['id']}").json
    assert found["social_issues"] == ["debt", "housing"] and found["targets"][0]["kind"] == "response"
    refused = pod.amara.post("", pod.body(**sip))
    assert refused.status_code == 409 and refused.json["rule"] == "R-10"
