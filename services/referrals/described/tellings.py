"""What a citizen who referred themself is told, as it is answered (R-11)."""
from __future__ import annotations

from services.referrals.telling import WAYS, WHY_NOT, WORDS, WROTE
from shared.web.described import Shown, choice, day, id_of, moment, text


class ToTell(Shown):
    """Something the citizen has yet to be told."""

    key = text("what it is about; sent as one of `what` when it was told", example="meeting:0")
    what = choice(*WORDS, WROTE, description=f"what it is; {WROTE}: they wrote to us, and are to be answered")
    since = moment("when it came up, UTC")
    words = text("the same for people")


class ToldShown(Shown):
    """Something the citizen was told, or not told for a reason."""

    key = text("what it was about", example="accepted")
    way = choice(*WAYS, null=True, description="how they were told; null where they were not")
    why_not = choice(*WHY_NOT, null=True, description="why they were not; null where they were")
    on = day("the day on which they were", null=False)
    at = moment("when it was written down, UTC")
    by = text("name of who wrote it down")


class MessageShown(Shown):
    """What the citizen wrote to us on the page their code leads to."""

    id = id_of("id of the message")
    at = moment("when, UTC")
    words = text("what they wrote")
