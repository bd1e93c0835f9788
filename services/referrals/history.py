"""What was amended of a referral, with what it said before.

What is personal lies in `people`, so its old and new values are kept in a table of their own, not in a statement.
"""
from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import sqlalchemy as sa

from services.referrals import store
from services.referrals.desk import Desk
from services.referrals.saying import ON_RECORD, Saying
from shared.ledger.types import Data, State


def history(desk: Desk, state: State) -> list[Data]:
    """Give every amendment, newest first: {id, at, by, reason, told: [id, role], elsewhere, changes: [{field, old, new}]}.

    `elsewhere` is {id, reference} of the other referral on which it was made. Such a one is for staff only, as is what changed of
    the record and not of what the referral says (R-13). A change of the latter alone has `only_here`.
    """
    return [{**entry, "elsewhere": one.get("elsewhere")} for one, entry in _entries(desk, state)
            if "merged" not in one and (desk.sees_all or not is_for_staff(one, one["changes"]))]


def merges(desk: Desk, state: State) -> list[Data]:
    """Give what became new with each referral that was merged into this one, newest first: {id, at, by, reason, told, merged, changes}."""
    return [{**entry, "merged": one["merged"]} for one, entry in _entries(desk, state) if "merged" in one]


def _entries(desk: Desk, state: State) -> Iterator[tuple[Data, Data]]:
    personal = _personal(desk, state)
    for id_, one in sorted(state["amendments"].items(), key=lambda item: item[1]["at"], reverse=True):
        yield one, {"id": id_, **{name: one[name] for name in ("at", "by", "reason", "told")}, "changes": one["changes"] + personal.get(id_, [])}


def is_for_staff(data: Mapping[str, Any], facts: Any) -> bool:
    """Say whether an amendment is about another referral, or about what others say of the citizen."""
    return "elsewhere" in data or (data.get("where") == ON_RECORD and not facts)


def keep(desk: Desk, state: State, amendment: str, said: Saying) -> None:
    """Keep what an amendment changed of a citizen, in what the referral says of them and on record."""
    both = {name for name, value in said.says.items()
            if (value, said.said.get(name)) == (said.recorded.get(name, value), said.on_record.get(name)) and name in said.recorded}
    rows = [_row(said.said, said.says, name, here=True, on_record=name in both) for name in said.says]
    rows += [_row(said.on_record, said.recorded, name, here=False, on_record=True) for name in said.recorded if name not in both]
    _insert(desk, state["id"], state["citizen_id"], amendment, rows)


def keep_elsewhere(desk: Desk, referral: str, amendment: str, row: Mapping[str, Any], changed: Data) -> None:
    """Keep what an amendment of another referral changed of a citizen: `row` is theirs as it was, `changed` its new values."""
    _insert(desk, referral, row["id"], amendment, [_row(row, changed, name, here=False, on_record=True) for name in changed])


def _row(before: Mapping[str, Any], after: Data, name: str, *, here: bool, on_record: bool) -> Data:
    return {"field": name, "old": before.get(name) or None, "new": after[name], "here": here, "on_record": on_record}


def _insert(desk: Desk, referral: str, citizen: str, amendment: str, rows: list[Data]) -> None:
    whose = {"amendment": amendment, "referral": referral, "citizen": citizen}
    desk.database.insert(desk.connection, store.amended, [{"id": str(uuid.uuid4()), **whose, **row} for row in rows])


def _personal(desk: Desk, state: State) -> dict[str, list[Data]]:
    """Give by amendment what it changed of the citizen."""
    table = store.amended
    query = sa.select(table).where(table.c.referral == state["id"]).order_by(table.c.field, table.c.on_record.desc())
    found: dict[str, list[Data]] = {}
    for row in desk.connection.execute(query).mappings():
        if row["here"] or desk.sees_all:
            only_here = {"only_here": True} if desk.sees_all and not row["on_record"] else {}
            found.setdefault(row["amendment"], []).append(
                {"field": f"citizen.{row['field']}", **{name: shown(row["field"], row[name]) for name in ("old", "new")}, **only_here})
    return found


def shown(name: str, value: str | None) -> Any:
    """Give a value of a column as it is shown."""
    if name == "do_not":
        return (value or "").splitlines()
    return orjson.loads(value) if name == "next_of_kin" and value else value
