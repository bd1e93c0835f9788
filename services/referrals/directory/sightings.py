"""Staff as they are met: whoever is named in a referral or does something here is listed, until somebody confirms them."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.referrals.directory.entries import NOBODY, POD, PRACTITIONER, SEEN, with_member_words
from services.referrals.store import members
from shared.database import Database
from shared.ledger.tables import staff_id
from shared.schemas.directory import POD_ROLES

SAID = ("name", "team", "telephone")


def see(connection: Connection, database: Database, entries: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """Note staff as {email, name?, team?, telephone?, roles?: those of their account}.

    What a person confirmed, or took off the directory, stays as it is: here is only what nobody has looked at.
    """
    met = _met(entries)
    known = {row["id"]: dict(row) for row in connection.execute(
        sa.select(members).where(database.any_of(members.c.id, sorted(met)))).mappings()}
    fresh = [_row(id_, NOBODY, said, now) for id_, said in sorted(met.items()) if id_ not in known]
    database.insert(connection, members, fresh, conflict="nothing")
    for id_, said in sorted(met.items()):
        if id_ in known and known[id_]["state"] == SEEN:
            _see_again(connection, known[id_], said, now)


def _met(entries: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give what is said of each person, by id; of one named twice, all of it. A system, which has no address, is none."""
    found: dict[str, dict[str, Any]] = {}
    for entry in (one for one in entries if "@" in one["email"]):
        of = found.setdefault(staff_id(entry["email"]), {"roles": ()})
        of |= {name: entry[name] for name in ("email", *SAID) if entry.get(name)}
        of["roles"] = {*of["roles"], *(role for role in entry.get("roles") or () if role in POD_ROLES)}
    return found


def _row(id_: str, before: Mapping[str, Any], said: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    roles = {*before["roles"].split(), *said["roles"]}
    told = {name: said.get(name) or before[name] for name in SAID}
    return with_member_words({**before, **told, "id": id_, "state": SEEN, "email": said["email"].strip().lower(),
                              "kind": POD if roles else before["kind"] or PRACTITIONER,
                              "roles": " ".join(role for role in POD_ROLES if role in roles),
                              "version": 0, "changed_at": now, "changed_by": None})


def _see_again(connection: Connection, before: Mapping[str, Any], said: Mapping[str, Any], now: datetime) -> None:
    row = _row(before["id"], before, said, now)
    if {**row, "changed_at": None} != {**before, "changed_at": None}:
        # somebody may have confirmed them meanwhile: then their word stands
        connection.execute(members.update().where(members.c.id == row["id"], members.c.state == SEEN).values(row))
