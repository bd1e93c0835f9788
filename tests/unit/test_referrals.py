"""The rules of a referral, without a database: lapses, clocks, references, and the same end in any order."""
from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referrals import clocks, decisions, domain, events, references, rules, store
from services.referrals.worklists import finding
from shared.ledger.fold import advance, fold
from shared.ledger.types import Actor, Refused, State, Statement
from shared.pathways import PATHWAYS
from shared.schemas import contract

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FAR = datetime(9999, 1, 1, tzinfo=UTC)
AMARA = Actor("amara@example", "Amara", frozenset({"practitioner"}))
HELEN = Actor("helen@example", "Helen", frozenset({"manager"}))
CORE = PATHWAYS["core"]
TEAM = "Early Intervention Team"


def facts(**changes: Any) -> dict[str, Any]:
    return {"pathway": "core", "reference": "R-7KQ4-M9C", "citizen_id": "c", "conversation_held_on": "2026-03-01", "reason": "x",
            "conditions": ["bipolar"], "social_issues": [], "meeting_preference": "teams", "commitment_months": 3,
            "practitioner": {"id": "amara", "role": "key_worker", "team": TEAM}, "named_person": {"id": "tom", "team": TEAM},
            "inpatient": None, "duplicates": [], "duplicate_reason": None, "self_referral": False, **changes}


def received(care_plan: str = "2026-01-10", risk: str = "2025-12-20", born: date = date(1980, 1, 1), **changes: Any) -> list[Statement]:
    papers = [{"kind": "care_plan", "dated": care_plan}, {"kind": "risk_assessment", "dated": risk}]
    said = decisions.receive(domain.initial("r"), NOW, AMARA, "amara", facts(**changes), born, [p for p in papers if p["dated"]])
    assert not isinstance(said, Refused)
    return said


def state_of(said: list[Statement], *more: Statement) -> State:
    stamped = [s if s.recorded_at else s._replace(recorded_at=s.occurred_at) for s in (*said, *more)]
    return fold(domain, "r", stamped)[0]


def test_R_06_a_document_that_lapses_before_acceptance_blocks_it_again():
    state = state_of(received())
    assert domain.state_word(state, NOW) == "complete"
    # the risk assessment of 20 December is good for six months
    assert not isinstance(decisions.accept(state, datetime(2026, 6, 20, 22, 30, tzinfo=UTC), HELEN, "helen"), Refused)
    late = decisions.accept(state, datetime(2026, 6, 20, 23, 30, tzinfo=UTC), HELEN, "helen")  # 00:30 of the 21st in London
    assert isinstance(late, Refused) and late.rule == "R-06" and "lapsed after 20 June 2026" in late.reason
    assert rules.complete_between(state, CORE) == (date(2026, 3, 2), date(2026, 6, 20))


@pytest.mark.parametrize(("day", "months", "expected"), [
    (date(2026, 8, 31), 6, date(2027, 2, 28)), (date(2024, 2, 29), 12, date(2025, 2, 28)), (date(2026, 12, 1), 1, date(2027, 1, 1)),
    (date(2026, 1, 15), -1, date(2025, 12, 15))])
def test_R_06_months_end_where_the_month_ends(day: date, months: int, expected: date):
    assert clocks.add_months(day, months) == expected


def test_R_07_the_clock_starts_when_the_last_document_is_here():
    state = state_of(received(risk=""))
    assert clocks.first_meeting_due(state, CORE) is None
    later = decisions.add_document(state, NOW + timedelta(days=5), AMARA, "amara", {"kind": "risk_assessment", "dated": "2026-03-05"})
    assert not isinstance(later, Refused)
    found = state_of(received(risk=""), *later)
    assert clocks.first_meeting_due(found, CORE) == (date(2026, 3, 21), date(2026, 3, 28))


def test_R_07_a_document_that_was_too_old_when_it_came_starts_no_clock():
    assert clocks.first_meeting_due(state_of(received(risk="2024-01-01")), CORE) is None


def test_R_05_somebody_under_18_cannot_be_accepted_before_their_birthday_and_their_birthday_is_not_kept_of_adults():
    state = state_of(received(born=date(2008, 3, 10)))
    assert [one["rule"] for one in domain.missing(state, NOW)] == ["R-05"]
    assert domain.missing(state, datetime(2026, 3, 10, 9, tzinfo=UTC)) == []
    assert state_of(received())["adult_from"] is None


def test_R_04_three_months_are_enough_and_two_are_not():
    assert domain.missing(state_of(received(commitment_months=3)), NOW) == []
    assert [one["rule"] for one in domain.missing(state_of(received(commitment_months=2)), NOW)] == ["R-04"]


