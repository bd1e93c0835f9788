"""The invented staff who may sign in, in demo mode only."""
from __future__ import annotations

import tomllib
from pathlib import Path

from shared.ledger.types import Actor

FILE = Path(__file__).with_name("demo_staff.toml")


def staff() -> list[Actor]:
    """Give every invented person, in the order of the file."""
    people = tomllib.loads(FILE.read_text(encoding="utf-8"))["person"]
    return [Actor(one["email"], one["name"], frozenset(one["roles"]), one.get("team", "")) for one in people]


def find(role: str, email: str | None = None) -> Actor:
    """Give the first invented person of `role`, or the one of that address; LookupError when there is none."""
    held = [person for person in staff() if role in person.roles]
    if not held:
        known = sorted({name for person in staff() for name in person.roles})
        raise LookupError(f"{role}: no such role; there are {', '.join(known)}")
    chosen = [person for person in held if email is None or person.email == email.lower()]
    if not chosen:
        raise LookupError(f"{email}: nobody of role {role} has that address; there are {', '.join(p.email for p in held)}")
    return chosen[0]
