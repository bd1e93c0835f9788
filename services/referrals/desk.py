"""What pages and API both do: find people, ask the ledger, and put a refusal into words a person can use."""
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.referrals import (
    access,
    decisions,
    indexes,
    meeting,
    particulars,
    rulebook,
    spelling,
    store,
    telling,
    turns,
)
from services.referrals.decisions import Decision
from services.referrals.directory import sightings
from services.referrals.meeting import Span
from services.referrals.merged import answer_for
from services.referrals.reported import OF_CITIZEN, reported
from services.referrals.state import as_staff_know, pathway_of, record_of
from shared.calendar import london_day, moment_in_words
from shared.database import Database
from shared.ledger.people import COLUMNS, staff
from shared.ledger.store import Ledger, Stale, Written
from shared.ledger.tables import staff_id
from shared.ledger.types import Actor, Data, Refused, State, Statement
from shared.permissions import may

Answer = Written | Refused | Stale
Rows = dict[str, Mapping[str, Any]]
#: A command of the domain, still to be told what it is about: (state, now, actor, who, ...) -> what is said.
Command = Callable[..., Decision]

#: Who sends by the public form: the citizen, who has no account.
CITIZEN = staff_id("urn:pod:citizen")
#: What a person did who decided.
DID = {"accepted": "accepted", "declined": "declined", "withdrawn": "withdrew"}

referrals = store.referrals


