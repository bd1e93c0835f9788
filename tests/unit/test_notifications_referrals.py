"""What people are told of referrals: each event's words, to whom, and what they may never say."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.notifications import rules, words
from services.notifications.domain import (
    NO_LONGER_THEIRS,
    TAKEN_BACK,
    Key,
    Message,
    Told,
    messages,
    saying,
    with_managers,
)
from shared import schemas
from shared.schemas.kinds import Day, Moment, Number, OneOf
from shared.schemas.shape import kinds_of
from tests.support.ground import ROOT

GOLDEN = ROOT / "tests/contract/golden"
REFERRALS = [name for name in rules.events() if name.startswith("referral.")]
DW, PRACTITIONER, MANAGER, NAMED = "development_worker", "practitioner", "manager", "named_person"
PEOPLE = {DW: "joy.okoro@pod.example", PRACTITIONER: "asha.verma@cmht.example", MANAGER: "helen.marsh@pod.example",
          NAMED: "tom.reed@cmht.example"}
OTHER = "priya.nair@eit.example"


def golden(name: str) -> dict[str, Any]:
    """Give the data of an event's newest golden file; where it names whom to tell, everybody is named."""
    newest = max(GOLDEN.glob(f"{name}.[0-9]*.json"), key=lambda path: int(path.suffixes[-2][1:]))
    data: dict[str, Any] = json.loads(newest.read_text())["data"]
    if "told" in data:
        data["told"] = [{"email": email, "role": role} for role, email in PEOPLE.items()]
    return data


def tell(name: str, data: Mapping[str, Any], told: Mapping[Key, Told] | None = None, revision: int = 1,
         withdrawn: bool = False) -> list[Message]:
    return messages(saying("e", name, revision, withdrawn, data), told or {}, rules.shipped())


def heard(sent: list[Message], told: Mapping[Key, Told] | None = None) -> dict[Key, Told]:
    """Give who was told what last, after some messages."""
    return {**(told or {}), **{(one.recipient, one.rule): Told(f"{one.rule} {one.recipient}", one.said, one.role) for one in sent}}


#: event -> rule -> the roles it tells, its subject, and what its text says.
EXPECTED: dict[str, dict[str, tuple[set[str], str, str]]] = {
    "referral.received": {"referral-received": (
        {PRACTITIONER}, "Referral R-7KQ2M is with us", "We received referral R-7KQ2M on 2 November 2026. You are its practitioner.")},
    "referral.completed": {
        "referral-completed": ({PRACTITIONER}, "Referral R-7KQ2M has everything it needs", "here since 20 November 2026."),
        "referral-to-decide": ({MANAGER}, "Referral R-7KQ2M waits for a decision", "Sign in to accept or decline it.")},
    "referral.more_asked": {"referral-more-asked": (
        {PRACTITIONER}, "We have a question about referral R-7KQ2M", "We asked you something about referral R-7KQ2M on 20 November 2026.")},
    "referral.answered": {"referral-answered": (
        {DW, MANAGER}, "Referral R-7KQ2M: an answer has come", "was answered on 20 November 2026.")},
    "referral.amended": {"referral-amended": (
        {PRACTITIONER, DW, MANAGER}, "Referral R-7KQ2M was changed", "says was changed on 20 November 2026.")},
    "referral.accepted": {"referral-accepted": (
        {PRACTITIONER, NAMED}, "Referral R-7KQ2M is accepted", "on 4 November 2026. The introductory meeting is due by 16 November 2026.")},
    "referral.declined": {"referral-declined": (
        {PRACTITIONER}, "Our answer to referral R-7KQ2M", "Why: The practitioner cannot commit long enough.")},
    "referral.withdrawn": {"referral-merged": (
        {PRACTITIONER}, "Referral R-7KQ2M goes on as R-4TX9PCD", "merged with referral R-4TX9PCD on 4 November 2026.")},
    "referral.allocated": {"referral-allocated": (
        {PRACTITIONER}, "Referral R-7KQ2M has a development worker", "allocated to referral R-7KQ2M on 5 November 2026.")},
    "referral.meeting_offered": {"referral-meeting": (
        {PRACTITIONER, DW}, "Introductory meeting for referral R-7KQ2M",
        "planned for Tuesday 24 November 2026 at 10am, until 11am. It will be held on Microsoft Teams.")},
    "referral.first_meeting_overdue": {"referral-first-meeting-overdue": (
        {DW, MANAGER, PRACTITIONER}, "Referral R-7KQ2M: the introductory meeting is overdue", "was due by 19 November 2026, and")},
    "referral.response_overdue": {"referral-response-overdue": (
        {MANAGER}, "Referral R-7KQ2M: our answer is overdue", "to be answered by Thursday 19 November 2026 at 4:30pm, and")},
    "referral.document_lapsing": {"referral-document-lapsing": (
        {PRACTITIONER, DW}, "Referral R-7KQ2M: a newer document is needed by 4 December 2026", "is up to date until 4 December 2026,")},
    "referral.named_person_needed": {"referral-named-person-needed": (
        {PRACTITIONER, MANAGER}, "Referral R-7KQ2M needs a named person", "no named person from 30 November 2026 on")},
    "referral.admission_recorded": {"referral-admission": (
        {PRACTITIONER, MANAGER}, "Referral R-7KQ2M: a change you should know of", "in hospital since 20 November 2026. The referral goes on.")},
    "referral.death_recorded": {"referral-death": (
        {PRACTITIONER, MANAGER}, "Referral R-7KQ2M: sad news", "died on 19 November 2026.")},
}


