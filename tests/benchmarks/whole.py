"""The whole suite in one process: how soon it is ready, what it weighs, and how it answers while a backlog waits."""
from __future__ import annotations

import re
import statistics
import time

import psutil
import requests

from tests.benchmarks.bed import Bed, ask, quantile
from tests.benchmarks.ours import WAITING
from tests.benchmarks.queues import suite_queues
from tests.support.postgres import SERVICES
from tests.support.process import Process

PREFIXES = ("referrals", "journeys", "direct-payments", "notifications", "cafe")
STARTS = 3
MANAGER = "helen.marsh@pod.example"


def ready(bed: Bed) -> dict[str, float]:
    """Give the seconds from starting the process until all five say they are ready: the median of three starts."""
    databases = bed.suite("city")
    with suite_queues(bed, *SERVICES) as queues:
        return {"s": statistics.median(_start(bed, queues.vhost, databases) for _ in range(STARTS))}


def _start(bed: Bed, vhost: str, databases: str) -> float:
    started = time.perf_counter()
    with bed.pod("ready", ["up"], vhost, databases) as process:
        for prefix in PREFIXES:
            process.wait_http(f"{process.base}/{prefix}/health/ready")
        return time.perf_counter() - started


def pages(bed: Bed, count: int = WAITING) -> dict[str, float]:
    """Ask for pages, one after another, for as long as events wait; milliseconds, and megabytes of the process after."""
    databases = bed.suite("city")
    with suite_queues(bed, *SERVICES) as queues, ask(databases.replace("{service}", "journeys")) as question:
        (journey,) = question("SELECT id FROM caseload ORDER BY id LIMIT 1")
        queues.fill("pod.journeys", count)
        bed.settle()
        with bed.pod("pages", ["up"], queues.vhost, databases, POD_MODE="demo", POD_COOKIE_SECURE="no") as process:
            process.wait_http(f"{process.base}/journeys/health/live", 60)
            session = _signed_in(process)
            taken = []
            while len(taken) % 10 or queues.depth("pod.journeys"):
                path = f"/journeys/{journey}" if len(taken) % 2 else "/journeys/?whose=all"
                taken.append(_ask(session, process.base + path))
            if len(taken) < 200:
                raise RuntimeError(f"the backlog was gone after {len(taken)} pages")
            return {"p50_ms": quantile(taken[10:], 0.5), "p99_ms": quantile(taken[10:], 0.99), "pages": len(taken),
                    "mb": psutil.Process(process.pid).memory_info().rss / 1e6}


def _signed_in(process: Process) -> requests.Session:
    session = requests.Session()
    form = session.get(f"{process.base}/journeys/sign-in", timeout=30).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)
    assert token, "no sign-in page"
    session.post(f"{process.base}/journeys/sign-in", data={"csrf_token": token[1], "email": MANAGER, "next": "/journeys/"}, timeout=30)
    return session


def _ask(session: requests.Session, url: str) -> float:
    started = time.perf_counter()
    answer = session.get(url, timeout=30)
    if answer.status_code != 200 or "/sign-in" in answer.url:
        raise RuntimeError(f"{url}: {answer.status_code}, {answer.url}")
    return (time.perf_counter() - started) * 1000
