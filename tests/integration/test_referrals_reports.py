"""What hospitals say of citizens with a referral under way: recorded, shown, and handed on whole."""
from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.referrals import store
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.outbox import INTAKE
from shared.schemas import contract
from tests.integration.referral_room import Pod

NUMBER = "9434765919"
START = datetime.now(UTC) - timedelta(days=3)


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def event(type_: str, hours: float, recorded: float | None = None, **data: Any) -> Event:
    facts = {"nhs_number": NUMBER, **({"stay_id": "V1"} if type_.startswith("hospital.") else {}), **data}
    return Event(str(uuid.uuid4()), "urn:hospital:a", type_, START + timedelta(hours=hours), facts,
                 recordedtime=START + timedelta(hours=hours if recorded is None else recorded))


def offer(pod: Pod, *events: Event) -> None:
    pod.room.inbox.take([Delivery(write(e), message_id=e.id, exchange=INTAKE) for e in events])


def test_J_13_an_admission_is_shown_and_a_cancellation_undoes_it(pod: Pod):
    id_ = pod.sent()
    offer(pod, event("hospital.admitted", 1, ward="Elm", legal_status="02"))
    assert pod.amara.get(f"/{id_}").json["in_hospital"][0]["ward"] == "Elm"
    assert pod.helen.get().json["items"][0]["flag"] == "inpatient"
    offer(pod, event("hospital.admission_cancelled", 2))
    assert pod.amara.get(f"/{id_}").json["in_hospital"] == [] and pod.helen.get().json["items"][0]["flag"] == ""


def test_J_13_a_cancellation_before_its_admission_and_a_discharge_before_its_admission_count_the_same(pod: Pod):
    id_ = pod.sent()
    offer(pod, event("hospital.admission_cancelled", 1, recorded=5))
    offer(pod, event("hospital.admitted", 1))
    assert pod.amara.get(f"/{id_}").json["in_hospital"] == []
    offer(pod, event("hospital.discharged", 9, stay_id="V2"))
    offer(pod, event("hospital.admitted", 2, stay_id="V2"))
    assert pod.amara.get(f"/{id_}").json["in_hospital"] == []


def test_every_report_is_handed_on_once_with_its_own_times(pod: Pod):
    pod.sent()
    admitted, cancelled, moved = event("hospital.admitted", 1, ward="Elm"), event("hospital.admission_cancelled", 2), event(
        "hospital.transferred", 3, ward="Ash")
    offer(pod, admitted, cancelled)
    offer(pod, moved, admitted)
    told = [e for e in pod.told() if e.type == "referral.stay_recorded"]
    assert [e.data["origin"]["id"] for e in told] == [admitted.id, cancelled.id, moved.id]
    for sent, heard in zip((admitted, cancelled, moved), told, strict=True):
        assert contract(heard.type).check(heard.data) and heard.data["origin"]["type"] == sent.type
        assert heard.data["statement"] == sent.data and not heard.withdrawn
        assert datetime.fromisoformat(heard.data["origin"]["recordedtime"]) == sent.recordedtime


PRACTITIONERS: dict[str, dict[str, str]] = {
    "keyworker.discharged": {"practitioner_email": "amara.osei@cmhwt.example", "closes_on": "2099-01-01"},
    "keyworker.discharge_cancelled": {"practitioner_email": "amara.osei@cmhwt.example"},
    "keyworker.changed": {"from_email": "amara.osei@cmhwt.example", "to_email": "lee.brandt@cmhwt.example", "to_name": "Lee Brandt",
                          "to_team": "CMHWT", "changes_on": "2099-01-01"},
    "keyworker.absent": {"practitioner_email": "amara.osei@cmhwt.example", "absent_from": "2099-01-01",
                         "absent_until": "2099-01-09", "cover_email": "cover@cmhwt.example"},
    "team.changed": {"team": "EIT", "changes_on": "2099-01-01"},
    "psychology.started": {"starts_on": "2099-01-01"},
}


def test_J_12_reports_of_practitioners_and_teams_are_handed_on_whole_and_statements_name_nobody(pod: Pod):
    pod.sent()
    sent = [event(type_, hours, **data) for hours, (type_, data) in enumerate(PRACTITIONERS.items(), 1)]
    offer(pod, *sent)
    told = [e for e in pod.told() if e.type == "referral.stay_recorded"]
    assert [e.data["statement"] for e in told] == [e.data for e in sent]
    with pod.room.database.read() as connection:
        kept = " ".join(connection.execute(sa.select(store.tables.statements.c.data)).scalars())
    for personal in ("amara.osei", "lee.brandt", "Lee", "cover@", NUMBER):
        assert personal not in kept


def test_no_number_stands_in_a_statement(pod: Pod):
    pod.sent()
    offer(pod, event("hospital.admitted", 1, ward="Elm"), event("citizen.died", 2, died_on=pod.ago(1)))
    with pod.room.database.read() as connection:
        data = " ".join(connection.execute(sa.select(store.tables.statements.c.data)).scalars())
        states = " ".join(connection.execute(sa.select(store.tables.aggregates.c.state)).scalars())
    for personal in (NUMBER, "Rosa", "Quill", "amara.osei", "07700", "1984-05-17"):
        assert personal not in data + states


def test_J_14_a_referral_of_somebody_who_died_cannot_be_accepted_until_the_death_is_taken_back(pod: Pod):
    id_ = pod.sent()
    offer(pod, event("citizen.died", 1, died_on=pod.ago(2)))
    found = pod.helen.get(f"/{id_}").json
    assert found["died_on"] == pod.ago(2) and pod.helen.get().json["items"][0]["flag"] == "died"
    refusal = pod.helen.post(f"/{id_}/accept")
    assert refusal.status_code == 409 and refusal.json["rule"] == "J-14"
    offer(pod, event("citizen.death_cancelled", 3))
    assert pod.helen.post(f"/{id_}/accept").status_code == 200


def test_X_02_of_strangers_and_of_referrals_that_ended_nothing_is_kept(pod: Pod):
    id_ = pod.sent()
    assert pod.amara.post(f"/{id_}/withdraw", {"reason": "moved"}).status_code == 200
    offer(pod, event("hospital.admitted", 1), event("hospital.admitted", 1, nhs_number="9876543210"))
    assert [e for e in pod.told() if e.type == "referral.stay_recorded"] == []
    with pod.room.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(store.messaging.inbox)).scalar_one() == 0


def test_stays_after_acceptance_are_still_handed_on(pod: Pod):
    id_ = pod.sent()
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    offer(pod, event("hospital.admitted", 1))
    assert "referral.stay_recorded" in [e.type for e in pod.told()]