def test_N_01_every_event_of_a_referral_that_names_whom_to_tell_has_a_rule() -> None:
    naming = {c.name for c in schemas.REGISTRY if c.publisher == "referrals" and {"told", "practitioner"} & set(kinds_of(c.shape))}
    assert set(REFERRALS) == naming == set(EXPECTED)


@pytest.mark.parametrize("name", REFERRALS)
def test_N_01_each_golden_event_tells_those_it_should_in_the_words_expected(name: str) -> None:
    sent = tell(name, golden(name))
    assert {(one.rule, one.role) for one in sent} == {(rule, role) for rule, (roles, *_) in EXPECTED[name].items() for role in roles}
    for one in sent:
        _, subject, phrase = EXPECTED[name][one.rule]
        assert one.subject == subject and phrase in one.text and one.recipient == PEOPLE[one.role]


@pytest.mark.parametrize("name", REFERRALS)
def test_N_01_of_a_self_referral_and_of_an_event_that_names_nobody_nobody_is_told(name: str) -> None:
    data = {key: value for key, value in golden(name).items() if key not in ("practitioner", "named_person")}
    assert tell(name, {**data, **({"told": []} if "told" in data else {})}) == []


@pytest.mark.parametrize("name", REFERRALS)
def test_N_03_announced_again_with_other_data_but_the_same_words_nothing_is_sent_twice(name: str) -> None:
    """Given everybody told, If all that the words do not use changes, I expect no message."""
    data = golden(name)
    kept = {"reference", "told", PRACTITIONER, NAMED, DW, *words.SAFE.get(name, {}).values(), *words.BODY_ONLY.get(name, {}).values()}
    other = {key: value if key in kept else "another" for key, value in data.items()}
    if PRACTITIONER in data:
        other[PRACTITIONER] = {**data[PRACTITIONER], "telephone": "024 7600 9999", "team": "Early Intervention Team"}
    assert other != data
    assert tell(name, other, heard(tell(name, data)), 2) == []


@pytest.mark.parametrize("name", REFERRALS)
def test_N_03_every_field_that_makes_words_new_is_said_in_them(name: str) -> None:
    """Otherwise a change of a field nobody reads would send everybody a message that says the same again."""
    its = [rule for rule in rules.shipped().values() if rule.event == name]
    assert [field for field in words.allowed(name) if not any(f"{{{field}}}" in rule.text + rule.subject for rule in its)] == []


