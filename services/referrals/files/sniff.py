"""What kind of file this is, by what is in it: names and declared types are only claims.

Own tables, for no library of the kind answers what is asked here: not "which of a thousand types", but "one of these
few, whole, and nothing else besides".
"""
from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import NamedTuple

from services.referrals.files import pdf, picture, word
from services.referrals.files.strangers import OTHERWISE, stranger
from services.referrals.files.unfit import MOST, Unfit, too_large


class Kind(NamedTuple):
    """A kind of file we take; the first of `endings` is what a name without a fitting one is given."""

    media_type: str
    endings: tuple[str, ...]


PDF = Kind("application/pdf", ("pdf",))
DOCX = Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",))
DOC = Kind("application/msword", ("doc",))
JPEG = Kind("image/jpeg", ("jpg", "jpeg", "jfif"))
PNG = Kind("image/png", ("png",))
HEIC = Kind("image/heic", ("heic", "heif"))
TIFF = Kind("image/tiff", ("tif", "tiff"))

Look = Callable[[bytes], bool]
Check = Callable[[bytes], None]

#: Whether it is one, which, and what it must be besides. WebP is not here: no ward's telephone or scanner makes it.
TAKEN: tuple[tuple[Look, Kind, Check], ...] = (
    (pdf.is_pdf, PDF, pdf.check),
    (picture.is_jpeg, JPEG, picture.check_jpeg),
    (picture.is_png, PNG, picture.check_png),
    (picture.is_heif, HEIC, picture.check_heif),
    (picture.is_tiff, TIFF, picture.check_tiff),
    (lambda content: content.startswith(word.OLE), DOC, word.check_binary),
    (lambda content: content.startswith(word.ZIP), DOCX, word.check_open_xml),
)
#: What a file chooser offers first; what is chosen all the same is looked at as carefully.
ACCEPT = ",".join(f".{ending}" for _, kind, _ in TAKEN for ending in kind.endings)


def sniff(content: bytes, name: str = "") -> Kind:
    """Give the kind of a file; raises Unfit with words for whoever sent it.

    `name` is used for the words only: "a program, not a PDF".
    """
    if not content:
        raise Unfit("The file is empty. Save or scan it again, and choose that.")
    if len(content) > MOST:
        raise too_large(len(content))
    for is_one, kind, check in TAKEN:
        if is_one(content):
            check(content)
            _only(content, kind)
            return kind
    raise stranger(content, name)


def _only(content: bytes, kind: Kind) -> None:
    """Refuse what is a zip as well, as programs can be: a zip is read from its end, whatever stands before it.

    Word is let be: a .docx is a zip, and since 2007 Word puts one with the colours into every .doc.
    """
    if kind not in (DOC, DOCX) and zipfile.is_zipfile(io.BytesIO(content)):
        raise Unfit(f"This file is two things at once: there is an archive behind what it shows. {OTHERWISE}")
