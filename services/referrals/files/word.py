"""What makes a Word document one we take: the zip of today (.docx) and the binary file of before 2007 (.doc)."""
from __future__ import annotations

import io
import re
import zipfile
import zlib

import olefile  # type: ignore[import-untyped]

from services.referrals.files.unfit import MB, Unfit

ZIP, OLE = b"PK\x03\x04", bytes.fromhex("D0CF11E0A1B11AE1")
#: Most bytes a document may unfold to: pictures hardly shrink in a zip, so four times the most a file may have.
UNFOLDED = 100 * MB
MEMBERS = 5000
#: Most bytes of the list that says what each member is.
DECLARED = MB

_DOCUMENT = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_AS_OTHER = "Save it as PDF or as a Word document (.docx), and choose that."
#: What in a zip's members or declared contents tells which kind it is instead.
_OTHER_ZIPS = (
    (b"spreadsheetml", "This file is a spreadsheet, not a document. " + "Save it as PDF, and choose that."),
    (b"presentationml", "This file is a presentation, not a document. " + "Save it as PDF, and choose that."),
    (b"wordprocessingml.template", f"This file is a Word template. {_AS_OTHER}"),
    (b"opendocument", f"This file is an OpenDocument file. {_AS_OTHER}"),
    (b"index/document.iwa", f"This file is a Pages document. {_AS_OTHER}"),
    (b"meta-inf/manifest.mf", "This file is a program. Save the document itself as PDF, Word or a picture, and choose that."),
)
_MACROS = ("This Word document contains macros, which are small programs. Save it as a Word document without macros (.docx) "
           "or as PDF, and choose that.")
_CONTROLS = "This Word document contains controls or other files. Save it as PDF, and choose that."
_LOCKED = "This document asks for a password. Save a copy without one, and choose that."
_BROKEN = "This Word document is damaged or not whole. Open it, save it again, and choose that."
_FOLDED = "This file unfolds to far more than its size. Save it as PDF, and choose that."


def check_open_xml(content: bytes) -> None:
    """Raise Unfit for a zip that is no Word document, or one that holds more than text and pictures."""
    if content.count(b"PK\x01\x02") > MEMBERS:  # before anything makes an object of each
        raise Unfit(_FOLDED)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _measured(archive)
            _judged(archive)
            _whole(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError):
        raise Unfit(_BROKEN) from None


def _measured(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if any(member.flag_bits & 1 for member in members):
        raise Unfit(_LOCKED)
    if sum(member.file_size for member in members) > UNFOLDED:
        raise Unfit(_FOLDED)


def _judged(archive: zipfile.ZipFile) -> None:
    names = {member.filename for member in archive.infolist()}
    declared, mimetype = _start(archive, names, "[Content_Types].xml"), _start(archive, names, "mimetype")
    seen = "\n".join(sorted(names)).lower().encode(errors="replace")
    if b"macroEnabled" in declared or b"vbaproject" in seen or b"vbaProject" in declared:
        raise Unfit(_MACROS)
    if _main_part(declared) not in names:
        raise _other(declared + mimetype + seen)
    if re.search(rb"^word/activex/|^word/embeddings/.*\.bin$", seen, re.MULTILINE):
        raise Unfit(_CONTROLS)


def _start(archive: zipfile.ZipFile, names: set[str], name: str) -> bytes:
    if name not in names:
        return b""
    with archive.open(name) as member:
        return member.read(DECLARED)


def _main_part(declared: bytes) -> str:
    """Give the member that is the document's text: Word lets it have any name, but says which it is."""
    for piece in declared.split(b"<Override")[1:]:
        override = piece.partition(b">")[0]
        if b'"' + _DOCUMENT + b'"' in override and (name := re.search(rb'PartName="/([^"]+)"', override)):
            return name[1].decode(errors="replace")
    return ""


def _other(seen: bytes) -> Unfit:
    for mark, words in _OTHER_ZIPS:
        if mark in seen:
            return Unfit(words)
    return Unfit("This file is a zip archive. Take the documents out of it and send each as a file of its own.")


def _whole(archive: zipfile.ZipFile) -> None:
    """Read every member to its end: only then is its size, and that nothing is missing, more than a claim."""
    if archive.testzip() is not None:
        raise Unfit(_BROKEN)


def check_binary(content: bytes) -> None:
    """Raise Unfit for an OLE file that is no Word document, is locked, or holds macros."""
    try:
        with olefile.OleFileIO(content) as ole:
            _judged_binary(ole, {"/".join(path).lower() for path in ole.listdir(storages=True)})
    except Unfit:
        raise
    except Exception:  # noqa: BLE001 - the library raises what it likes for a file that is not as it should be
        raise Unfit(_BROKEN) from None


def _judged_binary(ole: olefile.OleFileIO, seen: set[str]) -> None:
    if "encryptedpackage" in seen:
        raise Unfit(_LOCKED)
    if "worddocument" not in seen:
        raise _other_binary(seen)
    if any(path.split("/")[-1] in ("macros", "vba", "_vba_project") for path in seen):
        raise Unfit(_MACROS)
    _whole_binary(ole)
    # the 9th bit of the flags in the file's information block says that the text is encrypted
    head = ole.openstream("WordDocument").read(12)
    if len(head) < 12:
        raise Unfit(_BROKEN)
    if int.from_bytes(head[10:12], "little") & 0x0100:
        raise Unfit(_LOCKED)


def _whole_binary(ole: olefile.OleFileIO) -> None:
    """Read every stream to its end, for the directory of one that was cut short may be whole."""
    sizes = {tuple(path): ole.get_size(path) for path in ole.listdir()}
    if sum(sizes.values()) > UNFOLDED:
        raise Unfit(_FOLDED)
    if any(len(ole.openstream(list(path)).read()) < size for path, size in sizes.items()):
        raise Unfit(_BROKEN)


def _other_binary(seen: set[str]) -> Unfit:
    if seen & {"workbook", "book"}:
        return Unfit("This file is a spreadsheet, not a document. Save it as PDF, and choose that.")
    if "powerpoint document" in seen:
        return Unfit("This file is a presentation, not a document. Save it as PDF, and choose that.")
    if any(path.startswith("__properties_version") for path in seen):
        return Unfit("This file is an email. Save what was attached to it, or print it to PDF, and choose that.")
    return Unfit(f"This file is not a Word document. {_AS_OTHER}")
