"""A private PostgreSQL for one test run."""
from __future__ import annotations

import atexit
import itertools
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from tests.support.ground import end, free_port, kill_tree, run_folder, tail, wait_until

#: Newest first; a distribution keeps each major version in its own folder.
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
#: Takes every row out of a database and leaves its tables; it does not wait for whoever still reads there.
EMPTY = """
SET lock_timeout = '2s'; SET session_replication_role = replica;
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT relname FROM pg_stat_user_tables LOOP EXECUTE format('DELETE FROM public.%I', one.relname); END LOOP;
    FOR one IN SELECT sequencename FROM pg_sequences LOOP EXECUTE format('ALTER SEQUENCE public.%I RESTART', one.sequencename); END LOOP;
END $$"""
SERVICES = ("referrals", "journeys", "directpayments", "notifications", "cafe")


class Postgres:
    """One PostgreSQL server on loopback with durable commits, in a run folder of its own.

    `start()` after `stop()` or `kill9()` continues on the same data and the same port.
    """

    def __init__(self) -> None:
        self.port = free_port()
        # PostgreSQL refuses to run as root
        self._user = "postgres" if os.geteuid() == 0 else None
        self.folder = run_folder("postgres", self._user)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._templates: dict[str, str] = {}
        self._idle: list[str] = []

    @staticmethod
    def available() -> bool:
        """Say whether this machine has the server."""
        return bool(BINARIES)

    def _as_owner(self) -> dict[str, Any]:
        identity = {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}
        return {"cwd": self.folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}, **identity}

    def start(self) -> Postgres:
        """Start the server, creating its data the first time, and wait until it answers."""
        data = self.folder / "data"
        if not data.exists():
            subprocess.run([BINARIES[0] / "initdb", "-D", data, "-U", "pod", "--auth=trust", "--locale=C", "-E", "UTF8",
                            "--no-instructions"], check=True, capture_output=True, **self._as_owner())
            atexit.register(self.close)
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                   "max_connections": 200, "fsync": "on", "synchronous_commit": "on", "shared_buffers": "256MB",
                   "max_wal_size": "2GB", "log_min_messages": "warning",
                   # after a kill it would else open each file of some hundred databases to flush it, before it recovers
                   "recovery_init_sync_method": "syncfs"}
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [BINARIES[0] / "postgres", "-D", data, *(f"--{name}={value}" for name, value in options.items())],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, **self._as_owner())
        try:
            wait_until(self._ready, 60, "PostgreSQL")
        except (TimeoutError, RuntimeError) as fault:
            raise RuntimeError(f"{fault}\n{tail(self.folder / 'log')}") from fault
        return self

    def _ready(self) -> bool:
        if not self.running:
            raise RuntimeError("PostgreSQL ended while starting")
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def running(self) -> bool:
        """Say whether the server's process lives."""
        return self._process is not None and self._process.poll() is None

    def ensure(self) -> Postgres:
        """Start the server unless it runs: for the test after one that left it dead."""
        return self if self.running else self.start()

    def stop(self) -> None:
        """Stop the server, cutting every connection off; its data stay."""
        if self._process:
            end(self._process, signal.SIGINT)

    def checkpoint(self) -> None:
        """Write down what other tests left to be replayed, so that a start after a kill replays this test's doings only."""
        self.execute("CHECKPOINT")

    def kill9(self) -> None:
        """Kill the server and all its sessions as a power cut would; its data stay."""
        if self._process:
            kill_tree(self._process.pid)
            self._process.wait(10)

    def close(self) -> None:
        """End what this object started, without waiting for anybody."""
        if self._process and self.running:
            end(self._process, signal.SIGQUIT)

    def url(self, database: str) -> str:
        """Give the URL of a database."""
        return f"postgresql://pod@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one SQL statement outside any transaction; give its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_database(self, template: str = "template1", name: str = "") -> str:
        """Make a database as a copy of `template`; give its URL."""
        name = name or f"t{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def lend(self) -> str:
        """Give the URL of a database without rows, for a test that changes no tables; it may have them already."""
        return self._idle.pop() if self._idle else self.new_database()

    def take_back(self, url: str) -> None:
        """Empty a database that was lent; every connection to it must be closed by now."""
        self.execute(EMPTY, url.rsplit("/", 1)[1])
        self._idle.append(url)

    def template(self, name: str, fill: Callable[[str], None]) -> str:
        """Give a template database that `fill(url)` filled, once per run; every connection must be closed by then."""
        if name not in self._templates:
            fill(self.new_database(name=name))
            self._templates[name] = name
        return name

    def new_suite(self) -> str:
        """Make an empty database for each service; give a POD_DATABASE_URL with `{service}` in it."""
        prefix = f"t{next(self._numbers)}"
        for service in SERVICES:
            self.new_database(name=f"{prefix}_{service}")
        return self.url(f"{prefix}_{{service}}")
