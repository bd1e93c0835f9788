"""The pages of Direct Payments."""
from __future__ import annotations

from flask import Blueprint, render_template

from shared.web.context import requires

blueprint = Blueprint("directpayments", __name__, template_folder="templates")


@blueprint.get("/")
@requires("application:read")
def home() -> str:
    """Say how a Direct Payment is applied for, and who does what."""
    return render_template("directpayments.html")
