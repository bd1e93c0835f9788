"""What the world should have heard of a referral; pure."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from services.referrals import clocks, rules, telling
from services.referrals.expected import expected, is_off
from services.referrals.reasons import MERGED
from services.referrals.state import (
    as_staff_know,
    has_stopped,
    named_person_goes,
    pathway_of,
    practitioner_at_work,
    practitioner_on,
    text,
)
from shared.calendar import london_day
from shared.decline_reasons import coded
from shared.ledger.types import Announcement, Data, State

Owed = Iterator[tuple[str, Announcement]]

#: Later than any moment of a state.
NEVER = "9999"


def owed(state: State, now: datetime) -> dict[str, Announcement]:
    """Give what the world should have heard by now, by a key that is the referral's and what it is about."""
    if not state["stage"] or "reference" not in state:
        return {}
    start = f"referral:{state['id']}:"
    parts = (_referral(state, now), _documents(state, now), _questions(state), _amendments(state), _meeting(state),
             _late(state, now), _people(state), _reports(state))
    return {start + about: announcement for part in parts for about, announcement in part}


def next_look_at(state: State, now: datetime) -> datetime | None:
    """Give when what is owed, or a row of a list, next changes though nobody says anything."""
    if not state["stage"] or "reference" not in state or has_stopped(state, now):
        return None
    return min((at for at in (*clocks.moments(state, pathway_of(state)), *telling.turns(state)) if at > now), default=None)


def _referral(state: State, now: datetime) -> Owed:
    whose: Data = {"referral_id": state["id"], "reference": state["reference"], "citizen_id": state["citizen_id"],
                   "practitioner": practitioner_on(state, london_day(now))}
    # names and contacts are not compared, so a correction of them is counted: it is told as a new revision
    corrected = {"_corrected": sum(bool(one["personal"]) and one.get("where") != "here" for one in state["amendments"].values())}
    whole = {**whose, **corrected, **{name: state[name] for name in ("pathway", "received_at", "self_referral")}}
    # of another citizen it is another referral to whoever hears of it: what was said of the first is taken back
    yield "received" + (f":{state['citizen_id']}" if state.get("was_of") else ""), Announcement("referral.received", state["received_at"], whole)
    if decision := state["decision"]:
        there = _if_there(state, whose, decision["at"])
        yield decision["state"], _decision(state, decision, there, {**whole, **there})
        yield from _to_senders(state, decision)
    if chosen := state["allocation"]:
        yield "allocated", Announcement("referral.allocated", chosen["at"], {
            **_if_there(state, whose, chosen["at"]), "development_worker": chosen["development_worker"], "allocated_at": chosen["at"]})


def _if_there(state: State, whose: Data, at: str) -> Data:
    """Leave out a practitioner who had gone when something was decided: they are not told of it, whoever follows is."""
    day = london_day(datetime.fromisoformat(at))
    has_gone = practitioner_at_work(state, day) is None and practitioner_on(state, day) == whose["practitioner"]
    return {**whose, "practitioner": None} if has_gone else whose


def _decision(state: State, decision: Mapping[str, Any], whose: Data, whole: Data) -> Announcement:
    at = decision["at"]
    if decision["state"] == "accepted":
        return Announcement("referral.accepted", at, {**whole, "named_person": state["named_person"], "accepted_at": at,
                                                      "first_meeting_due_on": decision.get("first_meeting_due_on"),
                                                      "one_to_one_support": state.get("one_to_one_support")})
    if decision["state"] == "declined":
        return Announcement("referral.declined", at, {**whose, "reason": coded(decision["reason"]), "decided_at": at})
    return Announcement("referral.withdrawn", at, {**whose, "merged_into": decision.get("merged_into"), "withdrawn_at": at})


def _to_senders(state: State, decision: Mapping[str, Any]) -> Owed:
    """Tell whoever sent a referral that was merged into this one how it was decided, as of theirs: that is the one they read (R-14)."""
    merged = state["amendments"].items() if decision.get("reason") != MERGED else ()
    for id_, one in merged:
        sender = one["merged"]["practitioner"] if "merged" in one else None
        if sender and one["at"] <= decision["at"] and sender["id"] != decision["by"] and not _had_gone(state, sender["id"], decision["at"]):
            yield f"{decision['state']}:{id_}", _as_theirs(state, decision, id_, one["merged"])


def _had_gone(state: State, id_: str, at: str) -> bool:
    """Say whether it was known at a moment that somebody no longer works with the citizen, or that somebody else follows them."""
    day = london_day(datetime.fromisoformat(at)).isoformat()
    found = [one for key, one in state["gone"].items() if key == id_]
    found += [one for one in state["changes"].values() if one.get("before") == id_ != one["id"]]
    return any(one["known_at"] <= at and one["on"] <= day for one in found)


