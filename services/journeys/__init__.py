"""Journeys: the Pod's work with a citizen, from the accepted referral to the last follow-up.

Owns journeys and their meetings, hospital stays and what hospitals, practitioners' records and the registry of deaths
say about the people on them, the reviews that follow from it, and the caseload pages. Hears everything other systems
publish.
"""
from __future__ import annotations

__version__ = "0.1.0"
