"""What the doctor, and the start, look at: key, folder, documents, scanner."""
from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from services.referrals.files import records
from services.referrals.files.keys import Keyring
from services.referrals.files.scanner import ScannerAway, scanner_of
from services.referrals.files.seal import VaultFault
from services.referrals.files.vault import Vault
from shared.database import Database, is_made
from shared.settings import Settings, SettingsError


class Told(NamedTuple):
    """What was found; `remedy` is empty when all is well, and a `mild` one is a warning."""

    subject: str
    found: str
    remedy: str = ""
    mild: bool = False


def insist(settings: Settings) -> None:
    """Stop the start of a server that has no key to seal documents with; raises SettingsError."""
    if fault := _keyless(settings):
        raise SettingsError([fault])


def look(settings: Settings) -> Iterator[Told]:
    """Look at what documents need; writes nothing."""
    if fault := _keyless(settings):
        yield Told("setting", fault, "'pod up' refuses it: make one with 'openssl rand -base64 32'")
    else:
        stock = _stock(settings)
        yield _folder(settings.files_folder, stock)
        yield from _older_keys(settings, stock)
    yield _scanner(settings)


def _keyless(settings: Settings) -> str:
    missing = not settings.files_key and not settings.demo
    return "POD_FILES_KEY: missing; it is required for referrals unless POD_MODE is demo" if missing else ""


class Stock(NamedTuple):
    """How many documents the database knows, and how many of them are not in the folder."""

    known: int
    missing: int

    @property
    def words(self) -> str:
        """Say what is missing."""
        return f"{self.missing} of the {self.known} documents the database knows" if self.known > 1 else "the document the database knows"


def _stock(settings: Settings) -> Stock:
    """Hold the folder against the database; one that cannot be asked the doctor has spoken of already."""
    url = settings.database_for("referrals")
    if not is_made(url):
        return Stock(0, 0)
    database = Database(url)
    try:
        with database.read() as connection:
            known = records.in_use(connection)
    except sa.exc.DBAPIError:
        return Stock(0, 0)
    finally:
        database.dispose()
    return Stock(len(known), len(known - Vault(settings.files_folder, Keyring(())).ids()))


def _folder(folder: Path, stock: Stock) -> Told:
    subject = f"folder of documents {folder}"
    if stock.missing:
        return Told(subject, f"{'' if folder.exists() else 'is not there, and '}lacks {stock.words}",
                    "Mount it, or mend POD_FILES; what is lost, restore from the backup. Nobody can open them before")
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Told(subject, "cannot be written", "Let the user the suite runs as write it, or mend POD_FILES")
    if there != folder:
        return Told(subject, "is made by the first document")
    if folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Told(subject, "can be looked into by others than the user the suite runs as", f"chmod 700 {folder}", mild=True)
    return Told(subject, "can be written")


def _older_keys(settings: Settings, stock: Stock) -> Iterator[Told]:
    """Say whether the older keys may be thrown away yet: not while a document is away that may need one."""
    if settings.files_key.count(",") == 0:
        return
    if stock.missing:
        yield Told("keys of documents", f"cannot be judged without {stock.words}", "Leave all of them in POD_FILES_KEY until they are back", mild=True)
        return
    try:
        older = sum(1 for _ in Vault(settings.files_folder, Keyring.of(settings)).under_older_keys())
    except (VaultFault, OSError) as fault:
        yield Told("keys of documents", f"a document cannot be looked at ({type(fault).__name__})", "Restore it from the backup")
        return
    if older:
        yield Told("keys of documents", f"an older one is still needed, for {older} of them",
                   "Leave it in POD_FILES_KEY; the suite changes over within the hour", mild=True)
    else:
        yield Told("keys of documents", "the newest opens them all: the older may be taken out of POD_FILES_KEY")


def _scanner(settings: Settings) -> Told:
    scanner = scanner_of(settings)
    if scanner is None:
        return Told("virus scanner", "none: documents are not scanned", "Install ClamAV's daemon and set POD_CLAMD", mild=True)
    try:
        return Told(f"virus scanner at {settings.clamd}", f"answers: {scanner.version()}")
    except ScannerAway as away:
        return Told(f"virus scanner at {settings.clamd}", f"cannot be asked ({away})",
                    "Start it, or mend POD_CLAMD; until then no document is taken")
