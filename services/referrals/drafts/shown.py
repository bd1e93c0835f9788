"""Answers in words, as the page that is checked before sending shows them."""
from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from services.referrals.drafts.answers import counts, look
from services.referrals.drafts.questions import choices
from services.referrals.drafts.shelf import Draft
from services.referrals.drafts.steps import Ask, Step
from shared.web.layout import day, nhs


class Row(NamedTuple):
    """One answer: what was asked, what was answered, and the step at which it is changed."""

    asked: str
    lines: list[str]
    step: Step


def sections(draft: Draft, today: date) -> dict[str, list[Row]]:
    """Give every answer by section; what was not answered says so."""
    found: dict[str, list[Row]] = {}
    for step in draft.steps:
        found.setdefault(step.section, []).extend(_rows(draft, step, today))
    return found


def in_words(draft: Draft, ask: Ask, today: date) -> list[str]:
    """Give one answer as lines of words; none where there is no answer."""
    value = look(draft.content.answers, ask.pointer) if ask.pointer else None
    if value is None:
        return []
    if ask.kind in ("day", "past_day"):
        return [str(day(value))]
    if ask.kind == "yes_no":
        return ["Yes" if value else "No"]
    if ask.kind in ("radio", "checks", "select"):
        words: dict[str, str] = dict(choices(ask, draft.pathway, (), today))
        chosen = value if isinstance(value, list) else [value]
        return [str(words.get(one, one)) for one in chosen if one in words or ask.choices != "half_days"]
    if ask.kind == "nhs":
        return [str(nhs(value))]
    return list(value) if isinstance(value, list) else str(value).split("\n")


def _rows(draft: Draft, step: Step, today: date) -> list[Row]:
    typed: Any = draft.content.typed.get(step.key)
    if (odds := step.odds(draft.content.answers)) and not odds.other and not typed:
        return [Row(_short(step, step.asks[0]), [odds.words], step)]
    rows = [Row(_short(step, ask), in_words(draft, ask, today), step) for ask in step.asks
            if ask.kind != "file" and counts(draft.content.answers, ask.pointer)]
    answered = [row for row in rows if row.lines]
    file = next((draft.content.files[kind]["name"] for ask in step.asks for kind in draft.content.files
                 if ask.pointer == f"/said/papers/{kind}"), "")
    if typed:
        return [Row(step.heading, ["What you entered cannot be taken yet"], step)]
    more = [Row("File", [file], step)] if file else []
    return [*(answered or [Row(step.heading, ["Not answered"], step)]), *more]


def _short(step: Step, ask: Ask) -> str:
    return ask.row or (step.heading if len(step.asks) == 1 else ask.label).replace(" (optional)", "")
