"""The JSON API of notifications: who was told what."""
from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import request
from flask.views import MethodView
from flask_smorest import Blueprint

from services.notifications import sent
from shared.web.context import current_room, requires
from shared.web.problems import Pager, problem

blueprint = Blueprint("notifications-api", __name__, description="Who was told what, and what became of it")


class Notification(ma.Schema):
    """One message to one recipient by one rule about one event."""

    id = ma.fields.String()
    event_id = ma.fields.String()
    about = ma.fields.String()
    rule = ma.fields.String()
    recipient = ma.fields.String()
    channel = ma.fields.String()
    state = ma.fields.String(metadata={"description": "waiting, sent, failed or superseded"})
    subject = ma.fields.String()
    text = ma.fields.String()
    created_at = ma.fields.AwareDateTime()
    sent_at = ma.fields.AwareDateTime(allow_none=True)
    correction_of = ma.fields.String(allow_none=True, metadata={"description": "id of the message this one corrects"})


class NotificationList(ma.Schema):
    """A page of messages, newest first."""

    items = ma.fields.List(ma.fields.Nested(Notification))
    next = ma.fields.String(allow_none=True)


#: Each an exact match, save the two of the paging.
QUERY = {"event_id": "of one event", "about": "about one thing", "recipient": "to one e-mail address",
         "state": "waiting, sent, failed or superseded", "limit": "1 to 200, default 50", "after": "`next` of the page before"}


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


def after_of(pager: Pager) -> str | None:
    """Give the id the last page ended with; a wrong one is a 422."""
    try:
        return str(UUID(pager.after)) if pager.after else None
    except ValueError:
        problem(422, "The paging is not valid.", errors=[{"pointer": "/after", "detail": "Not the id of a message."}])
