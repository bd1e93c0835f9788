"""How messages leave: one class per channel; so far the outbox page, which needs nobody else."""
from __future__ import annotations

from datetime import date
from typing import NamedTuple, Protocol

from services.notifications.words import said


class Outcome(NamedTuple):
    """What became of a message: one of STATES, and why it was not sent."""

    state: str
    why: str | None = None


class Channel(Protocol):
    """A way to a recipient."""

    #: What staff read on the rules page.
    title: str

    def accept(self) -> Outcome:
        """Give the state a new message starts in; a channel that speaks to the network says `waiting`."""


class OutboxPage:
    """Messages are read on our own page: with the transaction that writes them they have arrived."""

    title = "Outbox page"

    def accept(self) -> Outcome:
        """Say that it is sent."""
        return Outcome("sent")


CHANNELS: dict[str, Channel] = {"outbox": OutboxPage()}
#: `held`: a person decides whether it goes; `settled`: it went out before a restore, as a person found.
STATES = ("waiting", "sent", "failed", "superseded", "held", "settled")


def not_here(since: date) -> Outcome:
    """Give the state of a message to somebody who is no longer here, since a day."""
    return Outcome("failed", f"The directory says that they are no longer here since {said(since)}. Nobody was told in their place.")


def accept(channel: str) -> Outcome:
    """Give the state a new message of a channel starts in; a channel we do not have fails, and says so."""
    known = CHANNELS.get(channel)
    return known.accept() if known else Outcome("failed", f"There is no channel called {channel}.")