def test_R_01_without_a_conversation_nothing_is_accepted():
    assert domain.missing(state_of(received(conversation_held_on="")), NOW)[0]["rule"] == "R-01"


def test_R_15_a_decision_keeps_every_rule_and_which_rules_they_were():
    state = state_of(received())
    (said,) = decisions.accept(state, NOW, HELEN, "helen")
    assert said.data["fingerprint"] == CORE.fingerprint and len(said.data["rules"]) == 8
    assert {tuple(one) for one in said.data["rules"]} == {("rule", "outcome", "words")}


def test_a_reallocation_tells_nobody_anew_what_was_accepted():
    state = state_of(received())
    accepted = decisions.accept(state, NOW, HELEN, "helen")
    state = state_of(received(), *accepted)
    before = domain.owed(state, NOW)["referral:r:accepted"]
    chosen = decisions.allocate(state, NOW + timedelta(hours=1), HELEN, "helen", "wren")
    assert domain.owed(state_of(received(), *accepted, *chosen), NOW)["referral:r:accepted"]._replace(occurred_at="") == before._replace(occurred_at="")


def test_nobody_decides_without_the_permission_to():
    state = state_of(received())
    for command in (decisions.accept, decisions.decline, decisions.allocate, decisions.withdraw):
        words = ("a", "b") if command in (decisions.decline, decisions.withdraw) else ("wren",) if command is decisions.allocate else ()
        refusal = command(state, NOW, Actor("panel@example", roles=frozenset({"panel"})), "panel", *words)  # type: ignore[operator]
        assert isinstance(refusal, Refused) and refusal.rule == "permission"


#: What others may report, and what we may say in between: about, kind, data, whether it can be taken back.
SAID: list[tuple[str, str, dict[str, Any]]] = [
    ("stay:V:1:admission", "hospital.admitted", {"ward": "Elm"}), ("stay:V:1:discharge", "hospital.discharged", {}),
    ("stay:V:1:ward:e1", "hospital.transferred", {"stay_id": "V:1", "ward": "Oak"}),
    ("stay:V:1:legal_status:e2", "hospital.legal_status_changed", {"stay_id": "V:1", "legal_status": "03"}),
    ("stay:V2:admission", "hospital.admitted", {"ward": "Elm"}), ("death", "citizen.died", {"died_on": "2026-03-01"}),
    ("practitioner:tom:goes", "practitioner.discharged", {"practitioner": "tom", "closes_on": "2026-03-20"}),
    ("practitioner:change:e3", "practitioner.changed", {"id": "priya", "team": TEAM, "on": "2026-03-03", "before": "amara"}),
    ("practitioner:change:e4", "practitioner.changed", {"id": "tom", "team": TEAM, "on": "2026-03-04"}),
    ("held:introductory", "meeting.held", {}), ("journey:closing", "journey.closing", {"closes_on": "2026-03-09"}),
    ("question:q", "question.asked", {"words": "Who?"}), ("answer:q", "question.answered", {"words": "Her."}),
    ("duplicates", "duplicate.settled", {"outcome": "kept", "reason": "x"}),
    ("amendment:a", "referral.amended", {"facts": {"named_person": {"id": "ann", "team": TEAM}}, "derived": {}, "personal": [],
                                         "reason": "x", "told": []}),
    ("document:d", "document.added", {"kind": "care_plan", "dated": "2026-02-02"}),
    ("removed:d", "document.removed", {"document": "d", "reason": "x"}),
    ("decision", "referral.declined", {"pathway": "core", "fingerprint": "f", "rules": [], "reason": "a", "words": "b", "would_change": "c"}),
    ("allocation", "referral.allocated", {"development_worker": "wren"}),
    ("meeting", "meeting.offered", {"starts_at": "2026-03-05T10:00:00.000000Z", "ends_at": "2026-03-05T11:00:00.000000Z",
                                    "mode": "teams", "place": "", "agreed": True, "sequence": 0})]


@st.composite
def reports(draw: st.DrawFn) -> Statement:
    about, kind, data = draw(st.sampled_from(SAID))
    gone = draw(st.booleans())
    return Statement(about, kind, NOW + timedelta(hours=draw(st.integers(-40, 40))), {} if gone else data, gone,
                     NOW + timedelta(hours=draw(st.integers(0, 9))), "urn:hospital", "urn:hospital", str(uuid.UUID(int=draw(st.integers(0, 99)))))


