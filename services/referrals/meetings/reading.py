"""What the pages of the meeting show: who can when, when all can, and what is offered; and the invitation to it."""
from __future__ import annotations

from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Response, url_for

from services.referrals import access, meeting, view
from services.referrals.api import found_or_404, open_desk
from services.referrals.desk import Desk
from services.referrals.expected import ahead, expected
from services.referrals.looks import noting
from services.referrals.meeting import Span, as_said
from services.referrals.meetings import invitation
from services.referrals.meetings.invitation import Invited
from services.referrals.state import needs_practitioner, practitioner_goes, practitioner_on
from shared.calendar import london_day
from shared.ledger.types import Data, State
from shared.web.context import current_room
from shared.web.problems import problem

WHOSE = {"citizen": "The citizen", "practitioner": "The practitioner", "development_worker": "The development worker"}
#: More times than three people can in sixty days, and how many of them are shown to choose from.
ALL, SHOWN = 1000, 12


def taking_part(desk: Desk, state: State) -> list[Data]:
    """Give those who must be there: {whose, words, name, times: [Span] or None where they said nothing, mine, may_say, engaged}.

    `engaged` says that they have another first meeting at the time that is offered.
    """
    may_add = access.may_add(state, desk.actor, desk.who, desk.now)
    parts, engaged = meeting.who_takes_part(state, desk.now), engaged_then(desk, state)
    names = desk.names([id_ for _, id_ in parts])
    return [{"whose": whose, "words": WHOSE[whose], "name": names[id_], "times": _ahead(desk, state, whose, id_), "mine": id_ == desk.who,
             "may_say": may_add and (desk.sees_all or whose != "development_worker"), "engaged": id_ in engaged} for whose, id_ in parts]


def leaves(desk: Desk, state: State) -> Data | None:
    """Give the practitioner who goes and whom nobody follows, {name, on: London day}: from that day on they need not be there (R-07)."""
    goes, practitioner = practitioner_goes(state), practitioner_on(state, date.max)
    if not goes or not practitioner or not needs_practitioner(state):
        return None
    return {"name": desk.names([practitioner["id"]])[practitioner["id"]], "on": goes[0]}


def engaged_then(desk: Desk, state: State) -> set[str]:
    """Give the ids of those who have another first meeting at the time that is offered; to staff, and while it is ahead."""
    offered = ahead(state, desk.now)
    return desk.engaged(span_of(offered), state["id"]) if offered and desk.sees_all else set()


def _ahead(desk: Desk, state: State, whose: str, id_: str) -> list[Span] | None:
    times = meeting.free_times(state, whose, id_)
    return None if times is None else sorted(one for one in times if one.end > desk.now)


def span_of(one: Data) -> Span:
    """Give the time of what is offered, or of a slot."""
    return Span(datetime.fromisoformat(one["starts_at"]), datetime.fromisoformat(one["ends_at"]))


def span_in_words(one: Data) -> str:
    """Write {starts_at, ends_at} as people say it."""
    return as_said(span_of(one))


def spread(slots: list[Span], most: int = SHOWN) -> list[Span]:
    """Give so many of the times at which all can, from as many days as there are: the earliest of each day first."""
    in_day: list[tuple[int, Span]] = []
    for _, ones in groupby(slots, key=lambda one: london_day(one.start)):
        in_day += enumerate(ones)
    return sorted(span for _, span in sorted(in_day)[:most])


def overdue_word(desk: Desk, state: State) -> str:
    """Give how the clock of the meeting stands, as `Target.word`; empty before it starts."""
    return next((one["state"] for one in view.clock(desk, state)["targets"] if one["kind"] == "first_meeting"), "")


def calendar(id: UUID) -> Response:
    """Answer with the invitation; 404 where no meeting was offered yet."""
    noting.at(noting.CALENDAR)
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        state = found_or_404(desk, id).state
        made = invitation.make(state, desk.now, *_invited(desk, state), url_for("referrals.show", id=id, _external=True))
    if made is None:
        problem(404, "No introductory meeting was offered yet.")
    method = "CANCEL" if b"METHOD:CANCEL" in made else "REQUEST"
    return Response(made, content_type=f"text/calendar; charset=utf-8; method={method}", headers={
        "Content-Disposition": f'attachment; filename="meeting-{state["reference"]}.ics"', "Cache-Control": "no-store"})


def _invited(desk: Desk, state: State) -> tuple[Invited | None, Invited | None]:
    ids = {role: id_ for id_, role in expected(state)} if state["meeting"] else {}
    people: Any = desk.people(list(ids.values()))
    found = [people.get(ids.get(role)) for role in ("development_worker", "practitioner")]
    first, second = (Invited(row["name"] or row["email"], row["email"]) if row and row["email"] else None for row in found)
    return first, second
