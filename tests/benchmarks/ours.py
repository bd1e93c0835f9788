"""What one process of journeys takes: the intake, the firehose, and its relay alone.

Rates come from the database's clock: from the moment the first batch began to the moment the last row was marked as
published, after everything was counted in the database and on the broker.
"""
from __future__ import annotations

from typing import Any

from tests.benchmarks.bed import Bed, ask, cpu_seconds, wait_for
from tests.benchmarks.queues import SINK, Queues, suite_queues

WAITING = 20_000
#: One event in so many is about a citizen of ours (X-02).
KNOWN_EVERY = 100
PARTS = ["up", "journeys", "--only", "work", "--only", "relay"]
FROM_TO = ("SELECT (SELECT min(received_at) FROM inbox), (SELECT max(published_at) FROM outbox WHERE id > %s)")


def intake(bed: Bed, count: int = WAITING) -> dict[str, float]:
    """Take admissions that all concern citizens: events/s from the first batch to the last confirm."""
    return _consume(bed, count, 1)


def firehose(bed: Bed, count: int = WAITING) -> dict[str, float]:
    """Take admissions of which one in a hundred concerns a citizen."""
    return _consume(bed, count, KNOWN_EVERY)


def _consume(bed: Bed, count: int, known_every: int) -> dict[str, float]:
    databases = bed.suite("city")
    known = len({*range(0, count, known_every), count - 1})
    with suite_queues(bed, "journeys") as queues, ask(databases.replace("{service}", "journeys")) as question:
        queues.fill("pod.journeys", count, known_every)
        bed.settle()
        before = question("SELECT count(*), coalesce(max(id), 0) FROM outbox")
        with bed.pod("journeys", PARTS, queues.vhost, databases) as process:
            wait_for(process, lambda: question("SELECT count(*) FROM inbox") == (known,)
                     and question("SELECT count(*) FROM outbox WHERE published_at IS NULL") == (0,)
                     and queues.depth("pod.journeys") == 0, 120, "journeys")
            started, ended = question(FROM_TO, before[1])
            _check(question, queues, known, before[0])
            cpu = cpu_seconds(process)
    return {"per_s": count / (ended - started).total_seconds(), "cpu_us": cpu / count * 1e6}


def _check(question: Any, queues: Queues, known: int, before: int) -> None:
    """Make sure that all that was to happen did, exactly once."""
    said = question("SELECT count(*) FROM statements WHERE kind = 'hospital.admitted'")
    told = question("SELECT count(*) FROM outbox")[0] - before
    if said != (known,) or told != known or queues.depth(SINK) != known:
        raise RuntimeError(f"{known} sent, {said[0]} said, {told} told, {queues.depth(SINK)} published")


def relay(bed: Bed, count: int = WAITING) -> dict[str, float]:
    """Publish rows that wait in the outbox: confirmed events/s."""
    databases = bed.suite("city")
    with suite_queues(bed, "journeys") as queues, ask(databases.replace("{service}", "journeys")) as question:
        (last,) = question("SELECT max(id) FROM outbox")
        question("INSERT INTO outbox (event_id, exchange, routing_key, body, created_at) SELECT gen_random_uuid()::text, "
                 "exchange, routing_key, body, now() FROM outbox, generate_series(1, %s) WHERE id <= %s LIMIT %s RETURNING id",
                 count, last, count)
        bed.settle()
        with bed.pod("relay", ["up", "journeys", "--only", "relay"], queues.vhost, databases) as process:
            wait_for(process, lambda: question("SELECT count(*) FROM outbox WHERE published_at IS NULL") == (0,),
                     60, "relay")
            batch, took = question("SELECT count(*) FILTER (WHERE published_at = first), last - first FROM outbox, "
                                   "(SELECT min(published_at) AS first, max(published_at) AS last FROM outbox WHERE id > %s) "
                                   "AS marked WHERE id > %s GROUP BY last - first", last, last)
            if queues.depth(SINK) != count:
                raise RuntimeError(f"{count} rows, {queues.depth(SINK)} published")
            # the clock starts when the first batch is marked, so that batch is not counted
            return {"per_s": (count - batch) / took.total_seconds(), "cpu_us": cpu_seconds(process) / count * 1e6}
