"""Another system is built from docs/asyncapi.yaml alone: it finds there where to publish, what, and how (X-01)."""
from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support.ground import ROOT
from tests.support.outside import CONTENT_TYPE, OverAmqp
from tests.support.suite import AMARA, ServerSuite, days_ago, nhs_number

PUBLISHED: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8"))
#: What is sent of each field, by its name; a field without an entry here would be a new one in the contract.
VALUES: dict[str, Any] = {
    "stay_id": "V-1", "ward": "Oak", "legal_status": "02", "expected_discharge_on": days_ago(-9), "destination": "home",
    "practitioner_email": AMARA, "closes_on": days_ago(-20), "reason": "Moves away", "from_email": AMARA,
    "to_email": "tom.whitfield@cmhwt.example", "to_name": "Tom Whitfield", "to_team": "Early Intervention Team",
    "changes_on": days_ago(-5), "absent_from": days_ago(-1), "absent_until": days_ago(-8), "cover_email": AMARA,
    "team": "Early Intervention Team", "starts_on": days_ago(-3), "died_on": days_ago(1)}


def intake() -> dict[str, dict[str, Any]]:
    """Give event name -> the JSON Schema of its data, of everything that goes to the intake."""
    found = {}
    for channel in PUBLISHED["channels"].values():
        exchange = channel["bindings"]["amqp"]["exchange"]
        if exchange["name"] == "pod.intake":
            assert exchange["type"] == "topic" and channel["bindings"]["amqp"]["is"] == "routingKey"
            (message,) = channel["messages"].values()
            found[channel["address"]] = data_schema(follow(message))
    return found


def follow(thing: dict[str, Any]) -> dict[str, Any]:
    """Give what a reference leads to."""
    while "$ref" in thing:
        node: Any = PUBLISHED
        for part in thing["$ref"].removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/")]
        thing = node
    return thing


def data_schema(message: dict[str, Any]) -> dict[str, Any]:
    """Find the schema of `data` in a message: beside the envelope that all share, its own part says what is in it."""
    envelope, own = message["payload"]["allOf"]
    assert set(follow(envelope)["required"]) >= {"specversion", "id", "source", "type", "time", "data"}
    schema: dict[str, Any] = own["properties"]["data"]
    return schema


def test_everything_that_may_be_published_is_published_and_taken(server: ServerSuite) -> None:
    """Given only the published contract, If each event it lists is sent whole, I expect each taken and none parked."""
    hospital, number, other = OverAmqp(server.publisher_url("contract")), nhs_number(), nhs_number()
    server.open_journey(number, "Cass Orme")
    names = intake()
    assert len(names) == 18 and PUBLISHED["defaultContentType"] == CONTENT_TYPE
    for name in sorted(names, key=lambda name: name == "citizen.died"):
        data = {field: number if field in ("nhs_number", "from_nhs_number") else other if field == "to_nhs_number" else VALUES[field]
                for field in names[name]["properties"]}
        jsonschema.validate(data, names[name])
        hospital.says(name, data)
    kept = {"hospital.leave_started", "keyworker.absent", "team.changed", "psychology.started"}
    server.settled(number, lambda journey: len(journey["timeline"]) >= 2 + 15 and kept <= {e["kind"] for e in journey["timeline"]},
                   "all are on the timeline")
    for service in ("journeys", "referrals"):
        assert not hospital.sent & {one["event_id"] for one in server.parked(service)}


@pytest.mark.parametrize("routing_key", ["referral.accepted", "hospital.#", "journey.opened"])
def test_its_account_can_publish_nothing_of_ours(server: ServerSuite, routing_key: str) -> None:
    with pytest.raises(Exception, match=r"ACCESS_REFUSED|403"):
        OverAmqp(server.publisher_url("contract")).publish(routing_key, json.dumps({}).encode(), message_id="1", content_type=CONTENT_TYPE)
