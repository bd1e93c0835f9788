"""What makes a PDF one we take.

It sorts honest files from unfit ones, bounded in time and memory; it is no defence against somebody who hides things well.
That is the scanner, and that a document is only ever downloaded, never shown by us.
"""
from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from services.referrals.files.unfit import MB, Unfit

#: Where the end must be said; viewers look no further back.
END_WITHIN = 1024
#: Most bytes that packed objects may unfold to; of an honest document they are its outline, not its pictures.
UNFOLDED = 64 * MB
#: Most packed parts, and most escapes undone: more than any honest document has, and few enough to look at.
PARTS, ESCAPES = 5000, 100_000

_OBJECT = re.compile(rb"\d\s{1,9}\d{1,9}\s{1,9}obj\b")
_PACKED = re.compile(rb"/ObjStm\b.{0,1000}?\bstream\r?\n", re.DOTALL)
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_LOCKED = re.compile(rb"/Encrypt\s*(?:<<|\d+\s+\d+\s+R)")
_ACTIVE = (
    (re.compile(rb"/Launch\b"),
     "This PDF starts a program when it is opened. Print it to PDF (“Save as PDF” in the print window), and choose that."),
    (re.compile(rb"/EF\s*(?:<<|\d+\s+\d+\s+R)|/EmbeddedFiles?\b"),
     "This PDF carries other files inside it. Take them out and send each as a file of its own."),
    (re.compile(rb"/JavaScript\b|/XFA\s*(?:\[|\d+\s+\d+\s+R)"),
     "This PDF contains a script, as some forms to fill in do. Print it to PDF (“Save as PDF” in the print window), and choose that."),
)


def is_pdf(content: bytes) -> bool:
    """Say whether it begins as a PDF does, at its very first byte."""
    return re.match(rb"%PDF-[12]\.\d", content) is not None


def check(content: bytes) -> None:
    """Raise Unfit for a PDF that is not whole, is locked, or holds more than pages.

    Scripts are refused although some forms have them to fill in a date: who prints such a form to PDF loses nothing,
    and the Pod's staff open a stranger's file on the council's computers.
    """
    if b"%%EOF" not in content[-END_WITHIN:]:
        raise Unfit("This PDF is not whole: its end is missing. Save or scan it again, and choose that.")
    if not _OBJECT.search(content):
        raise Unfit("There is nothing in this PDF. Save or scan it again, and choose that.")
    if _LOCKED.search(content):
        raise Unfit("This PDF is protected. Save a copy without a password and without restrictions, and choose that.")
    for part in (content, *_packed(content)):
        _inert(_plain(part))


def _inert(part: bytes) -> None:
    for pattern, words in _ACTIVE:
        if pattern.search(part):
            raise Unfit(words)


def _plain(part: bytes) -> bytes:
    """Undo the escapes that names may be written in."""
    return _ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), part, count=ESCAPES)


def _packed(content: bytes) -> Iterator[bytes]:
    """Give the objects that newer PDFs keep packed, for their names cannot be seen otherwise."""
    left, at = UNFOLDED, 0
    if content.count(b"/ObjStm") > PARTS:
        raise _folded()
    while found := _PACKED.search(content, at):
        at = content.find(b"endstream", found.end())
        at = len(content) if at < 0 else at
        part = _unfolded(content[found.end():at], left)
        left -= len(part)
        if left <= 0:
            raise _folded()
        yield part


def _folded() -> Unfit:
    return Unfit("This PDF unfolds to far more than its size. Print it to PDF, and choose that.")


def _unfolded(packed: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:  # packed in another way, or not at all: then its names were seen in the whole
        return b""
