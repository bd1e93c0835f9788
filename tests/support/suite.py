"""The whole suite running as its users meet it: processes of its own, one address, no inside knowledge.

Two columns: embedded (SQLite, no broker, one process) and server (RabbitMQ, PostgreSQL, a process per service behind
one proxy). Both in demo mode, for its people and tokens.
"""
from __future__ import annotations

import itertools
import json
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.demo import directory
from shared.settings import Settings, demo_secret
from shared.web.tokens import issue_demo
from tests.support.broker import Broker
from tests.support.ground import ROOT, free_port, wait_until
from tests.support.postgres import SERVICES, Postgres
from tests.support.process import POD, Process

PREFIXES = {"referrals": "/referrals", "journeys": "/journeys", "directpayments": "/direct-payments",
            "notifications": "/notifications", "cafe": "/cafe"}
AMARA, TOM = "amara.osei@cmhwt.example", "tom.whitfield@cmhwt.example"
WREN, HELEN, RAVI = "wren.callaghan@pod.example", "helen.marsh@pod.example", "ravi.chandra@council.example"
TEAM = "Community Mental Health and Wellbeing Team"
_stems = itertools.count(700_000_000)


def nhs_number() -> str:
    """Give an NHS number that nobody in this run has had; its check digit is right."""
    for stem in _stems:
        check = -sum((10 - place) * int(digit) for place, digit in enumerate(str(stem))) % 11
        if check < 10:
            return f"{stem}{check}"
    raise AssertionError


def days_ago(count: int) -> str:
    """Give a day as YYYY-MM-DD; negative counts are ahead."""
    return (datetime.now(UTC) - timedelta(days=count)).date().isoformat()


def hours_ago(count: float) -> str:
    """Give a moment in ISO 8601."""
    return (datetime.now(UTC) - timedelta(hours=count)).isoformat()


def referral(number: str, name: str, **other: Any) -> dict[str, Any]:
    """Give a whole referral, as the published body has it."""
    by = {"name": "Amara Osei", "email": AMARA, "team": TEAM}
    return {"pathway": "core", "citizen": {"name": name, "date_of_birth": "1984-05-17", "nhs_number": number},
            "conversation_held_on": days_ago(2), "reason": "Would like to play music again.", "conditions": ["bipolar"],
            "meeting_preference": "teams", "referrer": {**by, "role": "care_coordinator"}, "named_person": by,
            "commitment_months": 6, "documents": [{"kind": "care_plan", "dated": days_ago(30)},
                                                  {"kind": "risk_assessment", "dated": days_ago(20)}], **other}


def cloud_event(name: str, data: Mapping[str, Any], **attributes: Any) -> dict[str, Any]:
    """Give a CloudEvent as the published contract has it."""
    return {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "urn:test:hospital", "type": name,
            "time": hours_ago(0), "datacontenttype": "application/json", "data": dict(data), **attributes}


