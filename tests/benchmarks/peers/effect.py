"""What one admission does, as SQL statements that a peer runs in one transaction, in its own way of running them."""
from __future__ import annotations

import uuid
from collections.abc import Generator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from tests.benchmarks.peers.tables import inbox, journeys, moment, outbox, people, statements

#: One statement after another; each is sent back its result.
Steps = Generator[Any, Any, None]


def admitted(event: dict[str, Any]) -> Steps:
    """Give the statements: duplicate check, person, statement, snapshot and read model, outbox."""
    new = yield insert(inbox).values(id=event["id"], received_at=sa.func.clock_timestamp()).on_conflict_do_nothing().returning(inbox.c.id)
    if new.first() is None:
        return
    data, at = event["data"], moment(event["time"])
    person = (yield sa.select(people).where(people.c.nhs_number == data["nhs_number"])).one_or_none()
    if person is None:
        return
    journey = (yield sa.select(journeys).where(journeys.c.id == person.id).with_for_update()).one()
    facts = {name: data[name] for name in ("stay_id", "ward", "legal_status")}
    yield insert(statements).values(
        id=uuid.uuid4(), aggregate=person.id, about=f"stay:{data['stay_id']}:admission", kind=event["type"], data=facts,
        source=event["source"], event_id=event["id"], occurred_at=at, recorded_at=at)
    stays = {**journey.stays, data["stay_id"]: {**facts, "admitted_at": event["time"]}}
    yield sa.update(journeys).where(journeys.c.id == person.id).values(
        version=journey.version + 1, stays=stays, inpatient=True, review_due_on=event["time"][:10])
    told = {"id": str(uuid.uuid4()), "type": "journey.admission_recorded", "time": event["time"], "data": {
        "journey_id": str(person.id), "reference": person.reference, "stay_id": data["stay_id"], "told": person.told}}
    yield insert(outbox).values(event_id=told["id"], routing_key=told["type"], body=told, created_at=sa.func.now())


def waiting(limit: int) -> Any:
    """Ask for the oldest rows a relay has not published."""
    return sa.select(outbox).where(outbox.c.published_at.is_(None)).order_by(outbox.c.id).limit(limit)


def mark(ids: list[int]) -> Any:
    """Mark rows as published."""
    return sa.update(outbox).where(outbox.c.id.in_(ids)).values(published_at=sa.func.clock_timestamp())
