"""Who may see a referral, and whose it is (R-14); pure."""
from __future__ import annotations

from shared.ledger.types import Actor, State
from shared.pathways import team_key
from shared.permissions import may


def is_own(state: State, actor: Actor, who: str) -> bool:
    """Say whether the referral is the practitioner's own; `who` is the staff id of `actor`."""
    ids = {state["sent_by"], *(one["id"] for one in (state["practitioner"], state["named_person"]) if one)}
    ids |= {change["id"] for change in state["changes"].values()}
    return may(actor.roles, "referral:read-own") and who in ids


def is_of_team(state: State, actor: Actor) -> bool:
    """Say whether the referral is one of the practitioner's team: colleagues cover for each other."""
    teams = {team_key(one["team"]) for one in (state["practitioner"], *state["changes"].values()) if one}
    return may(actor.roles, "referral:read-own") and bool(actor.team) and team_key(actor.team) in teams


def may_see(state: State, actor: Actor, who: str) -> bool:
    """Say whether somebody may read the referral."""
    return may(actor.roles, "referral:read") or is_own(state, actor, who) or is_of_team(state, actor)


def may_add(state: State, actor: Actor, who: str) -> bool:
    """Say whether somebody may add to the referral: documents, answers, times, amendments."""
    return may(actor.roles, "referral:triage") or is_own(state, actor, who) or is_of_team(state, actor)
