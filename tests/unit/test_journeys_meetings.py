"""The introductory meeting as pure rules: who must be there, when it can have been, and that it counts once."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.journeys import decisions, domain, meetings
from services.journeys.meetings import Held, record_held
from services.journeys.state import instant
from shared.ledger.fold import fold
from shared.ledger.types import Actor, Refused, State, Statement
from shared.pathways import PATHWAYS

MONDAY = datetime(2026, 6, 8, 10, tzinfo=UTC)
DAY = timedelta(days=1)
NOW, PERSON, JID = MONDAY + 30 * DAY, "person", "j1"
WORKER = Actor("wren@pod.example", "Wren", frozenset({"worker"}))
ALL, TWO = ("citizen", "development_worker", "practitioner"), ("citizen", "development_worker")


def opening(pathway: str = "core", **more: Any) -> Statement:
    return Statement(f"journey:{JID}:opened", "journey.opened", MONDAY, {"referral_id": "r1", "reference": "J-1", "pathway": pathway, **more},
                     recorded_at=MONDAY)


def state_of(*said: Statement, first: Statement | None = None) -> State:
    return fold(domain, PERSON, (first or opening(practitioner="amara"), *said))[0]


def asked(state: State, at: datetime = MONDAY + DAY, attendees: tuple[str, ...] = ALL, reason: str = "", **more: Any) -> list[Statement] | Refused:
    return record_held(state, NOW, WORKER, JID, Held(at, "teams", attendees, reason, **more))


def held(state: State, **how: Any) -> Statement:
    said = asked(state, **how)
    assert isinstance(said, list), said
    return said[0]._replace(recorded_at=NOW, event_id="held")


def refused(state: State, **how: Any) -> tuple[str, str]:
    answer = asked(state, **how)
    assert isinstance(answer, Refused)
    return answer.rule, answer.field


def leaving(on: str) -> Statement:
    return Statement(f"keyworker:amara:discharge:{on}", "keyworker.discharged", MONDAY, {"practitioner": "amara", "closes_on": on}, recorded_at=MONDAY)


def death(on: datetime) -> Statement:
    return Statement("citizen:death", "citizen.died", on, {"died_on": on.date().isoformat()}, recorded_at=on)


def told(state: State) -> list[Any]:
    return [one.data for one in domain.owed(state, NOW).values() if one.type == "journey.meeting_held"]


def test_R_07_the_meeting_of_all_three_is_held_and_nobody_is_missing() -> None:
    statement = held(state_of())
    assert (statement.about, statement.kind, statement.occurred_at) == ("meeting:j1:introductory", "meeting.held", MONDAY + DAY)
    assert statement.data == {"journey": JID, "meeting": "introductory", "strand": "foundation_assessment", "mode": "teams",
                              "attendees": list(ALL), "missing": []}


@pytest.mark.parametrize("missing", ALL)
def test_R_07_without_one_of_the_three_a_reason_is_asked_and_kept(missing: str) -> None:
    there = tuple(who for who in ALL if who != missing)
    assert refused(state_of(), attendees=there) == ("R-07", "reason")
    assert refused(state_of(), attendees=there, reason="  ") == ("R-07", "reason")
    kept = held(state_of(), attendees=there, reason=" Called to the ward. ").data
    assert (kept["missing"], kept["reason"]) == ([missing], "Called to the ward.")


@pytest.mark.parametrize("there", [(), ("citizen",), ("citizen", "citizen")])
def test_R_07_one_alone_held_no_meeting_whatever_the_reason(there: tuple[str, ...]) -> None:
    assert refused(state_of(), attendees=there, reason="Nobody came") == ("R-07", "attendees")


def test_R_11_of_a_citizen_who_referred_themself_two_must_be_there_and_a_practitioner_cannot_have_been() -> None:
    alone = state_of(first=opening("prevention"))
    assert held(alone, attendees=TWO).data["missing"] == []
    assert refused(alone, attendees=ALL) == ("R-07", "attendees")


def test_R_11_once_the_citizen_has_a_practitioner_the_three_are_asked_for_from_that_day_on() -> None:
    change = Statement("keyworker:change:2026-06-12:", "keyworker.changed", MONDAY, {"practitioner": "tom", "on": "2026-06-12"}, recorded_at=MONDAY)
    state = state_of(change, first=opening("prevention"))
    assert held(state, at=MONDAY + 3 * DAY, attendees=TWO).data["missing"] == []
    assert refused(state, at=MONDAY + 4 * DAY, attendees=TWO) == ("R-07", "reason")


@pytest.mark.parametrize("at", [NOW + timedelta(minutes=1), MONDAY - timedelta(minutes=1)])
def test_R_07_a_meeting_was_held_after_the_journey_opened_and_not_in_the_future(at: datetime) -> None:
    assert refused(state_of(), at=at) == ("R-07", "held_at")
    assert held(state_of(), at=MONDAY).occurred_at == MONDAY, "late recording is fine, and so is the first moment"


def test_J_11_a_meeting_before_the_closing_can_still_be_recorded_and_none_after_it() -> None:
    state = state_of(leaving("2026-06-12"))
    assert held(state, at=MONDAY + 4 * DAY)
    assert refused(state, at=MONDAY + 5 * DAY) == ("R-07", "held_at")


def test_J_14_no_meeting_was_held_after_the_day_of_death_and_one_before_it_is_told_though_recorded_later() -> None:
    state = state_of(death(MONDAY + 3 * DAY))
    assert refused(state, at=MONDAY + 4 * DAY) == ("J-14", "held_at")
    assert told(state_of(death(MONDAY + 3 * DAY), held(state, at=MONDAY + 2 * DAY)))


def test_J_14_J_11_after_a_death_or_the_closing_no_meeting_is_planned_any_more() -> None:
    offer = Statement(meetings.offer_key(JID), "meeting.offered", MONDAY, {
        "journey": JID, "starts_at": instant(NOW), "ends_at": instant(NOW), "mode": "teams"}, recorded_at=MONDAY)
    assert [one["state"] for one in meetings.shown(state_of(offer), JID, instant(NOW))] == ["offered"]
    for end in (death(MONDAY + DAY), leaving("2026-06-12")):
        assert meetings.shown(state_of(offer, end), JID, instant(NOW)) == []


@pytest.mark.parametrize("pathway", PATHWAYS)
def test_J_02_R_07_it_counts_once_in_the_first_strand_of_the_pathway(pathway: str) -> None:
    before = state_of(first=opening(pathway, practitioner="amara"))
    state = state_of(held(before), first=opening(pathway, practitioner="amara"))
    first, *others = [strand.key for strand in PATHWAYS[pathway].strand]
    assert meetings.held_in(state, JID, first) == 1
    assert not any(meetings.held_in(state, JID, strand) for strand in others)
    assert refused(state) == ("R-07", ""), "recorded already"
    assert (told(state)[0]["strand"], told(state)[0]["meeting_id"], told(state)[0]["referral_id"]) == (first, "introductory", "r1")


def test_J_07_a_strand_that_the_introductory_meeting_does_not_belong_to_is_refused_by_name() -> None:
    assert refused(state_of(), strand="sana") == ("R-07", "strand")
    assert held(state_of(), strand="foundation_assessment")


def test_J_13_a_meeting_taken_back_was_never_held_and_can_be_recorded_again() -> None:
    first = held(state_of())
    back = decisions.withdraw(state_of(first), NOW, WORKER, first, True, "It was another citizen")
    assert isinstance(back, list)
    gone = back[0]._replace(recorded_at=NOW + DAY, event_id="back")
    state = state_of(first, gone)
    assert state == state_of() and told(state) == []
    again = held(state, at=MONDAY + 2 * DAY)._replace(recorded_at=NOW + 2 * DAY, event_id="again")
    assert [one["held_at"] for one in told(state_of(first, gone, again))] == [instant(MONDAY + 2 * DAY)]


def test_J_13_what_was_offered_is_taken_back_where_it_was_offered_and_not_by_hand() -> None:
    offer = Statement(meetings.offer_key(JID), "meeting.offered", MONDAY, {"journey": JID})
    assert isinstance(decisions.withdraw(state_of(), NOW, WORKER, offer, True, "no"), Refused)


@pytest.mark.parametrize("role", ["practitioner", "panel", "publisher"])
def test_R_07_only_staff_who_write_journeys_record_a_meeting(role: str) -> None:
    actor = Actor("amara@cmhwt.example", roles=frozenset({role}))
    answer = record_held(state_of(), NOW, actor, JID, Held(MONDAY + DAY, "teams", ALL))
    assert isinstance(answer, Refused) and not answer.field
