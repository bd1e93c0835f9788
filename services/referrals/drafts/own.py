"""Which draft is a citizen's own: by the page they sent, by their session, or by the code they wrote down (R-11)."""
from __future__ import annotations

from typing import Any, cast

from flask import current_app, request, session, url_for
from itsdangerous import BadSignature, Signer
from sqlalchemy.engine import Connection

from services.referrals.drafts import codes, shelf
from services.referrals.drafts.shelf import Draft
from services.referrals.drafts.walking import Way
from shared.ledger.types import Actor
from shared.web.context import current_room

CITIZEN = Actor("urn:pod:citizen", "", frozenset({"citizen"}), "")
#: Under which name the session says which draft is theirs.
MINE = "self_draft"


def draft_of(connection: Connection, lock: bool = False) -> Draft | None:
    """Give the draft of the page that was sent, else of the session; the page's own outlives the session."""
    if id_ := _of_page():
        session[MINE] = id_
    id_ = id_ or session.get(MINE, "")
    return shelf.find(connection, id_, None, lock) if id_ else None


def way(id_: str) -> Way:
    """Give the way through a draft."""
    return Way(url_for("self.start"), public=True, token=token(id_))


def token(id_: str) -> str:
    """Give what a page carries to say whose it is."""
    return _signer().sign(id_).decode()


def code(id_: str) -> str:
    """Give the code of a draft."""
    return codes.code_of(id_, current_room.settings.secret_key)


def digest(code: str) -> str:
    """Give what a draft keeps of its code."""
    return codes.digest(code, current_room.settings.secret_key)


def _of_page() -> str:
    try:
        return _signer().unsign(request.form.get("draft", "")).decode()
    except BadSignature:
        return ""


def _signer() -> Signer:
    return Signer(cast(Any, current_app.secret_key), salt="draft of the public form", key_derivation="hmac")
