"""Tables of a service that keeps statements: aggregates, statements, people."""
from __future__ import annotations

import uuid
from typing import NamedTuple

import sqlalchemy as sa

from shared.database import Instant, key
from shared.ids import digested, named
from shared.ledger.types import Statement

#: Namespace of the ids of staff, so that every service gives one e-mail address one id without asking.
STAFF = uuid.UUID("6f0c1c52-9f5c-5c1e-8a7e-3a1f0f6f5d11")


class LedgerTables(NamedTuple):
    """The three tables of one service's ledger."""

    aggregates: sa.Table
    statements: sa.Table
    people: sa.Table


def ledger_tables(metadata: sa.MetaData) -> LedgerTables:
    """Declare the ledger's tables in a service's metadata."""
    aggregates = sa.Table(
        "aggregates", metadata,
        sa.Column("id", key(), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("fold_version", sa.Integer, nullable=False),
        sa.Column("last_place", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("announced", sa.Text, nullable=False),
        sa.Column("next_look_at", Instant()),
    )
    sa.Index("aggregates_due", aggregates.c.next_look_at, postgresql_where=aggregates.c.next_look_at.is_not(None))
    statements = sa.Table(
        "statements", metadata,
        sa.Column("id", key(), primary_key=True),
        sa.Column("aggregate", key(), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("occurred_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    sa.Index("statements_about", statements.c.aggregate, statements.c.about)
    return LedgerTables(aggregates, statements, people_table(metadata))


def people_table(metadata: sa.MetaData) -> sa.Table:
    """Declare the one table that holds names, numbers and contacts; erasing a person is deleting their row.

    `do_not` has a wish on each line; `next_of_kin` is JSON {name, relationship?, telephone?}.
    """
    people = sa.Table(
        "people", metadata,
        sa.Column("id", key(), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False, server_default=""),
        sa.Column("nhs_number", sa.Text),
        sa.Column("date_of_birth", sa.Text),
        sa.Column("telephone", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("team", sa.Text),
        sa.Column("contact_by", sa.Text),
        sa.Column("do_not", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("contact_when", sa.Text),
        sa.Column("interpreter", sa.Text),
        sa.Column("access_needs", sa.Text),
        sa.Column("next_of_kin", sa.Text),
        sa.Column("recorded_at", Instant(), nullable=False),
    )
    sa.Index("people_nhs_number", people.c.nhs_number, unique=True)
    sa.Index("people_name", people.c.name, people.c.date_of_birth)
    return people


def statement_id(aggregate: str, statement: Statement) -> str:
    """Give the id of a statement: the same saying has the same id, whichever way it reached us."""
    text = "\x1f".join((aggregate, statement.about, statement.source, statement.event_id))
    return digested(text.encode())


def staff_id(email: str) -> str:
    """Give the id of a member of staff by work e-mail address, whose case does not matter."""
    return named(STAFF, email.strip().lower())
