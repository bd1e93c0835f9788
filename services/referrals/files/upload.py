"""One file on its way in with a form or an API request, and on its way out again."""
from __future__ import annotations

import io
from collections.abc import Callable, Collection
from functools import partial, wraps
from typing import Any, NoReturn, TypeVar, cast
from uuid import UUID

from flask import Response, g, request, send_file
from govuk_frontend_wtf.wtforms_widgets import GovFileInput
from markupsafe import Markup
from sqlalchemy.engine import Connection
from werkzeug.datastructures import FileStorage
from wtforms import Field

from services.referrals.files import records
from services.referrals.files.records import File
from services.referrals.files.sniff import ACCEPT
from services.referrals.files.taking import Taken, take
from services.referrals.files.unfit import FOUND, LATER, MOST, TOO_LARGE, Unfit, in_words, too_large
from services.referrals.files.vault import vault_of
from shared.ledger.tables import staff_id
from shared.ledger.types import Actor
from shared.web import uploads
from shared.web.context import current_actor, current_room
from shared.web.problems import problem

View = TypeVar("View", bound=Callable[..., Any])

#: After the field's name: the id of a file that came with an earlier sending of the same form.
HELD = "_held"
STATUS = {TOO_LARGE: 413, LATER: 503, FOUND: 422}


def takes_file(field: str = "file") -> Callable[[View], View]:
    """Let a view take one file, in the part named `field`; put it between `requires` and `in_transaction`.

    Before the view's transaction the file is looked at, scanned, sealed and held for whoever sent it; the view asks for it
    by `given()` and makes it somebody's by `records.claim`. Of a form that is shown again the file need not be chosen
    again (`FileField`). What no view claims is removed after a day.
    """
    def decorate(view: View) -> View:
        @uploads.takes_files(MOST)
        @wraps(view)
        def taking(*args: Any, **kwargs: Any) -> Any:
            g.given_file = _given(field)
            return view(*args, **kwargs)
        return cast(View, taking)
    return decorate


def given() -> File | Unfit | None:
    """Give the file of this request, held; Unfit where it was not taken; None where none was chosen."""
    return cast("File | Unfit | None", g.get("given_file"))


def digests_of(file: File) -> Collection[str]:
    """Give what tells this request's file again, under every key the same file may have come under before."""
    return cast("tuple[str, ...]", g.get("given_digests", ())) or (file.digest,)


def given_or_problem(field: str = "file") -> File:
    """Give the file of this API request, or answer why there is none: 413, 422, or 503 to try again."""
    file = given()
    if isinstance(file, Unfit):
        _refuse(field, file.words, STATUS.get(file.why, 422))
    if file is None:
        _refuse(field, f"Send the file in a multipart body, in a part of its own called {field}, with a file name.", 422)
    return file


def send(file: File) -> Response:
    """Answer with a file, to be kept and opened by whoever asked, never shown by us; raises a VaultFault.

    The caller has seen to it that they may have it, and notes that they looked.
    """
    content = vault_of(current_room.settings).get(file.id)
    response = send_file(io.BytesIO(content), file.media_type, as_attachment=True, download_name=file.name, etag=False, conditional=False)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


class _FileInput(GovFileInput):  # type: ignore[misc]
    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        shown = super().__call__(field, accept=ACCEPT, **kwargs)
        if isinstance(field.data, File):
            shown += Markup('<input type="hidden" name="{}" value="{}">').format(field.name + HELD, field.data.id)
        return cast(Markup, shown)


class FileField(Field):  # type: ignore[misc]
    """A file of a form in the look of the Design System; the form must be made with `files=true`.

    Its data is the held file, None without one; what was wrong with it is an error of the field. A form shown again carries
    the held file on, and `held_words` says so beside the box.
    """

    widget = _FileInput()

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Take what came with the request."""
        file = given() if formdata is not None else None
        self.process_errors = [file.words] if isinstance(file, Unfit) else []
        self.data = file if isinstance(file, File) else None

    @property
    def held_words(self) -> str:
        """Say which file is here already; empty where none is."""
        if not isinstance(self.data, File):
            return ""
        return f"“{self.data.name}”, {in_words(self.data.size)}, is here. Choose a file only to send another instead."


def _given(field: str) -> File | Unfit | None:
    chosen = request.files.get(field)
    try:
        if chosen is None or not (chosen.filename or cast(uploads.Upload, chosen.stream).size):
            return _earlier(request.form.get(field + HELD, ""))
        taken = _taken(chosen)
    except Unfit as unfit:
        return unfit
    g.given_digests = taken.digests
    return current_room.database.run(partial(_hold, taken))


def _taken(chosen: FileStorage) -> Taken:
    upload = cast(uploads.Upload, chosen.stream)
    if upload.size > MOST:
        raise too_large(upload.size)
    return take(current_room.settings, chosen.filename or "", upload.getvalue())


def _hold(taken: Taken, connection: Connection) -> File:
    return records.hold(connection, taken, _who(), current_room.database.now(connection))


def _earlier(id_: str) -> File | None:
    """Give the file that came with an earlier sending; its box was rightly left empty this time."""
    try:
        id_ = str(UUID(id_))
    except ValueError:
        return None
    with current_room.database.read() as connection:
        return records.held(connection, id_, _who())


def _who() -> str:
    return staff_id(cast(Actor, current_actor()).email)


def _refuse(field: str, words: str, status: int) -> NoReturn:
    headers = {"Retry-After": "60"} if status == 503 else {}
    problem(status, words, errors=[{"pointer": f"/{field}", "detail": words}], headers=headers)
