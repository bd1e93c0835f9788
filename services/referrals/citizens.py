"""How the citizen of a referral is shown: to staff as the Pod has them on record, to anybody else as the referral says (R-13, R-14)."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.referrals import history, record
from services.referrals.desk import Desk
from services.referrals.state import record_of
from shared.ledger.people import in_full
from shared.ledger.types import Data, State

People = Mapping[str, Mapping[str, Any]]


def shown(desk: Desk, state: State, people: People) -> Data:
    """Give the citizen: to staff as the Pod has them on record, with the number the referral names; else as the referral says (R-13).

    Whoever works with the citizen under an accepted referral sees besides what the Pod was asked not to do.
    """
    on_record, says = people.get(record_of(state), {}), desk.says(state["id"])
    if desk.sees_all:
        return _in_full({**on_record, **({"nhs_number": says["nhs_number"]} if state.get("number_of") else {})})
    wishes = record.united(says["do_not"], on_record.get("do_not")) if state["stage"] == "accepted" else says["do_not"]
    return _in_full({**says, "do_not": wishes})


def differences(desk: Desk, state: State, people: People) -> list[Data]:
    """Give where the referral says something else of its citizen than the Pod has on record: {field, here, on_record}; for staff."""
    on_record = people.get(record_of(state))
    found = record.differences(on_record, desk.says(state["id"])) if on_record else []
    return [{"field": f"citizen.{one.field}", **{name: history.shown(one.field, getattr(one, name)) for name in ("here", "on_record")}}
            for one in found if not (one.field == "nhs_number" and state.get("number_of"))]


def _in_full(row: Mapping[str, Any]) -> Data:
    found = in_full(row)
    return {name: found.get(name, [] if name == "do_not" else None) for name in record.FIELDS}
