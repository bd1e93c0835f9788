"""Queues of one measurement: what waits before the start, and where everything published ends up."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.messaging import topology
from tests.benchmarks import city
from tests.benchmarks.bed import Bed
from tests.support.ground import wait_until

SINK = "sink"
QUORUM = {"x-queue-type": "quorum"}


class Queues:
    """One virtual host with a queue to consume, and a sink bound to everything the contestant publishes."""

    def __init__(self, channel: Any, vhost: str):
        self.channel, self.vhost = channel, vhost

    def depth(self, queue: str) -> int:
        """Count the messages ready in a queue."""
        return int(self.channel.queue_declare(queue, passive=True).method.message_count)

    def fill(self, queue: str, count: int, known_every: int = 1, **how: str) -> None:
        """Publish so many admissions and wait until all of them wait in `queue`."""
        city.publish(self.channel, city.admissions(count, known_every), **how)
        wait_until(lambda: self.depth(queue) == count, 60, f"{count} messages in {queue}")

    def sink(self, exchange: str) -> None:
        """Bind the sink to everything of an exchange."""
        self.channel.queue_declare(SINK, durable=True, arguments=QUORUM)
        self.channel.queue_bind(SINK, exchange, "#")


@contextmanager
def queues(bed: Bed) -> Iterator[Queues]:
    """Give an empty virtual host, removed afterwards."""
    vhost = bed.broker.new_vhost()
    connection = bed.broker.connect(vhost)
    try:
        yield Queues(connection.channel(), vhost)
    finally:
        connection.close()
        bed.broker.delete_vhost(vhost)


@contextmanager
def suite_queues(bed: Bed, *services: str) -> Iterator[Queues]:
    """Give a virtual host with the suite's exchanges and the queues of some services."""
    from shared.settings import Settings
    from shared.suite import rooms_for
    with queues(bed) as made:
        rooms = rooms_for(Settings(), services)
        topology.declare(made.channel, {room.name: room.bindings() for room in rooms})
        made.sink(topology.EVENTS)
        yield made
