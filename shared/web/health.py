"""Is the service alive, and can it do its work?"""
from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask

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


def alone(room: Any) -> Flask:
    """Make the app of a process that serves no pages: its health, for whoever watches over it."""
    app = Flask("shared.web", static_folder=None, template_folder=None)
    app.extensions["pod.room"] = room
    app.register_blueprint(blueprint)
    return app
