"""What pages and API both do: find people, ask the ledger, and put a refusal into words a person can use."""
from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.referrals import domain, store
from services.referrals.references import new_reference
from services.referrals.rules import in_words
from shared.calendar import london
from shared.database import Database
from shared.ledger.people import citizen, staff
from shared.ledger.store import Ledger, Stale, Written
from shared.ledger.tables import staff_id
from shared.ledger.types import Actor, Data, Refused, State
from shared.permissions import may

Answer = Written | Refused | Stale
Rows = dict[str, Mapping[str, Any]]

#: What a person did who decided.
DID = {"accepted": "accepted", "declined": "declined", "withdrawn": "withdrew"}

people, referrals = store.tables.people, store.referrals


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
        if found is None or not found.state["stage"] or not domain.may_see(found.state, self.actor, self.who):
            return None
        return found

    def send(self, body: Data) -> tuple[str, Answer]:
        """Take a referral in; `body` as `services.referrals.body` has checked it. Give its id and what became of it."""
        given = body["citizen"]
        self._one_at_a_time(given)
        known = self._citizen(given)
        number_of = known["id"] if known is not None and _is_somebody_else(known, given) else None
        citizen_id = known["id"] if known is not None and not number_of else str(uuid.uuid4())
        duplicates = self.duplicates(body["pathway"], given, {citizen_id, *([number_of] if number_of else [])})
        sent = self._facts(body, citizen_id, duplicates, number_of)
        # a number is one person's: here it is kept as whose it is, until staff have found out
        self._introduce({**body, "citizen": {**given, "nhs_number": None}} if number_of else body, citizen_id)
        id_ = str(uuid.uuid4())
        return id_, self.ask(id_, lambda state, now: domain.receive(
            state, now, self.actor, self.who, sent, date.fromisoformat(given["date_of_birth"]), body.get("documents", [])))

    def ask(self, id_: str, decide: Callable[[State, datetime], domain.Decision], expect: int | None = None) -> Answer:
        """Let the domain judge under the lock; a refusal of what is decided says who decided, and when."""
        seen: list[State] = []

        def judged(state: State, now: datetime) -> domain.Decision:
            seen.append(state)
            return decide(state, now)
        answer = self.ledger.command(self.connection, id_, judged, expect)
        if isinstance(answer, Refused) and answer.rule == "R-14" and seen[0]["decision"]:
            return answer._replace(reason=self.decided_words(seen[0]))
        return answer

    def decided_words(self, state: State) -> str:
        """Say who decided, what, and when."""
        decision = state["decision"]
        who = self.names([decision["by"]])[decision["by"]]
        when = london(datetime.fromisoformat(decision["at"]))
        return f"{who} {DID[decision['state']]} this referral on {in_words(when.date())} at {when:%H:%M}."

    def add_document(self, id_: str, paper: Data, expect: int | None = None) -> Answer:
        """Note a document."""
        return self.ask(id_, lambda state, now: domain.add_document(state, now, self.actor, self.who, paper), expect)

    def accept(self, id_: str, expect: int | None = None) -> Answer:
        """Accept a referral."""
        self._introduce_staff([self._me()])
        return self.ask(id_, lambda state, now: domain.accept(state, now, self.actor, self.who), expect)

    def decline(self, id_: str, given: Data, expect: int | None = None) -> Answer:
        """Decline a referral."""
        self._introduce_staff([self._me()])
        return self.ask(id_, lambda state, now: domain.decline(
            state, now, self.actor, self.who, given["reason"], given["words"], given.get("would_change", "")), expect)

    def withdraw(self, id_: str, given: Data, expect: int | None = None) -> Answer:
        """Take a referral back."""
        self._introduce_staff([self._me()])
        return self.ask(id_, lambda state, now: domain.withdraw(
            state, now, self.actor, self.who, given["reason"], given.get("words", "")), expect)

    def allocate(self, id_: str, email: str, name: str = "", team: str = "", expect: int | None = None) -> Answer:
        """Choose the development worker."""
        self._introduce_staff([{"email": email, "name": name, "team": team}, self._me()])
        return self.ask(id_, lambda state, now: domain.allocate(state, now, self.actor, self.who, staff_id(email)), expect)

    def people(self, ids: Collection[str]) -> Rows:
        """Give the rows of people by id."""
        return {id_: dict(row) for id_, row in self.ledger.people.get(self.connection, ids).items()}

    def names(self, ids: Collection[str]) -> dict[str, str]:
        """Give what to call people by id; something for everybody."""
        rows = self.people(ids)
        return {id_: (rows[id_]["name"] or rows[id_]["email"] or "Somebody") if id_ in rows else "Somebody" for id_ in ids}

    def duplicates(self, pathway: str, given: Data, citizens: set[str]) -> list[str]:
        """Give the referrals under way on a pathway that may be of the same person (R-13)."""
        same = sa.select(people.c.id, people.c.name).where(people.c.date_of_birth == given["date_of_birth"], people.c.kind == "citizen")
        ids = {row.id for row in self.connection.execute(same) if plain(row.name) == plain(given["name"])} | citizens
        query = sa.select(referrals.c.id).where(
            self.database.any_of(referrals.c.citizen, sorted(ids)), referrals.c.pathway == pathway,
            referrals.c.stage.in_(store.LIVE)).order_by(referrals.c.received_at, referrals.c.id)
        return list(self.connection.execute(query).scalars())

    def is_shared(self, citizen_id: str) -> bool:
        """Say whether somebody else referred the citizen too, so that what is known of them is not all from who asks."""
        others = sa.select(referrals.c.id).where(
            referrals.c.citizen == citizen_id, referrals.c.practitioner != self.who, referrals.c.sent_by != self.who)
        return self.connection.execute(others.limit(1)).first() is not None

    def _facts(self, body: Data, citizen_id: str, duplicates: list[str], number_of: str | None) -> Data:
        """Give what the referral says without saying who anybody is."""
        referrer, named, inpatient = body["referrer"], body.get("named_person"), body.get("inpatient")
        return {
            **{name: body[name] for name in ("pathway", "conversation_held_on", "reason", "conditions", "social_issues",
                                             "meeting_preference", "commitment_months")},
            "reference": self._reference(), "citizen_id": citizen_id, "inpatient": inpatient,
            "practitioner": {"id": staff_id(referrer["email"]), "role": referrer["role"], "team": referrer["team"]},
            "named_person": {"id": staff_id(named["email"]), "team": named["team"]} if named else None,
            "duplicates": duplicates, "duplicate_reason": body.get("duplicate_reason") if duplicates or number_of else None,
            **({"number_of": number_of} if number_of else {})}

    def _reference(self) -> str:
        while True:
            made = new_reference()
            if not self.connection.execute(sa.select(referrals.c.id).where(referrals.c.reference == made)).first():
                return made

    def _citizen(self, given: Data) -> Data | None:
        if "nhs_number" not in given:
            return None
        query = sa.select(people).where(people.c.nhs_number == given["nhs_number"])
        row = self.connection.execute(query).mappings().first()
        return dict(row) if row else None

    def _introduce(self, body: Data, citizen_id: str) -> None:
        row = citizen(citizen_id, body["citizen"], self.now)
        named = [body["named_person"]] if "named_person" in body else []
        self._introduce_staff([self._me(), body["referrer"], *named], self._filled([row]))

    def _me(self) -> Data:
        return {"email": self.actor.email, "name": self.actor.name, "team": self.actor.team}

    def _introduce_staff(self, entries: list[Data], others: list[Data] | None = None) -> None:
        self.ledger.people.put(self.connection, [*(others or []), *self._filled([staff(entry, self.now) for entry in entries])])

    def _filled(self, rows: list[Data]) -> list[Data]:
        """Keep of each person what is known and not said anew: an empty box takes nothing away."""
        made: dict[str, Data] = {}
        known = self.people([row["id"] for row in rows])
        for row in rows:
            before = {**known.get(row["id"], {}), **made.get(row["id"], {})}
            made[row["id"]] = {**before, **{name: value for name, value in row.items() if value not in (None, "")}}
        return list(made.values())

    def _one_at_a_time(self, given: Data) -> None:
        """Let two referrals of one person wait for each other, so that the second sees the first."""
        if self.database.is_sqlite:
            return
        keys = [given.get("nhs_number") or "", f"{plain(given['name'])}|{given['date_of_birth']}"]
        for number in sorted({int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True) for key in keys if key}):
            self.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def _is_somebody_else(known: Mapping[str, Any], given: Data) -> bool:
    return known["date_of_birth"] != given["date_of_birth"] and plain(known["name"]) != plain(given["name"])


def plain(name: str) -> str:
    """Give a name as names are compared."""
    return " ".join(name.split()).casefold()
