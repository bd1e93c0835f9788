"""The pages on which the directory is read: people, one person with what names them, teams."""
from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from flask import Blueprint, render_template, request, url_for

from services.referrals.api import open_desk
from services.referrals.desk import Desk
from services.referrals.directory import book, members, naming, teams, writing
from services.referrals.directory.api import READ, after, found_or_404, version_after, words
from services.referrals.directory.entries import has_left, names_of
from services.referrals.rules import in_words
from shared.calendar import london_day
from shared.pathways import PATHWAYS
from shared.web.context import current_room, requires
from shared.web.layout import moment
from shared.web.problems import Pager, problem

blueprint = Blueprint("directory", __name__, url_prefix="/directory")
blueprint.register_blueprint(writing.blueprint)

#: What the list may be narrowed to, in words.
SHOWN = {"": "Everybody who is here", "practitioner": "Practitioners", "pod": "Pod staff", "seen": "Not confirmed yet", "left": "Left"}
KIND = {"practitioner": "Practitioner", "pod": "Pod staff"}
ROLE = {"worker": "Development worker", "manager": "Manager"}
#: Fields of an entry as a history says them.
FIELD = {"name": "Name", "kind": "Who they are", "job": "Job", "roles": "Roles at the Pod", "team": "Team", "telephone": "Telephone",
         "from_on": "First day here", "left_on": "First day no longer here", "also": "Other names", "organisation": "Organisation",
         "email": "Email", "active": "Still there"}


@blueprint.get("")
@requires(READ)
def people() -> str:
    """List people by name."""
    show, team, pager = request.args.get("show", ""), request.args.get("team", "").replace("\0", " "), Pager.of_request()
    if show not in SHOWN:
        problem(404)
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        page = pager.page(members.listed(desk, members.Wanted(words(), show, team), pager.fetch, after(pager)))
    chosen = {name: value for name, value in (("q", words()), ("show", show), ("team", team)) if value}
    return render_template("directory/people.html", page=page, chosen=chosen, shown=SHOWN, today=london_day(desk.now), has_left=has_left,
                           kinds=KIND, following=_following("directory.people", page["next"], chosen))


@blueprint.get("/people/<uuid:id>")
@requires(READ)
def person(id: UUID) -> str:
    """Show one person, what names them, and who changed what."""
    pager = Pager.of_request()
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        found, today = found_or_404(members.one(desk, str(id))), london_day(desk.now)
        history = _history(desk, str(id), pager)
        count = naming.count(desk, str(id))
    return render_template("directory/person.html", person=found, left=has_left(found, today), count=count, history=history, kinds=KIND,
                           roles=[ROLE[role] for role in found["roles"].split()], following=_more("directory.person", id, history))


@blueprint.get("/people/<uuid:id>/referrals")
@requires(READ)
def referrals(id: UUID) -> str:
    """List the referrals under way that name somebody."""
    pager = Pager.of_request()
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        found = found_or_404(members.one(desk, str(id)))
        page = pager.page(naming.listed(desk, str(id), pager.fetch, after(pager)))
    return render_template("directory/referrals.html", person=found, page=page, pathways=PATHWAYS,
                           following=_following("directory.referrals", page["next"], {"id": id}))


@blueprint.get("/teams")
@requires(READ)
def team_list() -> str:
    """List teams by name."""
    pager = Pager.of_request()
    with current_room.database.read() as connection:
        page = pager.page(teams.listed(open_desk(connection), words(), pager.fetch, after(pager)))
    chosen = {"q": words()} if words() else {}
    return render_template("directory/teams.html", page=page, chosen=chosen, names_of=names_of,
                           following=_following("directory.team_list", page["next"], chosen))


@blueprint.get("/teams/<uuid:id>")
@requires(READ)
def team(id: UUID) -> str:
    """Show one team, and who changed what."""
    pager = Pager.of_request()
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        found = found_or_404(teams.one(desk, str(id)))
        history = _history(desk, str(id), pager)
    return render_template("directory/team.html", team=found, others=names_of(found)[1:], history=history,
                           following=_more("directory.team", id, history))


class History(NamedTuple):
    """One page of what was changed, as a timeline shows it, and where the next begins."""

    entries: list[dict[str, Any]]
    next: str | None


def _history(desk: Desk, id_: str, pager: Pager) -> History:
    page = pager.page(book.changes(desk, id_, pager.fetch, version_after(pager)), "version")
    return History([_told(one) for one in page["items"]], page["next"])


def _told(one: dict[str, Any]) -> dict[str, Any]:
    fields = {change["field"]: change for change in one["changes"]}
    state = fields.pop("state", None)
    title = "Confirmed" if state else "Added" if one["version"] == 1 else "Changed"
    said = [f"{FIELD[name]}: {_from_to(name, fields[name])}" for name in FIELD if name in fields]
    return {"title": title, "when": moment(one["at"]), "datetime": one["at"].isoformat(), "by": one["by"], "text": "; ".join(said)}


def _from_to(name: str, change: dict[str, str]) -> str:
    before, after = (_plainly(name, change[side]) for side in ("before", "after"))
    return f"{before} became {after}" if before and after else after or f"{before} was taken away"


def _plainly(name: str, value: str) -> str:
    if name.endswith("_on") and value:
        return in_words(date.fromisoformat(value))
    words = {**KIND, **ROLE} if name in ("kind", "roles") else {}
    return ", ".join(words.get(word, word) for word in (value.split() if name == "roles" else [value]))


def _following(endpoint: str, last: str | None, chosen: dict[str, Any]) -> str:
    return url_for(endpoint, after=last, **chosen) if last else ""


def _more(endpoint: str, id: UUID, history: History) -> str:
    return url_for(endpoint, id=id, after=history.next) if history.next else ""
