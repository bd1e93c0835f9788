"""The café's pages, open to everyone."""
from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from flask import Blueprint, render_template

blueprint = Blueprint("cafe", __name__, template_folder="templates")

HOURS = Path(__file__).with_name("hours.toml")


def regular_hours() -> list[dict[str, Any]]:
    """Give the regular opening hours: {days, opens, closes, when} (C-01)."""
    found: list[dict[str, Any]] = tomllib.loads(HOURS.read_text(encoding="utf-8"))["regular"]
    return found


@blueprint.get("/")
def home() -> str:
    """Show when the café is open."""
    return render_template("cafe.html", hours=regular_hours())
