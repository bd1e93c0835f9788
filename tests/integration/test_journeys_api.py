"""The JSON API of journeys: reading, deciding, recording, taking back, and events over HTTPS."""
from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.journeys import decisions, domain, store
from services.journeys.words import support
from shared.calendar import add_working_days
from shared.database import Database, instant_text
from shared.ledger.types import Actor, Refused
from shared.messaging.envelope import attributes_of
from shared.messaging.handover import Handover
from shared.room import Room
from shared.schemas import contract
from shared.schemas.people import LEGAL_STATUS
from tests.support.journeys import (
    AMARA,
    CITIZEN,
    JOURNEY,
    NUMBER,
    bearer,
    journeys_client,
    journeys_room,
    now,
    opened_room,
    referral,
    report,
    stands,
    state,
    take,
    told,
)

API = "/api/v1"
HOME = f"{API}/journeys/{JOURNEY}"
SHAPE = {"id", "reference", "citizen", "state", "inpatient", "closing_on", "practitioner", "development_worker", "strands",
         "reviews", "timeline"}
ENTRY = {"id", "kind", "occurred_at", "recorded_at", "actor", "corrected_by"}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return opened_room(tmp_path)


@pytest.mark.parametrize(("asked", "words"), [({"one_to_one_support": True}, "was asked for"), ({"one_to_one_support": False}, "was not wanted"), ({}, "")])
def test_R_10_a_journey_says_whether_the_intensive_support_of_its_pathway_was_asked_for(tmp_path: Path, asked: dict[str, Any], words: str) -> None:
    room, events = journeys_room(tmp_path), referral(now() - timedelta(days=3))
    events["accepted"].data |= {"pathway": "sip", **asked}
    take(room, *events.values())
    client = journeys_client(room)
    found = client.get(HOME, headers=bearer("worker")).json
    assert found["one_to_one_support"] is asked.get("one_to_one_support") and support(found).endswith(words) and bool(support(found)) == bool(words)


@pytest.fixture
def client(room: Room) -> Any:
    return journeys_client(room)


def post(client: Any, path: str, body: Any, role: str = "worker", **headers: str) -> Any:
    return client.post(path, json=body, headers={**bearer(role), **headers})


def get(client: Any, path: str = HOME, role: str = "worker", email: str | None = None) -> Any:
    return client.get(path, headers=bearer(role, email))


def _admitted(room: Room, **more: Any) -> None:
    take(room, report("hospital.admitted", now() - timedelta(hours=5), stay_id="S1", **more))


def test_a_journey_has_the_fixed_shape(room: Room, client: Any) -> None:
    _admitted(room, ward="Elm")
    answer = get(client)
    found = answer.json
    assert found.keys() >= SHAPE and found["citizen"] == {"name": "Ada Quill", "nhs_number": NUMBER}
    assert (found["state"], found["inpatient"], found["reference"]) == ("open", True, "J-7KQ4-M9C")
    assert all(entry.keys() >= ENTRY for entry in found["timeline"])
    assert [s["name"] for s in found["strands"]] == ["foundation_assessment", "sana", "social_brokerage", "social_advocacy"]
    assert answer.headers["ETag"].startswith('"')


def test_journeys_are_found_by_nhs_number_by_state_and_by_whose_they_are(client: Any) -> None:
    def found(query: str, *who: str) -> int:
        return len(get(client, f"{API}/journeys?{query}", *who).json["items"])
    assert found(f"nhs_number={NUMBER}") == 1 and found("nhs_number=4010232137") == 0
    assert found("state=open") == 1 and found("state=closing") == found("state=closed") == 0
    assert found("mine=true") == 1 and found("mine=true", "worker", "marcus.bell@pod.example") == 0
    assert get(client, f"{API}/journeys?nhs_number=123").status_code == 422


def test_a_practitioner_sees_their_own_journeys_and_no_others(client: Any) -> None:
    assert get(client, HOME, "practitioner", AMARA["email"]).status_code == 200
    assert get(client, HOME, "practitioner", "tom.whitfield@cmhwt.example").status_code == 404
    assert get(client, f"{API}/journeys", "practitioner", "tom.whitfield@cmhwt.example").json["items"] == []
    assert get(client, HOME, "cafe").status_code == 403
    assert client.get(HOME).status_code == 401


def test_J_12_a_practitioner_who_took_over_sees_the_journey_and_the_former_does_not(room: Room, client: Any) -> None:
    take(room, report("keyworker.changed", now() - timedelta(hours=1), to_email="tom.whitfield@cmhwt.example", to_name="Tom Whitfield",
                      to_team="CMHWT", changes_on=(now() - timedelta(days=1)).date().isoformat()))
    assert get(client, HOME, "practitioner", "tom.whitfield@cmhwt.example").json["practitioner"]["name"] == "Tom Whitfield"
    assert get(client, HOME, "practitioner", AMARA["email"]).status_code == 404


