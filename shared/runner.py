"""Runs services in one process: patch first, then settings, databases, containers; stops them in order."""
from __future__ import annotations

import os
import sys
import warnings

if {"psycopg", "pika", "sqlalchemy"} & set(sys.modules):
    raise ImportError("shared.runner must be imported before anything that waits: libraries patched too late block all")
os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_select")
warnings.filterwarnings("ignore", message=r"(?s).*Eventlet is deprecated")

import eventlet

eventlet.monkey_patch()

import gc
import importlib
import logging
import signal
import time
from collections.abc import Sequence

from nameko.runners import ServiceRunner

from shared import migrate
from shared.messaging.consumer import HandoverThread
from shared.room import Room
from shared.settings import Settings, SettingsError, left_by_demo, load
from shared.suite import PARTS, SERVICES, rooms_for
from shared.web.staff import staff as demo_staff

log = logging.getLogger("pod")

#: Seconds a stopping process may take in all; then it is ended, and what it had in hand comes again.
GRACE = 30.0


def up(services: Sequence[str] = (), only: Sequence[str] = ()) -> int:
    """Run services until told to stop; the work behind `pod up`."""
    started = time.monotonic()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("nameko", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # a broker that is away is one line of ours a second, not thirty
    settings = load()
    if faults := left_by_demo(settings):
        raise SettingsError(faults)
    if settings.embedded and (services or only):
        raise SettingsError(["POD_AMQP_URL: unset, so the suite is embedded and runs whole; set it to run parts of it"])
    gc.disable()  # as shared.cli does for what it imports
    rooms = rooms_for(settings, services, only)
    gc.enable()
    for room in rooms:
        if hasattr(room.service, "needs"):
            room.service.needs(settings)
    _databases(settings, rooms)
    runner = ServiceRunner()
    for room in rooms:
        room.service.room = room
        room.service.max_workers = settings.workers
        runner.add_service(room.service)
    _run(runner, rooms, settings, started)
    return 0


def _databases(settings: Settings, rooms: Sequence[Room]) -> None:
    """Bring databases to this release in demo mode; elsewhere insist that somebody did."""
    if settings.demo:
        for room in rooms:
            migrate.upgrade(room)
        if not settings.database_url or len(rooms) == len(SERVICES):
            importlib.import_module("shared.demo").seed_if_empty(rooms)
    elif behind := [room.name for room in rooms if migrate.pending(room)]:
        raise SettingsError([f"POD_DATABASE_URL: the database of {', '.join(behind)} is not of this release: run 'pod migrate'"])
    for room in rooms:
        room.retries.too_new()
        if hasattr(room.service, "started"):
            room.service.started(room)


def _run(runner: ServiceRunner, rooms: list[Room], settings: Settings, started: float) -> None:
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.append(1))
    _nameko_config(settings)
    runner.start()
    handover = HandoverThread(rooms) if settings.embedded else None
    if handover is not None:
        handover.start()
    # what is loaded now stays: the collector need not look at it again in the middle of a batch
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    _greet(settings, rooms, time.monotonic() - started)
    watched = eventlet.spawn(runner.wait)
    while not stopping and not watched.dead:
        eventlet.sleep(0.1)
    _stop(runner, handover)
    if not stopping:
        watched.wait()


def _nameko_config(settings: Settings) -> None:
    from nameko import config
    config["max_workers"] = settings.workers


def _stop(runner: ServiceRunner, handover: HandoverThread | None) -> None:
    log.info("stopping")
    with eventlet.Timeout(GRACE, False):
        runner.stop()
        if handover is not None:
            handover.stop()
        log.info("stopped")
        return
    log.error("not stopped after %s s: ended; what was in hand comes again", GRACE)
    os._exit(1)


def _greet(settings: Settings, rooms: Sequence[Room], seconds: float) -> None:
    parts = "" if rooms[0].parts == frozenset(PARTS) else f" ({', '.join(sorted(rooms[0].parts))} only)"
    print(f"The Pod suite is ready after {seconds:.1f} s: {', '.join(r.name for r in rooms)}{parts}", flush=True)
    if "web" in rooms[0].parts:
        print(f"Open http://{settings.http}/", flush=True)
    if settings.demo and "web" in rooms[0].parts:
        print(_sign_ins(), flush=True)


def _sign_ins() -> str:
    """Say whom one may sign in as; demo mode only, and all of them are invented."""
    people = [f"  {', '.join(sorted(p.roles)):<13} {p.name}" for p in demo_staff()]
    return "\n".join(["Sign in as any of these (no password; they are invented):", *people,
                      "For the API, 'POD_MODE=demo pod token ROLE' prints a bearer token."])
