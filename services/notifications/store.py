"""Tables of notifications: rules as staff changed them, what was heard, what was sent, what is held."""
from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from shared.database import Database, Instant, key
from shared.messaging.outbox import Outbox
from shared.messaging.tables import messaging_tables
from shared.web.idempotency import idempotency_table

metadata = sa.MetaData()
messaging = messaging_tables(metadata)
idempotency = idempotency_table(metadata)

rules = sa.Table(
    "rules", metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("withdrawn", sa.Text, nullable=False),
    sa.Column("leaving", sa.Text, nullable=False, server_default=""),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("also", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Instant(), nullable=False),
    sa.Column("changed_by", sa.Text, nullable=False),
)

#: The highest revision heard about each thing; also of what was taken back before we heard of it.
heard = sa.Table(
    "heard", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
)

#: Who is a manager of the Pod, and who is no longer here, as the directory has it: the highest revision of each member.
#: The address is kept of managers only; `from_on` and `left_on` are London days, the first they are here and are not.
members = sa.Table(
    "members", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("manager", sa.Text),
    sa.Column("from_on", sa.Text),
    sa.Column("left_on", sa.Text),
)
sa.Index("members_managers", members.c.manager)

#: Spans of time whose messages may have gone out before the databases were restored: `pod migrate --restored-at`.
holds = sa.Table(
    "holds", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("caused_from", Instant(), nullable=False),
    sa.Column("caused_until", Instant(), nullable=False),
)

notifications = sa.Table(
    "notifications", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("heard", key(), nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("event_source", sa.Text, nullable=False),
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("correction_of", key()),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("sent_at", Instant()),
    sa.Column("why", sa.Text),
    sa.Column("settled_at", Instant()),
    sa.Column("settled_by", sa.Text),
    sa.Column("settled_how", sa.Text),
    sa.UniqueConstraint("event_id", "recipient", "rule", name="one_event_one_recipient_one_rule"),
)
sa.Index("notifications_heard", notifications.c.heard)
sa.Index("notifications_newest", notifications.c.created_at, notifications.c.revision, notifications.c.id)
sa.Index("notifications_recipient", notifications.c.recipient, notifications.c.created_at)
sa.Index("notifications_about", notifications.c.about)
sa.Index("notifications_held", notifications.c.created_at, sqlite_where=notifications.c.state == "held",
         postgresql_where=notifications.c.state == "held")


def keeper(database: Database, outbox: Outbox) -> Any:
    """Give what writes these tables; notifications announces nothing, so it needs no outbox."""
    from services.notifications.keeper import NotificationsKeeper
    return NotificationsKeeper(database)
