"""What a citizen who referred themself has yet to be told, and how they were: no message goes to them by itself (R-11, N-04); pure.

Where theirs goes on with a practitioner's, they are told what is decided about that one: the rest its practitioner says.
Nothing is to be told to anybody once they have died (J-14) or the journey has closed (J-11), nor that a referral goes on with
another (R-13).
"""
from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from services.referrals.decisions import Decision, forbidden, said
from services.referrals.expected import ahead
from services.referrals.reasons import MERGED
from services.referrals.rules import in_words
from services.referrals.state import closed_on, first_held, text
from shared.calendar import london_day
from shared.ledger.types import Actor, Data, Refused, State
from shared.permissions import may

#: What may be to be told, as it ends "Tell the citizen ..."; `wrote` is answered instead.
WORDS: Mapping[str, str] = {
    "accepted": "that the Pod will work with them", "declined": "that their referral was declined, and why",
    "withdrawn": "that their referral was withdrawn, and why", "offered": "when the first meeting is",
    "called_off": "that the first meeting is called off"}
WROTE = "wrote"
#: How somebody was told.
WAYS: Mapping[str, str] = {"telephone": "By telephone", "text": "By text message", "email": "By email", "letter": "By letter", "in_person": "Face to face"}
#: Why somebody was not told, and will not be.
WHY_NOT: Mapping[str, str] = {
    "known": "They know already, or there is no need", "asked_not_to": "They asked us not to", "no_way": "No way of reaching them works or is safe",
    "not_reached": "We tried more than once and could not reach them"}
#: Reasons to withdraw after which there is nothing to tell: they said it themself, it goes on, or they died.
NOT_NEWS = ("citizen_decided", MERGED, "died")


class News(NamedTuple):
    """Something to be told, once: `key` is what it is about, `what` one of WORDS or WROTE, `since` when it came up, UTC text."""

    key: str
    what: str
    since: str


def to_tell(state: State, now: datetime) -> list[News]:
    """Give what the citizen has yet to be told, what waits longest first."""
    since = _asked_since(state)
    if since is None or not state["stage"] or _has_died(state) or closed_on(state, now):
        return []
    told = state.get("told", {})
    return sorted((one for one in _news(state, now, since) if one.key not in told), key=lambda one: (one.since, one.key))


def _asked_since(state: State) -> str | None:
    """Give from when the citizen waits for it themself: always, or since theirs was merged into it; None where they do not."""
    if state["self_referral"]:
        return ""
    theirs = (one["at"] for one in state["amendments"].values() if "merged" in one and one["merged"]["self_referral"])
    return min(theirs, default=None)


def _has_died(state: State) -> bool:
    """Say whether they died as far as staff know, be it from another referral of theirs (R-13)."""
    return bool(state["died_on"]) or any(one["kind"] == "citizen.died" for one in state.get("known_elsewhere", {}).values())


def _news(state: State, now: datetime, since: str) -> Iterator[News]:
    decision = state["decision"]
    if decision and decision["at"] >= since and decision.get("reason") not in NOT_NEWS and not first_held(state):
        yield News(decision["state"], decision["state"], decision["at"])
    yield from _of_meeting(state, now)
    for id_, one in state.get("messages", {}).items():
        yield News(f"message:{id_}", WROTE, one["at"])


def _of_meeting(state: State, now: datetime) -> Iterator[News]:
    """Give that the first meeting is offered or called off, while it would still be ahead."""
    meeting = state["meeting"]
    if not (meeting and state["self_referral"]) or state["stage"] != "accepted" or first_held(state):
        return
    if meeting["cancelled"] and meeting["starts_at"] > text(now):
        yield News(f"meeting:{meeting['sequence']}", "called_off", meeting["at"])
    elif ahead(state, now) and (number := number_of(meeting)) is not None:
        yield News(f"meeting:{number}", "offered", meeting["at"])


