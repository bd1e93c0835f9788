"""Days as people write them in forms: in numbers or words, in any order, in three boxes or all in one.

Where a date could be read day first or month first, it is day first. The API reads ISO 8601 only.
"""
from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LITTLE = ("of", "the")
#: The parts of a date as errors name them, in the order of the boxes.
NAMES = ("a day", "a month", "a year")
#: Years from today that two digits may mean: a lifetime back; or what the Pod has in hand, back and ahead.
LIFETIME, BACK, AHEAD = 110, 20, 10

_PART = re.compile(r"['’]?[0-9]+(?:st|nd|rd|th)?|[a-z]+")
#: A word processor may have made dashes of hyphens.
_BETWEEN = re.compile(r"[\s/.,\\\-‐‑‒–—]*")

#: Digits as they were written, or the number of the month a word names.
Part = str | int


class Unreadable(ValueError):
    """What was written is no date; the text is a sentence that says what to do."""


class Asked(NamedTuple):
    """What is asked for: `what` begins sentences about it ("The date of birth"); `past` where it may lie a lifetime back."""

    what: str
    today: date
    past: bool = False

    @property
    def inside(self) -> str:
        """Give what it is called inside a sentence."""
        return self.what[:1].lower() + self.what[1:]

    @property
    def years(self) -> range:
        """Give the years of which two digits may be said."""
        now = self.today.year
        return range(now - LIFETIME, now + 1) if self.past else range(now - BACK, now + AHEAD + 1)

    @property
    def example(self) -> int:
        """Give a year to show."""
        return 1985 if self.past else 2026


def read(boxes: Sequence[str], asked: Asked) -> date | None:
    """Read a day from the boxes labelled day, month and year; None where all are empty. Raises Unreadable."""
    found = [_parts(box, asked) for box in boxes]
    parts = _apart([part for box in found for part in box])
    if not parts and not any(box.strip() for box in boxes):
        return None
    if not 0 < len(parts) <= 3:
        raise _unlike(asked)
    if len(parts) < 3:
        raise Unreadable(f"{asked.what} must include {' and '.join(_missing(found))}")
    return _real(parts, asked)


def _parts(box: str, asked: Asked) -> list[Part]:
    text = box.lower()
    if not _BETWEEN.fullmatch(_PART.sub("", text)):
        raise _unlike(asked)
    words = [word for word in _PART.findall(text) if word not in LITTLE and not _named(word, WEEKDAYS)]
    return [_month(word, asked) if word.isalpha() else re.sub("[^0-9]", "", word) for word in words]


def _named(word: str, names: Sequence[str]) -> int:
    """Give which of the names a word is or abbreviates, counted from 1; 0 where none."""
    found = [number for number, name in enumerate(names, 1) if len(word) >= 3 and name.startswith(word)]
    return found[0] if found else 0


def _month(word: str, asked: Asked) -> int:
    if number := _named(word, MONTHS):
        return number
    raise Unreadable(f"The month of {asked.inside} must be a number or a name, like 3 or March")


def _apart(parts: list[Part]) -> list[Part]:
    """Take eight digits apart, as 27031985 or 19850327; no date of 1800 to 2199 can be read both ways."""
    if len(parts) != 1 or len(digits := str(parts[0])) != 8:
        return parts
    if "18" <= digits[:2] <= "21" and digits[4:6] <= "12":
        return [digits[:4], digits[4:6], digits[6:]]
    return [digits[:2], digits[2:4], digits[4:]]


def _missing(found: Sequence[Sequence[Part]]) -> list[str]:
    """Name what is not there: a word is the month, many digits the year, other numbers what their box says or the next."""
    missing = list(NAMES)
    for name, part in [(name, part) for name, box in zip(NAMES, found, strict=False) for part in box]:
        meant = "a month" if isinstance(part, int) else "a year" if len(part) > 2 else name
        missing.remove(meant if meant in missing else missing[0])
    return missing


def _real(parts: Sequence[Part], asked: Asked) -> date:
    year, days = _orders(parts, asked)
    number = _year(year, asked)
    for day, month in days:
        try:
            return date(number, int(month), int(day))
        except (ValueError, OverflowError):
            continue
    raise Unreadable(f"{asked.what} must be a real date, like 27 3 {asked.example}")


def _orders(parts: Sequence[Part], asked: Asked) -> tuple[str, list[tuple[Part, Part]]]:
    """Give the year, and what may be day and month, the likelier first."""
    numbers, months = [part for part in parts if isinstance(part, str)], [part for part in parts if isinstance(part, int)]
    if len(months) > 1:
        raise _unlike(asked)
    backwards = len(numbers[0]) > 2
    *rest, year = numbers[::-1] if backwards else numbers
    day, month = rest[0], months[0] if months else rest[1]
    return year, [(day, month)] if months else [(day, month), (month, day)]


def _year(digits: str, asked: Asked) -> int:
    if len(digits) == 4:
        return int(digits)
    fitting = [year for year in asked.years if len(digits) == 2 and year % 100 == int(digits)]
    if len(fitting) == 1:
        return fitting[0]
    like = " or ".join(map(str, fitting or [asked.example]))
    raise Unreadable(f"The year of {asked.inside} must have 4 digits, like {like}")


def _unlike(asked: Asked) -> Unreadable:
    return Unreadable(f"{asked.what} must be a date like 27 3 {asked.example} or 27 March {asked.example}")
