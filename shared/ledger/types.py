"""The words of the ledger: statement, announcement, refusal, and the rules a domain gives."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

Data = dict[str, Any]
State = dict[str, Any]


class Statement(NamedTuple):
    """Somebody said something about something.

    `about` is the key the statement speaks of; of all about one key the one recorded last stands.
    `occurred_at` and `recorded_at` are aware UTC datetimes. `withdrawn` means: take back what stands
    under `about`; `data` is then empty. `recorded_at` None means "stamp it with the database's clock,
    under the lock", which is right for everything said by our own people.
    """

    about: str
    kind: str
    occurred_at: datetime
    data: Data
    withdrawn: bool = False
    recorded_at: datetime | None = None
    actor: str = ""
    source: str = ""
    event_id: str = ""
    version: int = 1
    #: Where the chain of events began that this is part of; not kept, it travels on in the events this causes.
    correlation: str = ""

    @property
    def is_by_staff(self) -> bool:
        """Say whether `actor` is the id of a member of staff; what an event says has its source as actor."""
        return self.actor != self.source


class Announcement(NamedTuple):
    """What the world should have heard: an event without its personal data.

    Two announcements under one key are the same when they compare equal, so `data` holds ids and facts
    only; names and contacts are added when the event is written (`events.py` of the service).
    """

    type: str
    occurred_at: str
    data: Data


class Refused(NamedTuple):
    """A command that may not be done: the rule that forbids it, why, and what would help."""

    rule: str
    reason: str
    help: str = ""
    field: str = ""


@dataclass(frozen=True)
class Actor:
    """Who asks: work e-mail address (or `urn:` of a system), display name, roles."""

    email: str
    name: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)
    team: str = ""


class Rules(Protocol):
    """What a service's `domain.py` gives the ledger; all of it pure."""

    #: Raised when `evolve` changes its meaning; snapshots of another version are folded anew.
    FOLD_VERSION: int
    #: kind -> rank among statements of the same two times; an unknown kind refuses to write.
    RANKS: Mapping[str, int]

    def initial(self, aggregate: str) -> State:
        """Give the state of an aggregate nobody has spoken of."""

    def evolve(self, state: State, statement: Statement) -> State:
        """Take one standing statement into account; total: never refuses, never raises, may not change `state`."""

    def owed(self, state: State, now: datetime) -> Mapping[str, Announcement]:
        """Give what the world should have heard by `now`, by globally unique `about`."""

    def next_look_at(self, state: State, now: datetime) -> datetime | None:
        """Say when `owed` or a row of the read model will next differ though nobody says anything."""
