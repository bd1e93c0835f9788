"""The form of one step: made of its data, filled from the draft, read back as answers and faults."""
from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import MultiDict

from services.referrals import body
from services.referrals.drafts import answers as tree
from services.referrals.drafts import cleaning
from services.referrals.drafts.answers import MISSING
from services.referrals.drafts.questions import choices
from services.referrals.drafts.shelf import Draft
from services.referrals.drafts.steps import Ask, Step
from services.referrals.files.upload import FileField
from shared.ledger.types import Data
from shared.web.forms import (
    CheckboxesField,
    DateField,
    EmailField,
    Form,
    RadioField,
    SelectField,
    TelephoneField,
    TextAreaField,
    TextField,
)

CHOSEN = ("radio", "checks", "select", "yes_no")
YES_NO = {"yes": True, "no": False}
PLAIN = {"line": TextField, "number": TextField, "nhs": TextField, "lines": TextAreaField, "wishes": TextAreaField,
         "telephone": TelephoneField, "email": EmailField}
#: Of boxes in which a keyboard of digits helps.
DIGITS = ("number", "nhs")


@lru_cache(maxsize=256)
def _form_class(step: Step, team_box: bool) -> type[Form]:
    return type("StepForm", (Form,), {ask.name: _field(ask, team_box) for ask in step.asks})


def _field(ask: Ask, team_box: bool) -> Any:
    if ask.kind in ("day", "past_day"):
        return DateField(ask.label, what=ask.subject or ask.label.rstrip("?"), past=ask.kind == "past_day")
    if ask.kind == "file":
        return FileField(ask.label)
    if ask.kind == "team" and team_box:
        return TextField(ask.label)
    kinds: Mapping[str, Any] = {"radio": RadioField, "yes_no": RadioField, "checks": CheckboxesField, "select": SelectField, "team": SelectField}
    return kinds[ask.kind](ask.label, validate_choice=False) if ask.kind in kinds else PLAIN[ask.kind](ask.label)


def empty(draft: Draft, step: Step, today: date, team: str, posted: Any = None) -> Any:
    """Make the form of a step as the draft has it: with what was typed where that could not be taken; or as `posted`."""
    typed = draft.content.typed.get(step.key)
    given = posted if posted is not None else MultiDict([(name, text) for name, text in typed["values"]]) if typed else None
    form = _form_class(step, not draft.pathway.team)(formdata=given, data=_kept(draft, step), meta={"csrf": False})
    for ask in step.asks:
        field = form[ask.name]
        if ask.kind in CHOSEN or (ask.kind == "team" and draft.pathway.team):
            field.choices = choices(ask, draft.pathway, (team, str(field.data or "")), today)
    if posted is None:
        show(form, _faults(draft, step))
    return form


def _faults(draft: Draft, step: Step) -> dict[str, str]:
    """Give what is wrong with a step as it is kept, by itself or with others."""
    odds, typed = step.odds(draft.content.answers), draft.content.typed.get(step.key)
    return {**({odds.name: odds.words} if odds else {}), **(typed["faults"] if typed else {})}


def show(form: Any, faults: Mapping[str, str]) -> None:
    """Put sentences where what they are about was typed."""
    for name, words in faults.items():
        if name in form:
            form[name].errors = [words]


def read(draft: Draft, step: Step, form: Any, today: date) -> tuple[Data, dict[str, str]]:
    """Give the answers of all steps with those of this form in place, and a sentence for each field that cannot be taken."""
    form.validate()
    faults = {name: field.errors[0] for name, field in form._fields.items() if field.errors}
    given = {ask.name: _value(ask, form[ask.name]) for ask in step.asks if ask.kind != "file"}
    faults = {**step.check(given), **faults}
    made = copy.deepcopy(draft.content.answers)
    for ask in step.asks:
        if ask.kind != "file":
            tree.put(made, ask.pointer, None if ask.name in faults else given[ask.name])
    found = {**_not_entered(step, given), **_wrong(draft, step, made, given, today), **faults}
    for name in found:
        _take_back(step, made, name)
    return made, found


def _kept(draft: Draft, step: Step) -> Data:
    found = {ask.name: tree.look(draft.content.answers, ask.pointer) for ask in step.asks if ask.pointer}
    return {name: _typed(step_kind(step, name), value) for name, value in found.items()}


def _typed(kind: str, value: Any) -> Any:
    """Give an answer as it is typed."""
    if kind == "wishes" and value:
        return "\n".join(value)
    return next((key for key, answer in YES_NO.items() if answer is value), None) if kind == "yes_no" else value


def step_kind(step: Step, name: str) -> str:
    """Give the kind of a field."""
    return next(ask.kind for ask in step.asks if ask.name == name)


