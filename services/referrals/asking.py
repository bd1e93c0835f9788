"""Asking who is with the Pod is limited and on record (R-13): whoever sends a referral hears whether somebody may be."""
from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial, wraps
from hashlib import blake2b
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask import g
from sqlalchemy.engine import Connection

from services.referrals import sending
from services.referrals.desk import Answer, Desk
from services.referrals.directory.comparing import folded
from services.referrals.store import asked
from shared.calendar import moment_in_words
from shared.ledger.store import Written
from shared.ledger.types import Data, Refused
from shared.web.contact import contact_of
from shared.web.context import current_room
from shared.web.problems import problem

View = TypeVar("View", bound=Callable[..., Any])

ASKED_WHY, TAKEN, TOO_OFTEN = "asked why", "taken", "too often"
#: How often in a day a practitioner may be asked why, and how often taken at their word: those who are asked why
#: and then say it count once in each. An honest practitioner meets a handful in a month.
LIMIT = 10
WITHIN = timedelta(hours=24)


def send(desk: Desk, body: Data) -> tuple[str, Answer]:
    """Send a referral for somebody who has not asked too often, and note what the answer told them."""
    if again := _free_again(desk):
        _note(desk, body["citizen"], TOO_OFTEN)
        _too_often(again, desk.now)
    id_, answer = sending.send(desk, body)
    _note(desk, body["citizen"], _told(answer))
    return id_, answer


def on_record(view: View) -> View:
    """Write down what was asked after the view's own transaction, for a refusal undoes all that is in it."""
    @wraps(view)
    def recorded(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        finally:
            if row := g.pop("asked", None):
                current_room.database.run(partial(_write, row))
    return cast(View, recorded)


def _told(answer: Answer) -> str:
    """Say in what way an answer told that somebody may be with us; empty where it did not."""
    if isinstance(answer, Refused):
        return ASKED_WHY if answer.field == "duplicate_reason" else ""
    return TAKEN if isinstance(answer, Written) and (answer.state["duplicates"] or answer.state.get("number_of")) else ""


def _note(desk: Desk, given: Data, answer: str) -> None:
    number = given.get("nhs_number")
    g.asked = {"id": str(uuid.uuid4()), "who": desk.who, "asked_at": desk.now, "answer": answer,
               "number": _digest(number) if number else None,
               "person": _digest(f"{folded(given['name'])}|{given['date_of_birth']}")} if answer else None


def _digest(text: str) -> str:
    # under our key: there are few enough NHS numbers to try them all on a bare digest
    key = blake2b(current_room.settings.secret_key.encode()).digest()
    return blake2b(text.encode(), key=key, digest_size=16).hexdigest()


def _write(row: Data, connection: Connection) -> None:
    connection.execute(asked.insert().values(row))


def _free_again(desk: Desk) -> datetime | None:
    """Give when whoever asks may ask again; None where they may now, as staff, who see it all, always may."""
    if desk.sees_all:
        return None
    tenth = [sa.select(asked.c.asked_at).where(asked.c.who == desk.who, asked.c.answer == answer, asked.c.asked_at > desk.now - WITHIN)
             .order_by(asked.c.asked_at.desc()).offset(LIMIT - 1).limit(1) for answer in (ASKED_WHY, TAKEN)]
    found = [at for query in tenth if (at := desk.connection.execute(query).scalar())]
    return max(found) + WITHIN if found else None


def _too_often(again: datetime, now: datetime) -> None:
    call = contact_of(current_room.settings).call
    wait = max(1, math.ceil((again - now).total_seconds()))
    problem(429, "You have sent many referrals of people who may already be with us.", title="Asked too often", rule="R-13",
            help=f"{call[:1].upper()}{call[1:]} about this one, or send it after {moment_in_words(again)}.",
            headers={"Retry-After": str(wait)})
