"""Files that come with a request: kept in memory only, counted, and only where a view says that it takes them.

A body of files may be larger than any other. What is above the most a file may have is read and thrown away, so that the
rest of the form is there and the page can say, at the field, how large the file was.
"""
from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from typing import IO, Any, TypeVar, cast

from flask import Request, current_app
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.utils import cached_property

from shared.web.bodies import MB, TooLarge, Unmeasured, in_words, json_fault
from shared.web.context import current_actor

View = TypeVar("View", bound=Callable[..., Any])

#: Most bytes of a body with files that are read so as to answer at the field; a larger one gets a page that says no more.
READ_AT_MOST = 100 * MB


def takes_files(most: int) -> Callable[[View], View]:
    """Mark a view as one that takes multipart bodies with files of at most `most` bytes each, by page or by API."""
    def mark(view: View) -> View:
        view.pod_takes_files = most  # type: ignore[attr-defined]
        return view
    return mark


class Upload(io.BytesIO):
    """One file as it came: `size` is how much came, `digest` tells it again; of what is above `most` nothing is kept."""

    def __init__(self, most: int):
        super().__init__()
        self.most, self.size, self.digest = most, 0, hashlib.sha256()

    def write(self, data: Any, /) -> int:
        """Take what came next."""
        piece = memoryview(data)
        if self.size // MB != (self.size + piece.nbytes) // MB:
            time.sleep(0)  # a sender as fast as we read would keep all others of this process waiting
        self.size += piece.nbytes
        self.digest.update(piece)
        if self.size <= self.most:
            super().write(piece)
        elif self.getbuffer().nbytes:
            self.seek(0)
            self.truncate()
        return piece.nbytes


class TooMuch(RequestEntityTooLarge):
    """A body that is not even read."""

    def __init__(self, size: str, most: int):
        super().__init__()
        self.data = {"detail": f"What you sent is {size}; a file may have at most {in_words(most)}.",
                     "help": "Scan or photograph it at a lower quality, or send it in parts."}


class PodRequest(Request):
    """A request that never writes what people send to the disk, where it would lie unsealed."""

    @property
    def takes_files(self) -> int:
        """Give the most bytes of a file its view takes; 0 where it takes none, or none came."""
        if self.mimetype != "multipart/form-data" or self.endpoint is None:
            return 0
        view = current_app.view_functions.get(self.endpoint)
        handler = getattr(getattr(view, "view_class", None), self.method.lower(), view)
        return cast(int, getattr(handler, "pod_takes_files", 0))

    @property
    def max_content_length(self) -> int | None:
        """Give how much of the body is read."""
        return READ_AT_MOST if self.takes_files else super().max_content_length

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value

    @cached_property
    def stream(self) -> IO[bytes]:  # type: ignore[override]
        """Give the body, to be read no further than `max_content_length`."""
        most = self.max_content_length or 0
        if (self.content_length or 0) > most:
            raise self._too_large()
        if self.environ.get("wsgi.input_terminated") and self.content_length is None:
            return cast(IO[bytes], Unmeasured(self.environ["wsgi.input"], most, self._too_large))
        return super().stream

    def on_json_loading_failed(self, e: ValueError | None) -> Any:
        """Answer 400 to a body that is no JSON, with what is wrong and where; 415 to one that does not say it is JSON."""
        if e is None:
            return super().on_json_loading_failed(e)
        raise BadRequest(json_fault(self.get_data(cache=True)) or str(e)) from None

    def _too_large(self) -> RequestEntityTooLarge:
        if not (most := self.takes_files):
            return TooLarge(self.max_content_length or 0)
        return TooMuch(f"about {in_words(self.content_length)}" if self.content_length else f"more than {in_words(READ_AT_MOST)}", most)

    def _load_form_data(self) -> None:
        try:
            super()._load_form_data()
        except RequestEntityTooLarge as fault:
            # werkzeug's own, of a form whose boxes together hold too much, says no more than that
            raise fault if getattr(fault, "data", None) else TooLarge(self.max_form_memory_size or 0) from None

    def _get_file_stream(self, total_content_length: int | None, content_type: str | None, filename: str | None = None,
                         content_length: int | None = None) -> IO[bytes]:
        # whoever is not signed in must not be able to fill the memory of fifty workers
        return Upload(self.takes_files if current_actor() else 0)
