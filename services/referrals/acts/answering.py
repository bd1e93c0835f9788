"""Answering what the Pod asked: by the practitioner, or by staff who were told over the telephone."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, render_template

from services.referrals import body, view
from services.referrals.acts import forms, meanwhile
from services.referrals.acts.desk import answered, found_for, refused_now, show_faults
from services.referrals.api import WITH_US
from services.referrals.desk import Desk
from shared.calendar import london_day
from shared.ledger.store import Written
from shared.web.context import current_room, requires, transaction
from shared.web.idempotency import in_transaction
from shared.web.problems import problem

ROUTE = "/<uuid:id>/questions/<uuid:question>"
MEANWHILE = "Somebody answered this while you typed. Read their answer, then send yours again if it is still needed: theirs stays beside it."


def add_to(blueprint: Blueprint) -> None:
    """Add the pages."""
    blueprint.get(ROUTE, endpoint="answer")(ask)
    blueprint.post(ROUTE, endpoint="send_answer")(send)


@requires(WITH_US)
def ask(id: UUID, question: UUID) -> Any:
    """Show what was asked, and ask for the answer; one given before may be put right."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        asked, form = _asked(found, question), forms.AnswerForm()
        form.words.data = (asked.get("answer") or {}).get("words")
        return refused_now(desk, found, "amend") or _page(desk, found, asked, form)


@requires(WITH_US)
@in_transaction
def send(id: UUID, question: UUID) -> Any:
    """Take the answer."""
    desk, found = found_for(transaction(), id)
    asked, form = _asked(found, question), forms.AnswerForm()
    form.validate()
    is_old = meanwhile.is_new(form, asked.get("answer"))
    taken, faults = body.read(body.Answer, {"words": form.words.data} if form.words.data else {}, london_day(desk.now))
    show_faults(form, faults, {"words": "Enter your answer"})
    if is_old:
        form.form_errors.append(MEANWHILE)

    def page() -> str:
        return _page(desk, found, asked, form)
    if form.errors:
        return make_response(page(), 422)
    answer = desk.answer(str(id), str(question), taken, expect=found.version)
    return answered(desk, found, form, page, answer, "The answer was sent to the Pod.")


def _asked(found: Written, question: UUID) -> dict[str, Any]:
    asked: dict[str, Any] = found.state["questions"].get(str(question), {})
    return asked if "at" in asked else problem(404, "There is no such question.")


def _page(desk: Desk, found: Written, asked: dict[str, Any], form: Any) -> str:
    answer = asked.get("answer")
    meanwhile.is_new(form, answer)
    return render_template("referrals/acts/answer.html", form=form, asked=asked, answer=answer, by=meanwhile.by_whom(desk, answer) if answer else "",
                           heading="Write down the answer" if desk.sees_all else "Answer the Pod", button="Send the answer", referral=view.headed(desk, found))
