"""The pages on which a manager changes the directory."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from services.referrals.api import open_desk
from services.referrals.desk import Desk
from services.referrals.directory import forms, members, naming, shapes, team_names, teams
from services.referrals.directory.api import WRITE, found_or_404
from services.referrals.directory.entries import SEEN, Answer, Entry, Recorded, Wrong
from shared.calendar import london_day
from shared.ledger.store import Stale
from shared.ledger.types import Data, Refused
from shared.schemas.shape import Shape
from shared.web.context import current_room, requires, transaction
from shared.web.forms import refuse_form
from shared.web.idempotency import in_transaction

blueprint = Blueprint("writing", __name__)

MEANWHILE = "Somebody changed this entry while you were typing. Look at it as it is now, then save again: what you typed is still here."


@blueprint.get("/people/new")
@requires(WRITE)
def new_person() -> str:
    """Ask for somebody's details."""
    with current_room.database.read() as connection:
        return _person_page(forms.member_form(team_names.active(connection), None), None)


@blueprint.post("/people/new")
@requires(WRITE)
@in_transaction
def add_person() -> Any:
    """Add somebody, or show the form again with what is wrong."""
    desk = open_desk(transaction())
    form = forms.member_form(team_names.active(desk.connection), None)
    answer = _send(desk, form, shapes.MemberBody, lambda given: _with_team(desk, form, given) or members.add(desk, given))
    return _done(answer, "directory.person", "is in the directory.") or (_person_page(form, None), 422)


@blueprint.get("/people/<uuid:id>/change")
@requires(WRITE)
def person_form(id: UUID) -> str:
    """Show what is said of somebody, to be changed or confirmed."""
    with current_room.database.read() as connection:
        member = _member(open_desk(connection), id)
        return _person_page(forms.member_form(team_names.active(connection), member), member)


@blueprint.post("/people/<uuid:id>/change")
@requires(WRITE)
@in_transaction
def change_person(id: UUID) -> Any:
    """Change or confirm somebody, or show the form again with what is wrong."""
    desk = open_desk(transaction())
    member = _member(desk, id)
    form = forms.member_form(team_names.active(desk.connection), member)
    answer = _send(desk, form, shapes.MemberChange,
                   lambda given: _with_team(desk, form, given) or members.change(desk, str(id), given, _seen()))
    said = "is confirmed." if member["state"] == SEEN else "was changed."
    return _done(answer, "directory.person", said) or (_person_page(form, member), 422)


@blueprint.get("/people/<uuid:id>/left")
@requires(WRITE)
def left_form(id: UUID) -> str:
    """Ask since when somebody is no longer here."""
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        member = _member(desk, id)
        return _left_page(desk, forms.LeftForm(), member)


@blueprint.post("/people/<uuid:id>/left")
@requires(WRITE)
@in_transaction
def leave(id: UUID) -> Any:
    """Say since when somebody is no longer here."""
    desk = open_desk(transaction())
    member, form = _member(desk, id), forms.LeftForm()
    answer = _send(desk, form, shapes.Leaving, lambda given: members.change(desk, str(id), given, _seen()))
    return _done(answer, "directory.person", "is marked as left.") or (_left_page(desk, form, member), 422)


@blueprint.post("/people/<uuid:id>/here")
@requires(WRITE)
@in_transaction
def here(id: UUID) -> Any:
    """Say that somebody is here after all."""
    desk = open_desk(transaction())
    _member(desk, id)
    return _done(members.change(desk, str(id), {"left_on": None}), "directory.person", "is here.")


@blueprint.get("/people/<uuid:id>/remove")
@requires(WRITE)
def remove_form(id: UUID) -> str:
    """Ask whether somebody was added by mistake."""
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        return render_template("directory/remove.html", person=_member(desk, id), count=naming.count(desk, str(id)))


@blueprint.post("/people/<uuid:id>/remove")
@requires(WRITE)
@in_transaction
def remove(id: UUID) -> Any:
    """Take somebody off the directory."""
    desk = open_desk(transaction())
    member = _member(desk, id)
    members.remove(desk, str(id))
    flash(f"{_called(member)} is off the directory.", "success")
    return redirect(url_for("directory.people"), 303)


