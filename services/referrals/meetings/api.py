"""The invitation to the introductory meeting, by API."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView
from flask_smorest import Blueprint

from services.referrals.api import WITH_US
from services.referrals.meetings import reading
from shared.web.context import requires
from shared.web.described import file_of

blueprint = Blueprint("meeting-api", __name__, url_prefix="/referrals", description="The invitation to the introductory meeting")


@blueprint.route("/<uuid:id>/meeting.ics")
class Invitation(MethodView):
    """The invitation to one meeting."""

    @blueprint.doc(**file_of(404, words="The invitation, as iCalendar (RFC 5545); it names nobody but the Pod", types=["text/calendar"]))
    @requires(WITH_US)
    def get(self, id: UUID) -> Any:
        """Give the invitation as calendars read it: METHOD REQUEST, or CANCEL once the meeting is off."""
        return reading.calendar(id)
