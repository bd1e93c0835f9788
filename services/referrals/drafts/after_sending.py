"""The public pages of a citizen who has referred themself: where it stands, taking it back, and telling us that something changed."""
from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, flash, make_response, redirect, render_template, session, url_for
from sqlalchemy.engine import Connection

from services.referrals import decisions, messages, plain_standing, rulebook, store, telling, together
from services.referrals.desk import Answer, Desk
from services.referrals.drafts import own
from services.referrals.drafts.limits import limited
from services.referrals.drafts.shelf import Draft
from services.referrals.plain_standing import Stands
from services.referrals.state import pathway_of
from shared.ledger.store import Written
from shared.ledger.types import Refused, State
from shared.web.context import current_room, transaction
from shared.web.forms import CountedTextAreaField, Form
from shared.web.idempotency import in_transaction

blueprint = Blueprint("sent", __name__, url_prefix="/self")

#: What they are told who took it back.
TAKEN_BACK = "You have taken it back."


class MessageForm(Form):
    """What has changed."""

    words = CountedTextAreaField("What has changed?")


@blueprint.get("/sent")
def show() -> Any:
    """Confirm it, with the reference, where it stands, and how to reach the Pod."""
    return _shown("drafts/self_sent.html")


@blueprint.get("/withdraw")
def ask_withdraw() -> Any:
    """Ask whether they would like to take it back."""
    return _shown("drafts/self_withdraw.html", lambda stands: stands.may_withdraw)


@blueprint.post("/withdraw")
@limited("write")
@in_transaction
def withdraw() -> Any:
    """Take it back; the Pod is not asked."""
    desk, draft = _writing()
    if draft is None:
        return redirect(url_for("self.ask_for_code"), 303)
    answer = desk.ask(cast(str, draft.sent), lambda state, now: decisions.withdraw(state, now, own.CITIZEN, desk.who, "citizen_decided"))
    if isinstance(answer, Written):
        rulebook.keep(desk.connection, pathway_of(answer.state))
    return _done(answer, TAKEN_BACK)


@blueprint.get("/message")
def ask_message() -> Any:
    """Ask what has changed."""
    return _shown("drafts/self_message.html", lambda stands: stands.may_write, form=MessageForm(formdata=None))


@blueprint.post("/message")
@limited("write")
@in_transaction
def write() -> Any:
    """Keep what they wrote, for staff to answer."""
    desk, draft = _writing()
    if draft is None:
        return redirect(url_for("self.ask_for_code"), 303)
    form, id_ = MessageForm(), str(uuid.uuid4())
    words = form.words.data or ""
    if fault := _fault(words):
        form.words.errors = [fault]
        return make_response(_page("drafts/self_message.html", desk.connection, draft, form=form), 422)
    referral = cast(str, draft.sent)
    answer = desk.ask(referral, lambda state, now: telling.write(state, now, own.CITIZEN, desk.who, id_))
    if isinstance(answer, Written):
        messages.keep(desk.connection, store.messages, id_, referral, desk.now, words)
    return _done(answer, "We have your message. A person reads it, and gets in touch the way you chose.", form, draft)


def _fault(words: str) -> str:
    if not words:
        return "Tell us what has changed"
    if "\x00" in words:
        return "Take out what is not text"
    return f"Shorten it to {messages.LONGEST} characters" if len(words) > messages.LONGEST else ""


def _done(answer: Answer, words: str, form: Any = None, draft: Draft | None = None) -> Any:
    if isinstance(answer, Refused) and form and draft:
        form.words.errors = [f"{answer.reason} {answer.help}"]
        return make_response(_page("drafts/self_message.html", transaction(), draft, form=form), 409)
    flash(words if isinstance(answer, Written) else "That is not possible any more. This is how it stands.", "success" if isinstance(answer, Written) else "")
    return redirect(url_for("sent.show"), 303)


def _writing() -> tuple[Desk, Draft | None]:
    draft = own.draft_of(transaction())
    return Desk(transaction(), cast(Any, current_room).keeper.ledger, own.CITIZEN), draft if draft and draft.sent else None


def _shown(template: str, may: Callable[[Stands], bool] = lambda _: True, **more: Any) -> Any:
    """Show a page of what was sent; else the way to begin, or to what may still be done."""
    with current_room.database.read() as connection:
        draft = own.draft_of(connection)
        if draft is None or not draft.sent:
            return redirect(url_for("self.start"), 303)
        if not may(_stands(connection, _state(connection, draft))):
            return redirect(url_for("sent.show"), 303)
        return _page(template, connection, draft, **more)


def _page(template: str, connection: Connection, draft: Draft, **more: Any) -> str:
    state = _state(connection, draft)
    session[own.MINE] = draft.id
    return render_template(template, reference=state["reference"], stands=_stands(connection, state), code=own.code(draft.id),
                           until=draft.expires_at, token=own.token(draft.id), longest=messages.LONGEST, **more)


def _stands(connection: Connection, state: State) -> Stands:
    kept = together.followed(cast(Any, current_room).keeper.ledger, connection, state)
    return plain_standing.stands(state, current_room.database.now(connection), kept)


def _state(connection: Connection, draft: Draft) -> State:
    found = cast(Any, current_room).keeper.ledger.read(connection, draft.sent)
    return cast(State, found.state)
