"""Reports of other systems about the citizen of a referral, by JSON API."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request
from flask.views import MethodView
from flask_smorest import Blueprint

from services.referrals import body
from services.referrals.api import WITH_US, act, desk_with, found_or_404, open_desk, right, settled
from services.referrals.api import shown as as_it_stands
from services.referrals.described.reports import Reports
from services.referrals.reports import reading, shapes, withdrawing
from services.referrals.state import pathway_of
from shared.web.context import current_room, requires
from shared.web.described import reads
from shared.web.etags import if_match
from shared.web.idempotency import in_transaction
from shared.web.problems import problem

blueprint = Blueprint("reports-api", __name__, url_prefix="/referrals", description="What other systems reported of the citizen")


@blueprint.route("/<uuid:id>/reports")
class ReportsOf(MethodView):
    """The reports of one referral."""

    @blueprint.doc(**reads(Reports, 404))
    @requires(WITH_US)
    def get(self, id: UUID) -> Any:
        """List what other systems reported of the citizen, newest first, and whether it stands."""
        with current_room.database.read() as connection:
            desk = open_desk(connection)
            return {"items": reading.shown(desk, str(id), pathway_of(found_or_404(desk, id).state))}


@blueprint.route("/<uuid:id>/reports/<uuid:report>/withdraw")
class Withdraw(MethodView):
    """One report."""

    @blueprint.doc(**act(shapes.Wrong))
    @requires("referral:correct")
    @in_transaction
    def post(self, id: UUID, report: UUID) -> Any:
        """Take back a report that was wrong, with a reason; whoever was told of it is told so."""
        desk, today = desk_with(id)
        given = right(*body.read(shapes.Wrong, request.get_json(), today))
        answer = withdrawing.withdraw(desk, str(id), str(report), given, if_match())
        return as_it_stands(desk, settled(answer) if answer else problem(404, "This referral has no such report."))
