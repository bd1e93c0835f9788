"""J-13 as a property: whatever order, repetition and batching events come in, the end is the same."""
from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from services.journeys import decisions, domain, meetings
from services.journeys import state as meaning
from services.journeys.sayings import ADMISSIONS, CANCELLATIONS, SAYINGS
from services.journeys.state import instant
from shared.ledger import rows
from shared.ledger.types import Actor, Statement
from shared.messaging.envelope import Event
from shared.room import Room
from tests.support.ground import run_folder
from tests.support.journeys import (
    AMARA,
    CITIZEN,
    JOURNEY,
    handed_on,
    journeys_room,
    now,
    offered,
    referral,
    report,
    stands,
    state,
    take,
    told,
)

NOW = now()
WORKER = Actor("wren.callaghan@pod.example", "Wren", frozenset({"worker"}))
#: What may be reported, and with what.
KINDS: dict[str, dict[str, Any]] = {
    "hospital.admitted": {"ward": "Elm"}, "hospital.discharged": {}, "hospital.admission_cancelled": {},
    "hospital.discharge_cancelled": {}, "hospital.transferred": {"ward": "Oak"},
    "hospital.legal_status_changed": {"legal_status": "03"}, "hospital.leave_started": {}, "hospital.leave_ended": {},
    "citizen.died": {"died_on": NOW.date().isoformat()}, "citizen.death_cancelled": {},
    "keyworker.discharged": {"practitioner_email": AMARA["email"], "closes_on": (NOW + timedelta(days=9)).date().isoformat()},
    "keyworker.discharge_cancelled": {"practitioner_email": AMARA["email"]},
    "keyworker.changed": {"to_email": "tom@cmhwt.example", "to_name": "Tom", "to_team": "CMHWT",
                          "changes_on": (NOW + timedelta(days=5)).date().isoformat()},
    "psychology.started": {"starts_on": NOW.date().isoformat()},
}
OFFERED = "referral.meeting_offered"
ATTENDEES = tuple(meetings.ATTENDEES)


@st.composite
def reports(draw: st.DrawFn) -> list[Event]:
    """Give events about one citizen; few stays and few times, so that they collide."""
    found = []
    for index in range(draw(st.integers(2, 10))):
        kind = draw(st.sampled_from([*sorted(KINDS), OFFERED, OFFERED, OFFERED]))
        stay = {"stay_id": draw(st.sampled_from(["S1", "S2"]))} if kind.startswith("hospital.") else {}
        at = NOW - timedelta(hours=draw(st.sampled_from([1, 2, 90, 300, 900])))
        recorded = NOW - timedelta(minutes=draw(st.integers(0, 6)))
        one = _offer(draw, at) if kind == OFFERED else report(kind, at, **{**KINDS[kind], **_variant(draw, kind)}, **stay)
        found.append(replace(one, id=f"event-{index}", recordedtime=max(recorded, at)))
    return found


def _offer(draw: st.DrawFn, at: datetime) -> Event:
    """Give an offer of the introductory meeting, or one called off."""
    return offered(NOW + timedelta(days=draw(st.integers(1, 2))), at=at, withdrawn=draw(st.booleans()))


