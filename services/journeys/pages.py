"""The pages of journeys: the caseload, and one journey."""
from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("journeys", __name__)
