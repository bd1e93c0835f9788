"""What is amended of a citizen on one referral, as it reaches the others of the same citizen.

Who a citizen is and how to reach them is kept once, so each of their referrals announces it anew. Whoever sent another
referral does not learn from it that somebody else referred the citizen too (R-13).
"""
from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from services.referrals import decisions, history, store
from services.referrals.desk import Desk
from services.referrals.state import pathway_of
from shared.ledger import rows
from shared.ledger.store import Written
from shared.ledger.types import Data, State


def lock(desk: Desk, found: Written) -> Written:
    """Give a referral as it stands once nobody else can write it or another of its citizen's."""
    id_ = found.state["id"]
    locked(desk, found.state["citizen_id"], also=id_)
    return desk.read(id_) or found


def locked(desk: Desk, citizen_id: str, also: str = "") -> list[str]:
    """Let nobody else write a citizen's referrals under way, nor one more; give the ids of the first."""
    ids = under_way(desk, citizen_id)
    if wanted := sorted({*ids, *([also] if also else [])}):
        rows.load(desk.connection, desk.database, desk.ledger.tables, wanted, lock=True)
    return ids


def lock_all(desk: Desk, find: Callable[[], list[str]]) -> list[str]:
    """Let nobody else write the referrals whose ids `find` gives, nor those it gives only once they are locked; give the ids."""
    held: set[str] = set()
    while new := set(find()) - held:
        held |= new
        rows.load(desk.connection, desk.database, desk.ledger.tables, sorted(held), lock=True)
    return sorted(held)


def hearing(desk: Desk, citizen_id: str) -> list[str]:
    """Give the ids of a citizen's referrals on which their death counts: under way, or ended with something still to be told."""
    of = store.referrals.c
    query = sa.select(of.id).where(of.citizen == citizen_id, sa.or_(of.stage.in_(store.LIVE), of.tell_since.is_not(None)))
    return list(desk.connection.execute(query).scalars())


def under_way(desk: Desk, citizen_id: str, but: str = "") -> list[str]:
    """Give the ids of a citizen's referrals under way, `but` one, in the order in which they are locked."""
    of = store.referrals.c
    query = sa.select(of.id).where(of.citizen == citizen_id, of.stage.in_(store.LIVE))
    return sorted(id_ for id_ in desk.connection.execute(query).scalars() if id_ != but)


def follow(desk: Desk, ids: Sequence[str], citizen_id: str) -> None:
    """Let referrals that were merged go by the record of whose the one that goes on is now."""
    for id_ in ids:
        desk.ask(id_, lambda state, now: decisions.follow(state, now, desk.who, citizen_id))


def note(desk: Desk, ids: Sequence[str], source: State, citizen: Mapping[str, Any], changed: Data, reason: str) -> None:
    """Say of referrals what was amended of their citizen on `source`; `citizen` is the row as it was, `changed` its new values."""
    said = {"personal": [f"citizen.{name}" for name in sorted(changed)], "reason": reason,
            "elsewhere": {name: source[name] for name in ("id", "reference")}}
    for id_ in ids if changed else ():
        amendment = str(uuid.uuid4())

        def noted(state: State, now: datetime, amendment: str = amendment) -> decisions.Decision:
            return decisions.amended_elsewhere(state, now, desk.who, amendment, {**said, "derived": _derived(state, now, changed)})
        desk.ask(id_, noted)
        history.keep_elsewhere(desk, id_, amendment, citizen, changed)


def _derived(state: State, now: datetime, changed: Data) -> Data:
    """Give what follows from another date of birth on the pathway of a referral (R-05)."""
    born = changed.get("date_of_birth")
    return {"adult_from": decisions.adult_from(date.fromisoformat(born), pathway_of(state), now)} if born else {}
