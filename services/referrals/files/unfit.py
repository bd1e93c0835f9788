"""A file that is not taken, and how sizes are said."""
from __future__ import annotations

import math

MB = 1024 * 1024
#: Most bytes of one file: a thirty-page scan or any telephone's photo fits, a film does not.
MOST = 25 * MB

TOO_LARGE, WRONG_KIND, FOUND, LATER = "too large", "wrong kind", "found", "later"


class Unfit(Exception):
    """A file was not taken; `words` say why and what to do, `why` is one of the four words above."""

    def __init__(self, words: str, why: str = WRONG_KIND):
        super().__init__(why)  # what is logged of it names no file and nobody
        self.words, self.why = words, why


def in_words(size: int) -> str:
    """Give a number of bytes as people say it, rounded up, so that what is too large never reads as just fitting."""
    if size < MB / 10:
        return f"{max(1, math.ceil(size / 1024))} KB"
    return f"{math.ceil(size / MB * 10) / 10:g} MB"


def too_large(size: int) -> Unfit:
    """Refuse a file for its size."""
    return Unfit(f"The file is {in_words(size)}; the most is {in_words(MOST)}. Scan or photograph it at a lower quality, "
                 "or send it in parts.", TOO_LARGE)
