"""The pages of referrals: start, one referral, lists, and the acts one may do."""
from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from flask import Blueprint, render_template, request, url_for

from services.referrals import acts, lists, showing, view
from services.referrals.api import WITH_US, found_or_404, open_desk
from services.referrals.references import read_reference
from shared.pathways import PATHWAYS
from shared.web.context import current_room, requires
from shared.web.problems import Pager, problem

blueprint = Blueprint("referrals", __name__, template_folder="templates")
blueprint.register_blueprint(acts.blueprint)


@blueprint.get("/")
@requires(WITH_US)
def home() -> str:
    """Say what a referral is, what it needs, and where to begin."""
    with current_room.database.read() as connection:
        rows = lists.listed(open_desk(connection), lists.Filters(mine=True), 5)
    return render_template("referrals/home.html", rows=rows)


@blueprint.get("/<uuid:id>/sent")
@requires(WITH_US)
def sent(id: UUID) -> str:
    """Confirm what was sent, with its reference and what is missing."""
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        found = found_or_404(desk, id)
        return render_template("referrals/sent.html", referral=view.brief(desk, found), clock=view.clock(desk, found.state))


@blueprint.get("/<uuid:id>")
@requires(WITH_US)
def show(id: UUID) -> str:
    """Show one referral."""
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        return showing.page(desk, found_or_404(desk, id))


@blueprint.get("/all")
@requires("referral:read")
def everything() -> Any:
    """List all referrals, for staff."""
    return _list_page("referrals.everything", "All referrals")


@blueprint.get("/mine")
@requires(WITH_US)
def mine() -> Any:
    """List the referrals somebody sent or works on."""
    return _list_page("referrals.mine", "Your referrals", mine=True)


def _list_page(endpoint: str, title: str, mine: bool = False) -> Any:
    state, reference = request.args.get("state", ""), request.args.get("reference", "").strip()
    overdue, pager = request.args.get("overdue") == "yes", Pager.of_request()
    if state not in ("", *lists.STATES):
        problem(404)
    known = read_reference(reference) if reference else ""
    filters = lists.Filters(state, mine, overdue, known or "")
    with current_room.database.read() as connection:
        rows = [] if reference and not known else lists.listed(open_desk(connection), filters, pager.fetch, _after(pager))
    page = pager.page(rows)
    chosen = {name: value for name, value in (("state", state), ("overdue", "yes" if overdue else ""), ("reference", reference)) if value}
    following = url_for(endpoint, after=page["next"], **cast(Any, chosen)) if page["next"] else ""
    return render_template("referrals/list.html", title=title, page=page, chosen=chosen, states=lists.STATES, following=following,
                           wrong=bool(reference and not known), pathways=PATHWAYS)


def _after(pager: Pager) -> str | None:
    try:
        return str(UUID(pager.after)) if pager.after else None
    except ValueError:
        problem(404)
