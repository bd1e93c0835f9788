"""What somebody typed to find a referral: its reference, an NHS number, or words of a citizen's name; pure."""
from __future__ import annotations

import re
from typing import NamedTuple

from services.referrals import spelling
from services.referrals.references import read_reference
from shared.schemas.kinds import take_nhs_number

#: Fewer letters begin too many names.
LEAST = 2


class Found(NamedTuple):
    """What it is; `words` are as names are compared, and `fault` says what is wrong where it can be none of them."""

    reference: str = ""
    nhs_number: str = ""
    words: tuple[str, ...] = ()
    fault: str = ""

    @property
    def is_exact(self) -> bool:
        """Say whether it is of one citizen or one referral, wherever that is."""
        return bool(self.reference or self.nhs_number)


def read(typed: str) -> Found:
    """Say what was typed: with a digit in it it is no name, nor with an R that stands alone before what can be a reference."""
    plain = " ".join(typed.replace("\x00", "").split())
    if not plain:
        return Found()
    if not any(letter.isdigit() for letter in plain) and not plain.upper().startswith("R-") and not _is_spelt(plain):
        return _name(plain)
    digits = re.sub(r"[\s-]", "", plain)
    if digits.isdecimal():
        return _number(digits)
    reference = read_reference(plain)
    return Found(reference=reference) if reference else Found(fault="That is not a reference of ours. Check each letter.")


def _name(plain: str) -> Found:
    words = spelling.typed(plain)
    return Found(words=words) if words and len(words[0]) >= LEAST else Found(fault=f"Type at least {LEAST} letters of the name.")


def _is_spelt(plain: str) -> bool:
    return plain.upper().startswith("R ") and read_reference(plain) is not None


def _number(digits: str) -> Found:
    try:
        return Found(nhs_number=take_nhs_number(digits))
    except ValueError:
        return Found(fault="That is not an NHS number. Check each of its ten digits.")