def test_J_10_a_review_is_completed_once(room: Room, client: Any) -> None:
    _admitted(room)
    review = get(client).json["reviews"][0]
    path = f"{HOME}/reviews/{review['id']}/complete"
    done = post(client, path, {"outcome": "remain", "words": "Short stay"})
    assert done.status_code == 200 and done.json["reviews"][0]["state"] == "done"
    assert done.json["reviews"][0]["by"] == "Wren Callaghan"
    again = post(client, path, {"outcome": "close"})
    assert (again.status_code, again.json["rule"]) == (409, "J-10")
    assert f"journey:{JOURNEY}:review:{review['id']}:completed" in stands(room)


def test_J_13_a_decision_on_an_admission_since_taken_back_asks_to_keep_or_undo(room: Room, client: Any) -> None:
    _admitted(room)
    rid = get(client).json["reviews"][0]["id"]
    post(client, f"{HOME}/reviews/{rid}/complete", {"outcome": "pause"})
    take(room, report("hospital.admission_cancelled", now(), stay_id="S1"))
    done, asked = get(client).json["reviews"]
    assert (done["state"], asked["kind"], asked["state"]) == ("done", "correction", "open")
    completed = f"journey:{JOURNEY}:review:{rid}:completed"
    assert completed in stands(room)
    assert post(client, f"{HOME}/reviews/{asked['id']}/complete", {"outcome": "remain"}).status_code == 422
    kept = post(client, f"{HOME}/reviews/{asked['id']}/complete", {"outcome": "undo"})
    assert [one["state"] for one in kept.json["reviews"]] == ["undone", "done"]
    assert completed not in stands(room)


def test_J_13_a_decision_to_be_kept_or_undone_is_told_counted_and_due(room: Room, client: Any) -> None:
    _admitted(room)
    rid = get(client).json["reviews"][0]["id"]
    post(client, f"{HOME}/reviews/{rid}/complete", {"outcome": "pause"})
    entry = next(one for one in get(client).json["timeline"] if one["kind"] == "hospital.admitted")
    shown = post(client, f"{HOME}/timeline/{entry['id']}/withdraw", {"reason": "It was a visit"}, "manager").json
    asked, due = shown["reviews"][-1], add_working_days(now(), 2).isoformat()
    assert (asked["kind"], asked["due_on"], asked["overdue"]) == ("correction", due, False)
    assert [one["kind"] for one in shown["timeline"]].count("admission.taken_back") == 0, "the withdrawal says it"
    heard = told(room)[-1] if told(room)[-1]["type"] == "journey.review_owed" else told(room)[-2]
    assert (heard["data"]["review_id"], heard["data"]["due_on"]) == (asked["id"], due)
    assert {one["role"] for one in heard["data"]["told"]} == {"development_worker", "practitioner"}
    contract("journey.review_owed").check(heard["data"])
    with room.database.read() as connection:
        assert connection.execute(store.caseload.select()).mappings().one()["review_due_on"] == due


def test_J_10_the_legal_status_of_a_stay_is_a_dated_series(room: Room, client: Any) -> None:
    admitted, changed = now() - timedelta(hours=5), now() - timedelta(hours=2)
    _admitted(room, legal_status="02")
    take(room, report("hospital.legal_status_changed", changed, stay_id="S1", legal_status="03"))
    first, second = get(client).json["stays"][0]["legal_statuses"]
    assert (first["code"], first["words"], second["code"], second["until"]) == ("02", LEGAL_STATUS["02"], "03", None)
    assert first["until"] == second["from"] == instant_text(changed) and first["from"][:13] == instant_text(admitted)[:13]


def test_an_if_match_of_before_is_refused(room: Room, client: Any) -> None:
    old = get(client).headers["ETag"]
    _admitted(room)
    rid = get(client).json["reviews"][0]["id"]
    answer = post(client, f"{HOME}/reviews/{rid}/complete", {"outcome": "remain"}, **{"If-Match": old})
    assert answer.status_code == 412
    assert state(room)["decisions"] == {}


def test_J_10_an_admission_and_a_discharge_are_recorded_by_hand(room: Room, client: Any) -> None:
    at = (now() - timedelta(hours=3)).isoformat()
    admitted = post(client, f"{HOME}/transitions", {"kind": "hospital.admitted", "occurred_at": at, "ward": "Elm"})
    assert admitted.json["inpatient"] and admitted.json["timeline"][-1]["actor"] == "Wren Callaghan"
    stay = admitted.json["stays"][0]["id"]
    left = post(client, f"{HOME}/transitions", {"kind": "hospital.discharged", "occurred_at": now().isoformat(), "stay_id": stay})
    assert not left.json["inpatient"] and len(left.json["follow_ups"]) == 1
    future = post(client, f"{HOME}/transitions", {"kind": "hospital.admitted", "occurred_at": (now() + timedelta(days=1)).isoformat()})
    assert future.status_code == 422 and future.json["errors"][0]["pointer"] == "/occurred_at"


