"""The rules in words are made of the definition, all of it: what a figure says, the sentences say."""
from __future__ import annotations

from dataclasses import fields, replace
from datetime import time
from typing import Any

import pytest

from shared.calendar import HOURS
from shared.pathways import PATHWAYS, Choice, Document, Pathway, Team
from shared.pathways.sentences import sentences, summary

CORE, SIP, PREVENTION = PATHWAYS["core"], PATHWAYS["sip"], PATHWAYS["prevention"]


def said(pathway: Pathway, rule: str) -> list[str]:
    return [words for known, words in sentences(pathway) if known == rule]


#: A word of a definition -> another value of it, of which people must read something else.
OTHERWISE: dict[str, Any] = {
    "self_referral": True, "nhs_number_required": False, "named_person_required": False, "minimum_commitment_months": 5,
    "minimum_age": 16, "condition_required": False, "allocates": ("worker",), "first_meeting_due_days": 9,
    "first_meeting_breached_days": 33, "first_meeting_minutes": 45, "document_warning_days": 20, "draft_days": 77,
    "review_in_working_days": 6, "follow_up_in_days": 11, "minimum_meetings": 13, "condition": (Choice("anxiety", "Anxiety"),),
    "meeting_preference": (Choice("teams", "By film"),), "strand": (), "response_in_working_days": 4,
    "team": (Team("Harbour Team"),), "one_to_one_support": "Harbour’s support", "document": (Document("passport", "Passport", 9),), "social_issue": (Choice("noise", "Noise"),)}
#: What names the definition and heads its page, and is no rule.
NO_RULE = {"name", "title", "purpose", "fingerprint"}


@pytest.mark.parametrize("word", sorted({field.name for field in fields(Pathway)} - NO_RULE))
def test_R_15_nothing_of_a_definition_is_left_unsaid(word: str) -> None:
    assert OTHERWISE[word] != getattr(CORE, word)
    assert sentences(replace(CORE, **{word: OTHERWISE[word]})) != sentences(CORE)


def test_R_02_the_teams_that_may_refer_are_named_with_their_other_names() -> None:
    assert said(CORE, "R-02")[0] == ("A practitioner of the Community Mental Health and Wellbeing Team "
                                     "or the Early Intervention Team may refer.")
    assert "The Early Intervention Team is also known as EIT and Early Intervention." in said(CORE, "R-02")
    assert said(PREVENTION, "R-02") == ["A practitioner of any team may refer."]


def test_R_03_R_04_who_stays_involved_and_how_long_is_said() -> None:
    assert said(CORE, "R-03")[0].startswith("Name a person of such a team who carries risk")
    assert said(CORE, "R-04")[0].startswith("You stay involved for at least 3 months.")
    assert said(replace(CORE, minimum_commitment_months=1), "R-04")[0].startswith("You stay involved for at least 1 month.")
    assert said(PREVENTION, "R-04") == ["You need not stay involved for any set time."]


def test_R_05_age_and_conditions_are_said_in_the_words_of_the_list() -> None:
    assert said(CORE, "R-05") == [
        "The citizen is 18 or older.", "The citizen lives with at least one of these: Psychosis; Bipolar disorder; Schizophrenia; "
        "Another severe or enduring mental ill-health."]


def test_R_06_each_document_its_age_and_its_warning_are_said() -> None:
    assert said(CORE, "R-06")[:2] == [
        "The CPA care plan must be here and not older than 12 months. You are warned 14 days before it lapses.",
        "The Steve Morgan risk assessment must be here and not older than 6 months. You are warned 14 days before it lapses."]
    assert said(SIP, "R-06") == ["No documents are asked for."]


def test_R_07_the_first_meeting_is_counted_from_what_starts_its_clock() -> None:
    assert said(CORE, "R-07")[0] == ("The introductory meeting is due within 14 days after every document is here and up to date. "
                                     "It counts as breached after 21 days.")
    assert "within 14 days after the referral is received" in said(SIP, "R-07")[0]


def test_R_08_the_opening_hours_are_those_of_the_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(CORE, "R-08")[0].startswith("The Pod is open Monday to Thursday 8:30am to 4:30pm and Friday 8:30am to 4pm.")
    monkeypatch.setitem(HOURS, 2, (time(12), time(13, 5)))
    assert said(CORE, "R-08")[0].startswith("The Pod is open Monday to Tuesday 8:30am to 4:30pm, Wednesday midday to 1:05pm, "
                                            "Thursday 8:30am to 4:30pm and Friday 8:30am to 4pm.")


def test_R_10_the_teams_the_issues_and_the_response_of_sip_are_said() -> None:
    assert said(SIP, "R-10")[0] == ("A practitioner of the Home Treatment Team, Axholme Services or the AMHP and social work "
                                    "service may refer.")
    assert "The Pod responds within 2 working days of receiving the referral." in said(SIP, "R-10")
    assert any(words.endswith("Loss of health or care services; Other.") for words in said(SIP, "R-10"))
    assert "You can ask for Axholme’s intensive one-to-one support." in said(SIP, "R-10")
    assert said(CORE, "R-10") == []


def test_R_11_it_is_said_whether_citizens_may_refer_themselves() -> None:
    assert said(PREVENTION, "R-11") == ["Citizens may refer themselves."]
    assert said(CORE, "R-11") == ["Citizens cannot refer themselves: a practitioner refers them."]


def test_the_summary_says_the_same_in_few_words() -> None:
    assert summary(CORE)["Documents"] == ("CPA care plan, not older than 12 months; "
                                          "Steve Morgan risk assessment, not older than 6 months")
    assert summary(SIP)["The Pod responds"] == "Within 2 working days" and "The Pod responds" not in summary(CORE)
    assert summary(PREVENTION)["Who may refer"] == "A practitioner of any team may refer. Citizens may refer themselves."
