"""Key workers of other systems' reports: whoever a change makes the practitioner, when, and nobody else (R-14, J-12)."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.calendar import start_of_london_day
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_changed_outside import event, offer
from tests.integration.test_referrals_triage import AMARA, PRIYA, acts, at, words

LEE = "lee.brandt@elsewhere.example"


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def change(pod: Pod, to: str, on: str, **who: str) -> None:
    offer(pod, event("keyworker.changed", 1, to_email=to, to_name="Priya Nair", to_team="Early Intervention Team", changes_on=on, **who))


def listed(caller: Any) -> list[str]:
    return [one["id"] for one in caller.get().json["items"]]


def test_R_14_a_change_of_another_key_worker_opens_the_referral_to_nobody(pod: Pod):
    id_ = pod.sent()
    change(pod, PRIYA, pod.ago(1), from_email=LEE)
    assert pod.priya.get(f"/{id_}").status_code == 404 and listed(pod.priya) == []
    assert pod.priya.post(f"/{id_}/withdraw", {"reason": "moved"}).status_code == 404
    assert pod.wren.get(f"/{id_}").json["referrer"]["email"] == AMARA and listed(pod.amara) == [id_]


def test_R_11_nobody_s_place_is_taken_of_a_citizen_who_referred_themself(pod: Pod):
    citizen = {**pod.body()["citizen"], "contact_by": "telephone"}
    sent = pod.wren.post("", {"pathway": "prevention", "self_referral": True, "citizen": citizen, "reason": "x", "meeting_preference": "teams"})
    assert sent.status_code == 201, sent.text
    change(pod, PRIYA, pod.ago(1), from_email=LEE)
    assert pod.priya.get(f"/{sent.json['id']}").status_code == 404


def test_R_14_until_the_day_both_see_it_and_only_the_present_practitioner_acts(pod: Pod):
    id_ = pod.wren.post("", pod.body()).json["id"]
    day = pod.today() + timedelta(days=5)
    change(pod, PRIYA, day.isoformat(), from_email=AMARA)
    assert listed(pod.amara) == listed(pod.priya) == [id_] and pod.wren.get().json["items"][0]["practitioner"] == "Amara Osei"
    page = at(pod, PRIYA, id_)
    assert f"From {day.day} {day:%B %Y} you or your team work with the citizen" in page and acts(pod, PRIYA, id_) == set()
    assert "withdraw" in acts(pod, AMARA, id_) and "you or your team" not in at(pod, AMARA, id_)
    for path, said in (("withdraw", {"reason": "moved"}), ("amend", {"amendment_reason": "x", "reason": "y"}),
                       ("documents", {"kind": "care_plan", "dated": pod.ago(1)}), ("availability", {"whose": "citizen", "times": []})):
        assert pod.priya.post(f"/{id_}/{path}", said).status_code == 403, path
    assert Browser(pod, PRIYA).get(f"/{id_}/withdraw").status_code == 403 and "Say when" not in words(Browser(pod, PRIYA).get(f"/{id_}/meeting"))
    assert pod.amara.post(f"/{id_}/amend", {"amendment_reason": "x", "reason": "y"}).status_code == 200


def test_R_14_from_that_day_on_the_successor_acts_without_anybody_saying_anything(pod: Pod):
    id_ = pod.wren.post("", pod.body()).json["id"]
    day = pod.today() + timedelta(days=5)
    change(pod, PRIYA, day.isoformat(), from_email=AMARA)
    then = start_of_london_day(day) + timedelta(hours=9)
    vars(pod.room.database)["now"] = lambda connection: then
    pod.room.database.run(pod.room.keeper.look)
    assert pod.wren.get().json["items"][0]["practitioner"] == "Priya Nair" and listed(pod.priya) == [id_]
    assert pod.priya.post(f"/{id_}/amend", {"amendment_reason": "x", "reason": "z"}).status_code == 200
    assert "you or your team" not in at(pod, PRIYA, id_) and "withdraw" in acts(pod, PRIYA, id_)


def test_R_14_the_successor_s_team_finds_it_too(pod: Pod):
    id_ = pod.sent()
    daniel = pod.caller("practitioner", "daniel.kowalski@eit.example")
    assert listed(daniel) == [] and daniel.get(f"/{id_}").status_code == 404
    change(pod, PRIYA, pod.ago(-5), from_email=AMARA)
    assert listed(daniel) == [id_] and daniel.get(f"/{id_}").status_code == 200
    assert id_ in Browser(pod, "daniel.kowalski@eit.example").get("/team").text and acts(pod, "daniel.kowalski@eit.example", id_) == set()


def changes(pod: Pod, id_: str) -> dict[str, tuple[str, Any]]:
    """What a practitioner may do to a referral by the API, by name."""
    return {"amend": (f"/{id_}/amend", {"amendment_reason": "x", "commitment_months": 4}), "document": (f"/{id_}/documents", {"kind": "care_plan", "dated": pod.ago(1)}),
            "times": (f"/{id_}/availability", {"whose": "citizen", "times": []}), "withdraw": (f"/{id_}/withdraw", {"reason": "moved"})}


@pytest.mark.parametrize("email", [AMARA, "tom.whitfield@cmhwt.example"])
def test_R_14_whoever_handed_over_and_their_team_read_on_and_act_no_more(pod: Pod, email: str):
    id_ = pod.sent(named_person={"name": "Priya Nair", "email": PRIYA, "team": "Early Intervention Team"})
    pod.wren.post(f"/{id_}/questions", {"words": "Which ward?"})
    question = pod.wren.get(f"/{id_}").json["questions"][0]["id"]
    change(pod, PRIYA, pod.ago(0), from_email=AMARA)
    before = pod.caller("practitioner", email)
    assert before.get(f"/{id_}").status_code == 200
    for path, given in (*changes(pod, id_).values(), (f"/{id_}/questions/{question}/answer", {"words": "This one."})):
        assert before.post(path, given).status_code == 403, path
    browser = Browser(pod, email)
    page = words(browser.get(f"/{id_}"))
    assert "Priya Nair is the practitioner now" in page and "waits for your answer" not in page and acts(pod, email, id_) == set()
    assert browser.get(f"/{id_}/withdraw").status_code == 403 and "To do" not in page
    assert pod.priya.post(f"/{id_}/questions/{question}/answer", {"words": "This one."}).status_code == 200
    assert pod.priya.post(*changes(pod, id_)["withdraw"]).status_code == 200
    assert "is the practitioner now" not in at(pod, email, id_)


def test_R_14_of_whoever_left_the_team_covers_until_somebody_follows(pod: Pod):
    id_, tom = pod.sent(named_person=None), pod.caller("practitioner", "tom.whitfield@cmhwt.example")
    offer(pod, event("keyworker.discharged", 1, practitioner_email=AMARA, closes_on=pod.ago(0)))
    assert pod.amara.post(*changes(pod, id_)["amend"]).status_code == 403
    assert pod.amara.post(*changes(pod, id_)["withdraw"]).status_code == 403
    assert "nobody has said yet who takes over" in at(pod, AMARA, id_)
    who = {"name": "Priya Nair", "email": PRIYA, "role": "key_worker", "team": "Early Intervention Team"}
    assert tom.post(f"/{id_}/amend", {"amendment_reason": "She takes over.", "referrer": who}).status_code == 200
    assert tom.get(f"/{id_}").status_code == 404 and pod.amara.post(*changes(pod, id_)["amend"]).status_code == 403
    assert pod.priya.post(*changes(pod, id_)["amend"]).status_code == 200 and "Priya Nair is the practitioner now" in at(pod, AMARA, id_)


def test_R_03_the_named_person_acts_on_until_they_leave(pod: Pod):
    id_ = pod.sent(named_person={"name": "Amara Osei", "email": AMARA, "team": "Community Mental Health and Wellbeing Team"}, referrer={
        "name": "Tom Whitfield", "email": "tom.whitfield@cmhwt.example", "role": "care_coordinator", "team": "Community Mental Health and Wellbeing Team"})
    change(pod, PRIYA, pod.ago(0), from_email="tom.whitfield@cmhwt.example")
    assert pod.caller("practitioner", "tom.whitfield@cmhwt.example").post(*changes(pod, id_)["amend"]).status_code == 403
    assert pod.amara.post(*changes(pod, id_)["amend"]).status_code == 200
    offer(pod, event("keyworker.discharged", 0.5, practitioner_email=AMARA, closes_on=pod.ago(0)))
    assert pod.amara.post(*changes(pod, id_)["amend"]).status_code == 403
