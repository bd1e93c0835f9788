"""Where a referral stands in plain words, what is next, and what one may do: a table of states, without a database."""
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.referrals import changes, decisions, domain, offers, reasons, standing
from services.referrals.state import practitioner_at_work, practitioner_on
from shared.ledger.types import Actor, Refused, State, Statement
from shared.pathways import PATHWAYS

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
AMARA = Actor("amara@example", "Amara", frozenset({"practitioner"}))
WREN = Actor("wren@example", "Wren", frozenset({"worker"}))
HELEN = Actor("helen@example", "Helen", frozenset({"manager"}))
TEAM = "Early Intervention Team"
NAMED = {"wren": "Wren Callaghan", "jo": "Jo Lake"}


def sent(**changes: Any) -> State:
    """Give an open referral; `papers` as (care plan, risk assessment) days."""
    papers = changes.pop("papers", ("2026-01-10", "2025-12-20"))
    facts = {"pathway": "core", "reference": "R-7KQ4-M9C", "citizen_id": "c", "conversation_held_on": "2026-03-01", "reason": "x",
             "conditions": ["bipolar"], "social_issues": [], "meeting_preference": "teams", "commitment_months": 3,
             "practitioner": {"id": "amara", "role": "key_worker", "team": TEAM}, "named_person": {"id": "tom", "team": TEAM},
             "inpatient": None, "duplicates": [], "duplicate_reason": None, "self_referral": False, **changes}
    given = [{"kind": kind, "dated": day} for kind, day in zip(("care_plan", "risk_assessment"), papers, strict=True) if day]
    said = decisions.receive(domain.initial("r"), NOW, AMARA, "amara", facts, date(1980, 1, 1), given)
    assert not isinstance(said, Refused)
    return after(domain.initial("r"), said)


def after(state: State, said: Any) -> State:
    """Give the state once more was said."""
    assert not isinstance(said, Refused), said
    for one in said:
        stamped: Statement = one if one.recorded_at else one._replace(recorded_at=one.occurred_at)
        state = domain.evolve(state, stamped)
    return state


def told(state: State, kind: str, about: str, data: dict[str, Any]) -> State:
    return after(state, [Statement(about, kind, NOW, data, source="urn:other")])


def asked() -> State:
    return after(sent(), decisions.ask_more(sent(), NOW, WREN, "wren", "Which ward?"))


def accepted(**changes: Any) -> State:
    state = sent(**changes)
    return after(state, decisions.accept(state, NOW, HELEN, "helen"))


def allocated(**changes: Any) -> State:
    state = accepted(**changes)
    return after(state, decisions.allocate(state, NOW, HELEN, "helen", "wren"))


def offered() -> State:
    return told(allocated(), "meeting.offered", "meeting", {"starts_at": "2026-03-09T10:00:00.000000Z", "ends_at": "", "mode": "teams"})


def passed_on() -> State:
    """Give a referral whose first meeting was offered for another development worker than it has."""
    state = allocated()
    state = told(state, "meeting.offered", "meeting", {"starts_at": "2026-03-09T10:00:00.000000Z", "ends_at": "", "mode": "teams", "development_worker": "wren"})
    return after(state, decisions.allocate(state, NOW, HELEN, "helen", "jo"))


def dead(state: State) -> State:
    return told(state, "citizen.died", "death", {"died_on": "2026-03-01"})


def declined(state: State) -> State:
    return after(state, decisions.decline(state, NOW, HELEN, "helen", "other", "x"))


def leaving(state: State) -> State:
    """Give a referral whose practitioner leaves."""
    return told(state, "practitioner.discharged", "practitioner:amara:goes", {"practitioner": "amara", "closes_on": "2026-03-09"})


def merged() -> State:
    state = sent(duplicates=["o"], duplicate_reason="x")
    other = sent(reference="R-2222-222") | {"id": "o"}
    return after(state, decisions.merge(state, NOW, WREN, "wren", "same", other))


