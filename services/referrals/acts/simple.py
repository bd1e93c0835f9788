"""The acts of one short form: ask for more, decline, withdraw, choose the development worker."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from flask import Blueprint, make_response, render_template, request

from services.referrals import body, deaths, directory, reasons, view
from services.referrals.acts import forms, workers
from services.referrals.acts.desk import answered, found_for, refused_now, show_faults
from services.referrals.api import WITH_US
from services.referrals.desk import Answer, Desk
from services.referrals.expected import ahead
from services.referrals.state import practitioner_at_work
from shared.calendar import london_day
from shared.ledger.store import Written
from shared.schemas.shape import Shape
from shared.web.context import current_room, requires, transaction
from shared.web.idempotency import in_transaction

#: What to say where nothing was chosen or typed.
ENTER = {"reason": "Choose a reason", "died_on": "Enter the day on which the citizen died",
         "words": "Say what the practitioner is told",
         "development_worker": "Choose a development worker",
         "development_worker_email": "Choose a development worker, or enter a work email address"}


class Act(NamedTuple):
    """What one act asks, and what it does."""

    heading: str
    button: str
    done: str
    form: type[Any]
    shape: type[Shape]
    do: Callable[..., Answer]
    enter: Mapping[str, str] = ENTER


ACTS: Mapping[str, Act] = {
    "question": Act("Ask the practitioner for more", "Send the question", "The question was sent. The practitioner will be told.",
                    forms.QuestionForm, body.Question, Desk.ask_more, {"words": "Say what you need to know or to have"}),
    "decline": Act("Decline this referral", "Decline the referral", "The referral was declined. The practitioner will be told.",
                   forms.DeclineForm, body.Decline, deaths.decline),
    "withdraw": Act("Withdraw this referral", "Withdraw the referral", "The referral was withdrawn.",
                    forms.WithdrawForm, body.Withdraw, deaths.withdraw),
    "allocate": Act("Choose the development worker", "Choose", "The development worker was chosen.",
                    forms.AllocateForm, body.Allocate, directory.allocate)}
#: The same of a citizen who referred themself: nobody stands between, and no message goes to them by itself (R-11).
OF_CITIZENS: Mapping[str, Act] = {**ACTS,
    "question": ACTS["question"]._replace(heading="Ask the citizen for more", button="Keep the question",
                                          done="The question was kept. Ask the citizen, then write down what they answer."),
    "decline": ACTS["decline"]._replace(done="The referral was declined. Tell the citizen, the way they asked to be contacted.",
                                        enter={**ENTER, "words": "Say what the citizen is told"})}
#: What is said where the practitioner has left: nobody was told.
LEFT = {"question": "The question was kept. Nobody is told of it, for the practitioner has left: find out who takes over.",
        "decline": "The referral was declined. Nobody is told of it, for the practitioner has left: tell their team."}
ROUTE = f"/<uuid:id>/<any({', '.join(ACTS)}):act>"


def add_to(blueprint: Blueprint) -> None:
    """Add the pages."""
    blueprint.get(ROUTE)(ask)
    blueprint.post(ROUTE)(do)


@requires(WITH_US)
def ask(id: UUID, act: str) -> Any:
    """Ask what an act needs to know."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        return refused_now(desk, found, act) or _page(desk, found, act, _form(desk, found, act))


@requires(WITH_US)
@in_transaction
def do(id: UUID, act: str) -> Any:
    """Do it, or show the form again with what is wrong."""
    desk, found = found_for(transaction(), id)
    form, one = _form(desk, found, act), _act(found, act)
    form.validate()
    _with_its_day(form)
    taken, faults = body.read(one.shape, _given(act, form), london_day(desk.now))
    show_faults(form, faults, dict(one.enter))
    if act == "allocate":
        workers.chosen_meanwhile(desk, found.state, form)

    def page() -> str:
        return _page(desk, found, act, form)
    if form.errors:
        return make_response(page(), 422)
    answer = one.do(desk, str(id), taken, **({"expect": found.version} if act == "allocate" else {}))
    return answered(desk, found, form, page, answer, _done(desk, found, act) + (workers.to_be_checked(desk, answer) if act == "allocate" else ""))


def _act(found: Written, act: str) -> Act:
    return (OF_CITIZENS if found.state["self_referral"] else ACTS)[act]


def _done(desk: Desk, found: Written, act: str) -> str:
    has_left = not found.state["self_referral"] and practitioner_at_work(found.state, london_day(desk.now)) is None
    return LEFT[act] if has_left and act in LEFT else _act(found, act).done


def _form(desk: Desk, found: Written, act: str) -> Any:
    form = _act(found, act).form()
    if act == "decline" and found.state["self_referral"]:
        form.words.label.text = "What will you tell the citizen?"
        form.reason.choices = [one for one in form.reason.choices if one[0] not in reasons.OF_PRACTITIONERS]
    if act == "allocate":
        form.development_worker.choices = workers.choices(desk, found.state)
        if directory.is_kept(desk):
            del form.development_worker_email
    if "died_on" in form and found.state["died_on"]:
        del form.died_on
    if act in ("decline", "question") and request.method == "GET":
        _propose(form, view.brief(desk, found)["missing"])
    return form


def _with_its_day(form: Any) -> None:
    """Ask for the day of a death that is the reason; a day that was entered beside another reason is not passed over (J-14)."""
    if "died_on" not in form:
        return
    entered = form.died_on.data or form.died_on.errors
    if form.reason.data == reasons.DIED and not entered:
        form.died_on.errors = [ENTER["died_on"]]
    elif form.reason.data and form.reason.data != reasons.DIED and entered:
        form.died_on.errors = [f"Choose “{reasons.DECLINE[reasons.DIED]}” as the reason, or empty this day"]


def _propose(form: Any, missing: list[dict[str, str]]) -> None:
    """Write into an empty form what is missing speaks for; a person may change every word of it."""
    if "would_change" in form:
        form.reason.data = reasons.likely(missing) or None
        form.would_change.data = " ".join(one["help"] for one in missing if one["rule"] != "J-14")
    else:
        form.words.data = "\n".join(f"{one['what']} {one['help']}".strip() for one in missing)


def _given(act: str, form: Any) -> dict[str, Any]:
    given = {name: field.data for name, field in form._fields.items() if name in ("reason", "words", "would_change")}
    if act == "allocate":
        typed = form.development_worker_email.data if "development_worker_email" in form else ""
        given["development_worker_email"] = typed or form.development_worker.data
    if "died_on" in form and form.died_on.data and form.reason.data == reasons.DIED:
        given["died_on"] = form.died_on.data.isoformat()
    if "reason" in form and form.reason.data not in dict(form.reason.choices):
        given["reason"] = None  # pages offer codes alone
    return {name: value for name, value in given.items() if value}


def _page(desk: Desk, found: Written, act: str, form: Any) -> str:
    one = _act(found, act)
    chosen = workers.chosen(desk, found.state, form) if act == "allocate" else ""
    return render_template(f"referrals/acts/{act}.html", form=form, heading=one.heading, button=one.button, chosen=chosen,
                           referral=view.headed(desk, found), died_on=found.state["died_on"], offered=ahead(found.state, desk.now))
