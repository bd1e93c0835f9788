"""The café's pages, open to everyone."""
from __future__ import annotations

import tomllib
from datetime import time
from pathlib import Path
from typing import Any

from flask import Blueprint, render_template

from shared.calendar import time_in_words

blueprint = Blueprint("cafe", __name__, template_folder="templates")

HOURS = Path(__file__).with_name("hours.toml")


def regular_hours() -> list[dict[str, Any]]:
    """Give the regular opening hours: {days, opens, closes, when} (C-01)."""
    found: list[dict[str, Any]] = tomllib.loads(HOURS.read_text(encoding="utf-8"))["regular"]
    return found


@blueprint.app_template_filter("opening")
def opening_in_words(one: dict[str, Any]) -> str:
    """Write from when until when the café is open: midday to 3pm."""
    opens, closes = (time_in_words(time.fromisoformat(one[name])) for name in ("opens", "closes"))
    return f"{opens} to {closes}"


@blueprint.get("/")
def home() -> str:
    """Show when the café is open."""
    return render_template("cafe.html", hours=regular_hours())
