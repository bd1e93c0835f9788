"""Journeys and its neighbours on a real broker and real databases: work to do, and processes to harm."""
from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared import migrate
from shared.messaging import topology
from shared.messaging.delivery import Delivery
from shared.messaging.link import Link
from shared.messaging.outbox import INTAKE, Waiting
from shared.messaging.relay import _Confirms
from shared.room import Room
from shared.settings import Settings
from shared.suite import service_class
from tests.chaos.effects import ADMITTED, Effects
from tests.support.broker import Broker
from tests.support.ground import free_port, wait_until
from tests.support.postgres import Postgres
from tests.support.process import Process
from tests.support.toy import accepted, intake, nhs_number

#: Citizens with an open journey in every test; they are made once and copied.
PEOPLE = 500
SERVICES = ("referrals", "journeys", "notifications")


def room_of(service: str, url: str, folder: Path = Path("var")) -> Room:
    """Bind a service to a database; with no URL, to its SQLite file in `folder`."""
    return Room(service_class(service), Settings(mode="demo", database_url=url, var=folder))


def fill(room: Room, people: int = PEOPLE) -> None:
    """Make the tables, and in journeys the people, of whom all has been told."""
    migrate.upgrade(room)
    if room.name == "journeys":
        room.inbox.take([accepted(str(uuid.uuid5(uuid.NAMESPACE_OID, str(n))), n) for n in range(people)])
        room.outbox.mark(room.outbox.waiting(people))
    room.database.dispose()


def admissions(count: int, people: int = PEOPLE, first: int = 0) -> list[Delivery]:
    """Give admissions of known citizens, each of a stay of its own, an hour ago and one after another."""
    start, run = datetime.now(UTC) - timedelta(hours=1), uuid.uuid4().hex[:8]
    return [intake(ADMITTED, {"nhs_number": nhs_number(first + n % people), "stay_id": f"V{run}-{n}", "ward": "Willow"},
                   at=start + timedelta(milliseconds=n)) for n in range(count)]


class Site(Effects):
    """The ground of one test: a virtual host, a database per service, processes that end with the test."""

    def __init__(self, broker: Broker, postgres: Postgres, vhost: str, start: Callable[..., Process], folder: Path):
        self.broker, self.postgres, self.vhost, self._start, self.folder = broker, postgres, vhost, start, folder
        self.amqp_url = broker.url(vhost)
        self.processes: list[Process] = []
        prefix = f"chaos_{uuid.uuid4().hex[:8]}"
        self.database_url = postgres.url(f"{prefix}_{{service}}")
        super().__init__({name: self._room(name, f"{prefix}_{name}") for name in SERVICES}, PEOPLE)
        connection = broker.connect(vhost)
        topology.declare(connection.channel(), {name: room.bindings() for name, room in self.rooms.items()})
        connection.close()

    def _room(self, name: str, database: str) -> Room:
        template = self.postgres.template(f"chaos_{name}", lambda url: fill(room_of(name, url)))
        return room_of(name, self.postgres.new_database(template, database))

    def start(self, *words: str, chaos: str = "", ready: bool = True, **env: str) -> Process:
        """Run `pod up ...`, with a fault built in where `chaos` names one; comes back when it says that it is ready."""
        address = f"127.0.0.1:{free_port()}"
        process = self._start([sys.executable, "-m", "tests.chaos.faulty", "up", *words], {
            "POD_MODE": "demo", "POD_AMQP_URL": self.amqp_url, "POD_DATABASE_URL": self.database_url,
            "POD_VAR": str(self.folder / "var"), "POD_HTTP": address, "CHAOS": chaos, **env})
        process.base = f"http://{address}"
        self.processes.append(process)
        if ready:
            wait_until(lambda: "is ready" in process.log.read_text() or not process.running, 60, "pod up")
            assert process.running, process.tail()
        return process

    def publish(self, deliveries: Sequence[Delivery]) -> None:
        """Publish to the intake as another system would; comes back when the broker has confirmed every one."""
        link = Link(self.amqp_url, "another system").open()
        confirms = _Confirms(link)
        sent = [Waiting(n, d.message_id or "", INTAKE, ADMITTED, None, d.body) for n, d in enumerate(deliveries)]
        assert confirms.send(sent, 60)
        assert not confirms.harvest()[1], "nobody listens"
        link.close()

    def depth(self, service: str = "journeys") -> int:
        """Count what is ready in a service's queue."""
        return self.broker.depth(self.vhost, f"pod.{service}")

    def leave(self, *queues: str) -> None:
        """Ask every process to leave, and see that nothing comes back to the queues for want of an acknowledgement."""
        for process in self.processes:
            if process.running:
                assert process.terminate(within=20) == 0, process.tail()
        for name in queues or ("journeys",):
            assert self.depth(name) == 0, f"left in the queue of {name}"
