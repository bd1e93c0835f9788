"""What the people of the demo do: each act of a story as the call of the API that they would make."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from shared.calendar import LONDON, is_working_day, london_day
from shared.web.staff import find

MANAGER, WORKER, PRACTITIONER = "manager", "worker", "practitioner"

#: act -> whose it is, and the path within the referral.
OF_REFERRAL: Mapping[str, tuple[str, str]] = {
    "accept": (MANAGER, "accept"), "decline": (MANAGER, "decline"), "withdraw": (PRACTITIONER, "withdraw"),
    "document": (PRACTITIONER, "documents"), "amend": (PRACTITIONER, "amend"), "question": (WORKER, "questions"),
    "keep": (MANAGER, "keep"), "merge": (MANAGER, "merge"), "call_off": (WORKER, "meeting/call-off")}
#: What of a citizen's story the API takes as it stands there.
SENT = ("pathway", "self_referral", "conditions", "commitment_months", "meeting_preference", "inpatient", "social_issues", "duplicate_reason")
CONTACTS = ("telephone", "email", "contact_by", "contact_when", "do_not", "interpreter", "access_needs", "next_of_kin")


class Call(NamedTuple):
    """One call: in which role, as whom (None: the first of that role), where, and what is sent."""

    role: str
    email: str | None
    path: str
    body: Mapping[str, Any]


def day(today: date, ago: int) -> date:
    """Give the day so many days before today; negative is ahead."""
    return today - timedelta(days=ago)


def working_day(today: date, ago: int) -> date:
    """Give the day so many days before today, or the nearest working day beyond it: people meet on working days only."""
    found = day(today, ago)
    while not is_working_day(found):
        found += timedelta(days=1 if ago <= 0 else -1)
    return found


def working_days_before(today: date, count: int) -> date:
    """Give the day from which `count` working days later is today, or the working day after it."""
    found = today
    while not is_working_day(found):
        found += timedelta(days=1)
    for _ in range(count):
        found -= timedelta(days=1)
        while not is_working_day(found):
            found -= timedelta(days=1)
    return found


def moment(today: date, on: int, clock: str) -> str:
    """Give a time of a working day, such as (-1, "10:00"), in ISO 8601."""
    return datetime.combine(working_day(today, on), time.fromisoformat(clock), LONDON).astimezone(UTC).isoformat()


def referral(citizen: Mapping[str, Any], now: datetime) -> Call:
    """Send a referral; staff write down what a citizen says who refers themself."""
    sent = {name: citizen[name] for name in SENT if name in citizen}
    given = {name: citizen[name] for name in ("name", "date_of_birth", "nhs_number", *CONTACTS) if name in citizen}
    body = sent | {"citizen": {"contact_by": "telephone", "telephone": "024 7655 0000"} | given, "reason": citizen["reason"]}
    if citizen.get("self_referral"):
        return Call(WORKER, citizen["by"], "referrals", body)
    return Call(PRACTITIONER, citizen["by"], "referrals", body | _by_practitioner(citizen, london_day(now)))


def draft(citizen: Mapping[str, Any]) -> Call:
    """Begin a referral and leave it half written."""
    given = {name: citizen[name] for name in ("name", "date_of_birth", *CONTACTS) if name in citizen}
    return Call(PRACTITIONER, citizen["by"], "drafts", {"pathway": citizen["pathway"], "citizen": given, "reason": citizen["reason"]})


def _by_practitioner(citizen: Mapping[str, Any], today: date) -> dict[str, Any]:
    by = find(PRACTITIONER, citizen["by"])
    person = {"name": by.name, "email": by.email, "team": by.team}
    papers = [{"kind": kind, "dated": day(today, age).isoformat()} for kind, age in citizen["documents"].items()]
    return {"conversation_held_on": day(today, 2).isoformat(), "documents": papers,
            "referrer": person | {"role": "care_coordinator"}, "named_person": person}


def of_referral(act: str, citizen: Mapping[str, Any], what: Mapping[str, Any], today: date) -> Call:
    """Do something with a referral; `what` is the step without its telling."""
    if act == "allocate":
        return Call(MANAGER, None, "allocate", {"development_worker_email": what["to"],
                                                "development_worker_name": find(WORKER, what["to"]).name})
    if act == "available":
        return _available(citizen, what, today)
    if act == "offer":
        said = {name: what[name] for name in ("mode", "place", "agreed") if name in what}
        return Call(WORKER, None, "meeting", said | {"starts_at": moment(today, what["on"], what["at"])})
    role, path = OF_REFERRAL[act]
    return Call(role, citizen["by"] if role == PRACTITIONER else None, path, what)


def _available(citizen: Mapping[str, Any], what: Mapping[str, Any], today: date) -> Call:
    times = [{"starts_at": moment(today, on, what["since"]), "ends_at": moment(today, on, what["until"])} for on in what["on"]]
    staff = what["whose"] == "development_worker"
    return Call(WORKER if staff else PRACTITIONER, None if staff else citizen["by"], "availability",
                {"whose": what["whose"], "times": times})


def held(what: Mapping[str, Any], today: date) -> Call:
    """Record on the journey that the introductory meeting was held."""
    return Call(WORKER, None, "meetings", {"held_at": moment(today, what["on"], what["at"]), "mode": what["mode"],
                                           "attendees": what["attendees"]})
