"""The introductory meeting: when those who take part can, when it is offered, and when it is off (R-07, R-08); pure."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from services.referrals import telling
from services.referrals.access import may_add
from services.referrals.decisions import Decision, closed, decided, died, forbidden, said
from services.referrals.expected import ahead
from services.referrals.rules import in_words
from services.referrals.state import closed_on, first_held, pathway_of, practitioner_at_work, stopped_at, text
from shared.calendar import london_day, span_in_words, working_hours
from shared.ledger.types import Actor, Data, Refused, State
from shared.pathways.sentences import opening_hours
from shared.permissions import may

#: A meeting begins on the half hour, and is offered no further ahead than this.
STEP, AHEAD = timedelta(minutes=30), timedelta(days=60)


class Span(NamedTuple):
    """A time from a moment until another, aware UTC."""

    start: datetime
    end: datetime

    def covers(self, other: Span) -> bool:
        """Say whether the whole of another span is within this one."""
        return self.start <= other.start and other.end <= self.end

    def meets(self, other: Span) -> bool:
        """Say whether the two overlap."""
        return self.start < other.end and other.start < self.end


def who_takes_part(state: State, now: datetime) -> list[tuple[str, str]]:
    """Give (whose, id) of those who must be there: citizen, development worker, practitioner where there is one who has not gone (R-07).

    The practitioner is whoever it is on the day of a meeting that is offered, else today.
    """
    offered = ahead(state, now)
    return _on(state, london_day(datetime.fromisoformat(offered["starts_at"]) if offered else now))


def _on(state: State, day: date) -> list[tuple[str, str]]:
    found = [("citizen", state["citizen_id"])]
    if state["allocation"]:
        found.append(("development_worker", state["allocation"]["development_worker"]))
    if practitioner := practitioner_at_work(state, day):
        found.append(("practitioner", practitioner["id"]))
    return found


def free_times(state: State, whose: str, id_: str) -> list[Span] | None:
    """Give when somebody said they can; None where they, being this very person, said nothing."""
    given = state["availability"].get(whose)
    if given is None or given["of"] != id_:
        return None
    return [Span(datetime.fromisoformat(one["starts_at"]), datetime.fromisoformat(one["ends_at"])) for one in given["times"]]


def slots(state: State, now: datetime, busy: Sequence[Span], most: int = 12) -> list[Span]:
    """Give the next times at which everybody can, within the Pod's hours and before the journey closes; none where somebody said nothing."""
    parts = who_takes_part(state, now)
    free = [free_times(state, whose, id_) for whose, id_ in parts]
    if not all(free):
        return []
    found = [span for span in _half_hours(state, now, free[0] or [])
             if all(_is_free(span, one or []) for one in free) and set(_on(state, london_day(span.start))) <= set(parts)]
    return [span for span in dict.fromkeys(sorted(found)) if not any(span.meets(other) for other in busy)][:most]


def _half_hours(state: State, now: datetime, free: Sequence[Span]) -> Iterator[Span]:
    length, stops = timedelta(minutes=pathway_of(state).first_meeting_minutes), stopped_at(state)
    last = min(now + AHEAD, datetime.fromisoformat(stops)) if stops else now + AHEAD
    for span in free:
        start = _round_up(max(span.start, now))
        while start + length <= min(span.end, last):
            if _in_hours(Span(start, start + length)):
                yield Span(start, start + length)
            start += STEP


