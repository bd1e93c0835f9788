"""What the broker delivers again, twice, or not at all well."""
from __future__ import annotations

import random
from contextlib import closing

import orjson
import pika
import requests

from shared.messaging.delivery import Delivery
from shared.messaging.envelope import STRUCTURED
from shared.messaging.outbox import INTAKE
from tests.chaos.effects import ADMITTED, all_applied
from tests.chaos.site import Site, admissions
from tests.chaos.wire import Wire
from tests.support.ground import wait_until
from tests.support.process import Process


def test_a_connection_cut_between_commit_and_acknowledgement_costs_only_repeats(site: Site, say) -> None:
    sent = admissions(10_000)
    site.publish(sent)
    with closing(Wire(site.broker.port, cut_at={2, 7, 12})) as wire:
        url = site.amqp_url.replace(f":{site.broker.port}/", f":{wire.port}/")
        site.start("journeys", "--only", "work", POD_AMQP_URL=url)
        site.start("journeys", "--only", "relay")
        site.settle(len(sent))
        site.leave()
    assert wire.cuts == 3
    count = site.count(sent)
    say(f"connection cut {wire.cuts} times between commit and ack", count)
    assert count == all_applied(10_000, told=0)


def test_a_message_that_kills_the_process_is_parked_and_400_good_ones_are_done(site: Site, say) -> None:
    sent = admissions(401)
    killer = sent.pop(137)
    site.publish([*sent[:137], killer, *sent[137:]])
    deaths = 0

    def all_done() -> bool:
        return site.applied() == 400 and site.number("parked") == 1

    while True:
        process = site.start("journeys", chaos="on_event", ready=False, CHAOS_EVENT=killer.message_id or "", POD_BATCH="100")
        wait_until(lambda process=process: not process.running or all_done(), 60, "death or the end", every=0.2)
        if process.running:
            break
        deaths += 1
    site.settle(400)
    site.leave()
    count = site.count(sent)
    say(f"a message that killed the process {deaths} times", count)
    assert count == all_applied(400, told=0, parked=1)
    assert [tuple(row) for row in site.query("SELECT event_id, reason FROM parked")] == [(killer.message_id, "kills_process")]
    assert deaths == 4  # twice in company, twice alone


def _changed(good: Delivery, **attributes: object) -> bytes:
    """Give the body of a good event with some attributes replaced, under an id of its own unless one is given."""
    return orjson.dumps({**orjson.loads(good.body), "id": f"bad-{random.getrandbits(64)}", **attributes})


def _poison(good: Delivery, used: Delivery) -> dict[str, tuple[bytes, str | None, str]]:
    """Give reason -> (body, message id, content type)."""
    data = orjson.loads(good.body)["data"]
    no_stay = {"nhs_number": data["nhs_number"]}
    return {
        "not_json": (b"hello", "p1", STRUCTURED),
        "not_cloudevents": (b'{"specversion": "0.3"}', "p2", STRUCTURED),
        "bad_text": (_changed(good, data={**data, "ward": "a\0b"}), "p3", STRUCTURED),
        "time_out_of_range": (_changed(good, time="2062-01-01T00:00:00Z"), "p4", STRUCTURED),
        "id_used_twice": (_changed(good, id=used.message_id), "p5", STRUCTURED),
        "unknown_type": (_changed(good, type="hospital.exploded", dataschema="urn:pod:hospital.exploded:1"), "p6", STRUCTURED),
        "too_new": (_changed(good, dataschema="urn:pod:hospital.admitted:9"), "p7", STRUCTURED),
        "invalid_data": (_changed(good, data=no_stay), "p8", STRUCTURED),
        "bad_nhs_number": (_changed(good, data={**data, "nhs_number": "9434765918"}), "p9", STRUCTURED),
        "too_large": (_changed(good, data={**data, "ward": "x" * 5_000_000}), "p10", STRUCTURED),
        "no_message_id": (_changed(good), None, STRUCTURED),
        "wrong_content_type": (_changed(good), "p11", "text/xml"),
    }


def test_poison_among_1000_good_ones_is_parked_once_each_with_its_reason(site: Site, say) -> None:
    sent = admissions(1000)
    poison = _poison(admissions(1)[0], used=sent[3])
    with closing(site.broker.connect(site.vhost)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        site.publish(sent[:500])
        for body, message_id, content_type in [*poison.values(), *poison.values()]:
            channel.basic_publish(INTAKE, ADMITTED, body, pika.BasicProperties(
                message_id=message_id, content_type=content_type, delivery_mode=2))
    site.publish(sent[500:])
    site.start("journeys")
    site.settle(1000)
    wait_until(lambda: site.number("parked") == len(poison), 30, "everything parked")
    site.leave()
    count = site.count(sent)
    say(f"{len(poison)} kinds of poison, twice each, among 1,000 good", count)
    assert count == all_applied(1000, told=0, parked=len(poison))
    assert sorted(row[0] for row in site.query("SELECT reason FROM parked")) == sorted(poison)


def _had_effect(process: Process) -> float:
    lines = requests.get(f"{process.base}/metrics", timeout=10).text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines
               if line.startswith("pod_events_consumed_total{") and 'outcome="applied"' in line)


def test_1000_duplicates_to_two_instances_at_once_have_no_effect(site: Site, say) -> None:
    instances = [site.start("journeys", ready=False, POD_BATCH="40") for _ in range(2)]
    for process in instances:
        process.wait_http(f"{process.base}/journeys/health/ready", 60)
    sent = admissions(1000)
    both = [*sent, *sent]
    random.Random(7).shuffle(both)
    site.publish(both)
    site.settle(1000)
    shares = [_had_effect(process) for process in instances]
    site.leave()
    count = site.count(sent)
    say(f"1,000 events twice to two instances, which took {shares[0]:.0f} and {shares[1]:.0f}", count)
    assert count == all_applied(1000, told=0)
    assert sum(shares) == 1000
    assert all(shares)
