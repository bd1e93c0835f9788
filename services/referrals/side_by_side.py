"""A referral beside those it may repeat, answer by answer, as each was sent and amended since (R-13); for staff only."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from services.referrals import changes, history, particulars, rules, store
from services.referrals.candidates import is_same
from services.referrals.desk import Desk
from services.referrals.state import pathway_of
from shared.ledger.types import State
from shared.web.layout import nhs

#: What tells two people apart: shown also where it is the same.
WHO = tuple(f"citizen.{name}" for name in ("name", "date_of_birth", "nhs_number", "telephone", "email", "address"))
#: Answers of two referrals, shown where they differ.
ANSWERS = tuple(name for name in changes.FIELDS if name not in WHO)
NOT_GIVEN, THEMSELF = "Not given", "The citizen themself"


class Answer(NamedTuple):
    """What a referral answers, in words; whether that is the same as the first one's, None where there is nothing to compare."""

    words: str
    same: bool | None = None


class Row(NamedTuple):
    """One question, with the answers of the first referral and of the others."""

    question: str
    here: str
    others: Sequence[Answer]


class _Side(NamedTuple):
    """One referral: its state, what it says of its citizen, and what to call people."""

    state: State
    says: Mapping[str, Any]
    names: Mapping[str, str]


def rows(desk: Desk, state: State, others: Sequence[State]) -> list[Row]:
    """Give who each says the citizen is, then where the others answer differently from the first."""
    states = [state, *others]
    says = particulars.of(desk.connection, desk.database, store.particulars, [one["id"] for one in states])
    names = desk.names({one[role]["id"] for one in states for role in ("practitioner", "named_person") if one[role]})
    first, *rest = (_Side(one, says.get(one["id"], particulars.NOTHING), names) for one in states)
    found = [(name, _row(name, first, rest)) for name in (*WHO, *ANSWERS)]
    return [*(row for name, row in found if name in WHO or any(one.words != row.here for one in row.others)), *_documents(first, rest)]


def _row(field: str, first: _Side, rest: Sequence[_Side]) -> Row:
    here = _value(field, first)
    answers = [Answer(_words(field, one), is_same(field, here, _value(field, one))) for one in rest]
    return Row(changes.FIELDS[field], _words(field, first), answers)


def _value(field: str, side: _Side) -> Any:
    """Give an answer as it is compared."""
    return side.says[field.removeprefix("citizen.")] if field.startswith("citizen.") else side.state.get(field)


def _words(field: str, side: _Side) -> str:
    value = _value(field, side)
    if field == "practitioner" and value is None and side.state["self_referral"]:
        return THEMSELF
    if value in (None, "", [], {}) or (field == "commitment_months" and side.state["self_referral"]):
        return NOT_GIVEN
    if field == "citizen.nhs_number":
        return nhs(value)
    if field.startswith("citizen."):
        value = history.shown(field.removeprefix("citizen."), value)
    elif isinstance(value, dict) and "id" in value:
        value = {**value, "name": side.names[value["id"]]}
    return changes.value(field, value, pathway_of(side.state))


def _documents(first: _Side, rest: Sequence[_Side]) -> list[Row]:
    found = [_papers(one) for one in (first, *rest)]
    return [Row("Documents", found[0], [Answer(one) for one in found[1:]])] if any(one != NOT_GIVEN for one in found) else []


def _papers(side: _Side) -> str:
    pathway = pathway_of(side.state)
    words = [f"{pathway.words(one['kind'])} of {rules.in_words(one['dated'])}{'' if one.get('file') else ', no file'}"
             for one in side.state["documents"].values()]
    return "\n".join(sorted(words)) or NOT_GIVEN
