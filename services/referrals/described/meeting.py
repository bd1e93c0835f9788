"""The introductory meeting of a referral, as it is answered (R-07)."""
from __future__ import annotations

from typing import Any

from marshmallow import fields

from services.referrals.body import PREFERENCES
from shared.web.described import Shown, choice, many, moment, one, text, yes_no


class Span(Shown):
    """A time from and until."""

    starts_at = moment("when it begins, UTC")
    ends_at = moment("when it ends, UTC")


class Offered(Span):
    """The meeting as offered."""

    mode = choice(*PREFERENCES, description="how they meet")
    place = text("room, number to ring, or address of the call; may be empty")
    to_check = yes_no("the development worker has yet to check the time, which suited another")
    agreed = yes_no("all agreed to this time in another way than by giving times")
    cancelled = yes_no("it was called off")
    off = yes_no("it will not be: it was called off, or nothing planned happens any more by then (J-11, J-14)")
    reason = text("why it was called off", must=False)


def _times(whose: str) -> fields.List[Any]:
    return many(Span, f"times at which the {whose} can; null: nothing was said", null=True, must=False)


class Availability(Shown):
    """When each of those who take part can; left out is who does not take part. Null: nothing was said."""

    citizen = _times("citizen")
    practitioner = _times("practitioner")
    development_worker = _times("development worker")


class Meeting(Shown):
    """The introductory meeting (R-07)."""

    availability = one(Availability, null=False)
    slots = many(Span, "times at which all can, within the Pod's working hours (R-08)")
    offered = one(Offered, "the meeting as it was offered last; null before")
    held_at = moment("when it was held, as the journey says; null before", null=True)
