"""The pages that list referrals: the worklists of staff, and a practitioner's own page; what is asked for is in the address."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for

from services.referrals.api import WITH_US, open_desk
from services.referrals.desk import Desk
from services.referrals.directory.entries import POD, REMOVED
from services.referrals.looks import noting
from services.referrals.store import members, teams
from services.referrals.worklists import counting, finding, own
from services.referrals.worklists.cursor import Unknown
from services.referrals.worklists.filters import MOST, SORTS, STATES, Filters
from services.referrals.worklists.finding import Found
from services.referrals.worklists.reading import listed, matches
from services.referrals.worklists.tabs import TABS, in_order
from shared.ledger.types import Actor, Data
from shared.pathways import PATHWAYS, team_key
from shared.web.context import can, current_actor, current_room, requires
from shared.web.problems import Pager, problem

#: Referrals a practitioner sees on their first page.
SHOWN = 10
#: Days since receipt one may ask for.
AGES = {days: f"{days} days ago or more" for days in ("7", "14", "21", "28")}
_STATES = [(word, word.capitalize()) for word in STATES]
#: A list of its own: title, page, which referrals.
List = tuple[str, str, Filters]
MINE, TEAM = Filters(mine=True), Filters(whose="team")
TITLES = {"referrals.mine": "Your referrals", "referrals.team": "Your team’s referrals"}
OF_PRACTITIONERS: tuple[List, ...] = ((TITLES["referrals.mine"], "referrals.mine", MINE), (TITLES["referrals.team"], "referrals.team", TEAM))
OF_STAFF: tuple[List, ...] = (("All referrals", "referrals.everything", Filters()),)
SORT_WORDS = {"target": "What is due first", "oldest": "Waiting longest first", "received": "Newest first"}


def add_to(blueprint: Blueprint) -> None:
    """Add the pages."""
    for path, view in (("/", home), ("/all", everything), ("/mine", mine), ("/team", team)):
        blueprint.get(path)(view)


@requires(WITH_US)
def home() -> Any:
    """Show what is to be done: staff their worklists, a practitioner what is asked of them."""
    if can("referral:read"):
        return _worklist("referrals.home")
    with current_room.database.read() as connection:
        found = own.home(open_desk(connection))
    return render_template("referrals/home.html", shown=SHOWN, **found)


@requires("referral:read")
def everything() -> Any:
    """List all referrals, for staff."""
    return _worklist("referrals.everything")


@requires(WITH_US)
def mine() -> str:
    """List the referrals somebody sent or works on."""
    return _own("referrals.mine", MINE)


@requires(WITH_US)
def team() -> str:
    """List the referrals of the practitioner's team."""
    return _own("referrals.team", TEAM)


def _worklist(endpoint: str) -> Any:
    asked = _asked()
    found = finding.read(asked["find"])
    names = in_order(cast(Actor, current_actor()).roles)
    name = _one_of("list", names) or ("all" if endpoint == "referrals.everything" else names[0])
    if found.is_exact and (name != "all" or _narrows(asked)):
        return redirect(url_for("referrals.everything", find=asked["find"]))
    wanted = _wanted(asked, name, found)
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        page = _page(desk, wanted, found)
        elsewhere = [] if page["items"] else _matching(desk, found, OF_STAFF)
        counts, choices = counting.counts(desk, names), _choices(desk)
    tab, following = TABS[name], _following(endpoint, page, _kept(asked, name))
    tabs = [{"name": one, "title": TABS[one].title, "count": counts.get(one), "href": url_for(endpoint, list=one)} for one in names]
    return render_template("worklists/list.html", title=tab.title, tab=tab, name=name, tabs=tabs, page=page, asked=asked, fault=found.fault, elsewhere=elsewhere,
                           following=following, narrows=_narrows(asked), states=_STATES, sorts=SORT_WORDS, ages=AGES.items(),
                           pathways=PATHWAYS, titles=_titles(), sort=wanted.sort, endpoint=endpoint, **choices)


def _own(endpoint: str, wanted: Filters) -> str:
    asked = _asked()
    found = finding.read(asked["find"])
    # what is of one citizen is looked for in all they may see
    wanted = _found(Filters() if found.is_exact else wanted._replace(state=asked["state"]), found)
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        page = _page(desk, wanted, found)
        elsewhere = [] if page["items"] else _matching(desk, found, OF_STAFF if desk.sees_all else OF_PRACTITIONERS)
        stands = {} if desk.sees_all else own.stands_of(desk, page["items"])
    return render_template("worklists/own.html", title=TITLES[endpoint], page=page, asked=asked, stands=stands, fault=found.fault, states=_STATES, elsewhere=elsewhere,
                           following=_following(endpoint, page, _kept(asked)), is_filtered=any(asked.values()), pathways=PATHWAYS)


def _page(desk: Desk, wanted: Filters, found: Found) -> Data:
    """Give the page that is asked for; `more` where a name is of so many that not all are listed."""
    pager = Pager.of_request()
    try:
        page = {"items": [], "next": None} if found.fault else listed(desk, wanted, pager.limit, pager.after)
    except Unknown:
        problem(404)
    noting.found(desk, wanted, page["items"])
    return {**page, "more": MOST if page["next"] and found.words and matches(desk, wanted, MOST) >= MOST else 0}


def _matching(desk: Desk, found: Found, lists: Iterable[List]) -> list[Data]:
    """Say in which lists there is what was looked for: {title, count, href}."""
    if not found.words and not found.is_exact:
        return []
    counted = [(matches(desk, _found(wanted, found), counting.MOST), title, endpoint) for title, endpoint, wanted in lists]
    return [{"title": title, "count": counting.in_words(count), "href": url_for(endpoint, find=request.args["find"].strip())}
            for count, title, endpoint in counted if count]


def _following(endpoint: str, page: Data, kept: Mapping[str, str]) -> str:
    return url_for(endpoint, **cast(Any, {**kept, "after": page["next"]})) if page["next"] else ""


def _asked() -> dict[str, str]:
    """Give what the address asks for; a choice that is none is no page of ours."""
    return {"find": request.args.get("find", "").strip()[:200], "state": _one_of("state", STATES), "pathway": _one_of("pathway", PATHWAYS),
            "team": request.args.get("team", "").replace("\x00", "")[:200], "worker": _worker(), "age": _one_of("age", AGES), "sort": _one_of("sort", SORTS)}


def _wanted(asked: Mapping[str, str], name: str, found: Found) -> Filters:
    tab = TABS[name]
    return _found(Filters(
        state=asked["state"], worklist=name, pathway=asked["pathway"], team=team_key(asked["team"]) if asked["team"] else "",
        worker=asked["worker"], older_than=int(asked["age"] or 0), sort=tab.sort if tab.fixed else asked["sort"] or tab.sort), found)


def _found(wanted: Filters, found: Found) -> Filters:
    return wanted._replace(reference=found.reference, nhs_number=found.nhs_number, words=found.words)


def _narrows(asked: Mapping[str, str]) -> bool:
    """Say whether something is chosen beside what is looked for."""
    return any(value for key, value in asked.items() if key not in ("find", "sort"))


def _one_of(name: str, words: Any) -> str:
    given = request.args.get(name, "")
    if given and given not in words:
        problem(404)
    return given


def _worker() -> str:
    text = request.args.get("worker", "")
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
