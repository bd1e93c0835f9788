"""The ground every measurement stands on: one private RabbitMQ, one private PostgreSQL, processes that end with it."""
from __future__ import annotations

import base64
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.support.broker import Broker
from tests.support.ground import free_port, wait_until
from tests.support.postgres import SERVICES, Postgres
from tests.support.process import POD, Process

#: What `server` mode insists on; nobody signs in during a measurement of the messages.
SERVER = {"POD_MODE": "server", "POD_SECRET_KEY": "a secret of at least thirty-two characters",
          "POD_OIDC_ISSUER": "https://id.example", "POD_OIDC_CLIENT_ID": "pod", "POD_OIDC_CLIENT_SECRET": "pod",
          "POD_FILES_KEY": base64.b64encode(bytes(32)).decode()}


class Bed:
    """Both servers, and a folder for what the measured processes write."""

    def __init__(self) -> None:
        self.postgres, self.broker = Postgres().start(), Broker().start()
        # so that the database itself says when a row was committed
        self.postgres.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        self.postgres.stop()
        self.postgres.start()
        self.folder = Path(tempfile.mkdtemp(prefix="pod-bench-"))
        self.templates: dict[str, str] = {}
        self.suites = 0

    def close(self) -> None:
        """End everything."""
        self.broker.close()
        self.postgres.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def template(self, prefix: str, fill: Callable[[str], None]) -> None:
        """Make the databases `<prefix>_<service>` once; `fill` gets their POD_DATABASE_URL."""
        for service in SERVICES:
            self.postgres.new_database(name=f"{prefix}_{service}")
        fill(self.postgres.url(f"{prefix}_{{service}}"))

    def suite(self, template: str) -> str:
        """Copy a template's databases; give the POD_DATABASE_URL of the copies."""
        self.suites += 1
        for service in SERVICES:
            self.postgres.new_database(template=f"{template}_{service}", name=f"s{self.suites}_{service}")
        return self.postgres.url(f"s{self.suites}_{{service}}")

    def settle(self) -> None:
        """Write out what earlier measurements left in memory, so that none pays for another."""
        self.postgres.execute("CHECKPOINT")
        time.sleep(1)

    @contextmanager
    def process(self, name: str, command: list[Any], env: Mapping[str, str] | None = None) -> Iterator[Process]:
        """Run a program; it ends with the block."""
        process = Process(command, self.folder / f"{name}.log", {"PYTHONWARNINGS": "ignore", **(env or {})})
        try:
            yield process
        finally:
            process.close()

    @contextmanager
    def pod(self, name: str, words: list[str], vhost: str, databases: str, **settings: str) -> Iterator[Process]:
        """Run `pod` in server mode, unless the settings say otherwise; `process.base` is its address."""
        address = f"127.0.0.1:{free_port()}"
        env = {**SERVER, "POD_AMQP_URL": self.broker.url(vhost), "POD_DATABASE_URL": databases, "POD_HTTP": address,
               "POD_VAR": str(self.folder / name), **settings}
        with self.process(name, [*POD, *words], env) as process:
            process.base = f"http://{address}"
            yield process


@contextmanager
def ask(url: str) -> Iterator[Callable[..., tuple[Any, ...]]]:
    """Give a function that asks a database one question and gives its first row."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield lambda sql, *values: connection.execute(sql, values).fetchone() or ()


def wait_for(process: Process, true: Callable[[], object], within: float, what: str, every: float = 0.25) -> None:
    """Poll until something holds; say what the process last wrote when it does not."""
    def still() -> object:
        if not process.running:
            raise RuntimeError(f"{what}: the process ended\n{process.tail()}")
        return true()
    try:
        wait_until(still, within, what, every)
    except TimeoutError as fault:
        raise RuntimeError(f"{fault}\n{process.tail()}") from None


def cpu_seconds(process: Process) -> float:
    """Give the processor time a process has used."""
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


def quantile(values: list[float], part: float) -> float:
    """Give the value that `part` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