@pytest.mark.parametrize("name", REFERRALS)
def test_N_07_what_is_taken_back_is_told_to_those_who_were_told_and_to_nobody_else(name: str) -> None:
    first = tell(name, golden(name))
    nobody = {**golden(name), **({"told": []} if "told" in golden(name) else {})}
    back = tell(name, nobody, heard(first), 2, withdrawn=True)
    assert {(one.recipient, one.rule, one.correction_of) for one in back} == {
        (one.recipient, one.rule, f"{one.rule} {one.recipient}") for one in first}
    assert {one.said for one in back} == {TAKEN_BACK}
    assert all("R-7KQ2M" in one.subject + one.text and words.UNKNOWN not in one.text for one in back)


@pytest.mark.parametrize(("name", "subject", "phrase"), [
    ("referral.document_lapsing", "Update about R-7KQ2M", "A newer one has come"),
    ("referral.named_person_needed", "Update about R-7KQ2M", "Another person is named"),
    ("referral.meeting_offered", "Update about R-7KQ2M",
     "will not take place. It was planned for Tuesday 24 November 2026 at 10am."),
    ("referral.completed", "Update about R-7KQ2M", "That no longer stands."),
    ("referral.admission_recorded", "Correction about R-7KQ2M", "the admission is as if it had never been."),
    ("referral.death_recorded", "Correction about R-7KQ2M", "That report was wrong: they are alive.")])
def test_N_07_each_is_taken_back_in_words_that_fit_it(name: str, subject: str, phrase: str) -> None:
    back = tell(name, golden(name), heard(tell(name, golden(name))), 2, withdrawn=True)
    assert {one.subject for one in back} == {subject} and all(phrase in one.text for one in back)


def test_J_14_of_a_meeting_that_a_death_called_off_nothing_is_asked_of_anybody() -> None:
    """Its words go out beside the news of the death: no "arrange another", no "mistake"."""
    back = tell("referral.meeting_offered", golden("referral.meeting_offered"), heard(tell("referral.meeting_offered", golden("referral.meeting_offered"))),
                2, withdrawn=True)
    assert len(back) == 2
    assert not [one for one in back for word in ("arrange", "mistake", "error", "another") if word in one.text]


def test_N_07_a_meeting_that_moved_is_told_as_an_update_with_its_new_time() -> None:
    name, data = "referral.meeting_offered", golden("referral.meeting_offered")
    first = tell(name, data)
    moved = tell(name, {**data, "starts_at": "2026-07-24T11:00:00Z", "ends_at": "2026-07-24T11:45:00Z", "mode": "in_person"}, heard(first), 2)
    assert {one.subject for one in moved} == {"Update: Introductory meeting for referral R-7KQ2M"}
    assert all(one.text.startswith("This replaces what we told you before.") and one.correction_of for one in moved)
    assert all("Friday 24 July 2026 at midday, until 12:45pm. It will be held in person, at the Pod." in one.text for one in moved)


@pytest.mark.parametrize("name", REFERRALS)
def test_N_01_every_manager_is_told_of_what_waits_for_one_and_of_a_question_or_a_change_only_those_it_concerns(name: str) -> None:
    others = ("ruth.bell@pod.example",)
    told = messages(with_managers(saying("e", name, 1, False, golden(name)), others), {}, rules.shipped())
    for_managers = any(MANAGER in roles for roles, *_ in EXPECTED[name].values())
    assert (others[0] in {one.recipient for one in told}) is (for_managers and name not in ("referral.answered", "referral.amended"))


# -- another practitioner ----------------------------------------------------------------------------------------

