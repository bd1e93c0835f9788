"""Reads pathway definitions; a broken one is refused with file, line and reason."""
from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, replace
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from shared.faults import BrokenDefinition
from shared.pathways.definition import Choice, Document, Pathway, Strand, Team, plain
from shared.pathways.lines import line_of, unfinished
from shared.pathways.sense import Fault, check

HERE = Path(__file__).parent
PARTS: Mapping[str, type[Any]] = {"team": Team, "condition": Choice, "meeting_preference": Choice, "social_issue": Choice,
                                  "document": Document, "strand": Strand}
T = TypeVar("T")


class BrokenPathway(BrokenDefinition):
    """A definition that cannot be used: the message names file, line and reason."""

    def __init__(self, path: Path, line: int, reason: str):
        super().__init__(f"{path.name}, line {line}: {reason}")


def load(path: Path) -> Pathway:
    """Read one definition. Raises BrokenPathway."""
    text = _text(path)
    given = _read(path, text)
    try:
        parts = {name: _parts(name, given.pop(name, [])) for name in PARTS}
        pathway = _make(Pathway, {**given, **parts})
        check(pathway, path.stem)
    except Fault as fault:
        raise BrokenPathway(path, line_of(text, *fault.place), str(fault)) from None
    return replace(pathway, fingerprint=hashlib.sha256(text.encode()).hexdigest()[:12])


def load_all(folder: Path = HERE) -> dict[str, Pathway]:
    """Read every definition of a folder, by name. Raises BrokenPathway."""
    found = {pathway.name: pathway for pathway in map(load, sorted(folder.glob("*.toml")))}
    if not found:
        raise BrokenPathway(folder / "*.toml", 1, "there is no pathway")
    taken: dict[str, str] = {}
    for name, pathway in found.items():
        _teams_agree(folder / f"{name}.toml", pathway, taken)
    return found


def _teams_agree(path: Path, pathway: Pathway, taken: dict[str, str]) -> None:
    """Hold that one name means one team in every file; `taken` is word -> team so far."""
    for index, team in enumerate(pathway.team):
        for word in (team.name, *team.also):
            known = taken.setdefault(plain(word), team.name)
            if plain(known) != plain(team.name):
                where = line_of(_text(path), "name" if word == team.name else "also", "team", index)
                raise BrokenPathway(path, where, f"team: {word} is a name of {known} in another file")


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as fault:
        raise BrokenPathway(path, content[:fault.start].count(b"\n") + 1, "save the file as UTF-8") from None


def _read(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"at line (\d+)", str(fault))
        reason = re.sub(r" \(at .*\)$", "", str(fault)).replace("Cannot overwrite a value", "the same word is there twice")
        raise BrokenPathway(path, int(found[1]) if found else unfinished(text), f"this is not TOML: {reason}") from None


def _parts(name: str, given: Any) -> tuple[Any, ...]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Fault(f"{name} must be written as [[{name}]]", name)
    return tuple(_make(PARTS[name], one, name, index) for index, one in enumerate(given))


def _make(kind: type[T], given: Mapping[str, Any], part: str = "", index: int = 0) -> T:
    known: dict[str, Field[Any]] = {field.name: field for field in fields(kind) if field.name != "fingerprint"}  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            raise Fault(f"{key} is not a word of a definition", key, part, index)
    for key, field in known.items():
        if key not in given and field.default is MISSING:
            raise Fault(f"{key} is missing", key, part, index)
    hints = get_type_hints(kind, include_extras=True)
    for key, value in given.items():
        if reason := _wrong(hints[key], value):
            raise Fault(f"{key} must be {reason}", key, part, index)
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in given.items()})


def _wrong(hint: Any, value: Any) -> str:
    """Say what a value must be where it is not; nothing where it is right."""
    if hint is bool:
        return "" if isinstance(value, bool) else "true or false"
    if hint is str:
        return "" if _is_text(value) else "a text of one line"
    if hint == tuple[str, ...]:
        return "" if isinstance(value, list) and all(map(_is_text, value)) else "a list of texts"
    if get_args(hint)[0] is int:
        least, most = get_args(hint)[1]
        is_right = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return "" if is_right else f"a whole number from {least} to {most}"
    return ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value == value.strip() != "" and value.isprintable()