@blueprint.get("/teams/new")
@requires(WRITE)
def new_team() -> str:
    """Ask for a team's details."""
    return _team_page(forms.team_form(None), None)


@blueprint.post("/teams/new")
@requires(WRITE)
@in_transaction
def add_team() -> Any:
    """Add a team, or show the form again with what is wrong."""
    desk, form = open_desk(transaction()), forms.team_form(None)
    answer = _send(desk, form, shapes.TeamBody, lambda given: teams.add(desk, given))
    return _done(answer, "directory.team", "is in the directory.") or (_team_page(form, None), 422)


@blueprint.get("/teams/<uuid:id>/change")
@requires(WRITE)
def team_form(id: UUID) -> str:
    """Show what is said of a team, to be changed."""
    with current_room.database.read() as connection:
        team = _team(open_desk(connection), id)
    return _team_page(forms.team_form(team), team)


@blueprint.post("/teams/<uuid:id>/change")
@requires(WRITE)
@in_transaction
def change_team(id: UUID) -> Any:
    """Change a team, or show the form again with what is wrong."""
    desk = open_desk(transaction())
    team = _team(desk, id)
    form = forms.team_form(team)
    answer = _send(desk, form, shapes.TeamChange, lambda given: teams.change(desk, str(id), given, _seen()))
    return _done(answer, "directory.team", "was changed.") or (_team_page(form, team), 422)


def _send(desk: Desk, form: Any, shape: type[Shape], write: Callable[[Data], Answer]) -> Answer:
    """Write what was typed; what is wrong with it is said where it was typed."""
    form.validate()
    taken, faults = shapes.read(shape, forms.typed(form), london_day(desk.now))
    forms.show_faults(form, faults)
    answer = None if form.errors else write(taken)
    if isinstance(answer, Wrong):
        forms.show_faults(form, answer.faults)
    if isinstance(answer, Refused):
        refuse_form(form, answer)
    if isinstance(answer, Stale):
        form.form_errors.append(MEANWHILE)
    g.shown = answer.version if isinstance(answer, Stale) else _seen()
    return answer


def _with_team(desk: Desk, form: Any, given: Data) -> Wrong | None:
    """Put the team that was typed in place of the one chosen, and into the directory where it is new; say what is wrong."""
    typed = form.new_team.data
    if not typed:
        return None
    taken, faults = shapes.read(shapes.TeamBody, {"name": typed}, london_day(desk.now))
    if faults:
        return Wrong({"new_team": next(iter(faults.values()))})
    if team_names.called(desk.connection, taken["name"]) is None:
        teams.add(desk, taken)
    given["team"] = taken["name"]
    return None


def _done(answer: Answer, endpoint: str, words: str) -> Any:
    """Go to the entry that was written; None where nothing was."""
    if not isinstance(answer, Recorded):
        return None
    flash(f"{_called(answer.entry)} {words}", "success")
    return redirect(url_for(endpoint, id=answer.entry["id"]), 303)


def _seen() -> int:
    """Give the version of the entry that the form was filled in on."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _shown(entry: Entry | None) -> int:
    """Give the version a form is shown for: as it was, until whoever fills it in has been told of a newer one."""
    return int(g.get("shown", entry["version"] if entry else 0))


def _called(entry: Entry) -> str:
    return str(entry["name"] or entry["email"])


def _member(desk: Desk, id: UUID) -> Entry:
    return found_or_404(members.one(desk, str(id)))


def _team(desk: Desk, id: UUID) -> Entry:
    return found_or_404(teams.one(desk, str(id)))


def _person_page(form: Any, member: Entry | None) -> str:
    return render_template("directory/person_form.html", form=form, person=member, version=_shown(member), seen=member is not None and member["state"] == SEEN)


def _left_page(desk: Desk, form: Any, member: Entry) -> str:
    return render_template("directory/left.html", form=form, person=member, version=_shown(member), count=naming.count(desk, member["id"]))


def _team_page(form: Any, team: Entry | None) -> str:
    return render_template("directory/team_form.html", form=form, team=team, version=_shown(team))
