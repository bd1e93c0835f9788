"""Signing in and out: OpenID Connect, or a list of invented people in demo mode."""
from __future__ import annotations

import logging
import time
import tomllib
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, current_app, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError

from shared.ledger.types import Actor
from shared.settings import Settings
from shared.web.context import local_path
from shared.web.problems import problem
from shared.web.staff import FILE, staff
from shared.web.tokens import IssuerUnreachable, TokenRefused, actor_of

log = logging.getLogger(__name__)

SCOPE = "openid email profile"


def blueprint_for(app: Flask, settings: Settings) -> Blueprint:
    """Make the sign-in of one app: the demo's in demo mode, else the issuer's."""
    blueprint = Blueprint("signin", __name__)
    if settings.demo:
        blueprint.add_url_rule("/sign-in", "start", demo_list)
        blueprint.add_url_rule("/sign-in", "demo", demo_choose, methods=["POST"])
    else:
        app.extensions["pod.oauth"] = _client(app, settings)
        blueprint.add_url_rule("/sign-in", "start", to_issuer)
        blueprint.add_url_rule("/sign-in/back", "back", from_issuer)
    blueprint.add_url_rule("/sign-out", "out", sign_out, methods=["POST"])
    blueprint.add_url_rule("/signed-out", "gone", signed_out)
    return blueprint


def remember(actor: Actor) -> None:
    """Begin a new session for `actor`; nothing of the one before is kept."""
    session.clear()
    session.permanent = True
    session["since"] = int(time.time())
    session["actor"] = {"email": actor.email, "name": actor.name, "roles": sorted(actor.roles), "team": actor.team}


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


def _client(app: Flask, settings: Settings) -> Any:
    issuer = settings.oidc_issuer.rstrip("/")
    return OAuth(app).register(
        "pod", client_id=settings.oidc_client_id, client_secret=settings.oidc_client_secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", "timeout": 10})


def to_issuer() -> Any:
    """Send the person to the issuer, and remember where they wanted to go."""
    session["next"] = local_path(request.args.get("next"))
    try:
        return _oauth().authorize_redirect(url_for("signin.back", _external=True))
    except requests.RequestException as fault:
        raise IssuerUnreachable("The sign-in service cannot be reached.") from fault


def from_issuer() -> Any:
    """Take the person back from the issuer, with the roles it says they have."""
    wanted = session.get("next")
    try:
        actor = actor_of(_claims())
    except requests.RequestException as fault:
        raise IssuerUnreachable("The sign-in service cannot be reached.") from fault
    except (OAuthError, JoseError, TokenRefused, KeyError) as fault:
        log.info("sign-in refused: %s", type(fault).__name__)
        problem(400, "The sign-in did not complete.", help="Sign in again.")
    remember(actor)
    return redirect(local_path(wanted), 303)


def _claims() -> dict[str, Any]:
    token = _oauth().authorize_access_token()
    claims: dict[str, Any] = dict(token["userinfo"])
    # some issuers put only the subject into the ID token and the rest behind the userinfo address
    return claims if "roles" in claims else {**dict(_oauth().userinfo(token=token)), **claims}


def _oauth() -> Any:
    return current_app.extensions["pod.oauth"]


def sign_out() -> Any:
    """End the session here; the issuer's own goes on."""
    session.clear()
    return redirect(url_for("signin.gone"), 303)


def signed_out() -> str:
    """Confirm that nobody is signed in any more."""
    return render_template("signed_out.html")
