"""Members of the directory: practitioners and Pod staff, added, confirmed, changed and taken off by a manager."""
from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from services.referrals.desk import Desk
from services.referrals.directory import book, team_names
from services.referrals.directory.comparing import folded
from services.referrals.directory.entries import (
    CONFIRMED,
    MAY_NOT,
    NOBODY,
    OF_MEMBER,
    REMOVED,
    SEEN,
    Answer,
    Entry,
    Recorded,
    Wrong,
    member_faults,
    with_member_words,
)
from services.referrals.directory.events import member_recorded
from services.referrals.store import directory_changes, members, teams
from shared.calendar import london_day
from shared.ledger.store import Stale
from shared.ledger.tables import staff_id
from shared.ledger.types import Data
from shared.permissions import may

#: What a list may be narrowed to; "" is everybody who is here.
SHOWN = ("practitioner", "pod", "seen", "left")


class Wanted(NamedTuple):
    """Which members are wanted: words that all occur in name, address or team; one of SHOWN; of one team."""

    words: str = ""
    show: str = ""
    team: str = ""


def listed(desk: Desk, wanted: Wanted, limit: int, after: str | None = None) -> list[book.Row]:
    """Give members by name; `after` is the id the page before ended with."""
    c = members.c
    query = sa.select(members).where(*_conditions(desk, wanted)).order_by(c.sorted_by, c.id).limit(limit)
    if after and (last := desk.connection.execute(sa.select(c.sorted_by).where(c.id == after)).scalar()):
        query = query.where(sa.tuple_(c.sorted_by, c.id) > sa.tuple_(sa.literal(last, c.sorted_by.type), sa.literal(after, c.id.type)))
    return [dict(row) for row in desk.connection.execute(query).mappings()]


def one(desk: Desk, id_: str) -> Entry | None:
    """Give a member; None for nobody, and for one who was taken off."""
    row = desk.connection.execute(sa.select(members).where(members.c.id == id_, members.c.state != REMOVED)).mappings().first()
    return dict(row) if row else None


def add(desk: Desk, given: Data) -> Answer:
    """Add somebody by their e-mail address, or confirm whom we have only seen; `given` as MemberBody has it."""
    if not may(desk.actor.roles, "directory:write"):
        return MAY_NOT
    id_ = staff_id(given["email"])
    empty = {**NOBODY, "id": id_, "found_by": "", "sorted_by": "", "version": 0, "changed_at": desk.now, "changed_by": None}
    desk.database.insert(desk.connection, members, [empty], conflict="nothing")
    before = book.locked(desk, members, id_)
    assert before is not None
    if before["state"] == CONFIRMED:
        return Wrong({"email": f"is in the directory already, as {before['name']}"})
    return _record(desk, before, {**NOBODY, **given, "id": id_}, "team" in given)


def change(desk: Desk, id_: str, given: Data, expect: int | None = None) -> Answer:
    """Change what is said of a member, which confirms it; `expect` is the version the caller saw."""
    before = _found(desk, id_, expect)
    return _record(desk, before, {**before, **given}, "team" in given) if isinstance(before, dict) else before


def remove(desk: Desk, id_: str, expect: int | None = None) -> Answer:
    """Take somebody off the directory with all that was said of them; who was only seen leaves no trace."""
    before = _found(desk, id_, expect)
    if not isinstance(before, dict):
        return before
    desk.connection.execute(directory_changes.delete().where(directory_changes.c.subject == id_))
    if before["state"] == SEEN:
        desk.connection.execute(members.delete().where(members.c.id == id_))
        return Recorded({**before, **NOBODY})
    gone = {**before, **NOBODY, "found_by": "", "sorted_by": ""}
    return Recorded(book.keep(desk, members, {**gone, "state": CONFIRMED}, gone, OF_MEMBER, member_recorded))


def move(desk: Desk, before: str, after: str) -> None:
    """Write a team's new name to all its members."""
    query = sa.select(members).where(members.c.team == before, members.c.state == CONFIRMED).order_by(members.c.id)
    for row in [dict(row) for row in desk.connection.execute(query.with_for_update()).mappings()]:
        book.keep(desk, members, row, with_member_words({**row, "team": after}), OF_MEMBER, member_recorded)


def _found(desk: Desk, id_: str, expect: int | None) -> Any:
    """Give a member under its lock, or why nothing may be done with it."""
    if not may(desk.actor.roles, "directory:write"):
        return MAY_NOT
    before = book.locked(desk, members, id_)
    if before is None or before["state"] == REMOVED:
        return None
    return before if expect in (None, before["version"]) else Stale(before["version"])


def _record(desk: Desk, before: Entry, after: Entry, team_said: bool) -> Answer:
    after, faults = {**after, "state": CONFIRMED}, member_faults(after)
    if after["team"] and (before["state"] != CONFIRMED or after["team"] != before["team"]):
        team = team_names.called(desk.connection, after["team"])
        after["team"] = team["name"] if team else after["team"]
        if team_said and (team is None or not team["active"]):
            faults["team"] = "is not in the directory; add the team first" if team is None else "is no longer there; choose another"
    if faults:
        return Wrong(faults)
    return Recorded(book.keep(desk, members, before, with_member_words(after), OF_MEMBER, member_recorded))


def _conditions(desk: Desk, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    today, c = london_day(desk.now).isoformat(), members.c
    left = sa.and_(c.left_on.is_not(None), c.left_on <= today)
    found = [c.state != REMOVED, left if wanted.show == "left" else sa.not_(left)]
    if wanted.show in ("practitioner", "pod"):
        found.append(c.kind == wanted.show)
    if wanted.show == "seen":
        found.append(c.state == SEEN)
    if wanted.team:
        found.append(c.team == wanted.team)
    return found + [_says(word) for word in folded(wanted.words).split()]


def _says(word: str) -> sa.ColumnElement[bool]:
    """Find a word in a member, or in any name of their team."""
    of_team = sa.select(teams.c.name).where(teams.c.found_by.contains(word, autoescape=True))
    return sa.or_(members.c.found_by.contains(word, autoescape=True), members.c.team.in_(of_team))
