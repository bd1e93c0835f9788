"""What makes a picture one we take: what ward telephones and scanners make, and whole."""
from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

from services.referrals.files.unfit import Unfit

PNG = b"\x89PNG\r\n\x1a\n"
#: Brands of HEIF files that hold pictures (ISO/IEC 23008-12); with a film's brand the same box begins a film.
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
#: Most parts of a picture looked at: more than honest ones have, and few enough to walk in an instant.
PARTS = 20_000


def not_whole() -> Unfit:
    """Refuse a picture that ends before its end."""
    return Unfit("This picture is damaged or not whole. Take or scan it again, and choose that.")


def is_jpeg(content: bytes) -> bool:
    """Say whether it begins as a JPEG does."""
    return content[:3] == b"\xff\xd8\xff"


def check_jpeg(content: bytes) -> None:
    """Raise Unfit for a JPEG without its picture or its end; what telephones put after the end is let be."""
    at, parts = 2, 0
    while content[at:at + 1] == b"\xff" and content[at + 1:at + 2] != b"\xda" and parts < PARTS:
        length = int.from_bytes(content[at + 2:at + 4], "big")
        at += 1 if content[at + 1:at + 2] == b"\xff" else 2 + max(2, length)
        parts += 1
    if content[at:at + 2] != b"\xff\xda" or content.find(b"\xff\xd9", at) < 0:
        raise not_whole()


def is_png(content: bytes) -> bool:
    """Say whether it begins as a PNG does."""
    return content[:8] == PNG


def check_png(content: bytes) -> None:
    """Raise Unfit for a PNG that does not go from its head to its end."""
    kinds: list[bytes] = []
    at = 8
    while at + 12 <= len(content) and kinds[-1:] != [b"IEND"] and len(kinds) < PARTS:
        kinds.append(content[at + 4:at + 8])
        at += 12 + int.from_bytes(content[at:at + 4], "big")
    if kinds[:1] != [b"IHDR"] or b"IDAT" not in kinds or kinds[-1] != b"IEND" or at > len(content):
        raise not_whole()


def is_heif(content: bytes) -> bool:
    """Say whether it begins as the pictures of newer telephones do."""
    return content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS


def check_heif(content: bytes) -> None:
    """Raise Unfit for a HEIF file without its boxes, or with one cut off."""
    boxes = list(islice(_boxes(content), PARTS))
    if b"meta" not in {kind for kind, _ in boxes} or boxes[-1][1] > len(content):
        raise not_whole()


def _boxes(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Give the kind and end of each box at the top."""
    at = 0
    while at + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        if size == 1:  # the size did not fit and follows
            size = int.from_bytes(content[at + 8:at + 16], "big")
        at += max(size, 8) if size else len(content) - at
        yield kind, at


def is_tiff(content: bytes) -> bool:
    """Say whether it begins as a TIFF does, in either order of bytes."""
    return content[:4] in (b"II*\x00", b"MM\x00*")


def check_tiff(content: bytes) -> None:
    """Raise Unfit for a TIFF whose pages, or the strips they are made of, lie past its end."""
    try:
        _Tiff(content).walk()
    except (struct.error, ValueError):
        raise not_whole() from None


class _Tiff:
    """The directories of a TIFF (TIFF 6.0, section 2): one for each page, each naming where its strips or tiles are."""

    SHORT, LONG = 3, 4
    #: tag of the places -> tag of the lengths; of strips, and of tiles
    PARTS = ((273, 279), (324, 325))

    def __init__(self, content: bytes):
        self.content, self.order = content, "<" if content[:2] == b"II" else ">"
        self.left = PARTS * 10  # pages, fields and strips together

    def walk(self) -> None:
        """Look at every page; ValueError or struct.error for one that is not there."""
        at, seen = self._number("I", 4), set()
        while at:
            if at in seen:
                raise ValueError("endless")
            seen.add(at)
            at = self._page(at)
        if not seen:
            raise ValueError("no page")

    def _page(self, at: int) -> int:
        count = self._number("H", at)
        self._count(1 + count)
        fields = dict(self._fields(at + 2, count))
        parts = [pair for pair in self.PARTS if pair[0] in fields]
        for places, lengths in parts:
            pairs = zip(fields[places], fields.get(lengths, []), strict=True)
            if any(place + length > len(self.content) for place, length in pairs):
                raise ValueError("cut off")
        return self._number("I", at + 2 + 12 * count)

    def _fields(self, at: int, count: int) -> Iterator[tuple[int, list[int]]]:
        wanted = {tag for pair in self.PARTS for tag in pair}
        for place in range(at, at + 12 * count, 12):
            tag, kind, number = struct.unpack_from(f"{self.order}HHI", self.content, place)
            if tag in wanted and kind in (self.SHORT, self.LONG):
                yield tag, self._values(place + 8, "H" if kind == self.SHORT else "I", number)

    def _values(self, place: int, code: str, number: int) -> list[int]:
        self._count(number)
        size = number * struct.calcsize(code)
        if size > 4:  # what does not fit into the field is elsewhere, and the field says where
            place = self._number("I", place)
        if place + size > len(self.content):
            raise ValueError("cut off")
        return list(struct.unpack_from(f"{self.order}{number}{code}", self.content, place))

    def _count(self, parts: int) -> None:
        self.left -= parts
        if self.left < 0:
            raise ValueError("too much to look at")

    def _number(self, code: str, at: int) -> int:
        return int(struct.unpack_from(self.order + code, self.content, at)[0])
