"""One running service: its settings, its database, what it keeps, and its ways in and out."""
from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from shared.database import Database
from shared.messaging.inbox import Handler, Inbox, nothing
from shared.messaging.outbox import INTAKE, Outbox
from shared.messaging.retries import Retries
from shared.schemas import contract
from shared.settings import Settings

#: Seconds between looks at what has become due, and between removals of what has had its time.
LOOK, PRUNE = 1.0, 3600.0


def handlers_of(service: type) -> dict[str, Handler]:
    """Give event name -> bound method of a service class, as its `hears` marks say."""
    instance = service()
    found = {}
    for name in dir(service):
        for event in getattr(getattr(service, name), "hears", ()):
            found[event] = getattr(instance, name)
    return found


class Room:
    """A service class bound to settings.

    `service` has name, prefix, title, `store` (a module with metadata, messaging and `keeper(database, outbox)`)
    and methods marked by `hears`; `hears_all_intake` makes unknown intake events its business to park.
    `parts` is what this process does for it: web, work, relay.
    """

    def __init__(self, service: Any, settings: Settings, *, parts: Collection[str] = ("web", "work", "relay")):
        self.service, self.settings, self.parts = service, settings, frozenset(parts)
        self.name, self.prefix, self.title = service.name, service.prefix, service.title
        self.metadata: sa.MetaData = service.store.metadata
        self.database = Database(settings.database_for(self.name))
        self.outbox = Outbox(self.database, service.store.messaging.outbox)
        self.keeper = service.store.keeper(self.database, self.outbox)
        self.handlers = handlers_of(service)
        self.hears_all_intake = getattr(service, "hears_all_intake", False)
        # where people are answered too, a long batch lets them in between two aggregates
        yielding = (lambda: time.sleep(0)) if "web" in self.parts else nothing
        self.inbox = Inbox(self.name, self.database, service.store.messaging, self.keeper, self.handlers,
                           self.hears_all_intake, committed=self.wake, yielding=yielding)
        self.retries = self.parked = Retries(self.inbox)
        self.wakers: list[Callable[[], None]] = []
        self.checks: dict[str, Callable[[], str | None]] = {}
        self._looked = self._pruned = 0.0

    def wake(self) -> None:
        """Say that something was committed, so that it is published at once."""
        for waker in self.wakers:
            waker()

    def bindings(self) -> dict[str, list[str]]:
        """Give exchange -> names this service's queue is bound to."""
        found: dict[str, list[str]] = {}
        for event in sorted(self.handlers):
            found.setdefault(contract(event).exchange, []).append(event)
        if self.hears_all_intake:
            found[INTAKE] = ["#"]
        return found

    def hears(self, exchange: str, routing_key: str) -> bool:
        """Say whether an event is this service's business."""
        return routing_key in self.handlers or (exchange == INTAKE and self.hears_all_intake)

    def tick(self) -> int:
        """Run the clock of this service, by the leader only; give how many aggregates had something become due."""
        now, due = time.monotonic(), 0
        if now - self._looked >= LOOK:
            self._looked = now
            while found := self.database.run(self.keeper.look):
                due += found
                self.wake()
                if found < 200:
                    break
        if now - self._pruned >= PRUNE:
            self._pruned = now
            self.outbox.prune()
            self.database.run(lambda connection: self.inbox.parking.prune(connection, self.database.now(connection)))
            if hasattr(self.service, "keep_house"):
                self.service.keep_house(self)
        return due

    def ready(self) -> Mapping[str, str | None]:
        """Give what this service needs, each with what is wrong with it, or None."""
        return {"database": self._database_fault(), **{name: check() for name, check in self.checks.items()}}

    def _database_fault(self) -> str | None:
        try:
            with self.database.read() as connection:
                connection.execute(sa.select(1))
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is what is wrong
            return type(fault).__name__
        return None

    def backlog(self, connection: Connection) -> dict[str, int]:
        """Count what waits: to be published, to be tried again, for a person; and what the keeper knows of."""
        kept = self.keeper.backlog(connection) if hasattr(self.keeper, "backlog") else {}
        return {"outbox": self.outbox.backlog(connection), **self.inbox.parking.count(connection), **kept}