def _value(ask: Ask, field: Any) -> Any:
    data = field.data
    if ask.kind in ("day", "past_day"):
        return data.isoformat() if data else None
    if ask.kind in CHOSEN:
        known = {key for key, _ in field.choices}
        if ask.kind == "yes_no":
            return YES_NO.get(data)
        return [one for one in data or [] if one in known] if ask.kind == "checks" else data if data in known and data else None
    answer = READ.get(ask.kind, cleaning.line)(data or "")
    return None if answer in ("", []) else answer


def _number(text: str) -> Any:
    found = re.fullmatch(r"([0-9]{1,9})( months?)?", cleaning.line(text).lower())
    return int(found[1]) if found else cleaning.line(text)


def _wishes(text: str) -> list[str]:
    return [wish for wish in cleaning.lines(text).split("\n") if wish]


def _email(text: str) -> str:
    return cleaning.line(text).replace(" ", "").removeprefix("mailto:")


READ: Mapping[str, Any] = {"number": _number, "wishes": _wishes, "email": _email, "nhs": cleaning.number, "lines": cleaning.lines}


def _not_entered(step: Step, given: Mapping[str, Any]) -> dict[str, str]:
    return {ask.name: ask.enter for ask in step.asks if ask.must and given[ask.name] in (None, "", [])}


def _wrong(draft: Draft, step: Step, made: Data, given: Mapping[str, Any], today: date) -> dict[str, str]:
    """Hold the answers against the shape of a referral; of what is wrong, what was typed here."""
    whole = tree.body(made, draft.pathway.name, draft.self_referral)
    found: dict[str, str] = {}
    for pointer, words in body.read(body.Referral, whole, today)[1].items():
        ask = step.ask_of(tree.by_kind(pointer, whole.get("documents", [])))
        if ask is None or ask.name in found or (words.startswith(MISSING) and not _begun(ask, made)):
            continue
        found[ask.name] = _sentence(ask, words)
    return found


def _begun(ask: Ask, made: Data) -> bool:
    """Say whether something of the same thing was entered, so that the rest of it is missing."""
    whole = ask.pointer.rpartition("/")[0]
    return whole.count("/") >= 1 and whole not in ("/citizen", "/referrer") and bool(tree.look(made, whole))


def _sentence(ask: Ask, words: str) -> str:
    if words.startswith(body.PLACEHOLDER):
        return f"This {words}"
    if words in MISSING:
        return ask.enter or f"{ask.subject} {words}"
    if ask.wrong and words.startswith(("fails", "must be")):
        return ask.wrong
    return f"{ask.subject} {words}"


def _take_back(step: Step, made: Data, name: str) -> None:
    ask = next(ask for ask in step.asks if ask.name == name)
    if ask.pointer:
        tree.put(made, ask.pointer, None)


def params(draft: Draft, step: Step, form: Any) -> dict[str, Data]:
    """Give what each field is drawn with; where a step asks one thing, its question is the heading of the page."""
    alone = len(step.asks) == 1
    return {ask.name: _params(draft, step, ask, alone) for ask in step.asks}


def _params(draft: Draft, step: Step, ask: Ask, alone: bool) -> Data:
    hint = " ".join(part for part in (worded(draft, step.why) if alone else "", worded(draft, ask.hint)) if part)
    drawn: Data = {"hint": {"text": hint} if hint else None}
    drawn |= _heading(step, ask, alone)
    if ask.kind in ("line", "email", "telephone", "nhs", "number", "lines", "wishes"):
        drawn |= {"autocomplete": ask.autocomplete, **({"classes": ask.width} if ask.width else {})}
    if ask.choices == "half_days":
        drawn["classes"] = "govuk-checkboxes--small"
    if ask.kind in ("email", "nhs"):
        drawn["spellcheck"] = False
    if ask.kind in DIGITS:
        drawn["inputmode"] = "numeric"
    if ask.kind in ("email", "telephone"):
        drawn["type"] = {"email": "email", "telephone": "tel"}[ask.kind]
    if ask.kind in ("lines", "wishes"):
        drawn["rows"] = 8 if ask.pointer == "/reason" else 3
    return drawn


def _heading(step: Step, ask: Ask, alone: bool) -> Data:
    size = "l" if alone else "s"
    text = {"text": step.heading if alone else ask.label, "isPageHeading": alone}
    if ask.kind in ("radio", "yes_no", "checks", "day", "past_day"):
        return {"fieldset": {"legend": {**text, "classes": f"govuk-fieldset__legend--{size}"}}}
    return {"label": {**text, "classes": f"govuk-label--{size}"}}


def worded(draft: Draft, text: str) -> str:
    """Fill in the figures of the pathway."""
    least = draft.pathway.minimum_commitment_months
    return text.replace("{weeks}", str(draft.pathway.first_meeting_breached_days // 7)).replace(
        "{commitment}", f"This pathway needs at least {least} months." if least else "Enter 0 if you do not stay involved.")
