"""The rules as they stood: each version of a pathway's definition is kept from the day it was first in force (R-15)."""
from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from services.referrals.store import metadata
from shared.database import Instant, instant_text
from shared.pathways import PATHWAYS, Pathway
from shared.pathways.sentences import sections

#: Every version of a definition there has been; `content` is what `described` gave on the day, as JSON.
definitions = sa.Table(
    "definitions", metadata,
    sa.Column("fingerprint", sa.Text, primary_key=True),
    sa.Column("pathway", sa.Text, nullable=False, index=True),
    sa.Column("first_seen_at", Instant(), nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)
#: What one calls a list of a definition where all of it is given.
LISTS = {"team": "teams", "condition": "conditions", "document": "documents", "social_issue": "social_issues",
         "meeting_preference": "meeting_preferences", "strand": "strands"}


def described(pathway: Pathway) -> dict[str, Any]:
    """Give all of a definition, and under `sentences` its rules in words: {heading, rule, words}."""
    data = {LISTS.get(name, name): value for name, value in asdict(pathway).items()}
    return {**data, "sentences": [{"heading": heading, "rule": rule, "words": words}
                                  for heading, said in sections(pathway).items() for rule, words in said]}


def keep(connection: Connection, pathway: Pathway) -> None:
    """Keep a definition as it stands, unless this version of it is kept already."""
    is_sqlite = connection.dialect.name == "sqlite"
    insert: Any = sqlite.insert if is_sqlite else postgresql.insert
    connection.execute(insert(definitions).values(
        fingerprint=pathway.fingerprint, pathway=pathway.name, content=orjson.dumps(described(pathway)).decode(),
        first_seen_at=datetime.now(UTC) if is_sqlite else sa.func.clock_timestamp()).on_conflict_do_nothing())


def keep_all(connection: Connection) -> None:
    """Keep every definition in force; done at each start."""
    for name in sorted(PATHWAYS):
        keep(connection, PATHWAYS[name])


def in_version(connection: Connection, name: str, fingerprint: str) -> dict[str, Any] | None:
    """Give a version of a pathway's definition as it stood; None where there was none."""
    if not re.fullmatch(r"[a-z0-9_]+/[a-f0-9]{12}", f"{name}/{fingerprint}"):
        return None  # PostgreSQL cannot even be asked for some characters
    query = sa.select(definitions.c.content).where(definitions.c.pathway == name, definitions.c.fingerprint == fingerprint)
    if content := connection.execute(query).scalar():
        return dict(orjson.loads(content))
    today = PATHWAYS.get(name)
    return described(today) if today and today.fingerprint == fingerprint else None


def versions(connection: Connection, name: str) -> list[dict[str, str]]:
    """Give every version kept of a pathway, newest first: {fingerprint, first_in_force_at}."""
    query = sa.select(definitions.c.fingerprint, definitions.c.first_seen_at).where(
        definitions.c.pathway == name).order_by(definitions.c.first_seen_at.desc(), definitions.c.fingerprint)
    return [{"fingerprint": row.fingerprint, "first_in_force_at": instant_text(row.first_seen_at)} for row in connection.execute(query)]