class Desk:
    """Everything one person may ask of referrals, inside one transaction of theirs."""

    def __init__(self, connection: Connection, ledger: Ledger, actor: Actor):
        self.connection, self.ledger, self.actor = connection, ledger, actor
        self.database: Database = ledger.database
        self.who = staff_id(actor.email)
        self.now: datetime = self.database.now(connection)
        self.sees_all = may(actor.roles, "referral:read")

    def read(self, id_: str) -> Written | None:
        """Give a referral the person may see; None also for one they may not (R-14)."""
        found = self.ledger.read(self.connection, id_)
        if found is None or not found.state["stage"] or not access.may_see(found.state, self.actor, self.who):
            return None
        return found._replace(state=self._known(found.state))

    def _known(self, state: State) -> State:
        """Give a state as whoever asks may know it: to staff with what was reported to another referral (R-13)."""
        return as_staff_know(state) if self.sees_all else state

    def is_there(self, id_: str) -> bool:
        """Say whether there is such a referral, whoever may see it."""
        found = self.ledger.read(self.connection, id_)
        return found is not None and bool(found.state["stage"])

    def ask(self, id_: str, decide: Callable[[State, datetime], Decision], expect: int | None = None) -> Answer:
        """Let the domain judge under the lock; a refusal of what is decided says who decided, and when."""
        seen: list[State] = []

        def judged(state: State, now: datetime) -> Decision:
            seen.append(self._known(state))
            return decide(seen[0], now)
        answer = self.ledger.command(self.connection, id_, judged, expect)
        if isinstance(answer, Written):
            return answer._replace(state=self._known(answer.state))
        if isinstance(answer, Refused) and answer.rule == "R-14" and seen[0]["decision"]:
            return answer._replace(reason=self.decided_words(seen[0]))
        return answer

    def do(self, command: Command, id_: str, *given: Any, expect: int | None = None) -> Answer:
        """Give a command to the domain in the name of whoever asks."""
        self.introduce_staff([self.me()])
        return self.ask(id_, lambda state, now: command(state, now, self.actor, self.who, *given), expect)

    def decided_words(self, state: State) -> str:
        """Say who decided, what, and when."""
        decision = state["decision"]
        who = self.names([decision["by"]])[decision["by"]]
        return f"{who} {DID[decision['state']]} this referral on {moment_in_words(decision['at'])}."

    def add_document(self, id_: str, paper: Data, expect: int | None = None) -> Answer:
        """Note a document: {kind, dated, expires_on?, file?}."""
        return self.do(decisions.add_document, id_, paper, expect=expect)

    def remove_document(self, id_: str, document: str, reason: str, expect: int | None = None) -> Answer:
        """Take a document out."""
        return self.do(decisions.remove_document, id_, document, reason, expect=expect)

    def accept(self, id_: str, expect: int | None = None) -> Answer:
        """Accept a referral; what was said of its citizen while it was not here yet is told from now on (J-14)."""
        of = sa.select(referrals.c.citizen).where(referrals.c.id == id_)
        citizen = self.connection.execute(of).scalar_one_or_none()
        return self._kept_by_its_rules(self.do(decisions.accept, id_, self.reported_of(citizen, but=id_) if citizen else [], expect=expect))

    def decline(self, id_: str, given: Data, death: Sequence[Statement] = (), expect: int | None = None) -> Answer:
        """Decline a referral; `death` is what is said of the citizen's where that is the reason (see `deaths`)."""
        return self._kept_by_its_rules(self.do(
            decisions.decline, id_, given["reason"], given["words"], given.get("would_change", ""), death, expect=expect))

    def withdraw(self, id_: str, given: Data, death: Sequence[Statement] = (), expect: int | None = None) -> Answer:
        """Take a referral back; `death` as with `decline`."""
        return self._kept_by_its_rules(self.do(decisions.withdraw, id_, given["reason"], given.get("words", ""), death, expect=expect))

    def allocate(self, id_: str, worker: Data, expect: int | None = None) -> Answer:
        """Choose the development worker, as staff are introduced: {email, name, team, roles}."""
        self.introduce_staff([worker])

        def allocated(state: State, now: datetime, actor: Actor, who: str) -> Decision:
            self._one_diary(staff_id(worker["email"]))
            return decisions.allocate(state, now, actor, who, staff_id(worker["email"]))
        return self.do(allocated, id_, expect=expect)

    def ask_more(self, id_: str, given: Data, expect: int | None = None) -> Answer:
        """Ask the practitioner for more."""
        return self.do(decisions.ask_more, id_, given["words"], expect=expect)

    def answer(self, id_: str, question: str, given: Data, expect: int | None = None) -> Answer:
        """Answer what was asked."""
        return self.do(answer_for, id_, question, given["words"], expect=expect)

    def keep(self, id_: str, given: Data, expect: int | None = None) -> Answer:
        """Keep a referral that may repeat another (R-13)."""
        return self.do(decisions.keep, id_, given["reason"], expect=expect)

    def give_availability(self, id_: str, given: Data, expect: int | None = None) -> Answer:
        """Note when somebody can come to the introductory meeting (R-07)."""
        return self.do(meeting.give_availability, id_, given["whose"], given["times"], expect=expect)

    def offer_meeting(self, id_: str, given: Data, expect: int | None = None) -> Answer:
        """Offer the introductory meeting (R-07)."""
        def offered(state: State, now: datetime, actor: Actor, who: str) -> Decision:
            if state["allocation"]:
                self._one_diary(state["allocation"]["development_worker"])
            return meeting.offer(state, now, actor, who, given, self.busy(state))
        return self.do(offered, id_, expect=expect)

    def call_off(self, id_: str, given: Data, expect: int | None = None) -> Answer:
        """Call the introductory meeting off."""
        return self.do(meeting.call_off, id_, given["reason"], expect=expect)

    def tell(self, id_: str, given: Data, expect: int | None = None) -> Answer:
        """Write down that a citizen who referred themself was told, or why not (R-11)."""
        return self.do(telling.tell, id_, given, expect=expect)

    def _one_diary(self, development_worker: str) -> None:
        """Let meetings of one development worker wait for each other; asked once the referral is locked, and nothing is locked after."""
        turns.take(self.connection, self.database, [f"meetings of {development_worker}"])

    def busy(self, state: State) -> list[Span]:
        """Give the other meetings of the referral's development worker that are still to come."""
        if not state["allocation"]:
            return []
        table = referrals.c
        query = sa.select(table.meeting_at, table.meeting_until).where(
            table.development_worker == state["allocation"]["development_worker"], table.meeting_until > self.now, table.id != state["id"])
        return [Span(row.meeting_at, row.meeting_until) for row in self.connection.execute(query)]

    def engaged(self, span: Span, id_: str) -> set[str]:
        """Give the development workers who have another first meeting at a time than that of the referral `id_`."""
        table = referrals.c
        # no meeting lasts a day: so only that day's are read
        query = sa.select(table.development_worker).where(
            sa.text(indexes.MEET), table.meeting_at < span.end, table.meeting_at > span.start - timedelta(days=1),
            table.meeting_until > span.start, table.id != id_)
        return set(self.connection.execute(query).scalars())

    def people(self, ids: Collection[str]) -> Rows:
        """Give the rows of people by id."""
        return {id_: dict(row) for id_, row in self.ledger.people.get(self.connection, ids).items()}

    def names(self, ids: Collection[str]) -> dict[str, str]:
        """Give what to call people by id; something for everybody."""
        rows = self.people(ids)
        nobody = {CITIZEN: "The citizen"}
        return {id_: (rows[id_]["name"] or rows[id_]["email"] or "Somebody") if id_ in rows else nobody.get(id_, "Somebody") for id_ in ids}

    def says(self, id_: str) -> Mapping[str, Any]:
        """Give what a referral says of its citizen, as columns of `people`."""
        return particulars.of(self.connection, self.database, store.particulars, [id_]).get(id_, particulars.NOTHING)

    def say(self, id_: str, row: Mapping[str, Any]) -> None:
        """Write what a referral says of its citizen now, and by which name it is found."""
        particulars.put(self.connection, self.database, store.particulars, id_, row)
        spelling.spell(self.connection, self.database, store.said_words, {id_: row["name"]})

    def citizens(self, of: Mapping[str, str], people: Rows) -> Rows:
        """Give by referral how its citizen is shown: to staff as the Pod has them on record, else as the referral says (R-13).

        `of` has the citizen of each, `people` the rows of people.
        """
        if self.sees_all:
            return {id_: people[citizen] for id_, citizen in of.items() if citizen in people}
        return particulars.of(self.connection, self.database, store.particulars, of)

    def beside(self, state: State) -> list[str]:
        """Give the ids of the other referrals of a referral's citizen, whatever became of them."""
        query = sa.select(referrals.c.id).where(referrals.c.citizen == record_of(state), referrals.c.id != state["id"])
        return list(self.connection.execute(query).scalars())

    def rewrite(self, row: Mapping[str, Any], changed: Data) -> None:
        """Write what changed of a citizen on record; `row` is theirs as it was."""
        if changed:
            # of two rows the one recorded last stands: our own time is of before the lock
            recorded_at = max(self.database.now(self.connection), row["recorded_at"])
            self.ledger.people.put(self.connection, [{**{name: row.get(name) for name in COLUMNS}, **changed, "recorded_at": recorded_at}])

    def me(self) -> Data:
        """Give whoever asks, as staff are introduced."""
        return {"email": self.actor.email, "name": self.actor.name, "team": self.actor.team, "roles": self.actor.roles}

    def introduce_staff(self, entries: list[Data]) -> None:
        """Write staff; an empty box takes nothing away of what is known."""
        self.ledger.people.put(self.connection, self._filled([staff(entry, self.now) for entry in entries]))
        sightings.see(self.connection, self.database, entries, self.now)

    def _filled(self, rows: list[Data]) -> list[Data]:
        """Keep of each person what is known and not said anew."""
        made: dict[str, Data] = {}
        known = self.people([row["id"] for row in rows])
        for row in rows:
            before = {**known.get(row["id"], {}), **made.get(row["id"], {})}
            made[row["id"]] = {**before, **{name: value for name, value in row.items() if value not in (None, "")}}
        return list(made.values())

    def reported_of(self, citizen_id: str, but: str = "") -> list[Statement]:
        """Give stays and death as said of a citizen's referrals, `but` one: a report is said of those that were here when it came."""
        here = sa.select(referrals.c.id).where(referrals.c.citizen == citizen_id, store.heard_of(london_day(self.now)))
        others = here.where(referrals.c.id != but) if but else here
        found = reported(self.ledger, self.connection, list(self.connection.execute(others).scalars()), OF_CITIZEN)
        # who of our own said it there is nobody's business on another referral
        return [one._replace(actor=one.source) for one in found]

    def _kept_by_its_rules(self, answer: Answer) -> Answer:
        """Keep the definition a decision was made by, as it stood (R-15)."""
        if isinstance(answer, Written):
            rulebook.keep(self.connection, pathway_of(answer.state))
        return answer
