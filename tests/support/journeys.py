"""A journeys service in a test: a room on a database, and the events that reach it."""
from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from services.journeys.service import Journeys, journey_id
from shared import schemas
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.room import Room
from shared.settings import Settings
from shared.web.app import create_app
from shared.web.tokens import issue_demo

NUMBER = "9434765919"
CITIZEN, REFERRAL = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
JOURNEY = journey_id(REFERRAL)
AMARA = {"name": "Amara Osei", "email": "amara.osei@cmhwt.example", "team": "Community Mental Health and Wellbeing Team"}
WREN = {"name": "Wren Callaghan", "email": "wren.callaghan@pod.example"}
SECRET = "a secret of at least thirty-two characters"


def journeys_room(folder: Path, url: str = "") -> Room:
    """Open a journeys room with empty tables, on SQLite in `folder` or on the database of `url`."""
    room = Room(Journeys, Settings(mode="demo", cookie_secure=False, secret_key=SECRET, var=folder, database_url=url))
    room.metadata.create_all(room.database.engine)
    return room


def journeys_client(room: Room) -> Any:
    """Give a client of the room's pages and API."""
    return create_app(room, Journeys.blueprints, Journeys.api).test_client()


def bearer(role: str, email: str | None = None) -> dict[str, str]:
    """Give the header of a demo person."""
    return {"Authorization": f"Bearer {issue_demo(Settings(mode='demo', secret_key=SECRET), role, email)}"}


def event(type_: str, data: Mapping[str, Any], at: datetime, source: str = "urn:pod:referrals", **more: Any) -> Event:
    """Make an event that keeps its contract."""
    contract = schemas.contract(type_)
    return Event(str(uuid.uuid4()), source, type_, at, contract.check(data), contract.version, **more)


def report(type_: str, at: datetime, number: str = NUMBER, **data: Any) -> Event:
    """Make an event of another system about the citizen."""
    return event(type_, {"nhs_number": number, **data}, at, "urn:demo:hospital")


def delivery(one: Event) -> Delivery:
    """Give an event as it comes in."""
    return Delivery(write(one), message_id=one.id, exchange=schemas.contract(one.type).exchange)


def take(room: Room, *events: Event) -> None:
    """Have the room take events in one batch."""
    room.inbox.take([delivery(one) for one in events])


def referral(opened: datetime, days_before: int = 3, self_referral: bool = False, **contact: Any) -> dict[str, Event]:
    """Give the events of one referral: received, accepted at `opened`, allocated an hour later.

    `contact` is how to reach the citizen, as the acceptance says it. A self-referral is of the prevention pathway.
    """
    who: dict[str, Any] = {"pathway": "prevention", "self_referral": True} if self_referral else {"pathway": "core"}
    which = {"referral_id": REFERRAL, "reference": "R-7KQ4-M9C", "citizen_id": CITIZEN, **({} if self_referral else {"practitioner": AMARA})}
    came = opened - timedelta(days=days_before)
    received: dict[str, Any] = {**which, **who, "received_at": came.isoformat(),
                                "citizen": {"name": "Ada Quill", "date_of_birth": "1980-02-03", "nhs_number": NUMBER}}
    accepted = {**received, **({} if self_referral else {"named_person": AMARA}), "accepted_at": opened.isoformat(),
                "citizen": {**received["citizen"], **contact}}
    allocated = {**which, "development_worker": WREN, "allocated_at": (opened + timedelta(hours=1)).isoformat()}
    return {"received": event("referral.received", received, came), "accepted": event("referral.accepted", accepted, opened),
            "allocated": event("referral.allocated", allocated, opened + timedelta(hours=1))}


def offered(starts: datetime, mode: str = "teams", at: datetime | None = None, **more: Any) -> Event:
    """Give the event that the introductory meeting is offered: who is told, when and how."""
    data = {"referral_id": REFERRAL, "reference": "R-7KQ4-M9C", "told": [{"email": WREN["email"], "role": "development_worker"}],
            "starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=1)).isoformat(), "mode": mode}
    return event("referral.meeting_offered", data, at or now(), **more)


def handed_on(original: Event) -> Event:
    """Give the event by which referrals hands on what a hospital said."""
    origin = {"source": original.source, "id": original.id, "type": original.type, "time": original.time.isoformat(),
              "recordedtime": original.recordedtime.isoformat()}
    said = {name: value for name, value in original.data.items() if name != "nhs_number"}
    return event("referral.stay_recorded", {"citizen_id": CITIZEN, "nhs_number": NUMBER, "origin": origin, "statement": said,
                                            "withdrawn": original.withdrawn}, original.time)


def opened_room(folder: Path, url: str = "", days: int = 30, **more: Any) -> Room:
    """Open a room with one journey, opened so many days ago; `more` is for `referral`."""
    room = journeys_room(folder, url)
    take(room, *referral(now() - timedelta(days=days), **more).values())
    return room


def told(room: Room) -> list[dict[str, Any]]:
    """Give what the room has announced, oldest first."""
    return [orjson.loads(row.body) for row in room.outbox.waiting(10_000)]


def stands(room: Room) -> dict[str, Any]:
    """Give what stands of what was announced of the citizen: key -> (type, facts); whom it told is another matter."""
    table = room.keeper.ledger.tables.aggregates
    with room.database.read() as connection:
        kept = connection.execute(table.select().where(table.c.id == CITIZEN)).mappings().one_or_none()
    announced = orjson.loads(kept["announced"]) if kept else {}
    return {about: (one[1], one[3]) for about, one in announced.items() if not one[4]}


def state(room: Room) -> dict[str, Any]:
    """Give the citizen's state."""
    with room.database.read() as connection:
        found = room.keeper.ledger.read(connection, CITIZEN)
    return dict(found.state) if found else {}


def now() -> datetime:
    """Give the machine's clock in UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def again(one: Event, **changes: Any) -> Event:
    """Give the event once more with other attributes, under a new id."""
    return replace(one, id=str(uuid.uuid4()), **changes)
