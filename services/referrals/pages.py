"""The pages of referrals."""
from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("referrals", __name__, template_folder="templates")
