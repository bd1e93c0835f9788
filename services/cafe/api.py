"""The café's JSON API."""
from __future__ import annotations

import marshmallow as ma
from flask.views import MethodView
from flask_smorest import Blueprint

from services.cafe.pages import regular_hours

blueprint = Blueprint("cafe-api", __name__, description="The Pod's café")


class Hours(ma.Schema):
    """Opening hours on some days of the week; times are London's."""

    days = ma.fields.List(ma.fields.String())
    opens = ma.fields.String()
    closes = ma.fields.String()
    when = ma.fields.String()


class HoursList(ma.Schema):
    """The regular opening hours."""

    items = ma.fields.List(ma.fields.Nested(Hours))


@blueprint.route("/opening-hours")
class OpeningHours(MethodView):
    """When the café is open."""

    @blueprint.response(200, HoursList)
    def get(self) -> dict[str, object]:
        """Give the regular opening hours; no sign-in is needed."""
        return {"items": regular_hours()}
