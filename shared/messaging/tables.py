"""Tables every service has for its events: inbox, outbox, deferred, parked, attempts."""
from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from shared.database import Instant, key


class MessagingTables(NamedTuple):
    """The messaging tables of one service."""

    inbox: sa.Table
    outbox: sa.Table
    deferred: sa.Table
    parked: sa.Table
    attempts: sa.Table


#: A serial that SQLite also counts by itself: only its INTEGER primary keys do.
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def messaging_tables(metadata: sa.MetaData) -> MessagingTables:
    """Declare the messaging tables in a service's metadata."""
    inbox = sa.Table(
        "inbox", metadata,
        sa.Column("id", key(), primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
    )
    outbox = sa.Table(
        "outbox", metadata,
        sa.Column("id", SERIAL, sa.Identity(), primary_key=True),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("routing_key", sa.Text, nullable=False),
        sa.Column("queue", sa.Text),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("published_at", Instant()),
        sa.Column("unroutable", sa.Boolean),
    )
    sa.Index("outbox_waiting", outbox.c.id, postgresql_where=outbox.c.published_at.is_(None),
             sqlite_where=outbox.c.published_at.is_(None))
    sa.Index("outbox_published", outbox.c.published_at, postgresql_where=outbox.c.published_at.is_not(None),
             sqlite_where=outbox.c.published_at.is_not(None))
    deferred = sa.Table(
        "deferred", metadata,
        sa.Column("id", key(), primary_key=True),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("exchange", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    sa.Index("deferred_next", deferred.c.next_at)
    parked = sa.Table(
        "parked", metadata,
        sa.Column("id", key(), primary_key=True),
        sa.Column("event_id", sa.Text),
        sa.Column("type", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("properties", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("known", sa.Boolean, nullable=False),
        sa.Column("parked_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant()),
        sa.Column("settled_by", sa.Text),
        sa.Column("settled_how", sa.Text),
    )
    sa.Index("parked_waiting", parked.c.parked_at, postgresql_where=parked.c.settled_at.is_(None),
             sqlite_where=parked.c.settled_at.is_(None))
    attempts = sa.Table(
        "attempts", metadata,
        sa.Column("id", key(), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("at", Instant(), nullable=False),
    )
    return MessagingTables(inbox, outbox, deferred, parked, attempts)
