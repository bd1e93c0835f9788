"""Who is told what, in whatever order it comes."""
from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.notifications import rules, words
from services.notifications.domain import (
    NO_LONGER_THEIRS,
    TAKEN_BACK,
    Key,
    Rule,
    Told,
    changed,
    messages,
    reaches_nobody,
    saying,
)

NOTHING_STANDS = {TAKEN_BACK, NO_LONGER_THEIRS}
ADMISSION = "journey.admission_recorded"
RULES = {rule.id: rule for rule in (
    Rule("pod", ADMISSION, ("development_worker", "manager"), "{reference}", "since {admitted_at}"),
    Rule("others", ADMISSION, ("practitioner",), "{reference}", "since {admitted_at}", leaving="{reference} is another's now"))}
PEOPLE = [("wren@pod.example", "development_worker"), ("helen@pod.example", "manager"), ("amara@team.example", "practitioner")]


def admission(revision: int, day: int, people: list[tuple[str, str]], withdrawn: bool = False) -> Any:
    data = {"reference": "J-7K2", "admitted_at": f"2026-03-{day:02}T10:00:00Z", "review": {"due_on": "2026-03-20"},
            "told": [{"email": email, "role": role} for email, role in people]}
    return saying(f"event-{revision}", ADMISSION, revision, withdrawn, data)


def offer(events: list[Any]) -> tuple[dict[Key, Told], list[Any]]:
    """Offer sayings one after another, as the keeper does; give what each was told last, and all that was sent."""
    told: dict[Key, Told] = {}
    sent, highest = [], 0
    for event in events:
        if event.revision <= highest:
            continue
        highest = event.revision
        for message in messages(event, told, RULES):
            told[message.recipient, message.rule] = Told(str(len(sent)), message.said, message.role)
            sent.append((event, message))
    return told, sent


@st.composite
def histories(draw: st.DrawFn) -> list[Any]:
    made = []
    for revision in range(1, draw(st.integers(1, 6)) + 1):
        people = draw(st.lists(st.sampled_from(PEOPLE), unique=True))
        made.append(admission(revision, draw(st.integers(1, 3)), people, draw(st.booleans())))
    return made


@given(histories(), st.data())
def test_N_07_any_order_and_repetition_of_revisions_leaves_everybody_with_what_the_highest_says(history: list[Any], data: st.DataObject) -> None:
    """Whoever the highest revision names believes it; nobody believes anything else."""
    offered = data.draw(st.permutations(history + data.draw(st.lists(st.sampled_from(history), max_size=4))))
    told, _ = offer(offered)
    last = history[-1]
    named = {email for email, _ in last.recipients} if not last.withdrawn else set()
    beliefs = {recipient: one.said for (recipient, _), one in told.items()}
    assert {email for email in named if beliefs.get(email) != last.said} == set()
    allowed = NOTHING_STANDS if last.withdrawn else {*NOTHING_STANDS, last.said}
    assert {belief for email, belief in beliefs.items() if email not in named} <= allowed
    assert all(said in NOTHING_STANDS for (email, rule), (_, said, _) in told.items() if email not in named and RULES[rule].leaving)


@given(histories(), st.data())
def test_N_03_one_event_one_recipient_one_rule_is_one_message(history: list[Any], data: st.DataObject) -> None:
    _, sent = offer(data.draw(st.permutations(history * 2)))
    keys = [(event.event_id, message.recipient, message.rule) for event, message in sent]
    assert len(keys) == len(set(keys))


def test_N_07_a_withdrawal_goes_to_those_who_were_told_and_not_to_those_a_rule_would_choose_now() -> None:
    _, sent = offer([admission(1, 1, PEOPLE[:1]), admission(2, 1, PEOPLE[1:], withdrawn=True)])
    assert [(message.recipient, bool(message.correction_of)) for _, message in sent] == [
        ("wren@pod.example", False), ("wren@pod.example", True)]


