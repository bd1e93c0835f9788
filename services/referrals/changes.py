"""What was amended, as people read it: names of fields, old and new values in words; pure."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.referrals.rules import in_words
from shared.ledger.types import Data
from shared.legal_status import LEGAL_STATUS
from shared.pathways import Pathway

FIELDS: Mapping[str, str] = {
    "conversation_held_on": "Talked with the citizen", "reason": "Reason", "conditions": "Conditions", "social_issues": "Social issues",
    "one_to_one_support": "Intensive one-to-one support",
    "meeting_preference": "First meeting", "commitment_months": "Stays involved for", "inpatient": "In hospital when referred",
    "practitioner": "Practitioner", "named_person": "Named person", "citizen.name": "Name", "citizen.date_of_birth": "Date of birth",
    "citizen.nhs_number": "NHS number", "citizen.telephone": "Telephone", "citizen.email": "Email", "citizen.address": "Address",
    "citizen.contact_by": "Contact by", "citizen.contact_when": "When to get in touch", "citizen.do_not": "Must not be done",
    "citizen.interpreter": "Interpreter", "citizen.access_needs": "Access needs", "citizen.next_of_kin": "Next of kin"}
#: What is said beside a field of which the Pod's record did not follow.
ONLY_HERE = ", in this referral only"
#: What is said of a value nobody gave.
NOTHING = "Nothing"


def in_plain(changes: list[Data], pathway: Pathway) -> list[Data]:
    """Give {field, old, new} in words."""
    return [{"field": FIELDS.get(one["field"], one["field"]) + (ONLY_HERE if one.get("only_here") else ""), "old": value(one["field"], one["old"], pathway),
             "new": value(one["field"], one["new"], pathway)} for one in changes]


def value(field: str, given: Any, pathway: Pathway) -> str:
    """Write one value."""
    if given in (None, "", [], {}):
        return NOTHING
    if isinstance(given, dict):
        return _person_or_stay(given)
    if isinstance(given, bool):
        return "Wanted" if given else "Not wanted"
    if isinstance(given, list):
        return ", ".join(pathway.words(str(one)) for one in given)
    return _plain(field, given, pathway)


def _person_or_stay(given: Data) -> str:
    if "legal_status" in given:
        return f"{given['ward']}, {under(given['legal_status'])}"
    return ", ".join(str(given[name]).replace("_", " ") for name in ("name", "role", "relationship", "team", "telephone") if given.get(name))


def _plain(field: str, given: Any, pathway: Pathway) -> str:
    if field == "commitment_months":
        return f"{given} month{'' if given == 1 else 's'}"
    if field in ("conversation_held_on", "citizen.date_of_birth"):
        return in_words(date.fromisoformat(given))
    if field == "citizen.contact_by":
        return "text message" if given == "text" else str(given)
    return pathway.words(given) if field == "meeting_preference" else str(given)


def under(code: str | None) -> str:
    """Say a legal status as people read it (R-09)."""
    words = LEGAL_STATUS.get(code or "", "not known")
    if words.startswith("section"):
        return f"under {words} of the Mental Health Act" if "guardianship" in words else f"detained under {words} of the Mental Health Act"
    return "informal, not detained" if words == "informal" else f"legal status {words}"
