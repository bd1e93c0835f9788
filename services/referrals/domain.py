"""The rules of referrals as the ledger takes them, and what a state is called; pure.

How a state comes about is in `state.py`, what may be done in `decisions.py` and `meeting.py`, what is due when in
`clocks.py`, what the world should hear in `owed.py`.
"""
from __future__ import annotations

from datetime import datetime

from services.referrals import rules
from services.referrals.decisions import outcomes
from services.referrals.owed import next_look_at, owed
from services.referrals.state import FOLD_VERSION, RANKS, evolve, initial
from shared.ledger.types import State

__all__ = ["FOLD_VERSION", "RANKS", "evolve", "initial", "missing", "next_look_at", "owed", "state_word"]


def missing(state: State, now: datetime) -> list[dict[str, str]]:
    """Give what stands in the way of acceptance; nothing does once it is decided."""
    return rules.missing(outcomes(state, now)) if state["stage"] == "open" else []


def state_word(state: State, now: datetime) -> str:
    """Give `received`, `complete`, `accepted`, `declined` or `withdrawn`."""
    if state["stage"] != "open":
        return str(state["stage"])
    return "received" if missing(state, now) else "complete"