def _round_up(moment: datetime) -> datetime:
    whole = moment.replace(minute=0, second=0, microsecond=0)
    return whole + STEP * -((whole - moment) // STEP)


def _is_free(span: Span, free: Sequence[Span]) -> bool:
    return any(one.covers(span) for one in free)


def _in_hours(span: Span) -> bool:
    hours = working_hours(london_day(span.start))
    return hours is not None and hours[0] <= span.start and span.end <= hours[1]


def give_availability(state: State, now: datetime, actor: Actor, who: str, whose: str, times: Sequence[Data]) -> Decision:
    """Note when citizen, practitioner or development worker can; what is said anew replaces what was said before."""
    if not may_add(state, actor, who, now):
        return forbidden()
    if refusal := cannot_give_times(state, now):
        return refusal
    ids = dict(who_takes_part(state, now))
    if whose not in ids:
        return Refused("R-07", "Nobody of that part is known yet.", "A development worker is chosen once it is accepted.", "whose")
    return [said(f"availability:{whose}", "availability.given", now, who, {"of": ids[whose], "times": list(times)})]


def offer(state: State, now: datetime, actor: Actor, who: str, given: Data, busy: Sequence[Span]) -> Decision:
    """Offer the meeting: {starts_at, mode, place?, agreed?}; `busy` are other meetings of the development worker.

    `agreed` says that everybody agreed to this time in another way than by giving times.
    """
    if refusal := cannot_offer(state, now, actor):
        return refusal
    start = datetime.fromisoformat(given["starts_at"])
    span = Span(start, start + timedelta(minutes=pathway_of(state).first_meeting_minutes))
    if refusal := _unfit(state, now, span, given, busy):
        return refusal
    sequence = (state["meeting"] or {}).get("sequence", -1) + 1
    data: Data = {"starts_at": text(span.start), "ends_at": text(span.end), "mode": given["mode"], "place": given.get("place", ""),
                  "agreed": bool(given.get("agreed")), "sequence": sequence, "development_worker": state["allocation"]["development_worker"]}
    return [said("meeting", "meeting.offered", now, who, {**data, "news": telling.next_number(state["meeting"], data)})]


def call_off(state: State, now: datetime, actor: Actor, who: str, reason: str) -> Decision:
    """Call the meeting off; its times stay with the reason."""
    if not may(actor.roles, "referral:triage"):
        return forbidden()
    meeting = state["meeting"]
    if not meeting or meeting["cancelled"]:
        return Refused("R-07", "No meeting is offered.", "Offer one first.")
    kept = {name: meeting[name] for name in ("starts_at", "ends_at", "mode", "place", "agreed")}
    return [said("meeting", "meeting.cancelled", now, who, {**kept, "sequence": meeting["sequence"] + 1, "reason": reason})]


def cannot_give_times(state: State, now: datetime) -> Refused | None:
    """Say why nobody need say any more when they can; None where it is of use."""
    if state["stage"] not in ("open", "accepted"):
        return decided(state)
    if state["died_on"]:
        return died(state)
    return closed(state) if closed_on(state, now) else None


def cannot_offer(state: State, now: datetime, actor: Actor) -> Refused | None:
    """Say why no meeting can be offered, whenever it were; None where one can."""
    if not may(actor.roles, "referral:triage"):
        return forbidden()
    if state["stage"] != "accepted" or not state["allocation"]:
        return Refused("R-07", "The introductory meeting needs a development worker.", "Accept the referral and choose one first.")
    if state["died_on"]:
        return died(state)
    if closed_on(state, now):
        return closed(state)
    if first_held(state):
        return Refused("R-07", "The introductory meeting was held already.", "Book further meetings on the journey.")
    return None


def _unfit(state: State, now: datetime, span: Span, given: Data, busy: Sequence[Span]) -> Refused | None:
    if not now <= span.start <= now + AHEAD:
        return Refused("R-07", "The meeting must be ahead, and within 60 days.", "Choose another time.", "starts_at")
    if (closes := state["journey_closes_on"]) and london_day(span.start).isoformat() > closes:
        return Refused("J-11", f"The journey closes on {in_words(closes)}.", "Choose a time on that day or before it.", "starts_at")
    if not _in_hours(span):
        return Refused("R-08", "The Pod is closed at that time.", hours_in_words(), "starts_at")
    if any(span.meets(other) for other in busy):
        return Refused("R-07", "The development worker has another meeting then.", "Choose another time.", "starts_at")
    away = [] if given.get("agreed") else [whose for whose, id_ in _on(state, london_day(span.start))
                                           if not _is_free(span, free_times(state, whose, id_) or [])]
    if away:
        names = " and ".join(f"the {whose.replace('_', ' ')}" for whose in away)
        return Refused("R-07", f"We do not know that {names} can then.",
                       "Choose a time at which all can, or say that all have agreed to this one.", "starts_at")
    return None


def hours_in_words() -> str:
    """Say when the Pod is open (R-08)."""
    return f"It is open {opening_hours()}, not on bank holidays. A whole meeting must be within that."


def as_said(span: Span) -> str:
    """Write a time as people say it: Tuesday 24 November 2026, 10am to 11am."""
    return span_in_words(span.start, span.end)
