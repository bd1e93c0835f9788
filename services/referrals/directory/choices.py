"""Who can be chosen as development worker, and how busy each is (R-01)."""
from __future__ import annotations

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


def allocate(desk: Desk, id_: str, given: Data, expect: int | None = None) -> Answer:
    """Choose by work e-mail address; what the directory knows of them goes with it, and who cannot be it is refused."""
    email = given["development_worker_email"]
    found = desk.connection.execute(sa.select(members).where(members.c.id == staff_id(email))).mappings().first()
    known: Any = found or {"name": "", "team": None}
    if found and (refusal := _refusal(found, desk)):
        return refusal
    return desk.allocate(id_, email, given.get("development_worker_name") or known["name"], known["team"] or "", expect)


def _refusal(member: Any, desk: Desk) -> Refused | None:
    if has_left(member, london_day(desk.now)):
        return Refused("R-01", f"{member['name']} is no longer here since {in_words(member['left_on'])}.",
                       "Choose somebody who works at the Pod.", "development_worker_email")
    if member["state"] == CONFIRMED and member["kind"] != POD:
        return Refused("R-01", f"{member['name']} is a practitioner, and a development worker is of the Pod.",
                       "Choose somebody who works at the Pod, or have their entry in the directory changed.", "development_worker_email")
    return None
