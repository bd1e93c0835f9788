"""The JSON API of the directory: members and teams, for staff of the Pod."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn
from uuid import UUID

from flask import request
from flask.views import MethodView
from flask_smorest import Blueprint

from services.referrals import worklists
from services.referrals.api import described, open_desk
from services.referrals.described.directory import EntryChanged, MemberShown, MemberWhole, TeamShown
from services.referrals.desk import Desk
from services.referrals.directory import book, members, naming, shapes, teams
from services.referrals.directory.choices import is_worker
from services.referrals.directory.entries import Answer, Entry, Recorded, Wrong
from shared.calendar import london_day
from shared.database import instant_text
from shared.ledger.store import Stale
from shared.ledger.types import Data, Refused
from shared.schemas.shape import Shape
from shared.web.context import current_room, requires, transaction
from shared.web.described import MADE, PAGING, SEEN, page_of, reads, writes
from shared.web.etags import changed_meanwhile, etag, require_if_match
from shared.web.idempotency import in_transaction
from shared.web.problems import Pager, problem

blueprint = Blueprint("directory-api", __name__, description="The directory of practitioners, teams and Pod staff")

READ, WRITE = "directory:read", "directory:write"
SEARCH = {"in": "query", "name": "q", "description": "words that all occur in name, address or any name of the team",
          "schema": {"type": "string", "maxLength": 200}}
MEMBERS = [SEARCH, {"in": "query", "name": "show", "description": "default: everybody who is here",
                    "schema": {"type": "string", "enum": list(members.SHOWN)}},
           {"in": "query", "name": "team", "description": "the name a team goes by", "schema": {"type": "string"}}, *PAGING]

Show = Callable[[Desk, Entry], Data]


@blueprint.route("/members")
class Members(MethodView):
    """Everybody who works with citizens."""

    @blueprint.doc(**reads(page_of(MemberShown), 422, words="One page", parameters=MEMBERS))
    @requires(READ)
    def get(self) -> Any:
        """List members by name, those who have left only when asked for."""
        pager, wanted = Pager.of_request(), _wanted()
        with current_room.database.read() as connection:
            desk = open_desk(connection)
            rows = members.listed(desk, wanted, pager.fetch, after(pager))
            return pager.page(_members(desk, rows))

    @blueprint.doc(**described(shapes.MemberBody), **writes(MemberShown, status=201, words="They are in the directory", gives=MADE))
    @requires(WRITE)
    @in_transaction
    def post(self) -> Any:
        """Add a member, or confirm one who was only seen so far."""
        return _added(members.add, shapes.MemberBody, _member)


@blueprint.route("/members/<uuid:id>")
class Member(MethodView):
    """One member."""

    @blueprint.doc(**reads(MemberWhole, 404, gives=SEEN))
    @requires(READ)
    def get(self, id: UUID) -> Any:
        """Show a member, and how many referrals under way name them."""
        with current_room.database.read() as connection:
            desk = open_desk(connection)
            found = found_or_404(members.one(desk, str(id)))
            return {**_member(desk, found), "referrals_under_way": naming.count(desk, str(id))}, {"ETag": etag(found["version"])}

    @blueprint.doc(**described(shapes.MemberChange), **writes(MemberShown, 404, 412, 428, gives=SEEN))
    @requires(WRITE)
    @in_transaction
    def patch(self, id: UUID) -> Any:
        """Change a member, which confirms them; `left_on` says since when they are gone."""
        return _changed(members.change, str(id), shapes.MemberChange, _member)

    @blueprint.doc(**writes(None, 404, 412, 428, status=204, words="They are off the directory"))
    @requires(WRITE)
    @in_transaction
    def delete(self, id: UUID) -> Any:
        """Take off somebody who was added by mistake, with all that was said of them; who has left is changed instead."""
        settled(members.remove(open_desk(transaction()), str(id), require_if_match()))
        return "", 204


@blueprint.route("/teams")
class Teams(MethodView):
    """The teams practitioners belong to."""

    @blueprint.doc(**reads(page_of(TeamShown), 422, words="One page", parameters=[SEARCH, *PAGING]))
    @requires(READ)
    def get(self) -> Any:
        """List teams by name."""
        pager = Pager.of_request()
        with current_room.database.read() as connection:
            rows = teams.listed(open_desk(connection), words(), pager.fetch, after(pager))
            return pager.page([shapes.team(row) for row in rows])

    @blueprint.doc(**described(shapes.TeamBody), **writes(TeamShown, status=201, words="It is in the directory", gives=MADE))
    @requires(WRITE)
    @in_transaction
    def post(self) -> Any:
        """Add a team."""
        return _added(teams.add, shapes.TeamBody, _team)


@blueprint.route("/teams/<uuid:id>")
class Team(MethodView):
    """One team."""

    @blueprint.doc(**reads(TeamShown, 404, gives=SEEN))
    @requires(READ)
    def get(self, id: UUID) -> Any:
        """Show a team."""
        with current_room.database.read() as connection:
            found = found_or_404(teams.one(open_desk(connection), str(id)))
            return shapes.team(found), {"ETag": etag(found["version"])}

    @blueprint.doc(**described(shapes.TeamChange), **writes(TeamShown, 404, 412, 428, gives=SEEN))
    @requires(WRITE)
    @in_transaction
    def patch(self, id: UUID) -> Any:
        """Change a team; a new name goes to all its members, and the old one stays among its other names."""
        return _changed(teams.change, str(id), shapes.TeamChange, _team)


@blueprint.route("/<any(members, teams):what>/<uuid:id>/changes")
class Changes(MethodView):
    """Who changed what of an entry."""

    @blueprint.doc(**reads(page_of(EntryChanged), 404, 422, words="One page", parameters=PAGING))
    @requires(READ)
    def get(self, what: str, id: UUID) -> Any:
        """List what was changed, from what to what, newest first."""
        pager = Pager.of_request()
        with current_room.database.read() as connection:
            desk = open_desk(connection)
            found_or_404((members if what == "members" else teams).one(desk, str(id)))
            found = book.changes(desk, str(id), pager.fetch, version_after(pager))
            return pager.page([{**one, "at": instant_text(one["at"])} for one in found], "version")


def settled(answer: Answer) -> Entry:
    """Give the entry as it stands now, or answer why it was not done."""
    if isinstance(answer, Recorded):
        return answer.entry
    if isinstance(answer, Refused):
        problem(403, answer.reason, help=answer.help)
    if isinstance(answer, Stale):
        changed_meanwhile()
    if isinstance(answer, Wrong):
        _wrong({f"/{name}": words for name, words in answer.faults.items()})
    return found_or_404(None)


def words() -> str:
    """Give what is searched for."""
    return request.args.get("q", "")[:200].replace("\0", " ")


def after(pager: Pager) -> str | None:
    """Give the id the page before ended with; a wrong one is a 422."""
    try:
        return str(UUID(pager.after)) if pager.after else None
    except ValueError:
        problem(422, "The paging is not valid.", errors=[{"pointer": "/after", "detail": "Not the id of an entry."}])


def version_after(pager: Pager) -> int | None:
    """Give the version the page before ended with; a wrong one is a 422."""
    if pager.after and not (pager.after.isascii() and pager.after.isdigit() and len(pager.after) < 10):
        problem(422, "The paging is not valid.", errors=[{"pointer": "/after", "detail": "Not a version."}])
    return int(pager.after) if pager.after else None


def _wanted() -> members.Wanted:
    show = request.args.get("show", "")
    if show and show not in members.SHOWN:
        problem(422, "The filter is not valid.", errors=[{"pointer": "/show", "detail": f"must be one of {', '.join(members.SHOWN)}"}])
    return members.Wanted(words(), show, request.args.get("team", "").replace("\0", " "))


def _added(add: Callable[[Desk, Data], Answer], shape: type[Shape], show: Show) -> Any:
    desk = open_desk(transaction())
    kept = settled(add(desk, _read(desk, shape)))
    return show(desk, kept), 201, {"Location": f"{request.script_root}{request.path}/{kept['id']}", "ETag": etag(kept["version"])}


def _changed(change: Callable[[Desk, str, Data, int | None], Answer], id_: str, shape: type[Shape], show: Show) -> Any:
    desk, seen = open_desk(transaction()), require_if_match()
    kept = settled(change(desk, id_, _read(desk, shape), seen))
    return show(desk, kept), 200, {"ETag": etag(kept["version"])}


def _read(desk: Desk, shape: type[Shape]) -> Data:
    taken, faults = shapes.read(shape, request.get_json(), london_day(desk.now))
    if faults:
        _wrong(faults)
    return taken


def _wrong(faults: dict[str, str]) -> NoReturn:
    problem(422, "Some of what was sent is not right.", errors=[{"pointer": pointer, "detail": words} for pointer, words in faults.items()])


def _member(desk: Desk, row: Entry) -> Data:
    return _members(desk, [row])[0]


def _members(desk: Desk, rows: Sequence[Entry]) -> list[Data]:
    """Give members as they are shown, each development worker with their load; counted for all at once."""
    load = worklists.loads(desk) if any(is_worker(row) for row in rows) else {}
    return [{**shapes.member(row, london_day(desk.now)), "working_with": load.get(row["id"], 0) if is_worker(row) else None} for row in rows]


def _team(desk: Desk, row: Entry) -> Data:
    return shapes.team(row)


def found_or_404(entry: Entry | None) -> Entry:
    """Give the entry, or answer that there is none."""
    if entry is None:
        problem(404, "There is nobody and nothing of that id in the directory.")
    return entry
