"""A death said by hand: as the reason to end a referral, heard of by every other referral of the citizen and by the journey (J-14)."""
from __future__ import annotations

import time
import uuid

import pytest

from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_first_meeting import Both, both, opened
from tests.integration.test_referrals_changed_outside import event, offer, told
from tests.integration.test_referrals_triage import AMARA, HELEN, PRIYA, WREN, acts, at, send, words
from tests.support.journeys import journeys_client

__all__ = ["both"]
OTHER = {"name": "Priya Nair", "email": PRIYA, "role": "key_worker", "team": "Early Intervention Team"}


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def boxes(on: str) -> dict[str, list[str]]:
    """Give a day as its three boxes send it."""
    year, month, day = on.split("-")
    return {"died_on": [day, month, year]}


def another(pod: Pod) -> str:
    """Refer the same citizen again, for another team and pathway; give the referral's id."""
    answer = pod.priya.post("", pod.body(pathway="prevention", conditions=[], documents=[], referrer=OTHER, duplicate_reason="x"))
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def whom(pod: Pod, type_: str) -> list[tuple[str, list[str]]]:
    """Give (reference, roles told) of what was announced."""
    return [(one.data["reference"], [each["email"] for each in one.data["told"]]) for one in pod.told(type_)]


def test_J_14_a_practitioner_who_withdraws_because_the_citizen_died_says_when_and_everything_stops_everywhere(pod: Pod):
    first, second, on = pod.sent(), another(pod), pod.ago(2)
    asked = Browser(pod, AMARA).get(f"/{first}/withdraw")
    assert "If the citizen died, on which day?" in words(asked)
    without = send(pod, AMARA, f"/{first}/withdraw", reason="died", words="Her sister rang me.")
    assert without.status_code == 422 and "Enter the day on which the citizen died" in words(without) and "Her sister rang me." in without.text
    ahead = send(pod, AMARA, f"/{first}/withdraw", reason="died", **boxes(pod.ago(-2)))
    assert ahead.status_code == 422 and "must not be in the future" in words(ahead) and pod.wren.get(f"/{second}").json["died_on"] is None
    beside = send(pod, AMARA, f"/{first}/withdraw", reason="moved", **boxes(on))
    assert beside.status_code == 422 and "Choose “The citizen died” as the reason, or empty this day" in words(beside)
    assert send(pod, AMARA, f"/{first}/withdraw", reason="died", **boxes(on)).status_code == 303
    ended = pod.wren.get(f"/{first}").json
    assert (ended["state"], ended["died_on"], ended["decision"]["reason"]) == ("withdrawn", on, "died")
    assert "J-14" in [one["rule"] for one in ended["rules"]], "the rules stand with the decision as they came out (R-15)"
    page, own = at(pod, HELEN, second), at(pod, PRIYA, second)
    assert "We are sorry: Rosa Quill died on" in page and "Withdraw or decline the referral" in page and "accept" not in acts(pod, HELEN, second)
    assert "We are sorry that the citizen has died." in own and "What is asked of you" not in own
    assert "Amara Osei" not in own, "who else referred the citizen is not told (R-13)"
    here, there = (pod.wren.get(f"/{one}").json["reference"] for one in (first, second))
    assert sorted(whom(pod, "referral.death_recorded")) == sorted([(here, []), (there, [PRIYA])]), "whoever says it need not be told"
    assert {one["flag"] for one in pod.wren.get().json["items"]} == {"died"}


def test_J_14_by_API_the_day_of_death_is_needed_with_that_reason_and_goes_with_no_other(pod: Pod):
    id_ = pod.sent()
    for path, caller in (("withdraw", pod.amara), ("decline", pod.helen)):
        for given, status, pointer in (
                ({}, 409, "/died_on"), ({"died_on": pod.ago(-1)}, 422, "/died_on"), ({"died_on": pod.ago(800)}, 422, "/died_on"),
                ({"died_on": "yesterday"}, 422, "/died_on"), ({"reason": "moved", "died_on": pod.ago(1)}, 422, "/died_on")):
            answer = caller.post(f"/{id_}/{path}", {"reason": "died", "words": "x", **given})
            assert answer.status_code == status and answer.json["errors"][0]["pointer"] == pointer, answer.text
    found = pod.wren.get(f"/{id_}").json
    assert (found["state"], found["died_on"]) == ("complete", None), "none of it ended or stopped anything"
    answer = pod.helen.post(f"/{id_}/decline", {"reason": "died", "words": "We are sorry.", "died_on": pod.ago(1)}, Idempotency_Key="k")
    assert answer.status_code == 200 and answer.json["died_on"] == pod.ago(1), answer.text
    assert answer.json["decision"]["would_change"].startswith("Nothing, unless the report")
    assert whom(pod, "referral.death_recorded") == [(answer.json["reference"], [AMARA])]


