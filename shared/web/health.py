"""Is the service alive, and can it do its work?"""
from __future__ import annotations

from typing import Any

from flask import Blueprint

from shared.web.context import current_room

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> dict[str, Any]:
    """Answer 200 while the process serves at all."""
    return {"service": current_room.name, "live": True}


@blueprint.get("/health/ready")
def ready() -> tuple[dict[str, Any], int]:
    """Answer 200 when every check passes, else 503 naming what is wrong."""
    checks = current_room.ready()
    wrong = {name: fault for name, fault in checks.items() if fault}
    body = {"service": current_room.name, "ready": not wrong,
            "checks": {name: fault or "ok" for name, fault in checks.items()}}
    return body, 503 if wrong else 200