def test_N_07_a_withdrawal_that_comes_before_what_it_withdraws_sends_nothing_ever() -> None:
    assert offer([admission(2, 1, PEOPLE, withdrawn=True), admission(1, 1, PEOPLE)])[1] == []


def test_N_07_a_withdrawal_is_told_once_however_often_it_is_repeated_with_higher_revisions() -> None:
    _, sent = offer([admission(1, 1, PEOPLE), admission(2, 1, PEOPLE, True), admission(3, 1, PEOPLE, True)])
    assert len(sent) == 2 * len(PEOPLE)


def test_N_07_what_did_not_change_is_not_said_again_but_the_newly_named_are_told() -> None:
    _, sent = offer([admission(1, 1, PEOPLE[:1]), admission(2, 1, PEOPLE)])
    assert [message.recipient for event, message in sent if event.revision == 2] == ["amara@team.example", "helen@pod.example"]


def test_N_07_the_development_worker_who_lost_a_journey_is_told_so() -> None:
    def allocated(revision: int, email: str) -> Any:
        return saying(str(revision), "journey.allocated", revision, False,
                      {"reference": "J-1", "reviews_open": 0, "told": [], "development_worker": {"email": email}})
    shipped = rules.shipped()
    first = messages(allocated(1, "wren@pod.example"), {}, shipped)[0]
    told = {(first.recipient, first.rule): Told("1", first.said, first.role)}
    sent = {m.recipient: m for m in messages(allocated(2, "marcus@pod.example"), told, shipped)}
    assert sent["wren@pod.example"].said == NO_LONGER_THEIRS and "another development worker" in sent["wren@pod.example"].text
    assert sent["marcus@pod.example"].correction_of is None


def test_N_07_an_address_a_rule_names_by_itself_is_told_that_words_no_longer_stand_and_never_that_somebody_left() -> None:
    rule = changed(RULES["others"], also=("duty@pod.example",))
    first = messages(admission(1, 1, []), {}, {"others": rule})
    told = {(one.recipient, one.rule): Told("1", one.said, one.role) for one in first}
    assert [one.recipient for one in first] == ["duty@pod.example"]
    assert messages(admission(2, 1, []), told, {"others": changed(rule, also=())}) == []
    assert [one.subject for one in messages(admission(2, 2, []), told, {"others": changed(rule, also=())})] == ["Correction about J-7K2"]


def test_N_05_every_shipped_rule_says_only_what_may_be_said() -> None:
    assert {rule.id: refusal for rule in rules.shipped().values() if (refusal := rules.refusal(rule))} == {}


def test_N_05_the_reason_of_a_decline_is_owed_to_the_practitioner_in_the_message_but_never_in_its_subject() -> None:
    assert "reason" in words.allowed("referral.declined") and "reason" not in words.allowed("referral.declined", subject=True)


def test_N_05_a_template_may_not_reach_into_a_field_nor_name_another() -> None:
    names = words.allowed(ADMISSION)
    assert words.faults("{reference} since {admitted_at}", names) == []
    for template in ("{name}", "{reference.__class__}", "{reference!r}", "{reference:>9}", "{", "{}"):
        assert words.faults(template, names), template


def test_dates_are_said_as_londons_days() -> None:
    assert words.said("2026-06-30T23:30:00Z") == "1 July 2026"
    assert words.said("2026-03-05") == "5 March 2026"
    assert words.fill("by {due_on}", words.fields_of("journey.review_overdue", {"reference": "J-1"})) == f"by {words.UNKNOWN}"


def test_N_01_a_rule_for_managers_alone_reaches_nobody_until_there_is_one_or_an_address_is_added() -> None:
    rule = Rule("manager", ADMISSION, ("manager",), "{reference}", "since {admitted_at}")
    assert reaches_nobody(rule, ()) and not reaches_nobody(rule, ("helen@pod.example",))
    assert not reaches_nobody(changed(rule, also=("helen@pod.example",)), ()) and not reaches_nobody(changed(rule, enabled=False), ())
    assert not any(reaches_nobody(rule, ()) for rule in RULES.values())
