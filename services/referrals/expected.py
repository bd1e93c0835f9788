"""Who is expected at the introductory meeting as it was offered, and whether its time is yet to be checked (R-07); pure.

Once it has begun, who came since changes nothing of it: nobody is told today to be somewhere yesterday.
"""
from __future__ import annotations

from datetime import datetime

from services.referrals.state import first_held, practitioner_at_work, stopped_at, text
from shared.calendar import london_day
from shared.ledger.types import Data, State


def is_off(state: State, meeting: Data) -> bool:
    """Say whether a meeting will not be: called off, or nothing planned happens any more by then (J-11, J-14)."""
    stopped = stopped_at(state)
    return bool(meeting["cancelled"]) or (stopped is not None and stopped <= meeting["starts_at"])


def planned(state: State) -> Data | None:
    """Give the meeting as it is offered; None where none is, it is off, or held."""
    offered: Data | None = state["meeting"]
    return offered if offered and not is_off(state, offered) and not first_held(state) else None


def ahead(state: State, now: datetime) -> Data | None:
    """Give the meeting as it is offered for a time still to come."""
    offered = planned(state)
    return offered if offered and offered["starts_at"] > text(now) else None


def expected(state: State) -> list[tuple[str, str]]:
    """Give (id, role) of those of the Pod and of the practitioner's team who are to be at the meeting that was offered."""
    practitioner = practitioner_at_work(_as_known(state, _began(state)), london_day(datetime.fromisoformat(state["meeting"]["starts_at"])))
    found = [(_worker(state), "development_worker"), (practitioner["id"] if practitioner else "", "practitioner")]
    return [one for one in found if one[0]]


def of_another(state: State) -> bool:
    """Say whether a meeting is offered that suited another development worker; old offers do not say whom."""
    offered = planned(state)
    return bool(offered and state["allocation"] and offered.get("development_worker", _worker(state)) != _worker(state))


def to_check(state: State, now: datetime) -> bool:
    """Say whether the development worker has yet to check the time of a meeting offered for another, while it is ahead."""
    return ahead(state, now) is not None and of_another(state)


def begun_with(state: State, now: datetime) -> Data:
    """Give what an allocation keeps of a meeting that has begun: {met_by}, whoever was the development worker then."""
    offered = state["meeting"]
    begun = offered and not offered["cancelled"] and state["allocation"] and _began(state) <= text(now)
    return {"met_by": _worker(state)} if begun else {}


def _began(state: State) -> str:
    """Give when it began: as offered, or earlier where it was held earlier."""
    starts_at: str = state["meeting"]["starts_at"]
    return min(starts_at, first_held(state) or starts_at)


def _worker(state: State) -> str:
    chosen = state["allocation"]
    if not chosen:
        return ""
    since = chosen["at"] >= _began(state)
    worker: str = (chosen.get("met_by") if since else None) or chosen["development_worker"]
    return worker


def _as_known(state: State, moment: str) -> State:
    """Give what a state says of the practitioner as it was known at a moment."""
    before: Data | None = next((one for one in state.get("practitioners_before", ()) if one["until"] > moment), None)
    known = {**state, **(before or {})}
    return {**known, **{name: {key: one for key, one in known[name].items() if one["known_at"] <= moment} for name in ("changes", "gone")}}
