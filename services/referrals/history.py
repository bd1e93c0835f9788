"""What was amended of a referral, with what it said before.

What is personal lies in `people`, so its old and new values are kept in a table of their own, not in a statement.
"""
from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import orjson
import sqlalchemy as sa

from services.referrals import store
from services.referrals.desk import Desk
from shared.ledger.types import Data, State


def history(desk: Desk, state: State) -> list[Data]:
    """Give every amendment, newest first: {id, at, by, reason, told: [id, role], elsewhere, changes: [{field, old, new}]}.

    `elsewhere` is {id, reference} of the other referral on which it was made; such a one is for staff only. How to reach a
    citizen whom somebody else referred too is not shown to a practitioner (R-13).
    """
    personal = _personal(desk, state)
    return [{"id": id_, **{name: one[name] for name in ("at", "by", "reason", "told")}, "elsewhere": one.get("elsewhere"),
             "changes": one["changes"] + personal.get(id_, [])}
            for id_, one in sorted(state["amendments"].items(), key=lambda item: item[1]["at"], reverse=True)
            if desk.sees_all or "elsewhere" not in one]


def keep(desk: Desk, referral: str, citizen: str, amendment: str, row: Mapping[str, Any], changed: Data) -> None:
    """Keep what an amendment changed of a citizen: `row` is theirs as it was, `changed` its new values."""
    rows = [{"id": str(uuid.uuid4()), "amendment": amendment, "referral": referral, "citizen": citizen, "field": name,
             "old": row.get(name), "new": value} for name, value in sorted(changed.items())]
    desk.database.insert(desk.connection, store.amended, rows)


def in_column(name: str, value: Any) -> Any:
    """Give a value as its column keeps it."""
    if name == "do_not":
        return "\n".join(value) or None
    return orjson.dumps(value).decode() if name == "next_of_kin" else value


def _personal(desk: Desk, state: State) -> dict[str, list[Data]]:
    """Give by amendment what it changed of the citizen."""
    table, hidden = store.amended, desk.hides_contacts(state)
    rows = desk.connection.execute(sa.select(table).where(table.c.referral == state["id"]).order_by(table.c.field)).mappings().all()
    found: dict[str, list[Data]] = {}
    for row in rows:
        found.setdefault(row["amendment"], []).append(
            {"field": f"citizen.{row['field']}", **{name: None if hidden else _shown(row["field"], row[name]) for name in ("old", "new")}})
    return found


def _shown(name: str, value: str | None) -> Any:
    if name == "do_not":
        return (value or "").splitlines()
    return orjson.loads(value) if name == "next_of_kin" and value else value