STATES: list[tuple[str, State, str, str, str]] = [
    ("complete", sent(), "Accept or decline it", "accept", "Nothing is needed of you: the Pod decides."),
    ("lacks a paper", sent(papers=("2026-01-10", "")), "Ask the practitioner for what is missing", "question", "something is missing"),
    ("commits too little", sent(commitment_months=1), "Have it declined, or ask for a longer commitment", "question", "something is missing"),
    ("asked", asked(), "Accept or decline it", "accept", "The Pod has asked you something."),
    ("may repeat another", sent(duplicates=["o"], duplicate_reason="x"), "Settle whether this citizen is with us already", "settle",
     "Nothing is needed of you: the Pod decides."),
    ("number in doubt", sent(number_of="n", duplicate_reason="x"), "Find out whose NHS number this is, and put it right", "amend",
     "Nothing is needed of you"),
    ("practitioner leaves", leaving(sent()), "Find out who takes over as practitioner", "amend", "Nothing is needed of you"),
    ("practitioner leaves, asked", leaving(asked()), "Find out who takes over as practitioner", "amend", "The Pod has asked you something."),
    ("practitioner leaves, accepted", leaving(accepted()), "Choose the development worker", "allocate", "The Pod is choosing"),
    ("practitioner leaves, offered", leaving(offered()), "Find out who takes over as practitioner", "amend", "The first meeting is offered for"),
    ("practitioner leaves, held", told(leaving(offered()), "meeting.held", "held:m", {}), "Nothing more is to be done here", "", "The first meeting was held"),
    ("practitioner leaves, died", dead(leaving(sent())), "Withdraw or decline the referral", "withdraw", "We are sorry that the citizen has died."),
    ("accepted", accepted(), "Choose the development worker", "allocate", "The Pod is choosing a development worker."),
    ("allocated", allocated(), "Arrange the first meeting", "meeting", "Wren Callaghan will get in touch to arrange the first meeting."),
    ("to be rung", allocated(meeting_preference="telephone"), "Arrange the first meeting", "meeting",
     "Accepted; Wren Callaghan will ring you to arrange the first meeting."),
    ("offered", offered(), "Hold the first meeting", "", "The first meeting is offered for Monday 9 March 2026 at 10am, with Wren Callaghan."),
    ("passed on", passed_on(), standing.CHECK, "meeting", "The first meeting is offered for Monday 9 March 2026 at 10am. Jo Lake is new to this referral"),
    ("held when passed on", told(passed_on(), "meeting.held", "held:m", {}), "Nothing more is to be done here", "", "Jo Lake works with the citizen now."),
    ("held", told(offered(), "meeting.held", "held:m", {}), "Nothing more is to be done here", "", "The first meeting was held on 2 March 2026."),
    ("died", dead(sent()), "Withdraw or decline the referral", "withdraw", "We are sorry that the citizen has died."),
    ("died when accepted", dead(allocated()), "Nothing more is to be done", "", "We are sorry that the citizen has died."),
    ("journey closed", told(leaving(allocated()), "journey.closing", "journey:closing", {"closes_on": "2026-03-01"}), "Nothing more is to be done", "",
     "The journey closed on 1 March 2026. Nothing is needed of you."),
    ("journey to close", told(allocated(), "journey.closing", "journey:closing", {"closes_on": "2026-03-02"}), "Arrange the first meeting", "meeting",
     "Wren Callaghan will get in touch"),
    ("declined", declined(sent()), "Nothing more is to be done", "", "The Pod declined this referral."),
    ("merged", merged(), "Nothing more is to be done", "", "goes on together with R-2222-222")]


@pytest.mark.parametrize(("state", "step", "act", "words"), [one[1:] for one in STATES], ids=[one[0] for one in STATES])
def test_R_14_each_state_has_a_next_step_for_staff_and_plain_words_for_the_practitioner(state: State, step: str, act: str, words: str):
    found = standing.next_step(state, NOW)
    assert (found.title, found.act) == (step, act) and words in standing.in_plain_words(state, NOW, NAMED)


