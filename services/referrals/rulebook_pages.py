"""The pages of the rules in words: what each pathway asks and promises, today and as it once stood."""
from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

from flask import Blueprint, render_template

from services.referrals import rulebook
from services.referrals.api import WITH_US
from shared.pathways import PATHWAYS
from shared.pathways.sentences import sentences, summary
from shared.web.context import current_room, requires
from shared.web.problems import problem

blueprint = Blueprint("rules", __name__, url_prefix="/rules")


@blueprint.get("")
@requires(WITH_US)
def all_pathways() -> str:
    """Sum up what each pathway asks."""
    return render_template("referrals/rules.html", pathways=[(one, summary(one)) for one in PATHWAYS.values()])


@blueprint.get("/<name>")
@requires(WITH_US)
def pathway(name: str) -> str:
    """Show every rule of a pathway as it stands today."""
    if name not in PATHWAYS:
        problem(404, "There is no such pathway.")
    with current_room.database.read() as connection:
        return _page(rulebook.described(PATHWAYS[name]), rulebook.versions(connection, name))


@blueprint.get("/<name>/<fingerprint>")
@requires(WITH_US)
def version(name: str, fingerprint: str) -> str:
    """Show the rules of a pathway as they stood in one version of them (R-15)."""
    with current_room.database.read() as connection:
        rules = rulebook.in_version(connection, name, fingerprint)
        if rules is None:
            problem(404, "There is no such version of these rules.")
        return _page(rules, rulebook.versions(connection, name))


def _page(rules: dict[str, Any], versions: list[dict[str, str]]) -> str:
    today = PATHWAYS.get(rules["name"])
    is_past = today is None or today.fingerprint != rules["fingerprint"]
    said_today = {words for _, words in sentences(today)} if today else set()
    sections = [(heading, list(said)) for heading, said in groupby(rules["sentences"], itemgetter("heading"))]
    since = next((one["first_in_force_at"] for one in versions if one["fingerprint"] == rules["fingerprint"]), None)
    others = [one for one in versions if one["fingerprint"] != rules["fingerprint"]]
    return render_template("referrals/pathway_rules.html", rules=rules, sections=sections, since=since, others=others,
                           is_past=is_past, today=today, said_today=said_today)
