"""Bad input on the running suites, over AMQP and over HTTPS: refused or parked with a reason a person understands.

Beside each bad event goes a good one, which must arrive.
"""
from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import requests

from shared.messaging.reasons import Reason
from tests.support.outside import CONTENT_TYPE, OverAmqp, OverHttps
from tests.support.suite import RAVI, ServerSuite, Suite, cloud_event, hours_ago, nhs_number, wait_for


class Known(NamedTuple):
    """A citizen with an open journey, so that an event about them is somebody's business."""

    suite: Suite
    number: str
    journey: dict[str, Any]

    def event(self, name: str = "hospital.admitted", **attributes: Any) -> dict[str, Any]:
        return cloud_event(name, {"nhs_number": self.number, "stay_id": f"{self.number}-{uuid.uuid4()}"}, **attributes)


@pytest.fixture(scope="module")
def here(server: ServerSuite) -> Known:
    number = nhs_number()
    return Known(server, number, server.open_journey(number, "Vera Lunt"))


@pytest.fixture(scope="module")
def amqp(server: ServerSuite) -> OverAmqp:
    return OverAmqp(server.publisher_url())


def with_data(event: dict[str, Any], **data: Any) -> bytes:
    return json.dumps({**event, "data": {name: value for name, value in {**event["data"], **data}.items() if value is not None}}).encode()


#: name -> what is sent of a good event: (body, changed AMQP properties), and the reason it is parked for
BAD: dict[str, tuple[Callable[[dict[str, Any]], bytes], dict[str, Any], Reason]] = {
    "no JSON": (lambda e: b'{"specversion": "1.0", ' + e["id"].encode(), {}, Reason.NOT_JSON),
    "not UTF-8": (lambda e: b"\xff\xfe" + json.dumps(e).encode(), {}, Reason.NOT_JSON),
    "not a CloudEvent": (lambda e: json.dumps({"id": e["id"], "event": "admitted"}).encode(), {}, Reason.NOT_CLOUDEVENTS),
    "a time without offset": (lambda e: json.dumps({**e, "time": "2026-01-01T10:00:00"}).encode(), {}, Reason.NOT_CLOUDEVENTS),
    "a NUL in a text": (lambda e: with_data(e, ward="O\0ak"), {}, Reason.BAD_TEXT),
    "half a character": (lambda e: with_data(e, ward="O\ud83dak"), {}, Reason.BAD_TEXT),
    "dated 2062": (lambda e: json.dumps({**e, "time": "2062-03-01T10:00:00+00:00"}).encode(), {}, Reason.TIME_OUT_OF_RANGE),
    "three years old": (lambda e: json.dumps({**e, "time": hours_ago(26_280)}).encode(), {}, Reason.TIME_OUT_OF_RANGE),
    "of a version that never was": (lambda e: json.dumps({**e, "dataschema": "urn:pod:hospital.admitted:0"}).encode(), {}, Reason.UNKNOWN_VERSION),
    "of a newer version": (lambda e: json.dumps({**e, "dataschema": "urn:pod:hospital.admitted:9"}).encode(), {}, Reason.TOO_NEW),
    "a field missing": (lambda e: with_data(e, stay_id=None), {}, Reason.INVALID_DATA),
    "a field of another kind": (lambda e: with_data(e, ward=["Oak"]), {}, Reason.INVALID_DATA),
    "a number that fails its check": (lambda e: with_data(e, nhs_number="9434765918"), {}, Reason.BAD_NHS_NUMBER),
    "without message id": (lambda e: json.dumps(e).encode(), {"message_id": None}, Reason.NO_MESSAGE_ID),
    "of a wrong content type": (lambda e: json.dumps(e).encode(), {"content_type": "text/xml"}, Reason.WRONG_CONTENT_TYPE),
    "of 5 MB": (lambda e: with_data(e, ward="x" * 5_000_000), {}, Reason.TOO_LARGE),
}


def parked_now(suite: Suite) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in suite.parked()}


