"""The pages of documents: add one, take one out, open its file."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, render_template

from services.referrals import body, view
from services.referrals.access import may_add
from services.referrals.acts.desk import answered, found_for, show_faults
from services.referrals.acts.desk import refused as refused_page
from services.referrals.api import WITH_US
from services.referrals.decisions import decided, forbidden
from services.referrals.desk import Desk
from services.referrals.documents import adding, listing, reading
from services.referrals.documents.forms import ENTER, AddForm, RemoveForm
from services.referrals.files import upload
from services.referrals.files.unfit import in_words as size_in_words
from services.referrals.rules import in_words
from services.referrals.state import pathway_of
from services.referrals.store import LIVE
from shared.calendar import london_day
from shared.ledger.store import Written
from shared.ledger.types import Data
from shared.web.context import current_room, requires, transaction
from shared.web.idempotency import in_transaction
from shared.web.problems import problem

blueprint = Blueprint("documents", __name__)
blueprint.add_app_template_filter(size_in_words, "file_size")


@blueprint.get("/<uuid:id>/documents/add")
@requires(WITH_US)
def ask(id: UUID) -> Any:
    """Ask for a document."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        return _not_now(desk, found) or _add_page(desk, found, _add_form(found))


@blueprint.post("/<uuid:id>/documents/add")
@requires(WITH_US)
@upload.takes_file("file")
@in_transaction
def add(id: UUID) -> Any:
    """Take a document, or show the form again with what is wrong; a file that is here need not be chosen again."""
    desk, found = found_for(transaction(), id)
    form = _add_form(found)
    form.validate()
    taken, faults = body.read(body.Document, _typed(form), london_day(desk.now))
    show_faults(form, faults, ENTER)

    def page() -> str:
        return _add_page(desk, found, form)
    if form.errors:
        return make_response(page(), 422)
    answer = adding.add(desk, str(id), taken, form.file.data)
    return answered(desk, found, form, page, answer, "The document was added.")


@blueprint.get("/<uuid:id>/documents/<uuid:document>/remove")
@requires(WITH_US)
def ask_why(id: UUID, document: UUID) -> Any:
    """Ask why a document is taken out."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        return _remove_page(desk, found, _document(desk, found, document), RemoveForm())


@blueprint.post("/<uuid:id>/documents/<uuid:document>/remove")
@requires(WITH_US)
@in_transaction
def remove(id: UUID, document: UUID) -> Any:
    """Take a document out."""
    desk, found = found_for(transaction(), id)
    one, form = _document(desk, found, document), RemoveForm()
    form.validate()
    taken, faults = body.read(body.Remove, {"reason": form.reason.data or ""}, london_day(desk.now))
    show_faults(form, faults, ENTER)

    def page() -> str:
        return _remove_page(desk, found, one, form)
    if form.errors:
        return make_response(page(), 422)
    answer = adding.remove(desk, str(id), str(document), taken["reason"])
    return answered(desk, found, form, page, answer, "The document was taken out.")


@blueprint.get("/<uuid:id>/documents/<uuid:document>/file")
@requires(WITH_US)
def file(id: UUID, document: UUID) -> Any:
    """Give the file of a document."""
    return reading.file_of(id, document)


def _not_now(desk: Desk, found: Written) -> Any:
    """Give the page that says why nothing can be added; None where it can."""
    if not may_add(found.state, desk.actor, desk.who, desk.now):
        return refused_page(desk, found, forbidden())
    return refused_page(desk, found, decided(found.state)) if found.state["stage"] not in LIVE else None


def _add_form(found: Written) -> Any:
    form = AddForm()
    form.kind.choices = [(paper.kind, paper.words) for paper in pathway_of(found.state).document] or problem(
        404, "This pathway asks for no documents.")
    return form


def _typed(form: Any) -> Data:
    given = {"kind": form.kind.data, **{name: form[name].data.isoformat() for name in ("dated", "expires_on") if form[name].data}}
    return {name: value for name, value in given.items() if value}


def _document(desk: Desk, found: Written, document: UUID) -> Data:
    """Give a document that is here, or answer 404."""
    for one in listing.here(desk, found.state):
        if one["id"] == str(document):
            return one
    problem(404, "There is no such document.", help="Open the referral afresh to see what is there.")


def _add_page(desk: Desk, found: Written, form: Any) -> str:
    ages = [(paper.words, paper.max_age_months) for paper in pathway_of(found.state).document]
    return render_template("referrals/documents/add.html", form=form, referral=view.headed(desk, found), ages=ages)


def _remove_page(desk: Desk, found: Written, one: Data, form: Any) -> str:
    words = f"{pathway_of(found.state).words(one['kind'])} of {in_words(one['dated'])}"
    return render_template("referrals/documents/remove.html", form=form, referral=view.headed(desk, found), document=one, words=words)
