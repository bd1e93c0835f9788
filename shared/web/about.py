"""The pages about the pages: accessibility and privacy; and the root of the API."""
from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.views import MethodView
from flask_smorest import Blueprint as ApiBlueprint

from shared.web.context import current_room

blueprint = Blueprint("about", __name__)
api = ApiBlueprint("root", __name__, description="Where everything is")


@blueprint.get("/accessibility")
def accessibility() -> str:
    """Say how far everybody can use these pages."""
    return render_template("accessibility.html")


@blueprint.get("/privacy")
def privacy() -> str:
    """Say what is kept about whom, and why."""
    return render_template("privacy.html")


@api.route("/")
class Root(MethodView):
    """The root of the API."""

    def get(self) -> dict[str, str]:
        """Say which service this is and where its description stands."""
        here = request.script_root + "/api/v1"
        return {"service": current_room.name, "title": current_room.title, "openapi": f"{here}/openapi.json"}
