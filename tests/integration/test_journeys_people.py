"""Whose journey it is: citizens who referred themselves (R-11), how to reach them, and who is told; on both databases."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared import schemas
from shared.room import Room
from tests.support.journeys import (
    AMARA,
    JOURNEY,
    NUMBER,
    REFERRAL,
    WREN,
    bearer,
    journeys_client,
    journeys_room,
    now,
    opened_room,
    referral,
    report,
    take,
    told,
)

API = "/api/v1/journeys"
HOME = f"{API}/{JOURNEY}"
TOM = {"to_email": "tom.whitfield@cmhwt.example", "to_name": "Tom Whitfield", "to_team": "CMHWT"}
CONTACT: dict[str, Any] = {
    "telephone": "07700 900123", "email": "ada@example.org", "contact_by": "text", "do_not": ["no letters to my home", "do not ring my work"],
    "address": "Flat 2, 1 Example Street\nCoventry", "contact_when": "After 11, not on Fridays", "interpreter": "Polish",
    "access_needs": "Step-free; large print", "next_of_kin": {"name": "Beth Quill", "relationship": "Sister", "telephone": "07700 900456"}}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres").new_database())


@pytest.fixture
def alone(url: str, tmp_path: Path) -> Iterator[Room]:
    """Give a room with the journey of a citizen who referred themself."""
    room = opened_room(tmp_path, url, self_referral=True)
    yield room
    room.database.dispose()


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return opened_room(tmp_path, **CONTACT)


def get(room: Room, path: str = HOME, role: str = "worker", email: str | None = None) -> Any:
    return journeys_client(room).get(path, headers=bearer(role, email))


def heard(room: Room, type_: str) -> dict[str, Any]:
    return dict(next(one for one in reversed(told(room)) if one["type"] == type_))


def test_R_11_of_a_citizen_who_referred_themself_the_development_worker_is_told_alone(alone: Room) -> None:
    take(alone, report("hospital.admitted", now() - timedelta(days=9), stay_id="S1"),
         report("keyworker.discharged", now() - timedelta(days=1), practitioner_email=AMARA["email"], closes_on="2099-01-01"))
    for one in told(alone):
        schemas.contract(one["type"]).check(one["data"])
        assert [whom["email"] for whom in one["data"]["told"]] == [WREN["email"]]
        assert one["data"].get("practitioner") is None
    assert {"journey.opened", "journey.allocated", "journey.admission_recorded", "journey.review_overdue"} <= {one["type"] for one in told(alone)}
    assert "journey.closing_set" not in {one["type"] for one in told(alone)}, "whoever discharges them is not the journey's"


def test_R_11_such_a_journey_has_no_practitioner_and_is_nobodys_but_the_pods(alone: Room) -> None:
    found = get(alone).json
    assert (found["practitioner"], found["self_referral"], found["state"]) == (None, True, "open")
    assert get(alone, HOME, "practitioner", AMARA["email"]).status_code == 404
    assert get(alone, API, "practitioner", AMARA["email"]).json["items"] == []
    assert len(get(alone, f"{API}?nhs_number={NUMBER}&mine=true").json["items"]) == 1


@pytest.mark.parametrize("before", [{}, {"from_email": AMARA["email"]}])
def test_J_12_R_11_a_change_of_practitioner_gives_such_a_journey_one(alone: Room, before: dict[str, str]) -> None:
    take(alone, report("keyworker.changed", now() - timedelta(hours=1), changes_on=(now() - timedelta(days=1)).date().isoformat(), **TOM, **before))
    found = get(alone, HOME, "practitioner", TOM["to_email"]).json
    assert (found["practitioner"]["name"], found["self_referral"]) == ("Tom Whitfield", True)
    assert {whom["role"] for whom in heard(alone, "journey.transition_recorded")["data"]["told"]} == {"development_worker", "practitioner"}
    take(alone, report("keyworker.discharged", now(), practitioner_email=TOM["to_email"], closes_on=(now() + timedelta(days=9)).date().isoformat()))
    assert get(alone).json["state"] == "closing"


def test_events_go_out_in_the_newest_version_of_their_contract(room: Room) -> None:
    take(room, report("keyworker.discharged", now(), practitioner_email=AMARA["email"], closes_on=(now() + timedelta(days=9)).date().isoformat()))
    assert {one["dataschema"] for one in told(room)} == {"urn:pod:journey.opened:2", "urn:pod:journey.allocated:2", "urn:pod:journey.closing_set:2"}
    assert heard(room, "journey.closing_set")["data"]["referral_id"] == REFERRAL


def test_how_to_reach_the_citizen_comes_with_the_acceptance_and_not_before(tmp_path: Path) -> None:
    room, events = journeys_room(tmp_path), referral(now() - timedelta(days=1), **CONTACT)
    take(room, events["accepted"])
    take(room, events["received"])
    assert get(room).json["contact"] == CONTACT, "what says who they are leaves the rest as it is"


def test_how_to_reach_the_citizen_is_for_staff_and_their_practitioner_on_one_journey_as_it_is_now(room: Room) -> None:
    assert get(room, HOME, "practitioner", AMARA["email"]).json["contact"] == get(room).json["contact"] == CONTACT
    assert all("contact" not in one for one in get(room, API).json["items"])
    statements = room.keeper.ledger.tables.statements
    with room.database.transaction() as connection:
        connection.execute(statements.update().values(received_at=now() - timedelta(days=20)))
    past = get(room, f"{HOME}?as_of={(now() - timedelta(days=1)).date()}").json
    assert past["state"] == "open" and "contact" not in past


def test_a_referral_that_says_nothing_of_how_to_reach_the_citizen_is_shown_as_that(alone: Room) -> None:
    contact = get(alone).json["contact"]
    assert contact == {**dict.fromkeys(CONTACT), "do_not": []}


def test_J_14_once_a_citizen_has_died_only_their_next_of_kin_can_be_reached(room: Room) -> None:
    take(room, report("citizen.died", now() - timedelta(hours=1), died_on=now().date().isoformat()))
    contact = get(room).json["contact"]
    assert contact == {**dict.fromkeys(CONTACT), "do_not": [], "next_of_kin": CONTACT["next_of_kin"]}


def test_how_to_reach_a_citizen_is_in_no_statement_no_state_and_no_event(room: Room) -> None:
    ledger = room.keeper.ledger
    with room.database.read() as connection:
        kept = "".join(str(connection.execute(table.select()).all()) for table in (ledger.tables.statements, ledger.tables.aggregates))
    for secret in ("07700", "Example Street", "Polish", "Beth", "letters", "large print"):
        assert secret not in kept and secret not in str(told(room))
