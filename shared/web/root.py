"""The root of one process: the start page that lists its services."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, redirect, render_template, request, url_for

from shared.settings import Settings
from shared.web.app import bare_app
from shared.web.context import Room, current_actor
from shared.web.layout import PLACES, places


def create_root(settings: Settings, rooms: Iterable[Room]) -> Flask:
    """Make the app mounted at `/`: `/` sends to `/start`, which lists the services of this process."""
    app = bare_app(settings, "")
    running = [place for place in PLACES if place.prefix in {room.prefix for room in rooms}]

    @app.get("/")
    def home() -> Any:
        return redirect(url_for("start"))

    @app.get("/start")
    def start() -> str:
        actor = current_actor()
        # whoever is not signed in sees what there is; whoever is, what is theirs to use
        return render_template("start.html", services=[one for one in running if actor is None or one in places(actor)])

    @app.get("/favicon.ico")
    def icon() -> Any:
        return redirect(request.script_root + url_for("static", filename="favicon.svg"), 301)

    return app
