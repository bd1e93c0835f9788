"""Tables of the café: so far its inbox and outbox; events and bookings come with their own issue."""
from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from shared.database import Database
from shared.messaging.outbox import Outbox
from shared.messaging.plain import PlainKeeper
from shared.messaging.tables import messaging_tables
from shared.web.idempotency import idempotency_table

metadata = sa.MetaData()
messaging = messaging_tables(metadata)
idempotency = idempotency_table(metadata)


def keeper(database: Database, outbox: Outbox) -> Any:
    """Give what takes the events of this service: it hears none yet."""
    return PlainKeeper()
