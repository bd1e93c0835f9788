"""The tables of drafts, and of how often the public form was used."""
from __future__ import annotations

import sqlalchemy as sa

from services.referrals.store import metadata
from shared.database import Instant, key

#: `owner` is the id of staff, none for a citizen who writes on the public form; theirs is found again by `code`, a digest of
#: what they wrote down. `answers` is JSON as `services.referrals.drafts.answers` has it, emptied when the draft is sent;
#: `sent` is then the id of its referral. `expires_at` follows from the last change and the pathway's `draft_days`.
drafts = sa.Table(
    "drafts", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("owner", key(), index=True),
    sa.Column("pathway", sa.Text, nullable=False),
    sa.Column("self_referral", sa.Boolean, nullable=False),
    sa.Column("answers", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("made_at", Instant(), nullable=False),
    sa.Column("changed_at", Instant(), nullable=False),
    sa.Column("expires_at", Instant(), nullable=False, index=True),
    sa.Column("sent", key()),
    sa.Column("code", sa.Text, unique=True),
)

#: What was done on the public form, for its limits: `what` is begin, send, code or write; `address` is a digest under our key.
public_uses = sa.Table(
    "public_uses", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("at", Instant(), nullable=False, index=True),
)
sa.Index("public_uses_by_address", public_uses.c.what, public_uses.c.address, public_uses.c.at)
