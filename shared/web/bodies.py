"""The body of a request: read as it comes and no further than its limit, and what is wrong with it in words."""
from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import IO, Any

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

MB = 1024 * 1024


class TooLarge(RequestEntityTooLarge):
    """A body of more bytes than are taken here."""

    def __init__(self, most: int):
        super().__init__()
        self.data = {"detail": f"What you sent is larger than {in_words(most)}, the most that is taken here.",
                     "help": "Send less at once."}


class Unmeasured(io.RawIOBase):
    """A body that does not say beforehand how long it is (`Transfer-Encoding: chunked`); `refuse` makes the error once it is too long.

    Werkzeug's own limit would cut it off there and take the rest for no part of it.
    """

    def __init__(self, source: IO[bytes], most: int, refuse: Callable[[], RequestEntityTooLarge]):
        self.source, self.most, self.refuse, self.taken = source, most, refuse, 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read what comes next; what is no longer sent, or not as it should be, is the sender's fault."""
        try:
            data = self.source.read(min(len(buffer), self.most + 1 - self.taken))
        except (OSError, ValueError):
            raise ClientDisconnected from None
        self.taken += len(data)
        if self.taken > self.most:
            raise self.refuse()
        buffer[:len(data)] = data
        return len(data)


def in_words(size: int) -> str:
    """Write a size in MB, or in bytes where it is less than one."""
    return f"{size // MB} MB" if size >= MB else f"{size:,} bytes"


def json_fault(body: bytes) -> str:
    """Say what is wrong with a body that should be JSON, and where; empty where nothing is."""
    if not body.strip():
        return "The body is empty. Send JSON."
    try:
        json.loads(body)
    except json.JSONDecodeError as fault:
        return f"The body is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}."
    except UnicodeDecodeError as fault:
        return f"The body is not JSON: byte {fault.start + 1} is not UTF-8."
    except (ValueError, RecursionError):
        return "The body is nested too deeply, or holds a number that is too long."
    return ""
