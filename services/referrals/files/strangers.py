"""Kinds of file we do not take, known by their beginnings, each with what to do instead."""
from __future__ import annotations

import re
from collections.abc import Callable

from services.referrals.files.unfit import Unfit

OTHERWISE = "Save the document itself as PDF, Word or a picture, and choose that."
SAVE_IT = "Save it as PDF, Word or a picture (JPEG, PNG, HEIC or TIFF), and choose that."

#: What a name's ending claims the file to be.
CLAIMS = {"pdf": "a PDF", "doc": "a Word document", "docx": "a Word document",
          **dict.fromkeys(("jpg", "jpeg", "png", "heic", "heif", "tif", "tiff"), "a picture")}
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe",
             b"\xcf\xfa\xed\xfe", b"L\x00\x00\x00\x01\x14\x02\x00", b"dex\n", b"@echo")
_ARCHIVES = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MSCF")
_WORDS = re.compile(rb"[\t\n\r\f\x20-\x7e\x80-\xff]+")


def _is_text(content: bytes) -> bool:
    start = content[:4096]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return _WORDS.fullmatch(start) is not None and _reads(start)


def _reads(start: bytes) -> bool:
    try:
        start.decode()
    except UnicodeDecodeError as fault:
        return fault.start > len(start) - 4  # only the last letter was cut in two
    return True


def _begins(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(starts)


def _has_early(pattern: bytes) -> Callable[[bytes], bool]:
    found = re.compile(pattern, re.IGNORECASE)
    return lambda content: found.search(content[:1024]) is not None


#: In this order: whether it is one, what it is called, and what to do.
STRANGERS: tuple[tuple[Callable[[bytes], bool], str, str], ...] = (
    (_begins(*_PROGRAMS), "a program", OTHERWISE),
    (_has_early(rb"%PDF-\d"), "a PDF with something else before it", "Open it, print it to PDF, and choose that."),
    (_begins(b"{\\rtf"), "an RTF document", "Open it in Word, save it as Word or PDF, and choose that."),
    (_has_early(rb"\A\s*(<\?xml[^>]*>\s*)?(<!doctype\s+html|<html|<svg|<script)"), "a web page", SAVE_IT),
    (lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP", "a WebP picture", "Save it as JPEG or PNG, and choose that."),
    (_begins(b"GIF8", b"BM"), "a picture of a kind we do not take", "Save it as JPEG or PNG, and choose that."),
    (lambda content: content[4:8] == b"ftyp" and content[8:12] == b"avif", "an AVIF picture", "Save it as JPEG or PNG, and choose that."),
    (lambda content: content[4:8] in (b"ftyp", b"moov", b"mdat"), "a film or a sound", "Send what it says in writing, as PDF or Word."),
    (_begins(b"ID3", b"RIFF", b"OggS", b"fLaC"), "a sound", "Send what it says in writing, as PDF or Word."),
    (_begins(*_ARCHIVES), "an archive", "Take the documents out of it and send each as a file of its own."),
    (_has_early(rb"\A(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,20}?(?:from|received|return-path|message-id):"), "an email",
     "Save what was attached to it, or print it to PDF, and choose that."),
    (_is_text, "plain text", "Save it as PDF or Word, and choose that."),
)


def stranger(content: bytes, name: str) -> Unfit:
    """Refuse a file that is none of ours, in words that say what it is and what it claimed to be."""
    claimed = CLAIMS.get(name.rpartition(".")[2].lower(), "") if "." in name else ""
    for is_one, called, remedy in STRANGERS:
        if is_one(content):
            contrast = f", not {claimed}" if claimed and claimed not in called else ""
            return Unfit(f"This file is {called}{contrast}. {remedy}")
    if claimed:
        return Unfit(f"This file is called {claimed} and is none, or is damaged. Save it again, and choose that.")
    return Unfit("This file is not a PDF, a Word document or a picture. " + SAVE_IT)
