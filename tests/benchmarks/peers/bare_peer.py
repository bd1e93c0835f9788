"""The limit: plain pika that decodes JSON and acknowledges in batches, and does nothing else."""
from __future__ import annotations

import json
import sys
from typing import Any

import pika

BATCH = 400
seen = 0


def on_message(channel: Any, method: Any, _properties: Any, body: bytes) -> None:
    """Decode; acknowledge every so many."""
    global seen
    json.loads(body)
    seen += 1
    if seen % BATCH == 0:
        channel.basic_ack(method.delivery_tag, multiple=True)


def main(amqp: str) -> None:
    """Consume until ended."""
    channel = pika.BlockingConnection(pika.URLParameters(amqp)).channel()
    channel.basic_qos(prefetch_count=2 * BATCH)
    channel.basic_consume("intake", on_message)
    channel.start_consuming()


if __name__ == "__main__":
    main(sys.argv[1])
