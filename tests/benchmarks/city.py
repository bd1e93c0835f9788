"""An invented city: a thousand citizens with open journeys, strangers, and what a hospital publishes of them."""
from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pika
import sqlalchemy as sa

from shared import migrate
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.outbox import INTAKE
from shared.room import Room
from shared.settings import Settings
from shared.suite import rooms_for
from tests.benchmarks.bed import SERVER

PEOPLE = 1000
PRACTITIONER = {"name": "Amara Okafor", "email": "amara.okafor@cmht.example", "team": "Community Mental Health and Wellbeing Team"}
WORKER = {"name": "Wren Callaghan", "email": "wren.callaghan@pod.example"}
TYPE = "hospital.admitted"
CONTENT = "application/cloudevents+json"


def numbers(start: int, count: int) -> list[str]:
    """Give NHS numbers that pass their check, of the range nobody is given."""
    found: list[str] = []
    for nine in range(999_000_000 + start, 1_000_000_000):
        check = (11 - sum((10 - place) * int(digit) for place, digit in enumerate(str(nine))) % 11) % 11
        if check != 10:
            found.append(f"{nine}{check}")
        if len(found) == count:
            return found
    raise ValueError("too many")


CITIZENS = numbers(0, PEOPLE)
STRANGERS = numbers(2000, PEOPLE)


def found(databases: str) -> None:
    """Migrate every service's database and open the journeys, announced long ago."""
    settings = Settings(mode="server", secret_key=SERVER["POD_SECRET_KEY"], database_url=databases)
    for room in rooms_for(settings):
        migrate.upgrade(room)
        if room.name == "journeys":
            _open_journeys(room)
        room.database.dispose()


def _open_journeys(room: Room) -> None:
    events = [event for number in CITIZENS for event in _referral(number)]
    for start in range(0, len(events), 500):
        room.inbox.take([Delivery(write(e), message_id=e.id) for e in events[start:start + 500]])
    with room.database.transaction() as connection:
        told = connection.execute(sa.text("UPDATE outbox SET published_at = now()")).rowcount
        connection.execute(sa.text("DELETE FROM inbox"))
    if told != 2 * PEOPLE:
        raise RuntimeError(f"{told} announcements of {PEOPLE} journeys")
    with room.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))


def _referral(number: str) -> Iterator[Event]:
    came = datetime.now(UTC) - timedelta(days=30)
    who = str(uuid.uuid4())
    which = {"referral_id": str(uuid.uuid4()), "reference": f"R-{number}", "citizen_id": who, "practitioner": PRACTITIONER}
    accepted = {**which, "pathway": "core", "received_at": came.isoformat(), "named_person": PRACTITIONER,
                "citizen": {"name": f"Citizen {number}", "date_of_birth": "1980-02-03", "nhs_number": number},
                "accepted_at": came.isoformat(), "commitment_months": 3, "conditions": ["psychosis"],
                "conversation_held_on": came.date().isoformat(), "meeting_preference": "in_person"}
    yield Event(str(uuid.uuid4()), "urn:pod:referrals", "referral.accepted", came, accepted)
    yield Event(str(uuid.uuid4()), "urn:pod:referrals", "referral.allocated", came,
                {**which, "development_worker": WORKER, "allocated_at": came.isoformat()})


def stay_id(event_id: str) -> str:
    """Give the hospital's number of the stay an event is about."""
    return f"V{event_id[:8]}"


def admission(number: str, at: datetime) -> tuple[str, bytes]:
    """Give id and body of one admission."""
    id_ = str(uuid.uuid4())
    return id_, orjson.dumps({
        "specversion": "1.0", "id": id_, "source": "urn:demo:hospital", "type": TYPE, "time": at.isoformat(),
        "datacontenttype": "application/json", "dataschema": f"urn:pod:{TYPE}:1",
        "data": {"nhs_number": number, "stay_id": stay_id(id_), "ward": "Swanswell", "legal_status": "02"}})


def admissions(count: int, known_every: int = 1) -> Iterator[tuple[str, bytes]]:
    """Give so many admissions a second apart; every `known_every`-th of a citizen, and the last one.

    Whose they are is drawn by lot, the same in every run: a hospital does not go through the city in turns.
    """
    start, lot = datetime.now(UTC) - timedelta(days=1), random.Random(20)
    for index in range(count):
        number = lot.choice(CITIZENS if index % known_every == 0 or index == count - 1 else STRANGERS)
        yield admission(number, start + timedelta(seconds=index))


def publish(channel: Any, messages: Iterator[tuple[str, bytes]], exchange: str = INTAKE, routing_key: str = TYPE,
            content_type: str = CONTENT) -> None:
    """Publish messages, persistent, on a channel of a plain connection."""
    for id_, body in messages:
        channel.basic_publish(exchange, routing_key, body, pika.BasicProperties(
            content_type=content_type, content_encoding="utf-8", message_id=id_, type=TYPE, delivery_mode=2))
