"""The embedded suite on SQLite: killed in the middle of work, it goes on where it was."""
from __future__ import annotations

import sys
import uuid
from pathlib import Path

import orjson
import requests

from shared.settings import Settings, demo_secret
from shared.web.tokens import issue_demo
from tests.chaos.effects import Effects, all_applied
from tests.chaos.site import SERVICES, admissions, fill, room_of
from tests.support.ground import free_port, wait_until

PEOPLE, EVENTS = 50, 300


def test_embedded_and_killed_at_two_moments_everything_arrives(start_process, tmp_path: Path, say) -> None:
    effects = Effects({name: room_of(name, "", tmp_path) for name in SERVICES}, PEOPLE)
    for room in effects.rooms.values():
        fill(room, PEOPLE)
    address = f"127.0.0.1:{free_port()}"

    def start(chaos: str = ""):
        return start_process([sys.executable, "-m", "tests.chaos.faulty", "up"], {
            "POD_MODE": "demo", "POD_VAR": str(tmp_path), "POD_HTTP": address, "CHAOS": chaos})

    process = start("after_commit:3")
    process.wait_http(f"http://{address}/journeys/health/ready", 60)
    sent = admissions(EVENTS, PEOPLE)
    token = issue_demo(Settings(mode="demo", secret_key=demo_secret(tmp_path)), "publisher")
    answer = requests.post(f"http://{address}/journeys/api/v1/events", timeout=20,
                           data=orjson.dumps([orjson.loads(one.body) for one in sent]), headers={
                               "Content-Type": "application/cloudevents-batch+json", "Authorization": f"Bearer {token}",
                               "Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code == 202, answer.text
    assert process.wait(60) == -9, process.tail()
    assert 0 < effects.applied() < EVENTS
    assert start("before_mark:4").wait(60) == -9
    last = start()
    effects.settle(EVENTS, told=EVENTS)
    wait_until(lambda: effects.unpublished() == 0, 30, "everything handed over")
    assert last.terminate() == 0, last.tail()
    count = effects.count(sent)
    effects.close()
    say("embedded, kill -9 twice", count)
    assert count == all_applied(EVENTS)
