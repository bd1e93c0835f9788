"""What staff decide and record about a journey, and when they may not; as pure as the rules they follow.

Each command takes (state, now, actor, ...) and gives statements without actor, source and event id, which the desk
adds, or a refusal with its rule.
"""
from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from services.journeys.state import corrections, is_running, opened, reviews
from shared.calendar import london_day
from shared.ledger.types import Actor, Data, Refused, State, Statement
from shared.permissions import may

OUTCOMES = {"remain": "Remain involved", "pause": "Pause", "close": "Plan closure"}
CORRECTIONS = {"keep": "Keep the decision", "undo": "Undo the decision"}
BY_HAND = {"hospital.admitted": "Admission to hospital", "hospital.discharged": "Discharge from hospital",
           "citizen.died": "Death"}
#: Kinds that come from outside (or by hand in their place), and so may be taken back by hand.
OUTSIDE = ("hospital.", "keyworker.", "team.", "psychology.", "citizen.")
#: How far back something may be recorded by hand, as far as an event may come late.
BACK = timedelta(days=731)
LONGEST_WORDS = 4000


def complete_review(state: State, now: datetime, actor: Actor, journey_id: str, review_id: str, outcome: str,
                    words: str) -> list[Statement] | Refused:
    """Decide a review (J-10); what the decision rests on is kept with it, so that a correction can ask again (J-13)."""
    if not may(actor.roles, "journey:write"):
        return not_allowed("J-10")
    journey = dict(opened(state)).get(journey_id)
    if journey is None:
        return Refused("J-01", "There is no such journey.")
    corrected = {one.id for one in corrections(state, journey_id, journey)}
    ground = {review.id: review.stay_id for review in reviews(state, journey_id, journey)}
    if state["death"] is not None:
        return Refused("J-14", "Everything planned has stopped, since the citizen has died.", "No review is needed.")
    if review_id in state["decisions"]:
        return Refused("J-10", "This review has been done already.", "Open the journey again to see its outcome.")
    if review_id not in ground and review_id not in corrected:
        return Refused("J-13", "This review is no longer asked for.", "What it rested on has been taken back.")
    choices = CORRECTIONS if review_id in corrected else OUTCOMES
    if outcome not in choices:
        return Refused("J-10", f"Choose one of: {', '.join(choices.values())}.", field="outcome")
    if fault := fault_in(words, "words", needed=False):
        return fault
    rests = {"stay": ground[review_id], "rests_on": f"stay:{ground[review_id]}:admission"} if review_id in ground else {}
    data = {"journey": journey_id, "review": review_id, "outcome": outcome, "words": words.strip(), **rests}
    return [Statement(f"journey:{journey_id}:review:{review_id}:decision", "review.completed", now, data)]


def record(state: State, now: datetime, actor: Actor, kind: str, occurred_at: datetime,
           facts: Data) -> list[Statement] | Refused:
    """Record by hand what no system reported: an admission, a discharge, a death (J-10, J-14).

    `facts` has stay_id (an admission's is new), ward, legal_status, destination or died_on, as the kind needs.
    """
    if not may(actor.roles, "journey:write"):
        return not_allowed("J-10")
    if kind not in BY_HAND:
        return Refused("J-10", f"Only these can be recorded by hand: {', '.join(BY_HAND.values())}.", field="kind")
    if occurred_at > now:
        return Refused("J-13", "The date and time must not be in the future.", field="occurred_at")
    if occurred_at < now - BACK:
        return Refused("J-13", "The date and time must be within the last two years.", field="occurred_at")
    for name in ("stay_id", "ward", "destination"):
        if fault := fault_in(facts.get(name) or "", name, needed=False):
            return fault
    return {"hospital.admitted": _admission, "hospital.discharged": _discharge, "citizen.died": _death}[kind](
        state, now, occurred_at, facts)


