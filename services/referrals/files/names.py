"""What a file is called: as its sender called it, without what could harm or mislead."""
from __future__ import annotations

import re
import unicodedata

from services.referrals.files.sniff import Kind

LONGEST = 200
#: Cc control, Cf marks that turn or hide what follows, Cs halves of letters, Co and Cn nobody's, Zl and Zp line ends.
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(name: str, kind: Kind) -> str:
    """Give the name to keep: its last part, at most 200 characters, with an ending that says what the file is.

    "C:\\\\scans\\\\plan.exe", when it is a PDF, is kept as "plan.exe.pdf"; of a name with nothing left, "document.pdf".
    """
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(_letter(letter) for letter in unicodedata.normalize("NFC", last))
    words = " ".join(seen.split()).rstrip(". ")
    stem, dot, ending = words.rpartition(".")
    if not dot or ending.lower() not in kind.endings:
        stem, ending = words, kind.endings[0]
    stem = stem[:LONGEST - len(ending) - 1].strip(". ")
    return f"{stem or 'document'}.{ending}"


def _letter(letter: str) -> str:
    if unicodedata.category(letter) not in UNSEEN:
        return letter
    return " " if letter.isspace() else ""
