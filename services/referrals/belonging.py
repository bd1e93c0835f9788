"""Whose a referral is once its citizen's name, date of birth or NHS number was amended (R-13)."""
from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from services.referrals import elsewhere, record, sending, store
from services.referrals.desk import Desk
from services.referrals.record import WHO
from services.referrals.saying import Saying
from shared.ledger.types import Data, Refused, State

NUMBER, FIELD = "nhs_number", "citizen.nhs_number"


class Whose(NamedTuple):
    """Whose a referral is, and whose its NHS number where that is in doubt: its own citizen's, where their others say who they are."""

    citizen: str
    number_of: str | None


def whose(desk: Desk, state: State, saying: Saying, reason: str) -> Whose | Refused:
    """Give whose a referral is after an amendment of who its citizen is."""
    stays = Whose(state["citizen_id"], state.get("number_of"))
    if NUMBER in saying.says and not desk.sees_all:
        # whom a number is known of would be in the answer
        return Refused("R-13", "The NHS number is put right by the Pod.", "Tell the Pod the right number.", FIELD)
    who = {name: saying.now_on_record.get(name) for name in WHO}
    if NUMBER in saying.recorded:
        return _numbered(desk, state, saying, who, reason)
    if stays.number_of in (None, stays.citizen):
        return Whose(stays.citizen, _doubted(state, saying))
    return _agreed(desk, who, saying.said.get(NUMBER), stays) if desk.sees_all else stays


def _doubted(state: State, saying: Saying) -> str | None:
    """Give a citizen whose number is in doubt on a referral, as it says another name or birth than their others.

    It stays theirs until staff have found out: whoever amended it must not learn from what follows that there are others.
    """
    is_doubted = state["stage"] == "open" and saying.on_record.get(NUMBER) and record.is_somebody_else(saying.now_on_record, saying.now_says)
    return state["citizen_id"] if is_doubted else None


def _numbered(desk: Desk, state: State, saying: Saying, who: Data, reason: str) -> Whose | Refused:
    """Give whose a number is that staff have put right."""
    citizen, number_of = sending.whose(desk, who)
    if number_of and not _let_go(desk, number_of, state, reason):
        return Refused("R-13", "This NHS number is known of somebody of another name or date of birth.",
                       "Check the number, the name and the date of birth; if all are right, ask the Pod's manager.", FIELD)
    is_known = not number_of and bool(desk.people([citizen]))
    if is_known and citizen != state["citizen_id"] and state["stage"] != "open":
        return Refused("R-13", "This NHS number is another citizen's, and the journey has opened.",
                       "Two records of one citizen are joined by the council's records team.", FIELD)
    return Whose(citizen if is_known or _splits(desk, state, saying) else state["citizen_id"], None)


def _splits(desk: Desk, state: State, saying: Saying) -> bool:
    """Say whether a referral of a number nobody has leaves the citizen it shared with others; a journey stays with its citizen."""
    return state["stage"] == "open" and bool(saying.on_record.get(NUMBER)) and bool(desk.beside(state))


def _agreed(desk: Desk, who: Data, number: str | None, stays: Whose) -> Whose:
    """Give a referral in doubt to whom its number is known of, once name and date of birth agree."""
    citizen, number_of = sending.whose(desk, {**who, NUMBER: number})
    return Whose(stays.citizen, number_of) if number_of else Whose(citizen if desk.people([citizen]) else stays.citizen, None)


def _let_go(desk: Desk, citizen_id: str, taker: State, reason: str) -> bool:
    """Take an NHS number from somebody whose referrals have all ended, for they cannot be amended otherwise; say whether it was."""
    of = store.referrals.c.citizen == citizen_id
    if desk.connection.execute(sa.select(store.referrals.c.id).where(of, store.referrals.c.stage.in_(store.LIVE)).limit(1)).first():
        return False
    row = desk.people([citizen_id])[citizen_id]
    desk.rewrite(row, {NUMBER: None})
    ids = desk.connection.execute(sa.select(store.referrals.c.id).where(of).order_by(store.referrals.c.id)).scalars().all()
    elsewhere.note(desk, ids, taker, row, {NUMBER: None}, reason)
    return True
