"""Practitioners come, go and stay after all (J-11, J-12), and the citizen returns (J-16), on both databases."""
from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from services.journeys.service import journey_id
from services.journeys.state import practitioner_on, stage_of
from shared.ledger.tables import staff_id
from shared.messaging.envelope import Event
from shared.room import Room
from tests.support.journeys import (
    AMARA,
    JOURNEY,
    bearer,
    handed_on,
    journeys_client,
    journeys_room,
    now,
    referral,
    report,
    state,
    take,
)

NOW = now()
TOM = {"name": "Tom Whitfield", "email": "tom.whitfield@cmhwt.example", "team": AMARA["team"]}
SECOND = "33333333-3333-4333-8333-333333333333"
AGAIN = journey_id(SECOND)


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    room = journeys_room(tmp_path, "" if request.param == "sqlite" else request.getfixturevalue("postgres").new_database())
    take(room, *referral(NOW - timedelta(days=90)).values())
    yield room
    room.database.dispose()


def another(days_ago: int, practitioner: dict[str, str] = AMARA) -> list[Event]:
    """Give a second referral of the citizen, accepted so many days ago."""
    return [replace(one, id=str(uuid.uuid4()), data={**one.data, "referral_id": SECOND, "reference": "R-2ND2-2ND",
                                                     "practitioner": practitioner})
            for one in referral(NOW - timedelta(days=days_ago)).values()]


def leaves(said_days_ago: float, closes_in: int, who: dict[str, str] = AMARA) -> Event:
    return report("keyworker.discharged", NOW - timedelta(days=said_days_ago), practitioner_email=who["email"],
                  closes_on=(NOW + timedelta(days=closes_in)).date().isoformat())


def stays(said_days_ago: float, who: dict[str, str] = AMARA) -> Event:
    return report("keyworker.discharge_cancelled", NOW - timedelta(days=said_days_ago), practitioner_email=who["email"])


def changes(in_days: int, to: str, before: dict[str, str] | None = None) -> Event:
    named = {"from_email": before["email"]} if before else {}
    return report("keyworker.changed", NOW - timedelta(days=60), to_email=to, to_name=to, to_team=AMARA["team"],
                  changes_on=(NOW + timedelta(days=in_days)).date().isoformat(), **named)


def stage(room: Room, jid: str = JOURNEY) -> str:
    known = state(room)
    return stage_of(known, known["journeys"][jid], NOW)


def practitioner(room: Room, jid: str = JOURNEY) -> str:
    known = state(room)
    return practitioner_on(known, known["journeys"][jid], NOW.date().isoformat())


def closing_on(room: Room, jid: str) -> Any:
    return journeys_client(room).get(f"/api/v1/journeys/{jid}", headers=bearer("worker")).json["closing_on"]


def test_J_11_a_closed_journey_stays_closed_when_the_citizen_returns_and_the_practitioner_leaves_again(room: Room) -> None:
    take(room, leaves(70, -60))
    take(room, *another(40))
    assert (stage(room), stage(room, AGAIN)) == ("closed", "open")
    take(room, leaves(5, 20))
    assert (stage(room), stage(room, AGAIN)) == ("closed", "closing")
    take(room, stays(1))
    assert (stage(room), stage(room, AGAIN)) == ("closed", "open")


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_J_13_discharges_of_two_spells_and_a_cancellation_mean_the_same_in_any_order(tmp_path: Path, order: tuple[int, ...]) -> None:
    room, said = journeys_room(tmp_path), [leaves(70, -60), leaves(9, 20), leaves(8, 30), stays(1)]
    take(room, *referral(NOW - timedelta(days=90)).values(), *another(40))
    for index in order:
        take(room, said[index])
    assert (stage(room), stage(room, AGAIN)) == ("closed", "open")


def test_J_11_a_second_date_before_the_first_has_come_corrects_it_and_one_after_does_not(room: Room) -> None:
    take(room, leaves(9, 30), leaves(8, 10))
    assert closing_on(room, JOURNEY) == (NOW + timedelta(days=10)).date().isoformat()
    take(room, leaves(7, 20))
    assert closing_on(room, JOURNEY) == (NOW + timedelta(days=20)).date().isoformat()
    entries = journeys_client(room).get(f"/api/v1/journeys/{JOURNEY}", headers=bearer("worker")).json["timeline"]
    assert [bool(one["corrected_by"]) for one in entries if one["kind"] == "keyworker.discharged"] == [True, True, False]


def test_J_11_a_date_that_came_is_not_moved_by_one_said_later(room: Room) -> None:
    take(room, leaves(20, -10), leaves(5, 10))
    assert stage(room) == "closed" and closing_on(room, JOURNEY) == (NOW - timedelta(days=10)).date().isoformat()


def test_J_12_a_change_moves_the_journeys_of_the_practitioner_it_names_and_no_other(room: Room) -> None:
    take(room, *another(50, TOM))
    take(room, changes(-30, "priya.nair@eit.example", AMARA))
    assert (practitioner(room), practitioner(room, AGAIN)) == (staff_id("priya.nair@eit.example"), staff_id(TOM["email"]))
    client = journeys_client(room)
    seen = {email: [client.get(f"/api/v1/journeys/{jid}", headers=bearer("practitioner", email)).status_code
                    for jid in (JOURNEY, AGAIN)] for email in (AMARA["email"], "priya.nair@eit.example", TOM["email"])}
    assert seen == {AMARA["email"]: [404, 404], "priya.nair@eit.example": [200, 404], TOM["email"]: [404, 200]}


def test_J_12_two_changes_on_one_day_each_move_their_own(room: Room) -> None:
    take(room, *another(50, TOM))
    take(room, changes(-30, "priya.nair@eit.example", AMARA), changes(-30, "max@cmhwt.example", TOM))
    assert (practitioner(room), practitioner(room, AGAIN)) == (staff_id("priya.nair@eit.example"), staff_id("max@cmhwt.example"))


@pytest.mark.parametrize("before", [None, {"email": "nobody@cmhwt.example"}])
def test_J_12_a_change_that_names_nobodys_practitioner_moves_all(room: Room, before: dict[str, str] | None) -> None:
    take(room, *another(50, TOM))
    take(room, changes(-30, "priya.nair@eit.example", before))
    assert practitioner(room) == practitioner(room, AGAIN) == staff_id("priya.nair@eit.example")


def test_J_12_a_change_that_came_before_anybody_knew_the_citizen_is_handed_on_with_the_name(tmp_path: Path) -> None:
    room, change = journeys_room(tmp_path), changes(-30, "tom.whitfield@cmhwt.example", AMARA)
    take(room, change)
    take(room, *referral(NOW - timedelta(days=90)).values(), handed_on(change))
    assert practitioner(room) == staff_id("tom.whitfield@cmhwt.example")
    with room.database.read() as connection:
        known = room.keeper.ledger.people.get(connection, [practitioner(room)])
    assert known[practitioner(room)]["team"] == AMARA["team"]
