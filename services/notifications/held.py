"""What is held after a restore: the messages that may have gone out before, and what people decide about them.

Databases restored to a moment have forgotten what was sent after it. So whatever was caused between that moment
and the restore is held, until somebody looked up whether it went out.
"""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.notifications import directory, sent
from services.notifications.channels import Outcome, accept, not_here
from services.notifications.store import heard, holds, notifications
from shared.calendar import london_day
from shared.database import Database, instant_text
from shared.ids import digested
from shared.ledger.types import Actor, Refused
from shared.messaging.envelope import Event
from shared.permissions import may

HELD = "held"
OUTCOME = Outcome(HELD, "It was caused after the moment the databases were restored to: it may have gone out before.")
OVERTAKEN = Outcome("superseded", "A later message about the same has gone out to the same person.")
WENT_OUT = Outcome("settled", "It went out before the databases were restored.")
#: What a person may do with a held message, and how that is kept.
ACTS = {"release": "released", "settle": "went out before"}
NOT_YOURS = Refused("N-03", "Only a manager or operations staff may decide about held messages.")

Span = tuple[datetime, datetime]


class Decided(NamedTuple):
    """What became of the messages decided about: how many are in which state."""

    states: Mapping[str, int]


def hold(connection: Connection, database: Database, since: datetime, until: datetime) -> None:
    """Note a span, both ends included; what waited to be sent at its beginning may have gone out as well."""
    id_ = digested(f"{instant_text(since)}\x1f{instant_text(until)}".encode())
    database.insert(connection, holds, [{"id": id_, "caused_from": since, "caused_until": until}], conflict="nothing")
    waiting = notifications.update().where(notifications.c.state == "waiting")
    connection.execute(waiting.values(state=OUTCOME.state, why=OUTCOME.why))


def spans(connection: Connection) -> list[Span]:
    """Give every span that was ever noted."""
    return [(row.caused_from, row.caused_until) for row in connection.execute(sa.select(holds))]


def covers(found: Iterable[Span], event: Event) -> bool:
    """Say whether an event was caused in one of the spans.

    A sender that was restored too records anew what it is offered again, so when it happened counts as well.
    """
    return any(since <= moment <= until for since, until in found for moment in (event.recordedtime, event.time))


def decide_all(connection: Connection, database: Database, actor: Actor, act: str, wanted: Mapping[str, str], seen: int,
               now: datetime) -> Decided | Refused:
    """Decide about all held messages of a filter, of which `actor` saw that there are `seen`."""
    query = sa.select(notifications.c.id).where(*sent.matching({**wanted, "state": HELD}))
    ids = list(connection.execute(query).scalars())
    if len(ids) != seen:
        return Refused("N-03", f"There are {len(ids)} held messages now, not {seen}.", "Look at them again, then decide.")
    return decide(connection, database, actor, act, ids, now)


def decide(connection: Connection, database: Database, actor: Actor, act: str, ids: Collection[str],
           now: datetime) -> Decided | Refused:
    """Release held messages, or settle that they went out before; those that are not held any more stay as they are."""
    if not may(actor.roles, "notification:settle"):
        return NOT_YOURS
    rows = _locked(connection, database, ids)
    left = _left(connection, database, {row["heard"] for row in rows}) if act == "release" else {}
    gone = directory.gone(connection, database, {row["recipient"] for row in rows}, london_day(now))
    outcomes: dict[Outcome, list[str]] = {}
    for row in rows:
        outcomes.setdefault(_outcome(act, row, left, gone), []).append(row["id"])
    for outcome, its in outcomes.items():
        _write(connection, database, its, outcome, now, actor, act)
    return Decided({outcome.state: len(its) for outcome, its in outcomes.items()})


def not_held(row: sa.RowMapping) -> str:
    """Say why nothing is left to decide about a message."""
    if row["settled_by"]:
        return f"{row['settled_by']} has decided about this message already: {row['settled_how']}."
    return f"This message is not held: its state is {row['state']}."


def _locked(connection: Connection, database: Database, ids: Collection[str]) -> Sequence[sa.RowMapping]:
    """Lock what held messages are about, as the consumer does before it writes a later one; then read them."""
    asked = database.any_of(notifications.c.id, ids)
    about = list(connection.execute(sa.select(notifications.c.heard).distinct().where(asked)).scalars())
    connection.execute(sa.select(heard.c.id).where(database.any_of(heard.c.id, about)).order_by(heard.c.id).with_for_update()).all()
    return connection.execute(sa.select(notifications).where(asked, notifications.c.state == HELD)).mappings().all()


def _left(connection: Connection, database: Database, about: Collection[str]) -> dict[tuple[str, str, str], int]:
    """Give the highest revision that has left, by what it was about, to whom and by which rule."""
    t = notifications.c
    query = sa.select(t.heard, t.recipient, t.rule, sa.func.max(t.revision)).where(
        database.any_of(t.heard, about), t.state.not_in((HELD, OVERTAKEN.state))).group_by(t.heard, t.recipient, t.rule)
    return {(h, recipient, rule): revision for h, recipient, rule, revision in connection.execute(query)}


def _outcome(act: str, row: sa.RowMapping, left: Mapping[tuple[str, str, str], int], gone: Mapping[str, date]) -> Outcome:
    if act == "settle":
        return WENT_OUT
    if left.get((row["heard"], row["recipient"], row["rule"]), 0) > row["revision"]:
        return OVERTAKEN
    if since := gone.get(row["recipient"]):
        return not_here(since)
    return accept(row["channel"])


def _write(connection: Connection, database: Database, ids: Collection[str], outcome: Outcome, now: datetime, actor: Actor,
           act: str) -> None:
    said = {"state": outcome.state, "why": outcome.why, "settled_at": now, "settled_by": actor.email, "settled_how": ACTS[act]}
    if outcome.state == "sent":
        said["sent_at"] = now
    connection.execute(notifications.update().where(database.any_of(notifications.c.id, ids)).values(said))
