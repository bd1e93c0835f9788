"""The pages of referrals: start, form, one referral, lists, and the acts one may do."""
from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for

from services.referrals import acts, asking, body, forms, lists, showing, view
from services.referrals.api import WITH_US, found_or_404, open_desk
from services.referrals.references import read_reference
from shared.calendar import london_day
from shared.ledger.types import Actor, Refused
from shared.pathways import PATHWAYS, Pathway
from shared.web.context import current_actor, current_room, requires, transaction
from shared.web.forms import refuse_form
from shared.web.idempotency import in_transaction
from shared.web.problems import Pager, problem

blueprint = Blueprint("referrals", __name__, template_folder="templates")
blueprint.register_blueprint(acts.blueprint)


@blueprint.get("/")
@requires(WITH_US)
def home() -> str:
    """Say what a referral is, what it needs, and where to begin."""
    with current_room.database.read() as connection:
        rows = lists.listed(open_desk(connection), lists.Filters(mine=True), 5)
    return render_template("referrals/home.html", pathways=PATHWAYS.values(), rows=rows)


@blueprint.get("/new")
@requires(WITH_US)
def form() -> str:
    """Ask for everything a referral needs."""
    pathway = _pathway()
    return _form_page(forms.referral_form(pathway, cast(Actor, current_actor())), pathway)


@blueprint.post("/new")
@requires(WITH_US)
@asking.on_record
@in_transaction
def send() -> Any:
    """Send a referral; with a fault everything typed stays."""
    pathway, desk = _pathway(), open_desk(transaction())
    filled = forms.referral_form(pathway, desk.actor)
    filled.validate()
    sent = forms.typed(filled, pathway)
    taken, faults = body.read(body.Referral, sent, london_day(desk.now))
    forms.show_faults(filled, sent, faults)
    if filled.errors:
        return make_response(_form_page(filled, pathway), 422)
    id_, answer = asking.send(desk, taken)
    if isinstance(answer, Refused):
        return make_response(_refused_page(filled, pathway, answer), 422)
    return redirect(url_for("referrals.sent", id=id_), 303)


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


def _pathway() -> Pathway:
    found = PATHWAYS.get(request.args.get("pathway", "core"))
    if found is None:
        problem(404, "There is no such pathway.")
    return found


def _form_page(form: Any, pathway: Pathway, duplicate: bool = False) -> str:
    asked = duplicate or bool(form.duplicate_reason.data or form.duplicate_reason.errors)
    return render_template("referrals/form.html", form=form, pathway=pathway, duplicate=asked)


def _refused_page(form: Any, pathway: Pathway, refusal: Refused) -> str:
    box = forms.BOXES.get("/" + refusal.field.replace(".", "/"))
    help_ = "" if refusal.field == "duplicate_reason" else refusal.help
    refuse_form(form, refusal._replace(field=box.field if box else "", help=help_))
    return _form_page(form, pathway, duplicate=refusal.field == "duplicate_reason")