def number_of(meeting: Data) -> int | None:
    """Give under which number the citizen is told of a meeting that is offered; None where they agreed to its time themself."""
    number: int | None = meeting["news"] if "news" in meeting else None if meeting.get("agreed") else meeting.get("sequence", 0)
    return number


def next_number(before: Data | None, offered: Data) -> int | None:
    """Give under which number the citizen is to be told of what is being offered: of the same time and place only once."""
    if before and not before["cancelled"] and all(before.get(name) == offered[name] for name in ("starts_at", "mode", "place")):
        return number_of(before)
    return None if offered["agreed"] else offered["sequence"]


def turns(state: State) -> Iterator[datetime]:
    """Give every moment at which what is to be told may change by itself: a meeting that has begun is told to nobody."""
    if state["self_referral"] and state["meeting"]:
        yield datetime.fromisoformat(state["meeting"]["starts_at"])


def in_short(what: Collection[str]) -> str:
    """Say what is to be done: Tell the citizen that the Pod will work with them and when the first meeting is."""
    told = " and ".join(words for name, words in WORDS.items() if name in what)
    if not told:
        return "Answer what the citizen wrote" if what else ""
    return f"Tell the citizen {told}" + (", and answer what they wrote" if WROTE in what else "")


def told_in_words(key: str, how: Data) -> str:
    """Say what somebody was told, how and when, or why they were not: `how` is {way | why_not, on}."""
    what = "how the first meeting stands" if key.startswith("meeting:") else WORDS.get(key, "an answer to what they wrote")
    done = WAYS[how["way"]].lower() if how.get("way") else f"not told: {WHY_NOT[how['why_not']]}"
    return f"{what[:1].upper()}{what[1:]}: {done}, {in_words(how['on'])}"


def tell(state: State, now: datetime, actor: Actor, who: str, given: Data) -> Decision:
    """Write down that the citizen was told, or why not: {way | why_not, on: London day, what?: keys}.

    Without `what` it is all but what they wrote: whoever tells it may not have seen the last of that.
    """
    if not may(actor.roles, "referral:triage"):
        return forbidden()
    waiting = to_tell(state, now)
    chosen = [one for one in waiting if (one.key in given["what"] if "what" in given else one.what != WROTE)]
    if not chosen and waiting and "what" not in given:
        return Refused("R-11", "Only what the citizen wrote is left, and which of it was answered is not said.",
                       "Read their messages, and name in what those that were answered, each by its key in to_tell.", "what")
    if not chosen:
        return Refused("R-11", "There is nothing of that left to tell the citizen.", "Open the referral afresh to see who wrote it down, and how it stands.")
    latest = max(london_day(datetime.fromisoformat(one.since)).isoformat() for one in chosen)
    if given["on"] < latest:
        return Refused("R-11", f"What is told came up on {in_words(latest)}.", "Enter that day or a later one, or write down each by itself.", "on")
    how = {name: given[name] for name in ("way", "why_not", "on") if given.get(name)}
    return [said(f"told:{one.key}", "citizen.told", now, who, how) for one in chosen]


#: Messages of a citizen that may wait for an answer at once: more are a program's.
MOST_WAITING = 5


def write(state: State, now: datetime, actor: Actor, who: str, message: str) -> Decision:
    """Note that the citizen wrote to us; their words are kept apart from it, under the id `message`."""
    if not (may(actor.roles, "referral:write-self") and state["self_referral"]):
        return forbidden()
    if state["stage"] not in ("open", "accepted") or state["died_on"] or closed_on(state, now):
        return Refused("R-11", "This referral is closed.", "Get in touch with the Pod.")
    if sum(one.what == WROTE for one in to_tell(state, now)) >= MOST_WAITING:
        return Refused("R-11", "You have written to us several times, and we have not answered yet.", "Get in touch with the Pod.")
    return [said(f"message:{message}", "citizen.wrote", now, who, {})]
