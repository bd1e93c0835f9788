"""The rules in words and in figures for other systems: the same as on the pages."""
from __future__ import annotations

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint
from sqlalchemy.engine import Connection

from services.referrals import rulebook
from services.referrals.api import WITH_US
from services.referrals.described.pathways import Rules, RulesWithVersions
from shared.pathways import PATHWAYS
from shared.web.context import current_room, requires
from shared.web.described import page_of, reads
from shared.web.problems import problem

blueprint = Blueprint("pathways-api", __name__, url_prefix="/pathways", description="Pathways: the rules referrals are judged by")


@blueprint.route("")
class Pathways(MethodView):
    """All pathways."""

    @blueprint.doc(**reads(page_of(RulesWithVersions), words="All of them, on one page"))
    @requires(WITH_US)
    def get(self) -> dict[str, Any]:
        """List the pathways with all their figures, and each rule in words."""
        with current_room.database.read() as connection:
            return {"items": [_shown(connection, name) for name in PATHWAYS], "next": None}


@blueprint.route("/<string:name>")
class Pathway(MethodView):
    """One pathway."""

    @blueprint.doc(**reads(RulesWithVersions, 404))
    @requires(WITH_US)
    def get(self, name: str) -> dict[str, Any]:
        """Give a pathway as it stands today; `versions` are all there have been, newest first."""
        if name not in PATHWAYS:
            problem(404, f"There is no such pathway; there are {', '.join(PATHWAYS)}.")
        with current_room.database.read() as connection:
            return _shown(connection, name)


@blueprint.route("/<string:name>/<string:fingerprint>")
class Version(MethodView):
    """One version of a pathway."""

    @blueprint.doc(**reads(Rules, 404, words="As it stood then"))
    @requires(WITH_US)
    def get(self, name: str, fingerprint: str) -> dict[str, Any]:
        """Give a pathway as it stood: the `fingerprint` of a decision says which rules it was judged by (R-15)."""
        with current_room.database.read() as connection:
            return rulebook.in_version(connection, name, fingerprint) or problem(404, "There is no such version of these rules.")


def _shown(connection: Connection, name: str) -> dict[str, Any]:
    return {**rulebook.described(PATHWAYS[name]), "versions": rulebook.versions(connection, name)}
