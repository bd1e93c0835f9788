"""The rules of journeys: how what was said about a person becomes a state, and what the world should hear of it (J-01, J-10 to J-14).

What a state means is in `state.py` and `meetings.py`, what staff may decide in `decisions.py` and `meetings.py`.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from services.journeys.meetings import meetings_of
from services.journeys.state import (
    Journey,
    closing,
    corrections,
    deadline_of,
    discharges,
    follow_up_by,
    instant,
    is_undone,
    limit_of,
    opened,
    review_of,
    stay_key,
    stays_of,
)
from shared.calendar import end_of_london_day, london_day
from shared.ledger.types import Announcement, Data, State, Statement
from shared.pathways import PATHWAYS

FOLD_VERSION = 5
RANKS: Mapping[str, int] = {kind: rank for rank, kind in enumerate((
    "journey.opened", "journey.allocated", "meeting.offered", "meeting.held",
    "hospital.admitted", "hospital.transferred", "hospital.legal_status_changed", "hospital.leave_started",
    "hospital.leave_ended", "hospital.discharged", "hospital.admission_cancelled", "hospital.discharge_cancelled",
    "keyworker.changed", "keyworker.absent", "keyworker.discharged", "keyworker.discharge_cancelled",
    "team.changed", "psychology.started", "citizen.died", "citizen.death_cancelled", "citizen.merged",
    "citizen.merge_cancelled", "review.completed", "statement.withdrawn",
    "admission.taken_back", "referral.received", "referral.ended",
))}

def initial(aggregate: str) -> State:
    """Give the state of a person nobody has spoken of."""
    return {"id": aggregate, "journeys": {}, "stays": {}, "taken_back": {}, "death": None, "discharges": {},
            "changes": {}, "transitions": {}, "decisions": {}, "referrals": {}, "offers": {}, "meetings": {}}


# What each kind of statement does to a state.

def evolve(state: State, statement: Statement) -> State:
    """Take one standing statement into account; what is only for the timeline changes nothing."""
    step = STEPS.get(statement.kind)
    return step(state, statement) if step else state


def _opened(state: State, said: Statement) -> State:
    jid = said.about.split(":")[1]
    before = state["journeys"].get(jid, {"development_worker": None})
    journey = {**before, "practitioner": None, **said.data, "opened_at": instant(said.occurred_at),
               "opened_on": london_day(said.occurred_at).isoformat()}
    return {**state, "journeys": {**state["journeys"], jid: journey}}


def _allocated(state: State, said: Statement) -> State:
    jid = said.about.split(":")[1]
    before = state["journeys"].get(jid, {})
    journey = {**before, **said.data, "allocated_at": instant(said.occurred_at)}
    return {**state, "journeys": {**state["journeys"], jid: journey}}


def _offered(state: State, said: Statement) -> State:
    return {**state, "offers": {**state["offers"], said.data["journey"]: said.data}}


def _held(state: State, said: Statement) -> State:
    meeting = {**said.data, "held_at": instant(said.occurred_at)}
    return {**state, "meetings": {**state["meetings"], said.about: meeting}}


def _admitted(state: State, said: Statement) -> State:
    return _on_stay(state, said, {"admitted_at": instant(said.occurred_at), **said.data,
                                  "admitted_on": london_day(said.occurred_at).isoformat(),
                                  "known_on": london_day(_recorded(said)).isoformat()})


def _taken_back(state: State, said: Statement) -> State:
    """Keep when it became known; a withdrawal itself leaves no trace in a state, and a decision may rest on what it took."""
    return {**state, "taken_back": {**state["taken_back"], said.data["stay_id"]: instant(_recorded(said))}}


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


def _practitioner_discharged(state: State, said: Statement) -> State:
    known = instant(_recorded(said))
    ends = max(instant(end_of_london_day(date.fromisoformat(said.data["closes_on"]))), known)
    return _of_discharge(state, said, {"ends_at": ends})


def _practitioner_stays(state: State, said: Statement) -> State:
    return _of_discharge(state, said, {})


def _of_discharge(state: State, said: Statement, more: Data) -> State:
    entry = {**said.data, "at": instant(said.occurred_at), "known_at": instant(_recorded(said)), **more}
    return {**state, "discharges": {**state["discharges"], said.about: entry}}


def _practitioner_changed(state: State, said: Statement) -> State:
    changes = {**state["changes"], said.about: {**said.data, "at": instant(said.occurred_at)}}
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


def _referred(state: State, said: Statement) -> State:
    under_way = said.kind == "referral.received"
    return {**state, "referrals": {**state["referrals"], said.data["referral_id"]: under_way}}


def _recorded(said: Statement) -> datetime:
    return said.recorded_at or said.occurred_at


STEPS: Mapping[str, Callable[[State, Statement], State]] = {
    "journey.opened": _opened, "journey.allocated": _allocated, "meeting.offered": _offered, "meeting.held": _held,
    "hospital.admitted": _admitted,
    "hospital.discharged": _discharged, "hospital.transferred": _dated("wards", lambda data: data["ward"]),
    "hospital.legal_status_changed": _dated("statuses", lambda data: data["legal_status"]),
    "hospital.leave_started": _dated("leave", lambda _: "out"), "hospital.leave_ended": _dated("leave", lambda _: "back"),
    "keyworker.discharged": _practitioner_discharged, "keyworker.discharge_cancelled": _practitioner_stays,
    "keyworker.changed": _practitioner_changed,
    "keyworker.absent": _transition, "team.changed": _transition, "psychology.started": _transition,
    "citizen.died": _died, "review.completed": _reviewed, "admission.taken_back": _taken_back,
    "referral.received": _referred, "referral.ended": _referred,
}


# What the world should have heard.

def owed(state: State, now: datetime) -> Mapping[str, Announcement]:
    """Give every announcement rightly made by `now`, by its key."""
    found: dict[str, Announcement] = {}
    moment = instant(now)
    for jid, journey in opened(state):
        limit = limit_of(state, journey)
        which = {"journey_id": jid, "reference": journey["reference"]}
        _owe_journey(found, state, jid, journey, which)
        if state["meetings"]:
            _owe_meetings(found, state, jid, journey, which, limit)
        if state["stays"]:
            _owe_stays(found, state, jid, journey, which, limit, moment)
        if state["transitions"] or state["discharges"]:
            _owe_transitions(found, state, jid, journey, which, limit)
        if state["decisions"]:
            _owe_decisions(found, state, jid, which)
            _owe_corrections(found, state, jid, journey, which, limit, moment)
    return found


def _owe_journey(found: dict[str, Announcement], state: State, jid: str, journey: Journey, which: Data) -> None:
    found[f"journey:{jid}:opened"] = Announcement("journey.opened", journey["opened_at"], {
        **which, "referral_id": journey["referral_id"], "pathway": journey["pathway"], "citizen_id": state["id"],
        **({"practitioner": journey["practitioner"]} if journey["practitioner"] else {}), "opened_at": journey["opened_at"]})
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


def _owe_meetings(found: dict[str, Announcement], state: State, jid: str, journey: Journey, which: Data, limit: str) -> None:
    for meeting in meetings_of(state, jid):
        if meeting["held_at"] < limit:
            found[f"journey:{jid}:meeting:{meeting['meeting']}:held"] = Announcement("journey.meeting_held", meeting["held_at"], {
                **which, "referral_id": journey["referral_id"], "meeting_id": meeting["meeting"], "strand": meeting["strand"],
                "held_at": meeting["held_at"]})


def _owe_stays(found: dict[str, Announcement], state: State, jid: str, journey: Journey, which: Data, limit: str,
               moment: str) -> None:
    whose = {**which, "citizen_id": state["id"]}
    for sid, stay in stays_of(state, journey, limit):
        rid, _, due_on, overdue_at = review_of(jid, journey, sid, stay)
        admitted = stay["admitted_at"]
        found[f"journey:{jid}:stay:{sid}:admission"] = Announcement("journey.admission_recorded", admitted, {
            **whose, "stay_id": sid, "admitted_at": admitted, "review": {"id": rid, "due_on": due_on}})
        if overdue_at <= moment and _was_overdue(state, rid, overdue_at, limit):
            _owe_overdue(found, jid, which, rid, due_on, overdue_at)
    days, opened_at = PATHWAYS[journey["pathway"]].follow_up_in_days, journey["opened_at"]
    for sid, stay in state["stays"].items():
        left = stay.get("discharged_at")
        if left is not None and opened_at < left < limit:
            found[f"journey:{jid}:stay:{sid}:discharge"] = Announcement("journey.discharge_recorded", left, {
                **whose, "stay_id": sid, "discharged_at": left, "follow_up_by": follow_up_by(stay["discharged_on"], days)})


def _was_overdue(state: State, rid: str, overdue_at: str, limit: str) -> bool:
    """Say whether a review was still open at its deadline; doing it later does not make it timely."""
    decision = state["decisions"].get(rid)
    return overdue_at < limit and (decision is None or decision["at"] >= overdue_at)


def _owe_overdue(found: dict[str, Announcement], jid: str, which: Data, rid: str, due_on: str, overdue_at: str) -> None:
    found[f"journey:{jid}:review:{rid}:overdue"] = Announcement(
        "journey.review_overdue", overdue_at, {**which, "review_id": rid, "due_on": due_on})


def _owe_transitions(found: dict[str, Announcement], state: State, jid: str, journey: Journey, which: Data,
                     limit: str) -> None:
    end = closing(state, journey)
    strangers = {about: {**one, "kind": "keyworker.discharged", "on": one["closes_on"]}
                 for about, one in discharges(state).items() if one is not end}
    for about, one in {**state["transitions"], **strangers}.items():
        if one.get("until", one["on"]) >= journey["opened_on"] and one["at"] < limit:
            found[f"journey:{jid}:transition:{about}"] = Announcement("journey.transition_recorded", one["at"], {
                **which, "kind": one["kind"], "occurs_on": one["on"]})


def _owe_decisions(found: dict[str, Announcement], state: State, jid: str, which: Data) -> None:
    for rid, decision in state["decisions"].items():
        if decision["journey"] == jid and "stay" in decision and not is_undone(state, rid):
            found[f"journey:{jid}:review:{rid}:completed"] = Announcement("journey.review_completed", decision["at"], {
                **which, "review_id": rid, "outcome": decision["outcome"], "completed_at": decision["at"]})


def _owe_corrections(found: dict[str, Announcement], state: State, jid: str, journey: Journey, which: Data, limit: str,
                     moment: str) -> None:
    """Ask to keep or undo what was decided on something since taken back; once asked it was rightly asked."""
    for one in corrections(state, jid, journey):
        if one.asked_at < limit:
            found[f"journey:{jid}:review:{one.id}:owed"] = Announcement(
                "journey.review_owed", one.asked_at, {**which, "review_id": one.id, "due_on": one.due_on})
            if one.overdue_at <= moment and _was_overdue(state, one.id, one.overdue_at, limit):
                _owe_overdue(found, jid, which, one.id, one.due_on, one.overdue_at)


def _known_dead(state: State, moment: str) -> bool:
    return state["death"] is not None and state["death"]["known_at"] <= moment


def next_look_at(state: State, now: datetime) -> datetime | None:
    """Give when the next open review becomes overdue."""
    times = [at for jid, journey in opened(state) if state["stays"] or state["decisions"]
             for at in _overdue_after(state, jid, journey, instant(now))]
    return datetime.fromisoformat(min(times)) if times else None


def _overdue_after(state: State, jid: str, journey: Journey, moment: str) -> list[str]:
    limit, done = limit_of(state, journey), state["decisions"]
    times = [deadline_of(journey, stay)[1] for _, stay in stays_of(state, journey, limit)
             if not (done and f"{jid}-{stay['key']}" in done)]
    times += [one.overdue_at for one in corrections(state, jid, journey) if one.asked_at < limit and one.id not in done]
    return [at for at in times if moment < at < limit]
