"""The keys documents are sealed with: the newest seals, all of them open."""
from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from typing import NamedTuple

from shared.settings import Settings, demo_files_key


class Key(NamedTuple):
    """A master key of 32 bytes, and the 8 bytes by which a sealed document names it."""

    id: bytes
    secret: bytes


class Keyring:
    """Master keys, newest first."""

    def __init__(self, secrets: Sequence[bytes]):
        self.keys = tuple(Key(hmac.digest(secret, b"pod files: key id", "sha256")[:8], secret) for secret in secrets)

    @classmethod
    def of(cls, settings: Settings) -> Keyring:
        """Read POD_FILES_KEY; a demo without one makes its own, once."""
        text = settings.files_key or (demo_files_key(settings.var) if settings.demo else "")
        return cls([base64.b64decode(one.strip()) for one in text.split(",") if one.strip()])

    @property
    def newest(self) -> Key:
        """Give the key that seals."""
        return self.keys[0]

    def secret(self, id_: bytes) -> bytes | None:
        """Give a key by the id a document names; None where it is not on the ring."""
        return next((key.secret for key in self.keys if key.id == id_), None)

    def digests(self, content: bytes) -> tuple[str, ...]:
        """Give what tells the same file again, under each key, newest first: without a key nobody can try contents on it."""
        return tuple(hmac.digest(hmac.digest(key.secret, b"pod files: same file", "sha256"), content, "sha256").hex() for key in self.keys)
