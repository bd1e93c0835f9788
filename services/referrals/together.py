"""Referrals that go on together, as they are shown: what was merged into one, and where one that was merged stands (R-13, R-14)."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Connection

from services.referrals import access, history, questions, record
from services.referrals.desk import Desk, Rows
from services.referrals.reasons import WORDS
from services.referrals.state import has_stopped
from services.referrals.store import LIVE
from shared.decline_reasons import coded
from shared.ledger.store import Ledger
from shared.ledger.types import Data, State

#: How a referral stands that another goes on with: no more of it is told to whoever sent the other.
STANDS: Mapping[str, str] = {
    "open": "The Pod has not decided about it yet.", "accepted": "The Pod has accepted it.", "declined": "The Pod has declined it.",
    "withdrawn": "It was withdrawn.", "stopped": "Nothing more happens with it."}


def here(desk: Desk, state: State) -> list[Data]:
    """Give what was merged into a referral, newest first: {id, reference, referrer: {name, team}, self_referral, at, by, told, changes, said, reason?,
    questions?}.

    `changes` is what became new here, `said` what the other says differently: {field, there, here}. A practitioner is told what
    another practitioner wrote, for both work with the citizen now; what the citizen told the Pod themself, how to reach them,
    the Pod's `reason` and what it asked whoever sent the other are for staff.
    """
    found = history.merges(desk, state) if any("merged" in one for one in state["amendments"].values()) else []
    people = desk.people(_people(state, found)) if found else {}
    return [_shown(desk, state, one, people) for one in found]


def onward(desk: Desk, state: State) -> Data | None:
    """Give {id?, reference, state: one of STANDS, reason?, would_change?} of the referral one that was merged goes on with, however often.

    None of any other. The id is for whoever may see that one. Why that was declined and what would change it is owed to whoever
    sent this one too (R-14): the reason in words, as the words beside it are for the practitioner of that one.
    """
    found = followed(desk.ledger, desk.connection, state)
    if found is None:
        return None
    stands = "stopped" if found["stage"] in LIVE and has_stopped(found, desk.now) else found["stage"]
    seen = {"id": found["id"]} if access.may_see(found, desk.actor, desk.who) else {}
    return {**seen, "reference": found["reference"], "state": stands, **(_why(found["decision"]) if stands == "declined" else {})}


def _why(decision: Mapping[str, Any]) -> Data:
    return {"reason": WORDS[coded(decision["reason"])], **({"would_change": decision["would_change"]} if decision.get("would_change") else {})}


def differing(state: State) -> list[str]:
    """Give the references of those that were merged into a referral and say something differently."""
    found = (one["merged"] for one in state["amendments"].values() if "merged" in one)
    return [one["reference"] for one in found if one["facts"]]


def followed(ledger: Ledger, connection: Connection, state: State) -> State | None:
    """Give the referral one that was merged goes on with, however often; None of any other."""
    found, seen = state, {state["id"]}
    while (next_ := (found["decision"] or {}).get("merged_id")) and next_ not in seen:
        seen.add(next_)
        written = ledger.read(connection, next_)
        if written is None:
            break
        found = written.state
    return None if found is state else found


def _shown(desk: Desk, state: State, one: Data, people: Rows) -> Data:
    other, sender = one["merged"], one["merged"]["practitioner"]
    facts = [{"field": name, "there": _by_name(people, value), "here": _by_name(people, state.get(name))} for name, value in other["facts"].items()]
    told = [_name(people, id_) for id_, _ in one["told"]]
    return {**{name: other[name] for name in ("id", "reference", "self_referral")}, "at": one["at"], "by": _name(people, one["by"]),
            "referrer": {"name": _name(people, sender["id"]), "team": sender["team"]} if sender else None, "told": told, "changes": one["changes"],
            **({"said": facts + _differing(desk, other["id"], people.get(state["citizen_id"])), "reason": one["reason"],
                "questions": _questions(desk, other["id"])} if desk.sees_all
               else {"said": [] if other["self_referral"] else facts})}


def _questions(desk: Desk, id_: str) -> list[Data]:
    """Give what the Pod asked whoever sent the other."""
    written = desk.read(id_)
    names = desk.names(questions.people(written.state)) if written else {}
    return questions.shown(written.state, names.__getitem__) if written else []


def _differing(desk: Desk, id_: str, on_record: Mapping[str, Any] | None) -> list[Data]:
    """Give what the other referral says of the citizen and the Pod has otherwise on record."""
    found = record.differences(on_record, desk.says(id_)) if on_record else []
    return [{"field": f"citizen.{one.field}", "there": history.shown(one.field, one.here), "here": history.shown(one.field, one.on_record)} for one in found]


def _people(state: State, found: list[Data]) -> set[str]:
    ids = {state["citizen_id"], *(id_ for one in found for id_ in (one["by"], *(id_ for id_, _ in one["told"])))}
    values = [value for one in found for value in (one["merged"]["practitioner"], *one["merged"]["facts"].values())]
    values += [state.get(name) for one in found for name in one["merged"]["facts"]]
    return ids | {value["id"] for value in values if isinstance(value, dict) and "id" in value}


def _by_name(people: Rows, value: Any) -> Any:
    """Give a value without ids of people."""
    if isinstance(value, dict) and "id" in value:
        return {"name": _name(people, value["id"]), **{name: one for name, one in value.items() if name != "id"}}
    return value


def _name(people: Rows, id_: str) -> str:
    row = people.get(id_, {})
    return str(row.get("name") or row.get("email") or "Somebody")
