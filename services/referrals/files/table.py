"""The table of uploaded files: all but their contents, which are in the vault."""
from __future__ import annotations

import sqlalchemy as sa

from shared.database import Instant, key


def files_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table of files to a service's tables.

    `owner_kind` is `held` (sent, and nobody's yet), `gone` (to be removed from the vault), or what its owner is: `draft`,
    `referral`; `owner_id` is the owner's id. `name` may name a person; `uploaded_by` is the id of staff. `size` is in bytes;
    `digest` tells the same file again; `scanner` and `scanned_at` say who found it clean, empty where nobody looked.
    """
    table = sa.Table(
        "files", metadata,
        sa.Column("id", key(), primary_key=True),
        sa.Column("owner_kind", sa.Text, nullable=False),
        sa.Column("owner_id", key()),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("scanner", sa.Text, nullable=False),
        sa.Column("scanned_at", Instant()),
        sa.Column("uploaded_by", key(), nullable=False),
        sa.Column("uploaded_at", Instant(), nullable=False),
    )
    sa.Index("files_by_owner", table.c.owner_kind, table.c.owner_id, table.c.uploaded_at)
    return table
