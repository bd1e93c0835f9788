"""Who may see a referral, and whose it is (R-14); pure.

Whoever is to be the practitioner sees it as soon as that is known, and acts on it from their day on. Whoever was the
practitioner still reads it, and acts on it no more from the day on which they handed over or left.
"""
from __future__ import annotations

from datetime import date, datetime

from services.referrals.state import named_person_goes, practitioner_at_work, practitioner_on, practitioners
from shared.calendar import london_day
from shared.ledger.types import Actor, Data, State
from shared.pathways import team_key
from shared.permissions import may


def is_own(state: State, actor: Actor, who: str) -> bool:
    """Say whether the referral is the practitioner's own, or was or is to be; `who` is the staff id of `actor`."""
    ids = {state["sent_by"], *(one["id"] for one in (*_practised(state), state["named_person"]) if one)}
    return may(actor.roles, "referral:read-own") and who in ids


def is_of_team(state: State, actor: Actor) -> bool:
    """Say whether the referral is one of the practitioner's team, or was or is to be: colleagues cover for each other."""
    return _is_of_team(actor, _practised(state))


def may_see(state: State, actor: Actor, who: str) -> bool:
    """Say whether somebody may read the referral."""
    return may(actor.roles, "referral:read") or is_own(state, actor, who) or is_of_team(state, actor)


def may_add(state: State, actor: Actor, who: str, now: datetime) -> bool:
    """Say whether somebody may add to the referral today: documents, answers, times, amendments."""
    day = london_day(now)
    return may(actor.roles, "referral:triage") or _works_on(state, actor, who, day) or _covers(state, actor, who, day)


def acts_from(state: State, actor: Actor, who: str, now: datetime) -> str | None:
    """Give the London day to come from which somebody may add to a referral they see already, as its practitioner or a colleague; else None."""
    if may_add(state, actor, who, now):
        return None
    today = london_day(now).isoformat()
    return next((on for one, _, on in practitioners(state) if one and on > today and (one["id"] == who or _is_of_team(actor, [one]))), None)


def may_end(state: State, actor: Actor, who: str, now: datetime) -> bool:
    """Say whether somebody may take the referral back as their own."""
    return may(actor.roles, "referral:withdraw-own") and _works_on(state, actor, who, london_day(now))


def _practised(state: State) -> list[Data]:
    """Give whoever was or is the practitioner, or ever will be as far as is known."""
    return [one for one, _, _ in practitioners(state) if one]


def _works_on(state: State, actor: Actor, who: str, day: date) -> bool:
    """Say whether the referral is somebody's own on a day: the practitioner's or named person's, or of whoever sent it until another follows."""
    goes = named_person_goes(state)
    named = None if goes and goes[0] <= day.isoformat() else state["named_person"]
    ids = {one["id"] for one in (practitioner_at_work(state, day), named) if one}
    if not _was_followed(state, day) and not _has_gone(state, who, day):
        ids.add(state["sent_by"])
    return may(actor.roles, "referral:read-own") and who in ids


def _covers(state: State, actor: Actor, who: str, day: date) -> bool:
    """Say whether somebody is of the practitioner's team on a day; while nobody follows, of whoever's who left."""
    practitioner = practitioner_on(state, day)
    return practitioner is not None and _is_of_team(actor, [practitioner]) and not _has_gone(state, who, day)


def _was_followed(state: State, day: date) -> bool:
    """Say whether the practitioner of a day is another than the first."""
    before = [one["practitioner"] for one in state.get("practitioners_before", ())]
    before += [one for one, _, on in practitioners(state) if on <= day.isoformat()]
    return len({one and one["id"] for one in before}) > 1


def _has_gone(state: State, who: str, day: date) -> bool:
    return who in state["gone"] and bool(state["gone"][who]["on"] <= day.isoformat())


def _is_of_team(actor: Actor, practised: list[Data]) -> bool:
    return may(actor.roles, "referral:read-own") and bool(actor.team) and team_key(actor.team) in {team_key(one["team"]) for one in practised}
