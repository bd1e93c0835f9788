"""What a state of journeys means: who is in hospital, which reviews are asked for, when a journey closes; pure.

Times in a state are UTC texts of fixed width, days are London days as YYYY-MM-DD, so both sort as text. People are
ids. How statements become a state is in `domain.py`.
"""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from shared.calendar import add_working_days, london_day, start_of_london_day
from shared.ledger.types import Data, State
from shared.pathways import PATHWAYS

#: Later than any time; a journey that does not end and a citizen who lives have it.
NEVER = "9999"

Journey = dict[str, Any]
Stay = dict[str, Any]


class Review(NamedTuple):
    """A review an admission asks for; `overdue_at` is the first moment of the London day after `due_on`."""

    id: str
    stay_id: str
    due_on: str
    overdue_at: str


class Correction(NamedTuple):
    """A review that asks whether to keep the decision `of` a review, since the admission it rested on was taken back."""

    id: str
    of: str
    asked_at: str
    due_on: str
    overdue_at: str


def instant(moment: datetime) -> str:
    """Write an aware UTC datetime as text of fixed width."""
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def stay_key(stay_id: str) -> str:
    """Give what stands for a stay in the id of its review, since a hospital's number may hold anything."""
    return blake2b(stay_id.encode(), digest_size=8).hexdigest()


def is_inpatient(state: State) -> bool:
    """Say whether the citizen is in hospital: a dated overlay, never a state of a journey (J-10)."""
    return state["death"] is None and any(is_running(stay) for stay in state["stays"].values())


def is_running(stay: Stay) -> bool:
    """Say whether a stay goes on: what happened last by its own time wins (J-13)."""
    admitted, left = stay.get("admitted_at"), stay.get("discharged_at")
    return admitted is not None and (left is None or left < admitted)


def since_admission(stay: Stay, series: str) -> dict[str, Any]:
    """Give what of a dated series belongs to a stay's admission, time -> what was so from then on."""
    return {at: stay[series][at] for at in sorted(stay.get(series, ())) if at >= stay.get("admitted_at", "")}


def legal_statuses(stay: Stay) -> list[Data]:
    """Give the legal statuses of a stay one after another, each until the next or the discharge (J-10)."""
    first = {stay["admitted_at"]: stay["legal_status"]} if "admitted_at" in stay and "legal_status" in stay else {}
    codes = {**first, **since_admission(stay, "statuses")}
    left = stay.get("discharged_at") if not is_running(stay) else None
    return [{"code": code, "from": at, "until": next_at or (left if left and left > at else None)}
            for (at, code), next_at in zip(codes.items(), [*list(codes)[1:], None], strict=False)]


def opened(state: State) -> Iterator[tuple[str, Journey]]:
    """Give the journeys that opened; one only allocated so far waits for its opening."""
    return ((jid, journey) for jid, journey in state["journeys"].items() if "opened_at" in journey)


def is_former(state: State) -> bool:
    """Say whether all referrals of somebody ended and none opened a journey (X-02)."""
    return bool(state["referrals"]) and not any(state["referrals"].values()) and not any(True for _ in opened(state))


def is_self_referred(journey: Journey) -> bool:
    """Say whether the citizen referred themself (R-11); what opened a journey before that was told apart had no practitioner then."""
    found: bool = journey.get("self_referral", journey["practitioner"] is None)
    return found


def practitioner_on(state: State, journey: Journey, day: str) -> str | None:
    """Give the id of a journey's practitioner on a London day; None where the citizen has none (J-12, R-11)."""
    current: str | None = journey["practitioner"]
    for on, who in later_practitioners(state, journey).items():
        if on <= day:
            current = who
    return current


def later_practitioners(state: State, journey: Journey) -> dict[str, str]:
    """Give who became a journey's practitioner after the first, by the London day from which they are it, in order (J-12)."""
    if not state["changes"]:
        return {}
    journeys = dict(opened(state))
    current = {jid: one["practitioner"] for jid, one in journeys.items()}
    found: dict[str, str] = {}
    for change in sorted(state["changes"].values(), key=lambda one: (one["on"], one["at"], one["practitioner"])):
        under_way = [jid for jid, one in journeys.items() if one["opened_on"] <= change["on"]]
        # whoever names a practitioner that none of them has may still mean the citizen: better a journey moved than none
        moved = [jid for jid in under_way if current[jid] and current[jid] == change.get("before")] or under_way
        current.update(dict.fromkeys(moved, change["practitioner"]))
        if any(journeys[jid]["referral_id"] == journey["referral_id"] for jid in moved):
            found[change["on"]] = change["practitioner"]
    return found


def overtaken_by(state: State, about: str) -> str | None:
    """Give the key of what a practitioner said of their discharge after `about` and before it took effect, if they did.

    A cancellation names no date, and a correction another: both speak of the discharge that is still to come (J-11).
    """
    one = state["discharges"][about]
    later = [(_said(key, other), key) for key, other in state["discharges"].items()
             if other["practitioner"] == one["practitioner"] and _said(about, one) < _said(key, other)
             and other["known_at"] <= one.get("ends_at", NEVER)]
    return min(later)[1] if later else None


