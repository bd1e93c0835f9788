"""The rules in words, for people and for systems, and as they stood when something was decided by them."""
from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.referrals import rulebook
from services.referrals.service import Referrals
from shared.database import Database
from shared.pathways import PATHWAYS, Pathway, load
from shared.pathways.loader import HERE
from shared.pathways.sentences import sentences
from tests.integration.referral_room import Caller, Pod


def ask(caller: Caller, path: str = "") -> Any:
    return caller.client.get(f"/api/v1/pathways{path}", headers={"Authorization": caller.bearer})


def page(pod: Pod, path: str, role: str = "practitioner") -> Any:
    browser = pod.app.test_client()
    with browser.session_transaction() as session:
        session["since"] = int(time.time())
        session["actor"] = {"email": "amara.osei@cmhwt.example", "name": "Amara Osei", "roles": [role], "team": ""}
    return browser.get(path)


def changed(monkeypatch: pytest.MonkeyPatch, folder: Path, find: str, put: str) -> Pathway:
    """Put another core pathway in force, read from its file."""
    text = (HERE / "core.toml").read_text()
    assert find in text
    (folder / "core.toml").write_text(text.replace(find, put))
    pathway = load(folder / "core.toml")
    monkeypatch.setitem(PATHWAYS, "core", pathway)
    return pathway


def test_R_15_a_later_change_of_a_rule_changes_no_past_decision_and_not_its_page(
        pod: Pod, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decided, open_ = pod.sent(), pod.sent(citizen={"name": "Ada Moss", "date_of_birth": "1990-02-03", "nhs_number": "9876543210"})
    before = pod.helen.post(f"/{decided}/accept").json
    fingerprint = before["decision"]["fingerprint"]
    address = f"/rules/core/{fingerprint}"
    stood, shown = ask(pod.amara, f"/core/{fingerprint}").json, page(pod, address).text
    assert "You stay involved for at least 3 months." in shown and "not in force any more" not in shown

    today = changed(monkeypatch, tmp_path, "minimum_commitment_months = 3 ", "minimum_commitment_months = 9 ")
    assert today.fingerprint != fingerprint
    after = pod.helen.get(f"/{decided}").json
    assert after["rules"] == before["rules"] and after["decision"] == before["decision"]
    assert ask(pod.amara, f"/core/{fingerprint}").json == stood
    later = page(pod, address).text
    assert "You stay involved for at least 3 months." in later and "9 months" not in later
    assert "not in force any more" in later and later.count("Changed since") == 1
    # what is still open is judged by the rules of today
    assert [one["rule"] for one in pod.helen.get(f"/{open_}").json["missing"]] == ["R-04"]
    assert "at least 9 months" in page(pod, "/rules/core").text


@pytest.mark.parametrize("act", ["decline", "withdraw"])
def test_R_15_whatever_is_decided_keeps_the_rules_it_was_judged_by(pod: Pod, act: str) -> None:
    answer = pod.helen.post(f"/{pod.sent()}/{act}", {"reason": "other", "words": "The citizen decided otherwise."})
    assert ask(pod.helen, "/core").json["versions"][0]["fingerprint"] == answer.json["decision"]["fingerprint"]


def test_R_15_what_was_refused_keeps_nothing(pod: Pod) -> None:
    assert pod.helen.post(f"/{pod.sent(documents=[])}/accept").status_code == 409
    assert ask(pod.helen, "/core").json["versions"] == []


def test_R_15_each_version_is_kept_once_from_the_day_it_was_first_in_force(
        any_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rulebook.definitions.create(any_database.engine)
    first, content = PATHWAYS["core"], orjson.loads(orjson.dumps(rulebook.described(PATHWAYS["core"])))
    any_database.run(rulebook.keep_all)
    with any_database.read() as connection:
        known = rulebook.versions(connection, "core")
    second = changed(monkeypatch, tmp_path, "draft_days = 90", "draft_days = 30")
    for _ in range(2):
        any_database.run(rulebook.keep_all)
    monkeypatch.setitem(PATHWAYS, "core", first)
    any_database.run(rulebook.keep_all)
    with any_database.read() as connection:
        assert [one["fingerprint"] for one in rulebook.versions(connection, "core")] == [second.fingerprint, first.fingerprint]
        assert rulebook.versions(connection, "core")[1:] == known
        assert rulebook.in_version(connection, "core", first.fingerprint) == content
        assert rulebook.in_version(connection, "core", second.fingerprint)["draft_days"] == 30  # type: ignore[index]
        assert rulebook.in_version(connection, "sip", first.fingerprint) is None
        assert rulebook.in_version(connection, "core", "0\0") is None


def test_R_15_a_start_keeps_the_rules_in_force(pod: Pod) -> None:
    Referrals.started(pod.room)
    for name, pathway in PATHWAYS.items():
        versions = ask(pod.wren, f"/{name}").json["versions"]
        assert [one["fingerprint"] for one in versions] == [pathway.fingerprint]


def test_R_10_other_systems_read_every_pathway_with_its_figures_and_its_words(pod: Pod) -> None:
    items = {one["name"]: one for one in ask(pod.amara).json["items"]}
    assert list(items) == list(PATHWAYS)
    sip = items["sip"]
    assert sip["response_in_working_days"] == 2 and sip["allocates"] == ["manager"]
    assert [team["name"] for team in sip["teams"]] == [team.name for team in PATHWAYS["sip"].team]
    assert items["core"]["documents"][0] == {"kind": "care_plan", "words": "CPA care plan", "max_age_months": 12}
    assert [(one["rule"], one["words"]) for one in sip["sentences"]] == sentences(PATHWAYS["sip"])
    assert ask(pod.amara, "/sip").json == sip


@pytest.mark.parametrize("path", ["/corr", "/core/ab5ea5c1c9", "/core/000000000000", "/sip/%00", "/%00/000000000000"])
def test_what_there_is_not_is_not_found(pod: Pod, path: str) -> None:
    answer = ask(pod.amara, path)
    assert answer.status_code == 404 and answer.json["detail"].startswith("There is no such")
    assert page(pod, f"/rules{path}").status_code == 404


def test_the_rules_are_for_everybody_who_may_send_and_nobody_else(pod: Pod) -> None:
    for role, status in (("practitioner", 200), ("worker", 200), ("manager", 200), ("panel", 403), ("publisher", 403)):
        assert ask(pod.caller(role)).status_code == status, role
        assert page(pod, "/rules", role).status_code == status, role
    assert pod.app.test_client().get("/api/v1/pathways").status_code == 401
    assert pod.app.test_client().get("/rules/core").status_code == 302
