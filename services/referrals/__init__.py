"""Referrals: from a practitioner's web form to accepted, declined or withdrawn, and who will work with the citizen.

Owns the referral, the rules it is judged by, its documents' kinds and dates, the decision and the allocation, and
the directory of practitioners, teams and Pod staff.
Records hospital stays and deaths of citizens with a referral under way, and hands every such report on.
"""
from __future__ import annotations

__version__ = "0.1.0"
