"""What one may do with a referral now: what the domain would not refuse; pure."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from services.referrals import decisions, telling
from services.referrals.decisions import Decision
from services.referrals.state import has_stopped, may_repeat, pathway_of, questions_open
from shared.calendar import london_day
from shared.ledger.types import Actor, Data, Refused, State

Trial = Callable[[State, datetime, Actor, str], Decision]

NOTHING: Data = {"facts": {}, "personal": [], "derived": {}, "reason": ""}
#: Each act, tried with nothing in it.
TRIALS: Mapping[str, Trial] = {
    "accept": decisions.accept,
    "decline": lambda state, now, actor, who: decisions.decline(state, now, actor, who, "", ""),
    "withdraw": lambda state, now, actor, who: decisions.withdraw(state, now, actor, who, ""),
    "allocate": lambda state, now, actor, who: decisions.allocate(state, now, actor, who, ""),
    "question": lambda state, now, actor, who: decisions.ask_more(state, now, actor, who, ""),
    "tell": lambda state, now, actor, who: telling.tell(state, now, actor, who, {
        "on": london_day(now).isoformat(), "what": [one.key for one in telling.to_tell(state, now)]}),
    "settle": lambda state, now, actor, who: decisions.keep(state, now, actor, who, ""),
    "document": lambda state, now, actor, who: decisions.add_document(state, now, actor, who, {}),
    "amend": lambda state, now, actor, who: decisions.amend(state, now, actor, who, NOTHING)}


def refusal(act: str, state: State, now: datetime, actor: Actor, who: str) -> Refused | None:
    """Say why an act would be refused whatever was said with it; None where it would not."""
    found = TRIALS[act](state, now, actor, who)
    return found if isinstance(found, Refused) else None


def offered(state: State, now: datetime, actor: Actor, who: str) -> set[str]:
    """Give the acts somebody may do now and that are of use: those of TRIALS, and `answer`."""
    found = {act for act in TRIALS if refusal(act, state, now, actor, who) is None}
    if not pathway_of(state).document or has_stopped(state, now):
        found.discard("document")
    if not may_repeat(state):
        found.discard("settle")
    return found | ({"answer"} if questions_open(state) and "amend" in found else set())
