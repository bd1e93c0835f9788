"""Which team a name means: every team has one it goes by, and others people call it by."""
from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.referrals.directory.comparing import folded
from services.referrals.directory.entries import CONFIRMED, Entry, names_of
from services.referrals.store import members, teams
from shared.ledger.tables import staff_id


def called(connection: Connection, name: str, but: str = "") -> Entry | None:
    """Give the team of a name, whichever of its names it is; `but` is the id of one that does not count."""
    wanted = folded(name)
    for team in _all(connection):
        if team["id"] != but and wanted in map(folded, names_of(team)):
            return team
    return None


def active(connection: Connection) -> list[str]:
    """Give the names of the teams one may belong to, sorted."""
    return [team["name"] for team in _all(connection) if team["active"]]


def team_of(connection: Connection, email: str) -> tuple[str, ...]:
    """Give every name of the team of whoever has an e-mail address, the one it goes by first.

    Empty where nobody has confirmed what team it is (R-02): then what they say themselves is all there is.
    """
    query = sa.select(members.c.team).where(members.c.id == staff_id(email), members.c.state == CONFIRMED)
    name = connection.execute(query).scalar()
    team = called(connection, name) if name else None
    return names_of(team) if team else (name,) if name else ()


def _all(connection: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.select(teams).order_by(teams.c.sorted_by)).mappings()]
