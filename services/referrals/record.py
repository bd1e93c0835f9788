"""The Pod's record of a citizen, and what of a referral goes into it (R-13); pure.

Rows are as `people` and `particulars` keep them: text, `do_not` with a wish on each line, `next_of_kin` as JSON.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from services.referrals.changes import FIELDS as AMENDABLE
from services.referrals.directory.comparing import folded
from shared.ledger.types import Data

Row = Mapping[str, Any]

#: What of a citizen a referral says, and the Pod has on record.
FIELDS = tuple(name.removeprefix("citizen.") for name in AMENDABLE if name.startswith("citizen."))
#: What of it says who they are; a change of these may make somebody else of them.
WHO = ("name", "date_of_birth", "nhs_number")


class Difference(NamedTuple):
    """A field of which a referral says something else than the record: what either says."""

    field: str
    here: str
    on_record: str | None


def alike(field: str, one: str | None, other: str | None) -> bool:
    """Say whether two values mean the same: a capital, an accent or a gap makes no other name or number."""
    if field in ("telephone", "nhs_number"):
        return _digits(one) == _digits(other)
    return folded(one or "") == folded(other or "")


def is_somebody_else(record: Row, said: Row) -> bool:
    """Say whether somebody of another name or another date of birth is meant."""
    return not alike("name", record["name"], said["name"]) or record["date_of_birth"] != said["date_of_birth"]


def added(record: Row, said: Row) -> Data:
    """Give what a further referral adds to the record: what it lacks, and wishes. Nothing that stands is replaced."""
    lacks = {name: said[name] for name in FIELDS if name not in WHO and said.get(name) and not record.get(name)}
    wishes = united(record.get("do_not"), said.get("do_not"))
    return lacks | ({"do_not": wishes} if wishes != (record.get("do_not") or None) else {})


def followed(record: Row, before: Row, changed: Data, others: Iterable[Row]) -> Data:
    """Give what the record becomes where somebody who does not see it changed what their referral says from `before`.

    It follows where it has nothing, or said the same as the referral. Who the citizen is, and what would be taken away, it
    keeps where one of `others`, which the citizen's other referrals say, says so too; of wishes each line counts by itself.
    """
    others = list(others)
    found = {name: value for name, value in changed.items() if name != "do_not" and _may_follow(name, value, record, before, others)}
    if "do_not" in changed:
        found["do_not"] = _wishes(record, before, changed["do_not"], others)
    return {name: value for name, value in found.items() if (record.get(name) or None) != value}


def differences(record: Row, said: Row) -> list[Difference]:
    """Give where a referral says something else than the record, or something it lacks."""
    return [Difference(name, said[name], record.get(name) or None) for name in FIELDS
            if said.get(name) and not (_holds(record, said[name]) if name == "do_not" else alike(name, said[name], record.get(name)))]


def united(*wishes: str | None) -> str | None:
    """Give all wishes, each once, in the order in which they came."""
    found: dict[str, str] = {}
    for line in (line for one in wishes for line in (one or "").splitlines()):
        found.setdefault(folded(line), line)
    return "\n".join(found.values()) or None


def without(wishes: str | None, gone: str | None) -> str | None:
    """Give wishes but those of `gone`."""
    left_out = {folded(line) for line in (gone or "").splitlines()}
    return "\n".join(line for line in (wishes or "").splitlines() if folded(line) not in left_out) or None


def _may_follow(name: str, value: str | None, record: Row, before: Row, others: list[Row]) -> bool:
    if record.get(name) and not alike(name, record.get(name), before.get(name)):
        return False
    return not (name in WHO or value is None) or not any(alike(name, one.get(name), record.get(name)) for one in others if one.get(name))


def _wishes(record: Row, before: Row, new: str | None, others: list[Row]) -> str | None:
    dropped = without(before.get("do_not"), united(new, *(one.get("do_not") for one in others)))
    return united(without(record.get("do_not"), dropped), without(new, before.get("do_not")))


def _holds(record: Row, wishes: str) -> bool:
    return without(wishes, record.get("do_not")) is None


def _digits(number: str | None) -> str:
    plain = re.sub(r"[\s().-]", "", number or "")
    return re.sub(r"^(\+|00)44", "0", plain)
