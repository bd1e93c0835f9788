"""Events of the directory, for tests of those who hear it."""
from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from shared import schemas
from shared.ledger.tables import staff_id
from shared.messaging.envelope import Event
from shared.messaging.outbox import event_id

WHEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def recorded(email: str = "helen.marsh@pod.example", revision: int = 1, *, withdrawn: bool = False, **data: Any) -> Event:
    """Give the event that says how a member stands; by default a manager of the Pod."""
    id_ = staff_id(email)
    said = {"member_id": id_, "email": email, "name": email.split("@")[0], "kind": "pod", "roles": ["manager"]}
    said |= {name: value.isoformat() if isinstance(value, date) else value for name, value in data.items() if value is not None}
    checked = schemas.contract("directory.member_recorded").check(said)
    return Event(event_id(id_, f"member:{id_}", revision), "urn:pod:referrals", "directory.member_recorded", WHEN, checked,
                 about=f"member:{id_}", revision=revision, withdrawn=withdrawn)
