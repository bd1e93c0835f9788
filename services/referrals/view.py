"""One referral as it is shown: the same facts for the API and for the page."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from services.referrals import domain, rules
from services.referrals.desk import Desk
from services.referrals.store import referrals
from shared.calendar import london_day
from shared.ledger import rows
from shared.ledger.store import Written
from shared.ledger.types import Data, State, Statement
from shared.pathways import Pathway
from shared.schemas.people import LEGAL_STATUS

#: What happened, in words; a decision keeps its words beside it.
HAPPENED = {
    "referral.received": "Referral received", "document.added": "Document added", "referral.accepted": "Accepted",
    "referral.declined": "Declined", "referral.withdrawn": "Withdrawn", "referral.allocated": "Development worker chosen",
    "hospital.admitted": "Admitted to hospital", "hospital.discharged": "Discharged from hospital", "citizen.died": "The citizen died",
}


def brief(desk: Desk, found: Written) -> Data:
    """Give the answer to whoever sent it: id, reference, state, and what is missing."""
    state = found.state
    return {"id": state["id"], "reference": state["reference"], "state": domain.state_word(state, desk.now),
            "missing": domain.missing(state, desk.now)}


def whole(desk: Desk, found: Written) -> Data:
    """Give everything the person may see of a referral; what it may repeat is for staff only (R-13)."""
    state = found.state
    people = desk.people([id_ for id_ in _people_of(state) if id_])
    shown = {
        **brief(desk, found), **{name: state[name] for name in (
            "pathway", "conversation_held_on", "reason", "conditions", "social_issues", "meeting_preference",
            "commitment_months", "inpatient", "received_at", "died_on")},
        "citizen": {**_person(people, state["citizen_id"], "name", "date_of_birth", "nhs_number", *_contacts(desk, state)),
                    **_number_as_typed(people, state)},
        "referrer": {**_person(people, state["practitioner"]["id"], "name", "email", "telephone"), **_said(state["practitioner"])},
        "named_person": {**_person(people, state["named_person"]["id"], "name", "email"), **_said(state["named_person"])}
        if state["named_person"] else None,
        "documents": documents(state), "rules": judged(desk, state), "in_hospital": stays(state),
        "decision": _decision(people, state), "development_worker": _worker(people, state), **clock(desk, state)}
    return shown | (_for_staff(desk, state, people) if desk.sees_all else {})


def documents(state: State) -> list[Data]:
    """Give the documents, newest first, each with the last day it is up to date."""
    pathway = domain.pathway_of(state)
    papers = {paper.kind: paper for paper in pathway.document}
    listed = sorted(state["documents"].items(), key=lambda item: (item[1]["dated"], item[0]), reverse=True)
    return [{"id": id_, "kind": one["kind"], "dated": one["dated"], "added_at": one["added_at"],
             "lapses_on": rules.lapses_on(papers[one["kind"]], one["dated"]).isoformat() if one["kind"] in papers else None}
            for id_, one in listed]


def judged(desk: Desk, state: State) -> list[Data]:
    """Give each rule with its outcome: as decided where it is decided, else as of today (R-15)."""
    decision = state["decision"]
    return list(decision["rules"]) if decision else [one.kept() for one in domain.outcomes(state, desk.now)]


def clock(desk: Desk, state: State) -> Data:
    """Give the clock of R-07 and, beside it, the days since receipt."""
    due = rules.first_meeting_due(state, domain.pathway_of(state))
    return {"first_meeting_due_on": due[0].isoformat() if due else None, "first_meeting_breached_on": due[1].isoformat() if due else None,
            "days_since_receipt": (london_day(desk.now) - london_day(datetime.fromisoformat(state["received_at"]))).days}


def stays(state: State) -> list[Data]:
    """Give the stays the citizen is in now."""
    return [{"stay_id": id_, "admitted_at": state["stays"][id_]["admission"], "ward": state["stays"][id_].get("ward"),
             "legal_status": state["stays"][id_].get("legal_status")} for id_ in domain.in_hospital(state)]


def timeline(desk: Desk, id_: str, pathway: Pathway) -> list[Data]:
    """Give what happened, newest first; what was taken back or replaced is marked, not left out."""
    ledger = desk.ledger
    said = [(s, at) for s, at in rows.received(desk.connection, ledger.tables, id_, ledger.rules) if s.kind in HAPPENED]
    names = desk.names({s.actor for s, _ in said if s.is_by_staff})
    stands = {s.about: s for s, _ in sorted(said, key=lambda pair: (pair[0].recorded_at, pair[0].withdrawn, pair[0].event_id))}
    return [{"title": HAPPENED[s.kind] + (": taken back" if s.withdrawn else ""), "at": s.occurred_at, "recorded_at": s.recorded_at,
             "by": names.get(s.actor, s.actor), "text": _words(s, pathway), "corrected": not s.withdrawn and stands[s.about] is not s}
            for s, _ in reversed(said)]


def legal_status(code: str | None) -> str:
    """Say a legal status code in words."""
    return LEGAL_STATUS.get(code or "", "")


def _words(statement: Statement, pathway: Pathway) -> str:
    data = statement.data
    if statement.kind == "document.added" and data:
        return f"{pathway.words(data['kind'])} of {rules.in_words(data['dated'])}"
    if statement.kind == "hospital.admitted":
        return ", ".join(word for word in (data.get("ward", ""), legal_status(data.get("legal_status"))) if word)
    return str(data.get("words") or data.get("reason") or "") if statement.kind != "referral.received" else ""


def _people_of(state: State) -> list[str | None]:
    decision, allocation, named = state["decision"], state["allocation"], state["named_person"]
    return [state["citizen_id"], state.get("number_of"), state["practitioner"]["id"], named["id"] if named else None,
            decision["by"] if decision else None, allocation["development_worker"] if allocation else None]


def _person(people: Any, id_: str, *names: str) -> Data:
    row = people.get(id_, {})
    found = {name: row.get(name) for name in names}
    if "do_not" in found:
        found["do_not"] = (found["do_not"] or "").splitlines()
    return found


def _contacts(desk: Desk, state: State) -> tuple[str, ...]:
    """Give which contacts may be shown: to a practitioner none where somebody else referred the citizen too (R-13)."""
    alone = desk.sees_all or not (state.get("number_of") or desk.is_shared(state["citizen_id"]))
    return ("telephone", "email", "contact_by", "do_not") if alone else ()


def _number_as_typed(people: Any, state: State) -> Data:
    """Give the NHS number where it is kept as somebody else's; to the practitioner it is what they typed."""
    return _person(people, state["number_of"], "nhs_number") if state.get("number_of") else {}


def _said(entry: Data) -> Data:
    return {name: value for name, value in entry.items() if name != "id"}


def _decision(people: Any, state: State) -> Data | None:
    decision = state["decision"]
    if not decision:
        return None
    kept = {name: decision[name] for name in ("state", "at", "reason", "words", "would_change", "fingerprint") if decision.get(name)}
    return {**kept, "by": people.get(decision["by"], {}).get("name") or "Somebody"}


def _worker(people: Any, state: State) -> Data | None:
    if not state["allocation"]:
        return None
    return {**_person(people, state["allocation"]["development_worker"], "name", "email"), "allocated_at": state["allocation"]["at"]}


def _for_staff(desk: Desk, state: State, people: Any) -> Data:
    found = [{"id": row.id, "reference": row.reference} for row in desk.connection.execute(
        referrals.select().where(desk.database.any_of(referrals.c.id, state["duplicates"])))] if state["duplicates"] else []
    number_of = state.get("number_of")
    return {"duplicates": found, "duplicate_reason": state["duplicate_reason"],
            "number_of": _person(people, number_of, "name", "date_of_birth") if number_of else None}
