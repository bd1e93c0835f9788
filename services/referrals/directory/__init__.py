"""The directory: practitioners, teams and Pod staff, whom to choose from, and since when nobody writes to them any more.

Staff are listed from the first time they are met, and count as seen until a manager confirms them. What is confirmed is
announced, and stands over whatever a referral says of the same person.
"""
from __future__ import annotations

from services.referrals.directory.choices import allocate, is_kept, workers
from services.referrals.directory.team_names import team_of

__all__ = ["allocate", "is_kept", "team_of", "workers"]
