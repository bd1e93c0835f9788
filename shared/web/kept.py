"""For whom a form was made: what they typed outlives their session, and nobody else sees or sends it.

Decision 0011 says why `kept_for` may stand in for the token of a session that has ended.
"""
from __future__ import annotations

import hashlib
import time
from enum import Enum
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin, urlsplit

from flask import current_app, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from itsdangerous import BadSignature, Signer, TimestampSigner
from werkzeug.exceptions import HTTPException

from shared.web.context import WORKING_DAY, current_actor, is_api

FIELD = "kept_for"
#: Fields of ours, not of the person: never shown again.
OURS = ("csrf_token", FIELD, "submission")
#: What our pages send with a form that nobody typed: which answers and which draft were shown, which button was pressed.
MARKS = ("seen", "stood", "keep", "draft", "then")
SECRET_WORDS = frozenset({"password", "secret", "token", "passcode", "pin"})
#: The mark of whoever is not signed in; no signature is as short.
NOBODY = "nobody"


class Standing(Enum):
    """How whoever sends a form stands to whom it was made for."""

    UNKNOWN = "it is not of our making, or of another page"
    OWN = "it was made for them"
    ENDED = "it was made for somebody, and nobody is signed in any more"
    OTHERS = "it was made for somebody else"


def kept_for(action: str = "") -> str:
    """Sign for whom, when and for which address a form is made; `action` as in the form, default this page."""
    path = unquote(urlsplit(urljoin(quote(_path()), action)).path) if action else _path()
    return _signer(path).sign(mark()).decode()


def mark() -> str:
    """Give what stands for whoever asks, and tells nobody who they are."""
    if "mark" not in g:
        actor = current_actor()
        g.mark = _keyed("kept mark", actor.email) if actor else NOBODY
    return str(g.mark)


def seal_key() -> str:
    """Give the key, 32 bytes in base64url, under which a browser keeps what this person typed."""
    actor = current_actor()
    return _keyed("kept in the browser", actor.email) if actor else ""


def standing() -> Standing:
    """Say how the sender of this request stands to whom its form was made for."""
    made = _made()
    if made is None:
        return Standing.UNKNOWN
    if made[0] == mark():
        return Standing.OWN
    return Standing.ENDED if mark() == NOBODY else Standing.OTHERS


def _made() -> tuple[str, float] | None:
    """Read for whom and when the form of this request was made."""
    try:
        given = request.form.get(FIELD, "") if request.method == "POST" else ""
        who, at = _signer(_path()).unsign(given, return_timestamp=True)
    except (HTTPException, BadSignature):  # the first: the body itself cannot be read
        return None
    return who.decode(), at.timestamp()


def _path() -> str:
    return request.script_root + request.path


def _signer(path: str) -> TimestampSigner:
    return TimestampSigner(current_app.secret_key or "", salt=f"kept for {path}", key_derivation="hmac", digest_method=hashlib.sha256)


def _keyed(purpose: str, text: str) -> str:
    return _signature(str(current_app.secret_key), purpose, text)


@lru_cache(maxsize=1024)
def _signature(secret: str, purpose: str, text: str) -> str:
    return Signer(secret, salt=purpose, key_derivation="hmac", digest_method=hashlib.sha256).get_signature(text).decode()


class FormGuard(CSRFProtect):  # type: ignore[misc]
    """The CSRF check, which `kept_for` may pass too, and nothing that was made for somebody else."""

    def protect(self, apply_exemptions: bool = False) -> None:
        """Raise CSRFError unless the request may change something."""
        try:
            super().protect(apply_exemptions)
        except CSRFError:
            if not _may_pass():
                raise
            g.csrf_valid = True
        if request.method == "POST" and request.endpoint and not is_api() and standing() in (Standing.ENDED, Standing.OTHERS):
            raise CSRFError("The form was made for somebody else.")


def _may_pass() -> bool:
    """Say whether `kept_for` does for a token: made for this very person, today, and sent from a page of ours."""
    made = _made()
    return made is not None and made[0] == mark() and time.time() - made[1] <= WORKING_DAY and _from_here()


def _from_here() -> bool:
    """Say whether the browser vouches that a page of this site sent the request."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host


def to_send_again(status: int) -> bool:
    """Say whether an error of this status is mended by sending the form once more, as it is."""
    found = standing()
    if found is Standing.OWN:
        return status in (429, 500, 503) or (status == 400 and not g.get("csrf_valid"))
    return found is Standing.ENDED and status == 401


def carried() -> list[tuple[str, str]]:
    """Give every field that was sent, in order, but for tokens and secrets."""
    return [(name, value) for name, value in request.form.items(multi=True)
            if name not in OURS[:2] and not _secretive(name)]


def left_behind() -> list[tuple[str, str]]:
    """Give field and name of each file that was chosen: a page cannot carry them."""
    return [(name, str(file.filename)) for name, file in request.files.items(multi=True) if file.filename]


def typed() -> list[tuple[str, str]]:
    """Give what was typed, in words, to whom it belongs; to anybody else nothing."""
    found = standing()
    if request.method != "POST" or found is Standing.OTHERS or (found is Standing.UNKNOWN and not g.get("csrf_valid")):
        return []
    try:
        said = list(request.form.lists())
    except HTTPException:  # the body itself is what is wrong
        return []
    return [(in_words(name), ", ".join(value for value in values if value.strip()))
            for name, values in said if name not in (*OURS, *MARKS) and not _secretive(name) and any(value.strip() for value in values)]


def _secretive(name: str) -> bool:
    return not SECRET_WORDS.isdisjoint(name.lower().replace("-", "_").split("_"))


def in_words(name: str) -> str:
    """Write the name of a field as words."""
    return name.replace("_", " ").replace("-", " ").strip().capitalize()
