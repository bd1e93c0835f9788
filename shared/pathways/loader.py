"""Reads pathway definitions; a broken one is refused with file, line and reason."""
from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from shared.pathways.definition import Choice, Document, Pathway, Strand, Team

HERE = Path(__file__).parent
PARTS: Mapping[str, type[Any]] = {"team": Team, "condition": Choice, "meeting_preference": Choice, "social_issue": Choice,
                                  "document": Document, "strand": Strand}
T = TypeVar("T")


class BrokenPathway(Exception):
    """A definition that cannot be used: the message names file, line and reason."""

    def __init__(self, path: Path, line: int, reason: str):
        super().__init__(f"{path.name}, line {line}: {reason}")


class _Fault(Exception):
    """Something wrong at a key of a part."""

    def __init__(self, key: str, reason: str):
        super().__init__(reason)
        self.key, self.reason = key, reason


def load(path: Path) -> Pathway:
    """Read one definition. Raises BrokenPathway."""
    text = path.read_text(encoding="utf-8")
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"at line (\d+)", str(fault))
        raise BrokenPathway(path, int(found[1]) if found else len(text.splitlines()), str(fault)) from None
    parts = {name: _parts(path, text, name, given.pop(name, [])) for name in PARTS}
    try:
        pathway: Pathway = _make(Pathway, {**given, **parts, "fingerprint": hashlib.sha256(text.encode()).hexdigest()[:12]})
        _make_sense(path, pathway)
    except _Fault as fault:
        raise BrokenPathway(path, _line(text, fault.key), fault.reason) from None
    return pathway


def load_all(folder: Path = HERE) -> dict[str, Pathway]:
    """Read every definition of a folder, by name. Raises BrokenPathway."""
    return {pathway.name: pathway for pathway in map(load, sorted(folder.glob("*.toml")))}


def _parts(path: Path, text: str, name: str, given: Any) -> tuple[Any, ...]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise BrokenPathway(path, _line(text, name), f"{name} must be written as [[{name}]]")
    made = []
    for count, one in enumerate(given):
        try:
            made.append(_make(PARTS[name], one))
        except _Fault as fault:
            raise BrokenPathway(path, _line(text, fault.key, name, count), f"{name}: {fault.reason}") from None
    keys = [getattr(part, "key", getattr(part, "kind", getattr(part, "name", ""))) for part in made]
    for count, key in enumerate(keys):
        if key in keys[:count]:
            raise BrokenPathway(path, _line(text, name, name, count), f"{name}: {key} is there twice")
    return tuple(made)


def _make(kind: type[T], given: Mapping[str, Any]) -> T:
    known: dict[str, Field[Any]] = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            raise _Fault(key, f"{key} is not a word of a definition")
    for key, field in known.items():
        if key not in given and field.default is MISSING:
            raise _Fault(key, f"{key} is missing")
    hints = get_type_hints(kind)
    return kind(**{key: _value(key, hints[key], value) for key, value in given.items()})


def _value(key: str, hint: Any, value: Any) -> Any:
    if hint is bool and not isinstance(value, bool):
        raise _Fault(key, f"{key} must be true or false")
    if hint is int and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise _Fault(key, f"{key} must be a whole number from 0 up")
    if hint is str and not (isinstance(value, str) and value.strip()):
        raise _Fault(key, f"{key} must be a text")
    if hint == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise _Fault(key, f"{key} must be a list of texts")
        return tuple(value)
    return value


def _make_sense(path: Path, pathway: Pathway) -> None:
    if pathway.name != path.stem:
        raise _Fault("name", f"name must be {path.stem}, as the file is called")
    if pathway.first_meeting_breached_days < pathway.first_meeting_due_days:
        raise _Fault("first_meeting_breached_days", "first_meeting_breached_days must not be less than first_meeting_due_days")
    for strand in pathway.strand:
        if strand.maximum < strand.minimum:
            raise _Fault("strand", f"strand {strand.key}: maximum must not be less than minimum")
    for name in ("condition", "meeting_preference", "strand"):
        if not getattr(pathway, name):
            raise _Fault(name, f"there must be at least one [[{name}]]")


def _line(text: str, key: str, part: str = "", count: int = 0) -> int:
    """Give the line of a key, within the `count`-th table of `part` where one is named; else where that begins."""
    lines = text.splitlines()
    heads = [number for number, line in enumerate(lines) if re.match(rf"\[\[?{part}\]\]?", line)] if part else []
    start = heads[count] if count < len(heads) else 0
    for number in range(start, len(lines)):
        if part and number > start and lines[number].startswith("["):
            break
        if re.match(rf"\s*(\[\[?)?{re.escape(key)}(\]\]?)?\s*(=|$|#)", lines[number]):
            return number + 1
    return start + 1
