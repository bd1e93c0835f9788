"""How the directory compares names, and what of an entry cannot be meant."""
from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referrals.directory.comparing import findable, folded
from services.referrals.directory.entries import NOBODY, has_left, member_faults, state_on


@pytest.mark.parametrize(("one", "other"), [
    ("Inês Carvalho", "ines  CARVALHO"), ("Finn O’Rourke", "finn o'rourke"), ("Finn O`Rourke", "FINN OʼROURKE"),
    ("Zoë Müller", "zoe muller"), ("STRASSE", "straße"), (" Early  Intervention\tTeam ", "early intervention team")])
def test_names_are_the_same_whatever_their_capitals_accents_apostrophes_and_spaces(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@given(st.text(max_size=40))
def test_a_folded_name_stays_as_it_is(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_one_is_found_by_any_word_of_what_is_said_of_them() -> None:
    text = findable("Siân O’Hara", "sian.ohara@cmhwt.example", None)
    assert all(word in text for word in ("sian", "o'hara", "sian.ohara@cmhwt.example"))


def test_roles_of_the_pod_are_for_its_staff() -> None:
    assert "roles" in member_faults({**NOBODY, "kind": "practitioner", "roles": "manager"})
    assert member_faults({**NOBODY, "kind": "pod", "roles": "manager"}) == {} == member_faults({**NOBODY, "kind": "practitioner"})


def test_nobody_leaves_before_they_came() -> None:
    came = {**NOBODY, "kind": "pod", "from_on": "2026-03-02"}
    assert member_faults({**came, "left_on": "2026-03-01"}) == {"left_on": "must not be before they started, on 2 March 2026"}
    assert member_faults({**came, "left_on": "2026-03-02"}) == {}


@pytest.mark.parametrize(("left_on", "state"), [(None, "seen"), ("2026-03-03", "seen"), ("2026-03-02", "left"), ("2026-03-01", "left")])
def test_one_has_left_from_the_first_day_they_are_no_longer_here(left_on: str | None, state: str) -> None:
    member, today = {**NOBODY, "state": "seen", "left_on": left_on}, date(2026, 3, 2)
    assert state_on(member, today) == state and has_left(member, today) == (state == "left")
