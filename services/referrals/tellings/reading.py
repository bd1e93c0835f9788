"""What a citizen has yet to be told, what they were told, and what they wrote, as staff are shown it."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from services.referrals import messages, reasons, store
from services.referrals.desk import Desk
from services.referrals.meeting import Span, as_said
from services.referrals.state import pathway_of
from services.referrals.telling import WORDS, WROTE, News, to_tell
from shared.database import instant_text
from shared.ledger.types import Data, State


def for_staff(desk: Desk, state: State) -> Data:
    """Give {to_tell, told, messages} as the API answers them."""
    return {"to_tell": [{**one._asdict(), "words": sentence(one.what)} for one in to_tell(state, desk.now)],
            "told": _told(desk, state), "messages": _messages(desk, state)}


def waiting(desk: Desk, state: State) -> list[Data]:
    """Give what is to be told with all that whoever tells it needs to say: {key, words, since, lines}."""
    wrote = {one["id"]: one["words"] for one in _messages(desk, state)}
    return [{"key": one.key, "words": sentence(one.what), "since": one.since, "lines": _lines(desk, state, one, wrote)}
            for one in to_tell(state, desk.now)]


def sentence(what: str) -> str:
    """Say one thing that is to be told, as a label: That the Pod will work with them."""
    return "An answer to what they wrote" if what == WROTE else WORDS[what][:1].upper() + WORDS[what][1:]


def _told(desk: Desk, state: State) -> list[Data]:
    told = state.get("told", {})
    names = desk.names({one["by"] for one in told.values()}) if told else {}
    return [{"key": key, "way": one.get("way"), "why_not": one.get("why_not"), "on": one["on"], "at": one["at"], "by": names[one["by"]]}
            for key, one in sorted(told.items(), key=lambda pair: pair[1]["at"], reverse=True)]


def _messages(desk: Desk, state: State) -> list[Data]:
    if not state.get("messages"):
        return []
    return [{**one, "at": instant_text(one["at"])} for one in messages.of(desk.connection, store.messages, state["id"])]


def _lines(desk: Desk, state: State, one: News, wrote: dict[str, str]) -> list[str]:
    """Give what there is to say, a line each."""
    if one.what == WROTE:
        return [wrote.get(one.key.partition(":")[2], "")]
    return {"accepted": _accepted, "declined": _declined, "withdrawn": _declined, "offered": _meeting, "called_off": _meeting}[one.what](desk, state)


def _accepted(desk: Desk, state: State) -> list[str]:
    if not state["allocation"]:
        return ["A development worker is not chosen yet. They arrange the first meeting."]
    worker = state["allocation"]["development_worker"]
    return [f"{desk.names([worker])[worker]} is their development worker, and arranges the first meeting."]


def _declined(desk: Desk, state: State) -> list[str]:
    decision = state["decision"]
    change = f"What would change the answer: {decision['would_change']}" if decision.get("would_change") else ""
    # what was written to a practitioner is not for the citizen to be read out
    words = decision.get("words", "") if state["self_referral"] else ""
    return [line for line in (reasons.WORDS.get(decision["reason"], decision["reason"]), words, change) if line]


def _meeting(desk: Desk, state: State) -> list[str]:
    meeting: Any = state["meeting"]
    when = as_said(Span(datetime.fromisoformat(meeting["starts_at"]), datetime.fromisoformat(meeting["ends_at"])))
    if meeting["cancelled"]:
        return [f"It was to be on {when}.", meeting["reason"]]
    return [f"It is on {when}.", ": ".join(part for part in (pathway_of(state).words(meeting["mode"]), meeting["place"]) if part)]
