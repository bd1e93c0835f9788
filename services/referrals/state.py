"""How what was said of a referral becomes its state, and what a state means; pure.

Times in a state are UTC texts of fixed width, days are London days as YYYY-MM-DD, so both sort as text. People are ids.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.calendar import london_day, start_of_london_day
from shared.ledger.types import Data, State, Statement
from shared.pathways import PATHWAYS, Pathway

FOLD_VERSION = 5
#: A report that stands of another referral of the citizen, from before this one came: {kind, data}, about what it is about.
ELSEWHERE = "report.elsewhere"
#: A referral that was merged goes by the record of the citizen whose the other is (R-13).
FOLLOWED = "record.followed"
#: kind -> place among statements of the same times: what is sent, then what others report, then what we decide.
RANKS: Mapping[str, int] = {kind: rank for rank, kind in enumerate((
    "referral.received", "document.added", "document.removed", "referral.amended", "availability.given",
    "hospital.admitted", "hospital.transferred", "hospital.legal_status_changed", "hospital.discharged",
    "practitioner.discharged", "practitioner.changed", "citizen.died", "report.handed_on", ELSEWHERE,
    "question.asked", "question.answered", "duplicate.settled", "duplicate.merged_here", FOLLOWED,
    "referral.accepted", "referral.declined", "referral.withdrawn", "referral.allocated",
    "meeting.offered", "meeting.cancelled", "meeting.held", "journey.closing", "citizen.wrote", "citizen.told"))}

#: Stages after which nothing more happens with a referral.
ENDED = ("declined", "withdrawn")


def text(when: datetime) -> str:
    """Write a moment as UTC text of fixed width, so that text order is time order."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def initial(aggregate: str) -> State:
    """Give the state of a referral nobody has sent."""
    return {"id": aggregate, "stage": None, "self_referral": False, "practitioner": None, "named_person": None,
            "documents": {}, "removed": {}, "decision": None, "allocation": None, "stays": {}, "died_on": None,
            "known_elsewhere": {}, "death_known_at": None, "death_said_by": "", "reports": {}, "questions": {}, "amendments": {}, "settled": None, "gone": {},
            "changes": {}, "named_since": "", "practitioner_since": "", "availability": {}, "meeting": None, "held": {}, "journey_closes_on": None}


def evolve(state: State, statement: Statement) -> State:
    """Take one standing statement into account."""
    return STEPS[statement.kind](state, statement)


def _received(state: State, said: Statement) -> State:
    return {**state, **said.data, "stage": state["stage"] or "open", "received_at": _at(said), "inpatient_at": _at(said)}


def _document(state: State, said: Statement) -> State:
    return _put(state, "documents", said.about[9:], {**said.data, "added_at": _at(said), "by": said.actor})


def _removed(state: State, said: Statement) -> State:
    id_ = said.data["document"]
    kept = {key: value for key, value in state["documents"].items() if key != id_}
    gone = {**state["documents"].get(id_, {}), "removed_at": _at(said), "removed_by": said.actor, "why": said.data["reason"]}
    return _put({**state, "documents": kept}, "removed", id_, gone)


def _amended(state: State, said: Statement) -> State:
    facts: Data = said.data.get("facts", {})
    changes = [{"field": name, "old": state.get(name), "new": value} for name, value in facts.items()]
    entry = {"at": _at(said), "by": said.actor, "reason": said.data["reason"], "changes": changes,
             "personal": said.data.get("personal", []), "told": said.data.get("told", []),
             **{name: value for name, value in said.data.items() if name in ("elsewhere", "where", "merged")}}
    fresh: Data = {"changes": {}, "practitioner_since": _known(said), "practitioners_before": _replaced(state, said)} if "practitioner" in facts else {}
    if "named_person" in facts:
        fresh["named_since"] = _known(said)
    if "inpatient" in facts:
        fresh["inpatient_at"] = _at(said)
    if said.data.get("derived", {}).get("citizen_id", state.get("citizen_id")) != state.get("citizen_id"):
        fresh["was_of"] = state.get("citizen_id")
    return _put({**state, **facts, **said.data.get("derived", {}), **fresh}, "amendments", said.about.partition(":")[2], entry)


