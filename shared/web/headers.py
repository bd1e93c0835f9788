"""What every answer says to the browser about security and caching."""
from __future__ import annotations

import secrets
import time

from flask import Flask, Response, g, request

from shared import metrics
from shared.settings import Settings
from shared.web.issuer import origin

PERMISSIONS = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()"
TWO_YEARS = 63072000


def install(app: Flask) -> None:
    """Put the headers on every answer of the app, and count it."""
    settings: Settings = app.extensions["pod.settings"]
    app.jinja_env.globals["csp_nonce"] = nonce

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        secure(response, settings)
        _count(app, response)
        return response


def nonce() -> str:
    """Give the nonce that lets this page's own inline script run."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def policy(settings: Settings) -> str:
    """Write the content policy of this answer: ours only, no inline style, no framing."""
    # signing out is a form whose answer leads to the issuer, and some browsers hold that to be where the form goes
    forms = "'self'" if settings.demo else f"'self' {origin(settings.oidc_issuer)}"
    return ("default-src 'self'; "
            f"script-src 'self' 'nonce-{nonce()}'; "
            "style-src 'self'; img-src 'self' data:; object-src 'none'; "
            f"form-action {forms}; frame-ancestors 'none'; base-uri 'none'")


def secure(response: Response, settings: Settings) -> None:
    """Set the security headers; `no-store` unless the view or the static folder said otherwise."""
    response.headers.setdefault("Content-Security-Policy", policy(settings))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = PERMISSIONS
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    if settings.cookie_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS}; includeSubDomains"


def _count(app: Flask, response: Response) -> None:
    room = app.extensions.get("pod.room")
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    metrics.http_request(room.name if room else "root", request.method, response.status_code, seconds)
