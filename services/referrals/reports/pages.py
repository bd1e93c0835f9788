"""The page on which a wrong report is taken back."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, render_template

from services.referrals import body, view
from services.referrals.acts.desk import answered, found_for, refused, show_faults
from services.referrals.decisions import taken_back_already
from services.referrals.desk import Desk
from services.referrals.reports import reading, shapes, withdrawing
from services.referrals.reports.forms import WrongForm
from services.referrals.state import pathway_of
from shared.calendar import london_day
from shared.ledger.store import Written
from shared.ledger.types import Data
from shared.web.context import current_room, requires, transaction
from shared.web.idempotency import in_transaction
from shared.web.problems import problem

blueprint = Blueprint("reports", __name__)
ROUTE = "/<uuid:id>/reports/<uuid:report>/withdraw"
ENTER = {"reason": "Say how you know that it is wrong"}


@blueprint.get(ROUTE)
@requires("referral:correct")
def ask(id: UUID, report: UUID) -> Any:
    """Show the report, and ask why it is wrong."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        said = _report(desk, found, report)
        return _page(desk, found, said, WrongForm()) if said["state"] == "stands" else refused(desk, found, taken_back_already())


@blueprint.post(ROUTE)
@requires("referral:correct")
@in_transaction
def take_back(id: UUID, report: UUID) -> Any:
    """Take it back, or show the form again with what is wrong."""
    desk, found = found_for(transaction(), id)
    said, form = _report(desk, found, report), WrongForm()
    form.validate()
    taken, faults = body.read(shapes.Wrong, {"reason": form.reason.data or ""}, london_day(desk.now))
    show_faults(form, faults, ENTER)

    def page() -> str:
        return _page(desk, found, said, form)
    if form.errors:
        return make_response(page(), 422)
    answer = withdrawing.withdraw(desk, str(id), str(report), taken) or taken_back_already()
    return answered(desk, found, form, page, answer, "The report was taken back. Everybody who was told of it is told so.")


def _report(desk: Desk, found: Written, report: UUID) -> Data:
    said = reading.shown(desk, found.state["id"], pathway_of(found.state))
    return next((one for one in said if one["id"] == str(report)), None) or problem(404, "This referral has no such report.")


def _page(desk: Desk, found: Written, report: Data, form: Any) -> str:
    return render_template("referrals/reports/withdraw.html", form=form, report=report, heading="Take a wrong report back",
                           button="Take it back", referral=view.headed(desk, found))
