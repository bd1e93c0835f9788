"""Where drafts are kept: begun, found again by whoever writes them, saved, sent, and removed when they have had their time."""
from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.referrals.drafts import answers
from services.referrals.drafts.answers import Content
from services.referrals.drafts.questions import steps
from services.referrals.drafts.steps import Step
from services.referrals.drafts.table import drafts
from services.referrals.files import records
from services.referrals.files.records import Owner
from services.referrals.store import files
from shared.database import Database
from shared.ledger.types import Data
from shared.pathways import PATHWAYS, Pathway

#: Drafts one person may have at once: more are a program gone astray.
MOST = 200
# made once: every page of the form asks it
_ONE = sa.select(drafts).where(drafts.c.id == sa.bindparam("wanted"))
_LOCKED = _ONE.with_for_update()


@dataclass
class Draft:
    """A draft; `owner` None is a citizen on the public form, `sent` the id of the referral it became."""

    id: str
    owner: str | None
    pathway: Pathway
    self_referral: bool
    content: Content
    version: int
    made_at: datetime
    changed_at: datetime
    expires_at: datetime
    sent: str | None = None

    @property
    def steps(self) -> list[Step]:
        """Give the steps asked now."""
        return steps(self.pathway, self.self_referral, self.content.answers)

    def step(self, key: str) -> Step | None:
        """Give a step that is asked now."""
        return next((step for step in self.steps if step.key == key), None)

    def body(self) -> Data:
        """Give it in the shape the API takes."""
        return answers.body(self.content.answers, self.pathway.name, self.self_referral)

    @property
    def name(self) -> str:
        """Give the citizen's name as far as it is known."""
        return str(answers.look(self.content.answers, "/citizen/name") or "")


def begin(connection: Connection, pathway: Pathway, owner: str | None, now: datetime, given: Data, self_referral: bool = False,
          code: str | None = None, id_: str = "") -> Draft:
    """Begin a draft with what is known already."""
    draft = Draft(id_ or str(uuid.uuid4()), owner, pathway, self_referral, Content(answers=given), 1, now, now, now + _kept(pathway))
    connection.execute(drafts.insert().values(_row(draft) | {"code": code}))
    return draft


def find(connection: Connection, id_: str, owner: str | None, lock: bool = False) -> Draft | None:
    """Give a draft to whoever writes it, locked where it is about to change; None to anybody else."""
    row = connection.execute(_LOCKED if lock else _ONE, {"wanted": id_}).mappings().first()
    return _made(row) if row and row["owner"] == owner else None


def by_code(connection: Connection, digest: str) -> Draft | None:
    """Give the draft of the public form whose code was written down."""
    row = connection.execute(sa.select(drafts).where(drafts.c.code == digest, drafts.c.owner.is_(None))).mappings().first()
    return _made(row) if row else None


def mine(connection: Connection, owner: str, limit: int = MOST, after: str = "") -> list[Draft]:
    """Give somebody's unsent drafts, the one begun last first; `after` is the id the page before ended with."""
    query = sa.select(drafts).where(drafts.c.owner == owner, drafts.c.sent.is_(None)).order_by(drafts.c.made_at.desc(), drafts.c.id.desc())
    if after:
        before = sa.select(drafts.c.made_at, drafts.c.id).where(drafts.c.id == after).subquery()
        query = query.where(sa.or_(drafts.c.made_at < sa.select(before.c.made_at).scalar_subquery(),
                                   sa.and_(drafts.c.made_at == sa.select(before.c.made_at).scalar_subquery(), drafts.c.id < after)))
    return [_made(row) for row in connection.execute(query.limit(limit)).mappings()]


def count(connection: Connection, owner: str) -> int:
    """Count somebody's unsent drafts."""
    return connection.execute(sa.select(sa.func.count()).where(drafts.c.owner == owner, drafts.c.sent.is_(None))).scalar_one()


def keep(connection: Connection, draft: Draft) -> None:
    """Write a draft as it is."""
    connection.execute(drafts.update().where(drafts.c.id == draft.id).values(_row(draft)))


def save(connection: Connection, draft: Draft, now: datetime) -> Draft:
    """Keep what was changed of a locked draft; its days begin anew."""
    draft.version, draft.changed_at, draft.expires_at = draft.version + 1, now, now + _kept(draft.pathway)
    keep(connection, draft)
    return draft


def finish(connection: Connection, draft: Draft, referral: str, now: datetime) -> None:
    """Note what a draft became; its answers are the referral's now, and kept nowhere else."""
    draft.content, draft.sent = Content(), referral
    save(connection, draft, now)


def remove(connection: Connection, draft: Draft) -> None:
    """Remove a draft, and its files."""
    records.release(connection, Owner("draft", draft.id))
    connection.execute(drafts.delete().where(drafts.c.id == draft.id))


def expire(database: Database, connection: Connection) -> int:
    """Remove drafts that have had their time, with their files; give how many."""
    over = drafts.c.expires_at < database.now(connection)
    theirs = sa.and_(files.c.owner_kind == "draft", files.c.owner_id.in_(sa.select(drafts.c.id).where(over)))
    connection.execute(files.update().where(theirs).values(owner_kind=records.GONE, owner_id=None, name=""))
    return connection.execute(drafts.delete().where(over)).rowcount


def _kept(pathway: Pathway) -> timedelta:
    return timedelta(days=pathway.draft_days)


def _row(draft: Draft) -> dict[str, Any]:
    return {**{name: getattr(draft, name) for name in ("id", "owner", "self_referral", "version", "made_at", "changed_at", "expires_at", "sent")},
            "pathway": draft.pathway.name, "answers": "" if draft.sent else draft.content.text()}


def _made(row: Any) -> Draft:
    return Draft(row["id"], row["owner"], PATHWAYS[row["pathway"]], row["self_referral"], answers.read(row["answers"]), row["version"],
                 row["made_at"], row["changed_at"], row["expires_at"], row["sent"])
