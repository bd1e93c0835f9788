"""The pages that list referrals: the worklists of staff, and a practitioner's own page; what is asked for is in the address."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for

from services.referrals.api import WITH_US, open_desk
from services.referrals.desk import Desk
from services.referrals.directory.entries import POD, REMOVED
from services.referrals.store import members, teams
from services.referrals.worklists import counting, finding, own
from services.referrals.worklists.filters import SORTS, STATES, Filters
from services.referrals.worklists.finding import Found
from services.referrals.worklists.reading import listed
from services.referrals.worklists.tabs import TABS, in_order
from shared.ledger.types import Data
from shared.pathways import PATHWAYS, team_key
from shared.web.context import can, current_room, requires
from shared.web.problems import Pager, problem

#: Referrals a practitioner sees on their first page.
SHOWN = 10
#: Days since receipt one may ask for.
AGES = {days: f"{days} days ago or more" for days in ("7", "14", "21", "28")}
_STATES = [(word, word.capitalize()) for word in STATES]
SORT_WORDS = {"target": "What is due first", "oldest": "Waiting longest first", "received": "Newest first"}


def add_to(blueprint: Blueprint) -> None:
    """Add the pages."""
    for path, view in (("/", home), ("/all", everything), ("/mine", mine), ("/team", team)):
        blueprint.get(path)(view)


@requires(WITH_US)
def home() -> str:
    """Show what is to be done: staff their worklists, a practitioner what is asked of them."""
    if can("referral:read"):
        return _worklist("referrals.home")
    with current_room.database.read() as connection:
        found = own.home(open_desk(connection))
    return render_template("referrals/home.html", shown=SHOWN, **found)


@requires("referral:read")
def everything() -> str:
    """List all referrals, for staff."""
    return _worklist("referrals.everything")


@requires(WITH_US)
def mine() -> str:
    """List the referrals somebody sent or works on."""
    return _own("referrals.mine", "Your referrals", Filters(mine=True))


@requires(WITH_US)
def team() -> str:
    """List the referrals of the practitioner's team."""
    return _own("referrals.team", "Your team’s referrals", Filters(whose="team"))


def _worklist(endpoint: str) -> str:
    pager, asked = Pager.of_request(), _asked()
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        names = in_order(desk.actor.roles)
        name = _one_of("list", names) or ("all" if endpoint == "referrals.everything" else names[0])
        found, wanted = _wanted(desk, asked, name)
        rows = [] if found.fault else listed(desk, wanted, pager.fetch, _after(pager))
        counts, choices = counting.counts(desk, names), _choices(desk)
    page, tab = pager.page(rows), TABS[name]
    following = url_for(endpoint, **cast(Any, {**_kept(asked, name), "after": page["next"]})) if page["next"] else ""
    tabs = [{"name": one, "title": TABS[one].title, "count": counts.get(one), "href": url_for(endpoint, list=one)} for one in names]
    return render_template("worklists/list.html", title=tab.title, tab=tab, name=name, tabs=tabs, page=page, asked=asked, fault=found.fault,
                           following=following, is_filtered=any({**asked, "sort": ""}.values()), states=_STATES, sorts=SORT_WORDS, ages=AGES.items(),
                           pathways=PATHWAYS, titles=_titles(), sort=wanted.sort, endpoint=endpoint, **choices)


def _own(endpoint: str, title: str, wanted: Filters) -> str:
    pager, asked = Pager.of_request(), _asked()
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        found = finding.read(asked["find"])
        wanted = wanted._replace(state=asked["state"], reference=found.reference, nhs_number=found.nhs_number, begins=found.begins)
        page = pager.page([] if found.fault else listed(desk, wanted, pager.fetch, _after(pager)))
        stands = {} if desk.sees_all else own.stands_of(desk, page["items"])
    following = url_for(endpoint, **cast(Any, {**_kept(asked), "after": page["next"]})) if page["next"] else ""
    return render_template("worklists/own.html", title=title, page=page, asked=asked, stands=stands, fault=found.fault, states=_STATES,
                           following=following, is_filtered=any(asked.values()), pathways=PATHWAYS)


def _asked() -> dict[str, str]:
    """Give what the address asks for; a choice that is none is no page of ours."""
    return {"find": request.args.get("find", "").strip()[:200], "state": _one_of("state", STATES), "pathway": _one_of("pathway", PATHWAYS),
            "team": request.args.get("team", "").replace("\x00", "")[:200], "worker": _worker(), "age": _one_of("age", AGES), "sort": _one_of("sort", SORTS)}


def _wanted(desk: Desk, asked: Mapping[str, str], name: str) -> tuple[Found, Filters]:
    found, tab = finding.read(asked["find"]), TABS[name]
    return found, Filters(
        state=asked["state"], worklist=name, pathway=asked["pathway"], team=team_key(asked["team"]) if asked["team"] else "",
        worker=asked["worker"], older_than=int(asked["age"] or 0), sort=tab.sort if tab.fixed else asked["sort"] or tab.sort,
        reference=found.reference, nhs_number=found.nhs_number, begins=found.begins)


def _one_of(name: str, words: Any) -> str:
    given = request.args.get(name, "")
    if given and given not in words:
        problem(404)
    return given


def _worker() -> str:
    return _uuid(request.args.get("worker", ""))


def _after(pager: Pager) -> str | None:
    return _uuid(pager.after) or None


def _uuid(text: str) -> str:
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        problem(404)


def _kept(asked: Mapping[str, str], name: str = "") -> dict[str, str]:
    return {key: value for key, value in {"list": name, **asked}.items() if value}


def _choices(desk: Desk) -> Data:
    """Give the teams and the development workers one may filter by, in one question."""
    workers = sa.select(sa.literal("worker").label("what"), sa.cast(members.c.id, sa.Text()).label("key"), members.c.name, members.c.sorted_by).where(
        members.c.kind == POD, members.c.state != REMOVED, members.c.roles.contains("worker"))
    known = sa.select(sa.literal("team"), teams.c.name, teams.c.name, teams.c.sorted_by)
    found = desk.connection.execute(sa.union_all(workers, known).order_by("sorted_by")).all()
    return {"workers": [(str(UUID(key)), name) for what, key, name, _ in found if what == "worker"],
            "teams": [(name, name) for what, _, name, _ in found if what == "team"]}


def _titles() -> list[tuple[str, str]]:
    return [(name, pathway.title) for name, pathway in PATHWAYS.items()]
