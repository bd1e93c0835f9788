"""Which referrals were amended since somebody of the Pod last looked at them, by whom and when (R-14)."""
from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from services.referrals.desk import Desk
from services.referrals.looks import noting
from services.referrals.rules import in_words
from services.referrals.store import looks, tables
from shared.calendar import london_day

AMENDED = "referral.amended"


def since_last_look(desk: Desk, ids: Collection[str]) -> dict[str, str]:
    """Say of referrals who amended them last, and when, where that was not whoever asks and they have not looked since."""
    newest = _newest(desk, ids)
    seen = _looks(desk, newest)
    fresh = {id_: one for id_, one in newest.items() if id_ not in seen or seen[id_] < one[0]}
    names = desk.names({who for _, who in fresh.values()}) if fresh else {}
    return {id_: f"Amended on {in_words(london_day(at))} by {names[who]}" for id_, (at, who) in fresh.items()}


def _newest(desk: Desk, ids: Collection[str]) -> dict[str, tuple[datetime, str]]:
    """Give by referral when it was amended last, and by whom."""
    said = tables.statements.c
    query = sa.select(said.aggregate, said.recorded_at, said.actor).where(
        desk.database.any_of(said.aggregate, sorted(ids)), said.kind == AMENDED, said.actor != desk.who).order_by(said.recorded_at)
    return {id_: (at, who) for id_, at, who in desk.connection.execute(query)} if ids else {}


def _looks(desk: Desk, ids: Collection[str]) -> dict[str, datetime]:
    """Give by referral when whoever asks looked at it last; that a search found it is no look at what it says."""
    query = sa.select(looks.c.referral, sa.func.max(looks.c.at)).where(
        desk.database.any_of(looks.c.referral, sorted(ids)), looks.c.who == desk.who, looks.c.what != noting.SEARCH, looks.c.refused.is_(False))
    return dict(desk.connection.execute(query.group_by(looks.c.referral)).tuples().all()) if ids else {}
