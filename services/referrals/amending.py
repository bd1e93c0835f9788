"""How a referral is amended after it was sent."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.referrals import body, decisions, elsewhere, history, reaching, sending, store
from services.referrals.desk import Answer, Desk
from services.referrals.reported import BY_NUMBER, reported
from services.referrals.state import pathway_of
from shared.ledger.people import COLUMNS
from shared.ledger.store import Written
from shared.ledger.types import Data, Refused, State

#: Facts of a referral that are amended as they are.
PLAIN = ("conversation_held_on", "reason", "conditions", "social_issues", "one_to_one_support", "meeting_preference", "commitment_months", "inpatient")
#: The citizen's own words for who they are: a change of these may make somebody else of them.
WHO = ("name", "date_of_birth", "nhs_number")


#: How to reach a citizen of whom that is not shown: it may all be there.
NOT_SHOWN = {need.field: "not shown" for need in reaching.NEEDS.values()}


def read(desk: Desk, found: Written, given: Any, today: date) -> tuple[Data, body.Faults]:
    """Take an amendment of a referral, as `body.read`; from here on it and its citizen's others are locked."""
    state = elsewhere.lock(desk, found).state
    taken, faults = body.amendment(pathway_of(state), given, today)
    is_read = not any(not pointer or pointer.startswith(("/citizen", "/clear")) for pointer in faults)
    return taken, {**(_unreachable(desk, state, taken) if is_read else {}), **faults}


def amend(desk: Desk, id_: str, given: Data, expect: int | None = None) -> Answer:
    """Amend a referral; `given` as `read` has taken it."""
    found = desk.read(id_)
    if found is None:
        return Refused("R-14", "There is no such referral.")
    state = found.state
    row = desk.people([state["citizen_id"]]).get(state["citizen_id"], {})
    changed = _changed(row, given)
    change = _change(desk, state, row, changed, given)
    if isinstance(change, Refused):
        return change
    desk.introduce_staff([given[name] for name in ("referrer", "named_person") if name in given])
    before, number_was_wrong = set(state["amendments"]), bool("nhs_number" in changed and row.get("nhs_number"))
    # written first, for what is announced says who they are from now on; a refusal undoes it
    was, new = _rewrite(desk, state, row, changed, change["derived"].get("citizen_id", state["citizen_id"]))
    wrong = reported(desk.ledger, desk.connection, [id_], BY_NUMBER) if number_was_wrong else []
    answer = desk.do(decisions.amend, id_, change, wrong, expect=expect)
    if isinstance(answer, Written) and change["personal"]:
        (amendment,) = set(answer.state["amendments"]) - before
        history.keep(desk, id_, state["citizen_id"], amendment, row, changed)
        others = elsewhere.under_way(desk, answer.state["citizen_id"], but=id_)
        elsewhere.note(desk, others, answer.state, was, new, given["amendment_reason"])
    return answer


def _unreachable(desk: Desk, state: State, given: Data) -> body.Faults:
    """Find that the citizen can be reached no more as they would like; what was so before is no fault of this amendment.

    A practitioner must not learn from a refusal what somebody else was told of how to reach the citizen (R-13).
    """
    row = NOT_SHOWN if desk.hides_contacts(state) else desk.people([state["citizen_id"]]).get(state["citizen_id"], {})
    changed = _changed(row, given)
    citizen = {**row, **changed}
    need = reaching.lacking(citizen)
    return reaching.faults(citizen) if need and {"contact_by", need.field} & set(changed) else {}


def _changed(row: Mapping[str, Any], given: Data) -> Data:
    """Give the columns of the citizen that change, with their new values."""
    wanted = {name: history.in_column(name, value) for name, value in given.get("citizen", {}).items()}
    wanted |= {name: None for name in given.get("clear", []) if name not in PLAIN}
    return {name: value for name, value in wanted.items() if (row.get(name) or None) != value}


def _change(desk: Desk, state: State, row: Mapping[str, Any], changed: Data, given: Data) -> Data | Refused:
    facts = {name: given.get(name) for name in PLAIN if name in given or name in given.get("clear", [])}
    if "referrer" in given:
        facts["practitioner"] = sending.staff_facts(desk, given["referrer"])
    if "named_person" in given:
        facts["named_person"] = sending.staff_facts(desk, given["named_person"])
    derived = _who_they_are(desk, state, row, changed, given["amendment_reason"]) if set(changed) & set(WHO) else {}
    if isinstance(derived, Refused):
        return derived
    return {"facts": facts, "derived": derived, "personal": [f"citizen.{name}" for name in sorted(changed)], "reason": given["amendment_reason"]}


