"""Where a referral stands as the citizen who sent it reads it, and what they may still do about it; pure.

Whoever has their code reads this. So it says neither when and where somebody meets them, nor why the Pod declined, and tells
nobody whether the Pod knows the citizen from elsewhere (R-13): what was withdrawn or stopped by a death reads alike, and one that
goes on with another reads as if it were still the one, unless that was decided before they asked.
"""
from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from services.referrals.expected import ahead
from services.referrals.state import closed_on, first_held, pathway_of, questions_open
from shared.ledger.types import State

IN_TOUCH = "We get in touch the way you chose"


class Stands(NamedTuple):
    """Where it stands: a heading, what that means, and whether they may take it back or write to us."""

    heading: str
    words: str
    may_withdraw: bool = False
    may_write: bool = False


DECLINED = Stands("We cannot offer you this support", f"We are sorry. {IN_TOUCH}, and tell you why and what would change it, if we have not yet.")


def stands(state: State, now: datetime, kept: State | None = None) -> Stands:
    """Say where it stands now; `kept` is the referral with which it goes on where it was merged."""
    if kept is not None:
        return _together(state, now, kept)
    if state["stage"] == "declined" and not state["died_on"]:
        return DECLINED
    if state["stage"] not in ("open", "accepted") or state["died_on"] or closed_on(state, now):
        return _closed(state)
    words = _open(state) if state["stage"] == "open" else _accepted(state, now)
    return Stands(*words, may_withdraw=state["stage"] == "open", may_write=True)


def _together(state: State, now: datetime, kept: State) -> Stands:
    """Say where the other one stands; nothing of what was decided before theirs came to it."""
    since = kept["amendments"].get(state["id"], state["decision"])["at"]
    is_known = kept["decision"] and kept["decision"]["at"] < since
    if is_known or state["died_on"] or kept["died_on"] or closed_on(kept, now) or kept["stage"] == "withdrawn":
        return _closed(state)
    if kept["stage"] == "declined":
        return DECLINED
    return Stands(*(_accepted(kept, now) if kept["stage"] == "accepted" else _open(kept)))


def _open(state: State) -> tuple[str, str]:
    if state["self_referral"] and questions_open(state):
        return "We would like to ask you something", f"{IN_TOUCH}."
    weeks = pathway_of(state).first_meeting_breached_days // 7
    return "We have it", (f"A person at the Pod reads your answers and decides. {IN_TOUCH}. If the Pod can help you, you meet within about "
                          f"{weeks} weeks; if not, we tell you why.")


def _accepted(state: State, now: datetime) -> tuple[str, str]:
    if first_held(state):
        return "We work with you", "You have met us. Your development worker goes on with you from there."
    if ahead(state, now):
        return "Your first meeting is arranged", f"{IN_TOUCH} and tell you when and where it is, if we have not yet."
    return "We would like to work with you", f"{IN_TOUCH} to arrange a first meeting."


def _closed(state: State) -> Stands:
    if (state["decision"] or {}).get("reason") == "citizen_decided" and not state["died_on"]:
        return Stands("You took it back", "Nothing more happens with it. You can ask for support again whenever you like.")
    return Stands("This is closed", "Nothing more happens under this reference. If you still would like support, or are not sure, get in touch with us.")
