"""Bearer tokens of the API: the issuer's in server mode, our own in demo mode."""
from __future__ import annotations

import sys
import threading
import time
from typing import Any

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from joserfc.jws import extract_compact

from shared.ledger.types import Actor
from shared.permissions import ROLES
from shared.settings import Settings, SettingsError, load
from shared.web.staff import find

#: Signed by the issuer's private key; never HS256, whose key would be the public one.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
DEMO_ISSUER = "urn:pod:demo"
DEMO_AUDIENCE = "pod"
LIFETIME = 12 * 3600
#: Seconds of clock difference to the issuer that are forgiven.
LEEWAY = 60
#: Seconds between two fetches of the issuer's keys, so that made-up key ids do not make us hammer it.
REFRESH = 60


class TokenRefused(Exception):
    """The token is not good; the message says why without quoting it."""


class IssuerUnreachable(Exception):
    """The issuer's keys could not be fetched, so nothing can be said about any token."""


class Tokens:
    """Reads bearer tokens of one suite."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.keys = IssuerKeys(settings.oidc_issuer)

    def actor(self, token: str) -> Actor:
        """Give who the token speaks for, or raise TokenRefused."""
        return actor_of(self._demo_claims(token) if self.settings.demo else self._claims(token))

    def _claims(self, token: str) -> dict[str, Any]:
        audience = self.settings.oidc_audience or self.settings.oidc_client_id
        return _checked(token, self.keys.for_token(token), ALGORITHMS, self.settings.oidc_issuer, audience)

    def _demo_claims(self, token: str) -> dict[str, Any]:
        return _checked(token, OctKey.import_key(self.settings.secret_key), ["HS256"], DEMO_ISSUER, DEMO_AUDIENCE)


def _checked(token: str, key: Any, algorithms: list[str], issuer: str, audience: str) -> dict[str, Any]:
    registry = jwt.JWTClaimsRegistry(leeway=LEEWAY, iss={"essential": True, "value": issuer},
                                     aud={"essential": True, "value": audience}, exp={"essential": True})
    try:
        claims = jwt.decode(token, key, algorithms=algorithms).claims
        registry.validate(claims)
    except (JoseError, ValueError) as fault:
        raise TokenRefused(f"The bearer token is not valid: {type(fault).__name__}.") from fault
    return claims


def actor_of(claims: dict[str, Any]) -> Actor:
    """Read who somebody is from an issuer's claims; roles we do not know are left out."""
    email = str(claims.get("email") or claims.get("preferred_username") or claims.get("sub") or "").lower()
    if not email:
        raise TokenRefused("The issuer names neither an e-mail address nor a subject.")
    roles = claims.get("roles") or []
    known = frozenset(str(role) for role in ([roles] if isinstance(roles, str) else roles)) & frozenset(ROLES)
    return Actor(email, str(claims.get("name") or email), known, str(claims.get("team") or ""))


class IssuerKeys:
    """The public keys of an OpenID Connect issuer, kept and fetched anew when an unknown key id turns up."""

    def __init__(self, issuer: str):
        self.issuer = issuer
        self._keys = KeySet([])
        self._fetched = 0.0
        self._lock = threading.Lock()

    def for_token(self, token: str) -> KeySet:
        """Give the keys that should contain the token's own."""
        kid = _key_id(token)
        if not self._has(kid):
            with self._lock:
                if not self._has(kid) and (not self._keys.keys or time.monotonic() - self._fetched > REFRESH):
                    self._fetch()
        return self._keys

    def _has(self, kid: str | None) -> bool:
        return any(kid is None or key.kid == kid for key in self._keys.keys)

    def _fetch(self) -> None:
        try:
            about = requests.get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", timeout=5)
            about.raise_for_status()
            keys = requests.get(about.json()["jwks_uri"], timeout=5)
            keys.raise_for_status()
            self._keys = KeySet.import_key_set(keys.json())
        except (requests.RequestException, KeyError, ValueError, JoseError) as fault:
            raise IssuerUnreachable("The sign-in service could not be asked for its keys.") from fault
        self._fetched = time.monotonic()


def _key_id(token: str) -> str | None:
    try:
        found = extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError, UnicodeError) as fault:
        raise TokenRefused("The bearer token is not a signed JWT.") from fault
    return str(found) if found else None


def issue_demo(settings: Settings, role: str, email: str | None = None) -> str:
    """Make a bearer token of a demo person, by default the first of that role.

    Raises SettingsError outside demo mode, LookupError for nobody of that role.
    """
    if not settings.demo:
        raise SettingsError(["POD_MODE: tokens are made here in demo mode only; ask your OpenID Connect issuer"])
    person = find(role, email)
    now = int(time.time())
    claims = {"iss": DEMO_ISSUER, "aud": DEMO_AUDIENCE, "iat": now, "exp": now + LIFETIME, "sub": person.email,
              "email": person.email, "name": person.name, "roles": sorted(person.roles), "team": person.team}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(settings.secret_key), algorithms=["HS256"])


def main(role: str, email: str | None = None) -> int:
    """Print a token for `pod token ROLE [--as EMAIL]`; 2 and a sentence on stderr where there is nobody like that."""
    try:
        print(issue_demo(load(), role, email))
    except LookupError as fault:
        print(fault.args[0], file=sys.stderr)
        return 2
    return 0
