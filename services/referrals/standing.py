"""Where a referral stands in plain words, what is to be done next, and what is asked of the practitioner; pure.

`named` gives what to call people by id.
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from services.referrals import clocks, domain, meeting, telling
from services.referrals.expected import planned, to_check
from services.referrals.reasons import MERGED
from services.referrals.rules import in_words
from services.referrals.state import (
    closed_on,
    first_held,
    has_stopped,
    may_repeat,
    named_person_goes,
    needs_practitioner,
    pathway_of,
    practitioner_at_work,
    practitioner_goes,
    questions_open,
    waits_for_practitioner,
)
from shared.calendar import london_day, moment_in_words
from shared.ledger.types import State

Named = Mapping[str, str]


class Task(NamedTuple):
    """Something to be done: in words, and the act or the group of answers where it is done; `key` is what it is about."""

    title: str
    hint: str = ""
    act: str = ""
    key: str = ""


#: Where what a rule misses is mended: act, or group of answers to amend.
MENDS: Mapping[str, tuple[str, str]] = {
    "R-01": ("amend", "asked"), "R-02": ("amend", "people"), "R-03": ("amend", "people"), "R-04": ("amend", "asked"),
    "R-06": ("document", ""), "R-10": ("amend", "people")}
#: What is to be done where the practitioner leaves and nobody follows.
SUCCESSOR = "Find out who takes over as practitioner"
#: What is to be done where a meeting was offered for another development worker.
CHECK = "Check that the first meeting suits the new development worker"
#: What is to be done with what only a manager can end.
DECLINE = "Have it declined"
IN_TOUCH = {"telephone": "will ring you to arrange the first meeting"}


def mend(one: Mapping[str, str]) -> tuple[str, str]:
    """Say where what is missing is mended, (act, group); both empty where it cannot be."""
    if one["rule"] == "R-05":
        return ("amend", "conditions") if "condition" in one["what"] else ("amend", "identity")
    return MENDS.get(one["rule"], ("", ""))


def next_step(state: State, now: datetime, by: str = "by telephone") -> Task:
    """Say what the Pod does next with a referral; `by` is how a citizen without an account is asked, as they wish it."""
    if state["stage"] in ("declined", "withdrawn"):
        return _telling(state, now) or Task("Nothing more is to be done")
    if state["died_on"]:
        return Task("Withdraw or decline the referral", "Everything planned has stopped.", "withdraw") if state["stage"] == "open" else Task(
            "Nothing more is to be done", "Everything planned has stopped.")
    return _triage(state, now, by) if state["stage"] == "open" else _after_acceptance(state, now)


def _telling(state: State, now: datetime) -> Task | None:
    """Say what a citizen who referred themself has yet to be told, or answered; None where nothing is."""
    waiting = telling.to_tell(state, now)
    return Task(telling.in_short([one.what for one in waiting]), "Then write down when and how, or why not.", "tell") if waiting else None


def _triage(state: State, now: datetime, by: str) -> Task:
    missing = domain.missing(state, now)
    if state.get("number_of"):
        return Task("Find out whose NHS number this is, and put it right", "It is known already, perhaps of somebody else.", "amend", "identity")
    if may_repeat(state):
        return Task("Settle whether this citizen is with us already", "Until then it cannot be accepted.", "settle")
    if is_too_young(state, now):
        return Task(DECLINE, f"Nobody can mend that {_too_young(state)}. A manager declines it.", "decline")
    if leaves := _leaves(state, now):
        return Task(SUCCESSOR, leaves if missing else f"{leaves} Nothing else is missing: a manager can accept or decline it meanwhile.", "amend", "people")
    if found := _telling(state, now):
        return found
    if questions_open(state) and not waits_for_practitioner(state):
        return Task(f"{_asking('Ask the citizen', by)} and write the answer down", "They have no account to answer with.", "answer", questions_open(state)[0])
    if not missing:
        return Task("Accept or decline it", "Nothing is missing: a manager decides.", "accept")
    if waits_for_practitioner(state):
        return Task("Wait for the practitioner’s answer", "You can ask again, or telephone and write the answer down.")
    if proposes_decline(missing):
        return Task(f"{DECLINE}, or ask for a longer commitment", "It is shorter than this pathway needs. A manager can decline.", "question")
    if not state["practitioner"]:
        return Task("Ask the citizen for what is missing", f"They have no account: {_asking('ask them', by)}, and write the answer down.", "question")
    return Task("Ask the practitioner for what is missing", act="question")


def _asking(words: str, by: str) -> str:
    return f"{words} {by}" if by else words


def _after_acceptance(state: State, now: datetime) -> Task:
    if closed := closed_on(state, now):
        return Task("Nothing more is to be done", f"The journey closed on {in_words(closed)}.")
    if not state["allocation"]:
        return Task("Choose the development worker", act="allocate")
    if found := _telling(state, now):
        return found
    if held := first_held(state):
        return Task("Nothing more is to be done here", f"The first meeting was held on {_day(held)}. The journey goes on from there.")
    if leaves := _leaves(state, now):
        return Task(SUCCESSOR, leaves, "amend", "people")
    if to_check(state, now):
        return Task(CHECK, f"It is on {_moment(state['meeting']['starts_at'])}, offered before they were chosen. Keep that time if it suits them, "
                    "or move it.", "meeting")
    if offered := _offered(state):
        return Task("Hold the first meeting", f"It is on {_moment(offered)}.")
    return Task("Arrange the first meeting", act="meeting")


def proposes_decline(missing: list[dict[str, str]]) -> bool:
    """Say whether declining is proposed to a person: the commitment is too short (R-04). Nothing declines by itself."""
    return any(one["rule"] == "R-04" for one in missing)


def is_too_young(state: State, now: datetime) -> bool:
    """Say whether the citizen is under the age of the pathway (R-05), which nobody can mend."""
    return bool(state["adult_from"]) and london_day(now).isoformat() < state["adult_from"]


def ends_by_decline(state: State, now: datetime) -> bool:
    """Say whether a manager has to decide though something is missing: too young (R-05), or too short a commitment (R-04).

    Not while it is to be settled whose referral it is, or somebody may yet say that they commit longer.
    """
    if state["stage"] != "open" or state["died_on"] or may_repeat(state):
        return False
    may_commit = questions_open(state) or needs_practitioner(state)
    return is_too_young(state, now) or bool(proposes_decline(domain.missing(state, now)) and not may_commit)


def why_decline(state: State, now: datetime) -> tuple[str, str]:
    """Say why declining is proposed, and what else could be done; both empty where it is not."""
    if state["stage"] != "open":
        return "", ""
    if is_too_young(state, now):
        return _too_young(state), "put the date of birth right if it is wrong"
    short = proposes_decline(domain.missing(state, now))
    return ("the practitioner cannot commit long enough", "agree on a longer time first") if short else ("", "")


def _too_young(state: State) -> str:
    return f"the citizen is under {pathway_of(state).minimum_age} until {in_words(state['adult_from'])}"


def in_plain_words(state: State, now: datetime, named: Named) -> str:
    """Say to the practitioner where their referral stands."""
    stage, decision = state["stage"], state["decision"]
    if state["died_on"]:
        return "We are sorry that the citizen has died. Everything planned has stopped, and nobody writes to them."
    if stage == "withdrawn" and decision["reason"] == MERGED:
        return f"This referral goes on together with {decision['merged_into']}, of the same citizen."
    if stage == "withdrawn":
        return "This referral was withdrawn. Nothing more happens with it."
    if stage == "declined":
        return "The Pod declined this referral. Below is why, and what would change the answer."
    return _open_words(state, now) if stage == "open" else _accepted_words(state, now, named)


def _open_words(state: State, now: datetime) -> str:
    if questions_open(state):
        return "The Pod has asked you something."
    if domain.missing(state, now):
        return "The Pod cannot accept this referral yet: something is missing."
    due = clocks.response_due(state, pathway_of(state))
    return "Nothing is needed of you: the Pod decides" + (f" by {_moment(due)}." if due and due > now else ".")


def _accepted_words(state: State, now: datetime, named: Named) -> str:
    if closed := closed_on(state, now):
        return f"The journey closed on {in_words(closed)}. Nothing is needed of you."
    if not state["allocation"]:
        return "Accepted. The Pod is choosing a development worker. Nothing is needed of you."
    worker = named.get(state["allocation"]["development_worker"], "A development worker")
    if held := first_held(state):
        return f"The first meeting was held on {_day(held)}. {worker} works with the citizen now."
    if to_check(state, now):
        return f"The first meeting is offered for {_moment(state['meeting']['starts_at'])}. {worker} is new to this referral: you are told if it moves."
    if offered := _offered(state):
        return f"The first meeting is offered for {_moment(offered)}, with {worker}."
    return f"Accepted; {worker} {IN_TOUCH.get(state['meeting_preference'], 'will get in touch to arrange the first meeting')}."


def asked_of_practitioner(state: State, now: datetime) -> list[Task]:
    """Give what is asked of the practitioner now, the Pod's questions first; nothing once nothing goes on."""
    if has_stopped(state, now):
        return []
    return [*_questions(state), *_missing(state, now), *_named_person(state), *_successor(state, now), *_lapsing(state, now), *_times(state, now)]