def _replaced(state: State, said: Statement) -> list[Data]:
    """Keep who was the practitioner until somebody else was written in: {until, practitioner, practitioner_since, changes}."""
    now = {"until": _at(said), **{name: state[name] for name in ("practitioner", "practitioner_since", "changes")}}
    return [*state.get("practitioners_before", ()), now]


def _available(state: State, said: Statement) -> State:
    return _put(state, "availability", said.about.partition(":")[2], {**said.data, "at": _at(said), "by": said.actor})


def _stay(state: State, said: Statement) -> State:
    stay_id, _, part = said.about[5:].rpartition(":")
    added = {key: said.data[key] for key in ("ward", "legal_status") if key in said.data}
    known = {"known_at": _known(said)} if part == "admission" else {}
    return _put(state, "stays", stay_id, {**state["stays"].get(stay_id, {}), **added, **known, part: _at(said)})


def _dated(series: str, word: str) -> Callable[[State, Statement], State]:
    """Make the step of a dated series on a stay: time -> what was so from then on."""
    def step(state: State, said: Statement) -> State:
        stay_id = said.data["stay_id"]
        stay = state["stays"].get(stay_id, {})
        return _put(state, "stays", stay_id, {**stay, series: {**stay.get(series, {}), _at(said): said.data[word]}})
    return step


def _practitioner_goes(state: State, said: Statement) -> State:
    return _put(state, "gone", said.data["practitioner"], {"on": said.data["closes_on"], "known_at": _known(said)})


def _practitioner_changes(state: State, said: Statement) -> State:
    return _put(state, "changes", said.about, {**said.data, "at": _at(said), "known_at": _known(said)})


def _died(state: State, said: Statement) -> State:
    return {**state, "died_on": said.data.get("died_on"), "death_known_at": _known(said), "death_said_by": said.actor}


def _elsewhere(state: State, said: Statement) -> State:
    known = _put(state, "known_elsewhere", said.about, {**said.data, "at": _at(said), "known_at": _known(said)})
    return _told_of(known) if state["stage"] == "accepted" else known


def _told_of(state: State) -> State:
    """Take what is known from elsewhere for what everybody who works with the citizen may know."""
    return {**as_staff_know(state), "known_elsewhere": {}}


def _reported(state: State, said: Statement) -> State:
    return _put(state, "reports", said.about[7:], said.data)


def _asked(state: State, said: Statement) -> State:
    id_ = said.about.partition(":")[2]
    asked = {**said.data, "at": _at(said), "by": said.actor}
    return _put(state, "questions", id_, {"answer": None, **state["questions"].get(id_, {}), **asked})


def _answered(state: State, said: Statement) -> State:
    id_ = said.about.partition(":")[2]
    answer = {**said.data, "at": _at(said), "by": said.actor}
    return _put(state, "questions", id_, {**state["questions"].get(id_, {}), "answer": answer})


def _settled(state: State, said: Statement) -> State:
    return {**state, "settled": {**said.data, "at": _at(said), "by": said.actor}}


def _followed(state: State, said: Statement) -> State:
    return {**state, "record_of": said.data["citizen_id"]}


def _decided(state: State, said: Statement) -> State:
    stage = said.kind.partition(".")[2]
    decided = {**state, "stage": stage, "decision": {**said.data, "state": stage, "at": _at(said), "by": said.actor}}
    return _told_of(decided) if stage == "accepted" else decided


def _allocated(state: State, said: Statement) -> State:
    return {**state, "allocation": {**said.data, "at": _at(said), "by": said.actor}}


def _meeting(state: State, said: Statement) -> State:
    cancelled = said.kind == "meeting.cancelled"
    return {**state, "meeting": {**said.data, "cancelled": cancelled, "at": _at(said), "by": said.actor}}


def _held(state: State, said: Statement) -> State:
    return _put(state, "held", said.about.partition(":")[2], _at(said))


def _closing(state: State, said: Statement) -> State:
    return {**state, "journey_closes_on": said.data["closes_on"]}


def _wrote(state: State, said: Statement) -> State:
    messages = {**state.get("messages", {}), said.about.partition(":")[2]: {"at": _at(said)}}
    return {**state, "messages": messages}


def _told(state: State, said: Statement) -> State:
    told = {**state.get("told", {}), said.about.partition(":")[2]: {**said.data, "at": _at(said), "by": said.actor}}
    return {**state, "told": told}


