"""What stands of what was said, what follows from it, and what the world is told of the difference."""
from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.database import instant_text
from shared.ledger.fold import UnknownKind, advance, differences, fold, note, order, stamp, standing, strength
from shared.ledger.types import Announcement, Statement
from tests.support import toy

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PERSON = "5d0c7c0e-0000-4000-8000-000000000001"
#: key -> kind and data of whoever speaks of it
KEYS: dict[str, tuple[str, dict[str, Any]]] = {
    "journey": ("journey.opened", {"practitioner": None}),
    "stay:a:admission": ("hospital.admitted", {"stay": "a"}), "stay:a:discharge": ("hospital.discharged", {"stay": "a"}),
    "stay:b:admission": ("hospital.admitted", {"stay": "b"}), "note:1": ("note.made", {"text": "n"}),
    "closing": ("closing.set", {"on": "2026-07-01"}),
}


@st.composite
def said(draw: st.DrawFn, longest: int = 12) -> list[Statement]:
    """Give statements with few keys and few times, so that they meet and tie often."""
    rough = draw(st.lists(st.tuples(st.sampled_from(sorted(KEYS)), st.integers(0, 3), st.integers(0, 3), st.booleans()),
                          max_size=longest))
    return [Statement(about, KEYS[about][0], NOW + timedelta(hours=occurred), {} if gone else KEYS[about][1], gone,
                      NOW + timedelta(hours=recorded), "somebody", "urn:test", f"event-{serial}")
            for serial, (about, occurred, recorded, gone) in enumerate(rough)]


def folded(statements: list[Statement]) -> Any:
    return fold(toy.RULES, PERSON, statements)[0]


@given(said(), st.randoms())
@settings(max_examples=300, deadline=None)
def test_J_13_any_order_and_any_repetition_end_in_the_same_state(statements: list[Statement], dice: random.Random) -> None:
    shuffled = [*statements, *dice.choices(statements, k=5)] if statements else []
    dice.shuffle(shuffled)
    assert folded(shuffled) == folded(statements)


@given(said(), st.sampled_from(sorted(KEYS)))
@settings(max_examples=300, deadline=None)
def test_J_13_a_withdrawal_leaves_the_state_as_if_what_it_withdraws_had_never_been(statements: list[Statement], about: str) -> None:
    withdrawal = Statement(about, KEYS[about][0], NOW, {}, True, NOW + timedelta(days=1), "", "urn:test", "last")
    assert folded([*statements, withdrawal]) == folded([s for s in statements if s.about != about])


@given(said(), said())
@settings(max_examples=300, deadline=None)
def test_folding_on_from_a_snapshot_ends_where_folding_from_nothing_does(first: list[Statement], more: list[Statement]) -> None:
    state, last = fold(toy.RULES, PERSON, first)
    later = [s._replace(about=f"late:{n}", kind="note.made", data={"text": "x"}, withdrawn=False, event_id=f"late-{n}",
                        occurred_at=s.occurred_at + timedelta(days=1)) for n, s in enumerate(more)]
    assert advance(toy.RULES, state, later, last)[0] == folded([*first, *later])


@given(said(), said(), st.integers(0, 96))
@settings(max_examples=300, deadline=None)
def test_whoever_listens_to_every_difference_ends_with_what_is_owed(first: list[Statement], then: list[Statement], hours: int) -> None:
    announced: dict[str, Any] = {}
    heard: dict[str, tuple[int, bool, Announcement]] = {}
    for statements, now in ((first, NOW), ([*first, *then], NOW + timedelta(hours=hours))):
        owed = toy.owed(folded(statements), now)
        tellings = differences(owed, announced, now)
        for telling in tellings:
            assert telling.revision == heard.get(telling.about, (0,))[0] + 1
            heard[telling.about] = (telling.revision, telling.withdrawn, telling.announcement)
        announced = note(announced, tellings, instant_text)
        assert {about: last for about, (_, withdrawn, last) in heard.items() if not withdrawn} == owed
        assert differences(owed, announced, now) == []


def test_N_07_what_is_no_longer_owed_is_withdrawn_once_with_a_higher_revision() -> None:
    owed = {"a": Announcement("journey.closing_set", "2026-01-01", {"x": 1})}
    announced = note({}, differences(owed, {}, NOW), instant_text)
    [gone] = differences({}, announced, NOW)
    assert (gone.withdrawn, gone.revision, gone.announcement) == (True, 2, owed["a"])
    assert gone.recorded_at > NOW, "a withdrawal in the same moment must still be recorded later"
    assert differences({}, note(announced, [gone], instant_text), NOW) == []


def test_ties_go_to_the_withdrawal_and_then_to_the_larger_event_id() -> None:
    plain = Statement("k", "note.made", NOW, {"text": "x"}, False, NOW, event_id="b")
    assert standing([plain, plain._replace(event_id="a")])["k"] is plain
    gone = plain._replace(withdrawn=True, event_id="a")
    assert standing([gone, plain])["k"] is gone and standing([plain, gone])["k"] is gone
    assert strength(plain._replace(recorded_at=NOW + timedelta(microseconds=1))) > strength(gone)


def test_ranks_decide_between_equal_times_and_not_the_alphabet() -> None:
    at = {"occurred_at": NOW, "recorded_at": NOW}
    opened = Statement("z", "journey.opened", data={"practitioner": "p"}, event_id="1", **at)  # type: ignore[arg-type]
    admitted = Statement("a", "hospital.admitted", data={"stay": "a"}, event_id="2", **at)  # type: ignore[arg-type]
    assert order(opened, toy.RANKS) < order(admitted, toy.RANKS)
    assert folded([admitted, opened])["trail"] == ["z", "a"]


def test_what_our_own_people_say_is_never_recorded_before_what_it_corrects() -> None:
    ahead = Statement("k", "note.made", NOW, {"text": "x"}, False, NOW + timedelta(hours=1), event_id="zz")
    ours = stamp(Statement("k", "note.made", NOW, {}, True, event_id="aa"), toy.RULES, NOW, ahead)
    assert standing([ahead, ours])["k"] is ours


def test_a_statement_of_unknown_kind_refuses_to_be_written() -> None:
    with pytest.raises(UnknownKind):
        stamp(Statement("k", "no.such", NOW, {}), toy.RULES, NOW, None)
