"""Which service answers, who asks, and whether they may."""
from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NoReturn, Protocol, TypeVar, cast
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app, g, redirect, request, session, url_for
from sqlalchemy.engine import Connection
from werkzeug.local import LocalProxy

from shared.database import Database
from shared.ledger.types import Actor
from shared.permissions import may
from shared.settings import Settings
from shared.web.problems import problem
from shared.web.tokens import TokenRefused, Tokens

#: Seconds a session lasts however busy it is: roles are read anew at each sign-in.
WORKING_DAY = 12 * 3600

View = TypeVar("View", bound=Callable[..., Any])


class Room(Protocol):
    """What the web shell needs of a running service."""

    name: str
    prefix: str
    title: str
    settings: Settings
    database: Database
    metadata: sa.MetaData
    parked: Any
    parts: frozenset[str]

    def wake(self) -> None:
        """Tell the relay that something was committed."""

    def ready(self) -> Mapping[str, str | None]:
        """Give what is wrong by check; None where nothing is."""

    def backlog(self, connection: Connection) -> Mapping[str, int]:
        """Count what waits: `outbox`, `deferred`, `parked`."""


def _room() -> Room:
    return cast(Room, current_app.extensions["pod.room"])


current_room = cast(Room, LocalProxy(_room))


def is_api() -> bool:
    """Say whether this request is one of the JSON API."""
    return request.path.startswith("/api/")


def current_actor() -> Actor | None:
    """Give who asks: by bearer token on the API, by session cookie on pages, never the other way round."""
    if "actor" not in g:
        g.actor = _from_bearer() if is_api() else _from_session()
    return cast("Actor | None", g.actor)


def _from_session() -> Actor | None:
    kept = session.get("actor")
    if not kept or time.time() - session.get("since", 0) > WORKING_DAY:
        return None
    return Actor(kept["email"], kept["name"], frozenset(kept["roles"]), kept["team"])


def _from_bearer() -> Actor | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not token:
        return None
    if scheme.lower() != "bearer":
        unauthorised("Use a bearer token: Authorization: Bearer <token>.")
    tokens: Tokens = current_app.extensions["pod.tokens"]
    try:
        return tokens.actor(token.strip())
    except TokenRefused as fault:
        unauthorised(str(fault), error="invalid_token")


def unauthorised(detail: str, error: str = "") -> NoReturn:
    """Answer 401 and say which way of authentication is expected."""
    challenge = f'Bearer realm="pod", error="{error}"' if error else 'Bearer realm="pod"'
    problem(401, detail, headers={"WWW-Authenticate": challenge})


def requires(action: str) -> Callable[[View], View]:
    """Let only those through whose roles may do `action` (see `shared.permissions`).

    Without a user: a page sends to the sign-in, the API answers 401. Without the permission: 403.
    """
    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            actor = current_actor()
            if actor is None:
                return _nobody()
            if not may(actor.roles, action):
                problem(403, f"Your role does not let you do this ({action}).")
            return view(*args, **kwargs)
        return cast(View, checked)
    return decorate


def can(action: str) -> bool:
    """Say whether whoever asks may do `action`; for templates that leave out what is not for them."""
    actor = current_actor()
    return actor is not None and may(actor.roles, action)


def _nobody() -> Any:
    if is_api():
        unauthorised("Send a bearer token: Authorization: Bearer <token>.")
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("signin.start", next=here()))
    problem(401, "You were signed out before this arrived.")


def here() -> str:
    """Give the address of this page inside the site, with its prefix and query."""
    return request.script_root + request.full_path.rstrip("?")


def local_path(text: str | None) -> str:
    """Give `text` where it is a path of this site, else the service's first page.

    A browser reads `//host` and `/\\host` as another site's address, so both are refused.
    """
    first = request.script_root + "/"
    if not text or not text.startswith("/") or text.startswith("//") or "\\" in text:
        return first
    if any(ord(letter) < 33 for letter in text) or urlsplit(text).netloc:
        return first
    return text


def transaction() -> Connection:
    """Give the connection of the transaction this request runs in; only under `in_transaction`."""
    return cast(Connection, g.transaction)
