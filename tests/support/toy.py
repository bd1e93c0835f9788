"""A small service with a ledger, for tests of the core: people, their hospital stays, and notes about them."""
from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from shared.database import Database, instant_text, key
from shared.ledger.keeper import LedgerKeeper, LedgerStage
from shared.ledger.people import citizen, staff
from shared.ledger.store import Ledger
from shared.ledger.tables import ledger_tables, staff_id
from shared.ledger.types import Announcement, Refused, State, Statement
from shared.messaging.consumer import hears
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.outbox import INTAKE, Outbox
from shared.messaging.tables import messaging_tables
from shared.room import Room
from shared.schemas import contract
from shared.settings import Settings

#: A review is due so long after an admission.
REVIEW = timedelta(days=2)

FOLD_VERSION = 1
#: Not alphabetical on purpose: of two things at one time, admission comes before discharge, and opening before both.
RANKS = {"journey.opened": 0, "hospital.admitted": 1, "hospital.discharged": 2, "note.made": 3, "closing.set": 4}


def initial(aggregate: str) -> State:
    """Give somebody nobody has spoken of."""
    return {"id": aggregate, "practitioner": None, "stays": {}, "notes": [], "closes_on": None, "trail": []}


def evolve(state: State, statement: Statement) -> State:
    """Take a statement into account; `trail` keeps the order, so that every difference of order shows."""
    data = statement.data
    state = {**state, "trail": [*state["trail"], statement.about]}
    if statement.kind == "journey.opened":
        state["practitioner"] = data.get("practitioner")
    elif statement.kind in ("hospital.admitted", "hospital.discharged"):
        side = "in" if statement.kind == "hospital.admitted" else "out"
        stay = {**state["stays"].get(data["stay"], {}), side: instant_text(statement.occurred_at)}
        state["stays"] = {**state["stays"], data["stay"]: stay}
    elif statement.kind == "note.made":
        state["notes"] = [*state["notes"], data["text"]]
    elif statement.kind == "closing.set":
        state["closes_on"] = data["on"]
    return state


def _due(admitted: str) -> datetime:
    return datetime.fromisoformat(admitted) + REVIEW


def owed(state: State, now: datetime) -> Mapping[str, Announcement]:
    """Owe each admission, each discharge, each review that became overdue, and the closing day."""
    found: dict[str, Announcement] = {}
    journey = {"journey_id": state["id"], "reference": state["id"][:8]}
    for stay, times in state["stays"].items():
        whose = {**journey, "citizen_id": state["id"], "stay_id": stay}
        if admitted := times.get("in"):
            review = {"id": f"review-{stay}", "due_on": _due(admitted).date().isoformat()}
            found[f"stay:{stay}:admission"] = Announcement(
                "journey.admission_recorded", admitted, {**whose, "admitted_at": admitted, "review": review})
            if now >= _due(admitted):
                found[f"review:{stay}:overdue"] = Announcement(
                    "journey.review_overdue", instant_text(_due(admitted)),
                    {**journey, "review_id": review["id"], "due_on": review["due_on"]})
        if left := times.get("out"):
            found[f"stay:{stay}:discharge"] = Announcement(
                "journey.discharge_recorded", left, {**whose, "discharged_at": left, "follow_up_by": left[:10]})
    if state["closes_on"]:
        found["closing"] = Announcement("journey.closing_set", f"{state['closes_on']}T00:00:00.000000Z",
                                        {**journey, "closes_on": state["closes_on"]})
    return found


def next_look_at(state: State, now: datetime) -> datetime | None:
    """Look when the next review becomes overdue."""
    return min((_due(s["in"]) for s in state["stays"].values() if "in" in s and _due(s["in"]) > now), default=None)


def make_note(state: State, now: datetime, text: str) -> list[Statement] | Refused:
    """Note something about somebody who is not closing."""
    if state["closes_on"]:
        return Refused("J-11", "The journey is closing.")
    event = str(uuid.uuid4())
    return [Statement(f"note:{event}", "note.made", now, {"text": text}, source="urn:pod:toy", event_id=event)]


def set_closing(state: State, now: datetime, on: str) -> list[Statement]:
    """Set the closing day."""
    return [Statement("closing", "closing.set", now, {"on": on}, source="urn:pod:toy", event_id=str(uuid.uuid4()))]


def needs(announcement: Announcement, state: State, moment: datetime) -> Iterable[str]:
    """Name the practitioner."""
    return [state["practitioner"]] if state["practitioner"] else []


def complete(announcement: Announcement, state: State, people: Mapping[str, Any], moment: datetime) -> dict[str, Any]:
    """Add whom to tell."""
    told = [{"email": p["email"], "name": p["name"] or p["email"], "role": "practitioner"}
            for id_ in needs(announcement, state, moment) if (p := people.get(id_))]
    return contract(announcement.type).check({**announcement.data, "told": told})


def people_of(event: Event) -> Iterable[Mapping[str, Any]]:
    """Introduce citizen and practitioner."""
    if event.type == "referral.accepted":
        yield citizen(event.data["citizen_id"], event.data["citizen"], event.recordedtime)
        yield staff(event.data["practitioner"], event.recordedtime)


metadata = sa.MetaData()
messaging = messaging_tables(metadata)
tables = ledger_tables(metadata)
#: Stays somebody is in: a row goes when they leave, by evolution alone.
inpatients = sa.Table("inpatients", metadata, sa.Column("id", sa.Text, primary_key=True),
                      sa.Column("aggregate", key(), nullable=False, index=True), sa.Column("since", sa.Text, nullable=False))


