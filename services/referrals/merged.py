"""What a referral takes over from one that was merged into it (R-13); pure.

The one that ends keeps its own statements. On the one that goes on stands whose the other was and what it said differently,
and what hospitals reported and which documents came is said there again, as of when it happened.
"""
from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.referrals import changes
from services.referrals.decisions import Decision, answer, said
from services.referrals.state import from_elsewhere, text, took_part
from shared.ledger.types import Actor, Data, Refused, State, Statement

HERE = "duplicate.merged_here"
#: What is said of the citizen, and goes on where the other referral says nothing of it. The rest is the word, or the
#: promise, of whoever sent it.
OF_CITIZEN = ("conditions", "social_issues", "one_to_one_support", "inpatient")
#: What two referrals may answer differently, beside whose they are.
FACTS = tuple(name for name in changes.FIELDS if not name.startswith("citizen.") and name != "practitioner")


class Brought(NamedTuple):
    """What comes with a merged referral besides its facts: what follows for whose the other is, what of the citizen's record
    becomes new (names of columns), and what was reported."""

    derived: Data
    recorded: Sequence[str]
    reports: Sequence[Statement]


def take_in(state: State, now: datetime, actor: Actor, who: str, ending: State, reason: str, brought: Brought) -> Decision:
    """Take over what `ending` brings, and tell the practitioner and the development worker that it was merged here.

    Whether it may be merged, `decisions.merge` has said of the other.
    """
    facts = _taken(state, ending)
    told = [[id_, role] for id_, role in took_part(state, now) if id_ != who]
    entry = {"facts": facts, "derived": brought.derived, "personal": [f"citizen.{name}" for name in sorted(brought.recorded)],
             "reason": reason, "told": told, "merged": _whose(ending, {**state, **facts})}
    return [*_reports(state, ending, brought.reports), *_papers(state, ending, now), said(f"merged:{ending['id']}", HERE, now, who, entry),
            *_before(ending, now, who)]


def answer_for(state: State, now: datetime, actor: Actor, who: str, question: str, words: str) -> Decision:
    """Answer what was asked, unless the referral goes on with another: nobody waits for it there (R-13)."""
    found = answer(state, now, actor, who, question, words)
    onward = (state["decision"] or {}).get("merged_into")
    if isinstance(found, Refused) or not onward:
        return found
    return Refused("R-13", f"This referral goes on together with {onward}: the question needs no answer any more.",
                   f"If there is something the Pod should know, get in touch with us and say that it is about {onward}.", "words")


def _taken(state: State, ending: State) -> Data:
    """Give what of the citizen goes on; what they told the Pod themself is no practitioner's word until staff amend it in."""
    if ending["self_referral"] and not state["self_referral"]:
        return {}
    return {name: ending[name] for name in OF_CITIZEN if is_said(ending.get(name)) and not is_said(state.get(name))}


def _reports(state: State, ending: State, reports: Sequence[Statement]) -> Iterator[Statement]:
    """Give what was reported; what of it was kept from whoever sent the one that ends is kept here too, before it is accepted (R-13)."""
    for one in reports:
        yield from_elsewhere(one) if state["stage"] == "open" and one.about in ending["known_elsewhere"] else one


def is_said(value: Any) -> bool:
    """Say whether a fact was given: a no is, nothing and none are not."""
    return value is False or bool(value)


def _whose(ending: State, kept: Mapping[str, Any]) -> Data:
    """Give {id, reference, practitioner, self_referral, facts} of the one that ends; `facts` is what it says differently."""
    differing = {name: ending[name] for name in FACTS if is_said(ending.get(name)) and ending[name] != kept.get(name)}
    return {**{name: ending[name] for name in ("id", "reference", "practitioner", "self_referral")}, "facts": differing}


def _papers(state: State, ending: State, now: datetime) -> Iterator[Statement]:
    """Give the documents that are not here yet, each as of when it came and by whom: the clocks count from then (R-06, R-07)."""
    for paper in ending["documents"].values():
        if not any(_is_as_good(one, paper) for one in state["documents"].values()):
            kept = {name: paper[name] for name in ("kind", "dated", "expires_on", "file") if paper.get(name)}
            yield said(f"document:{uuid.uuid4()}", "document.added", datetime.fromisoformat(paper["added_at"]), paper["by"],
                       {**kept, "merged_at": text(now)})


def _is_as_good(one: Mapping[str, Any], paper: Mapping[str, Any]) -> bool:
    """Say whether one document serves for another: the same, here as early, and no file is lost."""
    same = all(one.get(name) == paper.get(name) for name in ("kind", "dated", "expires_on"))
    return same and one["added_at"] <= paper["added_at"] and not paper.get("file")


def _before(ending: State, now: datetime, who: str) -> Iterator[Statement]:
    """Say again what was merged into the one that ends; nobody is told of it apart."""
    for id_, one in ending["amendments"].items():
        if "merged" in one:
            yield said(f"merged:{id_}", HERE, now, who, {"reason": one["reason"], "told": [], "merged": one["merged"]})
