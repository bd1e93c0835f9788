"""How statements become a state, and a state becomes what the world should hear; pure and total."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from shared.ledger.types import Announcement, Rules, State, Statement

Order = tuple[datetime, datetime, int, str]
#: What was announced under one key: revision, type, occurred_at, data, withdrawn, recordedtime.
Announced = list[Any]

NEVER = datetime(1, 1, 1, tzinfo=UTC)


class UnknownKind(ValueError):
    """A statement of a kind the domain has no rank for; it may not be written."""


class Telling(NamedTuple):
    """One event to send: the announcement, its key, its revision, and whether it takes back what was told."""

    about: str
    revision: int
    announcement: Announcement
    withdrawn: bool
    recorded_at: datetime


def strength(statement: Statement) -> tuple[datetime, bool, str]:
    """Rank the statements about one key: recorded last stands; ties to the withdrawal, then the larger event id."""
    assert statement.recorded_at is not None
    return (statement.recorded_at, statement.withdrawn, statement.event_id)


def order(statement: Statement, ranks: Mapping[str, int]) -> Order:
    """Give the place of a standing statement in the fold."""
    assert statement.recorded_at is not None
    return (statement.occurred_at, statement.recorded_at, ranks[statement.kind], statement.about)


def standing(statements: Iterable[Statement]) -> dict[str, Statement]:
    """Give the statement that stands about each key, withdrawals included."""
    stands: dict[str, Statement] = {}
    for statement in statements:
        rival = stands.get(statement.about)
        if rival is None or strength(statement) > strength(rival):
            stands[statement.about] = statement
    return stands


def fold(rules: Rules, aggregate: str, statements: Iterable[Statement]) -> tuple[State, Order | None]:
    """Fold all statements of an aggregate from nothing; give its state and the place of the last one folded."""
    return advance(rules, rules.initial(aggregate), standing(statements).values(), None)


def advance(rules: Rules, state: State, statements: Iterable[Statement], last: Order | None) -> tuple[State, Order | None]:
    """Evolve `state` over standing statements, in order."""
    ranks = rules.RANKS
    for place, statement in sorted((order(s, ranks), s) for s in statements if not s.withdrawn):
        state, last = rules.evolve(state, statement), place
    return state, last


def stamp(statement: Statement, rules: Rules, now: datetime, rival: Statement | None) -> Statement:
    """Give a statement its recording time, never earlier than its key's last; refuse an unknown kind."""
    if statement.kind not in rules.RANKS:
        raise UnknownKind(f"no rank for statements of kind {statement.kind!r}")
    if statement.recorded_at is not None:
        return statement
    floor = rival.recorded_at + timedelta(microseconds=1) if rival and rival.recorded_at else NEVER
    return statement._replace(recorded_at=max(now, floor))


def saying(statement: Statement) -> tuple[str, str, str]:
    """Give what makes a saying one: however often and whichever way it comes, it is said once."""
    return (statement.about, statement.source, statement.event_id)


def differences(owed: Mapping[str, Announcement], announced: Mapping[str, Announced], now: datetime) -> list[Telling]:
    """Compare what is owed with what was announced: new, changed, and withdrawn."""
    tellings = []
    for about, announcement in owed.items():
        told = announced.get(about)
        if told is None:
            tellings.append(Telling(about, 1, announcement, False, now))
        elif told[4] or told[3] != announcement.data or told[2] != announcement.occurred_at or told[1] != announcement.type:
            tellings.append(Telling(about, told[0] + 1, announcement, False, _after(told, now)))
    for about, told in announced.items():
        if about not in owed and not told[4]:
            last = Announcement(told[1], told[2], told[3])
            tellings.append(Telling(about, told[0] + 1, last, True, _after(told, now)))
    return tellings


def _after(told: Announced, now: datetime) -> datetime:
    return max(now, datetime.fromisoformat(told[5]) + timedelta(microseconds=1))


def note(announced: Mapping[str, Announced], tellings: Iterable[Telling], text: Any) -> dict[str, Announced]:
    """Give the announced map with `tellings` in it; `text` writes a datetime."""
    noted = dict(announced)
    for t in tellings:
        noted[t.about] = [t.revision, t.announcement.type, t.announcement.occurred_at, t.announcement.data,
                          t.withdrawn, text(t.recorded_at)]
    return noted


