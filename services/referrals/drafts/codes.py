"""The code with which a citizen comes back to what they began: written down on paper, read over a telephone.

It follows from the draft's id under our key, so that it can be shown again and is never stored; the draft keeps a digest.
"""
from __future__ import annotations

import re
from hashlib import blake2b

from services.referrals.references import ALPHABET, check_character

#: Characters before the check character: 23 ** 13 is more than 58 bits, and trying them is limited.
LENGTH = 13


def code_of(draft: str, secret: str) -> str:
    """Give the code of a draft, such as 7KQ4M-9CART-3HPX."""
    number, letters = int.from_bytes(_keyed(f"code of {draft}", secret, 16)), ""
    for _ in range(LENGTH):
        number, index = divmod(number, len(ALPHABET))
        letters += ALPHABET[index]
    whole = letters + check_character(letters)
    return f"{whole[:5]}-{whole[5:10]}-{whole[10:]}"


def read_code(typed: str) -> str | None:
    """Give the code somebody typed, in any case, with or without hyphens; None when it cannot be one."""
    plain = re.sub(r"[\s\-‐‑‒–—]", "", typed).upper()
    if len(plain) != LENGTH + 1 or any(letter not in ALPHABET for letter in plain):
        return None
    return plain if check_character(plain[:-1]) == plain[-1] else None


def digest(code: str, secret: str) -> str:
    """Give what the draft keeps of its code."""
    return _keyed(f"digest of {read_code(code)}", secret, 24).hex()


def _keyed(text: str, secret: str, size: int) -> bytes:
    return blake2b(text.encode(), key=blake2b(secret.encode()).digest(), digest_size=size).digest()
