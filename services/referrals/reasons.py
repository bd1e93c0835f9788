"""Why a referral is declined or taken back, as codes with their words; pure.

Pages offer the codes alone. The API takes any words and says in its description which codes there are.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.decline_reasons import DECLINE as DECLINE

#: Reason of a referral that goes on together with another.
MERGED = "merged"
#: Reason with which a death is recorded (J-14).
DIED = "died"

WITHDRAW: Mapping[str, str] = {
    "citizen_decided": "The citizen decided otherwise", "moved": "The citizen moved away",
    "other_support": "Other support was found", "by_mistake": "Sent by mistake", DIED: "The citizen died",
    "other": "Another reason"}
#: Not of a citizen who referred themself: what only a practitioner gives.
OF_PRACTITIONERS = frozenset({"commitment", "named_person", "documents"})
#: Every coded reason in words.
WORDS = {**DECLINE, **WITHDRAW, MERGED: "It goes on with another referral of the same citizen"}
#: Which reason a rule that is not met speaks for.
OF_RULE = {"J-14": DIED, "R-04": "commitment", "R-02": "not_for_this_pathway", "R-10": "not_for_this_pathway",
           "R-11": "not_for_this_pathway", "R-05": "not_for_this_pathway", "R-03": "named_person", "R-06": "documents"}


def likely(missing: Sequence[Mapping[str, str]]) -> str:
    """Give the reason what is missing speaks for, a death and a short commitment first; empty where nothing does."""
    found = [one["rule"] for one in missing]
    return next((reason for rule, reason in OF_RULE.items() if rule in found), "")


def described(codes: Mapping[str, str]) -> str:
    """Say for the API which codes there are."""
    return "own words, or one of the codes pages use: " + ", ".join(f"{code} ({words})" for code, words in codes.items())
