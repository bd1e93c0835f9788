"""What the database knows of files: whose each is, from held to gone. Every function runs in its caller's transaction."""
from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.referrals.files.taking import Taken
from services.referrals.store import files
from shared.database import Database

HELD, GONE = "held", "gone"
#: How long a file waits for the form it came with to be put right.
HELD_FOR = timedelta(days=1)


class Owner(NamedTuple):
    """What a file belongs to: `Owner("draft", id)`, `Owner("referral", id)`."""

    kind: str
    id: str


class File(NamedTuple):
    """A file as the database knows it; see `services.referrals.files.table`."""

    id: str
    owner_kind: str
    owner_id: str | None
    name: str
    media_type: str
    size: int
    digest: str
    scanner: str
    scanned_at: datetime | None
    uploaded_by: str
    uploaded_at: datetime


def hold(connection: Connection, taken: Taken, who: str, now: datetime) -> File:
    """Note a file that is in the vault and nobody's yet: for a day it is kept for whoever sent it."""
    file = File(taken.id, HELD, None, taken.name, taken.media_type, taken.size, taken.digests[0], taken.scanner,
                now if taken.scanner else None, who, now)
    connection.execute(files.insert().values(file._asdict()))
    return file


def held(connection: Connection, id_: str, who: str) -> File | None:
    """Give a file that waits for who sent it; None where it is somebody else's, claimed, or its day is over."""
    return _one(connection, sa.select(files).where(_waits(id_, who)))


def claim(connection: Connection, id_: str, who: str, owner: Owner) -> File | None:
    """Make a held file its owner's, once; None where it no longer waits for `who`."""
    changed = files.update().where(_waits(id_, who)).values(owner_kind=owner.kind, owner_id=owner.id)
    return _one(connection, changed.returning(*files.c))


def of(connection: Connection, owner: Owner) -> list[File]:
    """Give the files of an owner, oldest first."""
    found = sa.select(files).where(_owned(owner)).order_by(files.c.uploaded_at, files.c.id)
    return [File(*row) for row in connection.execute(found)]


def find(connection: Connection, id_: str, owner: Owner) -> File | None:
    """Give one file of an owner: who may see the owner may see its files, and no others by guessing."""
    return _one(connection, sa.select(files).where(files.c.id == id_, _owned(owner)))


def kept(database: Database, connection: Connection, kind: str, ids: Sequence[str]) -> dict[str, File]:
    """Give those of the files that belong to an owner of this kind, whichever: the caller knows which it may show."""
    found = sa.select(files).where(database.any_of(files.c.id, ids), files.c.owner_kind == kind)
    return {row.id: File(*row) for row in connection.execute(found)} if ids else {}


def same(connection: Connection, owner: Owner, digests: Collection[str]) -> File | None:
    """Give the file of an owner that has the same contents, under whatever name."""
    return _one(connection, sa.select(files).where(_owned(owner), files.c.digest.in_(digests)).order_by(files.c.uploaded_at).limit(1))


def hand_over(connection: Connection, before: Owner, after: Owner) -> int:
    """Give one owner's files to another, as a draft's to the referral it became; give how many."""
    return connection.execute(files.update().where(_owned(before)).values(owner_kind=after.kind, owner_id=after.id)).rowcount


def release(connection: Connection, owner: Owner, id_: str | None = None) -> int:
    """Let an owner's files go, or one of them: from now on nobody finds it, and housekeeping removes it from the vault."""
    chosen = sa.and_(_owned(owner), files.c.id == id_) if id_ else _owned(owner)
    return connection.execute(files.update().where(chosen).values(_let_go())).rowcount


def expire(connection: Connection, now: datetime) -> int:
    """Let go what was held for longer than a day."""
    over = sa.and_(files.c.owner_kind == HELD, files.c.uploaded_at < now - HELD_FOR)
    return connection.execute(files.update().where(over).values(_let_go())).rowcount


def gone(connection: Connection, most: int) -> list[str]:
    """Give files that are to be removed from the vault."""
    return list(connection.execute(sa.select(files.c.id).where(files.c.owner_kind == GONE).limit(most)).scalars())


def forget(database: Database, connection: Connection, ids: Sequence[str]) -> None:
    """Delete the rows of files that are no longer in the vault."""
    connection.execute(files.delete().where(database.any_of(files.c.id, ids), files.c.owner_kind == GONE))


def known(database: Database, connection: Connection, ids: Sequence[str]) -> list[str]:
    """Give those of the ids there is a row of."""
    return list(connection.execute(sa.select(files.c.id).where(database.any_of(files.c.id, ids))).scalars())


def in_use(connection: Connection) -> set[str]:
    """Give the files that must be in the vault: all but those let go."""
    return set(connection.execute(sa.select(files.c.id).where(files.c.owner_kind != GONE)).scalars())


def _let_go() -> dict[str, str | None]:
    return {"owner_kind": GONE, "owner_id": None, "name": ""}


def _owned(owner: Owner) -> sa.ColumnElement[bool]:
    return sa.and_(files.c.owner_kind == owner.kind, files.c.owner_id == owner.id)


def _waits(id_: str, who: str) -> sa.ColumnElement[bool]:
    return sa.and_(files.c.id == id_, files.c.owner_kind == HELD, files.c.uploaded_by == who)


def _one(connection: Connection, query: sa.Executable) -> File | None:
    row = connection.execute(query).first()
    return File(*row) if row else None
