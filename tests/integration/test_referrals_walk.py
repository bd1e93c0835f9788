"""A referral on its whole way, through the API alone and with another system speaking: embedded, and on RabbitMQ and PostgreSQL."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.outside import Hospital, OverAmqp, OverHttps
from tests.support.suite import AMARA, HELEN, TEAM, TOM, WREN, Suite, days_ago, nhs_number, referral, wait_for

REFERRALS, JOURNEYS = "/referrals/api/v1/referrals", "/journeys/api/v1/journeys"
GRACE, HTT = "grace.adeyemi@htt.example", "Home Treatment Team"
THREE = ["citizen", "development_worker", "practitioner"]


@pytest.fixture(params=["embedded", "server"])
def column(request: pytest.FixtureRequest) -> tuple[Suite, Hospital]:
    """Give a suite and another system that speaks to it, of each column of the design."""
    suite: Any = request.getfixturevalue(request.param)
    return suite, OverHttps(suite) if request.param == "embedded" else OverAmqp(suite.publisher_url("walk"))


@pytest.fixture
def walk(column: tuple[Suite, Hospital]) -> Walk:
    """Give a way to walk, with a citizen nobody has met."""
    return Walk(*column)


class Walk:
    """One referral, and what is done with it."""

    def __init__(self, suite: Suite, hospital: Hospital):
        self.suite, self.hospital, self.number = suite, hospital, nhs_number()
        self.id = self.reference = ""

    def send(self, body: dict[str, Any], role: str = "practitioner", email: str | None = None) -> dict[str, Any]:
        made = dict(self.suite.post(REFERRALS, role, body, email))
        self.id, self.reference = made["id"], made["reference"]
        return made

    def do(self, path: str, role: str, body: Any = None, email: str | None = None) -> dict[str, Any]:
        return dict(self.suite.post(f"{REFERRALS}/{self.id}/{path}", role, body, email))

    def refused(self, path: str, role: str, body: Any = None) -> dict[str, Any]:
        answer = self.suite.ask("POST", f"{REFERRALS}/{self.id}/{path}", role, json=body or {})
        assert answer.status_code == 409 and answer.json()["help"], answer.text
        return dict(answer.json())

    def stands(self) -> dict[str, Any]:
        return dict(self.suite.get(f"{REFERRALS}/{self.id}", "manager"))

    def until(self, true: Callable[[dict[str, Any]], object], what: str) -> dict[str, Any]:
        """Wait until something is so of the referral; give it."""
        return dict(wait_for(lambda: found if true(found := self.stands()) else None, what))

    def says(self, name: str, **data: Any) -> None:
        self.hospital.says(name, {"nhs_number": self.number, **data})

    def told(self, email: str) -> Counter[str]:
        """Count what somebody was told of the referral or its journey, by rule; of a correction too."""
        both = self.suite.told(self.reference.removeprefix("R-"), email)
        return Counter(one["rule"] + (" corrected" if one["correction_of"] else "") for one in both)

    def told_all(self, email: str, rules: set[str], *, twice: str = "") -> None:
        """Wait until somebody was told all this, and hold that nothing was told again but `twice`, of which two things are true."""
        wait_for(lambda: rules <= set(self.told(email)), f"{email} is told {sorted(rules)}, not only {sorted(self.told(email))}")
        assert {rule: count for rule, count in self.told(email).items() if count > 1} == ({twice: 2} if twice else {})

    def quick(self, name: str) -> dict[str, Any]:
        """Send a referral on the short intensive pathway."""
        grace = {"name": "Grace Adeyemi", "email": GRACE, "team": HTT}
        body = referral(self.number, name, pathway="sip", referrer={**grace, "role": "key_worker"}, named_person=grace,
                        documents=[], commitment_months=0, social_issues=["housing", "debt"])
        return self.send(body, email=GRACE)


def named(name: str, email: str) -> dict[str, str]:
    return {"name": name, "email": email, "team": TEAM}


def test_R_01_R_03_R_07_R_14_from_sent_to_the_meeting_held_and_everybody_told_once(walk: Walk) -> None:
    """A referral is asked about, loses its named person, is amended, accepted, allocated, and its meeting is held on the journey."""
    assert walk.send(referral(walk.number, "Ludo Vance", named_person=named("Tom Whitfield", TOM)))["missing"] == []
    question = walk.do("questions", "worker", {"words": "Who is there in August?"})["questions"][0]["id"]
    assert walk.do(f"questions/{question}/answer", "practitioner", {"words": "Tom is."})["questions"][0]["answer"]["by"] == "Amara Osei"
    walk.says("keyworker.discharged", practitioner_email=TOM, closes_on=days_ago(-10))
    missing = walk.until(lambda one: one["missing"], "the named person is known to go")["missing"]
    assert [one["rule"] for one in missing] == ["R-03"] and walk.refused("accept", "manager")["rule"] == "R-03"
    walk.do("amend", "practitioner", {"amendment_reason": "Tom moves away", "named_person": named("Amara Osei", AMARA)})
    assert walk.do("accept", "manager")["state"] == "accepted"
    walk.do("allocate", "manager", {"development_worker_email": WREN})
    offer_and_hold(walk)
    walk.told_all(AMARA, {"referral-received", "referral-more-asked", "referral-named-person-needed", "referral-accepted",
                          "referral-allocated", "referral-meeting", "referral-named-person-needed corrected"},
                  twice="referral-completed corrected")  # no longer, and then again
    walk.told_all(WREN, {"referral-answered", "journey-allocated", "referral-meeting"})
    walk.told_all(HELEN, {"referral-named-person-needed"}, twice="referral-to-decide corrected")
    death_stops_everything(walk)


def offer_and_hold(walk: Walk) -> None:
    """All three say when they can, one of the times is offered, and the journey says that the meeting was held (R-07)."""
    times = [{"starts_at": f"{days_ago(-ahead)}T09:00:00Z", "ends_at": f"{days_ago(-ahead)}T15:00:00Z"} for ahead in range(5, 12)]
    for whose, role in (("citizen", "practitioner"), ("practitioner", "practitioner"), ("development_worker", "worker")):
        slots = walk.do("availability", role, {"whose": whose, "times": times})["meeting"]["slots"]
    offered = walk.do("meeting", "worker", {"starts_at": slots[0]["starts_at"], "mode": "teams"})["meeting"]["offered"]
    assert offered["starts_at"] == slots[0]["starts_at"] and not offered["agreed"]
    journey = walk.suite.settled(walk.number, lambda one: one["development_worker"] and one["meetings"], "the offer reaches the journey")
    at = datetime.now(UTC).isoformat()
    walk.suite.post(f"{JOURNEYS}/{journey['id']}/meetings", "worker", {"held_at": at, "mode": "teams", "attendees": THREE})
    held = walk.until(lambda one: one["meeting"]["held_at"], "the referral knows that the meeting was held")
    assert datetime.fromisoformat(held["meeting"]["held_at"]) == datetime.fromisoformat(at)
    assert [one["state"] for one in held["targets"]] == ["met"]


def death_stops_everything(walk: Walk) -> None:
    """A death that another system reports ends what is planned, here and on the journey (J-14)."""
    walk.says("citizen.died", died_on=days_ago(0))
    assert walk.until(lambda one: one["died_on"], "the death is known")["targets"] == []
    assert walk.refused("allocate", "manager", {"development_worker_email": "marcus.bell@pod.example"})["rule"] == "J-14"
    walk.suite.settled(walk.number, lambda one: one["died_on"], "the journey knows of the death")


def test_R_10_J_14_a_death_elsewhere_stops_a_short_intensive_referral_before_it_is_answered(walk: Walk) -> None:
    assert walk.quick("Odile Marchetti")["missing"] == []
    (answer,) = (one for one in walk.stands()["targets"] if one["kind"] == "response")
    assert answer["state"] in ("ahead", "due_today")
    walk.says("citizen.died", died_on=days_ago(0))
    walk.until(lambda one: one["died_on"] and not one["targets"], "the death is known and no clock runs")
    assert walk.refused("accept", "manager")["rule"] == "J-14"
    assert walk.refused("questions", "worker", {"words": "When can we meet?"})["rule"] == "J-14"
    for email in (GRACE, HELEN):
        walk.told_all(email, {"referral-death"})


def test_R_10_R_09_an_admission_elsewhere_shows_on_a_short_intensive_referral_which_goes_on(walk: Walk) -> None:
    walk.quick("Perpetua Sands")
    walk.says("hospital.admitted", stay_id=f"W-{walk.number}", ward="Oak", legal_status="02")
    walk.until(lambda one: one["in_hospital"], "the admission is known")
    walk.says("hospital.legal_status_changed", stay_id=f"W-{walk.number}", legal_status="03")
    (stay,) = walk.until(lambda one: one["in_hospital"][0]["legal_status"] == "03", "the section is known")["in_hospital"]
    assert (stay["ward"], walk.do("accept", "manager")["state"]) == ("Oak", "accepted")
    journey = walk.suite.settled(walk.number, lambda one: one["inpatient"], "the journey opens inpatient")
    assert journey["pathway"] == "sip"
    walk.told_all(GRACE, {"referral-received", "referral-admission", "referral-accepted"})


def test_R_11_J_01_whoever_refers_themself_has_a_journey_without_a_practitioner(walk: Walk) -> None:
    citizen = {"name": "Ottoline Frey", "date_of_birth": "1999-02-03", "nhs_number": walk.number, "telephone": "07700 900456"}
    walk.send({"pathway": "prevention", "self_referral": True, "citizen": citizen, "meeting_preference": "telephone",
               "reason": "I would like to get out more."}, "worker")
    assert walk.stands()["referrer"] is None
    walk.do("accept", "manager")
    walk.do("allocate", "manager", {"development_worker_email": WREN})
    journey = walk.suite.settled(walk.number, lambda one: one["development_worker"], "the journey has its worker")
    assert journey["practitioner"] is None and journey["state"] == "open"
    walk.told_all(WREN, {"journey-allocated"})
