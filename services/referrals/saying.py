"""What an amendment changes of a citizen: what the referral says of them, and what the Pod has on record (R-13)."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from services.referrals import particulars, record, store
from services.referrals.desk import Desk
from shared.ledger.types import Data, State

Row = Mapping[str, Any]

#: Where an amendment changes something, unless it does in both places.
HERE, ON_RECORD = "here", "on_record"


class Saying(NamedTuple):
    """What a referral says of its citizen and what is on record, as both were; what becomes new of either."""

    said: Row
    on_record: Row
    says: Data
    recorded: Data

    @property
    def fields(self) -> list[str]:
        """Give what changes, in the order of the alphabet."""
        return sorted({*self.says, *self.recorded})

    @property
    def where(self) -> Data:
        """Give {where} as a statement has it; empty where both change, or neither does."""
        if bool(self.says) == bool(self.recorded):
            return {}
        return {"where": HERE if self.says else ON_RECORD}

    @property
    def now_says(self) -> Data:
        """Give what the referral says from now on."""
        return {**self.said, **self.says}

    @property
    def now_on_record(self) -> Data:
        """Give what is on record from now on."""
        return {**self.on_record, **self.recorded}


def read(desk: Desk, state: State, wanted: Data) -> Saying:
    """Give what an amendment to `wanted`, as columns, changes.

    Staff, who see both, change both; a wish they add or take away is one more or less in either. What somebody else enters changes
    what their referral says, and the record where that came from it.
    """
    said, on_record = desk.says(state["id"]), desk.people([state["citizen_id"]]).get(state["citizen_id"], {})
    if not desk.sees_all:
        says = _news(said, wanted)
        others = particulars.of(desk.connection, desk.database, store.particulars, desk.beside(state))
        return Saying(said, on_record, says, record.followed(on_record, said, says, others.values()))
    here = {**wanted, "do_not": _wishes(said, on_record, wanted["do_not"])} if "do_not" in wanted else wanted
    return Saying(said, on_record, _news(said, here), _news(on_record, wanted))


def columns(given: Data, kept: tuple[str, ...]) -> Data:
    """Give what an amendment as the API takes it wants of the citizen, as columns; `kept` is what it may clear of the referral itself."""
    wanted = {name: _in_column(name, value) for name, value in given.get("citizen", {}).items()}
    return wanted | {name: None for name in given.get("clear", []) if name not in kept}


def _in_column(name: str, value: Any) -> Any:
    if name == "do_not":
        return "\n".join(value) or None
    return orjson.dumps(value).decode() if name == "next_of_kin" else value


def _news(row: Row, wanted: Data) -> Data:
    return {name: value for name, value in wanted.items() if (row.get(name) or None) != value}


def _wishes(said: Row, on_record: Row, wanted: str | None) -> str | None:
    gone, added = record.without(on_record.get("do_not"), wanted), record.without(wanted, on_record.get("do_not"))
    return record.united(record.without(said.get("do_not"), gone), added)