def counted(suite: ServerSuite, reason: str) -> float:
    """Read how often journeys parked for a reason, from the figures of its own process."""
    text = requests.get(f"http://{suite.addresses['journeys']}/metrics", timeout=10).text
    found = re.search(rf'pod_events_parked_total{{reason="{reason}",service="journeys"}} (\S+)', text)
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize("name", BAD)
def test_over_amqp_it_is_parked_counted_and_listed_and_the_good_ones_finish(
        server: ServerSuite, here: Known, amqp: OverAmqp, name: str) -> None:
    make, properties, reason = BAD[name]
    before, count, event, good = parked_now(server), counted(server, reason), here.event(), here.event()
    amqp.publish("hospital.admitted", make(event), **{"message_id": event["id"], "content_type": CONTENT_TYPE, **properties})
    amqp.send(good)
    (one,) = wait_for(lambda: [one for id_, one in parked_now(server).items() if id_ not in before], f"{name} is parked")
    assert one["reason"] == reason and one["words"].endswith(".") and one["words"][0].isalpha()
    assert counted(server, reason) == count + 1
    server.settled(here.number, lambda journey: good["data"]["stay_id"] in {stay["id"] for stay in journey["stays"]}, "the good one")
    assert event["data"]["stay_id"] not in {stay["id"] for stay in server.journey(here.number)["stays"]}


def test_over_amqp_an_id_used_twice_is_parked_and_a_repeat_is_not(server: ServerSuite, here: Known, amqp: OverAmqp) -> None:
    before, first = parked_now(server), here.event()
    other = first | {"data": first["data"] | {"ward": "Elsewhere"}}
    for event in (first, first, other, other):
        amqp.send(event)
    (one,) = wait_for(lambda: [one for id_, one in parked_now(server).items() if id_ not in before], "it is parked")
    assert one["reason"] == Reason.ID_USED_TWICE and one["event_id"] == first["id"]


def test_over_amqp_another_system_cannot_make_up_an_event_name(server: ServerSuite, amqp: OverAmqp) -> None:
    """X-01: the account may publish the names of the contract, and do nothing else."""
    with pytest.raises(Exception, match=r"ACCESS_REFUSED|403"):
        amqp.publish("hospital.exploded", b"{}", message_id="1", content_type=CONTENT_TYPE)


def test_an_unknown_name_from_somebody_who_may_is_parked_by_journeys_alone(server: ServerSuite, here: Known) -> None:
    before = parked_now(server)
    event = here.event("hospital.exploded")
    OverAmqp(server.broker.url(server.vhost)).publish(
        "hospital.exploded", json.dumps(event).encode(), message_id=event["id"], content_type=CONTENT_TYPE)
    (one,) = wait_for(lambda: [one for id_, one in parked_now(server).items() if id_ not in before], "it is parked")
    assert one["reason"] == Reason.UNKNOWN_TYPE and one["type"] == "hospital.exploded"
    assert one["event_id"] not in {other["event_id"] for other in server.parked("referrals")}


def test_what_is_parked_is_seen_retried_and_discarded_by_operations(page: Any, server: ServerSuite, here: Known, amqp: OverAmqp) -> None:
    """On the operations page and in `pod parked`, with its reason in words."""
    late, gone = here.event(), here.event()
    for event in (late, gone):
        amqp.publish("hospital.admitted", json.dumps({**event, "time": "2062-03-01T10:00:00+00:00"}).encode(),
                     message_id=event["id"], content_type=CONTENT_TYPE)
    waiting = wait_for(lambda: [one for one in server.parked() if one["event_id"] in (late["id"], gone["id"])][1:], "both are parked")
    assert waiting
    listed = server.pod("parked", "list", "--service", "journeys").stdout
    assert "time_out_of_range" in listed and "It is dated more than 2 hours ahead of our clock." in listed
    page.goto(f"{server.base}/journeys/operations")
    page.locator(f"button[value='{RAVI}']").click()
    assert "dated more than two hours ahead" in page.inner_text("main")
    page.get_by_role("button", name=f"Retry event {late['id']}").click()
    assert "It failed again: It is dated more than 2 hours ahead of our clock." in page.inner_text("main")
    page.goto(f"{server.base}/journeys/operations")
    page.get_by_role("button", name=f"Discard event {gone['id']}").click()
    assert "The event was discarded." in page.inner_text("main")
    left = {one["event_id"] for one in server.parked()}
    assert late["id"] in left and gone["id"] not in left


