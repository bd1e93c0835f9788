"""A document as it lies on the disk: AES-256-GCM under a key of its own, which lies beside it, wrapped by a master key.

    PODF | version 1 | key id 8 | nonce 12 | wrapped key 48 | nonce 12 | document and tag

Both parts are bound to the document's id, so that neither can be put in another's place; the document is not bound to the
master key, so that a new one means wrapping 32 bytes anew.
"""
from __future__ import annotations

import os
import struct
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.referrals.files.keys import Key, Keyring

MAGIC, VERSION = b"PODF", 1
_HEADER = struct.Struct(">4sB8s12s48s12s")
HEADER_SIZE = _HEADER.size


class VaultFault(Exception):
    """A document cannot be given."""


class Missing(VaultFault):
    """There is no such document."""


class Damaged(VaultFault):
    """What lies there was changed, cut short or put in another's place since it was sealed."""


class NoKey(VaultFault):
    """It was sealed under a master key that POD_FILES_KEY does not hold."""


class TooNew(VaultFault):
    """It was sealed by a later release."""


class _Header(NamedTuple):
    magic: bytes
    version: int
    key_id: bytes
    wrap_nonce: bytes
    wrapped: bytes
    nonce: bytes


def seal(content: bytes, id_: str, key: Key) -> bytes:
    """Seal a document under a fresh key of its own."""
    own, nonce = AESGCM.generate_key(256), os.urandom(12)
    return _head(own, nonce, id_, key) + AESGCM(own).encrypt(nonce, content, _bound(b"document", id_))


def unseal(sealed: bytes, id_: str, keys: Keyring) -> bytes:
    """Give the document; raises Damaged, NoKey or TooNew."""
    header = _read(sealed)
    own = _own_key(header, id_, keys)
    return _decrypt(own, header.nonce, sealed[HEADER_SIZE:], _bound(b"document", id_))


def rewrap(sealed: bytes, id_: str, keys: Keyring) -> bytes:
    """Give the same sealed document, its own key wrapped by the newest master key."""
    header = _read(sealed)
    return _head(_own_key(header, id_, keys), header.nonce, id_, keys.newest) + sealed[HEADER_SIZE:]


def key_id(sealed: bytes) -> bytes:
    """Say which master key opens it, from its header alone."""
    return _read(sealed).key_id


def _head(own: bytes, nonce: bytes, id_: str, key: Key) -> bytes:
    wrap_nonce = os.urandom(12)
    wrapped = AESGCM(key.secret).encrypt(wrap_nonce, own, _bound(b"key" + key.id, id_))
    return _HEADER.pack(MAGIC, VERSION, key.id, wrap_nonce, wrapped, nonce)


def _own_key(header: _Header, id_: str, keys: Keyring) -> bytes:
    secret = keys.secret(header.key_id)
    if secret is None:
        raise NoKey(header.key_id.hex())
    return _decrypt(secret, header.wrap_nonce, header.wrapped, _bound(b"key" + header.key_id, id_))


def _read(sealed: bytes) -> _Header:
    if len(sealed) < HEADER_SIZE or sealed[:4] != MAGIC:
        raise Damaged("no header")
    header = _Header(*_HEADER.unpack_from(sealed))
    if header.version != VERSION:
        raise TooNew(f"version {header.version}")
    return header


def _bound(what: bytes, id_: str) -> bytes:
    return MAGIC + bytes((VERSION,)) + UUID(id_).bytes + what


def _decrypt(secret: bytes, nonce: bytes, data: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(secret).decrypt(nonce, data, bound)
    except InvalidTag:
        raise Damaged("does not open") from None
