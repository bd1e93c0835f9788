"""Who can be chosen as development worker, and what that means for a first meeting that is offered already (R-07)."""
from __future__ import annotations

from typing import Any

from services.referrals import directory
from services.referrals.acts import meanwhile
from services.referrals.desk import Answer, Desk
from services.referrals.expected import ahead, to_check
from services.referrals.meetings import reading
from shared.ledger.store import Written
from shared.ledger.tables import staff_id
from shared.ledger.types import Data, State

ENGAGED = "has another first meeting at that time"


def choices(desk: Desk, state: State) -> list[tuple[str, str]]:
    """Give e-mail address and words of each: how busy they are, and whether they can be at the meeting that is offered."""
    chosen = (state["allocation"] or {}).get("development_worker")
    engaged = reading.engaged_then(desk, state)
    return [(email, f"{words}, {ENGAGED}" if staff_id(email) in engaged else words) for email, words in directory.workers(desk, chosen)]


def to_be_checked(desk: Desk, answer: Answer) -> str:
    """Say after an allocation that a meeting is offered which they have yet to check; empty where none is."""
    offered = ahead(answer.state, desk.now) if isinstance(answer, Written) else None
    if not offered or not isinstance(answer, Written) or not to_check(answer.state, desk.now):
        return ""
    return f" They are told of the first meeting on {reading.span_in_words(offered)}: check with them that it suits."


def chosen(desk: Desk, state: State, form: Any) -> str:
    """Say who is chosen, by whom and when, empty where nobody is; the form carries that it was shown."""
    found = state["allocation"]
    meanwhile.is_new(form, found)
    return f"{_name(desk, found)} was chosen by {meanwhile.by_whom(desk, found)}." if found else ""


def chosen_meanwhile(desk: Desk, state: State, form: Any) -> None:
    """Say at the form that somebody was chosen since it was opened (J-01)."""
    found = state["allocation"]
    if meanwhile.is_new(form, found) and found:
        form.form_errors.append(f"{_name(desk, found)} was chosen while you had this page open. Choose again only if somebody else is to take their place.")


def _name(desk: Desk, found: Data) -> str:
    return desk.names([found["development_worker"]])[found["development_worker"]]
