"""What journeys keeps: statements, people, messages, and the caseload to search by."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.journeys import directory, domain, events
from services.journeys import state as journeys
from shared.database import Database, key
from shared.ledger.keeper import LedgerKeeper
from shared.ledger.people import Staffed
from shared.ledger.store import Ledger
from shared.ledger.tables import ledger_tables
from shared.ledger.types import State
from shared.messaging.envelope import Event
from shared.messaging.outbox import Outbox
from shared.messaging.tables import messaging_tables
from shared.web.idempotency import idempotency_table

metadata = sa.MetaData()
messaging = messaging_tables(metadata)
tables = ledger_tables(metadata)
idempotency = idempotency_table(metadata)

#: One row per journey. Nothing here depends on the clock: whether a journey is closed, and who its practitioner is
#: today, is asked in the query. `practitioner` is the first, if any; who came after is in `practices`.
caseload = sa.Table(
    "caseload", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("aggregate", key(), nullable=False, index=True),
    sa.Column("reference", sa.Text, nullable=False, index=True),
    sa.Column("referral_id", sa.Text, nullable=False, index=True),
    sa.Column("pathway", sa.Text, nullable=False),
    sa.Column("practitioner", key(), index=True),
    sa.Column("practitioner_until", sa.Text),
    sa.Column("development_worker", key(), index=True),
    sa.Column("inpatient", sa.Boolean, nullable=False),
    sa.Column("died", sa.Boolean, nullable=False),
    sa.Column("closes_on", sa.Text),
    sa.Column("ends_at", sa.Text),
    sa.Column("review_due_on", sa.Text),
)
#: One row per later practitioner of a journey and the London days they are it, `until_on` excluded.
practices = sa.Table(
    "practices", metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("aggregate", key(), nullable=False, index=True),
    sa.Column("journey", key(), nullable=False),
    sa.Column("practitioner", key(), nullable=False, index=True),
    sa.Column("from_on", sa.Text, nullable=False),
    sa.Column("until_on", sa.Text),
)
#: One row per person whose referrals all ended without a journey: what others report of them is nobody's business here.
former = sa.Table(
    "former", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("aggregate", key(), nullable=False, index=True),
)
#: What the directory says of staff, the highest revision of each; of those it has taken off, the revision alone.
members = sa.Table(
    "members", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("telephone", sa.Text),
    sa.Column("team", sa.Text),
)


class JourneysKeeper(LedgerKeeper):
    """Knows a citizen from their first referral on, until the last has ended without a journey (X-02)."""

    def introduce(self, connection: Connection, events: Sequence[Event]) -> None:
        """Write the people that events name, and find whom an event is about that names no more than their referral."""
        super().introduce(connection, events)
        directory.keep(connection, self.ledger.database, members, events)
        if offers := [one for one in events if one.type == "referral.meeting_offered"]:
            here = {one.data["referral_id"]: one.data["citizen_id"] for one in events if {"referral_id", "citizen_id"} <= one.data.keys()}
            citizens = here | self._citizens(connection, [one.data["referral_id"] for one in offers])
            for offer in offers:
                offer.person = citizens.get(offer.data["referral_id"])

    def _citizens(self, connection: Connection, referrals: Sequence[str]) -> dict[str, str]:
        """Give whose referrals these are, by referral, of those that opened a journey."""
        of = caseload.c.referral_id
        query = sa.select(of, caseload.c.aggregate).where(self.ledger.database.any_of(of, referrals))
        return dict(connection.execute(query).tuples().all())

    def known(self, connection: Connection, nhs_numbers: Sequence[str]) -> Mapping[str, Any]:
        """Give the ids of those of `nhs_numbers` that are somebody's business here, in one question."""
        if not nhs_numbers:
            return {}
        people = tables.people.c
        query = sa.select(people.nhs_number, people.id).where(
            self.ledger.database.any_of(people.nhs_number, nhs_numbers), ~sa.exists().where(former.c.id == people.id))
        return dict(connection.execute(query).tuples().all())


def read_model(state: State, now: datetime) -> Mapping[sa.Table, list[dict[str, Any]]]:
    """Give the caseload rows of one person."""
    opened = list(journeys.opened(state))
    return {caseload: [_case(state, jid, journey) for jid, journey in opened],
            practices: [row for jid, journey in opened for row in _practices(state, jid, journey)],
            former: [{"id": state["id"], "aggregate": state["id"]}] if journeys.is_former(state) else []}


def _case(state: State, jid: str, journey: dict[str, Any]) -> dict[str, Any]:
    end = journeys.closing(state, journey)
    later = journeys.later_practitioners(state, journey)
    return {"id": jid, "aggregate": state["id"], "reference": journey["reference"],
            "referral_id": journey["referral_id"], "pathway": journey["pathway"],
            "practitioner": journey["practitioner"], "practitioner_until": min(later, default=None),
            "development_worker": journey["development_worker"], "inpatient": journeys.is_inpatient(state),
            "died": state["death"] is not None, "closes_on": end and end["closes_on"], "ends_at": end and end["ends_at"],
            "review_due_on": journeys.next_review_on(state, jid, journey)}


def _practices(state: State, jid: str, journey: dict[str, Any]) -> list[dict[str, Any]]:
    later = journeys.later_practitioners(state, journey)
    return [{"id": f"{jid}:{on}", "aggregate": state["id"], "journey": jid, "practitioner": who, "from_on": on,
             "until_on": until} for (on, who), until in zip(later.items(), [*list(later)[1:], None], strict=False)]


def keeper(database: Database, outbox: Outbox) -> LedgerKeeper:
    """Give what keeps this service's statements and people."""
    ledger = Ledger("journeys", database, tables, domain, events, read_model, outbox)
    ledger.people = Staffed(database, tables.people, members)
    return JourneysKeeper(ledger, introduces=events.people_of)
