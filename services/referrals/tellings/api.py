"""Writing down that a citizen was told, by JSON API."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request
from flask.views import MethodView
from flask_smorest import Blueprint

from services.referrals.api import act, desk_with, right, settled
from services.referrals.api import shown as as_it_stands
from services.referrals.tellings import shapes
from shared.web.context import requires
from shared.web.etags import if_match
from shared.web.idempotency import in_transaction

blueprint = Blueprint("tellings-api", __name__, url_prefix="/referrals", description="What citizens who refer themselves are told")


@blueprint.route("/<uuid:id>/told")
class Told(MethodView):
    """That the citizen was told."""

    @blueprint.doc(**act(shapes.Told))
    @requires("referral:triage")
    @in_transaction
    def post(self, id: UUID) -> Any:
        """Write down when and how a citizen who referred themself was told what happened, or why not.

        Without `what` it is all they have yet to be told, but no message of theirs: name those that were answered (409 where only these are left).
        """
        desk, today = desk_with(id)
        given = right(*shapes.read(request.get_json(), today))
        return as_it_stands(desk, settled(desk.tell(str(id), given, if_match())))
