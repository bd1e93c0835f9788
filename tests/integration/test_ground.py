"""The ground the other tests stand on: what it promises them."""
from __future__ import annotations

import time

import pika
import psycopg
import pytest

from shared.database import Database
from tests.support.broker import Broker
from tests.support.browser import axe
from tests.support.postgres import Postgres


def _put(broker: Broker, vhost: str, count: int) -> None:
    connection = broker.connect(vhost)
    channel = connection.channel()
    channel.confirm_delivery()
    channel.queue_declare("q", durable=True, arguments={"x-queue-type": "quorum"})
    for _ in range(count):
        channel.basic_publish("", "q", b"x", pika.BasicProperties(delivery_mode=2))
    connection.close()


def test_a_virtual_host_begins_empty(broker: Broker, vhost: str) -> None:
    _put(broker, vhost, 3)
    assert broker.depth(vhost, "q") == 3
    other = broker.new_vhost()
    with pytest.raises(pika.exceptions.ChannelClosedByBroker):
        broker.depth(other, "q")
    broker.delete_vhost(other)


def test_a_killed_broker_comes_back_with_what_it_confirmed(broker: Broker, vhost: str) -> None:
    _put(broker, vhost, 5)
    time.sleep(1)  # see kill9: until then the queue itself is not on disk
    broker.kill9()
    assert not broker.running
    broker.start()
    assert broker.depth(vhost, "q") == 5


def test_the_memory_alarm_blocks_publishers_and_is_cleared_again(broker: Broker, vhost: str) -> None:
    broker.memory_alarm(True)
    blocked: list[object] = []
    try:
        connection = broker.connect(vhost)
        connection.add_on_connection_blocked_callback(lambda *_: blocked.append(1))
        connection.channel().basic_publish("", "nowhere", b"x")
        connection.process_data_events(2)
        assert blocked
    finally:
        broker.memory_alarm(False)
    _put(broker, vhost, 1)


def test_postgresql_keeps_what_was_committed_through_a_kill(postgres: Postgres) -> None:
    url = postgres.new_database()
    postgres.checkpoint()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE t (n int)")
        connection.execute("INSERT INTO t VALUES (7)")
    postgres.kill9()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    postgres.start()
    assert postgres.execute("SELECT n FROM t", url.rsplit("/", 1)[1]) == [(7,)]


def test_each_service_has_a_database_of_its_own(database_url) -> None:
    assert database_url("cafe") != database_url("referrals")
    psycopg.connect(database_url("cafe")).close()


def test_a_template_is_filled_once_and_copied(postgres: Postgres) -> None:
    def fill(url: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE filled (n int)")
    for _ in range(2):
        name = postgres.new_database(postgres.template("base", fill)).rsplit("/", 1)[1]
        assert postgres.execute("SELECT count(*) FROM filled", name) == [(0,)]


def test_either_database_answers(any_database: Database) -> None:
    with any_database.transaction() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_a_process_is_stopped_within_its_bound(start_process) -> None:
    process = start_process(["sleep", "60"])
    assert process.terminate(within=5) == -15
    assert not process.running


def test_axe_finds_a_picture_without_words(page) -> None:
    page.set_content("<!doctype html><html lang=en><title>t</title><main><h1>h</h1><img src='data:,'></main>")
    assert any(line.startswith("image-alt") for line in axe(page))
