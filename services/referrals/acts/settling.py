"""Settling whether a referral is another's again: kept as one of its own, or merged, by a person with a reason (R-13)."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, render_template

from services.referrals import body, merging, side_by_side, view
from services.referrals.acts import forms
from services.referrals.acts.desk import answered, found_for, refused_now, show_faults
from services.referrals.candidates import candidates
from services.referrals.desk import Desk
from services.referrals.looks import noting
from services.referrals.worklists.own import states
from shared.calendar import london_day
from shared.ledger.store import Written
from shared.ledger.types import Data
from shared.web.context import current_room, requires, transaction
from shared.web.idempotency import in_transaction

ROUTE, KEEP = "/<uuid:id>/settle", "keep"
ENTER = {"into": "Choose whether it is a referral of its own", "reason": "Say how you know"}


def add_to(blueprint: Blueprint) -> None:
    """Add the pages."""
    blueprint.get(ROUTE, endpoint="settle")(ask)
    blueprint.post(ROUTE, endpoint="settled")(settle)


@requires("referral:triage")
def ask(id: UUID) -> Any:
    """Show this referral beside those it may repeat, and ask which it is."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        others = candidates(desk, found.state)
        return refused_now(desk, found, "settle") or _page(desk, found, others, _form(others))


@requires("referral:triage")
@in_transaction
def settle(id: UUID) -> Any:
    """Keep it, or let it go on with another."""
    desk, found = found_for(transaction(), id)
    others = candidates(desk, found.state)
    form = _form(others)
    form.validate()
    given = {name: form[name].data for name in ("into", "reason") if form[name].data}
    taken, faults = body.read(body.Merge, given, london_day(desk.now))
    show_faults(form, faults, ENTER)

    def page() -> str:
        return _page(desk, found, others, form)
    if form.errors:
        return make_response(page(), 422)
    if taken["into"] == KEEP:
        return answered(desk, found, form, page, desk.keep(str(id), taken), "The referral was kept as one of its own.")
    return answered(desk, found, form, page, merging.merge(desk, str(id), taken), "The referral goes on with the other one: its documents and what it says are there.")


def _form(others: list[Data]) -> Any:
    form = forms.SettleForm()
    form.into.choices = [(KEEP, "Another request: keep it as a referral of its own"),
                         *((one["id"], f"The same request as {one['reference']}: let it go on there") for one in others if one["may_take"])]
    return form


def _page(desk: Desk, found: Written, others: list[Data], form: Any) -> str:
    known = states(desk, [one["id"] for one in others])
    for id_ in known:
        noting.note(id_)
    beside = [one for one in others if one["id"] in known]
    return render_template("referrals/acts/settle.html", form=form, others=beside, rows=side_by_side.rows(desk, found.state, [known[one["id"]] for one in beside]),
                           referral={**view.headed(desk, found), **view.whole(desk, found)}, heading="May be with us already", button="Settle it")
