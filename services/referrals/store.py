"""Tables of the referrals service, and how a referral becomes a row of its lists."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.referrals import clocks, domain, events, indexes, rules, standing, telling
from services.referrals.expected import is_off, of_another
from services.referrals.files.table import files_table
from services.referrals.looks.table import looks_table
from services.referrals.messages import messages_table
from services.referrals.name_words import name_words_table
from services.referrals.particulars import particulars_table
from services.referrals.state import (
    as_staff_know,
    first_held,
    has_stopped,
    may_repeat,
    named_person_goes,
    needs_practitioner,
    pathway_of,
    practitioner_on,
    questions_open,
    record_of,
    waits_for_practitioner,
)
from services.referrals.stays import is_inpatient
from shared.calendar import london_day
from shared.database import Database, Instant, key
from shared.ledger.keeper import LedgerKeeper
from shared.ledger.store import Ledger
from shared.ledger.tables import ledger_tables
from shared.ledger.types import State
from shared.messaging.envelope import Event
from shared.messaging.outbox import Outbox
from shared.messaging.tables import messaging_tables
from shared.pathways import team_key
from shared.web.idempotency import idempotency_table

metadata = sa.MetaData()
messaging = messaging_tables(metadata)
tables = ledger_tables(metadata)
idempotency = idempotency_table(metadata)
files = files_table(metadata)
looks = looks_table(metadata)
messages = messages_table(metadata)
name_words = name_words_table(metadata)
particulars = particulars_table(metadata)
said_words = name_words_table(metadata, "said_words")
# who may be the same person is asked by date of birth
sa.Index("people_date_of_birth", tables.people.c.date_of_birth)

#: One row per referral, for lists. `complete_from` and `complete_until` are days, empty when something is missing for
#: good, and once it is decided; `due_on` is the day of R-07, empty before its clock starts. `target` is what is to be done next, by `target_on`
#: and at the latest before `late_from`; where nothing is, `target` is empty and `target_on` FOR_EVER, so that it comes last.
#: `lapses_on` is the last day on which every document counts; empty once nothing goes on. `worklist` is who acts next, one of
#: WORKLISTS, or empty. `tell` has in words of `telling.py` what a citizen has yet to be told, `tell_since` since when. `to_decline` is what only a manager ends, and only so. What of a row changes by time alone is written
#: anew when that time comes (`owed.next_look_at`). Days are text, YYYY-MM-DD. `practitioner` is whoever it is today, `successor`
#: whoever is known to follow on a day to come. `flag`, `worklist` and `to_decline` are as staff know the citizen; the rest, with
#: `told_flag`, is as whoever sent it may know them, for what they are shown must not tell them who is with us (R-13).
referrals = sa.Table(
    "referrals", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("aggregate", key(), nullable=False, index=True),
    sa.Column("reference", sa.Text, nullable=False, unique=True),
    sa.Column("pathway", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("complete_from", sa.Text, nullable=False),
    sa.Column("complete_until", sa.Text, nullable=False),
    sa.Column("due_on", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False, server_default=""),
    sa.Column("target_on", sa.Text, nullable=False, server_default=clocks.FOR_EVER.isoformat()),
    sa.Column("late_from", Instant()),
    sa.Column("lapses_on", sa.Text, nullable=False, server_default=""),
    sa.Column("citizen", key(), nullable=False, index=True),
    sa.Column("practitioner", key()),
    sa.Column("team", sa.Text, nullable=False, server_default=""),
    sa.Column("successor", key()),
    sa.Column("successor_team", sa.Text),
    sa.Column("named_person", key()),
    sa.Column("sent_by", key(), nullable=False),
    sa.Column("development_worker", key()),
    sa.Column("journey_closes_on", sa.Text),
    sa.Column("meeting_at", Instant()),
    sa.Column("meeting_until", Instant()),
    sa.Column("held_at", Instant()),
    sa.Column("duplicate", sa.Boolean, nullable=False),
    sa.Column("asked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("named_person_needed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("practitioner_needed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("to_decline", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("tell", sa.Text, nullable=False, server_default=""),
    sa.Column("tell_since", Instant()),
    sa.Column("worklist", sa.Text, nullable=False, server_default=""),
    sa.Column("goes_on", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("flag", sa.Text, nullable=False),
    sa.Column("told_flag", sa.Text, nullable=False, server_default=""),
    sa.Column("received_at", Instant(), nullable=False),
)

indexes.of(referrals)

#: What of a citizen was amended: `old` and `new` as their column in `people` keeps them. `citizen` is whose row it was.
#: `here`: the referral says so now; `on_record`: the Pod's record does. Where both said the same before, it is one row.
amended = sa.Table(
    "amended", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("amendment", key(), nullable=False),
    sa.Column("referral", key(), nullable=False, index=True),
    sa.Column("citizen", key(), nullable=False, index=True),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("old", sa.Text),
    sa.Column("new", sa.Text),
    sa.Column("here", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("on_record", sa.Boolean, nullable=False, server_default=sa.true()),
)

#: What senders were told of who may be with us (R-13): `who` is the id of staff; `number` and `person`, which is name and
#: date of birth, are digests under our key.
asked = sa.Table(
    "asked", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("who", key(), nullable=False),
    sa.Column("asked_at", Instant(), nullable=False),
    sa.Column("number", sa.Text),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
)
sa.Index("asked_by", asked.c.who, asked.c.answer, asked.c.asked_at)

#: The directory: who works with citizens, by `staff_id`. `state` is seen (named in a referral or at work here, and not
#: confirmed by anybody), confirmed, or removed, when no more is left than the version. `roles` are words, days are text,
#: `left_on` is the first day they are gone. `found_by` and `sorted_by` are as names are compared. Version 0: never confirmed.
members = sa.Table(
    "members", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("job", sa.Text),
    sa.Column("roles", sa.Text, nullable=False),
    sa.Column("team", sa.Text),
    sa.Column("telephone", sa.Text),
    sa.Column("from_on", sa.Text),
    sa.Column("left_on", sa.Text),
    sa.Column("found_by", sa.Text, nullable=False),
    sa.Column("sorted_by", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Instant(), nullable=False),
    sa.Column("changed_by", key()),
)
sa.Index("members_sorted", members.c.sorted_by, members.c.id)
sa.Index("members_team", members.c.team)

#: Teams practitioners belong to; `also` has another name of the team on each line.
teams = sa.Table(
    "teams", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("also", sa.Text, nullable=False),
    sa.Column("organisation", sa.Text),
    sa.Column("telephone", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("found_by", sa.Text, nullable=False),
    sa.Column("sorted_by", sa.Text, nullable=False, unique=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", Instant(), nullable=False),
    sa.Column("changed_by", key()),
)

#: Who changed what of a member or a team, from what to what; empty where there was or is nothing.
directory_changes = sa.Table(
    "directory_changes", metadata,
    sa.Column("id", key(), primary_key=True),
    sa.Column("subject", key(), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("changed_at", Instant(), nullable=False),
    sa.Column("changed_by", key(), nullable=False),
)
sa.Index("directory_changes_of", directory_changes.c.subject, directory_changes.c.version)

#: Stages in which a referral is under way: what hospitals say of its citizen is recorded.
LIVE = ("open", "accepted")
#: Who acts next: the Pod decides, the practitioner answers, a manager allocates, the development worker arranges the first
#: meeting or checks what was arranged for another, all meet.
WORKLISTS = ("triage", "waiting", "allocate", "arrange", "meet")


def under_way(today: date) -> sa.ColumnElement[bool]:
    """Give the condition of a referral somebody works on: open, or accepted with a journey that has not closed (J-11)."""
    closes_on = referrals.c.journey_closes_on
    return sa.and_(referrals.c.stage.in_(LIVE), sa.or_(closes_on.is_(None), closes_on >= today.isoformat()))


def heard_of(today: date) -> sa.ColumnElement[bool]:
    """Give the condition of a referral whose citizen is heard of from outside; somebody we have yet to write to must not have died."""
    return sa.or_(under_way(today), referrals.c.flag == "died", referrals.c.tell_since.is_not(None))


class ReferralsKeeper(LedgerKeeper):
    """Knows a citizen only while a referral of theirs is under way (X-02), or names their number in doubt, and whom events name as staff.

    Of whoever was said to have died it must still be heard that they did not (J-13), though the referral was ended for it.
    Once the journey has closed nobody works on the referral: the journey itself hears what it still needs.
    """

    def introduce(self, connection: Connection, events: Sequence[Event]) -> None:
        """Write the staff that events name, and list them as seen."""
        from services.referrals.directory import sightings  # late: the directory stands on these tables
        if named := [one for event in events for one in self.introduces(event)]:
            self.ledger.people.put(connection, named)
            sightings.see(connection, self.ledger.database, named, self.ledger.database.now(connection))
        if deaths := [event for event in events if event.type == "journey.death_recorded"]:
            self._find(connection, deaths)

    def _find(self, connection: Connection, deaths: Sequence[Event]) -> None:
        """Find whom deaths on journeys are about: the citizen's referrals that have not heard of it; to take it back, those that have."""
        from services.referrals import reached  # late: it stands on these tables
        c, database = referrals.c, self.ledger.database
        query = sa.select(c.citizen, c.id, c.flag).where(
            database.any_of(c.citizen, sorted({one.data["citizen_id"] for one in deaths})), heard_of(london_day(database.now(connection))))
        rows = sorted((row.citizen, row.id, row.flag == "died") for row in connection.execute(query))
        for event in deaths:
            citizen = event.data["citizen_id"]
            known: Any = reached.Known(tuple(id_ for whose, id_, has_heard in rows if whose == citizen and has_heard == event.withdrawn))
            event.person = known

    def announced(self, connection: Connection) -> Iterator[Event]:
        """Give what was announced beside the ledger's events, under the ids it had: the directory."""
        from services.referrals.directory.events import announced
        return announced(connection)

    def known(self, connection: Connection, nhs_numbers: Sequence[str]) -> Mapping[str, Any]:
        """Give the referrals that reports of `nhs_numbers` reach, by number."""
        from services.referrals import reached  # late: it stands on these tables
        return reached.by_number(connection, self.ledger.database, nhs_numbers) if nhs_numbers else {}


