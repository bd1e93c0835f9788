"""The referrals another may repeat, each by what it says itself, so that a person can judge (R-13); for staff only."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from services.referrals import particulars, store
from services.referrals.desk import Desk
from services.referrals.record import alike
from services.referrals.store import LIVE, referrals
from shared.calendar import london_day
from shared.database import instant_text
from shared.ledger.types import Data, State


def candidates(desk: Desk, state: State) -> list[Data]:
    """Give what this referral may repeat, oldest first.

    Each: {id, reference, pathway, state, received_at, same_name, same_birth, same_number, may_take: whether this one can go on with it}.
    """
    if not state["duplicates"]:
        return []
    query = sa.select(referrals).where(desk.database.any_of(referrals.c.id, state["duplicates"])).order_by(referrals.c.received_at)
    rows = desk.connection.execute(query).mappings().all()
    says = particulars.of(desk.connection, desk.database, store.particulars, [state["id"], *(row["id"] for row in rows)])
    return [_candidate(desk, state, dict(row), says.get(state["id"], {}), says.get(row["id"], {})) for row in rows]


def _candidate(desk: Desk, state: State, row: Mapping[str, Any], here: Mapping[str, Any], there: Mapping[str, Any]) -> Data:
    word = _word(desk, row)
    return {**{name: row[name] for name in ("id", "reference", "pathway")}, "received_at": instant_text(row["received_at"]), "state": word,
            **{f"same_{word}": is_same(f"citizen.{name}", here.get(name), there.get(name)) is True
               for word, name in (("name", "name"), ("birth", "date_of_birth"), ("number", "nhs_number"))},
            "may_take": row["stage"] in LIVE and word != "closed" and row["pathway"] == state["pathway"]}


def is_same(field: str, here: Any, there: Any) -> bool | None:
    """Say whether two referrals answer the same; None where one of them says nothing."""
    if here in (None, "", [], {}) or there in (None, "", [], {}):
        return None
    if not field.startswith("citizen."):
        return bool(here == there)
    return alike(field.removeprefix("citizen."), here, there)


def _word(desk: Desk, row: Mapping[str, Any]) -> str:
    today = london_day(desk.now).isoformat()
    if row["stage"] != "open":
        return "closed" if row["stage"] == "accepted" and (row["journey_closes_on"] or today) < today else str(row["stage"])
    return "complete" if row["complete_until"] and row["complete_from"] <= today <= row["complete_until"] else "received"
