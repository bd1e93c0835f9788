"""Where a page of a list ended, so that the next begins behind it wherever that referral stands by then.

A cursor holds by what the list was sorted, a day or a moment as it was when the page was given, and an id: nothing that is
personal, for addresses are written into logs. A list that is sorted by name would have to keep it otherwise.
"""
from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

from shared.database import instant_text

PARTED = "|"


class Cursor(NamedTuple):
    """The referral a page ended with: `value` is what it was sorted by then, a day as text or a moment."""

    value: str | datetime
    id: str


class Unknown(ValueError):
    """No page of the list ended with such a cursor."""


def written(sort: str, value: str | datetime, id_: str) -> str:
    """Write a cursor of a list sorted by `sort`."""
    shown = value if isinstance(value, str) else instant_text(value)
    return base64.urlsafe_b64encode(PARTED.join((sort, shown, id_)).encode()).decode().rstrip("=")


def read(text: str, sort: str, of_moments: bool) -> Cursor:
    """Read a cursor; one that no page of a list sorted so ended with is Unknown."""
    try:
        was, value, id_ = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode().split(PARTED)
        found = Cursor(_moment(value) if of_moments else date.fromisoformat(value).isoformat(), str(UUID(id_)))
    except ValueError:
        raise Unknown(text) from None
    if was != sort:
        raise Unknown(text)
    return found


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo != UTC:
        raise ValueError(text)
    return found
