"""Whether what a definition says makes sense as a whole; what is wrong of a single figure the loader has found."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from shared.pathways.definition import WAYS_TO_MEET, Pathway, plain
from shared.permissions import ROLES, may

#: What keys are made of: they go into addresses, forms and other systems.
KEY = re.compile(r"[a-z][a-z0-9_]{0,49}")
KEYED = {"condition": "key", "meeting_preference": "key", "social_issue": "key", "document": "kind", "strand": "key"}


class Fault(Exception):
    """Something wrong at a key: at the top, or of the `index`-th `[[part]]`."""

    def __init__(self, reason: str, key: str, part: str = "", index: int = 0):
        super().__init__(f"{part}: {reason}" if part else reason)
        self.place = (key, part, index)


def check(pathway: Pathway, name: str) -> None:
    """Look at a definition called `name`. Raises Fault at the first thing that makes no sense."""
    for fault in _faults(pathway, name):
        raise fault


def _faults(pathway: Pathway, name: str) -> Iterator[Fault]:
    if pathway.name != name:
        yield Fault(f"name must be {name}, as the file is called", "name")
    if pathway.first_meeting_breached_days < pathway.first_meeting_due_days:
        yield Fault("first_meeting_breached_days must not be less than first_meeting_due_days", "first_meeting_breached_days")
    yield from _allocates(pathway)
    yield from _lists(pathway)
    yield from _teams(pathway)
    yield from _ways(pathway)
    yield from _strands(pathway)


def _allocates(pathway: Pathway) -> Iterator[Fault]:
    staff = [role for role in ROLES if may((role,), "referral:triage")]
    for role in pathway.allocates:
        if role not in staff:
            yield Fault(f"allocates: {role} is not a role of Pod staff; write {' or '.join(staff)}", "allocates")
    if not pathway.allocates:
        yield Fault("allocates: somebody must choose the development worker", "allocates")


def _lists(pathway: Pathway) -> Iterator[Fault]:
    for part in ("condition", "meeting_preference", "strand"):
        if not getattr(pathway, part):
            yield Fault(f"there must be at least one [[{part}]]", part)
    seen: dict[str, str] = {}
    for part, name in KEYED.items():
        for index, one in enumerate(getattr(pathway, part)):
            yield from _key(getattr(one, name), part, index, name, seen)
        yield from _twice(part, "words", (one.words for one in getattr(pathway, part)))


def _key(key: str, part: str, index: int, name: str, seen: dict[str, str]) -> Iterator[Fault]:
    if not KEY.fullmatch(key):
        yield Fault(f"{name} must be of small letters, digits and _, and begin with a letter", name, part, index)
    if key in seen:
        where = "there twice" if seen[key] == part else f"a {seen[key]} already"
        yield Fault(f"{key} is {where}", name, part, index)
    seen[key] = part


def _teams(pathway: Pathway) -> Iterator[Fault]:
    yield from _twice("team", "name", (team.name for team in pathway.team))
    taken = {plain(team.name): team.name for team in pathway.team}
    for index, team in enumerate(pathway.team):
        for also in team.also:
            if taken.get(plain(also), team.name) != team.name:
                yield Fault(f"{also} is a name of {taken[plain(also)]} already", "also", "team", index)
            taken[plain(also)] = team.name


def _ways(pathway: Pathway) -> Iterator[Fault]:
    for index, way in enumerate(pathway.meeting_preference):
        if way.key not in WAYS_TO_MEET:
            yield Fault(f"{way.key} is not known; write {', '.join(WAYS_TO_MEET)}", "key", "meeting_preference", index)


def _strands(pathway: Pathway) -> Iterator[Fault]:
    for index, strand in enumerate(pathway.strand):
        if strand.maximum < strand.minimum:
            yield Fault(f"{strand.key}: maximum must not be less than minimum", "maximum", "strand", index)


def _twice(part: str, name: str, given: Iterable[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, word in enumerate(given):
        if plain(word) in seen:
            yield Fault(f"{word} is there twice", name, part, index)
        seen.add(plain(word))
