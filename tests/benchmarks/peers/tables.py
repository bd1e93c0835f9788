"""The tables a peer writes: the same as ours, one row each per event, and a thousand people to know."""
from __future__ import annotations

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData()


def _moment(name: str, **more: bool) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), **more)


inbox = sa.Table("inbox", metadata, sa.Column("id", sa.Text, primary_key=True), _moment("received_at"))
people = sa.Table("people", metadata, sa.Column("id", sa.Uuid, primary_key=True), sa.Column("nhs_number", sa.Text, unique=True),
                  sa.Column("reference", sa.Text), sa.Column("told", JSONB))
statements = sa.Table(
    "statements", metadata, sa.Column("id", sa.Uuid, primary_key=True), sa.Column("aggregate", sa.Uuid, index=True),
    sa.Column("about", sa.Text), sa.Column("kind", sa.Text), sa.Column("data", JSONB), sa.Column("source", sa.Text),
    sa.Column("event_id", sa.Text), _moment("occurred_at"), _moment("recorded_at"))
#: Snapshot and read model in one row, which is one write less than ours.
journeys = sa.Table(
    "journeys", metadata, sa.Column("id", sa.Uuid, primary_key=True), sa.Column("version", sa.BigInteger),
    sa.Column("stays", JSONB), sa.Column("inpatient", sa.Boolean), sa.Column("review_due_on", sa.Text))
outbox = sa.Table(
    "outbox", metadata, sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True), sa.Column("event_id", sa.Text),
    sa.Column("routing_key", sa.Text), sa.Column("body", JSONB), _moment("created_at"), _moment("published_at"))
sa.Index("outbox_waiting", outbox.c.id, postgresql_where=outbox.c.published_at.is_(None))


def make(url: str, numbers: list[str]) -> None:
    """Make the tables and the people."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    rows = [{"id": uuid.uuid4(), "nhs_number": number, "reference": f"J-{number}",
             "told": [{"email": "wren.callaghan@pod.example", "role": "development_worker"},
                      {"email": "amara.okafor@cmht.example", "role": "practitioner"}]} for number in numbers]
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(people.insert(), rows)
        connection.execute(journeys.insert(), [
            {"id": row["id"], "version": 1, "stays": {}, "inpatient": False, "review_due_on": None} for row in rows])
    engine.dispose()


def moment(text: str) -> datetime:
    """Read the time of an event."""
    return datetime.fromisoformat(text).astimezone(UTC)