STEPS: Mapping[str, Callable[[State, Statement], State]] = {
    "referral.received": _received, "document.added": _document, "document.removed": _removed, "referral.amended": _amended,
    "availability.given": _available, "hospital.admitted": _stay, "hospital.discharged": _stay,
    "hospital.transferred": _dated("wards", "ward"), "hospital.legal_status_changed": _dated("statuses", "legal_status"),
    "practitioner.discharged": _practitioner_goes, "practitioner.changed": _practitioner_changes, "citizen.died": _died,
    "report.handed_on": _reported, ELSEWHERE: _elsewhere, "question.asked": _asked, "question.answered": _answered, "duplicate.settled": _settled, "duplicate.merged_here": _amended, FOLLOWED: _followed,
    "referral.accepted": _decided, "referral.declined": _decided, "referral.withdrawn": _decided,
    "referral.allocated": _allocated, "meeting.offered": _meeting, "meeting.cancelled": _meeting, "meeting.held": _held,
    "journey.closing": _closing, "citizen.wrote": _wrote, "citizen.told": _told}


# What a state means.

def as_staff_know(state: State) -> State:
    """Give a state with what was reported of the citizen to another referral, before this one came.

    Whoever sent this one is not told before it is accepted: they must not learn from it who is with us (R-13).
    """
    counts = {about: one for about, one in state["known_elsewhere"].items() if not (one.get("in_doubt") and doubts_number(state))}
    for about, one in counts.items():
        at, known_at = (datetime.fromisoformat(one[name]) for name in ("at", "known_at"))
        state = STEPS[one["kind"]](state, Statement(about, one["kind"], at, one["data"], recorded_at=known_at))
    return state


def from_elsewhere(said: Statement) -> Statement:
    """Give a report of another referral as it is kept here before it is accepted."""
    return said._replace(kind=ELSEWHERE, data={"kind": said.kind, "data": said.data})


def in_doubt(kind: str, data: Data) -> Data:
    """Give the data of a report as it is kept of an NHS number that is in doubt: it counts once the number is found to be the citizen's."""
    return {"kind": kind, "data": data, "in_doubt": True}


def doubts_number(state: State) -> bool:
    """Say whether the NHS number a referral names is known of somebody who is not its citizen, until staff have found out (R-13)."""
    return state.get("number_of") not in (None, state.get("citizen_id"))


def as_reported(said: Statement) -> Statement:
    """Give a report as it was made, whether here or elsewhere."""
    return said._replace(kind=said.data["kind"], data=said.data["data"]) if said.kind == ELSEWHERE and not said.withdrawn else said


def record_of(state: State) -> str:
    """Give the id of the citizen whose record a referral goes by: its own, or whose the one is that it was merged into (R-13)."""
    followed: str = state.get("record_of") or state["citizen_id"]
    return followed


def taken_in(state: State) -> list[str]:
    """Give the ids of the referrals that were merged into one, and of those that were merged into these before."""
    return [one["merged"]["id"] for one in state["amendments"].values() if "merged" in one]


def pathway_of(state: State) -> Pathway:
    """Give the definition the referral follows."""
    return PATHWAYS[state["pathway"]]


def practitioner_on(state: State, day: date) -> Data | None:
    """Give whose referral it is on a London day, {id, team, role?}, gone or not; None where the citizen referred themself."""
    return _practitioner(state, day)[0]


def practitioner_at_work(state: State, day: date) -> Data | None:
    """Give the practitioner who works with the citizen on a London day; None from the day they have gone, until another follows."""
    practitioner, since = _practitioner(state, day)
    goes = _goes(state, practitioner, since)
    return None if goes and goes[0] <= day.isoformat() else practitioner


def practitioner_goes(state: State) -> tuple[str, str] | None:
    """Give from which day nobody works with the citizen as practitioner, and when that was known; None where somebody goes on."""
    return _goes(state, *_practitioner(state, date.max))


def needs_practitioner(state: State) -> bool:
    """Say whether somebody has yet to take over as practitioner; once the first meeting was held the journey sees to it (J-11)."""
    is_live = state["stage"] in ("open", "accepted") and not state["died_on"] and not first_held(state)
    return is_live and practitioner_goes(state) is not None


