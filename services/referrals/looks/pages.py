"""The page that says who looked at a referral."""
from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for

from services.referrals.api import WITH_US, found_or_404, open_desk, page_after
from services.referrals.looks import noting, reading
from services.referrals.rules import in_words
from services.referrals.state import pathway_of
from shared.calendar import time_in_words
from shared.ledger.types import Data, State
from shared.web.context import current_room, requires
from shared.web.layout import day
from shared.web.problems import Pager, problem

blueprint = Blueprint("looks", __name__)
blueprint.after_app_request(noting.write)


@blueprint.get("/<uuid:id>/looked")
@requires(WITH_US)
def show(id: UUID) -> Any:
    """Show who looked at a referral, by day, newest first."""
    pager = Pager.of_request()
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        found = found_or_404(desk, id)
        if not reading.may_read(desk, found.state):
            problem(403, "Who looked at a referral is shown to the Pod and to the practitioner whose referral it is.")
        page = pager.page(reading.listed(desk, str(id), pager.fetch, page_after(pager)))
    following = url_for("looks.show", id=id, after=page["next"]) if page["next"] else ""
    return render_template("referrals/looked.html", referral=found.state, days=_by_day(page["items"]), words=reading.WHAT,
                           documents=_documents(found.state), following=following)


def _by_day(items: list[Data]) -> list[tuple[str, list[Data]]]:
    """Give looks by day; of one person's looks at the same thing one after the other one line, with how many they were."""
    return [(name, [_line(list(same)) for _, same in groupby(ones, key=_same)]) for name, ones in groupby(items, key=lambda one: day(one["at"]))]


def _same(one: Data) -> tuple[Any, ...]:
    return one["who"]["name"], one["who"]["team"], one["what"], one["document_id"], one["refused"]


def _line(same: list[Data]) -> Data:
    last, first = (time_in_words(one["at"]) for one in (same[0], same[-1]))
    return {**same[0], "time": last if first == last else f"{first} to {last}", "count": len(same), "of": _of(same[0]["who"])}


def _of(who: Data) -> str:
    """Say what somebody is, and of which team."""
    words = ", ".join(word for word in (who["role"], who["team"]) if word)
    return words[:1].upper() + words[1:]


def _documents(state: State) -> dict[str, str]:
    words = pathway_of(state).words
    return {id_: f"{words(one['kind'])} of {in_words(one['dated'])}" for id_, one in {**state["removed"], **state["documents"]}.items() if "kind" in one}
