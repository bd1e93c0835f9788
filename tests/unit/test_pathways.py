"""Pathways are data: the shipped ones say what the rules say, and a broken one stops the start."""
from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.pathways import PATHWAYS, BrokenPathway, load, load_all
from shared.pathways.loader import HERE
from tests.support.ground import ROOT

CORE = (HERE / "core.toml").read_text()


def line(text: str, wanted: str, nth: int = 1) -> int:
    """Give the line of a text on which `wanted` begins, for the `nth` time."""
    start = -1
    for _ in range(nth):
        start = text.index(wanted, start + 1)
    return text.count("\n", 0, start) + 1


def broken(folder: Path, text: str) -> str:
    """Give what is said of a core pathway so written."""
    (folder / "core.toml").write_text(text)
    with pytest.raises(BrokenPathway) as fault:
        load(folder / "core.toml")
    return str(fault.value)


def put(find: str, instead: str) -> str:
    """Give the core pathway with something else put for the first of what is found."""
    assert find in CORE
    return CORE.replace(find, instead, 1)


def test_R_02_the_core_pathway_takes_referrals_of_two_teams_by_any_of_their_names():
    core = PATHWAYS["core"]
    assert core.may_refer("Community Mental Health and Wellbeing Team")
    assert core.may_refer("early  intervention team") and core.may_refer("EIT")
    assert not core.may_refer("Home Treatment Team") and not core.may_refer("")


def test_R_03_R_04_the_core_pathway_asks_for_a_named_person_and_three_months():
    asked = {name: (one.named_person_required, one.minimum_commitment_months) for name, one in PATHWAYS.items()}
    assert asked == {"core": (True, 3), "sip": (True, 0), "prevention": (False, 0)}


def test_R_05_every_pathway_is_for_adults_and_lists_its_conditions():
    assert {one.minimum_age for one in PATHWAYS.values()} == {18}
    assert [one.key for one in PATHWAYS["core"].condition] == ["psychosis", "bipolar", "schizophrenia", "other_severe"]
    assert [name for name, one in PATHWAYS.items() if one.condition_required] == ["core"]


def test_R_06_both_documents_have_their_greatest_age_and_are_warned_of_14_days_ahead():
    core = PATHWAYS["core"]
    assert {d.kind: d.max_age_months for d in core.document} == {"care_plan": 12, "risk_assessment": 6}
    assert core.document_warning_days == 14


def test_R_07_the_first_meeting_is_due_at_14_days_and_breached_at_21_in_one_of_three_ways():
    for one in PATHWAYS.values():
        assert (one.first_meeting_due_days, one.first_meeting_breached_days, one.first_meeting_minutes) == (14, 21, 60)
        assert [way.key for way in one.meeting_preference] == ["in_person", "telephone", "teams"]


def test_R_10_sip_takes_three_teams_answers_in_two_working_days_and_lists_nine_social_issues():
    sip = PATHWAYS["sip"]
    assert all(map(sip.may_refer, ("Home Treatment Team", "Axholme", "AMHP and social work service")))
    assert not sip.may_refer("Early Intervention Team")
    assert sip.response_in_working_days == 2 and len(sip.social_issue) == 9
    assert [one.name for one in PATHWAYS.values() if one.one_to_one_support] == ["sip"]


def test_R_11_prevention_is_open_to_all_and_lets_citizens_refer_themselves():
    prevention = PATHWAYS["prevention"]
    assert prevention.self_referral and prevention.may_refer("anybody") and not prevention.nhs_number_required
    assert [(one.minimum, one.maximum) for one in prevention.strand] == [(6, 8)]
    assert not PATHWAYS["core"].self_referral and not PATHWAYS["sip"].self_referral


def test_J_02_the_strands_of_the_core_journey_have_their_ranges():
    ranges = {s.key: (s.minimum, s.maximum) for s in PATHWAYS["core"].strand}
    assert ranges == {"foundation_assessment": (1, 3), "sana": (2, 8), "social_brokerage": (16, 40), "social_advocacy": (0, 40)}


@pytest.mark.parametrize("name", PATHWAYS)
def test_every_pathway_says_who_allocates_and_how_long_a_draft_is_kept(name: str):
    assert PATHWAYS[name].allocates == ("manager",) and PATHWAYS[name].draft_days == 90


