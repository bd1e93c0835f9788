"""What a citizen who referred themself has yet to be told, and what they read of it themself: a table of states, without a database."""
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.referrals import decisions, domain, meeting, offers, plain_standing, reaching, standing, telling
from services.referrals.meeting import Span
from shared.ledger.types import Actor, Refused, State
from tests.unit.test_referrals_standing import AMARA, HELEN, NOW, WREN, after, dead, leaving, told
from tests.unit.test_referrals_standing import declined as declined_of
from tests.unit.test_referrals_standing import sent as sent_by_a_practitioner

CITIZEN = Actor("urn:pod:citizen", "", frozenset({"citizen"}))
TODAY = NOW.date().isoformat()
#: The Pod is open at each of them.
FIRST, SECOND = datetime(2026, 3, 10, 10, 0, tzinfo=UTC), datetime(2026, 3, 11, 10, 0, tzinfo=UTC)


def sent(**changes: Any) -> State:
    facts = {"pathway": "prevention", "reference": "R-7KQ4-M9C", "citizen_id": "c", "conversation_held_on": None, "reason": "x", "conditions": [],
             "social_issues": [], "meeting_preference": "telephone", "commitment_months": None, "practitioner": None, "named_person": None,
             "inpatient": None, "duplicates": [], "duplicate_reason": None, "self_referral": True, **changes}
    return after(domain.initial("r"), decisions.receive(domain.initial("r"), NOW, CITIZEN, "citizen", facts, date(1980, 1, 1), []))


def accepted() -> State:
    return after(sent(), decisions.accept(sent(), NOW, HELEN, "helen"))


def allocated() -> State:
    return after(accepted(), decisions.allocate(accepted(), NOW, HELEN, "helen", "wren"))


def declined() -> State:
    return declined_of(sent())


def withdrawn(reason: str) -> State:
    return after(sent(), decisions.withdraw(sent(), NOW, WREN, "wren", reason))


def merged() -> State:
    state = sent(duplicates=["o"])
    into = {"id": "o", "stage": "open", "pathway": "prevention", "reference": "R-2222-222", "journey_closes_on": None}
    return after(state, decisions.merge(state, NOW, WREN, "wren", "same", into))


def offered(state: State, at: datetime = FIRST, agreed: bool = False, **given: Any) -> State:
    """Give the state once a meeting is offered at a time at which all said they can, or have agreed to."""
    free = [{"starts_at": "2026-03-10T09:00:00Z", "ends_at": "2026-03-11T16:00:00Z"}]
    for whose, id_ in meeting.who_takes_part(state, NOW):
        state = told(state, "availability.given", f"availability:{whose}", {"of": id_, "times": free})
    asked = {"starts_at": at.isoformat(), "mode": "telephone", "agreed": agreed, **given}
    return after(state, meeting.offer(state, NOW, WREN, "wren", asked, list[Span]()))


def called_off(state: State) -> State:
    return after(state, meeting.call_off(state, NOW, WREN, "wren", "ill"))


def heard(state: State, *keys: str, **how: Any) -> State:
    """Give the state once it was written down that the citizen was told."""
    what = list(keys) or [one.key for one in telling.to_tell(state, NOW)]
    given = {**({"way": "telephone"} if "why_not" not in how else {}), "on": TODAY, **how, "what": what}
    return after(state, telling.tell(state, NOW, WREN, "wren", given))


def wrote(state: State) -> State:
    return after(state, telling.write(state, NOW, CITIZEN, "citizen", "m"))


def held(state: State) -> State:
    return told(state, "meeting.held", "held:m", {})


def closing(state: State) -> State:
    return told(state, "journey.closing", "journey:closing", {"closes_on": "2026-03-01"})


def what(state: State, now: datetime = NOW) -> list[str]:
    return [one.what for one in telling.to_tell(state, now)]


