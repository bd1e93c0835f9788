"""Whether the way a citizen would like to be contacted can work with what is known of them; pure."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Need(NamedTuple):
    """What a way of contact needs: the field of the citizen, and both in words."""

    field: str
    way: str
    what: str


NEEDS: Mapping[str, Need] = {
    "telephone": Need("telephone", "a telephone call", "a telephone number"), "text": Need("telephone", "a text message", "a telephone number"),
    "email": Need("email", "an email", "an email address"), "letter": Need("address", "a letter", "an address")}


def lacking(citizen: Mapping[str, Any]) -> Need | None:
    """Give what the way wanted needs and is not there; None where it can work, or none is wanted.

    What a citizen asks us not to do is in their own words, and for people to judge.
    """
    need = NEEDS.get(citizen.get("contact_by") or "")
    return need if need and not citizen.get(need.field) else None


def faults(citizen: Mapping[str, Any]) -> dict[str, str]:
    """Say what is lacking by the JSON pointer at which it would be given."""
    need = lacking(citizen)
    return {f"/citizen/{need.field}": f"is missing, and {need.way} needs it: give it, or choose another way of contact"} if need else {}


#: How somebody is reached who did not say how, by what is known of them; and each way in words.
USUAL = (("telephone", "by telephone"), ("email", "by email"), ("address", "by letter"))
BY: Mapping[str, str] = {"telephone": "by telephone", "text": "by text message", "email": "by email", "letter": "by letter"}


def by(citizen: Mapping[str, Any]) -> str:
    """Say how a citizen is to be reached: as they wish, where they said; empty where no way is known that can work."""
    if wanted := citizen.get("contact_by"):
        return "" if lacking(citizen) else BY[wanted]
    return next((words for field, words in USUAL if citizen.get(field)), "")
