"""A look at a referral is on record before the answer leaves; what cannot be recorded is not shown.

A record with holes answers nobody who asks "who saw this?", so it goes as the NHS has it: record or refuse. The record
lies in the database the referral was read from, so one is hardly ever there without the other.
"""
from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

import sqlalchemy as sa
from flask import Response, current_app, g
from sqlalchemy.engine import Connection

from services.referrals.desk import Desk
from services.referrals.store import looks
from services.referrals.worklists.filters import Filters
from shared.ledger.types import Actor
from shared.web import errors
from shared.web.context import current_actor, current_room, is_api

log = logging.getLogger(__name__)

PAGE, API, DOCUMENT, CALENDAR, SEARCH = "page", "api", "document", "calendar", "search"


def note(referral: str, refused: bool = False) -> None:
    """Note that whoever asks is shown a referral, or was refused it; once for each request and referral."""
    g.setdefault("looks", {})[referral] = refused


def at(what: str, document: str | None = None) -> None:
    """Say that this request looks at more than the referral: `DOCUMENT` and which, or `CALENDAR`."""
    g.looked_at = (what, document)


def found(desk: Desk, wanted: Filters, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note whom staff found by a name or an NHS number; a list in which nobody was looked for says of nobody that they were seen."""
    if desk.sees_all and rows and (wanted.nhs_number or wanted.words):
        at(SEARCH)
        for row in rows:
            note(row["id"])


def write(response: Response) -> Response:
    """Write down what this request looked at, after its own transaction; the answer is 503 where that cannot be done."""
    noted: dict[str, bool] = g.pop("looks", {})
    if not noted:
        return response
    what, document = g.pop("looked_at", None) or (API if is_api() else PAGE, None)
    try:
        current_room.database.run(partial(_write, noted, what, document))
    except sa.exc.SQLAlchemyError as fault:
        log.error("a look at a referral could not be recorded, so it was not shown")
        response.close()
        return current_app.make_response(cast(Any, errors.database(fault)))
    return response


def _write(noted: dict[str, bool], what: str, document: str | None, connection: Connection) -> None:
    desk = Desk(connection, cast(Any, current_room).keeper.ledger, cast(Actor, current_actor()))
    # the record names ids only; whoever never did anything here must still be found by theirs
    if desk.who not in desk.people([desk.who]):
        desk.introduce_staff([desk.me()])
    current_room.database.insert(connection, looks, [
        {"id": str(uuid.uuid4()), "referral": referral, "who": desk.who, "at": desk.now, "what": what, "document": document, "refused": refused}
        for referral, refused in sorted(noted.items())])
