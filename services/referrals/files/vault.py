"""The folder of sealed documents: each whole or not there, whatever happens while it is written."""
from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from uuid import UUID, uuid4

from services.referrals.files.keys import Keyring
from services.referrals.files.seal import HEADER_SIZE, Missing, VaultFault, key_id, rewrap, seal, unseal
from shared.settings import Settings

#: What is younger may still be on its way into the database.
SETTLED = timedelta(days=1)
_PART = ".part"


class TooManyUnknown(VaultFault):
    """So many documents are unknown to the database that it is more likely the wrong one."""


class Vault:
    """Documents by id, under `folder` in one of 256 folders each; files are for this user alone."""

    def __init__(self, folder: Path, keys: Keyring):
        self.folder, self.keys = folder, keys

    def put(self, content: bytes) -> str:
        """Seal and keep a document; give its id once it is on the disk. OSError where it cannot be written."""
        id_ = str(uuid4())
        self._write(id_, seal(content, id_, self.keys.newest))
        return id_

    def get(self, id_: str) -> bytes:
        """Give a document; raises Missing, Damaged, NoKey or TooNew."""
        return unseal(self._read(id_), id_, self.keys)

    def remove(self, id_: str) -> None:
        """Let a document go; nothing happens where there is none."""
        self._path(id_).unlink(missing_ok=True)

    def sweep(self, known: Callable[[Sequence[str]], Collection[str]], older_than: timedelta = SETTLED, at_most: int | None = None) -> int:
        """Remove what nobody knows: left when what wrote it ended before the database heard of it. Give how many.

        `known(ids)` gives those the database knows. Raises TooManyUnknown, having removed none, beyond `at_most`.
        """
        unknown: list[str] = []
        for shard in self._shards():
            old = self._old(shard, older_than)
            kept = set(known(old)) if old else set()
            unknown += [id_ for id_ in old if id_ not in kept]
            time.sleep(0)  # a large vault must not keep others of this process waiting
        if at_most is not None and len(unknown) > at_most:
            raise TooManyUnknown(str(len(unknown)))
        for id_ in unknown:
            self.remove(id_)
        return len(unknown)

    def rewrap(self) -> int:
        """Put every document under the newest master key, so that the older can be thrown away; give how many were not."""
        moved = 0
        for id_ in list(self.under_older_keys()):
            with suppress(Missing):  # removed meanwhile
                self._write(id_, rewrap(self._read(id_), id_, self.keys))
                moved += 1
            time.sleep(0)
        return moved

    def ids(self) -> set[str]:
        """Give the documents that are here."""
        return {id_ for shard in self._shards() for id_ in _ids(shard)}

    def under_older_keys(self) -> Iterator[str]:
        """Give the documents another key than the newest is needed for."""
        for shard in self._shards():
            for id_ in _ids(shard):
                with open(shard / id_, "rb") as file:
                    if key_id(file.read(HEADER_SIZE)) != self.keys.newest.id:
                        yield id_

    def _path(self, id_: str) -> Path:
        id_ = str(UUID(id_))  # never a path somebody else chose
        return self.folder / id_[:2] / id_

    def _read(self, id_: str) -> bytes:
        try:
            return self._path(id_).read_bytes()
        except (FileNotFoundError, ValueError):
            raise Missing(id_) from None

    def _write(self, id_: str, sealed: bytes) -> None:
        path = self._path(id_)
        for folder in (self.folder, path.parent):
            _make(folder)
        part = path.with_name(f"{id_}.{secrets.token_hex(4)}{_PART}")
        try:
            _write_through(part, sealed)
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        _sync(path.parent)

    def _shards(self) -> list[Path]:
        return sorted(shard for shard in self.folder.iterdir() if shard.is_dir()) if self.folder.is_dir() else []

    def _old(self, shard: Path, older_than: timedelta) -> list[str]:
        """Give the ids of a shard's old documents; old beginnings of some, that no crash let end, go at once."""
        before = time.time() - older_than.total_seconds()
        with os.scandir(shard) as entries:
            old = [entry.name for entry in entries if entry.stat().st_mtime < before]
        for name in old:
            if name.endswith(_PART):
                (shard / name).unlink(missing_ok=True)
        return [name for name in old if _is_id(name)]


@lru_cache
def vault_of(settings: Settings) -> Vault:
    """Give the vault of a running service."""
    return Vault(settings.files_folder, Keyring.of(settings))


def _ids(shard: Path) -> list[str]:
    return sorted(name for name in os.listdir(shard) if _is_id(name))


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(folder.parent)


def _write_through(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Have the disk keep the name too: a file that was synced in a folder that was not may be gone after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
