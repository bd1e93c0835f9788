"""On which line of a TOML text something stands; `tomllib` does not say."""
from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]


def line_of(text: str, key: str, part: str = "", index: int = 0) -> int:
    """Give the line a key is written on, at the top or in the `index`-th `[[part]]`.

    Where the key is missing: the line that `[[part]]` begins on, or 1 at the top.
    """
    if part:
        return _first(text, lambda seen: key in _table(seen, part, index)) or _first(
            text, lambda seen: len(seen.get(part, ())) > index) or 1
    return _first(text, lambda seen: key in seen) or 1


def unfinished(text: str) -> int:
    """Give the line on which what cannot be read begins."""
    ends = [end for _, end, _ in _statements(text)]
    return _begins(text.split("\n"), ends[-1] if ends else 0)


def _first(text: str, has: Callable[[Document], bool]) -> int | None:
    return next((line for line, _, seen in _statements(text) if has(seen)), None)


def _table(seen: Document, part: str, index: int) -> Document:
    tables = seen.get(part, ())
    return tables[index] if isinstance(tables, list) and len(tables) > index else {}


def _statements(text: str) -> Iterator[tuple[int, int, Document]]:
    """Give the first and the last line of each statement, with all that had been said by its end.

    A statement ends where the text so far can be read: so strings and lists of several lines need no grammar of ours.
    """
    lines, start = text.split("\n"), 0
    for end in range(1, len(lines) + 1):
        try:
            seen = tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
        yield _begins(lines, start), end, seen
        start = end


def _begins(lines: list[str], start: int) -> int:
    """Give the line of the first word from `start` lines on, blank lines and comments left out."""
    for number in range(start, len(lines)):
        if lines[number].strip() and not lines[number].lstrip().startswith("#"):
            return number + 1
    return max(start, 1)
