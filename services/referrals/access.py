"""Who may see a referral, and whose it is (R-14); pure.

Whoever is to be the practitioner sees it as soon as that is known, and acts on it from their day on.
"""
from __future__ import annotations

from datetime import datetime

from services.referrals.state import practitioners
from shared.calendar import london_day
from shared.ledger.types import Actor, Data, State
from shared.pathways import team_key
from shared.permissions import may


def is_own(state: State, actor: Actor, who: str) -> bool:
    """Say whether the referral is the practitioner's own, or is to be; `who` is the staff id of `actor`."""
    return _is_own(state, actor, who, _practised(state))


def is_of_team(state: State, actor: Actor) -> bool:
    """Say whether the referral is one of the practitioner's team, or is to be: colleagues cover for each other."""
    return _is_of_team(actor, _practised(state))


def may_see(state: State, actor: Actor, who: str) -> bool:
    """Say whether somebody may read the referral."""
    return may(actor.roles, "referral:read") or is_own(state, actor, who) or is_of_team(state, actor)


def may_add(state: State, actor: Actor, who: str, now: datetime) -> bool:
    """Say whether somebody may add to the referral: documents, answers, times, amendments."""
    practised = _practised(state, london_day(now).isoformat())
    return may(actor.roles, "referral:triage") or _is_own(state, actor, who, practised) or _is_of_team(actor, practised)


def acts_from(state: State, actor: Actor, who: str, now: datetime) -> str | None:
    """Give the London day from which somebody may add to a referral they see already, as its practitioner or a colleague; else None."""
    if may_add(state, actor, who, now):
        return None
    return next((on for one, _, on in practitioners(state) if one and (one["id"] == who or _is_of_team(actor, [one]))), None)


def may_end(state: State, actor: Actor, who: str, now: datetime) -> bool:
    """Say whether somebody may take the referral back as their own."""
    return may(actor.roles, "referral:withdraw-own") and _is_own(state, actor, who, _practised(state, london_day(now).isoformat()))


def _practised(state: State, day: str = "9999") -> list[Data]:
    """Give whoever was or is the practitioner by a London day, or ever will be as far as is known."""
    return [one for one, _, on in practitioners(state) if one and on <= day]


def _is_own(state: State, actor: Actor, who: str, practised: list[Data]) -> bool:
    ids = {state["sent_by"], *(one["id"] for one in (*practised, state["named_person"]) if one)}
    return may(actor.roles, "referral:read-own") and who in ids


def _is_of_team(actor: Actor, practised: list[Data]) -> bool:
    return may(actor.roles, "referral:read-own") and bool(actor.team) and team_key(actor.team) in {team_key(one["team"]) for one in practised}
