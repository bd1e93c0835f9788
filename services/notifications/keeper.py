"""How a batch of events becomes messages: one SQL statement per table, rows locked in sorted order."""
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.notifications import directory, held, rules, sent, store
from services.notifications.channels import Outcome, accept, not_here
from services.notifications.domain import Key, Message, Told, messages, reaches_nobody, saying, with_managers
from shared.calendar import london_day
from shared.database import Database
from shared.messaging.delivery import inbox_id
from shared.messaging.envelope import Event
from shared.messaging.plain import PlainKeeper, Staged


class NotificationsKeeper(PlainKeeper):
    """Keeps what was heard and what was sent. Whom to tell stands in the event, save the managers: the directory has them."""

    def __init__(self, database: Database):
        self.database = database

    def introduce(self, connection: Connection, events: Sequence[Event]) -> None:
        """Write what the directory says of its members."""
        directory.keep(connection, self.database, events)

    def apply(self, connection: Connection, stage: Staged, now: datetime, yielding: Callable[[], None]) -> None:
        """Write the messages of a batch."""
        if not stage.events:
            return
        highest = self._hear(connection, stage.events)
        told = self._told(connection, [id_ for id_, revision in highest.items() if revision])
        in_force, spans = rules.load(connection), held.spans(connection)
        managers, made = directory.managers(connection, london_day(now)), []
        for event in stage.events:
            id_, revision = about_id(event), revision_of(event)
            if revision <= highest[id_]:
                continue
            highest[id_] = revision
            outcome = held.OUTCOME if held.covers(spans, event) else None
            made += _tell(event, id_, told.setdefault(id_, {}), in_force, now, outcome, managers)
            yielding()
        self.database.insert(connection, store.notifications, self._to_who_is_here(connection, made, now), conflict="nothing")

    def hold(self, connection: Connection, since: datetime, until: datetime) -> None:
        """Hold what was caused in a span that the databases have forgotten: it may have gone out already."""
        held.hold(connection, self.database, since, until)

    def backlog(self, connection: Connection) -> dict[str, int]:
        """Count what waits for a person."""
        return {"held": sent.count(connection, {"state": held.HELD})}

    def warnings(self, connection: Connection) -> list[tuple[str, str]]:
        """Give what 'pod doctor' should warn of: what was found, and what to do."""
        managers = directory.managers(connection, london_day(self.database.now(connection)))
        return [(f"the rule {rule.id} is on and reaches nobody: the directory has no {' and no '.join(rule.to)}",
                 "Add one on /referrals/directory, or an address on /notifications/rules, or turn the rule off")
                for rule in rules.load(connection).values() if reaches_nobody(rule, managers)]

    def _to_who_is_here(self, connection: Connection, made: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
        """Send nothing to those who are no longer here: what is news to them waits for a person, what corrects goes nowhere."""
        gone = directory.gone(connection, self.database, {row["recipient"] for row in made}, london_day(now))
        kept = [row for row in made if row["recipient"] not in gone or not row["correction_of"]]
        for row in kept:
            if left := gone.get(row["recipient"]):
                outcome = not_here(left)
                row |= {"state": outcome.state, "why": outcome.why, "sent_at": None}
        return kept

    def _hear(self, connection: Connection, events: Sequence[Event]) -> dict[str, int]:
        """Write the highest revision of each thing; give what it was before, 0 where nothing was heard."""
        rows: dict[str, int] = {}
        for event in events:
            id_ = about_id(event)
            rows[id_] = max(rows.get(id_, 0), revision_of(event))
        table = store.heard
        made = [{"id": id_, "revision": rows[id_]} for id_ in sorted(rows)]
        new = {str(id_) for id_ in self.database.insert_new(connection, table, made, "id")}
        before = dict.fromkeys(new, 0)
        if had := [id_ for id_ in sorted(rows) if id_ not in new]:
            query = sa.select(table).where(self.database.any_of(table.c.id, had)).order_by(table.c.id).with_for_update()
            before |= {row.id: row.revision for row in connection.execute(query)}
            higher = [{"id": id_, "revision": rows[id_]} for id_ in had if rows[id_] > before[id_]]
            self.database.insert(connection, table, higher, conflict="update", update=["revision"])
        return before

    def _told(self, connection: Connection, ids: Collection[str]) -> dict[str, dict[Key, Told]]:
        """Give who was told what last, by what it was about."""
        found: dict[str, dict[Key, Told]] = {}
        if not ids:
            return found
        t = store.notifications.c
        query = sa.select(t.heard, t.recipient, t.rule, t.id, t.said, t.role).where(
            self.database.any_of(t.heard, ids)).order_by(t.revision)
        for row in connection.execute(query):
            found.setdefault(row.heard, {})[row.recipient, row.rule] = Told(row.id, row.said, row.role)
        return found


def about_id(event: Event) -> str:
    """Give the key of what an event is about; an event about nothing in particular is about itself."""
    return inbox_id(event.source, event.about or event.id)


def revision_of(event: Event) -> int:
    """Give the revision of an event; 1 where it does not say."""
    return event.revision or 1


def _tell(event: Event, id_: str, told: dict[Key, Told], in_force: Mapping[str, Any], now: datetime,
          outcome: Outcome | None, managers: Collection[str]) -> list[dict[str, Any]]:
    """Give the rows of what one event makes us send, and note them in `told`."""
    found = saying(event.id, event.type, revision_of(event), event.withdrawn, event.data)
    found = with_managers(found, managers)
    rows = [_row(message, event, id_, now, outcome or accept(message.channel)) for message in messages(found, told, in_force)]
    told.update({(row["recipient"], row["rule"]): Told(row["id"], row["said"], row["role"]) for row in rows})
    return rows


def _row(message: Message, event: Event, id_: str, now: datetime, outcome: Outcome) -> dict[str, Any]:
    return {
        "id": inbox_id(event.id, f"{message.recipient}\x1f{message.rule}"), "heard": id_, "event_id": event.id,
        "event_source": event.source, "event_type": event.type, "about": event.about or event.id,
        "revision": revision_of(event), **message._asdict(), "state": outcome.state, "why": outcome.why,
        "created_at": now, "sent_at": now if outcome.state == "sent" else None,
    }
