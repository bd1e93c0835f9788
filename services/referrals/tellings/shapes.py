"""What is sent to write down that a citizen was told."""
from __future__ import annotations

from datetime import date
from typing import Any

from services.referrals import body
from services.referrals.body import Faults
from services.referrals.telling import WAYS, WHY_NOT
from shared.ledger.types import Data
from shared.schemas.kinds import Day, OneOf, Text
from shared.schemas.shape import ListOf, Shape


class Told(Shape):
    """How a citizen was told, or why they were not; one of the two."""

    way = OneOf(*WAYS, purpose="how they were told")
    why_not = OneOf(*WHY_NOT, purpose="; ".join(f"{code}: {words}" for code, words in WHY_NOT.items()))
    on = Day(purpose="when; today unless it is said")
    what = ListOf(Text(), most=50, purpose="keys of `to_tell` that were told; unless it is said all of them but what the "
                  "citizen wrote (`message:…`): a message is answered only if it is named")


def read(given: Any, today: date) -> tuple[Data, Faults]:
    """Take what was sent; give it as `telling.tell` takes it, and a sentence for each JSON pointer at which it is wrong."""
    taken, faults = body.read(Told, given, today)
    if not faults and ("way" in taken) == ("why_not" in taken):
        faults["/way"] = "say either way or why_not"
    if taken.get("on", "") > today.isoformat():
        faults["/on"] = "must not be in the future"
    return {"on": today.isoformat(), **taken}, faults
