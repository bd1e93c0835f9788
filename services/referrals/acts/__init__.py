"""The pages on which something is done to a referral: each asks what it needs to know, and does it."""
from __future__ import annotations

from flask import Blueprint

from services.referrals.acts import amending, answering, deciding, settling, simple

blueprint = Blueprint("acts", __name__)
for part in (deciding, simple, answering, settling, amending):
    part.add_to(blueprint)
