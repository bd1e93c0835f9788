"""Accepting a referral: the outcome of every rule is shown before it is done (R-15)."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template

from services.referrals import together, view
from services.referrals.acts import forms
from services.referrals.acts.desk import answered, found_for, refused_now
from services.referrals.api import WITH_US
from services.referrals.documents import listing
from services.referrals.state import pathway_of
from shared.web.context import current_room, requires, transaction
from shared.web.idempotency import in_transaction

ROUTE = "/<uuid:id>/accept"


def add_to(blueprint: Blueprint) -> None:
    """Add the pages."""
    blueprint.get(ROUTE, endpoint="confirm")(confirm)
    blueprint.post(ROUTE)(accept)


@requires(WITH_US)
def confirm(id: UUID) -> Any:
    """Show how every rule came out, and ask whether to accept."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        return refused_now(desk, found, "accept") or render_template(
            "referrals/acts/accept.html", form=forms.AcceptForm(), referral=view.headed(desk, found), heading="Accept this referral",
            button="Accept the referral", rules=view.judged(desk, found.state), clock=view.clock(desk, found.state),
            rules_of=pathway_of(found.state), merged=together.differing(found.state), documents=[one for one in listing.here(desk, found.state) if one["state"] != listing.REPLACED])


@requires(WITH_US)
@in_transaction
def accept(id: UUID) -> Any:
    """Accept a referral; whoever comes second is told who was first, and when."""
    desk, found = found_for(transaction(), id)
    return answered(desk, found, (), None, desk.accept(str(id)),
                    "The referral was accepted. A journey opens; now choose the development worker.")
