"""The page on which staff see what a citizen is to be told and how to reach them, and write down that it was done."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, render_template

from services.referrals import reaching, view
from services.referrals.acts.desk import answered, found_for, refused_now, show_faults
from services.referrals.desk import Desk
from services.referrals.tellings import reading, shapes
from services.referrals.tellings.forms import ToldForm, given
from shared.calendar import london_day
from shared.ledger.store import Written
from shared.web.context import current_room, requires, transaction
from shared.web.idempotency import in_transaction

blueprint = Blueprint("tellings", __name__)
ROUTE = "/<uuid:id>/told"
ENTER = {"how": "Choose how they were told, or why not", "what": "Tick what they were told", "on": "Enter the day"}


@blueprint.get(ROUTE)
@requires("referral:triage")
def ask(id: UUID) -> Any:
    """Show what is to be told, whom to reach how, and ask how it went."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        return refused_now(desk, found, "tell") or _page(desk, found, ToldForm(data={"on": london_day(desk.now)}), ticked=True)


@blueprint.post(ROUTE)
@requires("referral:triage")
@in_transaction
def tell(id: UUID) -> Any:
    """Write it down, or show the form again with what is wrong."""
    desk, found = found_for(transaction(), id)
    form = ToldForm()
    form.validate()
    taken, faults = shapes.read(given(form), london_day(desk.now))
    faults = {"/how" if pointer == "/way" else pointer: words for pointer, words in faults.items()}
    show_faults(form, {pointer: "is missing" if pointer == "/how" else words for pointer, words in faults.items()}, ENTER)
    _insist(form)

    def page() -> str:
        return _page(desk, found, form)
    if form.errors:
        return make_response(page(), 422)
    done = "It was written down that the citizen was told." if "way" in taken else "It was written down why the citizen is not told."
    return answered(desk, found, form, page, desk.tell(str(id), taken), done)


def _insist(form: Any) -> None:
    for name in ("what", "on"):
        if not (form[name].data or form[name].errors):
            form[name].errors = [ENTER[name]]


def _page(desk: Desk, found: Written, form: Any, ticked: bool = False) -> str:
    waiting, citizen = reading.waiting(desk, found.state), view.whole(desk, found)["citizen"]
    form.what.choices = [(one["key"], one["words"]) for one in waiting]
    if ticked:
        form.what.data = [one["key"] for one in waiting]
    return render_template("referrals/tell.html", form=form, waiting=waiting, citizen=citizen, lacks=reaching.lacking(citizen), by=reaching.by(citizen),
                           heading="Tell the citizen", button="Write it down", referral=view.headed(desk, found))