def test_J_14_what_is_recorded_of_a_death_stands_and_needs_no_day(pod: Pod):
    first, second = pod.sent(), another(pod)
    offer(pod, event("citizen.died", 1, died_on=pod.ago(3)))
    asked = at(pod, AMARA, first, "/withdraw")
    assert "as it is recorded" in asked and "On which day" not in asked
    other = pod.amara.post(f"/{first}/withdraw", {"reason": "died", "died_on": pod.ago(2)})
    assert other.status_code == 409 and other.json["rule"] == "J-14" and other.json["errors"][0]["pointer"] == "/died_on"
    assert send(pod, AMARA, f"/{first}/withdraw", reason="died").status_code == 303
    assert pod.wren.get(f"/{second}").json["died_on"] == pod.ago(3)
    assert len(pod.told("referral.stay_recorded")) == 2, "no more than the registry's report was handed on"


def test_J_14_a_death_said_by_hand_is_taken_back_by_hand_on_every_referral(pod: Pod):
    first, second = pod.sent(), another(pod)
    assert pod.amara.post(f"/{first}/withdraw", {"reason": "died", "died_on": pod.ago(1)}).status_code == 200
    (report,) = pod.wren.call("GET", f"/referrals/{second}/reports").json["items"]
    assert report["kind"] == "citizen.died" and report["state"] == "stands"
    assert "recorded on a referral of this citizen" in at(pod, WREN, second, f"/reports/{report['id']}/withdraw")
    assert pod.wren.post(f"/{second}/reports/{report['id']}/withdraw", {"reason": "It was her mother."}).status_code == 200
    assert [pod.wren.get(f"/{one}").json["died_on"] for one in (first, second)] == [None, None]
    assert pod.wren.get(f"/{first}").json["state"] == "withdrawn" and "accept" not in acts(pod, HELEN, first)
    assert [(one.revision, one.withdrawn) for one in pod.told("referral.stay_recorded")] == [(1, False), (2, True)]
    assert told(pod, "referral.death_recorded").count((2, True)) == 2
    assert pod.wren.post(f"/{first}/reports/{pod.wren.call('GET', f'/referrals/{first}/reports').json['items'][0]['id']}/withdraw",
                         {"reason": "x"}).status_code == 409


def test_J_14_the_journey_hears_of_a_death_said_on_another_referral_and_that_it_was_wrong(both: Both):
    pod = both.pod
    id_ = opened(both)
    second = another(pod)
    both.settled()
    answer = pod.priya.post(f"/{second}/withdraw", {"reason": "died", "died_on": pod.ago(1)})
    assert answer.status_code == 200, answer.text
    assert both.journey(id_)["died_on"] == pod.ago(1) and pod.wren.get(f"/{id_}").json["died_on"] == pod.ago(1)
    assert "Nothing more is to be done" in at(pod, WREN, id_) and "Arrange" not in at(pod, WREN, id_)
    which = pod.wren.call("GET", f"/referrals/{second}/reports").json["items"][0]["id"]
    assert pod.wren.post(f"/{second}/reports/{which}/withdraw", {"reason": "It was her mother."}).status_code == 200
    assert both.journey(id_)["died_on"] is None and pod.wren.get(f"/{id_}").json["died_on"] is None and not any(both.parked())


def test_J_14_the_death_of_a_citizen_without_an_NHS_number_reaches_their_journey_too(both: Both):
    pod = both.pod
    citizen = {"name": "Ida Wren", "date_of_birth": "1970-01-02", "telephone": "07700 900321", "contact_by": "telephone"}
    sent = pod.amara.post("", pod.body(pathway="prevention", citizen=citizen, conditions=[], documents=[]))
    assert sent.status_code == 201, sent.text
    id_ = sent.json["id"]
    assert pod.amara.post(f"/{id_}/withdraw", {"reason": "died", "died_on": pod.ago(1)}).status_code == 200
    both.settled()
    assert not any(both.parked())


