"""Messages that may be killing the process: run alone, their attempts counted before, parked unrun in the end."""
from __future__ import annotations

from sqlalchemy.engine import Connection

from shared import metrics
from shared.messaging.delivery import Delivery, body_id, inbox_id
from shared.messaging.envelope import Event, digest, read
from shared.messaging.inbox import Inbox
from shared.messaging.outbox import INTAKE
from shared.messaging.parking import Parked
from shared.messaging.reader import unusable
from shared.messaging.reasons import Reason, Unusable
from shared.schemas import contract

#: From this many earlier deliveries on a message runs alone: whoever was with it when the process died is safe.
ALONE = 2
#: Times a message may run alone; the next time it is parked unrun.
CHANCES = 2


class Suspects:
    """Takes one message at a time of those the broker has delivered more than once before."""

    def __init__(self, inbox: Inbox):
        self.inbox, self.database, self.table = inbox, inbox.database, inbox.tables.attempts
        #: Attempts that failed for some other cause and left this process alive: not to be held against the message.
        self.survived: set[str] = set()

    def take(self, delivery: Delivery) -> None:
        """Run a message alone, its attempt committed first; park it unrun when it has had its chances."""
        key = body_id(delivery.body)
        if self.database.run(lambda connection: self._count(connection, key)) > CHANCES:
            self.park(delivery, Reason.KILLS_PROCESS)
        else:
            self.survived.add(key)
            self.inbox.take([delivery])
        self.survived.discard(key)
        self.database.run(lambda connection: connection.execute(self.table.delete().where(self.table.c.id == key)))

    def _count(self, connection: Connection, key: str) -> int:
        now, table = self.database.now(connection), self.table
        more = 0 if key in self.survived else 1
        self.database.insert(connection, table, [{"id": key, "count": 0, "at": now}], conflict="nothing")
        connection.execute(table.update().where(table.c.id == key).values(count=table.c.count + more, at=now))
        return int(connection.execute(table.select().where(table.c.id == key)).mappings().one()["count"])

    def park(self, delivery: Delivery, reason: Reason) -> None:
        """Park a message without running it, under the key a repeat of it would have."""
        def work(connection: Connection) -> None:
            now = self.database.now(connection)
            parked = self._unrun(connection, delivery, reason)
            if parked.digest is not None:
                row = {"id": parked.id, "digest": parked.digest, "received_at": now}
                if not self.database.insert_new(connection, self.inbox.tables.inbox, [row], "id"):
                    return  # it had its effect before, or is parked already
            self.inbox.parking.park(connection, [parked], now)
            metrics.batch(self.inbox.service, {}, [str(reason)])
        self.database.run(work)

    def _unrun(self, connection: Connection, delivery: Delivery, reason: Reason) -> Parked:
        try:
            event = read(delivery.body, delivery.headers, delivery.content_type, delivery.message_id)
        except Unusable as fault:
            return unusable(delivery, Unusable(reason, reason.words, fault.event_id, fault.type))
        return Parked(inbox_id(event.source, event.id), delivery, reason, reason.words, event.id, event.type,
                      known=self._known(connection, delivery, event), digest=digest(event))

    def _known(self, connection: Connection, delivery: Delivery, event: Event) -> bool:
        """Say whether an event is about somebody known, so that it is kept until it is dealt with."""
        try:
            numbers = contract(event.type).nhs_numbers(event.data)
        except Unusable:
            numbers = ()
        return delivery.exchange != INTAKE or bool(numbers and self.inbox.keeper.known(connection, numbers))
