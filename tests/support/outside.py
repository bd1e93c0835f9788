"""Another system that publishes to the suite: knows the published contract (docs/events.md, docs/asyncapi.yaml), and nothing else.

Nothing of `shared` is imported here, and that is the point.
"""
from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pika
import requests

CONTENT_TYPE = "application/cloudevents+json"
EXCHANGE = "pod.intake"


class Hospital:
    """Says what happened; each of the ways to say it is a class below."""

    def __init__(self) -> None:
        self.last: dict[str, Any] = {}
        #: Ids of all it has said.
        self.sent: set[str] = set()

    def says(self, name: str, data: Mapping[str, Any], time: str = "") -> str:
        """Publish one event; give its id once it is safe with the suite."""
        self.last = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "urn:nhs:pas", "type": name,
                     "time": time or datetime.now(UTC).isoformat(), "datacontenttype": "application/json", "data": dict(data)}
        self.sent.add(self.last["id"])
        self.send(self.last)
        return str(self.last["id"])

    def says_again(self) -> None:
        """Publish the last event again, as a system does that is not sure."""
        self.send(self.last)

    def send(self, event: dict[str, Any]) -> None:
        """Send one event."""
        raise NotImplementedError


class OverAmqp(Hospital):
    """Plain pika, with an account that may publish to the intake and do nothing else."""

    def __init__(self, url: str):
        super().__init__()
        self.url = url

    def send(self, event: dict[str, Any]) -> None:
        """Publish, and wait for the broker's confirm; an event nobody takes is an error."""
        self.publish(event["type"], json.dumps(event).encode(), message_id=event["id"], content_type=CONTENT_TYPE)

    def publish(self, routing_key: str, body: bytes, **properties: Any) -> None:
        """Publish any bytes under any properties."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        try:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.basic_publish(EXCHANGE, routing_key, body, mandatory=True,
                                  properties=pika.BasicProperties(delivery_mode=2, **properties))
        finally:
            if connection.is_open:
                connection.close()


class OverHttps(Hospital):
    """A POST with a bearer token."""

    def __init__(self, suite: Any):
        super().__init__()
        self.url, self.token = f"{suite.base}/journeys/api/v1/events", suite.token("publisher")

    def send(self, event: dict[str, Any]) -> None:
        """Post one event; anything but 202 is an error."""
        answer = self.publish(json.dumps(event).encode())
        if answer.status_code != 202:
            raise AssertionError(f"{answer.status_code}: {answer.text}")

    def publish(self, body: bytes, content_type: str = CONTENT_TYPE) -> requests.Response:
        """Post any bytes."""
        return requests.post(self.url, data=body, timeout=30,
                             headers={"Content-Type": content_type, "Authorization": f"Bearer {self.token}"})


class WithPod(Hospital):
    """The `pod publish` command, as a process of its own."""

    def __init__(self, suite: Any, amqp_url: str = ""):
        super().__init__()
        self.suite, self.amqp_url = suite, amqp_url

    def send(self, event: dict[str, Any]) -> None:
        """Run the command; anything but exit code 0 is an error."""
        done = self.suite.pod("publish", event["type"], "--data", "-", "--id", event["id"], "--source", event["source"],
                              "--time", event["time"], stdin=json.dumps(event["data"]), env={"POD_AMQP_URL": self.amqp_url})
        if done.returncode != 0 or done.stdout.strip() != event["id"]:
            raise AssertionError(f"exit code {done.returncode}: {done.stdout} {done.stderr}")