def read_model(state: State, now: datetime) -> dict[sa.Table, list[dict[str, Any]]]:
    """List the stays that go on."""
    return {inpatients: [{"id": f"{state['id']}:{stay}", "aggregate": state["id"], "since": times["in"]}
                         for stay, times in state["stays"].items() if "in" in times and "out" not in times]}


RULES = SimpleNamespace(FOLD_VERSION=FOLD_VERSION, RANKS=RANKS, initial=initial, evolve=evolve, owed=owed,
                        next_look_at=next_look_at)


def keeper(database: Database, outbox: Outbox) -> LedgerKeeper:
    """Give the keeper of the toy's ledger."""
    telegraph = SimpleNamespace(needs=needs, complete=complete)
    return LedgerKeeper(Ledger("toy", database, tables, RULES, telegraph, read_model, outbox), people_of)


class Toy:
    """Owns stays of citizens whose referral was accepted; the ward "raise" and "unwritable" do what they say."""

    name = "toy"
    prefix = "/toy"
    title = "Toy"
    hears_all_intake = True
    store = SimpleNamespace(metadata=metadata, messaging=messaging, keeper=keeper)

    @hears("referral.accepted")
    def accepted(self, event: Event, stage: LedgerStage) -> None:
        """Open a journey."""
        practitioner = staff_id(event.data["practitioner"]["email"])
        stage.say(event, event.data["citizen_id"], "journey", "journey.opened", {"practitioner": practitioner})

    @hears("hospital.admitted")
    def admitted(self, event: Event, stage: LedgerStage) -> None:
        """Note an admission."""
        ward = event.data.get("ward")
        if ward == "raise":
            raise ValueError(event.data["nhs_number"])
        kind = "no.such_kind" if ward == "unwritable" else "hospital.admitted"
        self._stay(event, stage, "admission", kind)

    @hears("hospital.discharged")
    def discharged(self, event: Event, stage: LedgerStage) -> None:
        """Note a discharge."""
        self._stay(event, stage, "discharge", "hospital.discharged")

    @hears("hospital.admission_cancelled")
    def admission_cancelled(self, event: Event, stage: LedgerStage) -> None:
        """Take an admission back."""
        self._stay(event, stage, "admission", "hospital.admitted", withdrawn=True)

    def _stay(self, event: Event, stage: LedgerStage, side: str, kind: str, withdrawn: bool | None = None) -> None:
        assert event.person is not None
        stay = event.data["stay_id"]
        stage.say(event, event.person, f"stay:{stay}:{side}", kind, {"stay": stay}, withdrawn=withdrawn)


def toy_room(database: Database) -> Room:
    """Give the toy on `database`, its tables made."""
    room = Room(Toy, Settings(mode="demo", database_url=database.url.render_as_string(hide_password=False)))
    metadata.create_all(room.database.engine)
    return room


def nhs_number(serial: int) -> str:
    """Give the serial-th number whose check digit is right."""
    for nine in itertools.count(400_000_000 + serial * 3):
        digits = [int(d) for d in str(nine)]
        check = (11 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11) % 11
        if check < 10:
            return f"{nine}{check}"
    raise AssertionError("unreachable")


def intake(type_: str, data: Mapping[str, Any], *, id_: str = "", at: datetime | None = None, **more: Any) -> Delivery:
    """Give an event as another system publishes it."""
    event = Event(id_ or str(uuid.uuid4()), "urn:hospital", type_, at or datetime.now(UTC) - timedelta(hours=1), dict(data), **more)
    return Delivery(write(event), message_id=event.id, exchange=INTAKE)


def overdue(reference: str) -> Event:
    """Give an event of our own, whole, that nobody among the toys hears."""
    return Event(str(uuid.uuid4()), "urn:pod:toy", "journey.review_overdue", datetime.now(UTC), {
        "journey_id": str(uuid.uuid4()), "reference": reference, "told": [], "review_id": str(uuid.uuid4()), "due_on": "2026-11-24"})


def accepted(person: str, serial: int) -> Delivery:
    """Give the event by which a citizen becomes known."""
    practitioner = {"name": "Pat Key", "email": "pat@team.example", "team": "CMHT", "role": "key_worker"}
    event = Event(str(uuid.uuid4()), "urn:pod:referrals", "referral.accepted", datetime.now(UTC) - timedelta(days=30), {
        "referral_id": str(uuid.uuid4()), "reference": f"R-{serial}", "citizen_id": person, "practitioner": practitioner,
        "pathway": "core", "citizen": {"name": f"Citizen {serial}", "date_of_birth": "1990-01-01", "nhs_number": nhs_number(serial)},
        "received_at": "2026-01-01T10:00:00Z", "accepted_at": "2026-01-02T10:00:00Z", "commitment_months": 3, "conditions": [],
        "conversation_held_on": "2026-01-01", "meeting_preference": "in_person"})
    return Delivery(write(event), message_id=event.id)


def known_people(room: Room, count: int) -> list[str]:
    """Make `count` people known to the room, with the NHS numbers 0 to count - 1; give their ids."""
    people = [str(uuid.UUID(int=random.getrandbits(128), version=4)) for _ in range(count)]
    room.inbox.take([accepted(person, serial) for serial, person in enumerate(people)])
    return people


def count_rows(room: Room) -> dict[str, int]:
    """Count the rows of every table."""
    with room.database.read() as connection:
        return {table.name: int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
                for table in metadata.sorted_tables}


def rows_of(room: Room, table: sa.Table) -> Sequence[Any]:
    """Give all rows of a table."""
    with room.database.read() as connection:
        return connection.execute(sa.select(table)).mappings().all()
