"""One transaction per request, and one effect per key: what is sent twice is done once."""
from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import uuid4

import orjson
import sqlalchemy as sa
from flask import Flask, Response, current_app, g, request
from sqlalchemy.engine import Connection

from shared.database import Instant
from shared.web.bodies import json_fault
from shared.web.context import current_actor, current_room, is_api
from shared.web.kept import OURS
from shared.web.problems import problem
from shared.web.uploads import Upload

View = TypeVar("View", bound=Callable[..., Any])

KEPT_FOR = timedelta(days=7)
#: Seconds between two sweeps of old keys by one process.
SWEEP_EVERY = 3600.0
KEPT_HEADERS = ("Location", "ETag", "Content-Type")
REPEATS = "pod.repeats"


def idempotency_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table of keys to a service's tables: digests of key and body, and the first answer."""
    if "idempotency_keys" in metadata.tables:
        return metadata.tables["idempotency_keys"]
    return sa.Table(
        "idempotency_keys", metadata,
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("body_digest", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False, index=True),
        sa.Column("status", sa.Integer()),
        sa.Column("headers", sa.Text()),
        sa.Column("answer", sa.LargeBinary()),
    )


class _Undo(Exception):
    """Carries an answer out of a transaction that must not be kept."""

    def __init__(self, response: Response):
        super().__init__(response.status)
        self.response = response


def in_transaction(view: View) -> View:
    """Run a view in one write transaction (`shared.web.context.transaction()`), once per key.

    The key is the `Idempotency-Key` header on the API and the hidden field `submission` on a form. A repeat
    with the same key, actor and path gets the first answer, if it may still see it (`before_repeat`); with another body 422 (API) or 409 (form).
    Answers below 400 commit and are kept for 7 days; any other answer, and whatever raises, undoes it all
    and leaves the key free, so a form with faults must be shown again with 422. Nothing in the view may
    yield or speak to the network, and it may run again when others are in the way.
    """
    @wraps(view)
    def transacted(*args: Any, **kwargs: Any) -> Response:
        said = _said() + _enclosed()  # read before the transaction: a slow sender must not hold the lock
        scope = _scope(_key())

        def once(connection: Connection) -> Response:
            if scope and (kept := _claim(connection, scope, said)):
                return kept
            g.transaction = connection
            response = current_app.make_response(current_app.ensure_sync(view)(*args, **kwargs))
            if response.status_code >= 400:
                raise _Undo(response)
            if scope:
                _keep(connection, scope, response)
            return response
        return _run(once)
    transacted.pod_in_transaction = True  # type: ignore[attr-defined]
    return cast(View, transacted)


def _run(once: Callable[[Connection], Response]) -> Response:
    try:
        response = current_room.database.run(once)
    except _Undo as undone:
        return undone.response
    finally:
        g.pop("transaction", None)
    current_room.wake()
    _sweep()
    return response


def _key() -> str:
    if not is_api():
        return request.form.get("submission", "")[:200]
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > 200:
        problem(400, "Idempotency-Key is longer than 200 characters.")
    return key


def _scope(key: str) -> str:
    if not key:
        return ""
    actor = current_actor()
    return _digest([actor.email if actor else "", request.method, request.path, key])


def _said() -> str:
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        # a part may come without a name: it is None then
        said = sorted(((name or "", values) for name, values in request.form.lists()), key=lambda one: one[0])
        return _digest([[name, values] for name, values in said if name not in OURS])
    body = request.get_data(cache=True)
    if body and request.mimetype == "application/json" and (fault := json_fault(body)):
        problem(400, fault)
    return hashlib.sha256(body).hexdigest()


def _enclosed() -> str:
    """Tell the files of the request again, by name and contents; nothing where there are none."""
    if request.mimetype != "multipart/form-data":
        return ""
    return "".join(_digest([name, file.filename, cast(Upload, file.stream).digest.hexdigest()]) for name, file in request.files.items(multi=True))


def _digest(parts: Any) -> str:
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()


def before_repeat(app: Flask, check: Callable[[Connection], object]) -> None:
    """Have `check` asked before a first answer is given again: it raises where whoever asks may not see it any more."""
    app.extensions.setdefault(REPEATS, []).append(check)


def _claim(connection: Connection, scope: str, said: str) -> Response | None:
    """Take the key, waiting for whoever holds it; give the first answer where there is one."""
    database, table = current_room.database, idempotency_table(current_room.metadata)
    row = {"id": scope, "body_digest": said, "made_at": database.now(connection)}
    if database.insert_new(connection, table, [row], "id"):
        return None
    kept = connection.execute(sa.select(table).where(table.c.id == scope)).mappings().one()
    if kept["body_digest"] != said:
        if is_api():
            problem(422, "This Idempotency-Key was used with another body.", title="Key used with another body",
                    help="Use a new key for a new request.")
        problem(409, "This form was already sent, with other answers.", help="Open the form afresh to send another.")
    for check in current_app.extensions.get(REPEATS, ()):
        check(connection)
    headers = {**orjson.loads(kept["headers"]), "Idempotent-Replayed": "true"}
    return Response(kept["answer"], kept["status"], headers)


def _keep(connection: Connection, scope: str, response: Response) -> None:
    table = idempotency_table(current_room.metadata)
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    connection.execute(table.update().where(table.c.id == scope).values(
        status=response.status_code, headers=orjson.dumps(headers).decode(), answer=response.get_data()))


def _sweep() -> None:
    swept = current_app.extensions.setdefault("pod.swept", {"at": time.monotonic() - SWEEP_EVERY})
    if time.monotonic() - swept["at"] >= SWEEP_EVERY:
        swept["at"] = time.monotonic()
        current_room.database.run(forget_old_keys)


def forget_old_keys(connection: Connection) -> None:
    """Delete the keys nobody will repeat any more."""
    table = idempotency_table(current_room.metadata)
    connection.execute(table.delete().where(table.c.made_at < current_room.database.now(connection) - KEPT_FOR))


def new_submission() -> str:
    """Make the hidden `submission` of a form: as it was sent when the form is shown again, else a new one."""
    return request.form.get("submission") or str(uuid4())


def posts_outside(view: Any) -> Iterator[str]:
    """Name the POST methods of a view that do not run `in_transaction`."""
    owner = getattr(view, "view_class", None)
    handler = getattr(owner, "post", None) if owner else view
    if handler is not None and not getattr(handler, "pod_in_transaction", False):
        yield f"{handler.__module__}.{handler.__qualname__}"
