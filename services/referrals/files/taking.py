"""Taking a file in: what it is, whether it is clean, into the vault. Slow and on the network: outside any transaction."""
from __future__ import annotations

import logging
import time
from typing import NamedTuple

from services.referrals.files.names import clean
from services.referrals.files.scanner import ScannerAway, scanner_of
from services.referrals.files.sniff import Kind, sniff
from services.referrals.files.unfit import FOUND, LATER, Unfit, in_words
from services.referrals.files.vault import vault_of
from shared.settings import Settings

log = logging.getLogger(__name__)


class Taken(NamedTuple):
    """A file in the vault that the database does not know yet.

    `digests` tell the same file again, under each master key; `scanner` is who found it clean, empty where nobody looked.
    """

    id: str
    name: str
    media_type: str
    size: int
    digests: tuple[str, ...]
    scanner: str


def take(settings: Settings, name: str, content: bytes) -> Taken:
    """Look at a file, have it scanned, and put it into the vault; raises Unfit with words for whoever sent it.

    `name` is as the sender's machine called it. Nothing of the file, nor its name, is logged.
    """
    try:
        kind = sniff(content, name)
        time.sleep(0)  # looking at 25 MB takes a fifth of a second: let others of this process in
        scanner = _scanned(settings, content)
        return _stored(settings, name, kind, content, scanner)
    except Unfit as unfit:
        log.info("an upload of %s was not taken: %s", in_words(len(content)), unfit.why)
        raise


def _scanned(settings: Settings, content: bytes) -> str:
    """Give who found it clean; a scanner that is configured and gives no verdict means: not now."""
    scanner = scanner_of(settings)
    if scanner is None:
        return ""
    try:
        found, version = scanner.scan(content), scanner.version()
    except ScannerAway as away:
        log.warning("the virus scanner gave no verdict, so an upload was not taken: %s", away)
        raise Unfit("We could not check this file for viruses just now, so it was not kept. Try again in a few minutes.", LATER) from None
    if found:
        log.warning("the virus scanner found %s in an upload", found)
        raise Unfit("This file contains a virus or something like one, so it was not kept. "
                    "Do not open it or send it to anybody, and tell your IT service desk.", FOUND)
    return version


def _stored(settings: Settings, name: str, kind: Kind, content: bytes, scanner: str) -> Taken:
    vault = vault_of(settings)
    try:
        id_ = vault.put(content)
    except OSError as fault:
        log.error("the vault cannot be written: %s", fault.strerror)
        raise Unfit("The file could not be kept just now. Try again in a few minutes.", LATER) from None
    return Taken(id_, clean(name, kind), kind.media_type, len(content), vault.keys.digests(content), scanner)
