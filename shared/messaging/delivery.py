"""One message as it reached us, whichever way it came."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.ids import digested
from shared.messaging.outbox import EVENTS, Waiting


@dataclass(slots=True)
class Delivery:
    """A message's body and the properties that matter; `count` is how often the broker delivered it before."""

    body: bytes
    content_type: str | None = "application/cloudevents+json"
    headers: Mapping[str, Any] = field(default_factory=dict)
    message_id: str | None = None
    exchange: str = EVENTS
    count: int = 0

    @classmethod
    def of_row(cls, row: Waiting) -> Delivery:
        """Give the delivery of an outbox row handed over within one process."""
        return cls(row.body, message_id=row.event_id, exchange=row.exchange)


def inbox_id(source: str, event_id: str) -> str:
    """Give the key of an event in an inbox: a duplicate is the same source and id."""
    return digested(f"{source}\x1f{event_id}".encode())


def body_id(body: bytes) -> str:
    """Give the key under which an unreadable message is parked: the same bytes are parked once."""
    return digested(body)