def test_R_14_only_whoever_may_end_a_referral_says_so_and_nobody_else_learns_or_stops_anything(pod: Pod):
    id_ = pod.sent()
    assert pod.priya.post(f"/{id_}/withdraw", {"reason": "died", "died_on": pod.ago(1)}).status_code == 404
    assert pod.wren.post(f"/{id_}/decline", {"reason": "died", "words": "x", "died_on": pod.ago(1)}).status_code == 403
    assert pod.amara.post(f"/{id_}/withdraw", {"reason": "died", "died_on": pod.ago(1)}, If_Match='"99"').status_code == 412
    assert pod.wren.get(f"/{id_}").json["died_on"] is None and pod.told("referral.death_recorded") == []


def test_J_14_a_death_recorded_on_the_journey_stops_every_referral_and_is_taken_back_from_either_side(both: Both):
    pod = both.pod
    id_ = opened(both)
    second = another(pod)
    page = Browser(pod, WREN).get(f"/{id_}").text
    assert f"/journeys/of/{id_}/record/death" in page and f"/journeys/of/{id_}" not in Browser(pod, AMARA).get(f"/{id_}").text
    on_journey = {"kind": "citizen.died", "occurred_at": f"{pod.ago(0)}T00:00:00+00:00", "died_on": pod.ago(1)}
    for taken_back_on in ("referral", "journey"):
        both.journey(id_, "/transitions", on_journey)
        assert [pod.wren.get(f"/{one}").json["died_on"] for one in (id_, second)] == [pod.ago(1)] * 2
        assert "Withdraw or decline the referral" in at(pod, HELEN, second) and "We are sorry" in at(pod, PRIYA, second)
        assert "recorded on the journey" in at(pod, WREN, id_, f"/reports/{standing(pod, id_)}/withdraw")
        if taken_back_on == "referral":
            assert pod.wren.post(f"/{second}/reports/{standing(pod, second)}/withdraw", {"reason": "It was her mother."}).status_code == 200
        else:
            entry = [one for one in both.journey(id_)["timeline"] if one["kind"] == "citizen.died"][-1]
            both.journey(id_, f"/timeline/{entry['id']}/withdraw", {"reason": "It was her mother."})
        assert both.journey(id_)["died_on"] is None
        assert [pod.wren.get(f"/{one}").json["died_on"] for one in (id_, second)] == [None, None] and not any(both.parked())


def test_J_14_what_a_registry_reports_is_not_said_twice_when_the_journey_has_heard_it(both: Both):
    pod = both.pod
    id_ = opened(both)
    both.settled()
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)))
    both.settled()
    assert both.journey(id_)["died_on"] == pod.ago(2)
    assert [one["source"] for one in pod.wren.call("GET", f"/referrals/{id_}/reports").json["items"]] == ["urn:hospital:a"]
    offer(pod, event("citizen.death_cancelled", 3))
    both.settled()
    assert both.journey(id_)["died_on"] is None and pod.wren.get(f"/{id_}").json["died_on"] is None


def standing(pod: Pod, id_: str) -> str:
    """Give the id of the report that stands."""
    (one,) = [one for one in pod.wren.call("GET", f"/referrals/{id_}/reports").json["items"] if one["state"] == "stands"]
    return str(one["id"])


def test_J_14_the_referral_leads_to_where_a_death_is_recorded_on_its_journey(both: Both):
    id_ = opened(both)
    both.settled()
    client = journeys_client(both.journeys)
    with client.session_transaction() as session:
        session.update({"since": int(time.time()), "actor": {"email": WREN, "name": "Wren Callaghan", "roles": ["worker"], "team": "The Pod"}})
    for path, words_there in ((f"/of/{id_}", "Rosa Quill"), (f"/of/{id_}/record/death", "On which day did the citizen die?")):
        assert words_there in words(client.get(path, follow_redirects=True))
    assert client.get(f"/of/{uuid.uuid4()}").status_code == 404