@pytest.mark.parametrize("state", [one[1] for one in STATES], ids=[one[0] for one in STATES])
def test_R_14_the_next_step_is_one_that_somebody_may_take(state: State):
    step = standing.next_step(state, NOW)
    may = set().union(*(offers.offered(state, NOW, actor, actor.name.lower()) for actor in (AMARA, WREN, HELEN)))
    assert step.act in may | {"", "meeting"}


def test_R_14_what_is_asked_of_the_practitioner_leads_to_where_it_is_done():
    state = after(sent(papers=("2026-01-10", ""), named_person=None, conditions=[], commitment_months=1, conversation_held_on=None),
                  decisions.ask_more(sent(), NOW, WREN, "wren", "Which ward?"))
    tasks = standing.asked_of_practitioner(state, NOW)
    assert [(one.act, one.key) for one in tasks[1:]] == [
        ("amend", "asked"), ("amend", "people"), ("amend", "asked"), ("amend", "conditions"), ("document", "")]
    assert tasks[0].act == "answer" and tasks[0].key in state["questions"]
    assert standing.asked_of_practitioner(declined(state), NOW) == [] == standing.asked_of_practitioner(dead(state), NOW)


def test_R_06_a_paper_that_lapses_soon_is_to_be_renewed_with_its_last_day():
    state = sent(papers=("2025-03-10", "2025-12-20"))
    assert [(one.title, one.hint) for one in standing.asked_of_practitioner(state, NOW)] == [
        ("Renew the CPA care plan", "It lapses after 10 March 2026.")]
    lapsed = standing.asked_of_practitioner(state, NOW + timedelta(days=9))
    assert [one.title for one in lapsed] == ["The CPA care plan of 10 March 2025 lapsed after 10 March 2026."]


def test_R_07_a_practitioner_is_asked_for_times_once_a_development_worker_is_chosen():
    assert [one.act for one in standing.asked_of_practitioner(allocated(), NOW)] == ["meeting"]
    assert standing.asked_of_practitioner(offered(), NOW) == [] == standing.asked_of_practitioner(accepted(), NOW)


def test_R_07_whoever_leaves_works_with_the_citizen_until_that_day_and_the_journeys_closing_ends_the_search():
    state = leaving(allocated())
    assert [practitioner_at_work(state, date(2026, 3, day)) is not None for day in (8, 9)] == [True, False]
    assert practitioner_on(state, date(2026, 3, 9)) == sent()["practitioner"], "it stays their referral"
    closing = told(state, "journey.closing", "journey:closing", {"closes_on": "2026-03-09"})
    for day, wanted in ((9, standing.SUCCESSOR), (10, "Nothing more is to be done")):
        assert standing.next_step(closing, datetime(2026, 3, day, 10, tzinfo=UTC)).title == wanted
    assert next(one.title for one in standing.asked_of_practitioner(state, NOW)) == "Say who takes over as practitioner"


def test_R_04_a_short_commitment_speaks_for_its_own_reason_and_a_death_before_it():
    state = sent(commitment_months=1, papers=("", ""))
    assert standing.proposes_decline(domain.missing(state, NOW)) and reasons.likely(domain.missing(state, NOW)) == "commitment"
    assert reasons.likely(domain.missing(dead(state), NOW)) == "died" and reasons.likely([]) == ""
    assert not standing.proposes_decline(domain.missing(sent(papers=("", "")), NOW))
    assert set(reasons.OF_RULE.values()) <= set(reasons.DECLINE)


def test_R_14_what_was_amended_reads_as_words():
    core = PATHWAYS["core"]
    assert changes.value("conditions", ["bipolar"], core) == "Bipolar disorder" and changes.value("reason", None, core) == "Nothing"
    assert changes.value("inpatient", {"ward": "Elm", "legal_status": "35"}, core) == "Elm, under section 7 guardianship of the Mental Health Act"
    assert changes.value("citizen.date_of_birth", "1984-05-17", core) == "17 May 1984"
    assert changes.value("citizen.do_not", ["no letters", "no calls"], core) == "no letters, no calls"
    assert changes.value("commitment_months", 1, core) == "1 month"
