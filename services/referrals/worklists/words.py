"""What is next with a referral of a list, and by when, in words; pure. `row` is a row of the table `referrals`."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from services.referrals.clocks import Target
from services.referrals.rules import in_words
from services.referrals.standing import CHECK, DECLINE, SUCCESSOR
from services.referrals.telling import in_short
from shared.calendar import is_working_day, london_day, time_in_words, working_hours
from shared.pathways import PATHWAYS

Row = Mapping[str, Any]

#: What a target asks for.
ASKS = {"response": "Answer", "first_meeting": "First meeting"}
NEXT = {"allocate": "Choose the development worker", "arrange": "Arrange the first meeting",
        "waiting": "Wait for the practitioner’s answer", "triage": "Ask the practitioner for what is missing"}
#: Worklists of those whose first meeting may be offered: in the first another development worker has yet to check it.
MEETINGS = ("arrange", "meet")
NOTHING = "Nothing more is to be done"
#: Working days that are counted; beyond them the day says more.
COUNTED = 60


def target(row: Row) -> Target | None:
    """Give what is to be done by when; None where nothing is."""
    return Target(row["target"], date.fromisoformat(row["target_on"]), row["late_from"], None) if row["target"] else None


def next_step(row: Row, complete: bool, now: datetime) -> str:
    """Say what the Pod does next."""
    if row["flag"] == "died" and row["stage"] == "open":
        return "Withdraw or decline the referral"
    if row["duplicate"]:
        return "Settle whether this citizen is with us already"
    if row["to_decline"]:
        return DECLINE
    if row["tell"] and row["worklist"] != "allocate":
        return in_short(row["tell"].split())
    if row["practitioner_needed"] and row["worklist"] != "allocate":
        return SUCCESSOR
    if row["worklist"] in ("triage", "waiting") and complete:
        return "Accept or decline it"
    if row["worklist"] == "arrange" and row["meeting_at"] and row["meeting_at"] > now:
        return CHECK
    if row["worklist"] in MEETINGS and row["meeting_at"]:
        return "Hold the first meeting" if row["meeting_until"] > now else "Say whether the first meeting was held"
    if row["worklist"] == "triage" and not row["practitioner"]:
        return "Ask the citizen for what is missing"
    return NEXT.get(row["worklist"], NOTHING)


def when(row: Row, now: datetime) -> str:
    """Say by when, in working days while they can be counted: "Answer due today by 4:30pm"."""
    if row["worklist"] in MEETINGS and row["meeting_at"]:
        return f"It is on {_moment(row['meeting_at'])}"
    if (found := target(row)) is None:
        return ""
    return f"{ASKS[found.kind]} {due(found, now)}"


def due(found: Target, now: datetime) -> str:
    """Say how a target stands: due in 3 working days, due today by 4:30pm, 2 working days overdue."""
    today = london_day(now)
    if found.word(now) == "due_today":
        return f"due today by {_closing(found.by)}" if found.by == today else f"due by {_day(found.due_on)}; the Pod is closed"
    if found.word(now) == "ahead":
        days = working_days(today, found.by)
        return f"due in {_days(days)}, by {_day(found.by)} at {_closing(found.by)}" if days < COUNTED else f"due by {in_words(found.by)}"
    return overdue(found, now)


def overdue(found: Target, now: datetime) -> str:
    """Say by how much a target is overdue, in time the Pod was open."""
    today = london_day(now)
    days = working_days(found.due_on, today)
    if days >= COUNTED:
        return f"overdue since {in_words(found.due_on)}"
    if days:
        return f"{_days(days)} overdue"
    return f"overdue since {_closing(today)} today" if found.due_on == today else f"overdue since {_day(found.due_on)}"


def _closing(day: date) -> str:
    """Say when the Pod closes on a day on which it is open."""
    hours = working_hours(day)
    assert hours
    return time_in_words(hours[1])


def notes(row: Row, today: date) -> Iterator[str]:
    """Give what else is to be seen to."""
    if row["tell"]:
        yield f"Waits to hear from us since {in_words(london_day(row['tell_since']))}"
    if row["named_person_needed"]:
        yield "Named person needed"
    if row["practitioner_needed"]:
        yield "Practitioner needed"
    if row["lapses_on"]:
        last = date.fromisoformat(row["lapses_on"])
        if last < today:
            yield f"Document lapsed after {in_words(last)}"
        elif (last - today).days <= PATHWAYS[row["pathway"]].document_warning_days:
            yield f"Document lapses after {in_words(last)}"


@lru_cache(maxsize=4096)
def working_days(after: date, until: date) -> int:
    """Count the working days after a day, up to and with another; at most COUNTED."""
    day, found = after, 0
    while day < until and found < COUNTED:
        day += timedelta(days=1)
        found += is_working_day(day)
    return found


def _days(count: int) -> str:
    return f"{count} working day{'' if count == 1 else 's'}"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def _moment(at: datetime) -> str:
    return f"{_day(london_day(at))} at {time_in_words(at)}"