def practitioners(state: State) -> Iterator[tuple[Data | None, str, str]]:
    """Give who is the practitioner one after another: (whom, when that was known, from which London day; empty: from the first).

    A change counts where it names whose place is taken, or nobody's; of another key worker of the citizen it says nothing here.
    """
    current = state["practitioner"]
    yield current, state["practitioner_since"], ""
    for change in sorted(state["changes"].values(), key=lambda one: (one["on"], one["at"])):
        if change.get("before") in (None, current and current["id"]):
            current = {"id": change["id"], "team": change["team"]}
            yield current, change["known_at"], change["on"]


def _practitioner(state: State, day: date) -> tuple[Data | None, str]:
    """Give the practitioner on a London day, and when that they are it was known."""
    *_, (current, since, _) = (one for one in practitioners(state) if one[2] <= day.isoformat())
    return current, since


def _goes(state: State, practitioner: Data | None, since: str) -> tuple[str, str] | None:
    """Give from which day somebody is gone, and when that was known; what was known before they came is of another time."""
    gone = state["gone"].get(practitioner["id"]) if practitioner else None
    return (gone["on"], gone["known_at"]) if gone and gone["known_at"] > since else None


def named_person_goes(state: State) -> tuple[str, str] | None:
    """Give from which day the named person works with the citizen no more, and when that was known; None while they do."""
    named = state["named_person"]
    if not named:
        return None
    found = [(one["on"], one["known_at"]) for id_, one in state["gone"].items() if id_ == named["id"]]
    found += [(one["on"], one["known_at"]) for one in state["changes"].values() if _leaves(state, one) == named["id"] != one["id"]]
    return min((one for one in found if one[1] > state["named_since"]), default=None)


def _leaves(state: State, change: Data) -> str | None:
    before: str | None = change.get("before") or (state["practitioner"] or {}).get("id")
    return before


def questions_open(state: State) -> list[str]:
    """Give the ids of the questions nobody has answered yet, oldest first."""
    waiting = [(one["at"], id_) for id_, one in state["questions"].items() if "at" in one and not one.get("answer")]
    return [id_ for _, id_ in sorted(waiting)] if state["stage"] not in ENDED else []


def waits_for_practitioner(state: State) -> bool:
    """Say whether a practitioner has something to answer; nobody has who goes, or where the citizen referred themself (R-11)."""
    return bool(questions_open(state)) and practitioner_on(state, date.max) is not None and practitioner_goes(state) is None


def may_repeat(state: State) -> bool:
    """Say whether a person has yet to settle if this is another's referral again, or whose number it names (R-13)."""
    return state["stage"] == "open" and bool(state.get("number_of") or (state["duplicates"] and not state["settled"]))


def first_held(state: State) -> str | None:
    """Give when the introductory meeting was held, as the journey says; None while it was not."""
    return min(state["held"].values(), default=None)


def stopped_at(state: State) -> str | None:
    """Give the moment from which nothing planned happens any more: ended, died, or the journey has closed (J-11).

    On the day it closes it goes on, as it does for the journey; the moment may lie ahead.
    """
    found = [state["decision"]["at"]] if state["stage"] in ENDED else []
    found += [text(start_of_london_day(date.fromisoformat(day))) for day in (state["died_on"],) if day]
    found += [text(start_of_london_day(date.fromisoformat(day) + timedelta(days=1))) for day in (state["journey_closes_on"],) if day]
    return min(found, default=None)


def has_stopped(state: State, now: datetime) -> bool:
    """Say whether nothing planned happens any more."""
    stopped = stopped_at(state)
    return stopped is not None and stopped <= text(now)


def closed_on(state: State, now: datetime) -> str | None:
    """Give the day on which the journey closed; None while it goes on, until the end of that day (J-11)."""
    day: str | None = state["journey_closes_on"]
    return day if day and day < london_day(now).isoformat() else None


def took_part(state: State, now: datetime) -> Iterator[tuple[str, str]]:
    """Give (id, role) of those who work with the citizen: development worker, practitioner until they have gone."""
    if state["allocation"]:
        yield state["allocation"]["development_worker"], "development_worker"
    if practitioner := practitioner_at_work(state, london_day(now)):
        yield practitioner["id"], "practitioner"


def _put(state: State, name: str, key: str, value: Any) -> State:
    return {**state, name: {**state[name], key: value}}


def _at(said: Statement) -> str:
    return text(said.occurred_at)


def _known(said: Statement) -> str:
    return text(said.recorded_at or said.occurred_at)
