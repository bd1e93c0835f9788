"""What each referral says of its citizen: the words of whoever sent it, as they amended them since (R-13, R-14).

The Pod's own record of a citizen is their row of `people`. Whoever sees a referral without seeing all is shown this.
"""
from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.database import Database, key
from shared.ledger.people import CONTACTS, IDENTITY

#: What a referral may say.
FIELDS = (*IDENTITY, *CONTACTS, "do_not", "next_of_kin")
#: What a referral says whose row is not there, such as one of somebody who was erased.
NOTHING: Mapping[str, Any] = dict.fromkeys(FIELDS)


def particulars_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table of particulars to a service's tables, one row for a referral; they go when their citizen is erased.

    Columns are as in `people`. `nhs_number` is as it was sent, also where it is known of somebody else.
    """
    table = sa.Table(
        "particulars", metadata,
        sa.Column("referral", key(), primary_key=True),
        *(sa.Column(name, sa.Text) for name in FIELDS))
    sa.Index("particulars_nhs_number", table.c.nhs_number)
    sa.Index("particulars_date_of_birth", table.c.date_of_birth)
    return table


def of(connection: Connection, database: Database, table: sa.Table, referrals: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """Give by referral what it says."""
    if not referrals:
        return {}
    query = sa.select(table).where(database.any_of(table.c.referral, sorted(referrals)))
    return {row["referral"]: dict(row) for row in connection.execute(query).mappings()}


def put(connection: Connection, database: Database, table: sa.Table, referral: str, row: Mapping[str, Any]) -> None:
    """Write what a referral says now."""
    database.insert(connection, table, [{"referral": referral, **{name: row.get(name) or None for name in FIELDS}}],
                    conflict="update", update=FIELDS)
