"""The rules of journeys: what was said about a person becomes their stays, reviews and closing (J-01, J-10 to J-14).

Times in a state are UTC texts of fixed width, days are London days as YYYY-MM-DD, so both sort as text. People are
ids. What staff may decide is in `decisions.py`.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from shared.calendar import add_working_days, end_of_london_day, london_day, start_of_london_day
from shared.ledger.types import Announcement, Data, State, Statement
from shared.pathways import PATHWAYS

FOLD_VERSION = 1
RANKS: Mapping[str, int] = {kind: rank for rank, kind in enumerate((
    "journey.opened", "journey.allocated",
    "hospital.admitted", "hospital.transferred", "hospital.legal_status_changed", "hospital.leave_started",
    "hospital.leave_ended", "hospital.discharged", "hospital.admission_cancelled", "hospital.discharge_cancelled",
    "keyworker.changed", "keyworker.absent", "keyworker.discharged", "keyworker.discharge_cancelled",
    "team.changed", "psychology.started", "citizen.died", "citizen.death_cancelled", "citizen.merged",
    "citizen.merge_cancelled", "review.completed", "statement.withdrawn",
))}
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


def initial(aggregate: str) -> State:
    """Give the state of a person nobody has spoken of."""
    return {"id": aggregate, "journeys": {}, "stays": {}, "death": None, "discharges": {}, "changes": {},
            "transitions": {}, "decisions": {}}


def instant(moment: datetime) -> str:
    """Write an aware UTC datetime as text of fixed width."""
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


# What each kind of statement does to a state.

def evolve(state: State, statement: Statement) -> State:
    """Take one standing statement into account; what is only for the timeline changes nothing."""
    step = STEPS.get(statement.kind)
    return step(state, statement) if step else state


def _opened(state: State, said: Statement) -> State:
    jid = said.about.split(":")[1]
    before = state["journeys"].get(jid, {"development_worker": None})
    journey = {**before, **said.data, "opened_at": instant(said.occurred_at),
               "opened_on": london_day(said.occurred_at).isoformat()}
    return {**state, "journeys": {**state["journeys"], jid: journey}}


def _allocated(state: State, said: Statement) -> State:
    jid = said.about.split(":")[1]
    before = state["journeys"].get(jid, {})
    journey = {**before, **said.data, "allocated_at": instant(said.occurred_at)}
    return {**state, "journeys": {**state["journeys"], jid: journey}}


def _admitted(state: State, said: Statement) -> State:
    return _on_stay(state, said, {"admitted_at": instant(said.occurred_at), **said.data,
                                  "admitted_on": london_day(said.occurred_at).isoformat()})


def _discharged(state: State, said: Statement) -> State:
    return _on_stay(state, said, {"discharged_at": instant(said.occurred_at), **said.data,
                                  "discharged_on": london_day(said.occurred_at).isoformat()})


def _dated(series: str, word: Callable[[Data], Any]) -> Callable[[State, Statement], State]:
    """Make the step of a dated series on a stay: time -> what was so from then on."""
    def step(state: State, said: Statement) -> State:
        sid = said.data["stay_id"]
        before = state["stays"].get(sid, {}).get(series, {})
        return _on_stay(state, said, {series: {**before, instant(said.occurred_at): word(said.data)}})
    return step


def _on_stay(state: State, said: Statement, facts: Data) -> State:
    sid = said.data["stay_id"]
    stay = state["stays"].get(sid) or {"key": stay_key(sid)}
    return {**state, "stays": {**state["stays"], sid: {**stay, **facts}}}


def stay_key(stay_id: str) -> str:
    """Give what stands for a stay in the id of its review, since a hospital's number may hold anything."""
    return blake2b(stay_id.encode(), digest_size=8).hexdigest()


def _practitioner_discharged(state: State, said: Statement) -> State:
    known = instant(_recorded(said))
    ends = max(instant(end_of_london_day(date.fromisoformat(said.data["closes_on"]))), known)
    entry = {**said.data, "at": instant(said.occurred_at), "known_at": known, "ends_at": ends}
    return {**state, "discharges": {**state["discharges"], said.about: entry}}


