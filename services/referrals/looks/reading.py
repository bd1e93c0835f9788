"""What is on record of looks at a referral, and for how long it stays."""
from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.referrals.access import is_own
from services.referrals.desk import Desk
from services.referrals.store import looks, members
from shared.database import Database, instant_text
from shared.ledger.types import Data, State

#: What was looked at, in words.
WHAT = {"page": "The referral", "api": "The referral, by another system or program", "document": "A document",
        "calendar": "The invitation to the meeting", "search": "Found by the citizen’s name or NHS number, in a list"}
ROLE = {"worker": "development worker", "manager": "manager"}
#: Rows removed by one statement: years of looks must not hold up who works meanwhile.
BATCH = 10_000


def may_read(desk: Desk, state: State) -> bool:
    """Say whether somebody may see who looked: staff, and the practitioner whose referral it is."""
    return desk.sees_all or is_own(state, desk.actor, desk.who)


def listed(desk: Desk, referral: str, limit: int, after: str | None = None) -> list[Data]:
    """Give looks, newest first: {id, at, what, document_id, refused, who: {name, team, role}}.

    `after` is the id the page before ended with. Who was refused is for staff only.
    """
    c = looks.c
    query = sa.select(looks).where(c.referral == referral).order_by(c.at.desc(), c.id.desc()).limit(limit)
    if not desk.sees_all:
        query = query.where(c.refused.is_(False))
    last = desk.connection.execute(sa.select(c.at, c.id).where(c.id == after, c.referral == referral)).first() if after else None
    if last:
        query = query.where(sa.tuple_(c.at, c.id) < sa.tuple_(
            sa.bindparam(None, last.at, c.at.type), sa.bindparam(None, last.id, c.id.type)))
    rows = desk.connection.execute(query).mappings().all()
    people = who(desk, {row["who"] for row in rows})
    return [{"id": row["id"], "at": instant_text(row["at"]), "who": people[row["who"]], "what": row["what"],
             "document_id": row["document"], "refused": bool(row["refused"])} for row in rows]


def last_of(desk: Desk, referral: str, documents: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Give for each document whose file was looked at the last look: {at, who: id}."""
    c = looks.c
    newest = sa.func.row_number().over(partition_by=c.document, order_by=(c.at.desc(), c.id.desc())).label("place")
    found = sa.select(c.document, c.at, c.who, newest).where(
        c.referral == referral, c.refused.is_(False), c.document.is_not(None)).subquery()
    rows = desk.connection.execute(sa.select(found).where(found.c.place == 1)).mappings() if documents else ()
    return {row["document"]: dict(row) for row in rows if row["document"] in documents}


def who(desk: Desk, ids: Collection[str]) -> dict[str, Data]:
    """Give {name, team, role} of staff by id, as they are called today."""
    names, rows = desk.names(ids), desk.people(ids)
    at_the_pod = {row.id: row.roles.split() for row in desk.connection.execute(
        sa.select(members.c.id, members.c.roles).where(desk.database.any_of(members.c.id, sorted(ids))))} if ids else {}
    return {id_: {"name": names[id_], "team": rows.get(id_, {}).get("team"),
                  "role": " and ".join(ROLE[role] for role in at_the_pod.get(id_, ()) if role in ROLE) or None} for id_ in ids}


def forget(database: Database, years: int) -> int:
    """Delete looks older than so many years; give how many."""
    total, gone = 0, BATCH
    while gone == BATCH:
        gone = database.run(lambda connection: _forget_some(database, connection, years))
        total += gone
    return total


def _forget_some(database: Database, connection: Connection, years: int) -> int:
    before = database.now(connection) - timedelta(days=365.25 * years)
    old = sa.select(looks.c.id).where(looks.c.at < before).limit(BATCH).scalar_subquery()
    return connection.execute(looks.delete().where(looks.c.id.in_(old))).rowcount