#: What is wrong -> (what stands there, what is put for it, the reason given).
SLIPS = {
    "wrong type: a text for a number": ("minimum_age = 18", 'minimum_age = "18"', "minimum_age must be a whole number from 0 to 120"),
    "wrong type: true for a number": ("draft_days = 90", "draft_days = true", "draft_days must be a whole number from 1 to 366"),
    "wrong type: a part of a number": ("draft_days = 90", "draft_days = 90.5", "draft_days must be a whole number from 1 to 366"),
    "wrong type: a number for yes or no": ("self_referral = false", "self_referral = 0", "self_referral must be true or false"),
    "wrong type: a text for a list": ('allocates = ["manager"]', 'allocates = "manager"', "allocates must be a list of texts"),
    "unknown word": ("minimum_age = 18", "minimal_age = 18", "minimal_age is not a word of a definition"),
    "our own word": ('name = "core"', 'fingerprint = "core"', "fingerprint is not a word of a definition"),
    "negative number": ("minimum_commitment_months = 3", "minimum_commitment_months = -3",
                        "minimum_commitment_months must be a whole number from 0 to 120"),
    "document age 0": ("max_age_months = 12", "max_age_months = 0", "document: max_age_months must be a whole number from 1 to 120"),
    "an age nobody reaches": ("minimum_age = 18", "minimum_age = 180", "minimum_age must be a whole number from 0 to 120"),
    "a document kept for ages": ("max_age_months = 6", "max_age_months = 60000", "document: max_age_months must be a whole number from 1 to 120"),
    "empty title": ('title = "Core pathway"', 'title = " "', "title must be a text of one line"),
    "a title of two lines": ('title = "Core pathway"', 'title = """Core\npathway"""', "title must be a text of one line"),
    "another file's name": ('name = "core"', 'name = "sip"', "name must be core, as the file is called"),
    "unknown role": ('allocates = ["manager"]', 'allocates = ["manager", "king"]',
                     "allocates: king is not a role of Pod staff; write worker or manager"),
    "a role that works elsewhere": ('allocates = ["manager"]', 'allocates = ["practitioner"]',
                                    "allocates: practitioner is not a role of Pod staff; write worker or manager"),
    "nobody allocates": ('allocates = ["manager"]', "allocates = []", "allocates: somebody must choose the development worker"),
    "due after breached": ("first_meeting_breached_days = 21", "first_meeting_breached_days = 13",
                           "first_meeting_breached_days must not be less than first_meeting_due_days"),
    "response without working days": ("minimum_age = 18", "response_in_working_days = 0\nminimum_age = 18",
                                      "response_in_working_days must be a whole number from 1 to 366"),
    "a strand upside down": ("maximum = 8", "maximum = 1", "strand: sana: maximum must not be less than minimum"),
    "unknown way to meet": ('key = "teams"', 'key = "letter"', "meeting_preference: letter is not known; write in_person, telephone, teams"),
    "a key with a space": ('key = "bipolar"', 'key = "bi polar"',
                           "condition: key must be of small letters, digits and _, and begin with a letter"),
    "a condition twice": ('key = "bipolar"', 'key = "psychosis"', "condition: psychosis is there twice"),
    "the same words twice": ('words = "Bipolar disorder"', 'words = "psychosis"', "condition: psychosis is there twice"),
    "one key for two things": ('kind = "care_plan"', 'kind = "psychosis"', "document: psychosis is a condition already"),
    "a team twice": ('name = "Early Intervention Team"', 'name = "community mental health and  wellbeing team"',
                     "team: community mental health and  wellbeing team is there twice"),
    "another team's name": ('also = ["EIT", "Early Intervention"]', 'also = ["EIT", "cmhwt"]',
                            "team: cmhwt is a name of Community Mental Health and Wellbeing Team already"),
    "no TOML": ('title = "Core pathway"', 'title = "Core', "this is not TOML: Illegal character '\\n'"),
    "a text that never ends": ('purpose = "Social', 'purpose = """Social', "this is not TOML: Unterminated string"),
    "the same word twice": ("draft_days = 90", "minimum_age = 90", "this is not TOML: the same word is there twice"),
}


