"""How a referral is taken in: whose it is, what it may repeat, and what of it is kept where (R-13)."""
from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import sqlalchemy as sa

from services.referrals import decisions, elsewhere, record, store, turns
from services.referrals.desk import CITIZEN, Answer, Desk
from services.referrals.directory.comparing import folded
from services.referrals.directory.team_names import team_of
from services.referrals.references import new_reference
from services.referrals.state import ELSEWHERE, evolve, in_doubt, initial
from shared.calendar import london_day
from shared.ledger.people import citizen
from shared.ledger.store import Written
from shared.ledger.tables import staff_id
from shared.ledger.types import Actor, Data, Refused, State, Statement
from shared.pathways import PATHWAYS

T = TypeVar("T")

people, referrals, particulars = store.tables.people, store.referrals, store.particulars
#: Why the record of a citizen was added to, on their other referrals.
FURTHER = "Another referral of the citizen says this."
#: Times a number may become another's while it is written, until something else must be wrong.
TRIES = 3


def send(desk: Desk, body: Data) -> tuple[str, Answer]:
    """Take a referral in; `body` as `services.referrals.body` has checked it. Give its id and what became of it.

    What it says of its citizen is kept with it. The Pod's record of somebody known is added to, and nothing of it replaced.
    """
    return seeing_numbers(desk, lambda: _send(desk, body))


def _send(desk: Desk, body: Data) -> tuple[str, Answer]:
    given = body["citizen"]
    one_at_a_time(desk, given)
    citizen_id, number_of = whose(desk, given, is_proven=desk.who != CITIZEN)
    others = elsewhere.locked(desk, citizen_id)
    reported, doubted = desk.reported_of(citizen_id), desk.reported_of(number_of) if number_of else []
    sent = _facts(desk, body, citizen_id, number_of)
    id_, actor = str(uuid.uuid4()), _sender(desk)
    _introduce_staff(desk, body)
    was, new = _introduce(desk, id_, citizen(citizen_id, given, desk.now), number_of)
    answer = desk.ask(id_, lambda state, now: _with(doubted, decisions.receive(
        state, now, actor, desk.who, sent, date.fromisoformat(given["date_of_birth"]), body.get("documents", []), reported)))
    if isinstance(answer, Written):
        elsewhere.note(desk, others, answer.state, was, new, FURTHER)
    return id_, answer


def preview(desk: Desk, body: Data) -> State | Refused:
    """Give the state a referral would have were it sent now, or why it would be refused; nothing is written.

    Whether the citizen may be with us is not looked up: that is answered to whoever sends, and is on record.
    """
    sent = _facts(desk, body, "", None, look=False)
    papers = body.get("documents", [])
    found = decisions.receive(initial(""), desk.now, _sender(desk), desk.who, sent, date.fromisoformat(body["citizen"]["date_of_birth"]), papers)
    if isinstance(found, Refused):
        return found
    state = initial("")
    for statement in found:
        state = evolve(state, statement)
    return state


def _sender(desk: Desk) -> Actor:
    """Give whoever sends, with the team the directory has confirmed."""
    return replace(desk.actor, team=confirmed_team(desk, desk.actor.email) or desk.actor.team)


def whose(desk: Desk, given: Data, is_proven: bool = True) -> tuple[str, str | None]:
    """Give the id of a citizen, known or new, and whose the NHS number is where that is somebody of another name or birth.

    Of whoever nobody has seen, who only knows somebody's name and number, staff find out first: else they could have the
    Pod ring and write to themself in place of the citizen.
    """
    known = _known(desk, given)
    number_of = known["id"] if known is not None and (not is_proven or record.is_somebody_else(known, given)) else None
    return (known["id"] if known is not None and not number_of else str(uuid.uuid4())), number_of


def _with(doubted: Sequence[Statement], said: decisions.Decision) -> decisions.Decision:
    """Say besides what stands of whoever has the number in doubt: it counts once that is found to be the citizen (J-14)."""
    return said if isinstance(said, Refused) else [*said, *(one._replace(kind=ELSEWHERE, data=in_doubt(one.kind, one.data)) for one in doubted)]


def duplicates(desk: Desk, pathway: str, given: Data, citizens: set[str], but: str = "") -> list[str]:
    """Give the referrals under way on a pathway, `but` one, that may be of the same person (R-13).

    Somebody is known by the Pod's record of them, and by what their referrals say.
    """
    ids = _same(desk, people.c.id, people.c, given) | citizens
    said = _same(desk, particulars.c.referral, particulars.c, given)
    query = sa.select(referrals.c.id).where(
        sa.or_(desk.database.any_of(referrals.c.citizen, sorted(ids)), desk.database.any_of(referrals.c.id, sorted(said))), referrals.c.pathway == pathway,
        store.under_way(london_day(desk.now))).order_by(referrals.c.received_at, referrals.c.id)
    return [id_ for id_ in desk.connection.execute(query).scalars() if id_ != but]


