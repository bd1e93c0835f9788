"""How often the public form may be used from one address, and by everybody: what is open to all is open to programs, too."""
from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar, cast

import sqlalchemy as sa
from flask import request
from sqlalchemy.engine import Connection

from services.referrals.drafts.table import public_uses
from shared.database import Database
from shared.web.contact import contact_of
from shared.web.context import current_room
from shared.web.problems import problem

View = TypeVar("View", bound=Callable[..., Any])
WITHIN = timedelta(hours=1)


class Limit(NamedTuple):
    """How often in an hour: from one address, behind which may be a whole library, and from all together."""

    one: int
    all: int


#: A code is guessed one time in 10 ** 17; so few tries keep it at that. A city sends some tens of self-referrals a day.
LIMITS = {"begin": Limit(30, 300), "send": Limit(10, 60), "code": Limit(10, 200), "write": Limit(10, 200)}


def limited(what: str) -> Callable[[View], View]:
    """Answer 429 to who does this too often; counted in a transaction of its own, since what fails counts as well."""
    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if not current_room.database.run(lambda connection: _counted(connection, what)):
                problem(429, "This form has been used very often in the last hour.",
                        help=f"Nothing you entered is lost. Try again in an hour, or {contact_of(current_room.settings).call}.", headers={"Retry-After": "3600"})
            return view(*args, **kwargs)
        return cast(View, checked)
    return decorate


def forget(database: Database, connection: Connection) -> None:
    """Remove what no limit looks at any more."""
    connection.execute(public_uses.delete().where(public_uses.c.at < database.now(connection) - WITHIN))


def _counted(connection: Connection, what: str) -> bool:
    """Note one use; say whether it is still within the limit."""
    now, limit, address = current_room.database.now(connection), LIMITS[what], _address()
    lately = [public_uses.c.what == what, public_uses.c.at > now - WITHIN]
    count = sa.func.count()
    everybody, here = connection.execute(sa.select(count, count.filter(public_uses.c.address == address)).where(*lately)).one()
    if here >= limit.one or everybody >= limit.all:
        return False
    connection.execute(public_uses.insert().values(id=str(uuid.uuid4()), what=what, address=address, at=now))
    return True


def _address() -> str:
    key = blake2b(current_room.settings.secret_key.encode()).digest()
    return blake2b((request.remote_addr or "").encode(), key=key, digest_size=16).hexdigest()
