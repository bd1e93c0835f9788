"""The figures of the suite for Prometheus: their names, and labels that never name a person."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from prometheus_client import Counter, Gauge, Histogram, make_wsgi_app

#: Batches: from one event handled at once to some hundreds under load.
BATCH_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

EVENTS_CONSUMED = Counter("pod_events_consumed", "Events taken into a committed batch", ["service", "type", "outcome"])
EVENTS_PARKED = Counter("pod_events_parked", "Events parked, by reason", ["service", "reason"])
EVENTS_DROPPED = Counter("pod_events_dropped", "Events about nobody we know, dropped without a row", ["service"])
OUTBOX_WAITING = Gauge("pod_outbox_waiting", "Events committed and not yet published", ["service"])
RELAY_PUBLISHED = Counter("pod_relay_published", "Events the broker has confirmed", ["service"])
RELAY_UNROUTABLE = Counter("pod_relay_unroutable", "Events confirmed that no queue wanted", ["service"])
BATCH = Histogram("pod_batch_seconds", "Seconds from the first event of a batch to its commit", ["service"],
                  buckets=BATCH_SECONDS)
HTTP_REQUESTS = Counter("pod_http_requests", "Requests answered", ["service", "method", "status"])
HTTP_SECONDS = Histogram("pod_http_request_seconds", "Seconds a request took", ["service"], buckets=BATCH_SECONDS)
DEFERRED_WAITING = Gauge("pod_deferred_waiting", "Events waiting for their next attempt", ["service"])
HELD_WAITING = Gauge("pod_held_waiting", "Outside effects held since a restore until a person decides", ["service"])

@lru_cache(maxsize=512)
def type_label(name: str) -> str:
    """Give an event name as a label: itself where contracted, else `other`, for anybody may make up names."""
    from shared.schemas import REGISTRY  # not at the top: contracts stand on messaging, and messaging on this
    return name if name in REGISTRY.names() else "other"


def batch(service: str, counts: Mapping[tuple[str, str], int], parked: Iterable[str], seconds: float | None = None) -> None:
    """Count a batch: `counts` by (event name, outcome), `parked` a reason of the closed list for each event parked.

    The outcome `dropped` is counted apart and without its name: those are events about strangers.
    """
    for (name, outcome), count in counts.items():
        if outcome == "dropped":
            EVENTS_DROPPED.labels(service).inc(count)
        else:
            EVENTS_CONSUMED.labels(service, type_label(name), outcome).inc(count)
    for reason in parked:
        EVENTS_PARKED.labels(service, reason).inc()
    if seconds is not None:
        BATCH.labels(service).observe(seconds)


def relayed(service: str, confirmed: int, unroutable: int) -> None:
    """Count what a relay has got rid of: `confirmed` went to a queue, `unroutable` nobody listens for."""
    if confirmed:
        RELAY_PUBLISHED.labels(service).inc(confirmed)
    if unroutable:
        RELAY_UNROUTABLE.labels(service).inc(unroutable)


def waiting(service: str, outbox: int, deferred: int, held: int | None = None) -> None:
    """Note what waits: to be published, for its next attempt, and, where a service holds anything, for a person."""
    OUTBOX_WAITING.labels(service).set(outbox)
    DEFERRED_WAITING.labels(service).set(deferred)
    if held is not None:
        HELD_WAITING.labels(service).set(held)


def http_request(service: str, method: str, status: int, seconds: float) -> None:
    """Count one request; the path is left out, for paths hold ids."""
    HTTP_REQUESTS.labels(service, method if method in METHODS else "other", str(status)).inc()
    HTTP_SECONDS.labels(service).observe(seconds)


def wsgi_app() -> Callable[..., Any]:
    """Give the WSGI app that answers `/metrics`, for the runner to mount."""
    app: Callable[..., Any] = make_wsgi_app()
    return app
