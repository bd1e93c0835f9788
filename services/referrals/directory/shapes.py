"""What is sent to change the directory, and how its entries are shown to programs."""
from __future__ import annotations

from datetime import date
from typing import Any

from services.referrals import body
from services.referrals.directory.entries import Entry, names_of, state_on
from shared.database import instant_text
from shared.ledger.types import Data
from shared.schemas.directory import KINDS, POD_ROLES
from shared.schemas.kinds import Day, Email, OneOf, Text, YesNo
from shared.schemas.shape import ListOf, Shape


class MemberChange(Shape):
    """What may be changed of a member; what is left out stays, null takes away what need not be there."""

    name = Text()
    kind = OneOf(*KINDS)
    job = Text()
    roles = ListOf(OneOf(*POD_ROLES), most=len(POD_ROLES), purpose="what Pod staff do; empty for a practitioner")
    team = Text(purpose="any name of a team of the directory")
    telephone = Text(40)
    from_on = Day(purpose="the first day they are here")
    left_on = Day(purpose="the first day they are no longer here")


class MemberBody(MemberChange):
    """A member to be added, or confirmed."""

    email = Email(required=True)
    name = Text(required=True)
    kind = OneOf(*KINDS, required=True)


class Leaving(Shape):
    """Since when a member is no longer here."""

    left_on = Day(required=True)


class TeamChange(Shape):
    """What may be changed of a team; what is left out stays, null takes away what need not be there."""

    name = Text()
    also = ListOf(Text(), most=20, purpose="other names of the same team")
    organisation = Text()
    telephone = Text(40)
    email = Email()
    active = YesNo(purpose="false: it is no longer there, and nobody joins it")


class TeamBody(TeamChange):
    """A team to be added."""

    name = Text(required=True)


#: What must always be said, so that null is no answer.
NEEDED = ("name", "kind", "active")
#: Lists, kept as one text: what is between two of them.
BETWEEN = {"roles": " ", "also": "\n"}


def read(shape: type[Shape], given: Any, today: date) -> tuple[Data, dict[str, str]]:
    """Take what was sent as it is kept, and a sentence for each JSON pointer at which it is wrong."""
    taken, faults = body.read(shape, given, today)
    for name, value in given.items() if isinstance(given, dict) else ():
        if name in shape._declared_fields and value in (None, "") and f"/{name}" not in faults:
            if name in NEEDED:
                faults[f"/{name}"] = "is empty"
            else:
                taken[name] = [] if name in BETWEEN else None
    return {name: _kept(name, value) for name, value in taken.items()}, faults


def _kept(name: str, value: Any) -> Any:
    if name == "roles":
        value = [role for role in POD_ROLES if role in value]
    if name in BETWEEN:
        return BETWEEN[name].join(_in_one_line(one) for one in value)
    return _in_one_line(value) if isinstance(value, str) else value


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def member(entry: Entry, today: date) -> Data:
    """Show a member."""
    said = {name: entry[name] for name in ("id", "email", "name", "kind", "job", "team", "telephone", "from_on", "left_on")}
    return {**said, "roles": entry["roles"].split(), "state": state_on(entry, today), "changed_at": instant_text(entry["changed_at"])}


def team(entry: Entry) -> Data:
    """Show a team."""
    said = {name: entry[name] for name in ("id", "name", "organisation", "telephone", "email", "active")}
    return {**said, "also": list(names_of(entry)[1:]), "changed_at": instant_text(entry["changed_at"])}
