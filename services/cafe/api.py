"""The café's JSON API."""
from __future__ import annotations

from flask.views import MethodView
from flask_smorest import Blueprint

from services.cafe.pages import regular_hours
from shared.web.described import Shown, answered, many, text, texts

blueprint = Blueprint("cafe-api", __name__, description="The Pod's café")


class Hours(Shown):
    """Opening hours on some days of the week."""

    days = texts("days of the week in English")
    opens = text("time of day in London, HH:MM", example="10:00")
    closes = text("time of day in London, HH:MM", example="14:30")
    when = text("at which times of the year")


class HoursList(Shown):
    """The regular opening hours."""

    items = many(Hours, "as staff wrote them down; at each time of the year some of them")


@blueprint.route("/opening-hours")
class OpeningHours(MethodView):
    """When the café is open."""

    @blueprint.doc(**answered(HoursList, words="The regular opening hours"), security=[])
    def get(self) -> dict[str, object]:
        """Give the regular opening hours; no sign-in is needed."""
        return {"items": regular_hours()}