def test_J_14_a_death_recorded_by_hand_stops_the_reviews_and_can_be_taken_back(room: Room, client: Any) -> None:
    _admitted(room)
    died = post(client, f"{HOME}/transitions", {"kind": "citizen.died", "occurred_at": now().isoformat(),
                                                "died_on": now().date().isoformat()})
    assert died.json["reviews"][0]["state"] == "stopped" and not died.json["inpatient"]
    entry = next(one for one in died.json["timeline"] if one["kind"] == "citizen.died")
    back = post(client, f"{HOME}/timeline/{entry['id']}/withdraw", {"reason": "Another person of that name"})
    assert back.json["reviews"][0]["state"] == "open" and back.json["died_on"] is None


def test_J_13_what_came_from_outside_is_taken_back_with_a_reason_and_stays_on_the_timeline(room: Room, client: Any) -> None:
    _admitted(room)
    entry = next(one for one in get(client).json["timeline"] if one["kind"] == "hospital.admitted")
    path = f"{HOME}/timeline/{entry['id']}/withdraw"
    assert post(client, path, {"reason": ""}).status_code == 422
    after = post(client, path, {"reason": "It was a visit"}).json
    assert not after["inpatient"] and after["reviews"][0]["state"] == "withdrawn"
    struck = next(one for one in after["timeline"] if one["id"] == entry["id"])
    by = next(one for one in after["timeline"] if one["id"] == struck["corrected_by"])
    assert (by["withdrawn"], by["actor"], by["facts"]["reason"]) == (True, "Wren Callaghan", "It was a visit")
    assert post(client, path, {"reason": "again"}).status_code == 409


def test_R_09_the_review_of_an_older_admission_that_was_taken_back_is_still_listed(room: Room, client: Any) -> None:
    at = now() - timedelta(days=40)
    take(room, report("hospital.admitted", at, stay_id="S1"))
    take(room, report("hospital.admission_cancelled", at + timedelta(days=39), stay_id="S1"))
    assert [one["state"] for one in get(client).json["reviews"]] == ["withdrawn"]


def test_a_journeys_own_opening_cannot_be_taken_back(client: Any) -> None:
    entry = next(one for one in get(client).json["timeline"] if one["kind"] == "journey.opened")
    assert post(client, f"{HOME}/timeline/{entry['id']}/withdraw", {"reason": "no"}).status_code == 409


def test_as_of_shows_what_was_known_then(room: Room, client: Any) -> None:
    today, yesterday = now().date(), now().date() - timedelta(days=1)
    _admitted(room)
    assert get(client, f"{HOME}?as_of={today}").json["inpatient"]
    assert get(client, f"{HOME}?as_of={yesterday}").status_code == 404, "nobody knew of the journey then"
    assert get(client, f"{HOME}?as_of=soon").status_code == 422


def test_a_repeat_with_the_same_key_gets_the_first_answer(room: Room, client: Any) -> None:
    body = {"kind": "hospital.admitted", "occurred_at": (now() - timedelta(hours=1)).isoformat()}
    first = post(client, f"{HOME}/transitions", body, **{"Idempotency-Key": "one"})
    second = post(client, f"{HOME}/transitions", body, **{"Idempotency-Key": "one"})
    assert first.json == second.json and len(state(room)["stays"]) == 1


# Events over HTTPS

def _send(client: Any, body: Any, media: str = "application/cloudevents+json", role: str = "publisher") -> Any:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return client.post(f"{API}/events", data=data, content_type=media, headers=bearer(role))


def _admission(**more: Any) -> dict[str, Any]:
    return attributes_of(report("hospital.admitted", now(), stay_id="S1")) | more


def test_X_01_an_event_over_https_reaches_the_journey(room: Room, client: Any) -> None:
    answer = _send(client, _admission())
    assert (answer.status_code, answer.json) == (202, {"accepted": 1})
    handover = Handover([room])
    while handover.round(room):
        pass
    assert "admitted_at" in state(room)["stays"]["S1"]
    with room.database.read() as connection:
        waiting = [row.exchange for row in connection.execute(room.outbox.table.select())]
    assert "pod.intake" not in waiting, "a stranger's number is not kept"


