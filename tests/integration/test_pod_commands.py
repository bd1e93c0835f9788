"""The `pod` command, as somebody who has only read about it would use it, beside a running suite."""
from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import POD, Process
from tests.support.suite import HELEN, WREN, Suite, cloud_event, nhs_number, wait_for

ROLES = ("practitioner", "worker", "manager", "panel", "cafe", "operations", "publisher")
CLOUD = {"Content-Type": "application/cloudevents+json"}


def test_a_token_for_each_role(embedded: Suite) -> None:
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda role: embedded.pod("token", role), ROLES))
    for role, one in zip(ROLES, done, strict=True):
        assert one.returncode == 0 and re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", one.stdout), (role, one.stderr)
    answer = embedded.ask("GET", "/journeys/api/v1/parked", headers={"Authorization": f"Bearer {done[5].stdout.strip()}"})
    assert answer.status_code == 200
    other = embedded.pod("token", "worker", "--as", "marcus.bell@pod.example")
    assert other.returncode == 0 and other.stdout != done[1].stdout


def test_no_token_for_nobody_and_none_outside_the_demo(embedded: Suite) -> None:
    wrong = embedded.pod("token", "worker", "--as", HELEN)
    assert wrong.returncode == 2 and WREN in wrong.stderr
    assert embedded.pod("token", "king").returncode == 2
    server = {"POD_MODE": "server", "POD_SECRET_KEY": "k" * 40, "POD_OIDC_ISSUER": "https://issuer.example",
              "POD_OIDC_CLIENT_ID": "pod", "POD_OIDC_CLIENT_SECRET": "s"}
    refused = embedded.pod("token", "worker", env=server)
    assert refused.returncode == 2 and "demo mode only" in refused.stderr and refused.stdout == ""


def test_publish_prints_the_id_and_says_what_is_wrong(embedded: Suite) -> None:
    number = nhs_number()
    embedded.open_journey(number, "Ezra Pike")
    done = embedded.pod("publish", "hospital.admitted", "--data", json.dumps({"nhs_number": number, "stay_id": f"{number}-1"}))
    assert done.returncode == 0, done.stderr
    assert embedded.settled(number, lambda journey: journey["inpatient"], "the admission arrives")
    again = embedded.pod("publish", "hospital.admitted", "--id", done.stdout.strip(), "--data", "-",
                         stdin=json.dumps({"nhs_number": number, "stay_id": f"{number}-1"}))
    assert again.returncode == 0 and again.stdout == done.stdout
    wrong = embedded.pod("publish", "hospital.admitted", "--data", '{"nhs_number": "9434765918"}')
    assert wrong.returncode == 2 and "data.nhs_number" in wrong.stderr and "data.stay_id is missing" in wrong.stderr
    unknown = embedded.pod("publish", "hospital.exploded", "--data", "{}")
    assert unknown.returncode == 2 and "hospital.admitted" in unknown.stderr
    nobody = embedded.pod("publish", "hospital.admitted", "--timeout", "1", "--http", "http://127.0.0.1:1", "--token", "x",
                          "--data", json.dumps({"nhs_number": number, "stay_id": "1"}))
    assert nobody.returncode == 3 and "To try the same event again: --id" in nobody.stderr


def park(suite: Suite, name: str) -> dict[str, Any]:
    """Have an event parked with referrals and journeys: an id used twice."""
    number = nhs_number()
    suite.open_journey(number, name)
    first = cloud_event("citizen.died", {"nhs_number": number, "died_on": "2026-01-01"})
    for event in (first, first | {"data": {"nhs_number": number, "died_on": "2026-01-02"}}):
        assert suite.ask("POST", "/journeys/api/v1/events", "publisher", json=event, headers=CLOUD).status_code == 202
    found: dict[str, Any] = wait_for(lambda: next((one for one in suite.parked() if one["event_id"] == first["id"]), None), "parked")
    return found


def test_parked_is_listed_with_reasons_retried_and_discarded(embedded: Suite) -> None:
    one = park(embedded, "Nell Abbot")
    listed = embedded.pod("parked")
    assert listed.returncode == 0 and f"journeys  {one['id']}  citizen.died  id_used_twice" in listed.stdout
    assert "The id was used before with other content." in listed.stdout
    assert embedded.pod("parked", "retry", one["id"], "--service", "journeys").returncode == 0
    assert one["id"] not in {left["id"] for left in embedded.parked()}
    other = park(embedded, "Otis Crane")
    assert embedded.pod("parked", "discard", other["id"]).returncode == 0
    listed = embedded.pod("parked", "list")
    assert other["id"] not in listed.stdout, "discarded with every service that parked it"
    nothing = embedded.pod("parked", "discard", other["id"])
    assert nothing.returncode == 1 and "Nothing is parked under" in nothing.stderr


