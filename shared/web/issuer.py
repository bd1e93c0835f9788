"""Signing in and out at an OpenID Connect issuer."""
from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, current_app, redirect, request, session, url_for
from joserfc.errors import JoseError

from shared.settings import Settings
from shared.web.context import WORKING_DAY, local_path
from shared.web.problems import problem
from shared.web.session import remember
from shared.web.tokens import IssuerUnreachable, TokenRefused, actor_of

log = logging.getLogger(__name__)

SCOPE = "openid email profile"
#: Longest ID token that is kept to sign out with: a browser drops a cookie of more than 4 kB, in silence.
LONGEST = 3500
#: Stands for an ID token that is too long to keep.
TOO_LONG = "-"


def install(app: Flask, settings: Settings) -> None:
    """Make us known to the issuer of the settings."""
    issuer = settings.oidc_issuer.rstrip("/")
    app.extensions["pod.oauth"] = OAuth(app).register(
        "pod", client_id=settings.oidc_client_id, client_secret=settings.oidc_client_secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", "timeout": 10})


def _oauth() -> Any:
    return current_app.extensions.get("pod.oauth")


def to_issuer() -> Any:
    """Send the person to the issuer, and remember where they wanted to go.

    Who did not sign out but ran out of time is asked for their password again: the issuer would otherwise
    sign in by itself, as the last person, whoever sits at the computer now.
    """
    session["next"] = local_path(request.args.get("next"))
    again = {"prompt": "login"} if request.cookies.get(_cookie()) else {}
    try:
        return _oauth().authorize_redirect(url_for("signin.back", _external=True), **again)
    except requests.RequestException as fault:
        raise IssuerUnreachable("The sign-in service cannot be reached.") from fault


def from_issuer() -> Any:
    """Take the person back from the issuer, with the roles it says they have."""
    wanted = session.get("next")
    try:
        token = _oauth().authorize_access_token()
        actor = actor_of(_claims(token))
    except requests.RequestException as fault:
        raise IssuerUnreachable("The sign-in service cannot be reached.") from fault
    except (OAuthError, JoseError, TokenRefused, KeyError) as fault:
        log.info("sign-in refused: %s", type(fault).__name__)
        problem(400, "The sign-in did not complete.", help="Sign in again.")
    remember(actor)
    return _keep(redirect(local_path(wanted), 303), str(token.get("id_token", "")))


def _claims(token: dict[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = dict(token["userinfo"])
    # some issuers put only the subject into the ID token and the rest behind the userinfo address
    return claims if "roles" in claims else {**dict(_oauth().userinfo(token=token)), **claims}


def end_session() -> str:
    """Give the issuer's address for signing out there too, or nothing where it has none we may send people to."""
    if _oauth() is None:
        return ""
    settings: Settings = current_app.extensions["pod.settings"]
    hint = request.cookies.get(_cookie(), TOO_LONG)
    try:
        url = str(_oauth().create_logout_url(
            post_logout_redirect_uri=url_for("signin.gone", _external=True), client_id=settings.oidc_client_id,
            id_token_hint=None if hint == TOO_LONG else hint)["url"])
    except (requests.RequestException, RuntimeError) as fault:  # the second: the issuer knows no such thing
        log.info("signed out here, not at the issuer: %s", type(fault).__name__)
        return ""
    return url if origin(url) == origin(settings.oidc_issuer) else ""


def origin(url: str) -> str:
    """Give scheme and host of an address, as a content policy names them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _cookie() -> str:
    return str(current_app.config["SESSION_COOKIE_NAME"]) + "-id"


def _keep(response: Any, id_token: str) -> Any:
    """Keep the ID token beside the session: in it, every page would send it back and forth, and be near 4 kB."""
    config = current_app.config
    response.set_cookie(_cookie(), id_token if 0 < len(id_token) <= LONGEST else TOO_LONG, max_age=WORKING_DAY, path="/",
                        secure=config["SESSION_COOKIE_SECURE"], httponly=True, samesite="Lax")
    return response


def forget(response: Any) -> Any:
    """Forget the ID token."""
    response.delete_cookie(_cookie(), path="/", secure=current_app.config["SESSION_COOKIE_SECURE"], httponly=True, samesite="Lax")
    return response
