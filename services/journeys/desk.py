"""Where staff act: a command of one person's journeys, done in the request's transaction; and what they may see."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, cast
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.journeys import decisions, domain, meetings, store
from services.journeys.meetings import Held
from shared.calendar import end_of_london_day, london_day
from shared.database import instant_text
from shared.ledger import rows
from shared.ledger.fold import standing
from shared.ledger.people import staff
from shared.ledger.store import Ledger, Stale, Written
from shared.ledger.tables import staff_id, statement_id
from shared.ledger.types import Actor, Data, Refused, State, Statement
from shared.permissions import may
from shared.web.context import current_actor, current_room

Decide = Callable[[State, datetime], Sequence[Statement] | Refused]
SOURCE = "urn:pod:journeys"


class Query(NamedTuple):
    """Which journeys are wanted; `mine` is as development worker, or as practitioner for who may read only theirs."""

    nhs_number: str = ""
    state: str = ""
    mine: bool = False
    inpatient: bool = False
    review_due: bool = False
    unallocated: bool = False


def ledger() -> Ledger:
    """Give the ledger of the service that answers this request."""
    return cast(Ledger, cast(Any, current_room).keeper.ledger)


def actor() -> Actor:
    """Give who asks; only behind `requires`."""
    found = current_actor()
    assert found is not None
    return found


def person_of(connection: Connection, journey_id: str) -> str | None:
    """Give the person a journey is of; None when there is no such journey, or it is not for whoever asks."""
    table = store.caseload
    query = sa.select(table.c.aggregate).where(table.c.id == journey_id, *_visible(actor(), _today()))
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def journey_of(connection: Connection, referral_id: str) -> str | None:
    """Give the id of the journey a referral opened; None when there is no such journey, or it is not for whoever asks."""
    table = store.caseload
    query = sa.select(table.c.id).where(table.c.referral_id == referral_id, *_visible(actor(), _today()))
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def find(connection: Connection, query: Query, limit: int, after: str = "", offset: int = 0,
         order: Sequence[Any] = ()) -> list[Any]:
    """Give caseload rows, by id unless ordered otherwise."""
    table, who = store.caseload, actor()
    wanted = [*_visible(who, _today()), *_asked(connection, query, who)]
    if after:
        wanted.append(table.c.id > after)
    found = sa.select(table).where(*wanted).order_by(*order, table.c.id).limit(limit).offset(offset)
    return list(connection.execute(found).mappings())


def _visible(who: Actor, today: str) -> list[sa.ColumnElement[bool]]:
    """Limit a practitioner to the journeys that are theirs today."""
    return [] if may(who.roles, "journey:read") else [_practised_by(staff_id(who.email), today)]


def _practised_by(id_: str, today: str) -> sa.ColumnElement[bool]:
    table, later = store.caseload, store.practices
    first = sa.and_(table.c.practitioner == id_, sa.or_(table.c.practitioner_until.is_(None),
                                                        table.c.practitioner_until > today))
    return sa.or_(first, sa.exists().where(
        later.c.journey == table.c.id, later.c.practitioner == id_, later.c.from_on <= today,
        sa.or_(later.c.until_on.is_(None), later.c.until_on > today)))


def _asked(connection: Connection, query: Query, who: Actor) -> list[sa.ColumnElement[bool]]:
    table, wanted = store.caseload, []
    if query.nhs_number:
        known = ledger().people.known(connection, [query.nhs_number])
        wanted.append(table.c.aggregate == known[query.nhs_number] if known else sa.false())
    if query.state:
        wanted.append(_in_state(query.state, instant_text(ledger().database.now(connection))))
    if query.mine:
        wanted.append(table.c.development_worker == staff_id(who.email) if may(who.roles, "journey:write")
                      else _practised_by(staff_id(who.email), _today()))
    if query.inpatient:
        wanted.append(table.c.inpatient.is_(sa.true()))
    if query.review_due:
        wanted.append(table.c.review_due_on.is_not(None))
    if query.unallocated:
        wanted.append(table.c.development_worker.is_(None))
    return wanted


def _in_state(state: str, now: str) -> sa.ColumnElement[bool]:
    ends = store.caseload.c.ends_at
    return {"open": ends.is_(None), "closing": ends > now, "closed": ends <= now}[state]


def act(connection: Connection, person: str, decide: Decide, expect: int | None = None) -> Written | Refused | Stale:
    """Do a command as whoever asks: the statements get their actor, source and id, the actor a row in `people`."""
    who = actor()

    def said(state: State, now: datetime) -> Sequence[Statement] | Refused:
        answer = decide(state, now)
        if isinstance(answer, Refused):
            return answer
        return [s._replace(actor=staff_id(who.email), source=SOURCE, event_id=str(uuid4())) for s in answer]
    done = ledger().command(connection, person, said, expect)
    if isinstance(done, Written):
        ledger().people.put(connection, [staff({"email": who.email, "name": who.name, "team": who.team or None},
                                               ledger().database.now(connection))])
    return done


def complete_review(connection: Connection, person: str, jid: str, rid: str, outcome: str, words: str,
                    expect: int | None = None) -> Written | Refused | Stale:
    """Decide a review."""
    return act(connection, person, lambda state, now: decisions.complete_review(
        state, now, actor(), jid, rid, outcome, words), expect)


def record(connection: Connection, person: str, kind: str, occurred_at: datetime, facts: Data,
           expect: int | None = None) -> Written | Refused | Stale:
    """Record by hand; an admission gets a stay id of its own where none is given."""
    if kind == "hospital.admitted" and not facts.get("stay_id"):
        facts = {**facts, "stay_id": f"hand-{uuid4()}"}
    return act(connection, person, lambda state, now: decisions.record(state, now, actor(), kind, occurred_at, facts), expect)


def record_meeting(connection: Connection, person: str, jid: str, said: Held,
                   expect: int | None = None) -> Written | Refused | Stale:
    """Record that the introductory meeting was held."""
    return act(connection, person, lambda state, now: meetings.record_held(state, now, actor(), jid, said), expect)


def withdraw(connection: Connection, person: str, sid: str, reason: str,
             expect: int | None = None) -> Written | Refused | Stale:
    """Take back the statement of that id; it is looked up under the lock."""
    def decide(state: State, now: datetime) -> Sequence[Statement] | Refused:
        said = [s for s, _ in rows.received(connection, ledger().tables, person, domain)]
        statement = next((s for s in said if statement_id(person, s) == sid), None)
        stands = statement is not None and not statement.withdrawn and standing(said).get(statement.about) == statement
        return decisions.withdraw(state, now, actor(), statement, stands, reason)
    return act(connection, person, decide, expect)


def moment_of(as_of: date | None, now: datetime) -> datetime:
    """Give the moment a journey is looked at: now, or the end of a London day gone by."""
    return end_of_london_day(as_of) if as_of and as_of < london_day(now) else now


def _today() -> str:
    return london_day(datetime.now(UTC)).isoformat()
