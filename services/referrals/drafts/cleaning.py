"""What comes along when people paste from Word, a web page or a PDF: taken off, without touching what they wrote; pure."""
from __future__ import annotations

import re
import unicodedata

#: Joiners that some scripts and emoji are written with; between plain letters they are left-overs of a layout.
JOINERS = "\u200c\u200d"
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_STRAY_JOINER = re.compile(f"(?<![^\x00-\x7f])[{JOINERS}]|[{JOINERS}](?![^\x00-\x7f])")


def lines(text: str) -> str:
    """Give a text of several lines as it is kept: ends of line as \\n, blanks as spaces, nothing unseen."""
    whole = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))
    seen = _STRAY_JOINER.sub("", "".join(_letter(letter) for letter in whole))
    return "\n".join(re.sub(" +", " ", line).strip() for line in seen.split("\n")).strip()


def line(text: str) -> str:
    """Give a text of one line as it is kept."""
    return " ".join(lines(text).split())


def number(text: str) -> str:
    """Give an NHS number without what people put between its digits; anything else stays, to be shown as wrong."""
    return re.sub(r"[\s.\-‐‑‒–—]", "", line(text))


def _letter(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Zs" or letter == "\t":
        return " "
    # marks that hide or turn what follows, control characters, halves of letters
    return "" if category in ("Cc", "Cf", "Cs") and letter not in "\n" + JOINERS else letter
