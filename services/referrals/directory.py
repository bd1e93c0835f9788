"""Who can be chosen as development worker, and how busy each is."""
from __future__ import annotations

import sqlalchemy as sa

from services.referrals import lists
from services.referrals.desk import Answer, Desk
from services.referrals.store import referrals
from shared.ledger.tables import staff_id
from shared.ledger.types import Actor, Data
from shared.web.context import current_room
from shared.web.staff import staff


def workers(desk: Desk) -> list[tuple[str, str]]:
    """Give e-mail address and words of those one may choose: the demo's, and whoever was chosen before."""
    load = lists.loads(desk)
    found = {email: person.name for email, person in demo_workers().items()}
    chosen = desk.connection.execute(sa.select(referrals.c.development_worker).where(
        referrals.c.development_worker.is_not(None)).distinct()).scalars().all()
    found |= {row["email"]: row["name"] or row["email"] for row in desk.people(chosen).values() if row["email"] not in found}
    return [(email, f"{name} ({load.get(staff_id(email), 0)} at present)") for email, name in sorted(found.items(), key=lambda one: one[1])]


def demo_workers() -> dict[str, Actor]:
    """Give the invented development workers by address; none outside demo mode."""
    return {person.email: person for person in staff() if "worker" in person.roles} if current_room.settings.demo else {}


def allocate(desk: Desk, id_: str, given: Data, expect: int | None = None) -> Answer:
    """Choose by work e-mail address; a name that is known goes with it."""
    email = given["development_worker_email"]
    known = demo_workers().get(email)
    name = given.get("development_worker_name") or (known.name if known else "")
    return desk.allocate(id_, email, name, known.team if known else "", expect)
