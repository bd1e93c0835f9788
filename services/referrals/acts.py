"""The pages on which something is done to a referral: document, accept, decline, withdraw, allocate."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, url_for

from services.referrals import body, directory, forms, view
from services.referrals.api import WITH_US, found_or_404, open_desk, settled
from services.referrals.desk import Answer, Desk
from shared.calendar import london_day
from shared.ledger.store import Written
from shared.ledger.types import Refused
from shared.pathways import PATHWAYS
from shared.web.context import current_room, requires, transaction
from shared.web.idempotency import in_transaction
from shared.web.problems import problem

blueprint = Blueprint("acts", __name__)

#: act -> heading, button, what is said when it is done.
WORDS = {
    "document": ("Add a document", "Add the document", "The document was added."),
    "decline": ("Decline this referral", "Decline the referral", "The referral was declined. The practitioner will be told."),
    "withdraw": ("Withdraw this referral", "Withdraw the referral", "The referral was withdrawn."),
    "allocate": ("Choose the development worker", "Choose", "The development worker was chosen."),
}
#: What to say where nothing was chosen or typed.
ENTER = {"kind": "Choose which document it is", "dated": "Enter the date of the document", "reason": "Choose a reason",
         "words": "Say what the practitioner is told", "development_worker_email": "Choose a development worker, or enter a work email address"}


@blueprint.post("/<uuid:id>/accept")
@requires(WITH_US)
@in_transaction
def accept(id: UUID) -> Any:
    """Accept a referral; whoever comes second is told who was first, and when."""
    desk = open_desk(transaction())
    found = found_or_404(desk, id)
    return _answered(desk, found, desk.accept(str(id)),
                     "The referral was accepted. A journey opens; now choose the development worker.")


@blueprint.get("/<uuid:id>/<any(document, decline, withdraw, allocate):act>")
@requires(WITH_US)
def ask(id: UUID, act: str) -> str:
    """Ask what an act needs to know."""
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        found = found_or_404(desk, id)
        return _page(desk, found, act, _form(desk, found, act))


@blueprint.post("/<uuid:id>/<any(document, decline, withdraw, allocate):act>")
@requires(WITH_US)
@in_transaction
def do(id: UUID, act: str) -> Any:
    """Do it, or show the form again with what is wrong."""
    desk = open_desk(transaction())
    found = found_or_404(desk, id)
    form = _form(desk, found, act)
    form.validate()
    given = _given(act, form)
    taken, faults = body.read(SHAPES[act], given, london_day(desk.now))
    for pointer, words in faults.items():
        _say(form, pointer.strip("/"), words)
    if form.errors:
        return make_response(_page(desk, found, act, form), 422)
    return _answered(desk, found, DO[act](desk, str(id), taken), WORDS[act][2])


def _answered(desk: Desk, found: Written, answer: Answer, words: str) -> Any:
    """Go back to the referral, or say on a page why it was not done and what would help."""
    if isinstance(answer, Refused) and answer.rule != "permission":
        page = render_template("referrals/refused.html", refusal=answer, referral=view.brief(desk, found))
        return make_response(page, 409)
    settled(answer)
    flash(words, "success")
    return redirect(url_for("referrals.show", id=found.state["id"]), 303)


SHAPES = {"document": body.Document, "decline": body.Decline, "withdraw": body.Withdraw, "allocate": body.Allocate}
DO: dict[str, Callable[[Desk, str, dict[str, Any]], Answer]] = {
    "document": Desk.add_document, "decline": Desk.decline, "withdraw": Desk.withdraw, "allocate": directory.allocate}
FORMS = {"document": forms.DocumentForm, "decline": forms.DeclineForm, "withdraw": forms.WithdrawForm, "allocate": forms.AllocateForm}


def _form(desk: Desk, found: Written, act: str) -> Any:
    form = FORMS[act]()
    if act == "document":
        pathway = PATHWAYS[found.state["pathway"]]
        form.kind.choices = [(paper.kind, paper.words) for paper in pathway.document] or problem(404, "This pathway asks for no documents.")
    if act == "allocate":
        form.development_worker.choices = directory.workers(desk)
    return form


def _given(act: str, form: Any) -> dict[str, Any]:
    given = {name: field.data.isoformat() if name == "dated" and field.data else field.data
             for name, field in form._fields.items() if name in ("kind", "dated", "reason", "words", "would_change")}
    if act == "allocate":
        given["development_worker_email"] = form.development_worker_email.data or form.development_worker.data
    return {name: value for name, value in given.items() if value}


def _say(form: Any, name: str, words: str) -> None:
    if name in form and not form[name].errors:
        form[name].errors = [ENTER[name] if words in ("is missing", "is empty") and name in ENTER else f"This {words}"]


def _page(desk: Desk, found: Written, act: str, form: Any) -> str:
    heading, button, _ = WORDS[act]
    return render_template("referrals/act.html", form=form, act=act, heading=heading, button=button, referral=view.brief(desk, found))
