"""The publisher on a real broker: what it promises, and a clear error for each way it can fail (X-01)."""
from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pika
import psutil
import pytest

from shared import publisher as client
from shared.messaging import topology
from shared.messaging.envelope import read
from shared.publisher import AccessRefused, Blocked, Invalid, Publisher, Rejected, Unreachable, Unroutable
from tests.support.broker import Broker
from tests.support.ground import ROOT, free_port

STAY = {"nhs_number": "943 476 5919", "stay_id": "V1"}
SOURCE = "urn:test:pas"


@pytest.fixture
def suite_url(broker: Broker, vhost: str, vhost_url: str) -> str:
    """Give the URL of a broker on which the suite is set up."""
    connection = broker.connect(vhost)
    topology.declare(connection.channel(), topology.FIRST)
    connection.close()
    return vhost_url


@pytest.fixture
def publisher(suite_url: str) -> Iterator[Publisher]:
    with Publisher(suite_url) as publisher:
        yield publisher


def received(broker: Broker, vhost: str) -> list:
    connection = broker.connect(vhost)
    channel = connection.channel()
    found = []
    while True:
        frame, properties, body = channel.basic_get("pod.journeys", auto_ack=True)
        if frame is None:
            connection.close()
            return found
        found.append(read(body, properties.headers, properties.content_type, properties.message_id,
                          require_message_id=True))


def test_a_published_event_is_one_the_suite_reads(publisher: Publisher, broker: Broker, vhost: str) -> None:
    event_id = publisher.publish("hospital.admitted", STAY, source=SOURCE, time="2026-11-20T10:00:00+00:00")
    publisher.publish("hospital.discharged", STAY, source=SOURCE, id="mine")
    first, second = received(broker, vhost)
    assert (first.id, first.type, first.source, first.version) == (event_id, "hospital.admitted", SOURCE, 1)
    assert first.data == STAY
    assert first.time.isoformat() == "2026-11-20T10:00:00+00:00"
    assert second.id == "mine"


def test_a_lost_connection_is_made_again_and_the_event_keeps_its_id(publisher: Publisher, broker: Broker,
                                                                    vhost: str) -> None:
    publisher.publish("hospital.admitted", STAY, source=SOURCE, id="before")
    broker.rabbitmqctl("close_all_connections", "--vhost", vhost, "test")
    publisher.publish("hospital.admitted", STAY, source=SOURCE, id="after")
    assert [event.id for event in received(broker, vhost)] == ["before", "after"]


# -- unreachable -------------------------------------------------------------------------------------------------

def test_a_broker_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable), Publisher(f"amqp://127.0.0.1:{free_port()}/") as publisher:
        publisher.publish("hospital.admitted", STAY, source=SOURCE, timeout=1)


def test_a_host_that_does_not_exist_is_unreachable() -> None:
    with pytest.raises(Unreachable), Publisher("amqp://nobody.invalid/") as publisher:
        publisher.publish("hospital.admitted", STAY, source=SOURCE, timeout=1)


def test_an_address_that_is_none_is_said_to_be_none() -> None:
    with pytest.raises(Unreachable, match="amqps://"):
        Publisher("https://broker.example/")


def test_a_listener_that_says_nothing_is_unreachable_in_bounded_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, Publisher(
            f"amqp://127.0.0.1:{silent.getsockname()[1]}/") as publisher:
        started = time.monotonic()
        with pytest.raises(Unreachable):
            publisher.publish("hospital.admitted", STAY, source=SOURCE, timeout=2)
        assert time.monotonic() - started < 5


def test_a_broker_that_falls_silent_is_unreachable_in_bounded_time(publisher: Publisher, broker: Broker) -> None:
    publisher.publish("hospital.admitted", STAY, source=SOURCE)
    family = psutil.Process(broker._process.pid).children(recursive=True)
    for process in family:
        process.suspend()
    started = time.monotonic()
    try:
        with pytest.raises(Unreachable):
            publisher.publish("hospital.admitted", STAY, source=SOURCE, timeout=2)
    finally:
        for process in family:
            process.resume()
    assert time.monotonic() - started < 6


# -- refused -----------------------------------------------------------------------------------------------------

def test_a_wrong_password_is_refused(broker: Broker, vhost: str, suite_url: str) -> None:
    with pytest.raises(AccessRefused), Publisher(broker.url(vhost, password="wrong")) as publisher:
        publisher.publish("hospital.admitted", STAY, source=SOURCE)


def test_a_virtual_host_that_is_not_there_is_refused(broker: Broker) -> None:
    with pytest.raises(AccessRefused), Publisher(broker.url("nowhere")) as publisher:
        publisher.publish("hospital.admitted", STAY, source=SOURCE)


