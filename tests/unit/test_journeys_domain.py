"""What journeys owe the world, as pure functions: reviews that count from when we knew, decisions whose ground is gone."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.journeys import decisions, domain, events
from services.journeys.state import corrections, instant, legal_statuses, next_review_on
from shared.ledger.fold import fold
from shared.ledger.types import Actor, Announcement, State, Statement

#: A Monday, with no bank holiday near.
MONDAY = datetime(2026, 6, 8, 10, tzinfo=UTC)
DAY = timedelta(days=1)
PERSON, JID = "person", "j1"
OPENED = Statement(f"journey:{JID}:opened", "journey.opened", MONDAY - 30 * DAY, {
    "referral_id": "r1", "reference": "J-1", "pathway": "core", "practitioner": "amara"}, recorded_at=MONDAY - 30 * DAY)
WORKER = Actor("wren@pod.example", "Wren", frozenset({"worker", "manager"}))


def admission(at: datetime, known: datetime | None = None, **more: Any) -> Statement:
    return Statement("stay:S1:admission", "hospital.admitted", at, {"stay_id": "S1", **more}, recorded_at=known or at, event_id="a")


def decided(state: State, at: datetime, review: str, outcome: str) -> Statement:
    said = decisions.complete_review(state, at, WORKER, JID, review, outcome, "")
    assert isinstance(said, list)
    return said[0]._replace(recorded_at=at, event_id=f"decided-{outcome}")


def state_of(*said: Statement) -> State:
    return fold(domain, PERSON, (OPENED, *said))[0]


def taken_back(statement: Statement, at: datetime) -> list[Statement]:
    """Take a statement back by hand."""
    said = decisions.withdraw(state_of(statement), at, WORKER, statement, True, "a mistake")
    assert isinstance(said, list)
    return [one._replace(recorded_at=at, event_id="taken") for one in said]


def owed(state: State, now: datetime, type_: str) -> list[Announcement]:
    return [one for one in domain.owed(state, now).values() if one.type == type_]


@pytest.fixture
def groundless() -> list[Statement]:
    """Give an admission on Monday, a decision on Tuesday, and the admission taken back on Wednesday."""
    admitted = admission(MONDAY)
    (review,) = state_of(admitted)["stays"]
    paused = decided(state_of(admitted), MONDAY + DAY, f"{JID}-{state_of(admitted)['stays'][review]['key']}", "pause")
    return [admitted, paused, *taken_back(admitted, MONDAY + 2 * DAY)]


def test_J_13_a_decision_whose_ground_is_gone_is_announced_and_due_two_working_days_after_that_was_known(groundless: list[Statement]) -> None:
    state = state_of(*groundless)
    (one,) = owed(state, MONDAY + 2 * DAY, "journey.review_owed")
    assert one.occurred_at == instant(MONDAY + 2 * DAY)
    assert one.data["due_on"] == "2026-06-12" == next_review_on(state, JID, state["journeys"][JID])


def test_J_13_what_is_decided_after_the_correction_was_recorded_is_due_from_the_decision_on(groundless: list[Statement]) -> None:
    admitted, paused, *back = groundless
    early = [one._replace(recorded_at=MONDAY + timedelta(hours=1)) for one in back]
    (one,) = owed(state_of(admitted, paused, *early), MONDAY + 2 * DAY, "journey.review_owed")
    assert (one.occurred_at, one.data["due_on"]) == (instant(MONDAY + DAY), "2026-06-11")


def test_J_13_a_decision_neither_kept_nor_undone_in_time_is_overdue(groundless: list[Statement]) -> None:
    state, saturday = state_of(*groundless), MONDAY + 5 * DAY
    assert owed(state, MONDAY + 4 * DAY, "journey.review_overdue") == []
    assert domain.next_look_at(state, MONDAY + 2 * DAY) == datetime(2026, 6, 12, 23, tzinfo=UTC)
    (late,) = owed(state, saturday, "journey.review_overdue")
    (asked,) = corrections(state, JID, state["journeys"][JID])
    assert (late.data["review_id"], late.data["due_on"]) == (asked.id, asked.due_on)


def test_J_13_a_decision_kept_in_time_stays_announced_is_not_overdue_and_no_longer_waits(groundless: list[Statement]) -> None:
    before = state_of(*groundless)
    (asked,) = corrections(before, JID, before["journeys"][JID])
    state = state_of(*groundless, decided(before, MONDAY + 3 * DAY, asked.id, "keep"))
    assert owed(state, MONDAY + 9 * DAY, "journey.review_owed") == owed(before, MONDAY + 3 * DAY, "journey.review_owed")
    assert owed(state, MONDAY + 9 * DAY, "journey.review_overdue") == []
    assert next_review_on(state, JID, state["journeys"][JID]) is None


def test_J_13_an_admission_that_is_made_again_takes_the_question_back(groundless: list[Statement]) -> None:
    again = admission(MONDAY, known=MONDAY + 3 * DAY)._replace(event_id="b")
    assert owed(state_of(*groundless, again), MONDAY + 3 * DAY, "journey.review_owed") == []


def test_J_14_after_a_death_nobody_is_asked_to_keep_or_undo_anything(groundless: list[Statement]) -> None:
    died = Statement("citizen:death", "citizen.died", MONDAY + 3 * DAY, {"died_on": "2026-06-11"}, recorded_at=MONDAY + DAY)
    state = state_of(*groundless, died)
    assert owed(state, MONDAY + 9 * DAY, "journey.review_owed") == owed(state, MONDAY + 9 * DAY, "journey.review_overdue") == []
    assert next_review_on(state, JID, state["journeys"][JID]) is None


def test_J_10_J_13_nobody_is_overdue_with_an_admission_they_have_just_heard_of() -> None:
    """The discharge came before its admission, both long past: the review counts from when the admission was recorded."""
    left = Statement("stay:S1:discharge", "hospital.discharged", MONDAY - 5 * DAY, {"stay_id": "S1"}, recorded_at=MONDAY - 5 * DAY)
    state = state_of(left, admission(MONDAY - 9 * DAY, known=MONDAY))
    assert owed(state, MONDAY, "journey.review_overdue") == []
    (told,) = owed(state, MONDAY, "journey.admission_recorded")
    assert told.data["review"]["due_on"] == "2026-06-10"
    assert told.data["admitted_at"] == instant(MONDAY - 9 * DAY)
    assert len(owed(state, MONDAY + 4 * DAY, "journey.review_overdue")) == 1


def test_J_10_legal_status_is_a_dated_series_that_ends_with_the_stay() -> None:
    changes = [Statement(f"stay:S1:status:{n}", "hospital.legal_status_changed", MONDAY + n * DAY, {"stay_id": "S1", "legal_status": code},
                         recorded_at=MONDAY + n * DAY) for n, code in ((-3, "01"), (2, "03"))]
    admitted = admission(MONDAY, legal_status="02")
    running = legal_statuses(state_of(admitted, *changes)["stays"]["S1"])
    assert [(one["code"], one["until"]) for one in running] == [("02", instant(MONDAY + 2 * DAY)), ("03", None)]
    left = Statement("stay:S1:discharge", "hospital.discharged", MONDAY + 4 * DAY, {"stay_id": "S1"}, recorded_at=MONDAY + 4 * DAY)
    assert legal_statuses(state_of(admitted, *changes, left)["stays"]["S1"])[-1]["until"] == instant(MONDAY + 4 * DAY)
    assert legal_statuses(state_of(left)["stays"]["S1"]) == []


@pytest.mark.parametrize(("days", "who"), [(0, "amara"), (3, "tom")])
def test_J_12_an_event_tells_whoever_is_practitioner_on_the_day_it_is_written(days: int, who: str) -> None:
    change = Statement("keyworker:change:2026-06-10", "keyworker.changed", MONDAY, {"practitioner": "tom", "on": "2026-06-10"},
                       recorded_at=MONDAY)
    state, moment = state_of(change), MONDAY + days * DAY
    (opened,) = owed(state, moment, "journey.opened")
    people = {id_: {"email": f"{id_}@team.example", "name": id_, "team": "Team"} for id_ in ("amara", "tom")}
    assert who in events.needs(opened, state, moment)
    assert [one["name"] for one in events.complete(opened, state, people, moment)["told"]] == [who]
