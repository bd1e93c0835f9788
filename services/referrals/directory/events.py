"""What the directory announces: each entry as it stands, one event for each of its versions."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.referrals.directory.entries import OF_MEMBER, PRACTITIONER, REMOVED, Entry, names_of
from services.referrals.events import ERASED
from services.referrals.store import members, teams
from shared.messaging.envelope import Event
from shared.messaging.outbox import event_id

SOURCE = "urn:pod:referrals"


def member_recorded(member: Entry) -> Event:
    """Give the event that says how a member stands; of one taken off it says that and no more."""
    gone = member["state"] == REMOVED
    said = {name: member[name] for name in OF_MEMBER if member[name]} | {"roles": member["roles"].split()}
    data = {"member_id": member["id"], "email": member["email"], **said}
    if gone:
        data |= {"name": ERASED["name"], "email": ERASED["email"], "kind": PRACTITIONER}
    return _event("directory.member_recorded", f"member:{member['id']}", member, data, gone)


def team_recorded(team: Entry) -> Event:
    """Give the event that says how a team stands."""
    name, *also = names_of(team)
    return _event("directory.team_recorded", f"team:{team['id']}", team,
                  {"team_id": team["id"], "name": name, "also": also, "active": bool(team["active"])})


def _event(type_: str, about: str, entry: Entry, data: dict[str, Any], withdrawn: bool = False) -> Event:
    at = entry["changed_at"]
    return Event(event_id(entry["id"], about, entry["version"]), SOURCE, type_, at, data, subject=entry["id"], recordedtime=at,
                 about=about, revision=entry["version"], withdrawn=withdrawn)


def announced(connection: Connection) -> Iterator[Event]:
    """Give the newest event of every entry that was ever announced, under the id it had, for a replay."""
    for row in connection.execute(sa.select(members).where(members.c.version > 0).order_by(members.c.id)).mappings():
        yield member_recorded(dict(row))
    for row in connection.execute(sa.select(teams).order_by(teams.c.id)).mappings():
        yield team_recorded(dict(row))