def _who_they_are(desk: Desk, state: State, row: Mapping[str, Any], changed: Data, reason: str) -> Data | Refused:
    """Give what follows from another name, date of birth or NHS number: whose referral it is, and what it may repeat."""
    if "nhs_number" in changed and not desk.sees_all:
        # the answer would say whether the number is known
        return Refused("R-13", "The NHS number is put right by the Pod.", "Tell the Pod the right number.", "citizen.nhs_number")
    who = {name: value for name in WHO if (value := changed.get(name, row.get(name)))}
    citizen_id, number_of = _whose_number(desk, state, changed, who)
    if number_of and "nhs_number" in changed and _let_go(desk, number_of, state, reason):
        number_of = None
    elif number_of and "nhs_number" in changed:
        return Refused("R-13", "This NHS number is known of somebody of another name.",
                       "Check the number and the name; if both are right, ask the Pod's manager.", "citizen.nhs_number")
    known = bool(desk.people([citizen_id]))
    if known and citizen_id != state["citizen_id"] and state["stage"] != "open":
        return Refused("R-13", "This NHS number is another citizen's, and the journey has opened.",
                       "Two records of one citizen are joined by the council's records team.", "citizen.nhs_number")
    same = citizen_id if known else state["citizen_id"]
    pathway = pathway_of(state)
    found = sending.duplicates(desk, pathway.name, who, {same}, but=state["id"]) if state["stage"] == "open" else state["duplicates"]
    return {"citizen_id": same, "number_of": number_of, "duplicates": found,
            "adult_from": decisions.adult_from(date.fromisoformat(who["date_of_birth"]), pathway, desk.now),
            **({"settled": None} if set(found) - set(state["duplicates"]) else {})}


def _whose_number(desk: Desk, state: State, changed: Data, who: Data) -> tuple[str, str | None]:
    """Give whose referral it is and whose the number is; a number in doubt may be its citizen's after all, by another name."""
    doubted = state.get("number_of")
    if "nhs_number" in changed:
        return sending.whose(desk, who)
    if doubted and desk.sees_all:  # a practitioner would learn from the answer whom the number is known of
        citizen_id, number_of = sending.whose(desk, {**who, "nhs_number": desk.people([doubted]).get(doubted, {}).get("nhs_number")})
        return (state["citizen_id"], number_of) if number_of else (citizen_id, None)
    return state["citizen_id"], doubted


def _rewrite(desk: Desk, state: State, row: Mapping[str, Any], changed: Data, citizen_id: str) -> tuple[Mapping[str, Any], Data]:
    """Write who the citizen is; where it is somebody known, how to reach them, and nobody has the number that was wrong.

    Give the row of whoever it is as it was, and what became new of it.
    """
    if citizen_id == state["citizen_id"]:
        _put(desk, row, changed) if changed else None
        return row, changed
    known = desk.people([citizen_id])[citizen_id]
    new = {name: value for name, value in changed.items() if name not in WHO and (known[name] or None) != value}
    _put(desk, known, new) if new else None
    others = sa.select(store.referrals.c.id).where(store.referrals.c.citizen == state["citizen_id"], store.referrals.c.id != state["id"])
    if row.get("nhs_number") and desk.connection.execute(others.limit(1)).first() is None:
        _put(desk, row, {"nhs_number": None})
    return known, new


def _let_go(desk: Desk, citizen_id: str, taker: State, reason: str) -> bool:
    """Take an NHS number from somebody whose referrals have all ended, for they cannot be amended otherwise; say whether it was."""
    of = store.referrals.c.citizen == citizen_id
    if desk.connection.execute(sa.select(store.referrals.c.id).where(of, store.referrals.c.stage.in_(store.LIVE)).limit(1)).first():
        return False
    row = desk.people([citizen_id])[citizen_id]
    _put(desk, row, {"nhs_number": None})
    ids = desk.connection.execute(sa.select(store.referrals.c.id).where(of).order_by(store.referrals.c.id)).scalars().all()
    elsewhere.note(desk, ids, taker, row, {"nhs_number": None}, reason)
    return True


def _put(desk: Desk, row: Mapping[str, Any], changed: Data) -> None:
    # of two rows the one recorded last stands: the desk's own time is of before the lock
    recorded_at = max(desk.database.now(desk.connection), row["recorded_at"])
    desk.ledger.people.put(desk.connection, [{**{name: row.get(name) for name in COLUMNS}, **changed, "recorded_at": recorded_at}])
