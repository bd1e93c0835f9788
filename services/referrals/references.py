"""Reference numbers people can read to each other over the telephone."""
from __future__ import annotations

import re
import secrets

#: 23 letters and digits of which no two look or sound alike: no 0 O, 1 I L, 5 S, 2 Z, 8 B, U V.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
#: Characters before the check character: 23 ** 6 is 148 million.
LENGTH = 6


def new_reference() -> str:
    """Make a random reference, such as R-7KQ4-M9C."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return _written(letters + check_character(letters))


def check_character(letters: str) -> str:
    """Give the character that finds every single slip and every swap of neighbours: weights 1..6 modulo 23, a prime."""
    total = sum(weight * ALPHABET.index(letter) for weight, letter in enumerate(letters, 1))
    return ALPHABET[total % len(ALPHABET)]


def read_reference(typed: str) -> str | None:
    """Give the reference somebody typed, in any case, with or without hyphens; None when it cannot be one."""
    plain = re.sub(r"[\s-]", "", typed).upper()
    if len(plain) == LENGTH + 2 and plain.startswith("R"):
        plain = plain[1:]
    if len(plain) != LENGTH + 1 or any(letter not in ALPHABET for letter in plain):
        return None
    return _written(plain) if check_character(plain[:-1]) == plain[-1] else None


def _written(plain: str) -> str:
    return f"R-{plain[:4]}-{plain[4:]}"