def _questions(state: State) -> Iterator[Task]:
    for id_ in questions_open(state):
        one = state["questions"][id_]
        yield Task("Answer the Pod’s question", f"Asked on {_day(one['at'])}.", "answer", id_)


def _missing(state: State, now: datetime) -> Iterator[Task]:
    for one in domain.missing(state, now):
        yield Task(one["what"], one["help"], *mend(one))


def _named_person(state: State) -> Iterator[Task]:
    goes = named_person_goes(state)
    if goes and state["stage"] == "accepted" and pathway_of(state).named_person_required:
        yield Task("Name another person who carries risk", f"The named person no longer works with the citizen from {in_words(goes[0])}.",
                   "amend", "people")


def _successor(state: State, now: datetime) -> Iterator[Task]:
    if leaves := _leaves(state, now):
        yield Task("Say who takes over as practitioner", leaves, "amend", "people")


def _leaves(state: State, now: datetime) -> str:
    """Say from when nobody works with the citizen as practitioner; empty where somebody does, or the journey has closed for it."""
    goes = practitioner_goes(state)
    if not goes or not needs_practitioner(state) or has_stopped(state, now):
        return ""
    return f"The practitioner no longer works with the citizen from {in_words(goes[0])}."


def _lapsing(state: State, now: datetime) -> Iterator[Task]:
    pathway = pathway_of(state)
    for one in clocks.lapsing(state, pathway, now):
        if one.last_day >= london_day(now):
            yield Task(f"Renew the {pathway.words(one.kind)}", f"It lapses after {in_words(one.last_day)}.", "document")


def _times(state: State, now: datetime) -> Iterator[Task]:
    practitioner = practitioner_at_work(state, london_day(now))
    waits = state["allocation"] and not first_held(state) and not _offered(state)
    if waits and practitioner and meeting.free_times(state, "practitioner", practitioner["id"]) is None:
        yield Task("Say when you can come to the first meeting", "The development worker offers a time at which all of you can.", "meeting")


def _offered(state: State) -> str | None:
    offered = planned(state)
    return offered["starts_at"] if offered else None


def _day(at: str) -> str:
    return in_words(london_day(datetime.fromisoformat(at)))


def _moment(at: str | datetime) -> str:
    return moment_in_words(at, weekday=True)
