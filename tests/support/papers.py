"""Files as wards send them, and as nobody should: made here byte by byte, so that no sample lies about."""
from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
#: The harmless text every virus scanner takes for a virus; in halves, for scanners look at this file as well.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" b"ANTIVIRUS-TEST-FILE!$H+H*"


def pdf(extra: bytes = b"", packed: bytes = b"", filling: bytes = b"") -> bytes:
    """One page; `extra` goes into the catalog, `packed` into an object stream, `filling` into the page's own stream."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R " + extra + b" >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
               b"<< /Length %d >>\nstream\n%s\nendstream" % (len(filling), filling)]
    if packed:
        inside = zlib.compress(packed)
        objects.append(b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\r\n%s\nendstream" % (len(inside), inside))
    body, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + (b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
                   % (len(places) + 1, table, len(places) + 1, len(body)))


def archive(members: Mapping[str, bytes]) -> bytes:
    """A zip of these members, the same whenever it is made."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)  # of 1980: a zip made later would be another
    return made.getvalue()


def docx(members: Mapping[str, bytes] | None = None, kind: str = WORD, part: str = "word/document.xml") -> bytes:
    """A Word document; `members` are added, `kind` is what its main part is declared to be."""
    types = (f'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
             f'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/{part}" ContentType="{kind}"/></Types>')
    return archive({"[Content_Types].xml": types.encode(), "_rels/.rels": b"<Relationships/>",
                    part: b"<w:document><w:body><w:p>Care plan</w:p></w:body></w:document>", **(members or {})})


def ole(*streams: str, flags: int = 0) -> bytes:
    """A compound file of streams and storages by path ("Macros/" is a storage), each stream 4096 bytes; `flags` of Word's."""
    names = ["Root Entry", *(path.rstrip("/") for path in streams)]
    at = 1 + (len(names) + 3) // 4
    entries = b"".join(_entry(name, number, len(names), streams, at) for number, name in enumerate(names))
    entries += bytes(-len(entries) % 512)
    data = b"".join(bytes(10) + struct.pack("<H", flags) + bytes(4084) for path in streams if not path.endswith("/"))
    folders = len(entries) // 512
    table = [0xFFFFFFFD, *range(2, folders + 1), 0xFFFFFFFE]
    for start in range(1 + folders, 1 + folders + len(data) // 512, 8):
        table += [*range(start + 1, start + 8), 0xFFFFFFFE]
    sectors = struct.pack("<128I", *(table + [0xFFFFFFFF] * (128 - len(table)))) + entries + data
    head = struct.pack("<8s16xHHHHH6xIIIIIIIII", bytes.fromhex("D0CF11E0A1B11AE1"), 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096,
                       0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    return head + struct.pack("<109I", 0, *([0xFFFFFFFF] * 108)) + sectors


def _entry(name: str, number: int, count: int, streams: tuple[str, ...], at: int) -> bytes:
    """Give an entry of the directory: every one but the root is a leaf of a list to the right."""
    is_stream = number > 0 and not streams[number - 1].endswith("/")
    start = at + 8 * sum(1 for path in streams[:number - 1] if not path.endswith("/")) if is_stream else 0
    kind = 5 if number == 0 else 2 if is_stream else 1
    nobody = 0xFFFFFFFF
    right = number + 1 if 0 < number < count - 1 else nobody
    child = (1 if count > 1 else nobody) if number == 0 else nobody
    text = (name + "\0").encode("utf-16-le")
    return struct.pack("<64sHBBIII16xI16xIQ", text, len(text), kind, 1, nobody, right, child, 0,
                       start if is_stream else 0xFFFFFFFE if number == 0 else 0, 4096 if is_stream else 0)


def doc(*more: str, flags: int = 0) -> bytes:
    """A Word document of before 2007."""
    return ole("WordDocument", "1Table", *more, flags=flags)


def doc_of_today() -> bytes:
    """The same as Word has written it since 2007: with the colours in it, as a zip."""
    made, colours = doc(), archive({"theme/theme/theme1.xml": b"<a:theme/>"})
    return made[:-len(colours) - 100] + colours + made[-100:]


def jpeg(trailer: bytes = b"") -> bytes:
    """A photograph with a thumbnail of its own in its head, as telephones make them."""
    thumbnail = b"Exif\0\0" + b"\xff\xd8\xff\xda\x00\x02..\xff\xd9"
    return (b"\xff\xd8\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail + b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00"
            + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"light and shade" * 20 + b"\xff\xd9" + trailer)


def png() -> bytes:
    """A picture of the screen."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(bytes(20))) + chunk(b"IEND", b""))


def heic(brand: bytes = b"heic") -> bytes:
    """A photograph as newer telephones keep it."""
    def box(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", 8 + len(data)) + kind + data
    return box(b"ftyp", brand + bytes(4) + b"mif1heic") + box(b"meta", bytes(60)) + box(b"mdat", bytes(500))


def tiff(order: str = "<", pages: int = 2) -> bytes:
    """A fax of some pages, each of two strips."""
    made = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    for number in range(pages):
        at = len(made)
        strips = at + 2 + 12 * 2 + 4
        data = strips + 16
        following = data + 64 if number < pages - 1 else 0
        made += struct.pack(order + "HHHIIHHII", 2, 273, 4, 2, strips, 279, 4, 2, strips + 8) + struct.pack(order + "I", following)
        made += struct.pack(order + "IIII", data, data + 32, 32, 32) + bytes(64)
    return made


#: What wards send: name -> contents and the kind it is.
GOOD: dict[str, tuple[bytes, str]] = {
    "plan.pdf": (pdf(), "application/pdf"),
    "plan with an outline.pdf": (pdf(packed=b"5 0 << /Type /Outlines >>"), "application/pdf"),
    "plan.docx": (docx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "saved in a browser.docx": (docx(part="word/document2.xml"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "with a chart.docx": (docx({"word/embeddings/Microsoft_Excel_Sheet.xlsx": archive({"a": b"b"})}),
                          "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "plan.doc": (doc(), "application/msword"),
    "plan of today.doc": (doc_of_today(), "application/msword"),
    "photo.jpg": (jpeg(), "image/jpeg"),
    "photo that moves.jpg": (jpeg(heic()), "image/jpeg"),
    "screen.png": (png(), "image/png"),
    "photo.heic": (heic(), "image/heic"),
    "photo.heif": (heic(b"mif1"), "image/heic"),
    "fax.tif": (tiff(), "image/tiff"),
    "scan.tiff": (tiff(">", 1), "image/tiff"),
}
