"""Statements stay for ever: every kind ever written still folds to the state it folded to."""
from __future__ import annotations

import json
from datetime import datetime
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from services.journeys import domain as journeys
from services.journeys.service import Journeys
from services.referrals import domain as referrals
from services.referrals.service import Referrals
from shared.ledger.fold import fold
from shared.ledger.keeper import LedgerStage
from shared.ledger.rows import upcast
from shared.ledger.types import Statement
from shared.messaging.envelope import read
from shared.room import handlers_of
from tests.support.ground import ROOT

GOLDEN = ROOT / "tests/contract/statements"
EVENTS = ROOT / "tests/contract/golden"
DOMAINS = {"journeys": journeys, "referrals": referrals}
#: What a handler makes of whom an event is about, in each service.
PERSON = {"journeys": "a citizen", "referrals": SimpleNamespace(referrals=("a referral",), in_doubt=("another referral",))}
by_service = pytest.mark.parametrize("service", sorted(DOMAINS))


def golden(service: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GOLDEN / f"{service}.json").read_text())
    return found


def statements(service: str, rules: ModuleType) -> list[Statement]:
    told = [Statement(**{**row, "occurred_at": datetime.fromisoformat(row["occurred_at"]),
                         "recorded_at": datetime.fromisoformat(row["recorded_at"])}) for row in golden(service)["statements"]]
    return [upcast(one, rules) for one in told]  # type: ignore[arg-type]  # a module is as good as a class of functions


@by_service
def test_every_kind_ever_written_is_kept_as_an_example(service: str) -> None:
    assert {one.kind for one in statements(service, DOMAINS[service])} == set(DOMAINS[service].RANKS)


@by_service
def test_what_was_ever_said_still_folds_to_the_same_state_or_the_fold_has_a_new_version(service: str) -> None:
    rules, kept = DOMAINS[service], golden(service)
    state, _ = fold(rules, kept["aggregate"], statements(service, rules))  # type: ignore[arg-type]
    assert kept["fold_version"] == rules.FOLD_VERSION, "a new version of the fold: write its state into the golden file"
    assert json.loads(json.dumps(state)) == kept["state"], "evolve has changed its meaning: raise FOLD_VERSION"


def said_today(service: str, cls: type) -> list[Statement]:
    stage = LedgerStage()
    for name, handler in handlers_of(cls).items():
        event = read((EVENTS / f"{name}.1.json").read_bytes())
        event.person = PERSON[service]  # type: ignore[assignment]
        handler(event, stage)
    return [one for _, one in stage.said]


@pytest.mark.parametrize(("service", "cls"), [("journeys", Journeys), ("referrals", Referrals)])
def test_what_handlers_say_today_has_the_fields_of_the_golden_statement_or_a_new_version(service: str, cls: type) -> None:
    kept: dict[str, set[str]] = {}
    for one in statements(service, DOMAINS[service]):
        kept.setdefault(one.kind, set()).update(one.data)
    found = {one.kind: more for one in said_today(service, cls) if (more := set(one.data) - kept[one.kind])}
    assert found == {}


def test_an_old_statement_is_lifted_step_by_step_to_the_newest_version() -> None:
    rules: Any = SimpleNamespace(UPCASTERS={
        ("bed.taken", 1): lambda s: s._replace(data={"ward": s.data["place"].split("/")[0], "bed": s.data["place"].split("/")[1]}),
        ("bed.taken", 2): lambda s: s._replace(data={**s.data, "bed": int(s.data["bed"])})})
    now = datetime.fromisoformat("2026-01-01T10:00:00Z")
    old = Statement("bed", "bed.taken", now, {"place": "Willow/7"}, recorded_at=now, event_id="e")
    lifted = old._replace(data={"ward": "Willow", "bed": 7}, version=3)
    assert upcast(old, rules) == lifted == upcast(lifted, rules)
    assert upcast(old, SimpleNamespace()) == old  # type: ignore[arg-type]
