"""How names of people and teams are compared: capitals, accents and kinds of apostrophe make no difference."""
from __future__ import annotations

import unicodedata

#: What people type for an apostrophe.
APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ`´", "'"))
#: Letters that no accent can be taken from, as people type them on an English keyboard.
STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


def folded(text: str) -> str:
    """Give a name as it is compared, searched and sorted."""
    apart = unicodedata.normalize("NFKD", text.translate(APOSTROPHES))
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(bare.casefold().translate(STROKES).split())


def findable(*texts: str | None) -> str:
    """Give the text one searches in."""
    return folded(" ".join(text for text in texts if text))
