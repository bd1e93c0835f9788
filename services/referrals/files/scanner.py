"""Where a virus scanner plugs in, and the client of ClamAV's daemon, spoken to over its own socket (clamd(8), INSTREAM)."""
from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Protocol

from shared.settings import Settings

#: Seconds to reach the daemon, and to have its answer: a proxy in front of us gives up after 60.
REACH, ANSWER = 5.0, 40.0
CHUNK = 64 * 1024


class ScannerAway(Exception):
    """The scanner gave no verdict: not there, too slow, or it answered that it could not look."""


class Scanner(Protocol):
    """Says of a file whether something harmful is in it."""

    def scan(self, content: bytes) -> str | None:
        """Give the name of what was found, None where nothing was; raises ScannerAway without a verdict."""

    def version(self) -> str:
        """Say which scanner this is, and how recent what it knows; raises ScannerAway."""


class Clamd:
    """ClamAV's daemon at `unix:/path` or `tcp://host:port`."""

    def __init__(self, address: str, answer: float = ANSWER):
        self.address, self.answer = address, answer

    def scan(self, content: bytes) -> str | None:
        """Give the name of the signature that was found, None where none was; raises ScannerAway without a verdict."""
        verdict = self._ask(b"zINSTREAM\0", content)
        if verdict == "stream: OK":
            return None
        if verdict.startswith("stream: ") and verdict.endswith(" FOUND"):
            return verdict.removeprefix("stream: ").removesuffix(" FOUND")
        raise ScannerAway(f"answered {verdict[:200]!r}")

    def version(self) -> str:
        """Say which ClamAV this is, and of which day its signatures are."""
        return self._ask(b"zVERSION\0")[:200]

    def _ask(self, command: bytes, content: bytes | None = None) -> str:
        end = time.monotonic() + self.answer
        try:
            with self._connect() as connection:
                self._say(connection, end, command, content)
                return self._heard(connection, end)
        except OSError as fault:
            raise ScannerAway(f"{type(fault).__name__} at {self.address}") from None

    def _connect(self) -> socket.socket:
        kind, _, where = self.address.partition(":")
        if kind == "tcp":
            host, _, port = where.removeprefix("//").rpartition(":")
            return socket.create_connection((host.strip("[]"), int(port)), REACH)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(REACH)
        connection.connect(where)
        return connection

    def _say(self, connection: socket.socket, end: float, command: bytes, content: bytes | None) -> None:
        try:
            for piece in chain([command], [] if content is None else _chunks(content)):
                connection.settimeout(_left(end))
                connection.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            return  # it has heard enough and says why

    def _heard(self, connection: socket.socket, end: float) -> str:
        heard = b""
        while b"\0" not in heard:
            connection.settimeout(_left(end))
            piece = connection.recv(4096)
            if not piece:
                raise ConnectionAbortedError
            heard += piece
        return heard.partition(b"\0")[0].decode(errors="replace")


def _left(end: float) -> float:
    return max(0.01, end - time.monotonic())


def _chunks(content: bytes) -> Iterator[bytes]:
    """Frame a file as the daemon reads it: each piece after its length, and a length of nothing at the end."""
    for start in range(0, len(content), CHUNK):
        piece = content[start:start + CHUNK]
        yield struct.pack("!I", len(piece)) + piece
    yield struct.pack("!I", 0)


@lru_cache
def scanner_of(settings: Settings) -> Scanner | None:
    """Give the scanner of a running service; None where none is configured."""
    return Clamd(settings.clamd) if settings.clamd else None
