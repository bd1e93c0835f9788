"""The JSON API of notifications: who was told what."""
from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response, jsonify, request
from flask.views import MethodView
from flask_smorest import Blueprint

from services.notifications import held, sent
from services.notifications.channels import STATES
from shared.ledger.types import Actor, Refused
from shared.web.context import current_actor, current_room, requires, transaction
from shared.web.etags import check_version, etag
from shared.web.idempotency import in_transaction
from shared.web.problems import Pager, problem, refused

IN_WORDS = f"{', '.join(STATES[:-1])} or {STATES[-1]}"

blueprint = Blueprint("notifications-api", __name__, description="Who was told what, and what became of it")


class Notification(ma.Schema):
    """One message to one recipient by one rule about one event."""

    id = ma.fields.String()
    event_id = ma.fields.String()
    about = ma.fields.String()
    rule = ma.fields.String()
    recipient = ma.fields.String()
    channel = ma.fields.String()
    state = ma.fields.String(metadata={"description": IN_WORDS})
    subject = ma.fields.String()
    text = ma.fields.String()
    created_at = ma.fields.AwareDateTime()
    sent_at = ma.fields.AwareDateTime(allow_none=True)
    why = ma.fields.String(allow_none=True, metadata={"description": "why it was not sent, where it was not"})
    settled_at = ma.fields.AwareDateTime(allow_none=True, metadata={"description": "when somebody decided about it"})
    settled_by = ma.fields.String(allow_none=True)
    settled_how = ma.fields.String(allow_none=True, metadata={"description": " or ".join(held.ACTS.values())})
    correction_of = ma.fields.String(allow_none=True, metadata={"description": "id of the message this one corrects"})


class NotificationList(ma.Schema):
    """A page of messages, newest first."""

    items = ma.fields.List(ma.fields.Nested(Notification))
    next = ma.fields.String(allow_none=True)


#: Each an exact match, save the two of the paging.
QUERY = {"event_id": "of one event", "about": "about one thing", "recipient": "to one e-mail address",
         "state": IN_WORDS, "limit": "1 to 200, default 50", "after": "`next` of the page before"}


@blueprint.route("/notifications")
class Notifications(MethodView):
    """The messages sent."""

    @requires("notification:read")
    @blueprint.doc(parameters=[
        {"in": "query", "name": name, "description": words, "schema": {"type": "string"}} for name, words in QUERY.items()])
    @blueprint.response(200, NotificationList)
    def get(self) -> dict[str, Any]:
        """List messages, newest first."""
        pager = Pager.of_request()
        with current_room.database.read() as connection:
            return pager.page(sent.listed(connection, request.args, pager.fetch, after_of(pager)))


@blueprint.route("/notifications/<uuid:id>")
class OneNotification(MethodView):
    """One message."""

    @requires("notification:read")
    @blueprint.response(200, Notification)
    def get(self, id: UUID) -> Response:
        """Show a message."""
        with current_room.database.read() as connection:
            return _answer(_found(sent.one(connection, str(id))))


@blueprint.route("/notifications/<uuid:id>/release")
class Release(MethodView):
    """One held message, let go."""

    @requires("notification:settle")
    @in_transaction
    @blueprint.response(200, Notification)
    def post(self, id: UUID) -> Response:
        """Send it; where a later one to the same person went out already it becomes superseded instead."""
        return _decided("release", str(id))


@blueprint.route("/notifications/<uuid:id>/settle")
class Settle(MethodView):
    """One held message that went out before the restore."""

    @requires("notification:settle")
    @in_transaction
    @blueprint.response(200, Notification)
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
