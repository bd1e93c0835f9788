"""The JSON API of notifications: who was told what."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from flask.views import MethodView
from flask_smorest import Blueprint

from services.notifications import held, sent
from services.notifications.channels import STATES
from services.notifications.described import Notification, NotificationPage
from shared.ledger.types import Actor, Refused
from shared.web.context import current_actor, current_room, requires, transaction
from shared.web.described import PAGING, SEEN, reads, writes
from shared.web.etags import check_version, etag
from shared.web.idempotency import in_transaction
from shared.web.problems import Pager, problem, refused

IN_WORDS = f"{', '.join(STATES[:-1])} or {STATES[-1]}"

blueprint = Blueprint("notifications-api", __name__, description="Who was told what, and what became of it")


#: Each an exact match.
QUERY = [{"in": "query", "name": name, "description": words, "schema": {"type": "string"}} for name, words in {
    "event_id": "of one event", "about": "about one thing", "recipient": "to one e-mail address", "state": IN_WORDS}.items()]


@blueprint.route("/notifications")
class Notifications(MethodView):
    """The messages sent."""

    @blueprint.doc(**reads(NotificationPage, 422, words="One page", parameters=[*QUERY, *PAGING]))
    @requires("notification:read")
    @blueprint.response(200, NotificationPage)
    def get(self) -> dict[str, Any]:
        """List messages, newest first."""
        pager = Pager.of_request()
        with current_room.database.read() as connection:
            return pager.page(sent.listed(connection, request.args, pager.fetch, after_of(pager)))


@blueprint.route("/notifications/<uuid:id>")
class OneNotification(MethodView):
    """One message."""

    @blueprint.doc(**reads(Notification, 404, gives=SEEN))
    @requires("notification:read")
    def get(self, id: UUID) -> Response:
        """Show a message."""
        with current_room.database.read() as connection:
            return _answer(_found(sent.one(connection, str(id))))


@blueprint.route("/notifications/<uuid:id>/release")
class Release(MethodView):
    """One held message, let go."""

    @blueprint.doc(**writes(Notification, 404, 409, 412, gives=SEEN))
    @requires("notification:settle")
    @in_transaction
    def post(self, id: UUID) -> Response:
        """Send it; where a later one to the same person went out already it becomes superseded instead."""
        return _decided("release", str(id))


@blueprint.route("/notifications/<uuid:id>/settle")
class Settle(MethodView):
    """One held message that went out before the restore."""

    @blueprint.doc(**writes(Notification, 404, 409, 412, gives=SEEN))
    @requires("notification:settle")
    @in_transaction
    def post(self, id: UUID) -> Response:
        """Keep who looked up that it went out, and when."""
        return _decided("settle", str(id))


def _decided(act: str, id_: str) -> Response:
    actor, database = current_actor(), current_room.database
    assert isinstance(actor, Actor)
    check_version(_version(_found(sent.one(transaction(), id_))))
    done = held.decide(transaction(), database, actor, act, [id_], database.now(transaction()))
    if isinstance(done, Refused):
        refused(done)
    after = _found(sent.one(transaction(), id_))
    if not done.states and (after["settled_by"], after["settled_how"]) != (actor.email, held.ACTS[act]):
        problem(409, held.not_held(after), title="Not held")
    return _answer(after)


def _answer(row: Any) -> Response:
    response = jsonify(Notification().dump(row))
    response.headers["ETag"] = etag(_version(row))
    return response


def _version(row: Any) -> int:
    return 2 if row["settled_at"] else 1


def _found(row: Any) -> Any:
    if row is None:
        problem(404, "There is no such message.")
    return row


def after_of(pager: Pager) -> str | None:
    """Give the id the last page ended with; a wrong one is a 422."""
    try:
        return str(UUID(pager.after)) if pager.after else None
    except ValueError:
        problem(422, "The paging is not valid.", errors=[{"pointer": "/after", "detail": "Not the id of a message."}])
