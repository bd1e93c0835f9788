"""What the API is asked for when it lists referrals."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import request

from services.referrals.references import read_reference
from services.referrals.worklists import finding
from services.referrals.worklists.filters import DUE, MOST, SORTS, STATES, Filters
from services.referrals.worklists.tabs import TABS
from shared.ledger.tables import staff_id
from shared.pathways import PATHWAYS, team_key
from shared.schemas.kinds import take_nhs_number
from shared.web.context import can
from shared.web.problems import PAGE_LIMIT, problem

#: Days since receipt one may ask for at most: a century.
OLDEST = 36_500
CHOICES = {"state": STATES, "due": DUE, "pathway": tuple(PATHWAYS), "sort": SORTS, "worklist": tuple(TABS)}
YES_NO = ("mine", "overdue", "waiting")
WORDS = {
    "mine": "only those one sent, is practitioner or named person of, or works on as development worker",
    "overdue": "first meeting overdue, and no development worker chosen", "waiting": "the practitioner has a question to answer",
    "due": "next target: due today, overdue, or breached (a first meeting after 21 days); soonest first unless sorted otherwise",
    "team": "name of the practitioner's team", "worker": "work email address of the development worker",
    "nhs_number": "of the citizen; a practitioner finds only what they may see",
    "q": f"a reference, an NHS number, or words of the citizen's name in any order, each from its beginning; accents, apostrophes and capitals make no difference. Of a name that more than {MOST} referrals match, {MOST} are given",
    "after": "`next` of the page before, of the same list sorted in the same way; it begins where that page ended, whatever has moved since",
    "worklist": "one of the worklists of the Pod's staff, for them alone, in the order it is worked through: " + "; ".join(
        f"{name}: {tab.title}" for name, tab in TABS.items()),
    "days": "received so many days ago or more, counted as `days` of each is",
    "sort": "received: newest first; oldest: longest waiting first; target: soonest due first"}


def _parameters() -> Iterator[dict[str, Any]]:
    shapes: dict[str, dict[str, Any]] = {
        **{name: {"type": "string", "enum": list(words)} for name, words in CHOICES.items()},
        **{name: {"type": "string", "enum": ["true", "false"]} for name in YES_NO},
        **{name: {"type": "string"} for name in ("q", "team", "worker", "reference", "nhs_number", "after")},
        "days": {"type": "integer", "minimum": 0, "maximum": OLDEST}, "limit": {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT}}
    for name, shape in shapes.items():
        yield {"in": "query", "name": name, "schema": shape, **({"description": WORDS[name]} if name in WORDS else {})}


#: The filters of the list, for the OpenAPI document.
PARAMETERS = list(_parameters())


def filters() -> Filters:
    """Read the filters from the query; what is wrong with any of them is answered 422."""
    given = {name: request.args.get(name, "") for name in ("q", "team", "worker", "reference", "nhs_number", "days", *CHOICES)}
    if given["worklist"] and not can("referral:read"):
        problem(403, "The worklists are those of the Pod's staff.", help="Leave `worklist` out: you are given what you may see.")
    errors = [{"pointer": f"/{name}", "detail": detail} for name, detail in _faults(given)]
    if errors:
        problem(422, "The filter is not valid.", errors=errors)
    found = finding.read(given["q"])
    order = TABS[given["worklist"]].sort if given["worklist"] else ""
    return Filters(
        words=found.words, state=given["state"], due=given["due"], pathway=given["pathway"], sort=given["sort"] or order,
        worklist=given["worklist"], older_than=int(given["days"] or 0),
        mine=_yes("mine"), overdue=_yes("overdue"), waiting=_yes("waiting"), team=team_key(given["team"]) if given["team"] else "", worker=staff_id(given["worker"]) if given["worker"] else "",
        reference=read_reference(given["reference"]) or found.reference, nhs_number=given["nhs_number"].replace(" ", "") or found.nhs_number)


def _faults(given: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, words in CHOICES.items():
        if given[name] and given[name] not in words:
            yield name, f"must be one of {', '.join(words)}"
    if given["sort"] and given["worklist"] in TABS and TABS[given["worklist"]].fixed:
        yield "sort", f"leave it out: {given['worklist']} has an order of its own"
    if given["days"] and not (given["days"].isascii() and given["days"].isdigit() and len(given["days"]) < 6 and int(given["days"]) <= OLDEST):
        yield "days", f"must be a whole number from 0 to {OLDEST}"
    if given["q"] and (given["reference"] or given["nhs_number"]):
        yield "q", "leave it out, or reference and nhs_number: it finds either"
    if fault := finding.read(given["q"]).fault:
        yield "q", fault
    if given["reference"] and not read_reference(given["reference"]):
        yield "reference", "is not a reference of ours; check each letter"
    yield from ((name, "must be text") for name in ("team", "worker") if "\x00" in given[name])
    try:
        take_nhs_number(given["nhs_number"]) if given["nhs_number"] else None
    except ValueError as fault:
        yield "nhs_number", str(fault)


def _yes(name: str) -> bool:
    return request.args.get(name, "").lower() in ("1", "true", "yes")