def test_an_event_the_account_may_not_publish_is_refused(broker: Broker, vhost: str, suite_url: str) -> None:
    account = topology.publisher_account("x", ["hospital.admitted"])
    keep = ("configure", "write", "read")
    broker.new_user(f"ward-{vhost}", "secret", vhost, {name: account["permissions"][0][name] for name in keep},
                    {name: account["topic_permissions"][0][name] for name in ("exchange", "write", "read")})
    with Publisher(broker.url(vhost, f"ward-{vhost}", "secret")) as publisher:
        publisher.publish("hospital.admitted", STAY, source=SOURCE)
        with pytest.raises(AccessRefused):
            publisher.publish("citizen.died", {"nhs_number": "9434765919", "died_on": "2026-11-19"}, source=SOURCE)
        publisher.publish("hospital.admitted", STAY, source=SOURCE)
    assert len(received(broker, vhost)) == 2


# -- unroutable, rejected, blocked -------------------------------------------------------------------------------

def test_a_broker_without_the_suite_is_unroutable(vhost_url: str) -> None:
    with pytest.raises(Unroutable, match=r"pod\.intake"), Publisher(vhost_url) as publisher:
        publisher.publish("hospital.admitted", STAY, source=SOURCE)


def test_an_exchange_nobody_listens_to_is_unroutable(broker: Broker, vhost: str, vhost_url: str) -> None:
    connection = broker.connect(vhost)
    topology.declare(connection.channel(), {})
    connection.close()
    with pytest.raises(Unroutable), Publisher(vhost_url) as publisher:
        publisher.publish("hospital.admitted", STAY, source=SOURCE)


