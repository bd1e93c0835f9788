"""Lists of referrals: by state, overdue, one's own; always in bounded pages."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from services.referrals.desk import Desk
from services.referrals.store import LIVE, referrals
from shared.calendar import london_day
from shared.database import instant_text
from shared.pathways import PATHWAYS, team_key

STATES = ("received", "complete", "accepted", "declined", "withdrawn")

Row = dict[str, Any]


class Filters(NamedTuple):
    """Which referrals are wanted."""

    state: str = ""
    mine: bool = False
    overdue: bool = False
    reference: str = ""


def listed(desk: Desk, filters: Filters, limit: int, after: str | None = None) -> list[Row]:
    """Give referrals, newest first, with names; `after` is the id the page before ended with."""
    query = sa.select(referrals).where(*_conditions(desk, filters)).order_by(
        referrals.c.received_at.desc(), referrals.c.id.desc()).limit(limit)
    if after and (last := desk.connection.execute(sa.select(referrals.c.received_at).where(referrals.c.id == after)).scalar()):
        query = query.where(sa.tuple_(referrals.c.received_at, referrals.c.id) < sa.tuple_(
            sa.bindparam(None, last, referrals.c.received_at.type), sa.bindparam(None, after, referrals.c.id.type)))
    rows = desk.connection.execute(query).mappings().all()
    people = desk.people({id_ for row in rows for id_ in (row["citizen"], row["practitioner"], row["development_worker"]) if id_})
    return [_row(desk, dict(row), people) for row in rows]


def loads(desk: Desk) -> dict[str, int]:
    """Give how many citizens each development worker works with: accepted, alive, and their journey not closed."""
    today, c = london_day(desk.now).isoformat(), referrals.c
    query = sa.select(c.development_worker, sa.func.count()).where(
        c.stage == "accepted", c.development_worker.is_not(None), c.flag != "died",
        sa.or_(c.journey_closes_on.is_(None), c.journey_closes_on >= today)).group_by(c.development_worker)
    return {row[0]: row[1] for row in desk.connection.execute(query)}


def _conditions(desk: Desk, filters: Filters) -> list[sa.ColumnElement[bool]]:
    today, c = london_day(desk.now).isoformat(), referrals.c
    found: list[sa.ColumnElement[bool]] = []
    if not desk.sees_all:
        found.append(sa.or_(c.practitioner == desk.who, c.sent_by == desk.who, c.named_person == desk.who,
                            *([c.team == team_key(desk.actor.team)] if desk.actor.team and not filters.mine else [])))
    elif filters.mine:
        found.append(sa.or_(c.practitioner == desk.who, c.sent_by == desk.who, c.development_worker == desk.who))
    if filters.state in ("received", "complete"):
        good = sa.and_(c.complete_from <= today, c.complete_until >= today)
        found += [c.stage == "open", good if filters.state == "complete" else sa.not_(good)]
    elif filters.state:
        found.append(c.stage == filters.state)
    if filters.overdue:
        found += [c.due_on != "", c.due_on < today, c.stage.in_(LIVE), c.development_worker.is_(None)]
    if filters.reference:
        found.append(c.reference == filters.reference)
    return found


def _row(desk: Desk, row: Mapping[str, Any], people: Mapping[str, Mapping[str, Any]]) -> Row:
    today = london_day(desk.now)
    is_open = row["stage"] == "open"
    complete = row["complete_from"] <= today.isoformat() <= row["complete_until"] if row["complete_until"] else False
    waits = row["stage"] in LIVE and not row["development_worker"]
    return {
        **{name: row[name] for name in ("id", "reference", "pathway", "flag")},
        "received_at": instant_text(row["received_at"]),
        "state": ("complete" if complete else "received") if is_open else row["stage"],
        "citizen": _name(people, row["citizen"]), "practitioner": _name(people, row["practitioner"]) if row["practitioner"] else None,
        "development_worker": _name(people, row["development_worker"]) if row["development_worker"] else None,
        "first_meeting_due_on": row["due_on"] or None, "overdue": bool(waits and row["due_on"] and row["due_on"] < today.isoformat()),
        "days": (today - london_day(row["received_at"])).days,
        "may_be_with_us": bool(row["duplicate"]) and desk.sees_all,
        "breached": bool(waits and row["due_on"] and _breached(row, today.isoformat()))}


def _breached(row: Mapping[str, Any], today: str) -> bool:
    pathway = PATHWAYS[row["pathway"]]
    grace = pathway.first_meeting_breached_days - pathway.first_meeting_due_days
    return (date.fromisoformat(row["due_on"]) + timedelta(days=grace)).isoformat() < today


def _name(people: Mapping[str, Mapping[str, Any]], id_: str) -> str:
    row = people.get(id_)
    return (row["name"] or row["email"] or "Somebody") if row else "Somebody"
