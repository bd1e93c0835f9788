"""Signing in and out: at an issuer, or from a list of invented people in demo mode."""
from __future__ import annotations

import tomllib
from typing import Any

from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request, session, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from shared.settings import Settings
from shared.web import errors, issuer
from shared.web.context import current_actor, here, local_path
from shared.web.problems import problem
from shared.web.session import remember, stay, time_left
from shared.web.staff import FILE, staff


def blueprint_for(app: Flask, settings: Settings) -> Blueprint:
    """Make the sign-in of one app: the demo's in demo mode, else the issuer's."""
    blueprint = Blueprint("signin", __name__)
    if settings.demo:
        blueprint.add_url_rule("/sign-in", "start", demo_list)
        blueprint.add_url_rule("/sign-in", "demo", demo_choose, methods=["POST"])
    else:
        issuer.install(app, settings)
        blueprint.add_url_rule("/sign-in", "start", issuer.to_issuer)
        blueprint.add_url_rule("/sign-in/back", "back", issuer.from_issuer)
    blueprint.add_url_rule("/signed-in", "back_again", back_again)
    blueprint.add_url_rule("/stay-signed-in", "time_left", time_left)
    blueprint.add_url_rule("/stay-signed-in", "stay", stay, methods=["POST"])
    blueprint.add_url_rule("/sign-out", "out", sign_out, methods=["POST"])
    blueprint.add_url_rule("/signed-out", "gone", signed_out)
    blueprint.register_error_handler(CSRFError, too_late)
    return blueprint


def demo_list() -> str:
    """Show the invented people, a button each."""
    people = tomllib.loads(FILE.read_text(encoding="utf-8"))["person"]
    return render_template("sign_in.html", people=[one for one in people if "publisher" not in one["roles"]],
                           next=local_path(request.args.get("next")))


def demo_choose() -> Any:
    """Sign in as the invented person whose button was pressed."""
    chosen = [person for person in staff() if person.email == request.form.get("email")]
    if not chosen:
        problem(400, "There is no such person in the demo.")
    remember(chosen[0])
    return redirect(local_path(request.form.get("next")), 303)


def back_again() -> Any:
    """Tell whoever signed in on a new tab to go back to the page they came from."""
    return render_template("signed_in.html") if current_actor() else redirect(url_for("signin.start", next=here()))


def sign_out() -> Response:
    """End the session here, and the issuer's where it lets us."""
    away = issuer.end_session()
    session.clear()
    return make_response(issuer.forget(redirect(away or url_for("signin.gone"), 303)))


def signed_out() -> Any:
    """Confirm that nobody is signed in any more; `why`: idle, other, or nothing; `next`: where to go on."""
    why = request.args.get("why")
    if current_actor() and why != "other":
        return redirect("/")
    return render_template("signed_out.html", why=why, next=local_path(request.args.get("next")))


def too_late(error: CSRFError) -> Response | HTTPException:
    """Take a sign-out after the session ended for what it is, and show the demo's list anew."""
    if request.endpoint == "signin.out" and current_actor() is None:
        return make_response(redirect(url_for("signin.gone"), 303))
    if request.endpoint == "signin.demo":
        return make_response(redirect(url_for("signin.start", next=local_path(request.form.get("next"))), 303))
    return errors.csrf(error)
