"""The public pages on which a citizen refers themself (R-11): nobody signs in, and nothing says who is with the Pod already."""
from __future__ import annotations

import uuid
from typing import Any, cast

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from sqlalchemy.engine import Connection

from services.referrals.desk import Desk
from services.referrals.drafts import codes, judging, own, sending, shelf, walking
from services.referrals.drafts.limits import limited
from services.referrals.drafts.walking import Walk
from shared.ledger.store import Written
from shared.pathways import PATHWAYS, Pathway
from shared.web.context import current_room, transaction
from shared.web.forms import Form, TextField
from shared.web.idempotency import in_transaction
from shared.web.problems import problem

blueprint = Blueprint("self", __name__, url_prefix="/self")


class CodeForm(Form):
    """The code that was written down."""

    code = TextField("What is your code?")


@blueprint.get("")
def start() -> str:
    """Say what it is, what happens, and what is kept."""
    return render_template("drafts/self_start.html", pathway=_pathway(), begun=bool(session.get(own.MINE)))


@blueprint.post("")
@limited("begin")
@in_transaction
def begin() -> Any:
    """Begin; the browser is told which draft is theirs."""
    connection, id_, pathway = transaction(), str(uuid.uuid4()), _pathway()
    draft = shelf.begin(connection, pathway, None, current_room.database.now(connection), {}, True, own.digest(own.code(id_)), id_)
    session[own.MINE] = id_
    return redirect(own.way(id_).step(draft.steps[0].key), 303)


@blueprint.get("/<step>")
def ask(step: str) -> Any:
    """Ask one thing."""
    return _shown(lambda walk: walking.step_page(walk, walk.step(step)))


@blueprint.post("/<step>")
@in_transaction
def answer(step: str) -> Any:
    """Save one step."""
    walk = _writing()
    return walking.save(walk, walk.step(step), transaction()) if isinstance(walk, Walk) else walk


@blueprint.get("/check")
def check() -> Any:
    """Show every answer before it is sent."""
    return _shown(lambda walk: redirect(walk.way.step("younger")) if walk.is_too_young else walking.check_page(walk))


@blueprint.get("/younger")
def younger() -> Any:
    """Say to somebody too young where they can turn (R-05); nothing of theirs is sent."""
    with current_room.database.read() as connection:
        draft, now = own.draft_of(connection), current_room.database.now(connection)
    begun = draft if draft and not draft.sent and judging.adult_from(draft, now) else None
    return render_template("drafts/self_younger.html", pathway=_pathway(), draft=begun, way=own.way(begun.id) if begun else None)


@blueprint.post("/send")
@limited("send")
@in_transaction
def send() -> Any:
    """Send it; whoever may be with us already is taken all the same, and nobody is told."""
    walk = _writing()
    if not isinstance(walk, Walk):
        return walk
    if walk.is_too_young:
        return redirect(walk.way.step("younger"), 303)
    taken, faults = sending.read(walk.draft, walk.now)
    if faults or walk.draft.content.typed:
        return walking.check_page(walk, status=422)
    found = sending.send(Desk(transaction(), cast(Any, current_room).keeper.ledger, own.CITIZEN), walk.draft, taken)
    return redirect(url_for("sent.show"), 303) if isinstance(found, Written) else walking.check_page(walk, refused=found, status=422)


@blueprint.get("/later")
def later() -> Any:
    """Say how to come back: the code to write down, and until when."""
    return _shown(lambda walk: render_template("drafts/self_later.html", draft=walk.draft, way=walk.way, code=own.code(walk.draft.id)))


@blueprint.get("/back")
def ask_for_code() -> str:
    """Ask for the code that was written down."""
    return render_template("drafts/self_back.html", form=CodeForm(formdata=None, meta={"csrf": False}))


@blueprint.post("/back")
@limited("code")
@in_transaction
def come_back() -> Any:
    """Find the draft of a code; which codes there are, nobody learns."""
    form, connection = CodeForm(meta={"csrf": False}), transaction()
    code = codes.read_code(form.code.data or "")
    draft = shelf.by_code(connection, own.digest(code)) if code else None
    if draft is None:
        form.code.errors = ["Enter the code as you wrote it down: one of its letters or digits is not right" if code is None else
                            "There is nothing under this code: it may have been deleted, or removed after its time"]
        return make_response(render_template("drafts/self_back.html", form=form), 422)
    session[own.MINE] = draft.id
    return redirect(url_for("sent.show") if draft.sent else own.way(draft.id).check, 303)


@blueprint.get("/delete")
def ask_to_delete() -> Any:
    """Ask whether what was entered is to go."""
    return _shown(lambda walk: render_template("drafts/delete.html", draft=walk.draft, way=walk.way))


@blueprint.post("/delete")
@in_transaction
def delete() -> Any:
    """Delete what was entered."""
    walk = _writing()
    if not isinstance(walk, Walk):
        return walk
    shelf.remove(transaction(), walk.draft)
    session.pop(own.MINE, None)
    return redirect(url_for("self.start"), 303)


@blueprint.post("/leave")
def leave() -> Any:
    """Let this browser forget whose form it was, for whoever uses it next; what was entered stays under its code."""
    session.pop(own.MINE, None)
    return redirect(url_for("self.start"), 303)


def _shown(page: Any) -> Any:
    with current_room.database.read() as connection:
        walk = _walk(connection)
    return page(walk) if isinstance(walk, Walk) else walk


def _writing() -> Any:
    return _walk(transaction(), lock=True)


def _walk(connection: Connection, lock: bool = False) -> Any:
    """Give the walk through the citizen's draft; where there is none, the way to begin or to come back."""
    draft = own.draft_of(connection, lock)
    if draft is None:
        return redirect(url_for("self.ask_for_code" if request.method == "GET" else "self.start"), 303)
    if draft.sent:
        return redirect(url_for("sent.show"), 303)
    return Walk(draft, own.way(draft.id), own.CITIZEN, current_room.database.now(connection))


def _pathway() -> Pathway:
    return next((one for one in PATHWAYS.values() if one.self_referral), None) or problem(
        404, "Nobody can refer themself at present.", help="Ask your doctor, or whoever supports you, to refer you.")
