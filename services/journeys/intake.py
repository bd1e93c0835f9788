"""Events that other systems send over HTTPS: held against the same rules as those of the broker, then put on their way."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from shared import schemas
from shared.messaging.diagnosis import why_not_json
from shared.messaging.envelope import STRUCTURED, Event, check_time, from_attributes
from shared.messaging.outbox import INTAKE
from shared.messaging.reasons import Unusable

BATCH = "application/cloudevents-batch+json"
#: JSON goes as well: with it a list is a batch, an object one event.
TYPES = (STRUCTURED, BATCH, "application/json")
#: Most events of one request; 1 MiB holds some 4,000 of the shortest.
MOST = 1000


class Fault(NamedTuple):
    """One thing wrong: where, as a JSON pointer, and what."""

    pointer: str
    detail: str


def read(body: bytes, media: str, now: datetime) -> tuple[list[Event], list[Fault]]:
    """Give the events of a request, and what is wrong with any of them; with a fault none may be taken."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return [], [Fault("", why_not_json(body)[1])]
    if media == BATCH and not isinstance(parsed, list):
        return [], [Fault("", "A batch must be a list of events.")]
    if media == STRUCTURED and isinstance(parsed, list):
        return [], [Fault("", f"A list of events goes as {BATCH}.")]
    if not isinstance(parsed, list):
        return _all([("", parsed)], now)
    if not 0 < len(parsed) <= MOST:
        return [], [Fault("", f"A batch must have 1 to {MOST} events.")]
    return _all([(f"/{index}", one) for index, one in enumerate(parsed)], now)


def _all(given: list[tuple[str, Any]], now: datetime) -> tuple[list[Event], list[Fault]]:
    events, faults = [], []
    for pointer, attributes in given:
        try:
            events.append(_one(attributes, now))
        except Unusable as fault:
            faults += list(_faults(pointer, fault))
    return events, faults


def _one(attributes: Any, now: datetime) -> Event:
    """Make one event. Raises Unusable."""
    event = from_attributes(attributes)
    event.replayed = False  # ours to say: with it an event may be of any age
    check_time(event, now)
    contract = schemas.contract(event.type, event.version)
    if contract.exchange != INTAKE:
        raise schemas.Invalid(event.type, {"": f"{event.type} is not one that other systems send."})
    contract.check_days(contract.load(event.data), now)
    return event


def _faults(pointer: str, fault: Unusable) -> Iterator[Fault]:
    if isinstance(fault, schemas.Invalid):
        for path, words in fault.faults.items():
            yield Fault(f"{pointer}/data/{path.replace('.', '/')}" if path else f"{pointer}/type", words)
    else:
        yield Fault(pointer, fault.words)