def keeper(database: Database, outbox: Outbox) -> LedgerKeeper:
    """Make the keeper of the service's ledger."""
    from services.referrals.spelling import Findable  # late: the directory stands on these tables

    ledger = Ledger("referrals", database, tables, domain, events, read_model, outbox)
    ledger.people = Findable(database, tables.people, name_words, members, members.c.state == "confirmed")
    return ReferralsKeeper(ledger, introduces=events.people_of)


def read_model(state: State, now: datetime) -> dict[sa.Table, list[dict[str, Any]]]:
    """Give the rows of one referral as they are now; none before it was sent."""
    if not state["stage"] or "reference" not in state:
        return {referrals: []}
    known = as_staff_know(state)
    return {referrals: [{
        "id": state["id"], "aggregate": state["id"], "reference": state["reference"], "pathway": state["pathway"],
        "stage": state["stage"], "citizen": record_of(state), "sent_by": state["sent_by"], "flag": _flag(known), "told_flag": _flag(state),
        "duplicate": may_repeat(state), "asked": bool(questions_open(state)), "named_person_needed": _needs_named_person(state, now),
        "practitioner_needed": needs_practitioner(state) and not has_stopped(state, now), "to_decline": standing.ends_by_decline(known, now),
        **_telling(known, now), "worklist": _worklist(known, now), "goes_on": not has_stopped(state, now),
        "journey_closes_on": state["journey_closes_on"], "received_at": datetime.fromisoformat(state["received_at"]),
        **_clocks(state, now), **_people(state, now), **_meeting(state)}]}


