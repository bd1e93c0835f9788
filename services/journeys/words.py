"""What happened, in the words a person reads on a timeline."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from services.journeys.decisions import CORRECTIONS, OUTCOMES
from services.journeys.meetings import MODES, in_words
from shared.calendar import time_in_words
from shared.pathways import PATHWAYS
from shared.schemas.people import LEGAL_STATUS
from shared.web.layout import day, moment

KINDS: Mapping[str, str] = {
    "journey.opened": "Journey opened", "journey.allocated": "Development worker allocated",
    "meeting.offered": "Introductory meeting offered", "meeting.held": "Introductory meeting held",
    "hospital.admitted": "Admitted to hospital", "hospital.transferred": "Moved to another ward",
    "hospital.legal_status_changed": "Legal status changed", "hospital.leave_started": "Leave from the ward began",
    "hospital.leave_ended": "Leave from the ward ended", "hospital.discharged": "Discharged from hospital",
    "hospital.admission_cancelled": "Hospital took the admission back",
    "hospital.discharge_cancelled": "Hospital took the discharge back",
    "keyworker.changed": "Practitioner changes", "keyworker.absent": "Practitioner away",
    "keyworker.discharged": "Practitioner discharges the citizen",
    "keyworker.discharge_cancelled": "Practitioner’s discharge taken back", "team.changed": "Team changes",
    "psychology.started": "Psychology starts", "citizen.died": "The citizen died",
    "citizen.death_cancelled": "Report of death taken back", "citizen.merged": "Two NHS numbers joined",
    "citizen.merge_cancelled": "Joined NHS numbers separated", "review.completed": "Review completed",
    "statement.withdrawn": "Entry taken back by hand",
}
FACTS: Mapping[str, str] = {
    "ward": "Ward", "legal_status": "Legal status", "expected_discharge_on": "Expected discharge", "destination": "Went to",
    "starts_at": "From", "ends_at": "Until", "mode": "How", "attendees": "There", "missing": "Not there",
    "closes_on": "On", "on": "On", "until": "Until", "practitioner": "Practitioner", "cover": "Covered by", "team": "Team",
    "development_worker": "Development worker", "died_on": "Day of death", "outcome": "Outcome", "words": "In words",
    "reason": "Reason",
}
CONTACT_BY: Mapping[str, str] = {"telephone": "Telephone", "text": "Text message", "email": "Email", "letter": "Letter"}
STATES: Mapping[str, str] = {"open": "Open", "done": "Done", "withdrawn": "Not needed",
                             "stopped": "Stopped", "undone": "Undone"}


def teller(actor: str) -> str:
    """Name who said something: a person by name, one of our services in words, another system as it calls itself."""
    return actor.removeprefix("urn:pod:").capitalize() if actor.startswith("urn:pod:") else actor


def dial(number: str) -> str:
    """Give a telephone number as a telephone dials it; nothing where words stand beside it."""
    digits = re.sub(r"[\s().-]", "", number)
    return digits if re.fullmatch(r"\+?\d{3,15}", digits) else ""


def support(journey: Mapping[str, Any]) -> str:
    """Say whether the intensive support its pathway names was asked for (R-10); nothing where nobody said."""
    wanted, name = journey["one_to_one_support"], PATHWAYS[journey["pathway"]].one_to_one_support
    return "" if wanted is None else f"{name or 'It'} was {'asked for' if wanted else 'not wanted'}"


def title(kind: str) -> str:
    """Name a kind of statement."""
    return KINDS.get(kind, kind.replace(".", " ").replace("_", " ").capitalize())


def facts(data: Mapping[str, Any]) -> str:
    """Say the facts of an entry in one line."""
    return "; ".join(f"{words}: {_value(name, data[name])}" for name, words in FACTS.items() if data.get(name))


def _value(name: str, value: Any) -> str:
    if name == "legal_status":
        return LEGAL_STATUS.get(value, value)
    if name == "outcome":
        return {**OUTCOMES, **CORRECTIONS}.get(value, value)
    if name == "mode":
        return MODES.get(value, value)
    if name in ("attendees", "missing"):
        return in_words(value)
    if name == "starts_at":
        return moment(value, weekday=True)
    if name == "ends_at":
        return time_in_words(value)
    if name in ("expected_discharge_on", "closes_on", "on", "until", "died_on"):
        return day(value)
    return str(value)


def correction(entry: Mapping[str, Any], by: Mapping[str, Any] | None) -> str:
    """Explain why an entry no longer stands."""
    if by is None:
        return ""
    how = "Taken back" if by["withdrawn"] else "Replaced by a later report"
    why = f": {by['facts']['reason']}" if by["withdrawn"] and by["facts"].get("reason") else ""
    return f"{how} by {teller(by['actor'])}, {moment(by['recorded_at'])}{why}."
