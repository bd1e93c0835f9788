"""Pathways are data: the shipped ones say what the rules say, and a broken one stops the start."""
from __future__ import annotations

from pathlib import Path

import pytest

from shared.pathways import PATHWAYS, BrokenPathway, load
from shared.pathways.loader import HERE


def broken(folder: Path, find: str, put: str, name: str = "core") -> str:
    path = folder / f"{name}.toml"
    text = (HERE / "core.toml").read_text()
    assert find in text
    path.write_text(text.replace(find, put, 1))
    with pytest.raises(BrokenPathway) as fault:
        load(path)
    return str(fault.value)


def test_R_02_the_core_pathway_takes_referrals_of_two_teams_by_any_of_their_names():
    core = PATHWAYS["core"]
    assert core.may_refer("Community Mental Health and Wellbeing Team")
    assert core.may_refer("early  intervention team") and core.may_refer("EIT")
    assert not core.may_refer("Home Treatment Team") and not core.may_refer("")


def test_R_06_both_documents_have_their_greatest_age():
    assert {d.kind: d.max_age_months for d in PATHWAYS["core"].document} == {"care_plan": 12, "risk_assessment": 6}


def test_J_02_the_strands_of_the_core_journey_have_their_ranges():
    ranges = {s.key: (s.minimum, s.maximum) for s in PATHWAYS["core"].strand}
    assert ranges == {"foundation_assessment": (1, 3), "sana": (2, 8), "social_brokerage": (16, 40), "social_advocacy": (0, 40)}


def test_R_10_R_11_the_other_pathways_have_their_own_rules():
    sip, prevention = PATHWAYS["sip"], PATHWAYS["prevention"]
    assert sip.may_refer("Home Treatment Team") and sip.response_in_working_days == 2 and len(sip.social_issue) == 9
    assert prevention.self_referral and prevention.may_refer("anybody") and not prevention.nhs_number_required


def test_a_text_that_is_no_toml_is_refused_with_its_line(tmp_path: Path):
    assert broken(tmp_path, 'title = "Core pathway"', 'title = "Core').startswith("core.toml, line 3: ")


def test_a_word_nobody_knows_is_refused_with_its_line(tmp_path: Path):
    message = broken(tmp_path, "minimum_age = 18", "minimal_age = 18")
    assert message == "core.toml, line 10: minimal_age is not a word of a definition"


def test_a_wrong_figure_within_a_document_is_refused_with_its_line(tmp_path: Path):
    lines = (HERE / "core.toml").read_text().splitlines()
    message = broken(tmp_path, "max_age_months = 6", "max_age_months = -6")
    assert message == (f"core.toml, line {lines.index('max_age_months = 6') + 1}: "
                       "document: max_age_months must be a whole number from 1 to 120")


def test_what_is_missing_is_named(tmp_path: Path):
    assert "minimum_age is missing" in broken(tmp_path, "minimum_age = 18", "")


def test_a_strand_whose_range_is_upside_down_is_refused(tmp_path: Path):
    assert "maximum must not be less" in broken(tmp_path, "maximum = 3", "maximum = 0")


def test_a_condition_there_twice_is_refused(tmp_path: Path):
    assert "psychosis is there twice" in broken(tmp_path, 'key = "bipolar"', 'key = "psychosis"')


def test_R_15_the_fingerprint_tells_one_set_of_rules_from_another(tmp_path: Path):
    path = tmp_path / "core.toml"
    path.write_text((HERE / "core.toml").read_text().replace("max_age_months = 6", "max_age_months = 7"))
    assert load(path).fingerprint != PATHWAYS["core"].fingerprint


@pytest.mark.parametrize("name", PATHWAYS)
def test_R_06_R_07_every_pathway_says_how_long_things_take_and_who_allocates(name: str):
    pathway = PATHWAYS[name]
    assert pathway.allocates == ("manager",) and pathway.draft_days == 90
    assert pathway.document_warning_days == 14 and pathway.first_meeting_minutes == 60


@pytest.mark.parametrize("roles", ['["king"]', '["practitioner"]', "[]", '"manager"'])
def test_who_allocates_must_be_a_role_of_pod_staff(tmp_path: Path, roles: str):
    assert broken(tmp_path, 'allocates = ["manager"]', f"allocates = {roles}").startswith("core.toml, line 12: allocates")
