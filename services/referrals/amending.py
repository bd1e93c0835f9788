"""How a referral is amended after it was sent, and what becomes of what it said before.

What is personal lies in `people`, so its old and new values are kept in a table of their own, not in a statement.
"""
from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson
import sqlalchemy as sa

from services.referrals import decisions, sending, store
from services.referrals.desk import Answer, Desk
from services.referrals.reported import BY_NUMBER, reported
from services.referrals.state import pathway_of
from shared.ledger.people import COLUMNS
from shared.ledger.store import Written
from shared.ledger.types import Data, Refused, State

#: Facts of a referral that are amended as they are.
PLAIN = ("conversation_held_on", "reason", "conditions", "social_issues", "meeting_preference", "commitment_months", "inpatient")
#: The citizen's own words for who they are: a change of these may make somebody else of them.
WHO = ("name", "date_of_birth", "nhs_number")


def amend(desk: Desk, id_: str, given: Data, expect: int | None = None) -> Answer:
    """Amend a referral; `given` as `services.referrals.body.amendment` has checked it."""
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
    _rewrite(desk, state, row, changed, change["derived"].get("citizen_id", state["citizen_id"]))
    wrong = reported(desk.ledger, desk.connection, [id_], BY_NUMBER) if number_was_wrong else []
    answer = desk.do(decisions.amend, id_, change, wrong, expect=expect)
    if isinstance(answer, Written) and change["personal"]:
        (amendment,) = set(answer.state["amendments"]) - before
        _keep(desk, state, amendment, row, changed)
    return answer


def history(desk: Desk, state: State) -> list[Data]:
    """Give every amendment, newest first: {id, at, by, reason, told: [id, role], changes: [{field, old, new}]}.

    How to reach a citizen whom somebody else referred too is not shown to a practitioner (R-13).
    """
    table, hidden = store.amended, not desk.sees_all and desk.is_shared(state["citizen_id"])
    rows = desk.connection.execute(sa.select(table).where(table.c.referral == state["id"]).order_by(table.c.field)).mappings().all()
    personal: dict[str, list[Data]] = {}
    for row in rows:
        personal.setdefault(row["amendment"], []).append(
            {"field": f"citizen.{row['field']}", **{name: None if hidden else _shown(row["field"], row[name]) for name in ("old", "new")}})
    return [{"id": id_, **{name: one[name] for name in ("at", "by", "reason", "told")}, "changes": one["changes"] + personal.get(id_, [])}
            for id_, one in sorted(state["amendments"].items(), key=lambda item: item[1]["at"], reverse=True)]


def _changed(row: Mapping[str, Any], given: Data) -> Data:
    """Give the columns of the citizen that change, with their new values."""
    wanted = {name: _kept(name, value) for name, value in given.get("citizen", {}).items()}
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
    if number_of and "nhs_number" in changed and _let_go(desk, number_of, reason):
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


def _rewrite(desk: Desk, state: State, row: Mapping[str, Any], changed: Data, citizen_id: str) -> None:
    """Write who the citizen is; where it is somebody known, how to reach them, and nobody has the number that was wrong."""
    if citizen_id == state["citizen_id"]:
        _put(desk, row, changed) if changed else None
        return
    if known := desk.people([citizen_id]).get(citizen_id):
        _put(desk, known, {name: value for name, value in changed.items() if name not in WHO})
    others = sa.select(store.referrals.c.id).where(store.referrals.c.citizen == state["citizen_id"], store.referrals.c.id != state["id"])
    if row.get("nhs_number") and desk.connection.execute(others.limit(1)).first() is None:
        _put(desk, row, {"nhs_number": None})


def _let_go(desk: Desk, citizen_id: str, reason: str) -> bool:
    """Take an NHS number from somebody whose referrals have all ended, for they cannot be amended otherwise; say whether it was."""
    of = store.referrals.c.citizen == citizen_id
    if desk.connection.execute(sa.select(store.referrals.c.id).where(of, store.referrals.c.stage.in_(store.LIVE)).limit(1)).first():
        return False
    row = desk.people([citizen_id])[citizen_id]
    _put(desk, row, {"nhs_number": None})
    for id_ in desk.connection.execute(sa.select(store.referrals.c.id).where(of).order_by(store.referrals.c.id)).scalars().all():
        amendment = str(uuid.uuid4())
        taken = {"facts": {}, "derived": {}, "personal": ["citizen.nhs_number"], "reason": reason, "told": []}
        desk.ask(id_, lambda _, now, about=amendment, data=taken: [  # type: ignore[misc]
            decisions.said(f"amendment:{about}", "referral.amended", now, desk.who, data)])
        _keep(desk, {"id": id_, "citizen_id": citizen_id}, amendment, row, {"nhs_number": None})
    return True


def _put(desk: Desk, row: Mapping[str, Any], changed: Data) -> None:
    desk.ledger.people.put(desk.connection, [{**{name: row.get(name) for name in COLUMNS}, **changed, "recorded_at": desk.now}])


def _keep(desk: Desk, state: State, amendment: str, row: Mapping[str, Any], changed: Data) -> None:
    rows = [{"id": str(uuid.uuid4()), "amendment": amendment, "referral": state["id"], "citizen": state["citizen_id"], "field": name,
             "old": row.get(name), "new": value} for name, value in sorted(changed.items())]
    desk.database.insert(desk.connection, store.amended, rows)


def _kept(name: str, value: Any) -> Any:
    """Give a value as its column keeps it."""
    if name == "do_not":
        return "\n".join(value) or None
    return orjson.dumps(value).decode() if name == "next_of_kin" else value


def _shown(name: str, value: str | None) -> Any:
    if name == "do_not":
        return (value or "").splitlines()
    return orjson.loads(value) if name == "next_of_kin" and value else value
