"""The pages about the pages: accessibility and privacy."""
from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("about", __name__)


@blueprint.get("/accessibility")
def accessibility() -> str:
    """Say how far everybody can use these pages."""
    return render_template("accessibility.html")


@blueprint.get("/privacy")
def privacy() -> str:
    """Say what is kept about whom, and why."""
    return render_template("privacy.html")
