"""Why the Pod declines a referral: codes with their words, for pages, the event and the message to the practitioner (R-14)."""
from __future__ import annotations

#: What stands on the wire for words of somebody's own, which stay with the referral.
OTHER = "other"
DECLINE = {
    "not_for_this_pathway": "Not for this pathway", "commitment": "The practitioner cannot commit long enough",
    "named_person": "Nobody is named who carries risk and signs off", "documents": "Documents missing or out of date",
    "already_with_us": "The citizen is with us already", "other_service": "Another service can help better",
    "died": "The citizen died", OTHER: "Another reason"}


def coded(reason: str) -> str:
    """Give the code of a reason; `other` for words of one's own."""
    return reason if reason in DECLINE else OTHER
