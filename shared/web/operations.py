"""What operations staff see of one service: parked events, what waits, and two buttons."""
from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, url_for
from flask.views import MethodView
from flask_smorest import Blueprint as ApiBlueprint

from shared.ledger.types import Actor
from shared.messaging.reasons import Reason
from shared.messaging.retries import Failed
from shared.web.context import current_actor, current_room, requires, transaction
from shared.web.described import PAGING, Shown, choice, id_of, moment, number, page_of, reads, text, writes
from shared.web.idempotency import in_transaction
from shared.web.problems import Pager, problem

pages = Blueprint("operations", __name__)
api = ApiBlueprint("parked", __name__, description="Events set aside, with the reason")

SHOWN = ("id", "event_id", "type", "reason", "words", "attempts", "parked_at")


class ParkedShown(Shown):
    """An event that could not be taken, and waits for a person."""

    id = id_of("id of the parked event")
    event_id = text("id the event came with; null where none could be read", null=True)
    type = text("name of the event; null where none could be read", null=True, example="hospital.admitted")
    reason = choice(*Reason, description="why it was parked")
    words = text("what is wrong with this one, for people")
    attempts = number("how often it was tried")
    parked_at = moment("when it was parked, UTC")


class ParkedSettled(Shown):
    """What became of a parked event."""

    id = id_of("id of the parked event")
    state = choice("retried", "discarded", description="retried: it has had its effect now")


@pages.get("/operations")
@requires("operations:read")
def show() -> str:
    """List what is parked and count what waits."""
    with current_room.database.read() as connection:
        parked, counts = _listed(connection), current_room.backlog(connection)
    return render_template("operations.html", parked=parked, counts=counts, checks=current_room.ready(), explain=explain)


@pages.post("/operations/parked/<uuid:id>/<act>")
@requires("operations:write")
@in_transaction
def decide(id: UUID, act: str) -> Any:
    """Retry or discard one parked event."""
    if act not in ("retry", "discard"):
        problem(404)
    _do(act, str(id))
    flash({"retry": "The event will be tried again now.", "discard": "The event was discarded."}[act], "success")
    return redirect(url_for("operations.show"), 303)


@api.route("/parked")
class Parked(MethodView):
    """The parked events of this service."""

    @api.doc(**reads(page_of(ParkedShown), 422, words="One page", parameters=PAGING))
    @requires("operations:read")
    def get(self) -> dict[str, Any]:
        """List parked events, oldest first."""
        with current_room.database.read() as connection:
            return _listed(connection)


@api.route("/parked/<uuid:id>/retry")
class Retry(MethodView):
    """One parked event, tried again."""

    @api.doc(**writes(ParkedSettled, 404, 409, words="It has had its effect now"))
    @requires("operations:write")
    @in_transaction
    def post(self, id: UUID) -> dict[str, Any]:
        """Offer the event to its handler again."""
        _do("retry", str(id))
        return {"id": str(id), "state": "retried"}


@api.route("/parked/<uuid:id>/discard")
class Discard(MethodView):
    """One parked event, put away for good."""

    @api.doc(**writes(ParkedSettled, 404, 409, words="It is put away"))
    @requires("operations:write")
    @in_transaction
    def post(self, id: UUID) -> dict[str, Any]:
        """Discard the event; who did it is kept."""
        _do("discard", str(id))
        return {"id": str(id), "state": "discarded"}


def _listed(connection: sa.Connection) -> dict[str, Any]:
    pager = Pager.of_request()
    try:
        after = str(UUID(pager.after)) if pager.after else None
    except ValueError:
        problem(422, "The paging is not valid.", errors=[{"pointer": "/after", "detail": "Not the id of a parked event."}])
    return pager.page([_row(one) for one in current_room.parked.parking.list(connection, pager.fetch, after)])


def _do(act: str, id: str) -> None:
    actor = current_actor()
    assert isinstance(actor, Actor)
    try:
        row = getattr(current_room.parked, act)(transaction(), id, actor.email)
    except Failed as fault:
        problem(409, f"It failed again: {fault.words}", title="Failed again", help=fault.reason.help)
    if row is None:
        problem(404, "There is no such parked event.")
    if row["settled_at"] is not None and row["settled_by"] != actor.email:
        problem(409, f"{row['settled_by']} has dealt with it already: {row['settled_how']}.")


def explain(reason: str) -> dict[str, str]:
    """Say a reason of the closed list in words, and what to do about it."""
    known = Reason(reason) if reason in set(Reason) else None
    return {"words": known.words, "help": known.help} if known else {"words": reason, "help": ""}


def _row(one: Any) -> dict[str, Any]:
    found = dict(one) if hasattr(one, "keys") else {name: getattr(one, name) for name in SHOWN}
    at = found.get("parked_at")
    return {name: found.get(name) for name in SHOWN} | {"parked_at": at.isoformat() if isinstance(at, datetime) else at}
