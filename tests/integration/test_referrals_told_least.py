"""What leaves the referrals service: the least its hearers need, and nothing anybody wrote in their own words."""
from __future__ import annotations

from pathlib import Path

import pytest

from shared.schemas import REGISTRY, load
from shared.schemas.shape import kinds_of
from tests.integration.referral_room import Pod

#: One word for each place in which somebody writes freely about a citizen.
FREE = ("violin", "trombone", "harp", "tuba", "cello", "oboe", "lute", "viola", "bassoon", "piccolo")


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    return Pod(tmp_path)


def carried(pod: Pod) -> str:
    """Give every event that waits to be published, as it will be."""
    return b"\n".join(row.body for row in pod.room.outbox.waiting(1000)).decode()


def test_N_05_what_anybody_wrote_freely_about_a_referral_is_in_no_event(pod: Pod):
    first = pod.sent(reason=FREE[0], duplicate_reason=FREE[1])
    question = pod.wren.post(f"/{first}/questions", {"words": FREE[2]}).json["questions"][0]["id"]
    assert pod.amara.post(f"/{first}/questions/{question}/answer", {"words": FREE[3]}).status_code == 200
    assert pod.amara.post(f"/{first}/amend", {"reason": FREE[4], "amendment_reason": FREE[5]}).status_code == 200
    declined = pod.helen.post(f"/{first}/decline", {"reason": FREE[6], "words": FREE[7], "would_change": FREE[8]})
    second = pod.sent(citizen={**pod.body()["citizen"], "name": "Ada Moss", "nhs_number": "987 654 3210"})
    withdrawn = pod.amara.post(f"/{second}/withdraw", {"reason": FREE[9], "words": "clarinet"})
    assert (declined.status_code, withdrawn.status_code) == (200, 200)
    told = carried(pod)
    assert all(f'"{name}"' in told for name in ("referral.declined", "referral.withdrawn", "referral.amended", "referral.answered"))
    assert [word for word in (*FREE, "clarinet") if word in told] == []


def test_N_05_an_accepted_referral_says_no_diagnosis_and_none_of_what_was_agreed(pod: Pod):
    id_ = pod.sent()
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    (event,) = pod.told("referral.accepted")
    assert set(event.data) == {"referral_id", "reference", "citizen_id", "practitioner", "pathway", "citizen", "named_person",
                               "received_at", "self_referral", "accepted_at", "first_meeting_due_on"}
    assert "bipolar" not in carried(pod)


def test_R_14_a_decline_is_told_by_its_code_and_own_words_as_other(pod: Pod):
    one, other = pod.sent(documents=[]), pod.sent(citizen={**pod.body()["citizen"], "name": "Ada Moss", "nhs_number": "987 654 3210"})
    pod.helen.post(f"/{one}/decline", {"reason": "documents", "words": "No plan came."})
    pod.helen.post(f"/{other}/decline", {"reason": "No room before summer", "words": "Full."})
    assert {event.data["referral_id"]: event.data["reason"] for event in pod.told("referral.declined")} == {one: "documents", other: "other"}
    assert pod.amara.get(f"/{other}").json["decision"]["reason"] == "No room before summer"


def test_R_14_a_decline_of_version_1_in_own_words_is_lifted_to_a_code():
    old = {"referral_id": "r", "reference": "R-1", "citizen_id": "c", "reason": "No room", "words": "w", "would_change": "x",
           "decided_at": "2026-03-02T09:00:00Z", "practitioner": {"name": "Amara Osei", "email": "amara@cmhwt.example", "team": "T"}}
    assert load("referral.declined", 1, old)["reason"] == "other"
    assert load("referral.declined", 1, {**old, "reason": "commitment"})["reason"] == "commitment"


def test_N_05_no_event_of_referrals_has_a_field_for_free_words():
    """Whoever adds one has to think of this test: names, numbers and labels are short, words are not."""
    newest = {contract.name: contract for contract in REGISTRY if contract.publisher == "referrals"}
    long = {f"{name}.{field}" for name, contract in newest.items() for field, kind in kinds_of(contract.shape).items()
            if getattr(kind, "longest", 0) > 255}
    assert long == set()