class Suite:
    """A running suite: its address, its tokens, its command."""

    def __init__(self, base: str, env: Mapping[str, str]):
        self.base, self.env = base, dict(env)
        self._settings = Settings(mode="demo", var=Path(env["POD_VAR"]), secret_key=demo_secret(Path(env["POD_VAR"])))
        self._session = requests.Session()

    def token(self, role: str, email: str | None = None) -> str:
        """Give a bearer token of a demo person."""
        return issue_demo(self._settings, role, email)

    def ask(self, method: str, path: str, role: str | None = None, email: str | None = None, **more: Any) -> requests.Response:
        """Ask the suite as a client with a bearer token would."""
        headers = {**({"Authorization": f"Bearer {self.token(role, email)}"} if role else {}), **more.pop("headers", {})}
        return self._session.request(method, self.base + path, headers=headers, timeout=30, allow_redirects=False, **more)

    def get(self, path: str, role: str, email: str | None = None) -> Any:
        """Get JSON that must be there."""
        answer = self.ask("GET", path, role, email)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def post(self, path: str, role: str, body: Any = None, email: str | None = None) -> Any:
        """Post JSON that must be taken."""
        answer = self.ask("POST", path, role, email, json={} if body is None else body)
        assert answer.status_code < 300, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def pod(self, *words: str, env: Mapping[str, str] | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one `pod` command as its own process, with this suite's settings."""
        return subprocess.run([*POD, *words], cwd=ROOT, env=bare({**self.env, **(env or {})}), input=stdin,
                              capture_output=True, text=True, timeout=60)

    def journey(self, number: str) -> dict[str, Any]:
        """Give the newest journey of a citizen, waiting for it to open."""
        found: list[Any] = []

        def opened() -> bool:
            found[:] = self.get(f"/journeys/api/v1/journeys?nhs_number={number}", "manager")["items"]
            return bool(found)
        wait_until(opened, 20, "the journey opens")
        return dict(self.get(f"/journeys/api/v1/journeys/{found[-1]['id']}", "manager"))

    def open_journey(self, number: str, name: str, worker: str | None = WREN) -> dict[str, Any]:
        """Refer somebody, accept, allocate; give the journey."""
        id_ = self.post("/referrals/api/v1/referrals", "practitioner", referral(number, name))["id"]
        self.post(f"/referrals/api/v1/referrals/{id_}/accept", "manager")
        if worker:
            self.post(f"/referrals/api/v1/referrals/{id_}/allocate", "manager", {"development_worker_email": worker})
        self.journey(number)
        if worker:
            self.settled(number, lambda journey: journey["development_worker"] is not None, "the worker is known")
        return self.journey(number)

    def settled(self, number: str, true: Callable[[dict[str, Any]], object], what: str) -> dict[str, Any]:
        """Wait until something is so of a citizen's journey; give the journey."""
        found: dict[str, Any] = {}

        def is_so() -> bool:
            found.update(self.journey(number))
            return bool(true(found))
        try:
            wait_until(is_so, 20, what)
        except TimeoutError as fault:
            raise AssertionError(f"{fault}: {json.dumps(found, indent=1)}") from None
        return found

    def told(self, reference: str, email: str) -> list[dict[str, Any]]:
        """Give what somebody was told about a journey or referral, oldest first."""
        items = self.get(f"/notifications/api/v1/notifications?recipient={email}&limit=200", "worker")["items"]
        return [one for one in reversed(items) if reference in one["subject"] + one["text"]]

    def parked(self, service: str = "journeys") -> list[dict[str, Any]]:
        """Give what is parked with a service."""
        return list(self.get(f"{PREFIXES[service]}/api/v1/parked?limit=200", "operations")["items"])


def bare(env: Mapping[str, str]) -> dict[str, str]:
    """Give the machine's environment without its POD_ settings, and `env`; empty values are left out."""
    import os
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POD_")}
    return {**kept, **{name: value for name, value in env.items() if value}}


@contextmanager
def running(folder: Path, services: Mapping[str, str], env: Mapping[str, str]) -> Iterator[dict[str, Process]]:
    """Run `pod up` once per entry of `services`: name ("" means all) -> address; wait until each is ready."""
    started: dict[str, Process] = {}
    try:
        for name, address in services.items():
            started[name] = Process([*POD, "up", *([name] if name else [])], folder / f"{name or 'suite'}.log",
                                    bare({**env, "POD_HTTP": address}))
        for name, address in services.items():
            started[name].wait_http(f"http://{address}{PREFIXES[name or 'journeys']}/health/ready", within=60)
        yield started
    finally:
        for process in started.values():
            process.close()


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """Give the embedded suite with its demo city, one for the whole run: use citizens of your own."""
    folder = tmp_path_factory.mktemp("embedded")
    address = f"127.0.0.1:{free_port()}"
    env = {"POD_MODE": "demo", "POD_VAR": str(folder / "var"), "POD_HTTP": address}
    with running(folder, {"": address}, env):
        yield Suite(f"http://{address}", env)


@pytest.fixture(scope="module")
def server(_broker: Broker, _postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """Give the suite on RabbitMQ and PostgreSQL, five processes behind one proxy; `server.outside` is a publisher's URL."""
    broker, folder = _broker.ensure(), tmp_path_factory.mktemp("server")
    vhost = broker.new_vhost()
    env = {"POD_MODE": "demo", "POD_VAR": str(folder), "POD_AMQP_URL": broker.url(vhost),
           "POD_DATABASE_URL": _postgres.ensure().new_suite()}
    demo_secret(folder)
    addresses = {name: f"127.0.0.1:{free_port()}" for name in SERVICES}
    with running(folder, addresses, env) as processes, proxy({PREFIXES[n]: a for n, a in addresses.items()}) as base:
        suite = ServerSuite(base, env, broker, vhost)
        suite.processes, suite.addresses = processes, addresses
        for path, entry in directory():
            suite.post(f"/referrals/api/v1/{path}", "manager", entry)
        yield suite
    broker.delete_vhost(vhost)


class ServerSuite(Suite):
    """The suite on servers, with the broker at hand."""

    processes: dict[str, Process]
    addresses: dict[str, str]

    def __init__(self, base: str, env: Mapping[str, str], broker: Broker, vhost: str):
        super().__init__(base, env)
        self.broker, self.vhost = broker, vhost

    def publisher_url(self, user: str = "publisher", password: str = "only-for-this-run") -> str:
        """Make the account of another system, with the permissions we ship, and give its AMQP URL."""
        shipped = json.loads((ROOT / "deploy/rabbitmq/definitions.json").read_text())
        (may,) = (one for one in shipped["permissions"] if one["user"] == "publisher")
        (topics,) = (one for one in shipped["topic_permissions"] if one["user"] == "publisher")
        self.broker.new_user(user, password, self.vhost, {k: may[k] for k in ("configure", "write", "read")},
                             {k: topics[k] for k in ("exchange", "write", "read")})
        return self.broker.url(self.vhost, user, password)


@contextmanager
def proxy(routes: Mapping[str, str]) -> Iterator[str]:
    """Serve every prefix from one address, as the proxy in front of a real installation does."""
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            first = "/" + self.path.lstrip("/").partition("/")[0].partition("?")[0]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = requests.request(self.command, f"http://{routes.get(first, routes['/referrals'])}{self.path}", data=body,
                                      headers=dict(self.headers), allow_redirects=False, timeout=30)
            self.send_response(answer.status_code)
            for name, value in answer.raw.headers.items():
                if name.lower() not in ("transfer-encoding", "content-encoding", "content-length", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.content)
        do_GET = do_POST = do_HEAD = do_PUT = do_PATCH = do_DELETE = _pass

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def wait_for(found: Callable[[], Any], what: str, within: float = 20, every: float = 0.1) -> Any:
    """Poll until `found` gives something true, and give it; what opens pages should look less often."""
    end = time.monotonic() + within
    while not (thing := found()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {within} s")
        time.sleep(every)
    return thing
