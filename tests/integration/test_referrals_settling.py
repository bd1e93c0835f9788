"""Who a referral is of: a possible duplicate kept or merged, a number or a name in doubt put right (R-13)."""
from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from services.referrals import reasons
from services.referrals.desk import Desk
from shared.ledger.store import Written
from shared.ledger.types import Actor
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_triage import AMARA, HELEN, OTTO, PRIYA, WREN, at, send, words


def test_R_13_staff_judge_side_by_side_and_keep_with_a_reason(pod: Pod):
    first, second = pod.sent(), pod.sent(duplicate_reason="She asked again.")
    page = at(pod, WREN, second, "/settle")
    assert "Same" in page and "She asked again." in page and "Another request" in page
    assert "Settle whether this citizen is with us already" in at(pod, WREN, second)
    assert "May be with us" not in at(pod, AMARA, second) and Browser(pod, AMARA).get(f"/{second}/settle").status_code == 403
    assert Browser(pod, HELEN).get(f"/{second}/accept").status_code == 409
    assert send(pod, WREN, f"/{second}/settle", into="keep").status_code == 422  # no reason
    assert send(pod, WREN, f"/{second}/settle", into="keep", reason="Two sisters.").status_code == 303
    assert "Kept as a referral of its own" in at(pod, WREN, second)
    assert pod.helen.post(f"/{second}/accept").status_code == 200 and pod.helen.get(f"/{first}").json["state"] == "complete"


def test_R_13_a_merged_referral_says_where_it_goes_on_and_its_documents_go_there(pod: Pod):
    first = pod.sent(documents=[])
    second = pod.sent(duplicate_reason="The first had no documents.")
    assert send(pod, WREN, f"/{second}/settle", into=first, reason="The same request.").status_code == 303
    reference = pod.wren.get(f"/{first}").json["reference"]
    own = at(pod, AMARA, second)
    assert f"goes on together with {reference}" in own and reasons.WORDS["merged"] in own
    assert pod.amara.get(f"/{first}").json["state"] == "complete"
    (event,) = pod.told("referral.withdrawn")
    assert event.data["merged_into"] == reference


def test_R_13_nothing_is_merged_into_a_strangers_referral(pod: Pod):
    pod.sent()
    second, stranger = pod.sent(duplicate_reason="Again."), pod.sent(citizen=OTTO | {"nhs_number": "9876543210"})
    for into in (stranger, second):
        refusal = pod.wren.post(f"/{second}/merge", {"into": into, "reason": "A slip."})
        assert (refusal.status_code, refusal.json["rule"]) == (409, "R-13") and refusal.json["errors"][0]["pointer"] == "/into"
    answer = send(pod, WREN, f"/{second}/settle", into=stranger, reason="A slip.")
    assert answer.status_code == 422 and "It cannot be merged into that referral." in answer.text and "A slip." in answer.text
    assert pod.wren.get(f"/{second}").json["state"] == "complete"


def test_R_13_a_number_in_doubt_is_put_right_by_staff_and_by_nobody_else(pod: Pod):
    pod.sent()
    id_ = pod.priya.post("", pod.body(citizen=OTTO, referrer={**pod.body()["referrer"], "email": PRIYA}, duplicate_reason="His.")).json["id"]
    assert "Find out whose NHS number this is" in at(pod, WREN, id_) and "we know this number as Rosa Quill" in at(pod, WREN, id_)
    assert 'name="nhs_number"' not in Browser(pod, PRIYA).get(f"/{id_}/amend/identity").text
    refusal = pod.helen.post(f"/{id_}/accept").json
    assert refusal["rule"] == "R-13" and "Put the number or the name right" in refusal["help"]
    born = {"name": "Otto Lind", "date_of_birth": ["2", "1", "1951"], "amendment_reason": "Two digits had changed places."}
    wrong = send(pod, WREN, f"/{id_}/amend/identity", nhs_number="987 654 3211", **born)
    assert wrong.status_code == 422 and "The NHS number" in words(wrong)
    nobodys = send(pod, WREN, f"/{id_}/amend/identity", nhs_number="999 999 9999", **born)
    assert nobodys.status_code == 422 and "This is a placeholder, not an NHS number. Ask the citizen or look it up on the Spine" in words(nobodys)
    assert send(pod, WREN, f"/{id_}/amend/identity", nhs_number="987 654 3210", **born).status_code == 303
    found = pod.wren.get(f"/{id_}").json
    assert found["number_of"] is None and found["citizen"]["nhs_number"] == "9876543210" and found["duplicates"] == []
    assert pod.helen.post(f"/{id_}/accept").status_code == 200


def test_R_13_a_name_in_doubt_is_put_right_and_the_referral_is_its_citizens(pod: Pod):
    first = pod.sent()
    slip = {"name": "Rose Quinn", "date_of_birth": "1984-07-15", "nhs_number": "9434765919"}
    id_ = pod.priya.post("", pod.body(citizen=slip, referrer={**pod.body()["referrer"], "email": PRIYA}, duplicate_reason="Hers.")).json["id"]
    right = {"amendment_reason": "I misread it.", "citizen": {"name": "Rosa Quill", "date_of_birth": "1984-05-17"}}
    assert pod.priya.post(f"/{id_}/amend", {**right, "citizen": {"date_of_birth": "1984-05-17"}}).status_code == 200
    assert pod.wren.get(f"/{id_}").json["number_of"]["name"] == "Rosa Quill"  # to a practitioner the answer would tell whose it is
    given = {"name": "Rosa Quill", "date_of_birth": ["17", "5", "1984"], "nhs_number": "943 476 5919", "amendment_reason": "Two slips."}
    assert send(pod, WREN, f"/{id_}/amend/identity", **given).status_code == 303
    found = pod.wren.get(f"/{id_}").json
    assert found["number_of"] is None and [one["id"] for one in found["duplicates"]] == [first]
    assert send(pod, WREN, f"/{id_}/settle", into="keep", reason="Two teams.").status_code == 303
    assert pod.helen.post(f"/{id_}/accept").status_code == 200 and pod.wren.get(f"/{id_}").json["citizen"]["telephone"] == "07700 900123"


def test_R_13_nothing_goes_on_with_a_referral_that_ends_at_the_same_moment(tmp_path: Path, suite_database_url: str):
    pod = Pod(tmp_path, suite_database_url)
    first, second = pod.sent(), pod.sent(duplicate_reason="Again.")
    with ThreadPoolExecutor(1) as aside:
        with pod.room.database.transaction() as connection:
            desk = Desk(connection, pod.room.keeper.ledger, Actor(AMARA, "Amara Osei", frozenset({"practitioner"}), "Community Mental Health and Wellbeing Team"))
            assert isinstance(desk.withdraw(first, {"reason": "moved"}), Written)
            merging = aside.submit(pod.wren.post, f"/{second}/merge", {"into": first, "reason": "The same."})
            waits_for_lock(pod)
        answer = merging.result(timeout=20)
    assert answer.status_code == 409 and "has ended meanwhile" in answer.text
    assert pod.wren.get(f"/{second}").json["state"] == "complete"
    pod.room.database.dispose()


def waits_for_lock(pod: Pod) -> None:
    """Wait until somebody waits for a lock of ours."""
    for _ in range(200):
        with pod.room.database.read() as connection:
            if connection.execute(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits")
