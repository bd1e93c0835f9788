"""The topology on a real broker: nothing is lost on the way to the dead, and accounts may do what they must, no more."""
from __future__ import annotations

import json
from collections.abc import Iterator

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker, ProbableAuthenticationError

from shared import schemas
from shared.messaging import topology
from tests.support.broker import Broker
from tests.support.ground import ROOT, wait_until

BINDINGS = {"journeys": {topology.INTAKE: ("#",), topology.EVENTS: ("referral.accepted",)},
            "referrals": {topology.INTAKE: ("hospital.admitted",)}}


@pytest.fixture
def channel(broker: Broker, vhost: str) -> Iterator[pika.adapters.blocking_connection.BlockingChannel]:
    connection = broker.connect(vhost)
    channel = connection.channel()
    channel.confirm_delivery()
    topology.declare(channel, BINDINGS)
    yield channel
    if connection.is_open:
        connection.close()


def test_the_definitions_file_is_what_the_topology_module_says() -> None:
    assert (ROOT / topology.FILE).read_text() == topology.text(), "run python -m shared.messaging.topology"


def test_declaring_twice_changes_nothing(channel, broker: Broker, vhost: str) -> None:
    topology.declare(channel, BINDINGS)
    channel.basic_publish(topology.INTAKE, "hospital.admitted", b"{}", mandatory=True)
    assert broker.depth(vhost, "pod.journeys") == broker.depth(vhost, "pod.referrals") == 1


def test_what_nobody_binds_is_returned_to_who_sent_it(channel) -> None:
    with pytest.raises(pika.exceptions.UnroutableError):
        channel.basic_publish(topology.EVENTS, "journey.opened", b"{}", mandatory=True)


def test_a_refused_message_goes_to_the_dead_queue_of_its_own_service_only(channel, broker: Broker, vhost: str) -> None:
    channel.basic_publish(topology.INTAKE, "hospital.admitted", b"{}", pika.BasicProperties(message_id="one"))
    frame, _, _ = channel.basic_get("pod.referrals")
    channel.basic_nack(frame.delivery_tag, requeue=False)
    wait_until(lambda: broker.depth(vhost, "pod.referrals.dead") == 1, 10, "the dead letter")
    assert broker.depth(vhost, "pod.journeys.dead") == 0
    frame, properties, _ = channel.basic_get("pod.referrals.dead", auto_ack=True)
    assert properties.message_id == "one"
    assert properties.headers["x-death"][0]["routing-keys"] == ["hospital.admitted"]


@pytest.fixture
def impatient(broker: Broker) -> Iterator[None]:
    """Make the broker try dead letters again after a second instead of its three minutes."""
    wait = "application:set_env(rabbit, dead_letter_worker_publisher_confirm_timeout, {})."
    broker.rabbitmqctl("eval", wait.format(1000))
    yield
    broker.rabbitmqctl("eval", wait.format(180_000))


def test_dead_letters_wait_until_their_queue_takes_them(impatient, channel, broker: Broker, vhost: str) -> None:
    channel.queue_unbind("pod.referrals.dead", topology.DEAD, "pod.referrals")
    channel.basic_publish(topology.INTAKE, "hospital.admitted", b"{}")
    frame, _, _ = channel.basic_get("pod.referrals")
    channel.basic_nack(frame.delivery_tag, requeue=False)
    channel.connection.sleep(0.5)
    assert broker.depth(vhost, "pod.referrals.dead") == 0
    topology.declare(channel, BINDINGS)
    wait_until(lambda: broker.depth(vhost, "pod.referrals.dead") == 1, 30, "the dead letter, tried again")


def test_the_delivery_limit_ends_in_the_dead_queue(channel, broker: Broker, vhost: str) -> None:
    channel.basic_publish(topology.INTAKE, "hospital.admitted", b"{}")
    deliveries = 0
    for _ in range(topology.DELIVERY_LIMIT + 5):
        frame, _, _ = channel.basic_get("pod.referrals")
        if frame is None:
            break
        deliveries += 1
        channel.basic_nack(frame.delivery_tag, requeue=True)
    assert deliveries == topology.DELIVERY_LIMIT + 1
    wait_until(lambda: broker.depth(vhost, "pod.referrals.dead") == 1, 10, "the dead letter")


@pytest.fixture
def publisher_url(broker: Broker, vhost: str) -> str:
    """Give the URL of the `publisher` account as the definitions have it, in the test's own virtual host."""
    mine = topology.text().replace('"vhost": "/"', f'"vhost": "{vhost}"').replace('"publisher"', f'"publisher-{vhost}"')
    definitions = json.loads(mine)
    definitions["vhosts"] = [{"name": vhost}]
    broker.http("POST", "/definitions", definitions)
    return broker.url(vhost, f"publisher-{vhost}", "secret")


@pytest.fixture
def publisher(broker: Broker, vhost: str, publisher_url: str) -> Iterator[pika.BlockingConnection]:
    broker.http("PUT", f"/users/publisher-{vhost}", {"password": "secret", "tags": ""})
    connection = pika.BlockingConnection(pika.URLParameters(publisher_url))
    yield connection
    if connection.is_open:
        connection.close()


@pytest.mark.parametrize("password", ["", "secret", "guest", "publisher"])
def test_no_account_of_the_definitions_has_a_usable_password(broker: Broker, vhost: str, publisher_url: str,
                                                             password: str) -> None:
    for user in (f"publisher-{vhost}", "pod"):
        with pytest.raises(ProbableAuthenticationError):
            pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", broker.port, vhost,
                                                              pika.PlainCredentials(user, password)))


def test_the_publisher_account_may_publish_each_event_of_the_intake(publisher) -> None:
    channel = publisher.channel()
    channel.confirm_delivery()
    for name in schemas.names(topology.INTAKE):
        channel.basic_publish(topology.INTAKE, name, b"{}", mandatory=True)


@pytest.mark.parametrize("more", [
    lambda channel: channel.basic_publish(topology.INTAKE, "referral.accepted", b"{}"),
    lambda channel: channel.basic_publish(topology.INTAKE, "hospital.admitted.x", b"{}"),
    lambda channel: channel.basic_publish(topology.EVENTS, "hospital.admitted", b"{}"),
    lambda channel: channel.basic_publish(topology.DEAD, "pod.journeys", b"{}"),
    lambda channel: channel.basic_publish("", "pod.journeys", b"{}"),
    lambda channel: channel.basic_publish("amq.topic", "hospital.admitted", b"{}"),
    lambda channel: channel.basic_get("pod.journeys"),
    lambda channel: channel.basic_consume("pod.journeys", lambda *_: None),
    lambda channel: channel.queue_purge("pod.journeys"),
    lambda channel: channel.queue_delete("pod.journeys"),
    lambda channel: channel.queue_declare("pod.mine", durable=True),
    lambda channel: channel.queue_declare("", exclusive=True),
    lambda channel: channel.exchange_declare("pod.mine", "topic"),
    lambda channel: channel.exchange_delete(topology.INTAKE),
    lambda channel: channel.queue_bind("pod.journeys", topology.EVENTS, "#"),
], ids=["another's event", "a longer key", "our own exchange", "the dead exchange", "straight to a queue",
        "a standard exchange", "get", "consume", "purge", "delete queue", "declare queue", "declare private queue",
        "declare exchange", "delete exchange", "bind"])
def test_the_publisher_account_may_do_nothing_else(publisher, more) -> None:
    channel = publisher.channel()
    channel.confirm_delivery()
    with pytest.raises(ChannelClosedByBroker) as refused:
        more(channel)
    assert refused.value.reply_code == 403
