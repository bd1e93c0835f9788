"""What reaches journeys, through the real handlers and ledger, and what the world hears of it."""
from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared import schemas
from shared.calendar import add_working_days
from shared.room import Room
from tests.support.journeys import (
    AMARA,
    CITIZEN,
    JOURNEY,
    WREN,
    again,
    event,
    handed_on,
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

ADMISSION, DISCHARGE = f"journey:{JOURNEY}:stay:S1:admission", f"journey:{JOURNEY}:stay:S1:discharge"


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return opened_room(tmp_path)


def _parked_or_deferred(room: Room) -> dict[str, int]:
    with room.database.read() as connection:
        return dict(room.inbox.parking.count(connection))


def test_J_01_an_accepted_referral_opens_a_journey_and_the_allocation_gives_it_its_worker(room: Room) -> None:
    assert [one["type"] for one in told(room)] == ["journey.opened", "journey.allocated"]
    opened = told(room)[0]
    assert opened["data"]["practitioner"]["email"] == AMARA["email"]
    assert {(one["email"], one["role"]) for one in opened["data"]["told"]} == {
        (AMARA["email"], "practitioner"), (WREN["email"], "development_worker")}


def test_J_01_the_allocation_may_overtake_the_acceptance(tmp_path: Path) -> None:
    room, events = journeys_room(tmp_path), referral(now() - timedelta(days=3))
    take(room, events["allocated"])
    take(room, events["received"])
    assert told(room) == []
    take(room, events["accepted"])
    assert {one["type"] for one in told(room)} == {"journey.opened", "journey.allocated"}


def test_J_10_an_admission_is_told_and_asks_for_a_review_within_two_working_days(room: Room) -> None:
    at = now() - timedelta(minutes=5)
    take(room, report("hospital.admitted", at, stay_id="S1", ward="Elm", legal_status="02"))
    type_, data = stands(room)[ADMISSION]
    assert type_ == "journey.admission_recorded"
    assert data["review"]["due_on"] == add_working_days(at, 2).isoformat()
    assert {one["role"] for one in told(room)[-1]["data"]["told"]} == {"development_worker", "practitioner"}


def test_every_announcement_keeps_its_contract(room: Room) -> None:
    at = now() - timedelta(days=20)
    take(room, report("hospital.admitted", at, stay_id="S1"), report("hospital.discharged", at, stay_id="S1"),
         report("citizen.died", at + timedelta(days=9), died_on="2026-01-02"),
         report("psychology.started", at, starts_on=now().date().isoformat()),
         report("keyworker.discharged", at, practitioner_email=AMARA["email"], closes_on="2099-01-01"))
    for one in told(room):
        schemas.contract(one["type"]).check(one["data"])
    assert len({one["type"] for one in told(room)}) >= 7


def test_J_13_a_cancelled_admission_is_taken_back_from_those_who_were_told(room: Room) -> None:
    at = now() - timedelta(hours=2)
    take(room, report("hospital.admitted", at, stay_id="S1"))
    take(room, report("hospital.admission_cancelled", at + timedelta(hours=1), stay_id="S1"))
    last = told(room)[-1]
    assert (last["about"], last["revision"], last["withdrawn"]) == (ADMISSION, 2, True)
    assert ADMISSION not in stands(room)


def test_J_13_an_admission_cancelled_before_it_is_seen_never_was(room: Room) -> None:
    at, before = now() - timedelta(hours=2), len(told(room))
    take(room, report("hospital.admission_cancelled", at + timedelta(hours=1), stay_id="S1"))
    take(room, report("hospital.admitted", at, stay_id="S1"))
    assert len(told(room)) == before


def test_J_13_the_same_report_by_way_of_referrals_changes_nothing(room: Room) -> None:
    one = report("hospital.admitted", now() - timedelta(hours=1), stay_id="S1", ward="Elm")
    take(room, one)
    heard, known = told(room), state(room)
    take(room, handed_on(one))
    assert told(room) == heard and state(room) == known
    assert _parked_or_deferred(room) == {"parked": 0, "deferred": 0}


def test_an_admission_that_came_before_anybody_knew_the_citizen_is_handed_on_by_referrals(tmp_path: Path) -> None:
    room, events = journeys_room(tmp_path), referral(now() - timedelta(days=1))
    admitted = report("hospital.admitted", now() - timedelta(days=2), stay_id="S1")
    take(room, admitted)
    take(room, *events.values(), handed_on(admitted))
    assert ADMISSION in stands(room)


def test_R_09_a_stay_that_ended_before_the_journey_asks_no_review_and_one_that_goes_on_does(tmp_path: Path) -> None:
    room, events = journeys_room(tmp_path), referral(now() - timedelta(days=5))
    take(room, events["received"])
    take(room, report("hospital.admitted", now() - timedelta(days=20), stay_id="old"),
         report("hospital.discharged", now() - timedelta(days=15), stay_id="old"),
         report("hospital.admitted", now() - timedelta(days=10), stay_id="S1"))
    take(room, events["accepted"])
    assert [about for about in stands(room) if ":stay:" in about] == [ADMISSION]


def test_J_10_leave_from_the_ward_is_no_discharge(room: Room) -> None:
    at = now() - timedelta(hours=5)
    take(room, report("hospital.admitted", at, stay_id="S1"),
         report("hospital.leave_started", at + timedelta(hours=1), stay_id="S1"))
    assert DISCHARGE not in stands(room)
    assert "discharged_at" not in state(room)["stays"]["S1"]


def test_J_10_a_review_not_done_in_time_is_told_by_the_clock(room: Room) -> None:
    take(room, report("hospital.admitted", now() - timedelta(days=12), stay_id="S1"))
    assert [one["type"] for one in told(room)].count("journey.review_overdue") == 1
    room.tick()
    assert [one["type"] for one in told(room)].count("journey.review_overdue") == 1


def test_J_11_the_practitioners_discharge_sets_the_closing_and_a_new_one_before_that_day_takes_it_back(room: Room) -> None:
    closing = f"journey:{JOURNEY}:closing"
    on = (now() + timedelta(days=20)).date()
    take(room, report("keyworker.discharged", now(), practitioner_email=AMARA["email"], closes_on=on.isoformat()))
    assert stands(room)[closing][1]["closes_on"] == on.isoformat()
    take(room, report("keyworker.changed", now(), to_email="tom@cmhwt.example", to_name="Tom", to_team="CMHWT",
                      changes_on=(on - timedelta(days=5)).isoformat()))
    assert closing not in stands(room)


def test_J_11_nothing_is_told_of_a_closed_journey(room: Room) -> None:
    closed = now() - timedelta(days=5)
    take(room, report("keyworker.discharged", closed - timedelta(days=3), practitioner_email=AMARA["email"],
                      closes_on=closed.date().isoformat()))
    before = len(told(room))
    take(room, report("hospital.admitted", now() - timedelta(days=2), stay_id="S1"))
    assert len(told(room)) == before


def test_J_12_psychology_and_absence_are_told_as_transitions(room: Room) -> None:
    day = (now() + timedelta(days=3)).date().isoformat()
    take(room, report("psychology.started", now(), starts_on=day),
         report("keyworker.absent", now(), practitioner_email=AMARA["email"], absent_from=day, absent_until=day))
    kinds = {data["kind"] for type_, data in stands(room).values() if type_ == "journey.transition_recorded"}
    assert kinds == {"psychology.started", "keyworker.absent"}


def test_J_14_a_death_is_told_and_a_death_taken_back_brings_all_back(room: Room) -> None:
    take(room, report("hospital.admitted", now() - timedelta(hours=9), stay_id="S1"))
    before, known = stands(room), state(room)
    take(room, report("citizen.died", now() - timedelta(hours=3), died_on=now().date().isoformat()))
    assert f"journey:{JOURNEY}:death" in stands(room)
    assert ADMISSION in stands(room), "what was rightly told stays"
    take(room, report("citizen.death_cancelled", now(), ))
    assert stands(room) == before and state(room) == known


def test_J_14_a_discharge_after_the_death_proposes_no_follow_up_to_anybody(room: Room) -> None:
    died = now() - timedelta(hours=3)
    take(room, report("hospital.admitted", died - timedelta(hours=9), stay_id="S1"),
         report("citizen.died", died, died_on=died.date().isoformat()))
    take(room, report("hospital.discharged", died + timedelta(hours=1), stay_id="S1"))
    assert DISCHARGE not in stands(room)


def test_X_02_nothing_is_kept_of_strangers(room: Room) -> None:
    stranger = report("hospital.admitted", now(), number="4010232137", stay_id="S9")
    take(room, stranger)
    with room.database.read() as connection:
        for table in room.metadata.sorted_tables:
            assert "4010232137" not in str(connection.execute(table.select()).all())


def test_no_statement_and_no_state_names_anybody(room: Room) -> None:
    take(room, report("keyworker.changed", now(), from_email=AMARA["email"], to_email="tom@cmhwt.example", to_name="Tom Whitfield",
                      to_team="CMHWT", changes_on=now().date().isoformat()),
         report("hospital.admitted", now(), stay_id="S1"))
    ledger = room.keeper.ledger
    with room.database.read() as connection:
        kept = "".join(str(connection.execute(table.select()).all()) for table in (ledger.tables.statements, ledger.tables.aggregates))
    for secret in ("9434765919", "Ada", "Amara", "Tom Whitfield", "@"):
        assert secret not in kept


def test_a_merge_is_on_the_timeline_of_the_person_we_know(room: Room) -> None:
    take(room, event("citizen.merged", {"from_nhs_number": "4010232137", "to_nhs_number": "9434765919"}, now(), "urn:demo:registry"))
    with room.database.read() as connection:
        kinds = [row.kind for row in connection.execute(room.keeper.ledger.tables.statements.select())]
    assert "citizen.merged" in kinds
    assert state(room)["id"] == CITIZEN


def test_an_event_that_takes_itself_back_is_a_withdrawal_too(room: Room) -> None:
    one = report("hospital.admitted", now() - timedelta(hours=3), stay_id="S1")
    take(room, one)
    take(room, again(replace(one, recordedtime=one.time + timedelta(hours=1)), withdrawn=True))
    assert ADMISSION not in stands(room)


def test_J_13_a_report_that_referrals_takes_back_was_never_the_citizens(tmp_path: Path) -> None:
    room = opened_room(tmp_path)
    said = replace(handed_on(report("hospital.admitted", now() - timedelta(days=1), stay_id="S1")), about="referral:r:stay:s", revision=1)
    take(room, said)
    assert "admitted_at" in state(room)["stays"]["S1"]
    take(room, replace(said, id="taken-back", revision=2, withdrawn=True, recordedtime=now()))
    assert "admitted_at" not in state(room)["stays"].get("S1", {})
