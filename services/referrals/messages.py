"""What citizens who referred themselves wrote to us afterwards: their own words, apart from the statements (R-11)."""
from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.database import Instant, key
from shared.ledger.types import Data

#: Most characters of a message.
LONGEST = 2000


def messages_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table of messages to a service's tables: `words` are personal, and go with the citizen's row in `people`."""
    return sa.Table(
        "messages", metadata,
        sa.Column("id", key(), primary_key=True),
        sa.Column("referral", key(), nullable=False, index=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("words", sa.Text, nullable=False))


def keep(connection: Connection, table: sa.Table, id_: str, referral: str, at: datetime, words: str) -> None:
    """Keep a message."""
    connection.execute(table.insert().values(id=id_, referral=referral, at=at, words=words))


def of(connection: Connection, table: sa.Table, referral: str) -> list[Data]:
    """Give the messages about a referral, oldest first: {id, at, words}."""
    query = sa.select(table.c.id, table.c.at, table.c.words).where(table.c.referral == referral).order_by(table.c.at, table.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]