def test_X_01_a_batch_with_one_wrong_event_is_taken_not_at_all(room: Room, client: Any) -> None:
    wrong = [_admission(), _admission(type="hospital.vanished"), _admission(data={"nhs_number": "9434765918", "stay_id": "S1"}),
             _admission(type="referral.accepted", dataschema="urn:pod:referral.accepted:1"), _admission(data={"nhs_number": NUMBER})]
    answer = _send(client, wrong, "application/cloudevents-batch+json")
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["/1", "/2/data/nhs_number", "/3/type", "/4/data/stay_id"]
    with room.database.read() as connection:
        assert not any(row.exchange == "pod.intake" for row in connection.execute(room.outbox.table.select()))


@pytest.mark.parametrize(("body", "media", "status"), [
    (b"not json", "application/cloudevents+json", 422), (b"[]", "application/json", 422), (b"{}", "application/json", 422),
    (b"<xml/>", "text/xml", 415), (b"[1]", "application/cloudevents+json", 422),
    (b'{"data": "' + b"x" * (1024 * 1024) + b'"}', "application/json", 413),
])
def test_what_cannot_be_read_is_refused_with_a_problem(client: Any, body: bytes, media: str, status: int) -> None:
    answer = _send(client, body, media)
    assert answer.status_code == status and answer.mimetype == "application/problem+json"


def test_a_nul_a_far_date_and_a_claim_of_replay_are_refused(client: Any) -> None:
    assert _send(client, _admission(data={"nhs_number": NUMBER, "stay_id": "S\0"})).status_code == 422
    assert _send(client, _admission(time="2062-01-01T00:00:00Z")).status_code == 422
    assert _send(client, _admission(time="2012-01-01T00:00:00Z", recordedtime="2012-01-01T00:00:00Z", replayed=True)).status_code == 422


def test_only_publishers_publish(client: Any) -> None:
    assert _send(client, _admission(), role="worker").status_code == 403


def test_the_api_works_the_same_on_either_database(any_database: Database, tmp_path: Path) -> None:
    room = opened_room(tmp_path, any_database.url.render_as_string(hide_password=False))
    client = journeys_client(room)
    _admitted(room)
    rid = get(client).json["reviews"][0]["id"]
    assert post(client, f"{HOME}/reviews/{rid}/complete", {"outcome": "remain"}).status_code == 200
    assert len(get(client, f"{API}/journeys?state=open&mine=true").json["items"]) == 1
    assert get(client, f"{API}/journeys?after={uuid.UUID(int=0)}&limit=1").json["next"] is None
    room.database.dispose()


@pytest.mark.parametrize("wrong", [
    {"occurred_at": "0001-01-01T00:00:00+14:00"}, {"occurred_at": "9999-12-31T23:59:00-14:00"}, {"stay_id": "   "}, {"stay_id": "a\0b"},
    {"stay_id": "a\ud800b"}, {"ward": "a\0b"}, {"ward": "a\ud800b"}, {"kind": "hospital.discharged", "destination": "\ud800"},
    {"kind": "citizen.died", "died_on": "0001-01-01"}, {"kind": "citizen.died", "died_on": "9999-12-31"}])
def test_what_no_event_could_carry_is_answered_with_a_reason(room: Room, client: Any, wrong: dict[str, str]) -> None:
    before = stands(room)
    body = {"kind": "hospital.admitted", "occurred_at": (now() - timedelta(hours=1)).isoformat(), "stay_id": "S1", **wrong}
    answer = post(client, f"{HOME}/transitions", body)
    assert answer.status_code == 422 and answer.json["errors"], answer.text
    assert stands(room) == before


def test_a_stay_typed_with_blanks_around_it_is_the_stay_the_hospital_means(room: Room, client: Any) -> None:
    body = {"kind": "hospital.admitted", "occurred_at": (now() - timedelta(hours=2)).isoformat(), "stay_id": " S1 "}
    assert post(client, f"{HOME}/transitions", body).status_code == 200
    take(room, report("hospital.discharged", now() - timedelta(hours=1), stay_id="S1"))
    assert get(client).json["inpatient"] is False


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_no_day_is_too_far_away_to_be_asked_for(client: Any, day: str) -> None:
    assert get(client, f"{HOME}?as_of={day}").status_code == (200 if day > "2" else 404)
    assert client.get(f"/{JOURNEY}?as_of={day}").status_code == 302


@pytest.mark.parametrize("name", ["stay_id", "ward", "destination"])
def test_what_a_form_cannot_have_stored_is_refused_at_its_field(name: str) -> None:
    worker = Actor("wren.callaghan@pod.example", roles=frozenset({"worker"}))
    facts = {"stay_id": "S1", name: "a\0b"}
    answer = decisions.record(domain.initial(CITIZEN), now(), worker, "hospital.admitted", now() - timedelta(hours=1), facts)
    assert isinstance(answer, Refused) and answer.field == name