def test_a_replay_brings_a_service_what_it_has_had_and_changes_nothing(embedded: Suite) -> None:
    number = nhs_number()
    journey = embedded.open_journey(number, "Lot Harper")
    message = wait_for(lambda: embedded.told(journey["reference"], WREN), "the worker is told")
    done = embedded.pod("replay", "--from", "referrals", "--to", "notifications", "--since", "2026-01-01")
    assert done.returncode == 0 and re.search(r"^[1-9]\d* events of referrals wait for notifications", done.stdout), done.stderr
    # taken while the suite runs: what is published now comes after it, and arrives
    wait_for(lambda: 'pod_outbox_waiting{service="referrals"} 0.0' in embedded.ask("GET", "/metrics").text, "the replay is taken")
    assert embedded.told(journey["reference"], WREN) == message
    assert embedded.pod("replay", "--from", "cafe", "--to", "notifications").returncode == 2


def test_a_rebuild_announces_nothing_and_changes_nothing(embedded: Suite) -> None:
    number = nhs_number()
    before = embedded.open_journey(number, "Wyn Tait")
    done = embedded.pod("rebuild", "journeys")
    assert done.returncode == 0 and "journeys: rebuilt; 0 events owed to others" in done.stdout, done.stdout + done.stderr
    after = embedded.journey(number)
    assert after == before


def test_migrate_says_where_each_service_is(embedded: Suite) -> None:
    done = embedded.pod("migrate")
    assert done.returncode == 0 and re.findall(r"^(\w+): at \d{4}", done.stdout, re.M) == [
        "referrals", "journeys", "directpayments", "notifications", "cafe"]


def test_the_doctor_finds_everything_right_and_everything_wrong_at_once(embedded: Suite) -> None:
    assert embedded.pod("doctor").returncode == 0
    wrong = {"POD_MODE": "production", "POD_HTTP": "nowhere", "POD_AMQP_URL": "http://broker", "POD_DATABASE_URL": "mysql://x/y",
             "POD_BATCH": "many", "POD_TYPO": "1"}
    sick = embedded.pod("doctor", env=wrong)
    assert sick.returncode == 1 and all(name in sick.stdout + sick.stderr for name in wrong), sick.stdout
    start = embedded.pod("up", env=wrong)
    assert start.returncode == 2 and all(name in start.stderr for name in wrong), start.stderr


@pytest.mark.parametrize("missing", ["POD_SECRET_KEY", "POD_OIDC_ISSUER", "POD_OIDC_CLIENT_ID", "POD_OIDC_CLIENT_SECRET"])
def test_a_missing_setting_stops_the_start_and_is_named(embedded: Suite, missing: str) -> None:
    whole = {"POD_MODE": "server", "POD_SECRET_KEY": "k" * 40, "POD_OIDC_ISSUER": "https://issuer.example",
             "POD_OIDC_CLIENT_ID": "pod", "POD_OIDC_CLIENT_SECRET": "s"}
    start = embedded.pod("up", env={**whole, missing: ""})
    assert start.returncode == 2 and f"{missing}: missing" in start.stderr and start.stderr.count(": missing") == 1


def test_the_demo_is_made_anew_and_not_under_a_running_suite(embedded: Suite, start_process: Callable[..., Process], tmp_path: Path) -> None:
    running = embedded.pod("demo")
    assert running.returncode == 1 and "is running" in running.stderr
    env = {"POD_MODE": "demo", "POD_VAR": str(tmp_path / "var"), "POD_HTTP": "127.0.0.1:1"}
    fresh = start_process([*POD, "demo"], env)
    assert fresh.wait(60) == 0 and re.search(r"\d\d invented citizens moved in", fresh.tail()), fresh.tail()


def test_parts_of_the_embedded_suite_cannot_run_alone(embedded: Suite) -> None:
    alone = embedded.pod("up", "journeys", env={"POD_HTTP": "127.0.0.1:1"})
    assert alone.returncode == 2 and "POD_AMQP_URL" in alone.stderr
