"""The referrals another may repeat, each by what it says itself, so that a person can judge (R-13); for staff only."""
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.referrals import particulars, store
from services.referrals.desk import Desk
from services.referrals.record import alike
from services.referrals.stays import in_hospital, is_inpatient, latest
from services.referrals.store import LIVE, referrals
from shared.calendar import london_day
from shared.database import instant_text
from shared.ledger.types import Data, State

#: Nothing was reported of a citizen.
NOTHING: Data = {"died_on": None, "in_hospital": False, "ward": None}


def candidates(desk: Desk, state: State) -> list[Data]:
    """Give what this referral may repeat, oldest first.

    Each: {id, reference, pathway, state, received_at, same_name, same_birth, same_number, may_take: whether this one can go on with it,
    died_on: day, in_hospital, ward: of its citizen, whichever of their referrals was told (J-14)}.
    """
    if not state["duplicates"]:
        return []
    query = sa.select(referrals).where(desk.database.any_of(referrals.c.id, state["duplicates"])).order_by(referrals.c.received_at)
    rows = desk.connection.execute(query).mappings().all()
    says = particulars.of(desk.connection, desk.database, store.particulars, [state["id"], *(row["id"] for row in rows)])
    heard = _heard(desk, {row["citizen"] for row in rows})
    return [{**_candidate(desk, state, dict(row), says.get(state["id"], {}), says.get(row["id"], {})), **heard.get(row["citizen"], NOTHING)} for row in rows]


def who_died(desk: Desk, state: State, found: Sequence[Data] | None = None) -> list[Data]:
    """Give those of them, or of `found`, whose citizen died, while nobody has settled whether it is the same person (J-14, R-13)."""
    if not desk.sees_all or state["settled"] or state["died_on"]:
        return []
    return [one for one in (candidates(desk, state) if found is None else found) if one["died_on"]]


def _heard(desk: Desk, citizens: Collection[str]) -> dict[str, Data]:
    """Give by citizen what was reported of them, on whichever of their referrals."""
    query = sa.select(referrals.c.id, referrals.c.citizen).where(desk.database.any_of(referrals.c.citizen, sorted(citizens)), referrals.c.flag != "")
    found: dict[str, Data] = {}
    for id_, citizen in desk.connection.execute(query.order_by(referrals.c.id)).all():
        if one := desk.read(id_):
            before = found.get(citizen, NOTHING)
            found[citizen] = {name: before[name] or value for name, value in _of(one.state).items()}
    return found


def _of(state: State) -> Data:
    stays = [] if state["died_on"] else in_hospital(state)
    is_in = not state["died_on"] and is_inpatient(state)
    ward = latest(state, stays[0], "ward") if stays else state["inpatient"]["ward"] if is_in else None
    return {"died_on": state["died_on"], "in_hospital": is_in, "ward": ward}


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
