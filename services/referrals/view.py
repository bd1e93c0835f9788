"""One referral as it is shown: the same facts for the API and for the page."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.referrals import (
    candidates,
    citizens,
    clocks,
    domain,
    history,
    meeting,
    merged,
    questions,
    reasons,
    rules,
    together,
)
from services.referrals.decisions import outcomes
from services.referrals.desk import CITIZEN, Desk
from services.referrals.documents import listing
from services.referrals.expected import is_off, to_check
from services.referrals.reported import BY_HAND
from services.referrals.state import (
    ELSEWHERE,
    as_reported,
    as_staff_know,
    doubts_number,
    evolve,
    first_held,
    has_stopped,
    named_person_goes,
    pathway_of,
    practitioner_goes,
    practitioner_on,
    record_of,
    text,
)
from services.referrals.stays import in_hospital, latest
from services.referrals.store import LIVE
from services.referrals.telling import told_in_words
from services.referrals.tellings import reading as tellings
from shared.calendar import london_day
from shared.ledger import rows
from shared.ledger.fold import order, saying, standing
from shared.ledger.store import Written
from shared.ledger.tables import statement_id
from shared.ledger.types import Data, Refused, State, Statement
from shared.pathways import Pathway
from shared.schemas.people import LEGAL_STATUS

#: What happened, in words; a decision keeps its words beside it.
HAPPENED = {
    "referral.received": "Referral received", "document.added": "Document added", "document.removed": "Document taken out",
    "referral.amended": "Amended", "referral.accepted": "Accepted", "referral.declined": "Declined", "referral.withdrawn": "Withdrawn",
    "referral.allocated": "Development worker chosen", "question.asked": "The Pod asked for more", "question.answered": "Answered",
    "duplicate.settled": "Possible duplicate settled", "duplicate.merged_here": "Another referral merged into this one", "meeting.offered": "Introductory meeting offered",
    "meeting.cancelled": "Introductory meeting called off", "meeting.held": "Introductory meeting held",
    "hospital.admitted": "Admitted to hospital", "hospital.transferred": "Moved to another ward",
    "hospital.legal_status_changed": "Legal status changed", "hospital.discharged": "Discharged from hospital",
    "practitioner.discharged": "The practitioner ends their work", "practitioner.changed": "The practitioner changes",
    "citizen.died": "The citizen died", "citizen.wrote": "The citizen wrote to us", "citizen.told": "The citizen was told"}
#: What of it a practitioner does not see: it is about another referral (R-13).
FOR_STAFF = ("duplicate.settled",)


def brief(desk: Desk, found: Written) -> Data:
    """Give the answer to whoever sent it: id, reference, state, and what is missing."""
    state = found.state
    return {"id": state["id"], "reference": state["reference"], "state": domain.state_word(state, desk.now),
            "missing": domain.missing(state, desk.now)}


def headed(desk: Desk, found: Written) -> Data:
    """Give what the head of a page about a referral says, with whose it is, so that nobody acts on another citizen's.

    `may_have_died` are the possible duplicates whose citizen died, `said_of_number` is what was reported of a number in doubt:
    whoever is about to ring reads it first (J-14).
    """
    id_, citizen = found.state["id"], record_of(found.state)
    named = desk.citizens({id_: citizen}, desk.people([citizen]) if desk.sees_all else {}).get(id_, {})
    return {**brief(desk, found), "name": named.get("name"), "self_referral": found.state["self_referral"],
            "may_have_died": candidates.who_died(desk, found.state),
            "said_of_number": said_of_number(desk, found.state) if desk.sees_all else None}


def foreseen(desk: Desk, state: State | Refused) -> Data:
    """Say of a referral not sent yet whether it could be accepted, what is missing, and how each rule comes out."""
    if isinstance(state, Refused):
        return {"acceptable": False, "missing": [{"rule": state.rule, "what": state.reason, "help": state.help}], "rules": []}
    missing = domain.missing(state, desk.now)
    return {"acceptable": not missing, "missing": missing, "rules": judged(desk, state)}


def whole(desk: Desk, found: Written, others: Sequence[Data] | None = None) -> Data:
    """Give everything the person may see of a referral; what it may repeat, `others` where they are known already, is for staff only (R-13)."""
    state = found.state
    people = desk.people(sorted(_people_of(desk, state)))
    shown = {
        **brief(desk, found), **{name: state[name] for name in (
            "pathway", "self_referral", "conversation_held_on", "reason", "conditions", "social_issues", "meeting_preference",
            "commitment_months", "inpatient", "received_at", "died_on", "journey_closes_on")},
        "citizen": citizens.shown(desk, state, people),
        "referrer": _staff(people, practitioner_on(state, london_day(desk.now)), "name", "email", "telephone"),
        "named_person": _staff(people, state["named_person"], "name", "email"), "named_person_goes_on": _day_of(named_person_goes(state)),
        "practitioner_goes_on": _day_of(practitioner_goes(state)), "one_to_one_support": state.get("one_to_one_support"),
        "documents": listing.here(desk, state), "documents_removed": listing.removed(desk, state),
        "rules": judged(desk, state), "in_hospital": stays(state),
        "decision": _decision(people, state), "development_worker": _worker(people, state), "questions": questions.shown(state, lambda id_: _name(people, id_)),
        "amendments": _amendments(desk, people, state), "merged": together.here(desk, state),
        "goes_on_with": together.onward(desk, state), "meeting": first_meeting(desk, state), **clock(desk, state)}
    return shown | (_for_staff(desk, state, people, candidates.candidates(desk, state) if others is None else others) if desk.sees_all else {})


def first_meeting(desk: Desk, state: State) -> Data | None:
    """Give how the introductory meeting stands: times given, times at which all can, offered, held (R-07)."""
    if state["stage"] not in LIVE:
        return None
    offered, held = state["meeting"], first_held(state)
    taking_part = meeting.who_takes_part(state, desk.now)
    free = {whose: meeting.free_times(state, whose, id_) for whose, id_ in taking_part}
    return {"availability": {whose: state["availability"][whose]["times"] if free[whose] is not None else None for whose in free},
            "slots": [{"starts_at": text(one.start), "ends_at": text(one.end)} for one in meeting.slots(state, desk.now, desk.busy(state))],
            "offered": {name: offered[name] for name in ("starts_at", "ends_at", "mode", "place", "agreed", "cancelled")} | (
                {"reason": offered["reason"]} if offered["cancelled"] else {}) | {
                    "off": is_off(state, offered), "to_check": to_check(state, desk.now)} if offered else None,
            "held_at": held}


def judged(desk: Desk, state: State) -> list[Data]:
    """Give each rule with its outcome: as decided where it is decided, else as of today (R-15).

    Whether this may be another's again is said to staff only: what a practitioner amends would tell them who is with us (R-13).
    """
    decision = state["decision"]
    found = decision["rules"] if decision else [one.kept() for one in outcomes(state, desk.now)]
    return [one for one in found if desk.sees_all or one["rule"] != "R-13"]


def clock(desk: Desk, state: State) -> Data:
    """Give the clocks of R-07 and R-10 and, beside them, the days since receipt and the time a question waited."""
    pathway = pathway_of(state)
    due = clocks.first_meeting_due(state, pathway)
    waited = clocks.waited_for_practitioner(state, desk.now)
    return {"first_meeting_due_on": due[0].isoformat() if due else None, "first_meeting_breached_on": due[1].isoformat() if due else None,
            "days_since_receipt": (london_day(desk.now) - london_day(datetime.fromisoformat(state["received_at"]))).days,
            "targets": [{"kind": one.kind, "due_on": one.due_on.isoformat(), "late_from": text(one.late_from),
                         "done_at": text(one.done_at) if one.done_at else None, "state": one.word(desk.now)}
                        for one in clocks.targets(state, pathway)] if not has_stopped(state, desk.now) else [],
            "waited_for_practitioner_minutes": int(waited.total_seconds() // 60)}


def stays(state: State) -> list[Data]:
    """Give the stays the citizen is in now."""
    return [{"stay_id": id_, "admitted_at": state["stays"].get(id_, {}).get("admission"), "ward": latest(state, id_, "ward"),
             "legal_status": latest(state, id_, "legal_status")} for id_ in in_hospital(state)]


def timeline(desk: Desk, id_: str, pathway: Pathway) -> list[Data]:
    """Give what happened, newest first; what was taken back or replaced is marked, not left out."""
    ledger = desk.ledger
    received = [one for one, _ in rows.received(desk.connection, ledger.tables, id_, ledger.rules)]
    said = [s for s in told(desk, received) if s.kind in HAPPENED and (desk.sees_all or not is_for_staff(s.kind, s.data))]
    names = desk.names(whom(said, desk.sees_all))
    stands = standing(said)
    doubted = {saying(one) for one in received if one.data.get("in_doubt")} if desk.sees_all else set()
    return [{"title": _title(s) + (" (said of the NHS number while it was in doubt)" if saying(s) in doubted else ""), "at": s.occurred_at, "recorded_at": s.recorded_at,
             "by": names.get(s.actor, s.actor), "text": in_words(s, pathway, names), "corrected": not s.withdrawn and stands[s.about] is not s,
             "report": statement_id(id_, s) if s.kind in BY_HAND and stands[s.about] is s and not s.withdrawn else None, "about": s.about}
            for s in reversed(said)]


def told(desk: Desk, said: Sequence[Statement]) -> list[Statement]:
    """Give what was said of a referral as whoever asks may know it.

    What another referral had been told before this one came is for staff until it is accepted; so is that it was taken back (R-13).
    """
    if desk.sees_all:
        return [as_reported(one) for one in said]
    accepted = next((one for one in said if one.kind == "referral.accepted"), None)
    stands = standing(said)
    apart = [one for one in said if one.kind == ELSEWHERE and (accepted is None or _was_gone(stands[one.about], accepted))]
    spoken_of = {one.about for one in said if one not in apart and not one.withdrawn}
    unheard = {one.about for one in (apart if accepted else said)} - spoken_of
    return [as_reported(one) for one in said if one not in apart and not (one.withdrawn and one.about in unheard)]


def _was_gone(stands: Statement, accepted: Statement) -> bool:
    """Say whether a report was taken back before the referral was accepted: whoever sent it never hears of it."""
    assert stands.recorded_at and accepted.recorded_at
    return stands.withdrawn and stands.recorded_at <= accepted.recorded_at


def kept_from_practitioner(state: State) -> list[str]:
    """Give what of a referral rests on what another had been told: `died_on`, `in_hospital`."""
    kinds = {one["kind"] for one in state["known_elsewhere"].values()} if not doubts_number(state) else set()
    is_stay = any(kind.startswith("hospital.") for kind in kinds)
    return [name for name, is_so in (("died_on", "citizen.died" in kinds), ("in_hospital", is_stay and bool(stays(state)))) if is_so]


def said_of_number(desk: Desk, state: State) -> Data | None:
    """Give {died_on, in_hospital} as reported of the NHS number a referral names in doubt; None where nothing is."""
    if not doubts_number(state):
        return None
    known = as_staff_know({**state, "number_of": None, "stays": {}, "inpatient": None, "died_on": None})
    for one in sorted(desk.reported_of(state["number_of"]), key=lambda one: order(one, desk.ledger.rules.RANKS)):
        known = evolve(known, one)
    found = {"died_on": known["died_on"], "in_hospital": stays(known)}
    return found if any(found.values()) else None


def is_for_staff(kind: str, data: Mapping[str, Any]) -> bool:
    """Say whether what happened is about another referral of the citizen, or what others say of them (R-13)."""
    return kind in FOR_STAFF or history.is_for_staff(data, data.get("facts"))


def legal_status(code: str | None) -> str:
    """Say a legal status code in words."""
    return LEGAL_STATUS.get(code or "", "")


def _title(statement: Statement) -> str:
    elsewhere = statement.data.get("elsewhere")
    return HAPPENED[statement.kind] + (f" on referral {elsewhere['reference']}" if elsewhere else "") + (": taken back" if statement.withdrawn else "")


def in_words(statement: Statement, pathway: Pathway, names: Mapping[str, str]) -> str:
    """Say what is to be said of a statement beside what happened; `names` has whom it is about."""
    data = statement.data
    if statement.kind in BY_HAND and not statement.withdrawn:
        return _reported(statement, names)
    if statement.kind == "citizen.told":
        return told_in_words(statement.about.partition(":")[2], data)
    if statement.kind == "document.added" and data:
        return f"{pathway.words(data['kind'])} of {rules.in_words(data['dated'])}"
    if statement.kind == merged.HERE:
        return str(data["merged"]["reference"])
    reason = data.get("reason") or ""
    return str(data.get("words") or reasons.WORDS.get(reason, reason)) if statement.kind != "referral.received" else ""


def _reported(statement: Statement, names: Mapping[str, str]) -> str:
    """Say what another system reported: where, under which section, who, from which day."""
    data = statement.data
    day = next((data[name] for name in ("died_on", "closes_on", "on") if data.get(name)), None)
    when = f"{'on' if statement.kind == 'citizen.died' else 'from'} {rules.in_words(day)}" if day else ""
    who = names.get(data.get("practitioner") or data.get("id") or "", "")
    return ", ".join(word for word in (who, when, data.get("ward", ""), legal_status(data.get("legal_status")), data.get("destination", "")) if word)


def whom(said: Iterable[Statement], sees_all: bool) -> set[str]:
    """Give the ids of the staff who said it and, for staff, of whom it was said: they may have referred the citizen too (R-13)."""
    about = {one.data[name] for one in said for name in ("practitioner", "id") if one.kind in BY_HAND and name in one.data}
    return {one.actor for one in said if one.is_by_staff} | (about if sees_all else set())


def _people_of(desk: Desk, state: State) -> set[str]:
    decision, allocation = state["decision"], state["allocation"]
    ids = {record_of(state), state.get("number_of"), decision and decision["by"], allocation and allocation["development_worker"]}
    ids |= {one["id"] for one in (practitioner_on(state, london_day(desk.now)), state["named_person"]) if one}
    ids |= questions.people(state) | {one["by"] for one in state["amendments"].values() if "by" in one}
    ids |= {id_ for one in state["amendments"].values() for id_, _ in one["told"]}
    return {id_ for id_ in ids if id_}


def _staff(people: Any, entry: Data | None, *names: str) -> Data | None:
    if entry is None:
        return None
    row = people.get(entry["id"], {})
    return {**{name: row.get(name) for name in names}, **_said(entry)}


def _day_of(goes: tuple[str, str] | None) -> str | None:
    return goes[0] if goes else None


def _amendments(desk: Desk, people: Any, state: State) -> list[Data]:
    return [{**one, "by": _name(people, one["by"]), "told": [_name(people, id_) for id_, _ in one["told"]],
             "changes": [{**change, "old": _by_name(people, change["old"]), "new": _by_name(people, change["new"])} for change in one["changes"]]}
            for one in history.history(desk, state)] if state["amendments"] else []


def _by_name(people: Any, value: Any) -> Any:
    """Give a value of an amendment without ids of people."""
    if isinstance(value, dict) and "id" in value:
        return {"name": _name(people, value["id"]), **_said(value)}
    return value


def _said(entry: Data) -> Data:
    return {name: value for name, value in entry.items() if name != "id"}


def _decision(people: Any, state: State) -> Data | None:
    decision = state["decision"]
    if not decision:
        return None
    kept = {name: decision[name] for name in ("state", "at", "reason", "words", "would_change", "merged_into", "fingerprint")
            if decision.get(name)}
    return {**kept, "by": _name(people, decision["by"])}


def _name(people: Any, id_: str) -> str:
    row = people.get(id_, {})
    return str(row.get("name") or row.get("email") or ("The citizen" if id_ == CITIZEN else "Somebody"))


def _worker(people: Any, state: State) -> Data | None:
    if not state["allocation"]:
        return None
    row = people.get(state["allocation"]["development_worker"], {})
    return {"name": row.get("name"), "email": row.get("email"), "allocated_at": state["allocation"]["at"]}


def _for_staff(desk: Desk, state: State, people: Any, others: Sequence[Data]) -> Data:
    found = [{name: one[name] for name in ("id", "reference", *candidates.NOTHING)} for one in others]
    number_of = state.get("number_of")
    known = people.get(number_of, {}) if number_of else {}
    return {"duplicates": found, "duplicate_reason": state["duplicate_reason"], "settled": state["settled"],
            "kept_from_practitioner": kept_from_practitioner(state), "said_of_number": said_of_number(desk, state), **tellings.for_staff(desk, state), "number_of": {name: known.get(name) for name in ("name", "date_of_birth")} if number_of else None,
            "differences": citizens.differences(desk, state, people)}
