"""An entry of the directory, a member or a team: what may stand in it, and how it is written."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from services.referrals.directory.comparing import findable, folded
from services.referrals.rules import in_words
from shared.ledger.store import Stale
from shared.ledger.types import Refused

Entry = Mapping[str, Any]

SEEN, CONFIRMED, REMOVED = "seen", "confirmed", "removed"
POD, PRACTITIONER = "pod", "practitioner"
#: What may be said of a member besides their address, and what of a team, in the order of a page.
OF_MEMBER = ("name", "kind", "job", "roles", "team", "telephone", "from_on", "left_on")
OF_TEAM = ("name", "also", "organisation", "telephone", "email", "active")
#: A member of whom nothing is said.
NOBODY: Entry = {"state": REMOVED, "email": "", "name": "", "kind": "", "job": None, "roles": "", "team": None,
                 "telephone": None, "from_on": None, "left_on": None}
#: A team of which nothing is said.
NO_TEAM: Entry = {"name": "", "also": "", "organisation": None, "telephone": None, "email": None, "active": True}


class Recorded(NamedTuple):
    """It is done; the entry as it stands now."""

    entry: Entry


class Wrong(NamedTuple):
    """It cannot be done as it was said: what is wrong, a sentence without its subject for each field."""

    faults: Mapping[str, str]


#: What became of a command; None: there is no such entry.
Answer = Recorded | Wrong | Refused | Stale | None

MAY_NOT = Refused("permission", "Only a manager may change the directory.", "Ask a manager of the Pod to change it.")


def member_faults(entry: Entry) -> dict[str, str]:
    """Say what of a member cannot be meant."""
    found = {}
    if entry["roles"] and entry["kind"] != POD:
        found["roles"] = "are for Pod staff; leave them out for a practitioner"
    if entry["left_on"] and entry["from_on"] and entry["left_on"] < entry["from_on"]:
        found["left_on"] = f"must not be before they started, on {in_words(entry['from_on'])}"
    return found


def has_left(entry: Entry, today: date) -> bool:
    """Say whether a member is no longer here on a London day."""
    return bool(entry["left_on"]) and entry["left_on"] <= today.isoformat()


def state_on(entry: Entry, today: date) -> str:
    """Give how a member stands on a day: seen, confirmed or left."""
    return "left" if has_left(entry, today) else str(entry["state"])


def with_member_words(entry: Entry) -> dict[str, Any]:
    """Give a member with what they are found and sorted by."""
    return {**entry, "found_by": findable(entry["name"], entry["email"], entry["team"]),
            "sorted_by": folded(entry["name"] or entry["email"])}


def with_team_words(entry: Entry) -> dict[str, Any]:
    """Give a team with what it is found and sorted by."""
    return {**entry, "found_by": findable(entry["name"], *entry["also"].split("\n"), entry["organisation"]),
            "sorted_by": folded(entry["name"])}


def names_of(team: Entry) -> tuple[str, ...]:
    """Give every name of a team, the one it goes by first."""
    return (team["name"], *filter(None, team["also"].split("\n")))
