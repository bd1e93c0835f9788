"""The meetings of a journey: what is offered, what was held and who was there; as pure as the rules they follow.

So far only the introductory meeting is recorded (R-07); its statement has the shape that the others will have (J-07).
"""
from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from services.journeys.decisions import fault_in, not_allowed
from services.journeys.state import NEVER, Journey, closing, instant, opened, practitioner_on
from shared.calendar import london_day
from shared.ledger.types import Actor, Data, Refused, State, Statement
from shared.pathways import PATHWAYS
from shared.permissions import may

#: The id, within its journey, of the first meeting: the one where all who work together meet (R-07).
INTRODUCTORY = "introductory"
MODES = {"in_person": "In person", "telephone": "By telephone", "teams": "On Microsoft Teams"}
ATTENDEES = {"citizen": "The citizen", "development_worker": "The development worker", "practitioner": "The practitioner"}
#: Fewer did not meet: who waited alone has a meeting that was missed.
FEWEST = 2


class Held(NamedTuple):
    """What is said of a meeting that was held: when (aware UTC), how, who was there, and why not everybody was."""

    held_at: datetime
    mode: str
    attendees: tuple[str, ...]
    reason: str = ""
    strand: str = ""


def key_of(jid: str, meeting: str = INTRODUCTORY) -> str:
    """Give the key that statements about a meeting speak of."""
    return f"meeting:{jid}:{meeting}"


def offer_key(jid: str) -> str:
    """Give the key of what is offered: apart from the meeting itself, so that an offer moved late undoes no meeting."""
    return f"{key_of(jid)}:offer"


def meetings_of(state: State, jid: str) -> list[Data]:
    """Give the meetings of a journey that were held, in order."""
    return sorted((one for one in state["meetings"].values() if one["journey"] == jid), key=lambda one: str(one["held_at"]))


def introductory(state: State, jid: str) -> Data | None:
    """Give the introductory meeting of a journey where it was held."""
    found: Data | None = state["meetings"].get(key_of(jid))
    return found


def held_in(state: State, jid: str, strand: str) -> int:
    """Count the meetings held in a strand of a journey (J-07)."""
    return sum(one["strand"] == strand for one in meetings_of(state, jid))


def first_strand(journey: Journey) -> str:
    """Give the strand that the introductory meeting counts in: the pathway's first (R-07, J-02)."""
    return PATHWAYS[journey["pathway"]].strand[0].key


def expected(state: State, journey: Journey, day: str) -> tuple[str, ...]:
    """Give who must be there on a London day: all three, or the two of them where there is no practitioner (R-07, R-11)."""
    alone = practitioner_on(state, journey, day) is None
    return tuple(who for who in ATTENDEES if not (alone and who == "practitioner"))


def record_held(state: State, now: datetime, actor: Actor, jid: str, said: Held) -> list[Statement] | Refused:
    """Record that the introductory meeting was held (R-07); once, until that is taken back."""
    if not may(actor.roles, "journey:write"):
        return not_allowed("R-07")
    journey = dict(opened(state)).get(jid)
    if journey is None:
        return Refused("J-01", "There is no such journey.")
    if introductory(state, jid):
        return Refused("R-07", "The introductory meeting has been recorded already.",
                       "If something about it is wrong, take it back on the timeline, then record it again.")
    if fault := _strand(journey, said) or _time(state, now, journey, said) or _who(state, journey, said):
        return fault
    return [Statement(key_of(jid), "meeting.held", said.held_at, _data(state, journey, jid, said))]


def _data(state: State, journey: Journey, jid: str, said: Held) -> Data:
    reason = {"reason": said.reason.strip()} if said.reason.strip() else {}
    return {"journey": jid, "meeting": INTRODUCTORY, "strand": first_strand(journey), "mode": said.mode,
            "attendees": [who for who in ATTENDEES if who in said.attendees], "missing": _missing(state, journey, said), **reason}


def _strand(journey: Journey, said: Held) -> Refused | None:
    first = first_strand(journey)
    if said.strand in ("", first):
        return None
    return Refused("R-07", f"Only the introductory meeting can be recorded so far, and it belongs to {first}.",
                   f"Leave strand out, or say {first}.", field="strand")


def _time(state: State, now: datetime, journey: Journey, said: Held) -> Refused | None:
    at, words = instant(said.held_at), ""
    end, death = closing(state, journey), state["death"]
    if said.held_at > now:
        words = "The meeting must not be in the future: record it once it was held."
    elif at < journey["opened_at"]:
        words = "The meeting must not be before the journey opened."
    elif at >= (end["ends_at"] if end else NEVER):
        words = "The meeting must not be after the journey closed."
    elif death and london_day(said.held_at).isoformat() > death["died_on"]:
        return Refused("J-14", "The meeting must not be after the citizen died.", field="held_at")
    return Refused("R-07", words, field="held_at") if words else None


def _who(state: State, journey: Journey, said: Held) -> Refused | None:
    if said.mode not in MODES:
        return Refused("R-07", f"Choose one of: {', '.join(MODES)}.", field="mode")
    if unknown := set(said.attendees) - set(_expected(state, journey, said)):
        return _nobody_here(unknown)
    if len(set(said.attendees)) < FEWEST:
        return Refused("R-07", "Choose at least two people who were there.", "Where nobody else came, it was not held.",
                       field="attendees")
    missing = _missing(state, journey, said)
    if missing and not said.reason.strip():
        absent = in_words(missing)
        return Refused("R-07", f"{absent[:1].upper()}{absent[1:]} should have been there: say why the meeting was held without them.",
                       field="reason")
    return fault_in(said.reason, "reason", needed=False)


def _nobody_here(unknown: Iterable[str]) -> Refused:
    if set(unknown) == {"practitioner"}:
        return Refused("R-07", "The citizen had no practitioner on that day.", "Leave the practitioner out.", field="attendees")
    return Refused("R-07", f"Choose from: {', '.join(ATTENDEES)}.", field="attendees")


def _missing(state: State, journey: Journey, said: Held) -> list[str]:
    return [who for who in _expected(state, journey, said) if who not in said.attendees]


def _expected(state: State, journey: Journey, said: Held) -> tuple[str, ...]:
    return expected(state, journey, london_day(said.held_at).isoformat())


def in_words(who: Iterable[str]) -> str:
    """Name some of those who meet: the citizen, the development worker and the practitioner."""
    names = [ATTENDEES[one][:1].lower() + ATTENDEES[one][1:] for one in who]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def shown(state: State, jid: str, now: str) -> list[dict[str, Any]]:
    """Give the meetings of a journey: those held, else what is offered; after a death nothing is planned (J-14)."""
    held = [{**_EMPTY, "id": one["meeting"], "state": "held", **{name: one.get(name) for name in _FACTS}}
            for one in meetings_of(state, jid)]
    journey, offer = state["journeys"][jid], state["offers"].get(jid)
    end = closing(state, journey)
    if offer is None or introductory(state, jid) or state["death"] or (end and end["ends_at"] <= now):
        return held
    return [{**_EMPTY, "id": INTRODUCTORY, "state": "offered", "strand": first_strand(journey), "mode": offer["mode"],
             "starts_at": offer["starts_at"], "ends_at": offer["ends_at"]}, *held]


_FACTS = ("strand", "mode", "held_at", "attendees", "missing", "reason")
_EMPTY: Data = {"starts_at": None, "ends_at": None, "held_at": None, "attendees": [], "missing": [], "reason": None}
