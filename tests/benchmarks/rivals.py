"""Runs the peers on the same servers, with the same messages, and counts what they did in the same places."""
from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks import city
from tests.benchmarks.bed import Bed, ask, cpu_seconds, wait_for
from tests.benchmarks.peers import tables
from tests.benchmarks.queues import QUORUM, SINK, Queues, queues

#: Fewer than ours get: a peer does at its tenth second what it does at its first.
WAITING = 3000
#: More than ours get: it does them in a second or two.
BARE = 60_000
FROM_TO = "SELECT (SELECT min(received_at) FROM inbox), (SELECT max(published_at) FROM outbox)"


def faststream(bed: Bed, count: int = WAITING) -> dict[str, float]:
    """FastStream 0.7: events/s from the first transaction to the last confirm."""
    with _peer_queues(bed) as found:
        found.channel.queue_declare("intake", durable=True, arguments=QUORUM)
        found.fill("intake", count, exchange="", routing_key="intake", content_type="application/json")
        return _run(bed, found, "faststream_peer", "intake", count)


def nameko(bed: Bed, count: int = WAITING) -> dict[str, float]:
    """Plain nameko: events/s from the first transaction to the last confirm."""
    queue = "evt-hospital-admitted--journeys.admitted"
    with _peer_queues(bed) as found:
        found.channel.exchange_declare("hospital.events", "topic", durable=True)
        found.channel.queue_declare(queue, durable=True)
        found.channel.queue_bind(queue, "hospital.events", "admitted")
        found.fill(queue, count, exchange="hospital.events", routing_key="admitted", content_type="application/json")
        return _run(bed, found, "nameko_peer", queue, count)


@contextmanager
def _peer_queues(bed: Bed) -> Iterator[Queues]:
    with queues(bed) as found:
        found.channel.exchange_declare("peer.events", "topic", durable=True)
        found.sink("peer.events")
        yield found


def _run(bed: Bed, found: Queues, peer: str, queue: str, count: int) -> dict[str, float]:
    database = bed.postgres.new_database(name=f"{peer}{found.vhost}")
    tables.make(database, city.CITIZENS)
    bed.settle()
    command = [sys.executable, "-m", f"tests.benchmarks.peers.{peer}", bed.broker.url(found.vhost), database]
    with ask(database) as question, bed.process(peer, command) as process:
        wait_for(process, lambda: question("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == (count,)
                 and found.depth(queue) == 0, 120, peer)
        started, ended = question(FROM_TO)
        if question("SELECT count(*) FROM statements") != (count,) or found.depth(SINK) != count:
            raise RuntimeError(f"{peer}: not everything was done once")
        return {"per_s": count / (ended - started).total_seconds(), "cpu_us": cpu_seconds(process) / count * 1e6}


def bare(bed: Bed, count: int = BARE) -> dict[str, float]:
    """The bare consumer: messages/s as the queue empties, looked at a hundred times a second."""
    with queues(bed) as found:
        found.channel.queue_declare("intake", durable=True, arguments=QUORUM)
        found.fill("intake", count, exchange="", routing_key="intake")
        bed.settle()
        command = [sys.executable, "-m", "tests.benchmarks.peers.bare_peer", bed.broker.url(found.vhost)]
        with bed.process("bare_peer", command) as process:
            wait_for(process, lambda: found.depth("intake") < count, 30, "bare consumer", every=0.005)
            started, had = time.perf_counter(), found.depth("intake")
            wait_for(process, lambda: found.depth("intake") == 0, 60, "bare consumer", every=0.01)
            return {"per_s": had / (time.perf_counter() - started), "cpu_us": cpu_seconds(process) / count * 1e6}
