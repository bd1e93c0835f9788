"""The Pod's record of a citizen once a person found that two referrals are of one (R-13)."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from services.referrals import decisions, elsewhere, record
from services.referrals.desk import Desk
from services.referrals.state import pathway_of
from shared.ledger.types import Data, Refused, State

NUMBER = "nhs_number"


class Joined(NamedTuple):
    """What follows for whose the referral that goes on is; their row of `people` as it was, and what became new of it.

    `freed` is the row, as it was, of whoever has their NHS number no more.
    """

    derived: Data
    was: Mapping[str, Any]
    new: Data
    freed: Mapping[str, Any] | None = None


class Two(NamedTuple):
    """Two referrals of one citizen, the one that ends and the one that goes on, each with the row of whose it was; empty where erased."""

    ending: State
    kept: State
    theirs: Mapping[str, Any]
    ours: Mapping[str, Any]


def join(desk: Desk, ending: State, kept: State) -> Joined | Refused:
    """Put into the record of the one that goes on what it lacks, the NHS number first, and the other's wishes.

    Two numbers are two people until one is put right. A number others of their referrals go by stays where it is: the one that
    goes on joins them there. What both referrals share is on record already, as it is corrected since.
    """
    people = desk.people([ending["citizen_id"], kept["citizen_id"]])
    two = Two(ending, kept, people.get(ending["citizen_id"], {}), people.get(kept["citizen_id"], {}))
    if len({number for number in (_number(desk, ending, two.theirs), _number(desk, kept, two.ours)) if number}) > 1:
        return Refused("R-13", "The two referrals name different NHS numbers.", "Put the wrong one right first; then merge them.", "into")
    if ending["citizen_id"] == kept["citizen_id"]:
        return Joined(_settled(two), two.ours, {})
    return _moved(desk, two) if _goes_by_theirs(desk, two) else _filled(desk, two)


def _number(desk: Desk, state: State, row: Mapping[str, Any]) -> str | None:
    """Give the number a referral goes by, also where it is in doubt whose that is."""
    number: str | None = desk.says(state["id"]).get(NUMBER) if state.get("number_of") else row.get(NUMBER)
    return number


def _goes_by_theirs(desk: Desk, two: Two) -> bool:
    """Say whether the citizen of the one that ends is the one of both: it is their number, and others of theirs go by it."""
    if two.kept.get("number_of") == two.ending["citizen_id"]:
        return True
    lacks = bool(two.theirs.get(NUMBER)) and not two.ours.get(NUMBER)
    return lacks and bool(elsewhere.under_way(desk, two.ending["citizen_id"], but=two.ending["id"]))


def _filled(desk: Desk, two: Two) -> Joined:
    """Let the referral that goes on stay its citizen's, of whom more is known now."""
    if not two.ours:
        return Joined(_settled(two), two.ours, {})
    takes = two.theirs.get(NUMBER) if not two.ours.get(NUMBER) else None
    if takes:
        desk.rewrite(two.theirs, {NUMBER: None})
    new = {**record.added(two.ours, two.theirs), **({NUMBER: takes} if takes else {})}
    desk.rewrite(two.ours, new)
    return Joined(_settled(two), two.ours, new, two.theirs if takes else None)


def _moved(desk: Desk, two: Two) -> Joined | Refused:
    """Let the referral that goes on be of the citizen the other was of."""
    if two.kept["stage"] != "open":
        return Refused("R-13", "This NHS number is of a record of its own, and the other referral's journey has opened on another.",
                       "Two records of one citizen are joined by the council's records team.", "into")
    new = record.added(two.theirs, two.ours)
    desk.rewrite(two.theirs, new)
    born = date.fromisoformat(two.theirs["date_of_birth"])
    derived = {"citizen_id": two.ending["citizen_id"], "number_of": None, "adult_from": decisions.adult_from(born, pathway_of(two.kept), desk.now)}
    return Joined({**_settled(two), **derived}, two.theirs, new)


def _settled(two: Two) -> Data:
    """Leave the one that ends out of what the other may repeat."""
    left = [one for one in two.kept["duplicates"] if one != two.ending["id"]]
    return {"duplicates": left} if left != two.kept["duplicates"] else {}