TO_TELL: list[tuple[str, State, list[str]]] = [
    ("R-11 sent", sent(), []),
    ("R-14 declined", declined(), ["declined"]),
    ("R-14 declined of a practitioner", declined_of(sent_by_a_practitioner()), []),
    ("R-11 accepted", accepted(), ["accepted"]),
    ("R-11 accepted and told", heard(accepted()), []),
    ("R-11 offered", offered(allocated()), ["accepted", "offered"]),
    ("R-11 offered, one told", heard(offered(allocated()), "meeting:0"), ["accepted"]),
    ("R-11 offered, all told at once", heard(offered(allocated())), []),
    ("R-07 they agreed to the time", offered(heard(allocated()), agreed=True), []),
    ("R-07 moved", offered(heard(offered(allocated())), SECOND), ["offered"]),
    ("R-07 moved back", offered(heard(offered(heard(offered(allocated())), SECOND)), FIRST), ["offered"]),
    ("R-07 kept for another", offered(heard(offered(allocated())), agreed=True), []),
    ("R-07 kept for another before they were told", offered(offered(heard(allocated())), agreed=True), ["offered"]),
    ("R-07 another place", offered(heard(offered(allocated())), place="Ring 020 7946 0999"), ["offered"]),
    ("R-07 called off", called_off(heard(offered(allocated()))), ["called_off"]),
    ("R-07 called off after they agreed", called_off(offered(heard(allocated()), agreed=True)), ["called_off"]),
    ("R-07 called off, told, offered anew", offered(heard(called_off(heard(offered(allocated()))))), ["offered"]),
    ("R-07 held", held(offered(allocated())), []),
    ("R-11 withdrawn by the Pod", withdrawn("other_support"), ["withdrawn"]),
    ("R-11 withdrawn as they said", withdrawn("citizen_decided"), []),
    ("R-13 merged", merged(), []),
    ("J-14 declined and died", dead(declined()), []),
    ("J-14 died as another referral says", {**declined(), "known_elsewhere": {"death": {"kind": "citizen.died"}}}, []),
    ("J-14 died with a meeting ahead", dead(offered(allocated())), []),
    ("J-11 closed", closing(offered(allocated())), []),
    ("R-11 wrote", wrote(sent()), ["wrote"]),
    ("R-11 wrote and was answered", heard(wrote(sent())), []),
    ("R-11 wrote, then met", held(wrote(offered(heard(allocated())))), ["wrote"])]


@pytest.mark.parametrize(("state", "wanted"), [one[1:] for one in TO_TELL], ids=[one[0] for one in TO_TELL])
def test_R_11_what_happened_is_to_be_told_until_somebody_wrote_down_that_it_was(state: State, wanted: list[str]):
    assert sorted(what(state)) == sorted(wanted)
    step = standing.next_step(state, NOW)
    assert (step.act == "tell") == bool(wanted and (state["allocation"] or state["stage"] != "accepted")), step
    assert ("tell" in offers.offered(state, NOW, WREN, "wren")) == bool(wanted)


def test_R_07_a_meeting_that_has_begun_is_told_to_nobody_any_more_and_the_service_looks_then():
    state = offered(heard(allocated()))
    assert what(state, FIRST - timedelta(minutes=1)) == ["offered"] and what(state, FIRST) == []
    assert FIRST in telling.turns(state) and list(telling.turns(leaving(sent_by_a_practitioner()))) == []
    assert what(called_off(state), FIRST) == []


def test_R_11_it_says_what_is_to_be_said_in_one_sentence():
    assert standing.next_step(offered(allocated()), NOW).title == "Tell the citizen that the Pod will work with them and when the first meeting is"
    assert standing.next_step(wrote(sent()), NOW).title == "Answer what the citizen wrote"
    assert telling.in_short(["wrote", "declined"]) == "Tell the citizen that their referral was declined, and why, and answer what they wrote"
    assert standing.next_step(accepted(), NOW).title == "Choose the development worker", "so that they can be told who it is"


def test_R_11_why_they_were_not_told_is_as_good_as_that_they_were():
    state = heard(declined(), why_not="no_way")
    assert what(state) == [] and state["told"]["declined"] == {"why_not": "no_way", "on": TODAY, "at": state["decision"]["at"], "by": "wren"}
    assert telling.told_in_words("declined", state["told"]["declined"]) == (
        "That their referral was declined, and why: not told: No way of reaching them works or is safe, 2 March 2026")
    assert telling.told_in_words("meeting:3", {"way": "in_person", "on": TODAY}) == "How the first meeting stands: face to face, 2 March 2026"


@pytest.mark.parametrize(("actor", "given", "rule", "field"), [
    (AMARA, {}, "permission", ""), (CITIZEN, {}, "permission", ""), (WREN, {"what": ["accepted"]}, "R-11", ""), (WREN, {"what": []}, "R-11", ""),
    (WREN, {"on": "2026-03-01"}, "R-11", "on")])
