"""A citizen referred from a ward: what hospitals say of that stay afterwards changes what the referral shows (R-09)."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.messaging.envelope import Event
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_changed_outside import event, offer
from tests.integration.test_referrals_triage import WREN, at

ELM: dict[str, Any] = {"ward": "Elm", "legal_status": "02"}


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def later(type_: str, **data: Any) -> Event:
    """Give what a hospital says a moment from now: after the referral came, however fast the test is."""
    one = event(type_, 0, **data)
    return Event(one.id, one.source, one.type, datetime.now(UTC) + timedelta(minutes=1), one.data, recordedtime=datetime.now(UTC))


def stays(pod: Pod, id_: str) -> list[tuple[str, str | None, str | None]]:
    return [(one["stay_id"], one["ward"], one["legal_status"]) for one in pod.wren.get(f"/{id_}").json["in_hospital"]]


def flag(pod: Pod) -> str:
    return str(pod.wren.get().json["items"][0]["flag"])


def test_R_09_ward_and_section_of_the_stay_they_were_referred_from_are_followed_and_its_discharge_ends_it(pod: Pod):
    id_ = pod.sent(inpatient={**ELM, "stay_id": "V1"})
    assert stays(pod, id_) == [("V1", "Elm", "02")] and flag(pod) == "inpatient"
    assert "In hospital since before the referral, Elm, detained under section 2" in at(pod, WREN, id_)
    offer(pod, later("hospital.transferred", ward="Ash"), later("hospital.legal_status_changed", legal_status="03"))
    assert stays(pod, id_) == [("V1", "Ash", "03")] and "Ash, detained under section 3" in at(pod, WREN, id_)
    offer(pod, later("hospital.transferred", stay_id="V2", ward="Oak"))
    assert stays(pod, id_) == [("V1", "Ash", "03")], "of another stay nothing is known but that"
    offer(pod, later("hospital.discharged"))
    assert stays(pod, id_) == [] and flag(pod) == "" and "In hospital since" not in at(pod, WREN, id_)


def test_R_09_a_discharge_from_before_the_referral_that_is_reported_after_it_counts_until_it_is_cancelled(pod: Pod):
    id_ = pod.sent(inpatient={**ELM, "stay_id": "V1"})
    offer(pod, event("hospital.discharged", 1))
    assert stays(pod, id_) == [] and flag(pod) == ""
    offer(pod, event("hospital.discharge_cancelled", 2))
    assert stays(pod, id_) == [("V1", "Elm", "02")] and flag(pod) == "inpatient"


def test_R_09_where_the_referral_names_no_stay_it_is_the_one_a_hospital_goes_on_to_speak_of(pod: Pod):
    id_ = pod.sent(inpatient=ELM)
    assert stays(pod, id_) == [] and flag(pod) == "inpatient"
    offer(pod, later("hospital.transferred", ward="Ash"))
    assert stays(pod, id_) == [("V1", "Ash", "02")]
    offer(pod, later("hospital.discharged"))
    assert stays(pod, id_) == [] and flag(pod) == ""


def test_R_09_what_was_last_so_by_its_own_time_is_shown_whoever_said_it(pod: Pod):
    id_ = pod.sent(inpatient={**ELM, "stay_id": "V1"})
    offer(pod, event("hospital.admitted", 1, ward="Oak", legal_status="20"), event("hospital.transferred", 2, ward="Rowan"))
    assert stays(pod, id_) == [("V1", "Elm", "02")], "the practitioner wrote it down after that"
    assert "In hospital since" in at(pod, WREN, id_) and "since before the referral" not in at(pod, WREN, id_)
    amended = pod.amara.post(f"/{id_}/amend", {"amendment_reason": "Moved today.", "inpatient": {**ELM, "ward": "Beech", "stay_id": "V1"}})
    assert amended.status_code == 200 and stays(pod, id_) == [("V1", "Beech", "02")]
    offer(pod, event("hospital.admission_cancelled", 3))
    assert stays(pod, id_) == [("V1", "Beech", "02")], "the referral still says so"


def test_R_09_of_a_stay_no_hospital_knows_any_discharge_is_the_end(pod: Pod):
    id_ = pod.sent(inpatient={**ELM, "stay_id": "typed wrongly"})
    offer(pod, later("hospital.discharged"))
    assert stays(pod, id_) == [] and flag(pod) == ""
