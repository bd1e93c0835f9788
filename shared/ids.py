"""Ids that follow from what they name, written without making an object of each: they are on the path of every event."""
from __future__ import annotations

import hashlib
import uuid


def named(namespace: uuid.UUID, name: str) -> str:
    """Give `str(uuid.uuid5(namespace, name))`, an order of magnitude quicker."""
    digits = hashlib.sha1(namespace.bytes + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def digested(content: bytes) -> str:
    """Give a UUID-shaped digest (128 bits of BLAKE2b) of any bytes."""
    digits = hashlib.blake2b(content, digest_size=16).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