def _as_theirs(state: State, decision: Mapping[str, Any], id_: str, theirs: Mapping[str, Any]) -> Announcement:
    """Say of a merged referral how the one it goes on with was decided; only what is declined is over for journeys too."""
    at, which = decision["at"], {"referral_id": id_, "reference": theirs["reference"]}
    if decision["state"] == "declined":
        return Announcement("referral.declined", at, {**which, "citizen_id": state["citizen_id"], "practitioner": theirs["practitioner"],
                                                      "reason": coded(decision["reason"]), "decided_at": at})
    return Announcement("referral.amended", at, {**which, "amendment_id": state["id"], "what": ["goes_on_with"], "amended_at": at,
                                                 "_told": [[theirs["practitioner"]["id"], "practitioner"]]})


def _documents(state: State, now: datetime) -> Owed:
    pathway = pathway_of(state)
    if _is_complete(state, now):
        since = clocks.clock_started(state, pathway)
        at = text(since) if since else state["received_at"]
        yield "completed", _change(state, "referral.completed", at, {"completed_at": at})
    for one in clocks.lapsing(state, pathway, now):
        yield f"lapsing:{one.kind}:{one.last_day}", _change(state, "referral.document_lapsing", text(one.warn_from), {
            "kind": one.kind, "lapses_on": one.last_day.isoformat()})


def _is_complete(state: State, now: datetime) -> bool:
    """Say whether nothing is missing, or nothing was when it was decided; a death is not something missing."""
    judged = state["decision"]["rules"] if state["decision"] else [one.kept() for one in rules.judge(
        state, pathway_of(state), london_day(now))]
    return not any(one["outcome"] == "not met" and one["rule"] != "J-14" for one in judged)


def _questions(state: State) -> Owed:
    for id_, one in state["questions"].items():
        if "at" in one:
            yield f"question:{id_}", _change(state, "referral.more_asked", one["at"], {"question_id": id_, "asked_at": one["at"]})
        if answer := one.get("answer"):
            yield f"answer:{id_}", _change(state, "referral.answered", answer["at"], {"question_id": id_, "answered_at": answer["at"]})


def _amendments(state: State) -> Owed:
    for id_, one in state["amendments"].items():
        names = [*(["merged"] if "merged" in one else []), *(change["field"] for change in one["changes"]), *one["personal"]]
        yield f"amendment:{id_}", _change(state, "referral.amended", one["at"], {
            "amendment_id": id_, "what": names, "amended_at": one["at"]})


def _meeting(state: State) -> Owed:
    # whom it is told to is compared, though not told: whoever comes later hears of it, and who goes is told so
    if (meeting := state["meeting"]) and not is_off(state, meeting):
        yield "meeting", _change(state, "referral.meeting_offered", meeting["at"], {
            **{name: meeting[name] for name in ("starts_at", "ends_at", "mode")}, "_told": [list(one) for one in expected(state)]})


def _late(state: State, now: datetime) -> Owed:
    # nobody is chased for what staff know to have stopped
    state = as_staff_know(state)
    for target in clocks.targets(state, pathway_of(state)):
        if clocks.was_late(state, target, now):
            at = text(target.late_from)
            if target.kind == "response":
                yield "response_overdue", _change(state, "referral.response_overdue", at, {"due_at": at})
            else:
                last = london_day(target.late_from).isoformat()
                yield "first_meeting_overdue", _change(state, "referral.first_meeting_overdue", at, {"due_on": last})


def _people(state: State) -> Owed:
    """Say what is known of citizen and named person before it was decided; afterwards the journey says it."""
    until = state["decision"]["at"] if state["decision"] else NEVER
    goes = named_person_goes(state)
    if goes and pathway_of(state).named_person_required and goes[1] <= until:
        yield "named_person_needed", _change(state, "referral.named_person_needed", goes[1], {"since": goes[0]})
    for id_, stay in state["stays"].items():
        if "admission" in stay and stay["known_at"] <= until:
            yield f"admission:{id_}", _change(state, "referral.admission_recorded", stay["admission"], {
                "stay_id": id_, "admitted_at": stay["admission"]})
    if state["died_on"] and state["death_known_at"] <= until:
        yield "death", _change(state, "referral.death_recorded", state["death_known_at"], {"died_on": state["died_on"]})


def _reports(state: State) -> Owed:
    for id_, report in state["reports"].items():
        yield f"stay:{id_}", Announcement("referral.stay_recorded", report["origin"]["time"],
                                          {"citizen_id": state["citizen_id"], **report})


def _change(state: State, type_: str, at: str, facts: Data) -> Announcement:
    return Announcement(type_, at, {"referral_id": state["id"], "reference": state["reference"], **facts})
