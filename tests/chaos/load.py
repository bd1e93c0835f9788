"""Another system that publishes without end, and knows which of its events the broker confirmed."""
from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from types import TracebackType

import orjson

from shared.messaging.delivery import Delivery
from shared.publisher import Publisher, PublishError


class Load:
    """Publishes `deliveries` one after another in a thread, each until it is confirmed; pauses `pause` seconds between."""

    def __init__(self, amqp_url: str, deliveries: Sequence[Delivery], pause: float = 0.0):
        self.amqp_url, self.deliveries, self.pause = amqp_url, deliveries, pause
        self.confirmed: list[Delivery] = []
        self.failures = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        self._thread.join(60)

    def finish(self, within: float = 60) -> None:
        """Wait until every event is confirmed."""
        self._thread.join(within)
        assert len(self.confirmed) == len(self.deliveries), f"{len(self.confirmed)} of {len(self.deliveries)} confirmed"

    def _run(self) -> None:
        with Publisher(self.amqp_url) as publisher:
            for delivery in self.deliveries:
                self._insist(publisher, delivery)
                time.sleep(self.pause)

    def _insist(self, publisher: Publisher, delivery: Delivery) -> None:
        event = orjson.loads(delivery.body)
        while not self._stopping.is_set():
            try:
                publisher.publish(event["type"], event["data"], source=event["source"], time=event["time"], id=event["id"])
            except PublishError:
                self.failures += 1
                continue
            self.confirmed.append(delivery)
            return