def _said(about: str, one: Data) -> tuple[str, bool, str]:
    """Rank what was said of discharges as statements about one key are ranked: ties go to the cancellation."""
    return one["known_at"], "closes_on" not in one, about


def discharges(state: State) -> dict[str, Data]:
    """Give the discharges by practitioners that stand."""
    return {about: one for about, one in state["discharges"].items()
            if "closes_on" in one and overtaken_by(state, about) is None}


def closing(state: State, journey: Journey) -> Data | None:
    """Give the discharge by the journey's own practitioner that ends it, the earliest first (J-11)."""
    ends = [one for one in discharges(state).values() if one["closes_on"] >= journey["opened_on"]
            and practitioner_on(state, journey, one["closes_on"]) == one["practitioner"]]
    return min(ends, key=lambda one: (one["closes_on"], one["at"])) if ends else None


def stage_of(state: State, journey: Journey, now: datetime) -> str:
    """Give open, closing or closed."""
    end = closing(state, journey)
    if end is None:
        return "open"
    return "closed" if end["ends_at"] <= instant(now) else "closing"


def reviews(state: State, jid: str, journey: Journey) -> Iterator[Review]:
    """Give the reviews of a journey: one for each admission that lasts into it (J-10, R-09)."""
    for sid, stay in stays_of(state, journey, limit_of(state, journey)):
        yield review_of(jid, journey, sid, stay)


def review_of(jid: str, journey: Journey, sid: str, stay: Stay) -> Review:
    """Give the review of one stay; nobody is late with what they could not know of, so it is due from then on (J-13)."""
    return Review(f"{jid}-{stay['key']}", sid, *deadline_of(journey, stay))


def deadline_of(journey: Journey, stay: Stay) -> tuple[str, str]:
    """Give when the review of a stay is due and when it is overdue; every event asks this of every stay."""
    return _deadline(max(stay["admitted_on"], stay["known_on"], journey["opened_on"]), journey["pathway"])


def asked_for_review(state: State, journey: Journey, stay_id: str, admitted_at: str) -> bool:
    """Say whether an admission since taken back would ask for a review of a journey."""
    as_it_was = {**state, "stays": {stay_id: {**state["stays"].get(stay_id, {}), "admitted_at": admitted_at}}}
    return any(True for _ in stays_of(as_it_was, journey, limit_of(state, journey)))


def corrections(state: State, jid: str, journey: Journey) -> Iterator[Correction]:
    """Give the reviews of decisions whose admission was taken back (J-13), whether or not they have been done."""
    for rid, decision in state["decisions"].items():
        if decision["journey"] == jid and "stay" in decision \
                and "admitted_at" not in state["stays"].get(decision["stay"], {}):
            asked_at = max(decision["at"], state["taken_back"].get(decision["stay"], ""))
            since = london_day(datetime.fromisoformat(asked_at)).isoformat()
            yield Correction(correction_id(rid), rid, asked_at, *_deadline(since, journey["pathway"]))


def next_review_on(state: State, jid: str, journey: Journey) -> str | None:
    """Give the day the next open review of a journey is due."""
    if state["death"] is not None or not (state["stays"] or state["decisions"]):
        return None
    done, stays = state["decisions"], stays_of(state, journey, limit_of(state, journey))
    due = [deadline_of(journey, stay)[0] for _, stay in stays if not (done and f"{jid}-{stay['key']}" in done)]
    due += [one.due_on for one in corrections(state, jid, journey) if one.id not in done]
    return min(due, default=None)


def correction_id(rid: str) -> str:
    """Give the id of the review that asks whether to keep a decision whose ground is gone."""
    return f"{rid}-corrected"


def is_undone(state: State, rid: str) -> bool:
    """Say whether a decision was undone after its ground was taken back."""
    return bool(state["decisions"].get(correction_id(rid), {}).get("outcome") == "undo")


def limit_of(state: State, journey: Journey) -> str:
    """Give the time from which on nothing more is said of a journey: its end, or when a death became known."""
    end = closing(state, journey) if state["discharges"] else None
    return min(end["ends_at"] if end else NEVER, state["death"]["known_at"] if state["death"] else NEVER)


def stays_of(state: State, journey: Journey, limit: str) -> Iterator[tuple[str, Stay]]:
    """Give the stays that were going on while the journey was; walked for every event, so in one plain loop."""
    opened_at = journey["opened_at"]
    for sid, stay in state["stays"].items():
        admitted = stay.get("admitted_at")
        if admitted is not None and admitted < limit:
            left = stay.get("discharged_at")
            if left is None or left < admitted or left > opened_at:
                yield sid, stay


@lru_cache(maxsize=4096)
def _deadline(since: str, pathway: str) -> tuple[str, str]:
    """Give the last working day for a review, and the first moment it is overdue."""
    due_on = add_working_days(date.fromisoformat(since), PATHWAYS[pathway].review_in_working_days)
    return due_on.isoformat(), instant(start_of_london_day(due_on + timedelta(days=1)))


@lru_cache(maxsize=4096)
def follow_up_by(discharged_on: str, days: int) -> str:
    """Give the London day a follow-up meeting after a discharge is proposed for (J-10)."""
    return (date.fromisoformat(discharged_on) + timedelta(days=days)).isoformat()
