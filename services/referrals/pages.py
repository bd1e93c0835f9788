"""The pages of referrals: lists, one referral, and the acts one may do."""
from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template

from services.referrals import acts, showing, view
from services.referrals.api import WITH_US, found_or_404, open_desk
from services.referrals.worklists import pages as worklists
from shared.web.context import current_room, requires

blueprint = Blueprint("referrals", __name__, template_folder="templates")
blueprint.register_blueprint(acts.blueprint)
worklists.add_to(blueprint)


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