def _practitioner_changed(state: State, said: Statement) -> State:
    changes = {**state["changes"], said.data["on"]: said.data["practitioner"]}
    return _transition({**state, "changes": changes}, said)


def _transition(state: State, said: Statement) -> State:
    entry = {"kind": said.kind, "at": instant(said.occurred_at), **said.data}
    return {**state, "transitions": {**state["transitions"], said.about: entry}}


def _died(state: State, said: Statement) -> State:
    death = {**said.data, "at": instant(said.occurred_at), "known_at": instant(_recorded(said))}
    return {**state, "death": death}


def _reviewed(state: State, said: Statement) -> State:
    decision = {**said.data, "at": instant(said.occurred_at), "by": said.actor}
    return {**state, "decisions": {**state["decisions"], said.data["review"]: decision}}


def _recorded(said: Statement) -> datetime:
    return said.recorded_at or said.occurred_at


STEPS: Mapping[str, Callable[[State, Statement], State]] = {
    "journey.opened": _opened, "journey.allocated": _allocated, "hospital.admitted": _admitted,
    "hospital.discharged": _discharged, "hospital.transferred": _dated("wards", lambda data: data["ward"]),
    "hospital.legal_status_changed": _dated("statuses", lambda data: data["legal_status"]),
    "hospital.leave_started": _dated("leave", lambda _: "out"), "hospital.leave_ended": _dated("leave", lambda _: "back"),
    "keyworker.discharged": _practitioner_discharged, "keyworker.changed": _practitioner_changed,
    "keyworker.absent": _transition, "team.changed": _transition, "psychology.started": _transition,
    "citizen.died": _died, "review.completed": _reviewed,
}


# What a state means.

def is_inpatient(state: State) -> bool:
    """Say whether the citizen is in hospital: a dated overlay, never a state of a journey (J-10)."""
    return state["death"] is None and any(is_running(stay) for stay in state["stays"].values())


def is_running(stay: Stay) -> bool:
    """Say whether a stay goes on: what happened last by its own time wins (J-13)."""
    admitted, left = stay.get("admitted_at"), stay.get("discharged_at")
    return admitted is not None and (left is None or left < admitted)


def opened(state: State) -> Iterator[tuple[str, Journey]]:
    """Give the journeys that opened; one only allocated so far waits for its opening."""
    return ((jid, journey) for jid, journey in state["journeys"].items() if "opened_at" in journey)


def practitioner_on(state: State, journey: Journey, day: str) -> str:
    """Give the id of a journey's practitioner on a London day (J-12)."""
    current: str = journey["practitioner"]
    for on in sorted(state["changes"]):
        if journey["opened_on"] <= on <= day:
            current = state["changes"][on]
    return current


