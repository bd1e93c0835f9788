"""One referral of a list: what the API gives of it, and what a page shows."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from services.referrals.clocks import FOR_EVER
from services.referrals.desk import Desk, Rows
from services.referrals.worklists import words
from shared.calendar import london_day
from shared.database import instant_text
from shared.pathways import PATHWAYS

Row = dict[str, Any]
Found = Mapping[str, Any]

#: Of whoever has died nothing is due, missing or to be renewed any more (J-14).
STOPPED: Found = {"complete_from": "", "complete_until": "", "target": "", "target_on": FOR_EVER.isoformat(), "late_from": None, "lapses_on": "",
                  "named_person_needed": False, "practitioner_needed": False, "goes_on": False, "meeting_at": None, "meeting_until": None}


def row(desk: Desk, found: Found, people: Rows, citizens: Rows, amended: str = "") -> Row:
    """Give a referral with names; what is next is said to staff, since it may be about another referral (R-13), and that it was `amended`."""
    today, found = london_day(desk.now), _known(desk, found)
    return {
        **{name: found[name] for name in ("id", "reference", "pathway", "flag", "asked")},
        "received_at": instant_text(found["received_at"]), "state": _state(found, today.isoformat()),
        "citizen": called(citizens, found["id"]), "practitioner": called(people, found["practitioner"]) if found["practitioner"] else None,
        "development_worker": called(people, found["development_worker"]) if found["development_worker"] else None,
        "first_meeting_due_on": found["due_on"] or None, "days": (today - london_day(found["received_at"])).days,
        "meeting_at": instant_text(found["meeting_at"]) if found["meeting_at"] else None, "target": _target(desk, found),
        **_late(found, today), "may_be_with_us": bool(found["duplicate"]) and desk.sees_all, **(_for_staff(desk, found, today, amended) if desk.sees_all else {})}


def _known(desk: Desk, found: Found) -> Found:
    """Give a row as staff know it, or as whoever sees only some of all may: of a death they are not told of nothing has stopped (R-13)."""
    if not desk.sees_all:
        return {**found, "flag": found["told_flag"]}
    return {**found, **STOPPED} if found["flag"] == "died" else found


def called(people: Mapping[str, Mapping[str, Any]], id_: str) -> str:
    """Give what to call somebody."""
    found = people.get(id_)
    return (found["name"] or found["email"] or "Somebody") if found else "Somebody"


def _state(found: Found, today: str) -> str:
    if found["stage"] != "open":
        return str(found["stage"])
    return "complete" if found["complete_until"] and found["complete_from"] <= today <= found["complete_until"] else "received"


def _target(desk: Desk, found: Found) -> Row | None:
    target = words.target(found)
    return {"kind": target.kind, "due_on": target.due_on.isoformat(), "late_from": instant_text(target.late_from),
            "state": target.word(desk.now), "words": words.due(target, desk.now)} if target else None


def _late(found: Found, today: date) -> Row:
    """Say whether the first meeting is late while nobody works with the citizen (R-07)."""
    waits = found["due_on"] and found["goes_on"] and not found["development_worker"]
    return {"overdue": bool(waits and found["due_on"] < today.isoformat()), "breached": bool(waits and _breached(found, today.isoformat()))}


def _breached(found: Found, today: str) -> bool:
    pathway = PATHWAYS[found["pathway"]]
    grace = pathway.first_meeting_breached_days - pathway.first_meeting_due_days
    return (date.fromisoformat(found["due_on"]) + timedelta(days=grace)).isoformat() < today


def _for_staff(desk: Desk, found: Found, today: date, amended: str) -> Row:
    complete = _state(found, today.isoformat()) == "complete"
    return {"next": words.next_step(found, complete, desk.now), "when": words.when(found, desk.now), "notes": [*words.notes(found, today), *([amended] if amended else [])]}
