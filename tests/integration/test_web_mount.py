"""Pages in a nameko process: one address, prefixes that stay, and a stop that cuts nobody off."""
from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.ground import ROOT, end, free_port, listening, wait_until


class Served:
    """The process under test and its address."""

    def __init__(self, folder: Path, port: int):
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen([sys.executable, "-m", "tests.integration.web_process", f"127.0.0.1:{port}", str(folder)],
                                        cwd=ROOT, stdout=subprocess.PIPE, stderr=(folder / "log").open("wb"))

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        """Get a page, waiting at most ten seconds."""
        return requests.get(self.url + path, timeout=10, **kwargs)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    port = free_port()
    made = Served(tmp_path, port)
    wait_until(lambda: listening(port), 15, "the address to open")
    time.sleep(0.3)
    yield made
    end(made.process)


def test_two_services_share_one_address_and_keep_their_prefixes(served: Served) -> None:
    assert served.get("/journeys/health/live").json()["service"] == "journeys"
    assert served.get("/referrals/health/live").json()["service"] == "referrals"
    assert served.get("/").url == f"{served.url}/start"
    assert "/referrals/" in served.get("/start").text
    assert served.get("/journeys", allow_redirects=False).status_code in (302, 308)
    assert served.get("/nowhere").status_code == 404


def test_metrics_count_requests_by_service_and_name_no_path(served: Served) -> None:
    served.get("/journeys/health/live?nhs_number=9434765919")
    told = served.get("/metrics").text
    assert 'pod_http_requests_total{method="GET",service="journeys",status="200"}' in told
    assert 'pod_outbox_waiting{service="journeys"} 0.0' in told
    assert "9434765919" not in told and "health" not in told


def test_slow_requests_run_side_by_side(served: Served) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: served.get("/journeys/slow").text, range(8)))
    assert answers == ["slept"] * 8 and time.monotonic() - began < 5


def test_a_stopping_process_answers_what_it_has_and_leaves_in_time(served: Served) -> None:
    with ThreadPoolExecutor(4) as pool, requests.Session() as idle:
        idle.get(served.url + "/journeys/health/live", timeout=5)  # a kept connection must not hold the process
        waiting = [pool.submit(served.get, "/journeys/slow") for _ in range(4)]
        time.sleep(0.7)
        began = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert [one.result().text for one in waiting] == ["slept"] * 4
        assert served.process.wait(10) == 0
    assert time.monotonic() - began < 5
    assert served.process.stdout is not None and b"stopped" in served.process.stdout.read()


def test_a_client_that_says_half_a_request_does_not_hold_the_process(served: Served) -> None:
    port = int(served.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as half:
        half.sendall(b"POST /journeys/api/v1/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.3)
        began = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(25) == 0
    assert time.monotonic() - began < 22


def test_a_second_process_on_the_same_address_is_refused(served: Served, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    second = Served(tmp_path / "second", int(served.url.rpartition(":")[2]))
    try:
        assert second.process.wait(15) != 0
        assert b"Address already in use" in (tmp_path / "second" / "log").read_bytes()
    finally:
        end(second.process)