def handed_over(name: str, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give an event's data before and after another practitioner took the referral over."""
    data = golden(name)
    if "told" in data:
        told = [{**one, "email": OTHER} if one["role"] == PRACTITIONER else one for one in data["told"]]
        return data, {**data, **changes, "told": told}
    return data, {**data, **changes, PRACTITIONER: {**data[PRACTITIONER], "email": OTHER}}


def test_N_07_the_new_practitioner_is_told_they_are_it_and_the_old_one_that_they_are_not() -> None:
    before, after = handed_over("referral.received")
    sent = {one.recipient: one for one in tell("referral.received", after, heard(tell("referral.received", before)), 2)}
    assert set(sent) == {OTHER, PEOPLE[PRACTITIONER]}
    assert "You are its practitioner." in sent[OTHER].text and sent[OTHER].correction_of is None
    old = sent[PEOPLE[PRACTITIONER]]
    assert (old.subject, old.said) == ("Update about R-7KQ2M", NO_LONGER_THEIRS)
    assert old.text == "Referral R-7KQ2M has another practitioner now. Nothing more is needed of you for it."


def test_N_07_who_takes_the_referral_back_later_is_told_so_and_a_repeat_tells_nobody() -> None:
    before, after = handed_over("referral.received")
    told = heard(tell("referral.received", before))
    told = heard(tell("referral.received", after, told, 2), told)
    assert tell("referral.received", after, told, 3) == []
    again = {one.recipient: one.text for one in tell("referral.received", before, told, 4)}
    assert set(again) == {OTHER, PEOPLE[PRACTITIONER]}
    assert "You are its practitioner." in again[PEOPLE[PRACTITIONER]] and "another practitioner" in again[OTHER]


def test_N_07_a_referral_recorded_in_error_is_said_so_to_who_has_it_and_not_to_who_had_it() -> None:
    before, after = handed_over("referral.received")
    told = heard(tell("referral.received", before))
    told = heard(tell("referral.received", after, told, 2), told)
    back = tell("referral.received", after, told, 3, withdrawn=True)
    assert [(one.recipient, "recorded in error" in one.text) for one in back] == [(OTHER, True)]


def test_N_07_the_first_practitioner_of_a_self_referral_is_told_they_are_it() -> None:
    data = golden("referral.received")
    alone = {key: value for key, value in data.items() if key != PRACTITIONER}
    assert tell("referral.received", alone) == []
    (one,) = tell("referral.received", data, {}, 2)
    assert one.recipient == PEOPLE[PRACTITIONER] and "You are its practitioner." in one.text


@pytest.mark.parametrize("changes", [{}, {"starts_at": "2026-11-25T14:00:00Z", "ends_at": "2026-11-25T15:00:00Z"}])
def test_N_07_who_is_no_longer_to_be_at_a_meeting_is_told_moved_or_not(changes: dict[str, str]) -> None:
    before, after = handed_over("referral.meeting_offered", **changes)
    sent = {one.recipient: one for one in tell("referral.meeting_offered", after, heard(tell("referral.meeting_offered", before)), 2)}
    assert sent[PEOPLE[PRACTITIONER]].text == "You are no longer expected at the introductory meeting of referral R-7KQ2M."
    assert sent[OTHER].correction_of is None
    assert set(sent) == {OTHER, PEOPLE[PRACTITIONER], *([PEOPLE[DW]] if changes else [])}


@pytest.mark.parametrize("name", [name for name in REFERRALS if name not in ("referral.received", "referral.meeting_offered")])
def test_N_07_of_all_else_the_old_practitioner_hears_nothing_more_and_the_new_one_how_it_stands(name: str) -> None:
    before, after = handed_over(name)
    sent = tell(name, after, heard(tell(name, before)), 2)
    assert {one.recipient for one in sent} <= {OTHER}
    assert bool(sent) is any(PRACTITIONER in roles for roles, *_ in EXPECTED[name].values())


def test_N_07_nobody_leaves_because_a_rule_was_switched_off_or_an_address_taken_off_it() -> None:
    data = golden("referral.received")
    told = {**heard(tell("referral.received", data)), ("duty@pod.example", "referral-received"): Told("1", saying("e", "referral.received", 1, False, data).said)}
    off = {id_: rules.changed(rule, enabled=False) for id_, rule in rules.shipped().items()}
    assert messages(saying("e", "referral.received", 2, False, data), told, off) == []


def test_X_06_somebody_who_was_erased_is_told_nothing() -> None:
    data = golden("referral.received")
    erased = {**data, PRACTITIONER: {**data[PRACTITIONER], "name": "Erased", "email": "erased@pod.invalid"}}
    assert tell("referral.received", erased) == []


# -- what may be said ----------------------------------------------------------------------------------------------

def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Give every value in data by its dotted path."""
    if isinstance(value, dict):
        return {key: one for name, inner in value.items() for key, one in leaves(inner, f"{path}.{name}".strip(".")).items()}
    if isinstance(value, list):
        return {key: one for n, inner in enumerate(value) for key, one in leaves(inner, f"{path}.{n}").items()}
    return {path: value}


@pytest.mark.parametrize("name", rules.events())
def test_N_05_only_references_dates_counts_and_words_of_a_closed_list_may_be_said(name: str) -> None:
    shape, owed = schemas.contract(name).shape, ("reference", "merged_into", "reason", "would_change")
    places = {**words.SAFE.get(name, {}), **words.BODY_ONLY.get(name, {})}
    kinds = {path: kinds_of(shape)[path.partition(".")[0]] for path in places.values() if "." not in path}
    assert {path for path, kind in kinds.items() if not isinstance(kind, Day | Moment | Number | OneOf)} <= set(owed)
    assert {path for path in places.values() if "." in path} <= {"review.due_on"}


@pytest.mark.parametrize("name", rules.events())
def test_N_05_no_subject_names_what_a_contract_marks_as_personal(name: str) -> None:
    said = {words.SAFE.get(name, {}).get(field, field) for field in words.allowed(name, subject=True)}
    assert said & set(schemas.contract(name).personal) == set()


#: Pieces of templates, good and evil, that a manager's keyboard may make.
PIECES = st.sampled_from(["{", "}", "{{", "}}", "!r", ":>9", ".", "[0]", "__class__", " "]) | st.sampled_from(
    [f"{{{path}}}" for name in REFERRALS for path in ("reference", *leaves(golden(name)), *words.allowed(name))]) | st.text(max_size=3)


def templates(name: str) -> st.SearchStrategy[tuple[str, str]]:
    """Give an event with templates for it: half of them of what it may say, half of anything."""
    fair = st.sampled_from([f"{{{field}}}" for field in words.allowed(name)] + ["{{", "}}"]) | st.text(max_size=3)
    return st.tuples(st.just(name), (st.lists(fair, max_size=8) | st.lists(PIECES, max_size=8)).map("".join))


@given(st.sampled_from(REFERRALS).flatmap(templates))
@example(("referral.received", "{citizen.name}"))
@example(("referral.received", "{reference.__class__.__mro__}"))
@example(("referral.received", "{reference:{citizen}}"))
def test_N_05_no_template_can_name_a_field_outside_what_may_be_said(written: tuple[str, str]) -> None:
    """Whatever is written on the rules page is either refused, or says nothing but the fields that may be said."""
    name, template = written
    data = golden(name)
    if words.faults(template, words.allowed(name)):
        return
    fields = words.fields_of(name, data)
    assert set(fields) <= set(words.allowed(name))
    assert words.fill(template, fields) == plainly(template.strip(), fields)


def plainly(template: str, fields: Mapping[str, str]) -> str:
    """Fill a template by the simplest means there are: {word} is a field, doubled braces are braces, all else is itself."""
    braces = {"{{": "{", "}}": "}"}
    return re.sub(r"\{\{|\}\}|\{(\w+)\}", lambda m: braces.get(m[0]) or fields.get(m[1], words.UNKNOWN), template)


@pytest.mark.parametrize("name", REFERRALS)
def test_N_05_no_message_says_a_name_a_number_or_why_somebody_was_referred(name: str) -> None:
    """Given an event whose every personal text is a word of its own, I expect none of them in any message."""
    data = golden(name)
    personal = {path.replace("[]", "") for path in schemas.contract(name).personal}
    secret = {str(value) for path, value in leaves(data).items() if {path, path.rpartition(".")[0]} & personal and isinstance(value, str)}
    sent = tell(name, data) + tell(name, data, heard(tell(name, data)), 2, withdrawn=True)
    assert not [one for one in sent for value in secret if value in one.subject + one.text]
