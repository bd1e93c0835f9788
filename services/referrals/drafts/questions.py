"""Which steps a draft has, in order, and the lists people choose from in them; pure."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from services.referrals.drafts import citizen_steps, practitioner_steps
from services.referrals.drafts.practitioner_steps import WHY
from services.referrals.drafts.steps import Ask, Step, paper_step, support_step
from shared.calendar import LONDON, working_hours
from shared.ledger.types import Data
from shared.pathways import Pathway

#: Half days offered for the first meeting: from so many days ahead, so many working days.
FIRST_IN, WORKING_DAYS = 3, 10
HALVES = {"am": "morning", "pm": "afternoon"}
NOON = time(12, 30)
AFTER_NOON = time(13, 0)

Choices = list[tuple[str, str]]


@lru_cache(maxsize=32)
def all_steps(pathway: Pathway, self_referral: bool) -> tuple[Step, ...]:
    """Give every step of a form, whether it is asked now or not; what the pathway makes comes where it belongs."""
    if self_referral:
        return citizen_steps.STEPS
    support = (support_step(pathway.one_to_one_support, WHY),) if pathway.one_to_one_support else ()
    after = {"social-issues": support, "commitment": tuple(paper_step(paper) for paper in pathway.document)}
    return tuple(one for step in practitioner_steps.STEPS for one in (step, *after.get(step.key, ())))


def steps(pathway: Pathway, self_referral: bool, answers: Data) -> list[Step]:
    """Give the steps asked, with the answers there are."""
    return [step for step in all_steps(pathway, self_referral) if step.shown(pathway, answers)]


def choices(ask: Ask, pathway: Pathway, teams: tuple[str, ...], today: date) -> Choices:
    """Give what one may choose, each a key and its words."""
    if ask.kind == "team":
        names = dict.fromkeys([*(team.name for team in pathway.team), *(name for name in teams if name)])
        return [("", "Choose a team"), *((name, name) for name in names)]
    if ask.choices == "half_days":
        return _half_days(today)
    if isinstance(ask.choices, str):
        return [(one.key, one.words) for one in getattr(pathway, ask.choices)]
    return list(ask.choices)


def times(half_days: list[str], now: datetime) -> list[dict[str, str]]:
    """Give half days that were chosen and are still ahead as times within the Pod's hours (R-07, R-08)."""
    return [{"starts_at": start.isoformat(), "ends_at": end.isoformat()} for one in half_days
            if (span := _span(one)) is not None for start, end in [span] if start > now]


@lru_cache(maxsize=4)
def _half_days(today: date) -> Choices:
    return [(f"{day.isoformat()}:{half}", f"{day:%A} {day.day} {day:%B}, {words}") for day in _days(today) for half, words in HALVES.items()]


def _span(half_day: str) -> tuple[datetime, datetime] | None:
    text, _, half = half_day.partition(":")
    day = date.fromisoformat(text)
    hours = working_hours(day)
    if hours is None:
        return None
    if half == "am":
        return hours[0], datetime.combine(day, NOON, LONDON)
    return datetime.combine(day, AFTER_NOON, LONDON), hours[1]


def _days(today: date) -> Iterator[date]:
    day, found = today + timedelta(days=FIRST_IN), 0
    while found < WORKING_DAYS:
        if working_hours(day) is not None:
            found += 1
            yield day
        day += timedelta(days=1)