# an event id stands for one content only: the inbox parks the second
@given(st.lists(reports(), max_size=12, unique_by=lambda said: said.event_id), st.randoms())
def test_J_13_reports_end_the_same_in_any_order_and_however_often(said: list[Statement], chance: Any):
    base = [s._replace(recorded_at=NOW) for s in received()]
    one = fold(domain, "r", [*base, *said])[0]
    mixed = [*base, *said, *said[:3]]
    chance.shuffle(mixed)
    assert fold(domain, "r", mixed)[0] == one
    for days in (0, 3, 30, 400):
        later = NOW + timedelta(days=days)
        assert domain.owed(one, later) == domain.owed(fold(domain, "r", mixed)[0], later)
        assert (domain.next_look_at(one, later) or FAR) > later


@given(st.lists(reports(), max_size=12, unique_by=lambda said: said.event_id))
def test_a_row_is_made_of_any_state_and_what_is_owed_is_its_contract_s(said: list[Statement]):
    state = fold(domain, "r", [*(s._replace(recorded_at=NOW) for s in received()), *said])[0]
    (row,) = store.read_model(state, NOW)[store.referrals]
    assert row["stage"] in ("open", "accepted", "declined", "withdrawn") and (row["target_on"] == "9999-12-31") == (row["target"] == "")
    known = {id_: {"name": "Ann Example", "email": f"{id_}@example.org", "team": TEAM, "telephone": None, "nhs_number": "9434765919",
                   "date_of_birth": "1980-01-01"} for id_ in ("amara", "tom", "priya", "wren", "c", "ann", "helen")}
    for one in domain.owed(state, NOW + timedelta(days=30)).values():
        contract(one.type).check(events.complete(one, state, known, NOW))


@given(st.lists(reports(), max_size=8))
def test_evolve_is_total_and_leaves_the_state_it_was_given_alone(said: list[Statement]):
    state = domain.initial("r")
    before = repr(state)
    advance(domain, state, said, None)
    assert repr(state) == before


@given(st.integers(0, 22 ** 6), st.integers(0, 6), st.sampled_from(references.ALPHABET))
def test_a_reference_with_one_wrong_character_is_never_another_reference(number: int, place: int, letter: str):
    letters = "".join(references.ALPHABET[number // 23 ** n % 23] for n in range(6))
    plain = letters + references.check_character(letters)
    wrong = plain[:place] + letter + plain[place + 1:]
    assert wrong == plain or references.read_reference(wrong) is None


@given(st.integers(0, 22 ** 6), st.integers(0, 4))
def test_a_reference_with_two_neighbours_swapped_is_never_another_reference(number: int, place: int):
    letters = "".join(references.ALPHABET[number // 23 ** n % 23] for n in range(6))
    plain = letters + references.check_character(letters)
    wrong = plain[:place] + plain[place + 1] + plain[place] + plain[place + 2:]
    assert wrong == plain or references.read_reference(wrong) is None


def test_a_reference_is_read_however_it_is_typed():
    made = references.new_reference()
    for typed in (made, made.lower(), made.replace("-", ""), made.replace("-", " ").strip(), made[2:], f" {made} "):
        assert references.read_reference(typed) == made
    for typed in ("", "R", "R-0000-000", "hello", "R-7KQ4-M9" + "é"):
        assert references.read_reference(typed) is None
    assert not set("0O1IL5S2Z8BUV") & set(references.ALPHABET)


def test_a_reference_without_a_digit_is_found_as_one_and_a_name_as_a_name():
    letters = "HHRFPD"
    made = f"R-{letters[:4]}-{letters[4:]}{references.check_character(letters)}"
    for typed in (made, made.lower(), made.replace("-", " ").lower()):
        assert finding.read(typed).reference == made
    assert finding.read("Rae Ward").words == ("ward", "rae") and finding.read("R").fault


def test_R_09_who_was_referred_from_a_ward_is_in_hospital_until_a_hospital_says_they_have_left():
    said = received(inpatient={"ward": "Elm", "legal_status": "02"})
    left = Statement("stay:V1:discharge", "hospital.discharged", NOW + timedelta(hours=5), {}, False, NOW, "urn:h", "urn:h", "e1")
    back = Statement("stay:V2:admission", "hospital.admitted", NOW + timedelta(hours=9), {"ward": "Oak"}, False, NOW, "urn:h", "urn:h", "e2")
    flags = [store.read_model(state_of(said, *more), NOW)[store.referrals][0]["flag"] for more in ((), (left,), (left, back))]
    assert flags == ["inpatient", "", "inpatient"]
