"""How long somebody stays signed in: an hour after the last page, and at most a working day."""
from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from flask import Flask, current_app, request, session
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadData

from shared.ledger.types import Actor
from shared.web import kept
from shared.web.context import WORKING_DAY, current_actor

#: Time without a page after which the session ends; config PERMANENT_SESSION_LIFETIME.
IDLE = timedelta(minutes=60)
#: Time before the end at which a person is asked whether to stay; config POD_WARNING.
WARNING = timedelta(minutes=5)
#: These tell about the session and leave it as it is.
QUIET = frozenset({None, "static", "signin.time_left", "signin.gone"})


class Sessions(SecureCookieSessionInterface):
    """The session cookie, renewed by pages only.

    A style sheet that arrives late would otherwise put back the cookie a page has just changed, and a page that
    only asks how much time is left would keep the session alive for ever.
    """

    def should_set_cookie(self, app: Flask, session: Any) -> bool:
        """Leave the cookie alone where the request is not a page."""
        return not quiet() and super().should_set_cookie(app, session)


def quiet() -> bool:
    """Say whether this request leaves the session as it is."""
    return request.endpoint in QUIET or request.path.startswith(("/api/", "/health/"))


def install(app: Flask) -> None:
    """Give the templates of the app what they say of the session."""
    app.jinja_env.globals.update(idle_minutes=idle_minutes, session_clock=clock, kept_for=kept.kept_for, carried=kept.carried,
                                 left_behind=kept.left_behind)


def remember(actor: Actor) -> None:
    """Begin a new session for `actor`; nothing of the one before is kept."""
    session.clear()
    session.permanent = True
    session["since"] = int(time.time())
    session["actor"] = {"email": actor.email, "name": actor.name, "roles": sorted(actor.roles), "team": actor.team}


def clock() -> dict[str, Any]:
    """Tell the script of a page all it must know; plain addresses, since every page asks and `url_for` is slow."""
    here = request.script_root
    return {"seconds": seconds_left(), "warning": int(current_app.config["POD_WARNING"].total_seconds()), "who": kept.mark(),
            "key": kept.seal_key(), "gone": f"{here}/signed-out", "stay": f"{here}/stay-signed-in",
            "sign_in": f"{here}/sign-in?next={here}/signed-in"}


def time_left() -> dict[str, Any]:
    """Tell a page of ours who is signed in (a mark), for how many seconds, and for how many at most."""
    return {"seconds": seconds_left(), "most": most(), "who": kept.mark()}


def stay() -> dict[str, Any]:
    """Renew the session, as every page does, and tell how long it lasts now."""
    return time_left()


def seconds_left() -> int:
    """Give the seconds the session still lasts after this answer; 0 for nobody."""
    return min(most(), _lifetime() + 1 - int(time.time() - _renewed_at())) if quiet() and current_actor() else most()


def most() -> int:
    """Give the seconds the session would last if it were renewed now; 0 for nobody."""
    if current_actor() is None:
        return 0
    return max(1, min(_lifetime(), int(session["since"] + WORKING_DAY - time.time()) + 1))


def idle_minutes() -> int:
    """Give how many minutes a session lasts without a page."""
    return _lifetime() // 60


def _lifetime() -> int:
    return int(current_app.permanent_session_lifetime.total_seconds())


def _renewed_at() -> float:
    """Read from the cookie itself when it was last renewed."""
    sessions: Any = current_app.session_interface
    try:
        _, at = sessions.get_signing_serializer(current_app).loads(
            request.cookies.get(sessions.get_cookie_name(current_app), ""), return_timestamp=True)
    except BadData:
        return 0
    return float(at.timestamp())