def test_a_nack_is_tried_again_and_then_rejected(publisher: Publisher, broker: Broker, vhost: str) -> None:
    connection = broker.connect(vhost)
    channel = connection.channel()
    channel.queue_declare("full", arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
    channel.queue_bind("full", topology.INTAKE, "#")
    channel.basic_publish("", "full", b"{}")
    with pytest.raises(Rejected) as fault:
        publisher.publish("hospital.admitted", STAY, source=SOURCE, id="same", timeout=2)
    assert fault.value.event_id == "same"
    connection.close()
    tried = received(broker, vhost)
    assert len(tried) > 1
    assert {event.id for event in tried} == {"same"}


def test_a_memory_alarm_blocks_for_no_longer_than_the_timeout(publisher: Publisher, broker: Broker,
                                                              vhost: str) -> None:
    publisher.publish("hospital.admitted", STAY, source=SOURCE, id="before")
    broker.memory_alarm(True)
    started = time.monotonic()
    try:
        with pytest.raises(Blocked):
            publisher.publish("hospital.admitted", STAY, source=SOURCE, id="during", timeout=2)
        assert time.monotonic() - started < 5
    finally:
        broker.memory_alarm(False)
    publisher.publish("hospital.admitted", STAY, source=SOURCE, id="after")
    assert {"before", "after"} <= {event.id for event in received(broker, vhost)}


# -- invalid, before anything is sent ----------------------------------------------------------------------------

@pytest.mark.parametrize(("data", "words"), [
    ({"stay_id": "V1"}, "data.nhs_number is missing"),
    ({**STAY, "nhs_number": "9434765918"}, "data.nhs_number must be an NHS number"),
    ({**STAY, "colour": "red"}, "data.colour is not part of the event"),
    ({**STAY, "stay_id": 7}, "data.stay_id must be a string"),
    ({**STAY, "stay_id": " "}, "data.stay_id must have 1 to 100 characters"),
    ({**STAY, "ward": "a\x00b"}, "data.ward holds a character"),
    ({**STAY, "ward": "\ud800"}, "data.ward holds a character"),
    ({**STAY, "legal_status": "2"}, "data.legal_status must be one of 01"),
    ({**STAY, "expected_discharge_on": "soon"}, "data.expected_discharge_on must be a date"),
    ([], "data must be an object"),
])
def test_what_breaks_the_contract_is_not_sent(data: dict, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        Publisher("amqp://nobody.invalid/").publish("hospital.admitted", data, source=SOURCE)


@pytest.mark.parametrize("more", [{"time": "2026-11-20T10:00:00"}, {"time": "now"}, {"id": "x" * 256}, {"source": ""},
                                  {"recordedtime": "2026-11-20"}])
def test_a_wrong_envelope_is_not_sent(more: dict) -> None:
    with pytest.raises(Invalid):
        Publisher("amqp://nobody.invalid/").publish("hospital.admitted", STAY, **{"source": SOURCE, **more})


def test_an_unknown_name_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(Invalid, match=r"hospital\.admitted"):
        Publisher("amqp://nobody.invalid/").publish("hospital.admited", STAY, source=SOURCE)


def test_publisher_and_contract_come_to_the_same_verdict_on_every_golden_event() -> None:
    for path in (ROOT / "tests/contract/golden").glob("*.json"):
        body = json.loads(path.read_text())
        if (client.SCHEMAS / path.name).exists():
            assert client.make_event(client.SCHEMAS, body["type"], body["data"], source=SOURCE)["data"] == body["data"]


# -- the command -------------------------------------------------------------------------------------------------

def test_the_command_publishes_and_prints_the_id(suite_url: str, broker: Broker, vhost: str, tmp_path: Path,
                                                 capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stay.json").write_text(json.dumps(STAY))
    assert client.main(["hospital.admitted", "--data", f"@{tmp_path / 'stay.json'}", "--amqp", suite_url, "--id", "a"]) == 0
    assert capsys.readouterr().out == "a\n"
    assert [event.id for event in received(broker, vhost)] == ["a"]


def test_the_command_says_what_is_wrong_and_how_to_try_again(capsys: pytest.CaptureFixture[str]) -> None:
    address = f"amqp://127.0.0.1:{free_port()}/"
    assert client.main(["hospital.admitted", "--data", json.dumps(STAY), "--amqp", address, "--id", "a",
                        "--timeout", "0.5"]) == 3
    assert "--id a" in capsys.readouterr().err
    assert client.main(["hospital.admitted", "--data", "{", "--amqp", address]) == 2


@pytest.fixture
def suite() -> Iterator[tuple[str, list, dict]]:
    """Give the address of a small HTTP server, what it was posted, and the answer it is to give."""
    posted: list = []
    answer: dict = {"code": 202}

    class Handler(BaseHTTPRequestHandler):
        """Keeps what is posted."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted.append((self.path, dict(self.headers), body))
            self.send_response(answer["code"])
            self.end_headers()
            self.wfile.write(json.dumps({"title": "No", "detail": "not today"}).encode())

        def log_message(self, *_: object) -> None:
            pass
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", posted, answer
    server.shutdown()
    server.server_close()


def test_without_a_broker_the_event_is_posted_with_the_token(suite: tuple[str, list, dict]) -> None:
    base, posted, _ = suite
    assert client.main(["hospital.admitted", "--data", json.dumps(STAY), "--http", base, "--token", "t", "--id", "a"]) == 0
    path, headers, body = posted[0]
    assert path == "/journeys/api/v1/events"
    assert headers["Authorization"] == "Bearer t"
    assert read(body, None, headers["Content-Type"]).id == "a"


@pytest.mark.parametrize(("code", "exit_code", "tries"), [(401, 4, 1), (403, 4, 1), (404, 5, 1), (413, 2, 1),
                                                          (422, 2, 1), (503, 7, 2)])
def test_what_the_suite_answers_decides_the_exit_code(suite: tuple[str, list, dict], code: int, exit_code: int,
                                                      tries: int, capsys: pytest.CaptureFixture[str]) -> None:
    base, posted, answer = suite
    answer["code"] = code
    assert client.main(["hospital.admitted", "--data", json.dumps(STAY), "--http", base, "--token", "t",
                        "--timeout", "0.6"]) == exit_code
    assert "not today" in capsys.readouterr().err
    assert len(posted) >= tries
    assert len({json.loads(body)["id"] for _, _, body in posted}) == 1


# -- installed alone ---------------------------------------------------------------------------------------------

def test_installed_alone_beside_pika_it_publishes(suite_url: str, broker: Broker, vhost: str, tmp_path: Path) -> None:
    wheel = subprocess.run([sys.executable, ROOT / "publisher/build.py", tmp_path], check=True, capture_output=True,
                           text=True).stdout.strip()
    bare = tmp_path / "bare"
    venv.create(bare, with_pip=False)
    site = next(bare.glob("lib/python*/site-packages"))
    for found in Path(pika.__file__).parents[1].glob("pika*"):
        shutil.copytree(found, site / found.name)
    subprocess.run([sys.executable, "-m", "pip", "--python", bare / "bin/python", "install", "-q", "--no-index", wheel],
                   check=True)
    done = subprocess.run([bare / "bin/pod-publish", "hospital.admitted", "--data", json.dumps(STAY), "--id", "alone"],
                          env={"PATH": os.environ["PATH"], "POD_AMQP_URL": suite_url}, cwd=tmp_path,
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "alone\n"), done.stderr
    assert [event.id for event in received(broker, vhost)] == ["alone"]
    told = subprocess.run([bare / "bin/python", "-c", "import sys, pod_publisher; print('shared' in sys.modules)"],
                          cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
