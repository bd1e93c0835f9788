"""nameko with its own event handler and SQLAlchemy, one transaction per event, and a relay beside it.

Its events travel as it declares them: a topic exchange of the publishing service and a durable classic queue, which
costs the broker less than our quorum queue does.
"""
# ruff: noqa: E402 - patch first
from __future__ import annotations

import os
import sys
import warnings

os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_select")  # without it every query would stop all its workers
warnings.simplefilter("ignore")

import eventlet

eventlet.monkey_patch()

from typing import Any

import sqlalchemy as sa
from kombu import Connection, Exchange
from nameko import config
from nameko.events import event_handler
from nameko.extensions import DependencyProvider
from nameko.runners import ServiceRunner

from tests.benchmarks.peers import effect

#: Rows published at a time; with fewer the relay rests a tenth of a second, so that it does not live on crumbs.
RELAYED = 200
amqp, database = sys.argv[1], sys.argv[2].replace("postgresql://", "postgresql+psycopg://")


class Sessions(DependencyProvider):  # type: ignore[misc]
    """Gives each worker a connection to the database."""

    def setup(self) -> None:
        self.engine = sa.create_engine(database, pool_size=10)

    def get_dependency(self, worker_ctx: Any) -> sa.Engine:
        return self.engine


class Relay(DependencyProvider):  # type: ignore[misc]
    """Publishes what waits, with confirms, for as long as the service runs."""

    def start(self) -> None:
        self.container.spawn_managed_thread(self.run)

    def run(self) -> None:
        engine = sa.create_engine(database)
        events = Exchange("peer.events", type="topic", durable=True)
        with Connection(amqp, transport_options={"confirm_publish": True}) as connection:
            producer = connection.Producer(exchange=events, serializer="json", auto_declare=True)
            while True:
                with engine.begin() as made:
                    rows = made.execute(effect.waiting(RELAYED)).all()
                    for row in rows:
                        producer.publish(row.body, routing_key=row.routing_key, message_id=row.event_id, delivery_mode=2)
                    if rows:
                        made.execute(effect.mark([row.id for row in rows]))
                if len(rows) < RELAYED:
                    eventlet.sleep(0.1)


class Journeys:
    """One service with one handler."""

    name = "journeys"
    sessions = Sessions()
    relay = Relay()

    @event_handler("hospital", "admitted")
    def admitted(self, event: dict[str, Any]) -> None:
        """Take one admission."""
        with self.sessions.begin() as connection:
            steps = effect.admitted(event)
            result = None
            try:
                while True:
                    result = connection.execute(steps.send(result))
            except StopIteration:
                pass


if __name__ == "__main__":
    config.update({"AMQP_URI": amqp, "max_workers": 10, "prefetch_count": 10})
    runner = ServiceRunner()
    runner.add_service(Journeys)
    runner.start()
    runner.wait()
