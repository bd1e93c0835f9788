"""The referrals under way that name a member: what is left to be taken over when they leave."""
from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from services.referrals.desk import Desk
from services.referrals.store import LIVE, referrals

#: Column of a referral -> what somebody is in it.
AS = {"practitioner": "practitioner", "named_person": "named person", "development_worker": "development worker"}


def count(desk: Desk, id_: str) -> int:
    """Count the referrals under way that name somebody."""
    query = sa.select(sa.func.count()).select_from(referrals).where(*_naming(id_))
    return int(desk.connection.execute(query).scalar_one())


def listed(desk: Desk, id_: str, limit: int, after: str | None = None) -> list[dict[str, Any]]:
    """Give them, oldest first, each with what the person is in it; `after` is the id the page before ended with."""
    c = referrals.c
    query = sa.select(referrals).where(*_naming(id_)).order_by(c.received_at, c.id).limit(limit)
    if after and (last := desk.connection.execute(sa.select(c.received_at).where(c.id == after)).scalar()):
        query = query.where(sa.tuple_(c.received_at, c.id) > sa.tuple_(sa.literal(last, c.received_at.type), sa.literal(after, c.id.type)))
    return [{**{name: row[name] for name in ("id", "reference", "pathway", "stage", "received_at")},
             "as": [words for name, words in AS.items() if row[name] == id_]} for row in desk.connection.execute(query).mappings()]


def _naming(id_: str) -> list[sa.ColumnElement[bool]]:
    return [referrals.c.stage.in_(LIVE), sa.or_(*(referrals.c[name] == id_ for name in AS))]