def _admission(state: State, now: datetime, occurred_at: datetime, facts: Data) -> list[Statement] | Refused:
    if state["death"] is not None:
        return Refused("J-14", "A death is recorded for this citizen.", "Take the death back first, if it was a mistake.")
    data = {name: facts[name] for name in ("stay_id", "ward", "legal_status") if facts.get(name)}
    return [Statement(f"stay:{data['stay_id']}:admission", "hospital.admitted", occurred_at, data)]


def _discharge(state: State, now: datetime, occurred_at: datetime, facts: Data) -> list[Statement] | Refused:
    sid = facts.get("stay_id") or ""
    stay = state["stays"].get(sid)
    if stay is None or not is_running(stay):
        return Refused("J-10", "Choose the hospital stay that has ended.",
                       "Record the admission first if it is not listed.", field="stay_id")
    if occurred_at < datetime.fromisoformat(stay["admitted_at"]):
        return Refused("J-13", "The discharge must be after the admission.", field="occurred_at")
    data = {name: facts[name] for name in ("stay_id", "destination") if facts.get(name)}
    return [Statement(f"stay:{sid}:discharge", "hospital.discharged", occurred_at, data)]


def _death(state: State, now: datetime, occurred_at: datetime, facts: Data) -> list[Statement] | Refused:
    try:
        died_on = date.fromisoformat(facts.get("died_on") or "")
    except ValueError:
        return Refused("J-14", "Enter the day the citizen died.", field="died_on")
    if died_on > london_day(now):
        return Refused("J-14", "The day of death must not be in the future.", field="died_on")
    if died_on < london_day(now - BACK):
        return Refused("J-14", "The day of death must be within the last two years.", field="died_on")
    return [Statement("citizen:death", "citizen.died", occurred_at, {"died_on": died_on.isoformat()})]


def may_be_taken_back(kind: str) -> bool:
    """Say whether an entry of this kind can be taken back by hand; an offered meeting is, where it was offered."""
    return kind.startswith(OUTSIDE) or kind == "meeting.held"


def withdraw(state: State, now: datetime, actor: Actor, statement: Statement | None, stands: bool,
             reason: str) -> list[Statement] | Refused:
    """Take back what came from outside or a meeting held, with a reason; it stays on the timeline, struck through (J-13)."""
    if not may(actor.roles, "journey:correct"):
        return not_allowed("J-13")
    if statement is None:
        return Refused("J-13", "There is no such entry on this journey.")
    if not may_be_taken_back(statement.kind):
        return Refused("J-13", "Only what came from outside, and meetings held, can be taken back here.",
                       "Correct it where it was decided.")
    if not stands:
        return Refused("J-13", "This entry has already been corrected.", "Open the journey again to see by what.")
    if fault := fault_in(reason, "reason", needed=True):
        return fault
    gone = Statement(statement.about, "statement.withdrawn", now, {"reason": reason.strip()}, withdrawn=True)
    return [gone, *_admission_taken_back(statement, now)]


def _admission_taken_back(statement: Statement, now: datetime) -> list[Statement]:
    """Say when an admission was found not to have been, as `sayings.say` does of what a hospital takes back."""
    if statement.kind != "hospital.admitted":
        return []
    sid = statement.data["stay_id"]
    return [Statement(f"stay:{sid}:taken_back", "admission.taken_back", now, {"stay_id": sid})]


def fault_in(text: str, field: str, needed: bool) -> Refused | None:
    """Say what is wrong with words somebody typed; None where nothing is."""
    if needed and not text.strip():
        return Refused("J-13", "Give a reason.", field=field)
    if len(text) > LONGEST_WORDS:
        return Refused("J-13", f"Use {LONGEST_WORDS} characters or fewer.", field=field)
    if "\0" in text or not _encodes(text):
        return Refused("J-13", "The text holds a character that cannot be stored.", field=field)
    return None


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def not_allowed(rule: str) -> Refused:
    """Refuse what a role does not let somebody do."""
    return Refused(rule, "Your role does not let you do this.")


def choices_for(review: dict[str, Any]) -> dict[str, str]:
    """Give the outcomes a review may have, key -> words."""
    return CORRECTIONS if review["kind"] == "correction" else OUTCOMES
