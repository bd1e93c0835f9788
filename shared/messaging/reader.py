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
from shared.schemas import contract, load


@dataclass(slots=True)
class Reading:
    """One event as read: whose numbers it carries, what is wrong with it, and once we know that it is ours to keep,
    its key in the inbox and its digest.
    """

    delivery: Delivery
    event: Event
    key: str
    digest: bytes
    nhs_numbers: tuple[str, ...]
    firehose: bool
    #: The contract we lack for its version; said only once we know that the event is about somebody known.
    lacking: Unusable | None = None
    refusal: Parked | None = None


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
                parked.append(unusable(delivery, fault))
        return readings, parked

    def _envelope(self, delivery: Delivery, now: datetime) -> Reading | None:
        event = read(delivery.body, delivery.headers, delivery.content_type, delivery.message_id, require_message_id=True)
        intake = delivery.exchange == INTAKE
        if intake:
            event.replayed = False  # only our own replays may be of any age, and repeat an id with what is known today
            check_time(event, now)
        if event.type not in self.hears and not (intake and self.hears_all_intake):
            return None
        try:
            return self._reading(delivery, event, intake)
        except Unusable as fault:
            fault.event_id, fault.type = event.id, event.type
            raise

    def _reading(self, delivery: Delivery, event: Event, intake: bool) -> Reading | None:
        newest = contract(event.type)
        if intake and newest.exchange != INTAKE:
            raise Unusable(Reason.UNKNOWN_TYPE, "Other systems have no event of this name.")
        shape, lacking = newest, None
        if event.version != newest.version:
            try:
                shape = contract(event.type, event.version)
            except Unusable as fault:
                lacking = fault
        numbers = shape.nhs_numbers(event.data)
        if event.type not in self.hears:
            return None
        return Reading(delivery, event, "", b"", numbers, intake and bool(numbers), lacking)

    def contents(self, reading: Reading, now: datetime) -> None:
        """Hold the data against its contract, and lift it to the newest version; sets `refusal` where it cannot be used.

        Raises Unusable for a version we have no contract for: what it says nobody here can judge.
        """
        event = reading.event
        if reading.lacking is not None:
            raise Unusable(reading.lacking.reason, reading.lacking.words, event.id, event.type)
        reading.key, reading.digest = inbox_id(event.source, event.id), digest(event)
        try:
            event.data = load(event.type, event.version, event.data)
            newest = contract(event.type)
            event.version = newest.version
            newest.check_days(event.data, now)
        except Unusable as fault:
            reading.refusal = Parked(reading.key, reading.delivery, fault.reason, fault.words, event.id, event.type,
                                     known=known(reading), digest=reading.digest)


def known(reading: Reading) -> bool:
    """Say whether an event is about somebody known; those of our own services are about nobody else."""
    return reading.event.person is not None or reading.delivery.exchange != INTAKE


def unusable(delivery: Delivery, fault: Unusable, of_known: bool = False) -> Parked:
    """Give the parking of a message nothing can be made of, under a key its bytes give."""
    return Parked(body_id(delivery.body), delivery, fault.reason, fault.words, fault.event_id, fault.type,
                  known=of_known or delivery.exchange != INTAKE)


def used_twice(reading: Reading) -> Parked:
    """Give the parking of an event whose id stood for something else before."""
    event = reading.event
    return Parked(inbox_id(reading.key, reading.digest.hex()), reading.delivery, Reason.ID_USED_TWICE,
                  "The id was used before with other content.", event.id, event.type, known=known(reading))
