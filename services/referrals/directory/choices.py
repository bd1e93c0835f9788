"""Who can be chosen as development worker, and how busy each is (R-01)."""
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from services.referrals.directory.entries import CONFIRMED, POD, REMOVED, has_left
from services.referrals.rules import in_words
from services.referrals.store import members
from shared.calendar import london_day
from shared.ledger.tables import staff_id
from shared.ledger.types import Data, Refused

if TYPE_CHECKING:
    from services.referrals.desk import Answer, Desk

ROLE = "worker"
ADD = "A manager can make somebody a development worker in the directory."


def workers(desk: Desk, chosen: str | None = None) -> list[tuple[str, str]]:
    """Give e-mail address and words of the development workers who are here, the least busy first, each with their load.

    `chosen` is the id of who is on it now.
    """
    # late: a desk introduces staff to the directory, and lists stand on a desk
    from services.referrals import worklists
    load, today = worklists.loads(desk), london_day(desk.now)
    query = sa.select(members).where(members.c.kind == POD, members.c.state != REMOVED, members.c.roles.contains(ROLE)).order_by(
        members.c.sorted_by, members.c.id)
    here = [row for row in desk.connection.execute(query).mappings() if not has_left(dict(row), today)]
    return [(row["email"], f"{row['name'] or row['email']} ({load.get(row['id'], 0)} at present{', chosen now' if row['id'] == chosen else ''})")
            for row in sorted(here, key=lambda row: load.get(row["id"], 0))]


def is_worker(member: Mapping[str, Any]) -> bool:
    """Say whether a member is a development worker."""
    return ROLE in member["roles"].split()


def is_kept(desk: Desk) -> bool:
    """Say whether the Pod keeps its development workers in the directory: from the first one somebody confirmed."""
    query = sa.select(members.c.id).where(members.c.kind == POD, members.c.state == CONFIRMED, members.c.roles.contains(ROLE))
    return desk.connection.execute(query.limit(1)).first() is not None


def allocate(desk: Desk, id_: str, given: Data, expect: int | None = None) -> Answer:
    """Choose by work e-mail address; what the directory knows of them goes with it, and who cannot be it is refused."""
    email = given["development_worker_email"]
    query = sa.select(members).where(members.c.id == staff_id(email), members.c.state != REMOVED)
    found = desk.connection.execute(query).mappings().first()
    if refusal := _refusal(desk, found):
        return refusal
    known: Any = found or {"name": "", "team": None, "roles": ROLE}
    name = given.get("development_worker_name") or known["name"]
    return desk.allocate(id_, {"email": email, "name": name, "team": known["team"], "roles": known["roles"].split()}, expect)


def _refusal(desk: Desk, member: Any) -> Refused | None:
    """Say why somebody cannot be it; None also for whom nobody knows, while the directory knows no development worker yet."""
    if member is None:
        return _refused("Nobody in the directory has this address.", f"Check it, or choose somebody else. {ADD}") if is_kept(desk) else None
    called = member["name"] or member["email"]
    if has_left(member, london_day(desk.now)):
        return _refused(f"{called} is no longer here since {in_words(member['left_on'])}.", "Choose somebody who works at the Pod.")
    if is_worker(member):
        return None
    if member["kind"] != POD:
        return _refused(f"{called} is a practitioner, and a development worker is of the Pod.", f"Choose somebody who works at the Pod. {ADD}")
    return _refused(f"{called} is not a development worker.", f"Choose a development worker. {ADD}")


def _refused(reason: str, help: str) -> Refused:
    return Refused("R-01", reason, help, "development_worker_email")
