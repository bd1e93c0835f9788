"""Two hops: a hospital publishes, journeys says that an admission was recorded, notifications writes whom it tells.

From the moment of publishing to the commit of the notification, which the database itself has written down.
"""
from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.benchmarks import city
from tests.benchmarks.bed import Bed, ask, quantile, wait_for
from tests.benchmarks.queues import suite_queues

RATE = 200
WARM_UP, COUNTED = 400, 3000
COMMITTED = ("SELECT array_agg(split_part(about, ':', 4)), array_agg(extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8) "
             "FROM notifications WHERE event_type = 'journey.admission_recorded'")


def two_hops(bed: Bed) -> dict[str, float]:
    """Give p50 and p99 in milliseconds at 200 events a second, both services with their pages, as processes."""
    databases = bed.suite("city")
    with suite_queues(bed, "journeys", "notifications") as queues, \
            ask(databases.replace("{service}", "notifications")) as question, \
            bed.pod("hop1", ["up", "journeys"], queues.vhost, databases) as first, \
            bed.pod("hop2", ["up", "notifications"], queues.vhost, databases) as second:
        first.wait_http(f"{first.base}/journeys/health/ready")
        second.wait_http(f"{second.base}/notifications/health/ready")
        bed.settle()
        published = _publish(queues.channel, WARM_UP + COUNTED)
        wait_for(second, lambda: question("SELECT count(DISTINCT about) FROM notifications") == (len(published),), 60, "notifications")
        committed = dict(zip(*question(COMMITTED), strict=True))
    took = [(committed[stay] - at) * 1000 for stay, at in list(published.items())[WARM_UP:]]
    return {"p50_ms": quantile(took, 0.5), "p99_ms": quantile(took, 0.99)}


def _publish(channel: Any, count: int) -> dict[str, float]:
    """Publish at a steady rate; give stay id -> when, on the clock of this machine, which is the database's too."""
    published, begun = {}, time.perf_counter()
    start = datetime.now(UTC) - timedelta(days=1)
    for index in range(count):
        id_, body = city.admission(city.CITIZENS[index % city.PEOPLE], start + timedelta(seconds=index))
        time.sleep(max(0.0, begun + index / RATE - time.perf_counter()))
        published[city.stay_id(id_)] = time.time()
        city.publish(channel, iter([(id_, body)]))
    return published