def _clocks(state: State, now: datetime) -> dict[str, Any]:
    pathway = pathway_of(state)
    window = rules.complete_between(state, pathway) if state["stage"] == "open" else None
    due, target = clocks.first_meeting_due(state, pathway), clocks.next_target(state, pathway, now)
    lapses = [one.last_day.isoformat() for one in clocks.lapses(state, pathway)] if not has_stopped(state, now) else []
    return {
        "complete_from": window[0].isoformat() if window else "", "complete_until": window[1].isoformat() if window else "",
        "due_on": due[0].isoformat() if due else "", "lapses_on": min(lapses, default=""),
        "target": target.kind if target else "", "target_on": (target.due_on if target else clocks.FOR_EVER).isoformat(),
        "late_from": target.late_from if target else None}


def _telling(state: State, now: datetime) -> dict[str, Any]:
    waiting = telling.to_tell(state, now)
    return {"tell": " ".join(dict.fromkeys(one.what for one in waiting)),
            "tell_since": datetime.fromisoformat(waiting[0].since) if waiting else None}


def _people(state: State, now: datetime) -> dict[str, Any]:
    practitioner, named, allocation = practitioner_on(state, london_day(now)), state["named_person"], state["allocation"]
    follows = practitioner_on(state, date.max)
    successor = follows if follows != practitioner else None
    return {"practitioner": practitioner["id"] if practitioner else None, "team": team_key(practitioner["team"]) if practitioner else "",
            "successor": successor["id"] if successor else None, "successor_team": team_key(successor["team"]) if successor else None,
            "named_person": named["id"] if named else None,
            "development_worker": allocation["development_worker"] if allocation else None}


def _meeting(state: State) -> dict[str, Any]:
    meeting, held = state["meeting"], first_held(state)
    planned = meeting and not is_off(state, meeting)
    return {"meeting_at": datetime.fromisoformat(meeting["starts_at"]) if planned else None,
            "meeting_until": datetime.fromisoformat(meeting["ends_at"]) if planned else None,
            "held_at": datetime.fromisoformat(held) if held else None}


def _needs_named_person(state: State, now: datetime) -> bool:
    if not pathway_of(state).named_person_required or has_stopped(state, now):
        return False
    return state["named_person"] is None or bool(named_person_goes(state))


def _worklist(state: State, now: datetime) -> str:
    """Say who acts next; where everything has stopped only what is open still waits for its end (J-14)."""
    if state["stage"] == "open":
        return "waiting" if waits_for_practitioner(state) and not state["died_on"] else "triage"
    if state["stage"] != "accepted" or has_stopped(state, now) or first_held(state):
        return ""
    if not state["allocation"]:
        return "allocate"
    # what was arranged for another is still to be arranged: the development worker of now checks it
    return "meet" if _meeting(state)["meeting_at"] and not of_another(state) else "arrange"


def _flag(state: State) -> str:
    if state["died_on"]:
        return "died"
    return "inpatient" if is_inpatient(state) else ""
