"""The pages on which a practitioner writes a referral: choose the pathway, answer step by step, check, send."""
from __future__ import annotations

from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.engine import Connection

from services.referrals import asking
from services.referrals.api import WITH_US, open_desk
from services.referrals.desk import Desk
from services.referrals.drafts import forms, judging, sending, shelf, walking
from services.referrals.drafts.shelf import Draft
from services.referrals.drafts.walking import Walk, Way
from services.referrals.files import upload
from services.referrals.sending import confirmed_team
from shared.ledger.store import Stale
from shared.ledger.tables import staff_id
from shared.ledger.types import Actor, Data, Refused
from shared.pathways import PATHWAYS, Pathway
from shared.permissions import may
from shared.web.context import current_actor, current_room, requires, transaction
from shared.web.idempotency import in_transaction
from shared.web.problems import problem

blueprint = Blueprint("drafts", __name__, url_prefix="/drafts")
blueprint.record_once(lambda state: state.app.jinja_env.globals.update(my_drafts=my_drafts))  # type: ignore[no-any-return]

WRITE_DOWN = "referral:send-self"


def my_drafts() -> list[Draft]:
    """Give the drafts of whoever looks at a page; for the include drafts/mine.html."""
    actor = current_actor()
    if actor is None or not may(actor.roles, WITH_US):
        return []
    with current_room.database.read() as connection:
        return shelf.mine(connection, staff_id(actor.email), 50)


@blueprint.get("/new")
@requires(WITH_US)
def new() -> Any:
    """Ask on which pathway; those the practitioner's own team may refer to come first."""
    with current_room.database.read() as connection:
        actor = _sender(open_desk(connection))
    own = [one for one in PATHWAYS.values() if one.may_refer(actor.team)] if actor.team else list(PATHWAYS.values())
    others = [one for one in PATHWAYS.values() if one not in own]
    return render_template("drafts/new.html", own=own, others=others, preferred=request.args.get("pathway", ""))


@blueprint.post("/new")
@requires(WITH_US)
@in_transaction
def begin() -> Any:
    """Begin a draft."""
    desk = open_desk(transaction())
    pathway, by_citizen = _pathway(request.form.get("pathway", "")), bool(request.form.get("self_referral"))
    if by_citizen and not (pathway.self_referral and may(desk.actor.roles, WRITE_DOWN)):
        problem(403, "Only the Pod's staff write down what a citizen says for themself.")
    if shelf.count(desk.connection, desk.who) >= shelf.MOST:
        problem(409, f"You have {shelf.MOST} drafts.", help="Send or delete some of them first.")
    draft = shelf.begin(desk.connection, pathway, desk.who, desk.now, {} if by_citizen else known(_sender(desk)), by_citizen)
    return redirect(_way(draft.id).step(draft.steps[0].key), 303)


@blueprint.get("/<uuid:id>")
@requires(WITH_US)
def tasks(id: UUID) -> Any:
    """Show all steps with how each stands."""
    return _shown(id, walking.tasks_page, as_sender=True)


@blueprint.get("/<uuid:id>/<step>")
@requires(WITH_US)
def ask(id: UUID, step: str) -> Any:
    """Ask one thing."""
    return _shown(id, lambda walk: walking.step_page(walk, walk.step(step)))


@blueprint.post("/<uuid:id>/<step>")
@requires(WITH_US)
@upload.takes_file()
@in_transaction
def answer(id: UUID, step: str) -> Any:
    """Save one step."""
    walk = _writing(id)
    if isinstance(walk, str):
        return redirect(walk, 303)
    return walking.save(walk, walk.step(step), transaction())


@blueprint.get("/<uuid:id>/check")
@requires(WITH_US)
def check(id: UUID) -> Any:
    """Show every answer before it is sent."""
    return _shown(id, walking.check_page, as_sender=True)


@blueprint.post("/<uuid:id>/send")
@requires(WITH_US)
@asking.on_record
@in_transaction
def send(id: UUID) -> Any:
    """Send the draft; the second of two tabs gets the answer of the first."""
    walk, desk = _writing(id), open_desk(transaction())
    if isinstance(walk, str):
        return redirect(walk, 303)
    taken, faults = sending.read(walk.draft, walk.now)
    if faults or walk.draft.content.typed or walk.is_too_young or judging.unsettled(walk.draft):
        return walking.check_page(walk, status=422)
    found = sending.send(desk, walk.draft, taken, asking.send)
    if isinstance(found, (Refused, Stale)):
        return _refused(walk, cast(Refused, found))
    return redirect(_sent(str(walk.draft.sent)), 303)


@blueprint.get("/<uuid:id>/delete")
@requires(WITH_US)
def ask_to_delete(id: UUID) -> Any:
    """Ask whether the draft is to go."""
    return _shown(id, lambda walk: render_template("drafts/delete.html", draft=walk.draft, way=walk.way))


@blueprint.post("/<uuid:id>/delete")
@requires(WITH_US)
@in_transaction
def delete(id: UUID) -> Any:
    """Delete the draft, with its files."""
    walk = _writing(id)
    if isinstance(walk, str):
        return redirect(walk, 303)
    shelf.remove(transaction(), walk.draft)
    flash("The draft was deleted.", "success")
    return redirect(url_for("referrals.home"), 303)


def known(actor: Actor) -> Data:
    """Give what is known of a practitioner who begins; staff write for somebody else."""
    if may(actor.roles, "referral:read"):
        return {}
    said = {"name": actor.name, "email": actor.email, "team": actor.team}
    return {"referrer": {name: value for name, value in said.items() if value}}


def _refused(walk: Walk, refusal: Refused) -> Any:
    """Ask what is only asked after sending (R-13), or say on the page of answers why it was not sent."""
    if refusal.field != "duplicate_reason":
        return walking.check_page(walk, refused=refusal, status=422)
    step = walk.step("duplicate")
    form = forms.empty(walk.draft, step, walk.today, walk.actor.team)
    form.form_errors = [refusal.reason]
    return make_response(walking.step_page(walk, step, form, action=walk.way.step("duplicate", to="check")), 422)


def _sender(desk: Desk) -> Actor:
    """Give whoever asks with the team the directory has confirmed, which is the one they will refer for (R-02)."""
    return replace(desk.actor, team=confirmed_team(desk, desk.actor.email) or desk.actor.team)


def _shown(id: UUID, page: Any, as_sender: bool = False) -> Any:
    with current_room.database.read() as connection:
        walk = _walk(connection, id)
        if as_sender and isinstance(walk, Walk):
            walk.actor = _sender(open_desk(connection))
    return redirect(walk) if isinstance(walk, str) else page(walk)


def _writing(id: UUID) -> Walk | str:
    return _walk(transaction(), id, lock=True)


def _walk(connection: Connection, id: UUID, lock: bool = False) -> Walk | str:
    """Give the walk through a draft, or where the referral is that it became."""
    actor = cast(Actor, current_actor())
    draft = shelf.find(connection, str(id), staff_id(actor.email), lock)
    if draft is None:
        problem(404, "There is no such draft.", help="It may have been sent, deleted, or removed after its time.")
    if draft.sent:
        return _sent(draft.sent)
    return Walk(draft, _way(draft.id), actor, current_room.database.now(connection))


def _way(id_: str) -> Way:
    return Way(url_for("drafts.tasks", id=id_))


def _sent(referral: str) -> str:
    return url_for("referrals.sent", id=referral)


def _pathway(name: str) -> Pathway:
    return PATHWAYS.get(name) or problem(422, "Choose a pathway.")