def _variant(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Give other closing dates, of which one has come, and name the practitioner before, or somebody else, or nobody."""
    if kind == "keyworker.discharged":
        return {"closes_on": (NOW + timedelta(days=draw(st.sampled_from([-20, 3, 9])))).date().isoformat()}
    if kind == "keyworker.changed":
        before = draw(st.sampled_from([None, AMARA["email"], "tom@cmhwt.example"]))
        return {"to_email": draw(st.sampled_from(["tom@cmhwt.example", AMARA["email"]])), **({"from_email": before} if before else {})}
    return {}


def standing_of(events: list[Event]) -> list[Event]:
    """Give the events that stand by the rule as design words it, cancellations left out."""
    best: dict[str, Event] = {}
    for one in events:
        about = OFFERED if one.type == OFFERED else SAYINGS[one.type](one).about
        if about not in best or _strength(one) > _strength(best[about]):
            best[about] = one
    return [one for one in best.values() if not _is_off(one)]


def taken_back(events: list[Event]) -> dict[str, str]:
    """Give by stay when its admission was last said not to have been."""
    said = sorted((one for one in events if one.type in ADMISSIONS and one.type in CANCELLATIONS), key=lambda one: one.recordedtime)
    return {one.data["stay_id"]: instant(one.recordedtime) for one in said}


def _strength(one: Event) -> tuple[Any, bool, str]:
    return (one.recordedtime, _is_off(one), one.id)


def _is_off(one: Event) -> bool:
    return one.type in CANCELLATIONS or one.withdrawn


@cache
def _room(name: str) -> Room:
    return journeys_room(run_folder("journeys") / name)


def empty(name: str) -> Room:
    """Give a room with nothing in it; the same one again, since making tables takes longer than the test."""
    room = _room(name)
    with room.database.transaction() as connection:
        for table in room.metadata.sorted_tables:
            connection.execute(table.delete())
    return room


class AnyOrder(RuleBasedStateMachine):
    """Delivers a set of events somehow, with people deciding in between."""

    @initialize(events=reports(), order=st.randoms(use_true_random=False))
    def begin(self, events: list[Event], order: Any) -> None:
        self.room = empty("somehow")
        self.opening = referral(NOW - timedelta(days=20))
        take(self.room, self.opening["received"])
        self.events = events
        self.waiting = [self.opening["accepted"], self.opening["allocated"], *events]
        order.shuffle(self.waiting)

    @rule(size=st.integers(1, 5), twice=st.booleans(), by_referrals=st.booleans())
    def deliver(self, size: int, twice: bool, by_referrals: bool) -> None:
        batch, self.waiting = self.waiting[:size], self.waiting[size:]
        handed = [handed_on(one) for one in batch if by_referrals and not one.type.startswith("referral.")]
        if batch:
            take(self.room, *handed, *batch)
        if twice and batch:
            take(self.room, *reversed(batch))

    @rule(outcome=st.sampled_from(sorted(decisions.OUTCOMES)))
    def decide(self, outcome: str) -> None:
        """Complete whatever review is open: what comes later must not be changed by it, nor change it."""
        known = state(self.room)
        if not known or JOURNEY not in dict(meaning.opened(known)):
            return
        journey = known["journeys"][JOURNEY]
        for review in list(meaning.reviews(known, JOURNEY, journey)):
            with self.room.database.transaction() as connection:
                self.room.keeper.ledger.command(connection, CITIZEN, lambda s, t, rid=review.id: decisions.complete_review(
                    s, t, WORKER, JOURNEY, rid, outcome, ""))

    @rule(days=st.sampled_from([1, 10, 19]), how_many=st.integers(2, 3))
    def meet(self, days: int, how_many: int) -> None:
        """Record that the introductory meeting was held, or take that back, where the state of the moment lets somebody."""
        if self.opening["accepted"] in self.waiting:
            self.waiting.remove(self.opening["accepted"])
            take(self.room, self.opening["accepted"])
        held = meetings.Held(NOW - timedelta(days=days), "teams", ATTENDEES[:how_many], "away")
        with self.room.database.transaction() as connection:
            known = self._of_the_meeting(connection)
            if known and not known[-1].withdrawn:
                self._say(connection, lambda s, t: decisions.withdraw(s, t, WORKER, known[-1], True, "a mistake"))
            else:
                self._say(connection, lambda s, t: meetings.record_held(s, t, WORKER, JOURNEY, held))

    def _say(self, connection: Any, decide: Any) -> None:
        self.said = getattr(self, "said", 0) + 1

        def signed(known: Any, at: Any) -> Any:
            answer = decide(known, at)
            return [one._replace(event_id=f"said-{self.said}") for one in answer] if isinstance(answer, list) else answer
        self.room.keeper.ledger.command(connection, CITIZEN, signed)

    def _of_the_meeting(self, connection: Any) -> list[Statement]:
        """Give what was said of the meeting, in the order it was recorded."""
        said = [one for one, _ in rows.received(connection, self.room.keeper.ledger.tables, CITIZEN, domain)]
        return sorted((one for one in said if one.about == meetings.key_of(JOURNEY)), key=lambda one: one.recorded_at or NOW)

    def teardown(self) -> None:
        if not hasattr(self, "waiting"):
            return
        while self.waiting:
            self.deliver(3, False, False)
        self._let_time_pass()
        reference = empty("plain")
        take(reference, *self.opening.values())
        for one in sorted(standing_of(self.events), key=lambda one: one.time):
            take(reference, one)
        with self.room.database.read() as connection:
            met = self._of_the_meeting(connection)
        with reference.database.transaction() as connection:
            reference.keeper.ledger.record(connection, {CITIZEN: met[-1:]}, now())
        self._compare(reference)

    def _let_time_pass(self) -> None:
        """Have what came before the acceptance, and could not be placed, offered again."""
        with self.room.database.transaction() as connection:
            connection.execute(self.room.service.store.messaging.deferred.update().values(next_at=NOW))
        self.room.retries.due()

    def _compare(self, reference: Room) -> None:
        mine, plain = state(self.room), state(reference)
        known = taken_back(self.events)
        assert {**mine, "decisions": {}} == {**plain, "taken_back": known}, "the same end, as if what was cancelled had never been"
        # what was decided in between is not decided in the reference, nor asked about again
        heard = {about: one for about, one in stands(self.room).items() if not about.endswith(":completed") and "-corrected:" not in about}
        assert heard == stands(reference), "the same announcements stand"
        self._revisions()
        with self.room.database.read() as connection:
            assert not any(self.room.inbox.parking.count(connection).values())
            folded = self.room.keeper.ledger.as_of(connection, CITIZEN, now() + timedelta(hours=1))
        assert folded == mine, "the short way and the fold from nothing agree"

    def _revisions(self) -> None:
        """Who was told is told of each correction: revisions of a key count up, and a withdrawal follows a telling."""
        last: dict[str, Any] = {}
        for one in told(self.room):
            before = last.get(one["about"])
            assert one["revision"] == (before["revision"] + 1 if before else 1)
            assert not one.get("withdrawn") or (before and not before.get("withdrawn"))
            last[one["about"]] = one


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=25, stateful_step_count=8, deadline=None,
                                 # explaining traces every line, which takes minutes here
                                 phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
                                 suppress_health_check=list(HealthCheck))