@pytest.mark.parametrize("find, instead, reason", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_refused_with_file_line_and_reason(tmp_path: Path, find: str, instead: str, reason: str):
    assert broken(tmp_path, put(find, instead)) == f"core.toml, line {line(CORE, find)}: {reason}"


def test_what_is_missing_is_named_with_the_table_it_is_missing_from(tmp_path: Path):
    assert broken(tmp_path, put("minimum_age = 18", "")) == "core.toml, line 1: minimum_age is missing"
    second = line(CORE, "[[document]]", 2)
    assert broken(tmp_path, put("max_age_months = 6", "")) == f"core.toml, line {second}: document: max_age_months is missing"


def test_a_list_left_out_or_written_as_one_table_is_refused(tmp_path: Path):
    no_strand = CORE[:CORE.index("[[strand]]")]
    assert broken(tmp_path, no_strand) == "core.toml, line 1: there must be at least one [[strand]]"
    single = no_strand + "[strand]\nkey = 1\n"
    assert broken(tmp_path, single) == f"core.toml, line {line(single, '[strand]')}: strand must be written as [[strand]]"


def test_the_line_is_right_after_texts_and_lists_of_several_lines(tmp_path: Path):
    text = CORE.replace('"EIT", "Early Intervention"', '\n  "EIT", # [[document]]\n  "Early Intervention",\n')
    text = text.replace('words = "Steve Morgan risk assessment"', 'words = """max_age_months = 1"""\n# max_age_months = 2')
    text = text.replace("max_age_months = 6", "max_age_months = 0")
    assert broken(tmp_path, text) == (f"core.toml, line {line(text, 'max_age_months = 0')}: "
                                      "document: max_age_months must be a whole number from 1 to 120")


def test_a_file_of_windows_is_read_and_one_that_is_no_utf8_refused(tmp_path: Path):
    path = tmp_path / "core.toml"
    path.write_bytes(CORE.replace("\n", "\r\n").encode())
    assert load(path) == PATHWAYS["core"]
    path.write_bytes(put("Core pathway", "Core café").encode("latin-1"))
    with pytest.raises(BrokenPathway, match=r"core\.toml, line 3: save the file as UTF-8"):
        load(path)


def test_a_folder_without_definitions_is_refused(tmp_path: Path):
    with pytest.raises(BrokenPathway, match="there is no pathway"):
        load_all(tmp_path)


def test_one_name_means_one_team_in_every_file(tmp_path: Path):
    for name in ("core", "sip"):
        shutil.copy(HERE / f"{name}.toml", tmp_path)
    assert list(load_all(tmp_path)) == ["core", "sip"]
    sip = (HERE / "sip.toml").read_text().replace('also = ["HTT"]', 'also = ["HTT", "eit"]')
    (tmp_path / "sip.toml").write_text(sip)
    with pytest.raises(BrokenPathway) as fault:
        load_all(tmp_path)
    assert str(fault.value) == f"sip.toml, line {line(sip, 'also')}: team: eit is a name of Early Intervention Team in another file"


def test_the_suite_does_not_start_with_a_broken_definition(tmp_path: Path):
    for folder in ("shared", "services"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "static", "templates"))
    path = tmp_path / "shared" / "pathways" / "sip.toml"
    path.write_text(path.read_text().replace("minimum_age = 18", "minimum_age = -18"))
    where = line(path.read_text(), "minimum_age")

    def pod(word: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": "/usr/bin:/bin", "POD_MODE": "demo", "POD_VAR": str(tmp_path / "var"), "POD_HTTP": "127.0.0.1:0"}
        return subprocess.run([sys.executable, "-m", "shared.cli", word], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    done = pod("up")
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert done.stderr.startswith(f"sip.toml, line {where}: minimum_age must be a whole number from 0 to 120\n")
    assert "ready" not in done.stdout
    looked = pod("doctor")
    assert looked.returncode == 1 and re.search(rf"WRONG definition: sip\.toml, line {where}: minimum_age", looked.stdout), looked.stdout


def test_R_15_the_fingerprint_tells_one_set_of_rules_from_another(tmp_path: Path):
    path = tmp_path / "core.toml"
    path.write_text(put("max_age_months = 6", "max_age_months = 7"))
    assert load(path).fingerprint != PATHWAYS["core"].fingerprint
