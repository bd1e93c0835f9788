"""A referrals service with as many referrals as are asked for, written as rows: lists read nothing else."""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from services.referrals.clocks import FOR_EVER
from services.referrals.spelling import kept
from services.referrals.store import name_words, particulars, referrals, said_words, tables
from shared.calendar import end_of_london_day, london_day
from shared.database import Database
from shared.ledger.tables import staff_id
from shared.pathways import team_key

TEAM = "Community Mental Health and Wellbeing Team"
TEAM_KEY, OTHER_KEY = team_key(TEAM), team_key("Early Intervention Team")
PRACTITIONERS = [staff_id(f"practitioner{n}@cmhwt.example") for n in range(400)]
WORKERS = [staff_id(f"worker{n}@pod.example") for n in range(10)]
NAMES = ("Rosa", "Bea", "Tomas", "Ines", "Noor", "Sefa", "Ada", "Milo", "Wanda", "Kofi")
#: Rows of one statement.
CHUNK = 10_000


def fill(database: Database, count: int) -> None:
    """Write so many referrals, of as many citizens: one in five open, half accepted, the rest ended."""
    with database.transaction() as connection:
        now, lists = database.now(connection), [*referrals.indexes, *tables.people.indexes, *name_words.indexes, *particulars.indexes, *said_words.indexes]
        for index in lists:
            index.drop(connection)
        for start in range(0, count, CHUNK):
            numbers = range(start, min(start + CHUNK, count))
            citizens = [_citizen(n, now) for n in numbers]
            database.insert(connection, tables.people, citizens)
            database.insert(connection, name_words, [{"word": word, "whose": one["id"]} for one in citizens for word in kept(one["name"])])
            database.insert(connection, referrals, [_referral(n, now) for n in numbers])
            said = [{"referral": _id("referral", n), "name": one["name"], "date_of_birth": one["date_of_birth"]} for n, one in zip(numbers, citizens, strict=True)]
            database.insert(connection, particulars, said)
            database.insert(connection, said_words, [{"word": word, "whose": one["referral"]} for one in said for word in kept(one["name"])])
        # made once over all rows, an index costs a tenth of what it costs row by row
        for index in lists:
            index.create(connection)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))


def _id(kind: str, number: int) -> str:
    return f"{'referral' in kind:08x}-0000-4000-8000-{number:012x}"


def _citizen(n: int, now: datetime) -> dict[str, Any]:
    return {"id": _id("citizen", n), "kind": "citizen", "name": f"{NAMES[n % 10]} Number{n:06}", "date_of_birth": "1980-01-01", "recorded_at": now}


def _referral(n: int, now: datetime) -> dict[str, Any]:
    kind, turn = n % 20, n // 20
    stage = "open" if kind < 4 else "accepted" if kind < 14 else "declined" if kind < 17 else "withdrawn"
    # what is open came lately, the rest over three years
    received = now - (timedelta(days=turn % 40, minutes=n % 1000) if stage == "open" else timedelta(days=turn * 7 % 1100, minutes=n % 1000))
    return {**_nothing(n, received), "stage": stage, "goes_on": stage in ("open", "accepted"), **({"open": _open, "accepted": _accepted, "declined": _declined}.get(stage, lambda *_: {})(turn, received, now))}


def _nothing(n: int, received: datetime) -> dict[str, Any]:
    practitioner = PRACTITIONERS[n // 3 % 400]
    return {
        "id": _id("referral", n), "aggregate": _id("referral", n), "reference": f"R-{n:07}", "pathway": ("core", "core", "core", "prevention", "sip")[n % 5],
        "complete_from": "", "complete_until": "", "due_on": "", "target": "", "target_on": FOR_EVER.isoformat(), "late_from": None, "lapses_on": "",
        "citizen": _id("citizen", n), "practitioner": practitioner, "team": TEAM_KEY if n % 50 else OTHER_KEY,
        "named_person": practitioner, "sent_by": practitioner, "development_worker": None, "journey_closes_on": None, "meeting_at": None,
        "meeting_until": None, "held_at": None, "duplicate": False, "asked": False, "named_person_needed": False, "practitioner_needed": False, "to_decline": False, "tell": "", "tell_since": None, "worklist": "",
        "flag": "inpatient" if n % 50 == 4 else "", "received_at": received}


def _due(received: datetime) -> dict[str, Any]:
    due = london_day(received) + timedelta(days=14)
    return {"due_on": due.isoformat(), "target": "first_meeting", "target_on": due.isoformat(),
            "late_from": end_of_london_day(due + timedelta(days=7))}


def _open(turn: int, received: datetime, now: datetime) -> dict[str, Any]:
    complete = {"complete_from": "2000-01-01", "complete_until": "2999-01-01", **_due(received)} if turn % 3 == 0 else {}
    return {**complete, "asked": turn % 4 == 0, "worklist": "waiting" if turn % 4 == 0 else "triage", "duplicate": turn % 10 == 0,
            "named_person_needed": turn % 12 == 0, "practitioner_needed": turn % 14 == 0, "to_decline": turn % 16 == 1, "lapses_on": (london_day(now) + timedelta(days=turn % 300)).isoformat()}


def _declined(turn: int, received: datetime, now: datetime) -> dict[str, Any]:
    return {"tell": "declined", "tell_since": received + timedelta(days=2)} if turn % 50 == 0 else {}


def _accepted(turn: int, received: datetime, now: datetime) -> dict[str, Any]:
    step = turn % 20
    if step == 0:
        return {"worklist": "allocate", **_due(now - timedelta(days=turn % 20))}
    worker = {"development_worker": WORKERS[turn % 10], "lapses_on": (london_day(now) + timedelta(days=turn % 300)).isoformat()}
    if step == 1:
        return {**worker, "worklist": "arrange", **_due(now - timedelta(days=turn % 20))}
    if step == 2:
        meeting = now + timedelta(days=turn % 30, minutes=turn % 1000)
        return {**worker, "worklist": "meet", "meeting_at": meeting, "meeting_until": meeting + timedelta(hours=1), **_due(now)}
    closes = london_day(received) + timedelta(days=300)
    closed = {"journey_closes_on": closes.isoformat(), "goes_on": closes >= london_day(now), "lapses_on": ""} if step < 15 else {}
    return {**worker, "held_at": received, **closed}
