"""Fixtures every test may ask for; a server starts only when a collected test wants it, and once per run."""
from __future__ import annotations

import atexit
import itertools
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.database import Database
from tests.support.broker import Broker
from tests.support.ground import free_port
from tests.support.postgres import Postgres
from tests.support.process import POD, Process
from tests.support.require import require

pytest_plugins = ["tests.support.browser", "tests.support.suite"]

#: fixture that needs a server -> the server; parametrised fixtures ask for theirs too late to be seen otherwise.
WANTED_BY: dict[str, type[Broker] | type[Postgres]] = {"broker": Broker, "postgres": Postgres, "any_database": Postgres}
_starting = pytest.StashKey[dict[type, Future[Any]]]()


def pytest_configure() -> None:
    """Leave in order on SIGTERM too, so that no server outlives the run."""
    signal.signal(signal.SIGTERM, _leave)


def _leave(*_: object) -> None:
    raise KeyboardInterrupt


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the servers the collected tests want, side by side, while the first tests run."""
    if session.config.option.collectonly:
        return
    wanted = {WANTED_BY[name] for item in session.items for name in getattr(item, "fixturenames", ())
              if name in WANTED_BY}
    for server in sorted(wanted, key=lambda kind: kind.__name__):
        if server.available():
            _start(session.config, server)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the lines tests ended with; fail a run in CI that left something out, for whatever reason."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, ())]
    for line in (value for report in reports for name, value in report.user_properties if name == "said"):
        terminalreporter.write_line(line)
    left_out = len(terminalreporter.stats.get("skipped", ()))
    if left_out and os.environ.get("CI") == "true":
        terminalreporter.write_line(f"{left_out} skipped: with CI=true nothing may be", red=True)
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _start(config: pytest.Config, server: Any) -> Future[Any]:
    futures = config.stash.setdefault(_starting, {})
    if server not in futures:
        executor = ThreadPoolExecutor(1, thread_name_prefix=server.__name__)
        futures[server] = executor.submit(lambda: server().start())
        executor.shutdown(wait=False)
    return futures[server]


@pytest.fixture(scope="session")
def _broker(pytestconfig: pytest.Config) -> Iterator[Broker]:
    require(Broker.available(), "RabbitMQ (package rabbitmq-server)")
    broker = _start(pytestconfig, Broker).result()
    yield broker
    broker.close()


@pytest.fixture(scope="session")
def _postgres(pytestconfig: pytest.Config) -> Iterator[Postgres]:
    require(Postgres.available(), "PostgreSQL (package postgresql)")
    postgres = _start(pytestconfig, Postgres).result()
    yield postgres
    postgres.close()


@pytest.fixture
def broker(_broker: Broker) -> Broker:
    """Give the run's private RabbitMQ, started again if the test before left it dead."""
    return _broker.ensure()


@pytest.fixture
def postgres(_postgres: Postgres) -> Postgres:
    """Give the run's private PostgreSQL, started again if the test before left it dead."""
    return _postgres.ensure()


@pytest.fixture
def vhost(broker: Broker) -> Iterator[str]:
    """Give an empty virtual host of the broker, by name."""
    name = broker.new_vhost()
    yield name
    with suppress(requests.RequestException):
        broker.delete_vhost(name)


@pytest.fixture
def vhost_url(broker: Broker, vhost: str) -> str:
    """Give the AMQP URL of the test's own virtual host."""
    return broker.url(vhost)


@pytest.fixture
def suite_database_url(postgres: Postgres) -> str:
    """Give a POD_DATABASE_URL with an empty PostgreSQL database behind it for each service."""
    return postgres.new_suite()


@pytest.fixture
def database_url(suite_database_url: str) -> Callable[[str], str]:
    """Give a function from a service's name to the URL of its empty PostgreSQL database."""
    return lambda service: suite_database_url.replace("{service}", service)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give an empty database, first SQLite, then PostgreSQL: behaviour must be the same in both."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    else:
        database = Database(request.getfixturevalue("postgres").new_database())
    yield database
    database.dispose()


@pytest.fixture
def start_process(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Give `start_process(command, env)`, which starts a program that ends with the test."""
    started: list[Process] = []
    numbers = itertools.count(1)

    def start(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Process:
        process = Process(command, tmp_path / f"process-{next(numbers)}.log", env)
        atexit.register(process.close)
        started.append(process)
        return process
    yield start
    for process in started:
        process.close()
        atexit.unregister(process.close)


@pytest.fixture
def start_pod(start_process: Callable[..., Process], tmp_path: Path) -> Callable[..., Process]:
    """Give `start_pod(*words, env)`, e.g. `start_pod("up")`: demo mode, own folder; `process.base` is its address."""
    def start(*words: str, env: Mapping[str, str] | None = None) -> Process:
        address = f"127.0.0.1:{free_port()}"
        settings = {"POD_MODE": "demo", "POD_VAR": str(tmp_path / "var"), "POD_HTTP": address, **(env or {})}
        process = start_process([*POD, *words], settings)
        process.base = f"http://{settings['POD_HTTP']}"
        return process
    return start