def test_R_11_nobody_is_told_before_it_happened_nor_what_did_not(actor: Actor, given: dict[str, Any], rule: str, field: str):
    found = telling.tell(declined(), NOW, actor, "x", {"way": "text", "on": TODAY, **given})
    assert isinstance(found, Refused) and (found.rule, found.field) == (rule, field)


def test_R_11_only_the_citizen_of_the_referral_writes_and_not_without_end():
    assert isinstance(telling.write(sent(), NOW, WREN, "wren", "m"), Refused)
    assert isinstance(telling.write(sent_by_a_practitioner(), NOW, CITIZEN, "citizen", "m"), Refused)
    for ended in (declined(), withdrawn("other"), dead(sent()), closing(allocated())):
        assert isinstance(telling.write(ended, NOW, CITIZEN, "citizen", "m"), Refused)
    state = sent()
    for number in range(telling.MOST_WAITING):
        state = after(state, telling.write(state, NOW, CITIZEN, "citizen", f"m{number}"))
    assert isinstance(telling.write(state, NOW, CITIZEN, "citizen", "m"), Refused)
    assert not isinstance(telling.write(heard(state), NOW, CITIZEN, "citizen", "m"), Refused)


def test_R_11_a_citizen_takes_back_their_own_referral_and_no_practitioners():
    assert withdrawn("citizen_decided")["stage"] == "withdrawn"
    own = decisions.withdraw(sent(), NOW, CITIZEN, "citizen", "citizen_decided")
    assert not isinstance(own, Refused) and after(sent(), own)["stage"] == "withdrawn"
    for state in (sent_by_a_practitioner(), accepted()):
        assert isinstance(decisions.withdraw(state, NOW, CITIZEN, "citizen", "citizen_decided"), Refused)


PLAIN: list[tuple[str, State, str, bool, bool]] = [
    ("sent", sent(), "We have it", True, True),
    ("asked", after(sent(), decisions.ask_more(sent(), NOW, WREN, "wren", "?")), "We would like to ask you something", True, True),
    ("accepted", accepted(), "We would like to work with you", False, True),
    ("offered", offered(allocated()), "Your first meeting is arranged", False, True),
    ("held", held(offered(allocated())), "We work with you", False, True),
    ("declined", declined(), "We cannot offer you this support", False, False),
    ("withdrawn by them", withdrawn("citizen_decided"), "You took it back", False, False),
    ("withdrawn", withdrawn("other"), "This is closed", False, False),
    ("R-13 merged", merged(), "This is closed", False, False),
    ("died", dead(sent()), "This is closed", False, False),
    ("J-14 died after a decline", dead(declined()), "This is closed", False, False),
    ("J-11 closed", closing(allocated()), "This is closed", False, False)]


@pytest.mark.parametrize(("state", "heading", "may_withdraw", "may_write"), [one[1:] for one in PLAIN], ids=[one[0] for one in PLAIN])
def test_R_14_a_citizen_reads_where_it_stands_and_nothing_that_would_harm_them_with_another(state: State, heading: str, may_withdraw: bool, may_write: bool):
    found = plain_standing.stands(state, NOW)
    assert (found.heading, found.may_withdraw, found.may_write) == (heading, may_withdraw, may_write)
    assert "March" not in found.words and "R-" not in found.words and "died" not in found.words


@pytest.mark.parametrize(("citizen", "by"), [
    ({"contact_by": "email", "email": "jo@home.example", "telephone": "1"}, "by email"), ({"contact_by": "text", "telephone": "1"}, "by text message"),
    ({"contact_by": "letter", "telephone": "1"}, ""), ({"telephone": "1", "email": "x"}, "by telephone"), ({"email": "x"}, "by email"),
    ({"address": "x"}, "by letter"), ({}, "")])
def test_N_04_a_citizen_is_asked_in_the_way_they_chose_and_by_telephone_only_where_they_said_nothing(citizen: dict[str, str], by: str):
    assert reaching.by(citizen) == by
    asked = after(sent(), decisions.ask_more(sent(), NOW, WREN, "wren", "?"))
    assert standing.next_step(asked, NOW, by).title == f"Ask the citizen{' ' if by else ''}{by} and write the answer down"
