"""The pathways: what a referral and a journey follow, as data. A broken definition stops the start."""
from __future__ import annotations

from shared.pathways.definition import Choice, Document, Pathway, Strand, Team, plain
from shared.pathways.loader import BrokenPathway, load, load_all

#: Every pathway of this suite, by name.
PATHWAYS = load_all()


def team_key(name: str) -> str:
    """Give one name for a team, whichever of its names it is called by."""
    for pathway in PATHWAYS.values():
        for team in pathway.team:
            if team.is_called(name):
                return plain(team.name)
    return plain(name)


__all__ = ["PATHWAYS", "BrokenPathway", "Choice", "Document", "Pathway", "Strand", "Team", "load", "load_all", "team_key"]
