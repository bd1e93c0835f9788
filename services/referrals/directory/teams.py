"""Teams of the directory, added and changed by a manager; who belongs to one follows it when its name changes."""
from __future__ import annotations

from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from services.referrals.desk import Desk
from services.referrals.directory import book, members, team_names
from services.referrals.directory.comparing import folded
from services.referrals.directory.entries import (
    MAY_NOT,
    NO_TEAM,
    OF_TEAM,
    Answer,
    Entry,
    Recorded,
    Wrong,
    names_of,
    with_team_words,
)
from services.referrals.directory.events import team_recorded
from services.referrals.store import teams
from shared.ledger.store import Stale
from shared.ledger.types import Data
from shared.permissions import may


def listed(desk: Desk, words: str, limit: int, after: str | None = None) -> list[book.Row]:
    """Give teams by name; `words` all occur in their names or organisation, `after` is the id the page before ended with."""
    query = sa.select(teams).where(*(teams.c.found_by.contains(word, autoescape=True) for word in folded(words).split()))
    if after and (last := desk.connection.execute(sa.select(teams.c.sorted_by).where(teams.c.id == after)).scalar()):
        query = query.where(teams.c.sorted_by > last)
    return [dict(row) for row in desk.connection.execute(query.order_by(teams.c.sorted_by).limit(limit)).mappings()]


def one(desk: Desk, id_: str) -> Entry | None:
    """Give a team."""
    row = desk.connection.execute(sa.select(teams).where(teams.c.id == id_)).mappings().first()
    return dict(row) if row else None


def add(desk: Desk, given: Data) -> Answer:
    """Add a team; `given` as TeamBody has it."""
    if not may(desk.actor.roles, "directory:write"):
        return MAY_NOT
    before = {**NO_TEAM, "id": str(uuid4()), "version": 0, "changed_at": desk.now, "changed_by": None}
    after = with_team_words({**before, **given})
    if faults := _faults(desk, after):
        return Wrong(faults)
    if not desk.database.insert_new(desk.connection, teams, [{**after, **NO_TEAM}], "id"):
        return Wrong({"name": "is the name of a team already"})
    return Recorded(book.keep(desk, teams, before, after, OF_TEAM, team_recorded))


def change(desk: Desk, id_: str, given: Data, expect: int | None = None) -> Answer:
    """Change a team; a new name goes to all who belong to it, and the old one stays among its other names."""
    if not may(desk.actor.roles, "directory:write"):
        return MAY_NOT
    # all of them, since no two may share a name
    desk.connection.execute(sa.select(teams.c.id).order_by(teams.c.id).with_for_update())
    before = one(desk, id_)
    if before is None:
        return None
    if expect not in (None, before["version"]):
        return Stale(before["version"])
    after = with_team_words(_renamed(before, {**before, **given}))
    if faults := _faults(desk, after):
        return Wrong(faults)
    kept = book.keep(desk, teams, before, after, OF_TEAM, team_recorded)
    if kept["name"] != before["name"]:
        members.move(desk, before["name"], kept["name"])
    return Recorded(kept)


def _renamed(before: Entry, after: dict[str, Any]) -> dict[str, Any]:
    """Keep the name a team had among its others, and none twice."""
    had = () if folded(before["name"]) == folded(after["name"]) else (before["name"],)
    others = {folded(name): name for name in (*names_of(after)[1:], *had)}
    others.pop(folded(after["name"]), None)
    return {**after, "also": "\n".join(others.values())}


def _faults(desk: Desk, team: Entry) -> dict[str, str]:
    """Say which of a team's names is another's already."""
    found: dict[str, str] = {}
    for place, name in zip(("name", *("also",) * team["also"].count("\n"), "also"), names_of(team), strict=False):
        if other := team_names.called(desk.connection, name, but=team["id"]):
            found.setdefault(place, f"is a name of another team already: {name} is {other['name']}")
    return found