def _same(desk: Desk, id_: sa.Column[str], of: Any, given: Data) -> set[str]:
    """Give the ids of those of the same name and date of birth, or the same NHS number."""
    same = sa.select(id_, of.name, of.nhs_number).where(of.date_of_birth == given["date_of_birth"])
    number = given.get("nhs_number")
    numbered = sa.select(id_, of.name, of.nhs_number).where(of.nhs_number == number)
    found = desk.connection.execute(sa.union_all(same, numbered) if number else same).all()
    return {row[0] for row in found if row.nhs_number == number is not None or folded(row.name or "") == folded(given["name"])}


def staff_facts(desk: Desk, entry: Data) -> Data:
    """Give what a referral says of a practitioner or named person without saying who they are.

    The team is the one the directory has confirmed, where it has, whatever was typed (R-02).
    """
    team = confirmed_team(desk, entry["email"]) or entry["team"]
    return {"id": staff_id(entry["email"]), **({"role": entry["role"]} if "role" in entry else {}), "team": team}


def confirmed_team(desk: Desk, email: str) -> str:
    """Give the team of whoever has an address by a name the pathways know, else by its own; empty where nobody confirmed it."""
    names = team_of(desk.connection, email)
    known = (name for name in names if any(pathway.team and pathway.may_refer(name) for pathway in PATHWAYS.values()))
    return next(known, names[0] if names else "")


def _facts(desk: Desk, body: Data, citizen_id: str, number_of: str | None, look: bool = True) -> Data:
    """Give what the referral says without saying who anybody is."""
    referrer, named, himself = body.get("referrer"), body.get("named_person"), bool(body.get("self_referral"))
    found = duplicates(desk, body["pathway"], body["citizen"], {one for one in (citizen_id, number_of) if one}) if look else []
    return {
        **{name: body[name] for name in ("pathway", "reason", "meeting_preference")},
        **{name: body.get(name, []) for name in ("conditions", "social_issues")},
        **({"one_to_one_support": body["one_to_one_support"]} if "one_to_one_support" in body else {}),
        "conversation_held_on": body.get("conversation_held_on"), "commitment_months": body.get("commitment_months", 0),
        "self_referral": himself, "reference": _reference(desk) if look else "", "citizen_id": citizen_id,
        "inpatient": body.get("inpatient"), "practitioner": staff_facts(desk, referrer) if referrer and not himself else None,
        "named_person": staff_facts(desk, named) if named and not himself else None, "duplicates": found,
        "duplicate_reason": body.get("duplicate_reason") if found or number_of or himself else None,
        **({"number_of": number_of} if number_of else {})}


def _reference(desk: Desk) -> str:
    while True:
        made = new_reference()
        if not desk.connection.execute(sa.select(referrals.c.id).where(referrals.c.reference == made)).first():
            return made


def _known(desk: Desk, given: Data) -> Data | None:
    if "nhs_number" not in given:
        return None
    query = sa.select(people).where(people.c.nhs_number == given["nhs_number"])
    row = desk.connection.execute(query).mappings().first()
    return dict(row) if row else None


def _introduce_staff(desk: Desk, body: Data) -> None:
    named = [body[name] for name in ("referrer", "named_person") if name in body and not body.get("self_referral")]
    desk.introduce_staff([*([] if desk.actor.email.startswith("urn:") else [desk.me()]), *named])


def _introduce(desk: Desk, id_: str, said: Data, number_of: str | None) -> tuple[Data, Data]:
    """Keep what a referral says of its citizen, and put into the record what that lacks; give the record as it was, and what is new."""
    desk.say(id_, said)
    known = desk.people([said["id"]]).get(said["id"])
    if known is None:
        # a number is one person's: here it is kept as whose it is, until staff have found out
        desk.ledger.people.put(desk.connection, [{**said, "nhs_number": None} if number_of else said])
        return said, {}
    was, new = dict(known), record.added(known, said)
    desk.rewrite(was, new)
    return was, new


def one_at_a_time(desk: Desk, *persons: Mapping[str, Any]) -> None:
    """Let what is written of the same person wait for each other, so that the second sees the first.

    Called before any row is locked, so that nobody who waits here holds what the other waits for.
    """
    names = [f"{folded(one['name'])}|{one['date_of_birth']}" for one in persons if one.get("name")]
    turns.take(desk.connection, desk.database, [*(one.get("nhs_number") for one in persons), *names])


def seeing_numbers(desk: Desk, write: Callable[[], T]) -> T:
    """Write what may give somebody an NHS number; again where it became another's meanwhile, as that one is found then."""
    for _ in range(TRIES):
        try:
            with desk.connection.begin_nested():
                return write()
        except sa.exc.IntegrityError as fault:
            if people.c.nhs_number.name not in str(fault.orig):
                raise
            taken = fault
    raise taken
