"""How a referral is merged into another of the same citizen: both are written, and the Pod's record of them (R-13)."""
from __future__ import annotations

from datetime import datetime

from services.referrals import deaths, decisions, elsewhere, history, joining, merged, rulebook
from services.referrals.decisions import Decision
from services.referrals.desk import Answer, Desk
from services.referrals.joining import Joined
from services.referrals.merged import Brought
from services.referrals.reported import BY_NUMBER, reported
from services.referrals.state import pathway_of, taken_in
from shared.ledger.store import Written
from shared.ledger.types import Data, Refused, State


def merge(desk: Desk, id_: str, given: Data, expect: int | None = None) -> Answer:
    """Let a referral go on with another: `given` is {into: id of the other, reason}."""
    both = _locked(desk, id_, given["into"])
    if both is None:
        return Refused("R-13", "There is no such referral.", "Choose one of those it may repeat.", "into")
    ending, kept = both
    may = desk.ask(id_, lambda state, now: _judged(desk, state, now, given["reason"], kept), expect)
    if not isinstance(may, Written):
        return may
    # written first, for what is announced says who they are from now on; a refusal undoes it
    joined = joining.join(desk, ending, kept)
    return joined if isinstance(joined, Refused) else _write(desk, ending, kept, joined, given["reason"])


def _write(desk: Desk, ending: State, kept: State, joined: Joined, reason: str) -> Answer:
    """Say of both what the merge does to them."""
    if joined.freed:
        # a number is one person's: whoever hears of it hears first who has it no more
        elsewhere.note(desk, [ending["id"]], kept, joined.freed, {joining.NUMBER: None}, reason)
    answer = desk.do(decisions.merge, ending["id"], reason, kept)
    elsewhere.follow(desk, [ending["id"], *taken_in(ending), *taken_in(kept)], str(joined.derived.get("citizen_id", kept["citizen_id"])))
    rulebook.keep(desk.connection, pathway_of(ending))
    taken = _take_in(desk, ending, kept, joined, reason)
    return answer if isinstance(taken, Written) else taken


def _judged(desk: Desk, state: State, now: datetime, reason: str, kept: State) -> Decision:
    """Say nothing yet, or why it cannot be merged."""
    found = decisions.merge(state, now, desk.actor, desk.who, reason, kept)
    return found if isinstance(found, Refused) else []


def _take_in(desk: Desk, ending: State, kept: State, joined: Joined, reason: str) -> Answer:
    """Say on the referral that goes on what the other brings, and on the citizen's others what became new of their record."""
    reports = reported(desk.ledger, desk.connection, [ending["id"]], BY_NUMBER)
    if not kept["died_on"]:
        reports += deaths.unheard(reports)
    answer = desk.do(merged.take_in, kept["id"], ending, reason, Brought(joined.derived, list(joined.new), reports))
    if isinstance(answer, Written):
        if joined.new:
            history.keep_elsewhere(desk, kept["id"], ending["id"], joined.was, joined.new)
        others = elsewhere.under_way(desk, answer.state["citizen_id"], but=kept["id"])
        elsewhere.note(desk, others, answer.state, joined.was, joined.new, reason)
    return answer


def _locked(desk: Desk, id_: str, into: str) -> tuple[State, State] | None:
    """Give both referrals as they stand once nobody else can write them or another of their citizens'; None where one is not there."""
    def both_and_theirs() -> list[str]:
        found = [written.state for one in (id_, into) if (written := desk.read(one))]
        return [id_, into, *(one for state in found for one in [*elsewhere.under_way(desk, state["citizen_id"]), *taken_in(state)])]
    elsewhere.lock_all(desk, both_and_theirs)
    ending, kept = desk.read(id_), desk.read(into)
    return (ending.state, kept.state) if ending and kept else None
