"""Makes events of deliveries, in the order that costs strangers least, and says why when it cannot."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.messaging.delivery import Delivery, body_id, inbox_id
from shared.messaging.envelope import Event, check_time, digest, read
from shared.messaging.outbox import INTAKE
from shared.messaging.parking import Parked
from shared.messaging.reasons import Reason, Unusable
from shared.schemas import Contract, contract, load


@dataclass(slots=True)
class Reading:
    """One event as read: its key in the inbox, its digest, its contract, whose numbers it carries."""

    delivery: Delivery
    event: Event
    key: str
    digest: bytes
    contract: Contract
    nhs_numbers: tuple[str, ...]
    firehose: bool


class Reader:
    """Reads what one service hears."""

    def __init__(self, hears: frozenset[str], hears_all_intake: bool):
        self.hears, self.hears_all_intake = hears, hears_all_intake

    def envelopes(self, deliveries: Sequence[Delivery], now: datetime) -> tuple[list[Reading], list[Parked]]:
        """Read envelopes, types and check digits; what is not for this service is left out."""
        readings, parked = [], []
        for delivery in deliveries:
            try:
                if (reading := self._envelope(delivery, now)) is not None:
                    readings.append(reading)
            except Unusable as fault:
                parked.append(Parked(body_id(delivery.body), delivery, fault.reason, fault.words, fault.event_id, fault.type))
        return readings, parked

    def _envelope(self, delivery: Delivery, now: datetime) -> Reading | None:
        event = read(delivery.body, delivery.headers, delivery.content_type, delivery.message_id, require_message_id=True)
        intake = delivery.exchange == INTAKE
        if intake:
            check_time(event, now)
        if event.type not in self.hears and not (intake and self.hears_all_intake):
            return None
        known = contract(event.type, event.version)
        numbers = known.nhs_numbers(event.data)
        if event.type not in self.hears:
            return None
        return Reading(delivery, event, inbox_id(event.source, event.id), b"", known, numbers, intake and bool(numbers))

    def contents(self, reading: Reading) -> Parked | None:
        """Hold the data against its contract; the reason to park it, or None when all is well."""
        event = reading.event
        reading.digest = digest(event)
        try:
            event.data = load(event.type, event.version, event.data)
        except Unusable as fault:
            return Parked(reading.key, reading.delivery, fault.reason, fault.words, event.id, event.type,
                          digest=reading.digest)
        return None

    def used_twice(self, reading: Reading) -> Parked:
        """Give the parking of an event whose id stood for something else before."""
        event = reading.event
        return Parked(inbox_id(reading.key, reading.digest.hex()), reading.delivery, Reason.ID_USED_TWICE,
                      "The id was used before with other content.", event.id, event.type, known=event.person is not None)
