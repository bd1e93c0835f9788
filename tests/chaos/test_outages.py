"""A broker or a database that is away, or does not want to: the suite waits, and goes on by itself."""
from __future__ import annotations

import time
import uuid

import orjson
import requests

from shared.settings import Settings, demo_secret
from shared.web.tokens import issue_demo
from tests.chaos.effects import all_applied
from tests.chaos.load import Load
from tests.chaos.site import Site, admissions
from tests.support.ground import wait_until

#: Seconds PostgreSQL is away.
AWAY = 15.0


def test_a_broker_killed_under_load_loses_nothing_it_confirmed(site: Site, say) -> None:
    process = site.start("journeys", "notifications")
    with Load(site.amqp_url, admissions(1500), pause=0.004) as load:  # it must still go on when the broker goes
        wait_until(lambda: len(load.confirmed) > 300, 30, "load")
        site.broker.kill9()
        before = len(load.confirmed)
        site.broker.start()
        load.finish()
    site.settle(1500, told=1500)
    assert process.running
    site.leave("journeys", "notifications")
    count = site.count(load.confirmed)
    say(f"broker killed under load, after {before} confirms, {load.failures} publishes given up and begun again", count)
    assert count == all_applied(1500)
    # a publish insists for half a minute, so that few or none are given up where the broker is back before
    assert 300 < before < 1500


def test_postgresql_away_for_15_seconds_under_load_parks_and_loses_nothing(site: Site, say) -> None:
    site.postgres.checkpoint()
    process = site.start("journeys", "notifications")
    with Load(site.amqp_url, admissions(1500), pause=0.012) as load:
        wait_until(lambda: site.applied() > 100, 30, "load")
        site.postgres.kill9()
        before, gone = len(load.confirmed), time.monotonic()
        time.sleep(AWAY)
        during = len(load.confirmed) - before
        site.postgres.start()
        away = time.monotonic() - gone
        load.finish()
    site.settle(1500, told=1500)
    assert process.running
    site.leave("journeys", "notifications")
    count = site.count(load.confirmed)
    say(f"PostgreSQL away for {away:.0f} s while {during} came", count)
    assert count == all_applied(1500)
    assert during > 100


def test_a_memory_alarm_stops_no_page_and_no_commit_and_the_relay_recovers_alone(site: Site, say) -> None:
    queued, posted = admissions(200), admissions(200)
    site.publish(queued)
    site.broker.memory_alarm(True)
    try:
        process = site.start("journeys", "notifications", CHAOS_DEADLINE="3")
        _post(site, process.base, [orjson.loads(d.body) for d in posted])
        wait_until(lambda: site.applied() == 200, 60, "commits under the alarm")
        wait_until(lambda: "blocking publishers" in process.log.read_text(), 30, "the relay's word of it")
        assert requests.get(f"{process.base}/journeys/health/live", timeout=5).status_code == 200
        assert site.unpublished() >= 400, "the posted ones, and what the queued ones caused"
        assert site.told() == 0
    finally:
        site.broker.memory_alarm(False)
    site.settle(400, told=400)
    site.leave("journeys", "notifications")
    count = site.count([*queued, *posted])
    say("memory alarm", count)
    assert count == all_applied(400)


def _post(site: Site, base: str, events: list[object]) -> None:
    """Publish over HTTPS: 202 means committed, whatever the broker does."""
    token = issue_demo(Settings(mode="demo", secret_key=demo_secret(site.folder / "var")), "publisher")
    answer = requests.post(f"{base}/journeys/api/v1/events", data=orjson.dumps(events), timeout=20, headers={
        "Content-Type": "application/cloudevents-batch+json", "Authorization": f"Bearer {token}",
        "Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code == 202, answer.text
