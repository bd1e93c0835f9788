"""An OpenID Connect issuer as a process of its own: `python -m tests.support.issuer PORT`.

It is oidc-provider-mock with a few people, and signs any claims sent to `/sign` with its key, as a real issuer signs
the access tokens of other programs.
"""
from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import requests

PEOPLE: dict[str, dict[str, Any]] = {
    "helen": {"email": "Helen.Hart@trust.example", "name": "Helen Hart", "roles": ["manager"], "team": "The Pod"},
    "tariq": {"email": "tariq.aziz@trust.example", "name": "Tariq Aziz", "roles": ["cafe"]},
    "guest": {"email": "guest@trust.example", "name": "Guest"},
}
CLIENT = "pod"


class Issuer:
    """The running issuer as a test speaks to it."""

    def __init__(self, url: str):
        self.url = url

    def token(self, **claims: Any) -> str:
        """Give a bearer token of Helen's for our API, with some of its claims changed; None leaves one out."""
        now = int(time.time())
        said = {"iss": self.url, "aud": CLIENT, "sub": "helen", "iat": now, "exp": now + 300, **PEOPLE["helen"], **claims}
        return self.sign({name: value for name, value in said.items() if value is not None})

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Sign any claims with the issuer's key."""
        answer = requests.post(f"{self.url}/sign", json=dict(claims), timeout=5)
        answer.raise_for_status()
        return answer.text


def serve(port: int) -> None:
    """Serve until ended."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    import flask
    import oidc_provider_mock
    from authlib import jose
    from werkzeug.serving import run_simple

    app = oidc_provider_mock.app(user_claims=[oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in PEOPLE.items()])

    @app.post("/sign")
    def sign() -> bytes:
        key = flask.g.oidc_provider_mock_storage.jwk
        header = {"alg": "RS256", **({"kid": key.kid} if key.kid else {})}
        return bytes(jose.JsonWebToken(["RS256"]).encode(header, flask.request.json, key))
    run_simple("127.0.0.1", port, app, threaded=True)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
