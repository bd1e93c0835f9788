"""The record of looks at a referral, by JSON API."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView
from flask_smorest import Blueprint

from services.referrals.api import WITH_US, found_or_404, open_desk, page_after
from services.referrals.described.looks import LookShown
from services.referrals.looks import reading
from shared.web.context import current_room, requires
from shared.web.described import PAGING, page_of, reads
from shared.web.problems import Pager, problem

blueprint = Blueprint("looks-api", __name__, url_prefix="/referrals", description="Who looked at a referral")


@blueprint.route("/<uuid:id>/looks")
class Looks(MethodView):
    """Who looked at one referral."""

    @blueprint.doc(**reads(page_of(LookShown), 404, 422, words="One page", parameters=PAGING))
    @requires(WITH_US)
    def get(self, id: UUID) -> dict[str, Any]:
        """List who looked, newest first; for staff, and for the practitioner whose referral it is."""
        pager = Pager.of_request()
        with current_room.database.read() as connection:
            desk = open_desk(connection)
            found = found_or_404(desk, id)
            if not reading.may_read(desk, found.state):
                problem(403, "Who looked at a referral is shown to the Pod and to the practitioner whose referral it is.")
            return pager.page(reading.listed(desk, str(id), pager.fetch, page_after(pager)))
