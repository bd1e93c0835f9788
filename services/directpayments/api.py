"""The JSON API of Direct Payments; so far its root, health and operations, which every service has."""
from __future__ import annotations

from flask_smorest import Blueprint

blueprint = Blueprint("directpayments-api", __name__, description="Direct Payment applications")
