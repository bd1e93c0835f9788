"""The pages about the pages: accessibility, privacy, how to get in touch; and the root of the API."""
from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.views import MethodView
from flask_smorest import Blueprint as ApiBlueprint

from shared.messaging.outbox import KEPT
from shared.messaging.parking import STRANGERS
from shared.pathways import PATHWAYS
from shared.settings import Settings
from shared.web.context import WORKING_DAY, current_room
from shared.web.described import Shown, answered, text
from shared.web.idempotency import KEPT_FOR

blueprint = Blueprint("about", __name__)
api = ApiBlueprint("root", __name__, description="Where everything is")

#: When the accessibility statement was last gone through, line by line.
REVIEWED = date(2026, 11, 22)


@blueprint.get("/accessibility")
def accessibility() -> str:
    """Say how far everybody can use these pages, as the regulations of 2018 ask of a public body."""
    return render_template("accessibility.html", council=_settings(), reviewed=REVIEWED)


@blueprint.get("/privacy")
def privacy() -> str:
    """Say what is kept about whom, and why, as articles 13 and 14 of the UK GDPR ask."""
    return render_template("privacy.html", council=_settings(), periods=periods())


@blueprint.get("/contact")
def contact() -> str:
    """Say how the Pod is reached, and when."""
    return render_template("contact.html")


def periods() -> dict[str, Any]:
    """Give how long things are kept, from where it is decided: days, but `looks` in years and `signed_in` in hours."""
    return {"drafts": max(pathway.draft_days for pathway in PATHWAYS.values()), "answers": KEPT_FOR.days, "events": KEPT.days,
            "strangers": STRANGERS.days, "looks": _settings().looks_years, "signed_in": WORKING_DAY // 3600}


def _settings() -> Settings:
    found: Settings = current_app.extensions["pod.settings"]
    return found


class RootShown(Shown):
    """Which service answers here."""

    service = text("name of the service", example="referrals")
    title = text("its name for people", example="Referrals")
    openapi = text("path of its description, from the root of this host", example="/referrals/api/v1/openapi.json")


@api.route("/")
class Root(MethodView):
    """The root of the API."""

    @api.doc(**answered(RootShown, words="Which service this is"), security=[])
    def get(self) -> dict[str, str]:
        """Say which service this is and where its description stands."""
        here = request.script_root + "/api/v1"
        return {"service": current_room.name, "title": current_room.title, "openapi": f"{here}/openapi.json"}
