"""The table of looks at referrals."""
from __future__ import annotations

import sqlalchemy as sa

from shared.database import Instant, key


def looks_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table of looks to a service's tables.

    `who` is the id of staff. `what` is page, api, document, calendar or search; `document` says which document's file it was.
    `refused`: they asked for a referral that is not theirs to see, and were told there is none.
    """
    table = sa.Table(
        "looks", metadata,
        sa.Column("id", key(), primary_key=True),
        sa.Column("referral", key(), nullable=False),
        sa.Column("who", key(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("document", key()),
        sa.Column("refused", sa.Boolean, nullable=False),
    )
    sa.Index("looks_of", table.c.referral, table.c.at, table.c.id)
    sa.Index("looks_by_time", table.c.at)
    return table
