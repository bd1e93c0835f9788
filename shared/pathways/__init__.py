"""The pathways: what a referral and a journey follow, as data. A broken definition stops the start."""
from __future__ import annotations

from shared.pathways.definition import Choice, Document, Pathway, Strand, Team
from shared.pathways.loader import BrokenPathway, load, load_all

#: Every pathway of this suite, by name.
PATHWAYS = load_all()

__all__ = ["PATHWAYS", "BrokenPathway", "Choice", "Document", "Pathway", "Strand", "Team", "load", "load_all"]
