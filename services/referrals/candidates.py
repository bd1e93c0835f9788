"""The referrals another may repeat, side by side, so that a person can judge (R-13); for staff only."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from services.referrals.desk import Desk
from services.referrals.sending import plain
from services.referrals.store import LIVE, referrals
from shared.calendar import london_day
from shared.database import instant_text
from shared.ledger.types import Data, State


def candidates(desk: Desk, state: State) -> list[Data]:
    """Give what this referral may repeat, oldest first.

    Each: {id, reference, state, received_at, name, date_of_birth, nhs_number, practitioner, same_name, same_birth, same_number,
    may_take: whether this one can go on with it}.
    """
    if not state["duplicates"]:
        return []
    query = sa.select(referrals).where(desk.database.any_of(referrals.c.id, state["duplicates"])).order_by(referrals.c.received_at)
    rows = desk.connection.execute(query).mappings().all()
    people = desk.people({id_ for row in rows for id_ in (row["citizen"], row["practitioner"]) if id_} | _ours(state))
    return [_candidate(desk, state, dict(row), people) for row in rows]


def _ours(state: State) -> set[str]:
    return {id_ for id_ in (state["citizen_id"], state.get("number_of")) if id_}


def _candidate(desk: Desk, state: State, row: Mapping[str, Any], people: Mapping[str, Mapping[str, Any]]) -> Data:
    here, there = people.get(state["citizen_id"], {}), people.get(row["citizen"], {})
    who = people.get(row["practitioner"], {}) if row["practitioner"] else {}
    number = people.get(state["number_of"], {}).get("nhs_number") if state.get("number_of") else here.get("nhs_number")
    return {
        **{name: row[name] for name in ("id", "reference", "pathway")}, "received_at": instant_text(row["received_at"]),
        "state": _word(desk, row), "practitioner": who.get("name") or who.get("email"),
        **{name: there.get(name) for name in ("name", "date_of_birth", "nhs_number")},
        "same_name": plain(here.get("name") or "") == plain(there.get("name") or "-"),
        "same_birth": bool(here.get("date_of_birth")) and here.get("date_of_birth") == there.get("date_of_birth"),
        "same_number": bool(number) and number == there.get("nhs_number"),
        "may_take": row["stage"] in LIVE and row["pathway"] == state["pathway"]}


def _word(desk: Desk, row: Mapping[str, Any]) -> str:
    if row["stage"] != "open":
        return str(row["stage"])
    today = london_day(desk.now).isoformat()
    return "complete" if row["complete_until"] and row["complete_from"] <= today <= row["complete_until"] else "received"
