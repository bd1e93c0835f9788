"""What all acts share: who asks about which referral, the form with its faults, and what is said afterwards."""
from __future__ import annotations

from typing import Any, NoReturn
from uuid import UUID

from flask import flash, make_response, redirect, render_template, url_for

from services.referrals import offers, view
from services.referrals.api import found_or_404, open_desk, settled
from services.referrals.body import Faults
from services.referrals.desk import Answer, Desk
from shared.ledger.store import Written
from shared.ledger.types import Refused
from shared.web.forms import refuse_form
from shared.web.kept import typed
from shared.web.problems import problem

#: What the API is told by address and a form lets one choose, where it has no box for the address.
CHOSEN = {"development_worker_email": "development_worker"}


def found_for(connection: Any, id: UUID) -> tuple[Desk, Written]:
    """Give desk and referral, or answer 404."""
    desk = open_desk(connection)
    return desk, found_or_404(desk, id)


def refused_now(desk: Desk, found: Written, act: str) -> Any:
    """Give the page that says why an act is not open now; None where it is. Whoever may not is answered 403."""
    refusal = offers.refusal(act, found.state, desk.now, desk.actor, desk.who)
    return refused(desk, found, refusal) if refusal else None


def refused(desk: Desk, found: Written, refusal: Refused) -> Any:
    """Say on a page why it was not done, what would help, and what was typed."""
    if refusal.rule == "permission":
        _forbidden(refusal)
    words = refusal._replace(reason=desk.decided_words(found.state)) if _is_decided(found, refusal) else refusal
    return make_response(render_template("referrals/refused.html", refusal=words, referral=view.headed(desk, found), typed=typed()), 409)


def answered(desk: Desk, found: Written, form: Any, page: Any, answer: Answer, words: str) -> Any:
    """Go back to the referral; where it was refused say so at the box to blame, else on a page of its own."""
    if isinstance(answer, Refused) and answer.field and (box := _box(form, answer.field.split(".")[-1])) in form:
        refuse_form(form, answer._replace(field=box))
        return make_response(page(), 422)
    if isinstance(answer, Refused):
        return refused(desk, found, answer)
    settled(answer)
    flash(words, "success")
    return redirect(url_for("referrals.show", id=found.state["id"]), 303)


def show_faults(form: Any, faults: Faults, enter: dict[str, str]) -> None:
    """Put each fault at its box; `enter` says what to do where nothing was chosen or typed."""
    for pointer, words in faults.items():
        name = _box(form, pointer.strip("/").partition("/")[0])
        said = enter[name] if words in ("is missing", "is empty") and name in enter else f"This {words}"
        if name not in form:
            form.form_errors.append(f"{name.replace('_', ' ').capitalize()} {words}")
        elif not form[name].errors:
            form[name].errors = [said]


def _box(form: Any, name: str) -> str:
    return name if name in form else CHOSEN.get(name, name)


def _is_decided(found: Written, refusal: Refused) -> bool:
    return refusal.rule == "R-14" and bool(found.state["decision"])


def _forbidden(refusal: Refused) -> NoReturn:
    problem(403, refusal.reason, help=refusal.help)