# Over HTTPS it is refused before anything is sent on.

@pytest.fixture(scope="module")
def near(embedded: Suite) -> Known:
    number = nhs_number()
    return Known(embedded, number, embedded.open_journey(number, "Enid Roy"))


NOT_OVER_HTTPS = ("without message id", "of a wrong content type", "of 5 MB")


@pytest.mark.parametrize("name", [name for name in BAD if name not in NOT_OVER_HTTPS])
def test_over_https_it_is_refused_with_a_reason_and_nothing_of_its_batch_is_taken(embedded: Suite, near: Known, name: str) -> None:
    https, event, good = OverHttps(embedded), near.event(), near.event()
    answer = https.publish(BAD[name][0](event))
    assert answer.status_code == 422, answer.text
    told = answer.json()
    assert told["errors"] and all(one["detail"].endswith(".") or one["pointer"].startswith("/data") for one in told["errors"])
    assert "Traceback" not in answer.text
    with_good = b"[" + json.dumps(good).encode() + b", " + BAD[name][0](event) + b"]"
    batch = https.publish(with_good, "application/cloudevents-batch+json")
    assert batch.status_code == 422 and good["data"]["stay_id"] not in {stay["id"] for stay in embedded.journey(near.number)["stays"]}


def test_over_https_size_and_content_type_are_refused(embedded: Suite, near: Known) -> None:
    https, event = OverHttps(embedded), near.event()
    assert https.publish(with_data(event, ward="x" * 5_000_000)).status_code == 413
    assert https.publish(json.dumps(event).encode(), "text/plain").status_code == 415
    unknown = https.publish(json.dumps(near.event("hospital.exploded")).encode())
    assert unknown.status_code == 422 and "event" in unknown.json()["errors"][0]["detail"]


def test_over_https_good_ones_around_the_bad_finish(embedded: Suite, near: Known) -> None:
    https, first, last = OverHttps(embedded), near.event(), near.event()
    https.send(first)
    for make, _, _ in (BAD["no JSON"], BAD["a NUL in a text"], BAD["dated 2062"]):
        assert https.publish(make(near.event())).status_code == 422
    https.send(last)
    embedded.settled(near.number, lambda journey: {first["data"]["stay_id"], last["data"]["stay_id"]} <= {
        stay["id"] for stay in journey["stays"]}, "both good ones")


@pytest.fixture
def flood() -> Iterator[Callable[[Callable[[], None]], None]]:
    threads: list[threading.Thread] = []

    def start(work: Callable[[], None]) -> None:
        threads.append(threading.Thread(target=work))
        threads[-1].start()
    yield start
    for thread in threads:
        thread.join(30)


def test_poison_among_many_good_ones_stops_none(server: ServerSuite, here: Known, amqp: OverAmqp,
                                                flood: Callable[[Callable[[], None]], None]) -> None:
    """Two publishers at once, every tenth message nonsense: every good event arrives once."""
    sent: list[str] = []

    def publish() -> None:
        for index in range(30):
            event = here.event()
            body = b"nonsense" + event["id"].encode() if index % 10 == 0 else json.dumps(event).encode()
            amqp.publish("hospital.admitted", body, message_id=event["id"], content_type=CONTENT_TYPE)
            if index % 10:
                sent.append(event["data"]["stay_id"])
    for _ in range(2):
        flood(publish)
    wait_for(lambda: len(sent) == 54, "all are sent", 40)
    found = server.settled(here.number, lambda journey: set(sent) <= {stay["id"] for stay in journey["stays"]}, "all have arrived")
    assert len([stay for stay in found["stays"] if stay["id"] in set(sent)]) == 54