def closing(state: State, journey: Journey) -> Data | None:
    """Give the discharge by the journey's own practitioner that ends it, the earliest first (J-11)."""
    ends = [one for one in state["discharges"].values() if one["closes_on"] >= journey["opened_on"]
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
    opened_on, pathway, today = journey["opened_on"], journey["pathway"], date.today()
    for sid, stay in _stays_of(state, journey, _limit(state, journey)):
        due_on, overdue_at = _deadline(stay["admitted_on"], opened_on, pathway, today)
        yield Review(f"{jid}-{stay['key']}", sid, due_on, overdue_at)


def asked_for_review(state: State, journey: Journey, stay_id: str, admitted_at: str) -> bool:
    """Say whether an admission since taken back would ask for a review of a journey."""
    as_it_was = {**state, "stays": {stay_id: {**state["stays"].get(stay_id, {}), "admitted_at": admitted_at}}}
    return any(True for _ in _stays_of(as_it_was, journey, _limit(state, journey)))


def next_review_on(state: State, jid: str, journey: Journey) -> str | None:
    """Give the day the next open review of a journey is due."""
    done, opened_on, pathway, today = state["decisions"], journey["opened_on"], journey["pathway"], date.today()
    return min((_deadline(stay["admitted_on"], opened_on, pathway, today)[0]
                for _, stay in _stays_of(state, journey, _limit(state, journey))
                if not (done and f"{jid}-{stay['key']}" in done)), default=None) if state["death"] is None else None


def rests_on_nothing(state: State, jid: str) -> Iterator[tuple[str, Data]]:
    """Give a journey's decisions that rest on an admission since taken back, and were neither kept nor undone."""
    for rid, decision in state["decisions"].items():
        if decision["journey"] == jid and "stay" in decision and correction_id(rid) not in state["decisions"] \
                and "admitted_at" not in state["stays"].get(decision["stay"], {}):
            yield rid, decision


def correction_id(rid: str) -> str:
    """Give the id of the review that asks whether to keep a decision whose ground is gone."""
    return f"{rid}-corrected"


def is_undone(state: State, rid: str) -> bool:
    """Say whether a decision was undone after its ground was taken back."""
    return bool(state["decisions"].get(correction_id(rid), {}).get("outcome") == "undo")


def _limit(state: State, journey: Journey) -> str:
    """Give the time from which on nothing more is said of a journey: its end, or when a death became known."""
    end = closing(state, journey) if state["discharges"] else None
    return min(end["ends_at"] if end else NEVER, state["death"]["known_at"] if state["death"] else NEVER)


def _stays_of(state: State, journey: Journey, limit: str) -> Iterator[tuple[str, Stay]]:
    """Give the stays that were going on while the journey was; walked for every event, so in one plain loop."""
    opened_at = journey["opened_at"]
    for sid, stay in state["stays"].items():
        admitted = stay.get("admitted_at")
        if admitted is not None and admitted < limit:
            left = stay.get("discharged_at")
            if left is None or left < admitted or left > opened_at:
                yield sid, stay


@lru_cache(maxsize=4096)
def _deadline(admitted_on: str, opened_on: str, pathway: str, _asked_on: date) -> tuple[str, str]:
    """Give the last working day for a review, and when it is overdue; asked anew each day, as bank holidays are."""
    start = date.fromisoformat(max(admitted_on, opened_on))
    due_on = add_working_days(start, PATHWAYS[pathway].review_in_working_days)
    return due_on.isoformat(), instant(start_of_london_day(due_on + timedelta(days=1)))


@lru_cache(maxsize=4096)
def follow_up_by(discharged_on: str, days: int) -> str:
    """Give the London day a follow-up meeting after a discharge is proposed for (J-10)."""
    return (date.fromisoformat(discharged_on) + timedelta(days=days)).isoformat()


# What the world should have heard.

def owed(state: State, now: datetime) -> Mapping[str, Announcement]:
    """Give every announcement rightly made by `now`, by its key."""
    found: dict[str, Announcement] = {}
    moment = instant(now)
    for jid, journey in opened(state):
        limit = _limit(state, journey)
        which = {"journey_id": jid, "reference": journey["reference"]}
        _owe_journey(found, state, jid, journey, which)
        if state["stays"]:
            _owe_stays(found, state, jid, journey, which, limit, moment)
        if state["transitions"] or state["discharges"]:
            _owe_transitions(found, state, jid, journey, which, limit)
        if state["decisions"]:
            _owe_decisions(found, state, jid, which)
    return found


def _owe_journey(found: dict[str, Announcement], state: State, jid: str, journey: Journey, which: Data) -> None:
    found[f"journey:{jid}:opened"] = Announcement("journey.opened", journey["opened_at"], {
        **which, "referral_id": journey["referral_id"], "pathway": journey["pathway"], "citizen_id": state["id"],
        "practitioner": journey["practitioner"], "opened_at": journey["opened_at"]})
    if journey["development_worker"]:
        found[f"journey:{jid}:allocated"] = Announcement("journey.allocated", journey["allocated_at"], {
            **which, "development_worker": journey["development_worker"]})
    if (end := closing(state, journey)) and not _known_dead(state, end["known_at"]):
        reason = {"reason": end["reason"]} if end.get("reason") else {}
        found[f"journey:{jid}:closing"] = Announcement("journey.closing_set", end["at"], {
            **which, "closes_on": end["closes_on"], **reason})
    death = state["death"]
    if death and (end is None or death["known_at"] < end["ends_at"]):
        found[f"journey:{jid}:death"] = Announcement("journey.death_recorded", death["at"], {
            **which, "citizen_id": state["id"], "died_on": death["died_on"]})


def _owe_stays(found: dict[str, Announcement], state: State, jid: str, journey: Journey, which: Data, limit: str,
               moment: str) -> None:
    whose = {**which, "citizen_id": state["id"]}
    opened_on, pathway, today = journey["opened_on"], journey["pathway"], date.today()
    for sid, stay in _stays_of(state, journey, limit):
        due_on, overdue_at = _deadline(stay["admitted_on"], opened_on, pathway, today)
        rid, admitted = f"{jid}-{stay['key']}", stay["admitted_at"]
        found[f"journey:{jid}:stay:{sid}:admission"] = Announcement("journey.admission_recorded", admitted, {
            **whose, "stay_id": sid, "admitted_at": admitted, "review": {"id": rid, "due_on": due_on}})
        if overdue_at <= moment and _was_overdue(state, rid, overdue_at, limit):
            found[f"journey:{jid}:review:{rid}:overdue"] = Announcement(
                "journey.review_overdue", overdue_at, {**which, "review_id": rid, "due_on": due_on})
    days, opened_at = PATHWAYS[pathway].follow_up_in_days, journey["opened_at"]
    for sid, stay in state["stays"].items():
        left = stay.get("discharged_at")
        if left is not None and opened_at < left < limit:
            found[f"journey:{jid}:stay:{sid}:discharge"] = Announcement("journey.discharge_recorded", left, {
                **whose, "stay_id": sid, "discharged_at": left, "follow_up_by": follow_up_by(stay["discharged_on"], days)})


def _was_overdue(state: State, rid: str, overdue_at: str, limit: str) -> bool:
    """Say whether a review was still open at its deadline; doing it later does not make it timely."""
    decision = state["decisions"].get(rid)
    return overdue_at < limit and (decision is None or decision["at"] >= overdue_at)


def _owe_transitions(found: dict[str, Announcement], state: State, jid: str, journey: Journey, which: Data,
                     limit: str) -> None:
    end = closing(state, journey)
    strangers = {about: {**one, "kind": "keyworker.discharged", "on": one["closes_on"]}
                 for about, one in state["discharges"].items() if one is not end}
    for about, one in {**state["transitions"], **strangers}.items():
        if one.get("until", one["on"]) >= journey["opened_on"] and one["at"] < limit:
            found[f"journey:{jid}:transition:{about}"] = Announcement("journey.transition_recorded", one["at"], {
                **which, "kind": one["kind"], "occurs_on": one["on"]})


def _owe_decisions(found: dict[str, Announcement], state: State, jid: str, which: Data) -> None:
    for rid, decision in state["decisions"].items():
        if decision["journey"] == jid and "stay" in decision and not is_undone(state, rid):
            found[f"journey:{jid}:review:{rid}:completed"] = Announcement("journey.review_completed", decision["at"], {
                **which, "review_id": rid, "outcome": decision["outcome"], "completed_at": decision["at"]})


def _known_dead(state: State, moment: str) -> bool:
    return state["death"] is not None and state["death"]["known_at"] <= moment


def next_look_at(state: State, now: datetime) -> datetime | None:
    """Give when the next open review becomes overdue."""
    times = [at for jid, journey in opened(state) if state["stays"] for at in _overdue_after(state, jid, journey, instant(now))]
    return datetime.fromisoformat(min(times)) if times else None


def _overdue_after(state: State, jid: str, journey: Journey, moment: str) -> Iterator[str]:
    limit, done, today = _limit(state, journey), state["decisions"], date.today()
    for _, stay in _stays_of(state, journey, limit):
        overdue_at = _deadline(stay["admitted_on"], journey["opened_on"], journey["pathway"], today)[1]
        if moment < overdue_at < limit and f"{jid}-{stay['key']}" not in done:
            yield overdue_at
