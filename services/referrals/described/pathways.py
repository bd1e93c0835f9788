"""The rules of a pathway, in figures and in words, as they are answered."""
from __future__ import annotations

from shared.pathways import PATHWAYS
from shared.web.described import Shown, choice, many, moment, number, text, texts, yes_no


class ChoiceShown(Shown):
    """One entry of a list people choose from."""

    key = text("as it is sent")
    words = text("as people read it")


class TeamWhoRefers(Shown):
    """A team that may refer."""

    name = text("the name it goes by")
    also = texts("other names it is known by")


class DocumentAsked(Shown):
    """A document that must be here and up to date (R-06)."""

    kind = text("as it is sent", example="care_plan")
    words = text("as people read it")
    max_age_months = number("months after its date in which it counts")


class StrandShown(Shown):
    """A strand of the journey."""

    key = text("as it is sent", example="sana")
    words = text("as people read it")
    minimum = number("fewest meetings")
    maximum = number("most meetings")


class Sentence(Shown):
    """One rule in words."""

    heading = text("what it is about")
    rule = text("id of the rule, such as R-06")
    words = text("the rule in a sentence")


class VersionShown(Shown):
    """A version of the rules there has been."""

    fingerprint = text("names this version; a decision keeps it (R-15)", example="ab5ea5c1c9a9")
    first_in_force_at = moment("from when these rules were in force, UTC")


class Rules(Shown):
    """The rules of a pathway in one version."""

    name = choice(*PATHWAYS, description="as it is sent")
    title = text("as people read it")
    purpose = text("whom it is for, in a sentence")
    fingerprint = text("names this version of the rules (R-15)", example="ab5ea5c1c9a9")
    self_referral = yes_no("citizens may refer themselves (R-11)")
    nhs_number_required = yes_no("the citizen's NHS number must be sent (R-13)")
    named_person_required = yes_no("somebody who carries risk must be named (R-03)")
    condition_required = yes_no("at least one of `conditions` is needed (R-05)")
    minimum_commitment_months = number("months the practitioner must stay involved (R-04); 0: none")
    minimum_age = number("years the citizen must have (R-05)")
    allocates = texts("roles of Pod staff that choose the development worker")
    response_in_working_days = number("working days in which the Pod answers (R-10); 0: no target of its own")
    one_to_one_support = text("name of the intensive support a referral may ask for (R-10); empty: none", must=False)
    first_meeting_due_days = number("days after completion by which the introductory meeting is due (R-07)")
    first_meeting_breached_days = number("days after which it counts as breached (R-07)")
    first_meeting_minutes = number("minutes the introductory meeting takes (R-07)")
    document_warning_days = number("days before a document lapses on which that is warned of (R-06)")
    draft_days = number("days after which a referral that was begun and not sent is removed")
    review_in_working_days = number("working days in which an admission is reviewed")
    follow_up_in_days = number("days after a discharge in which a follow-up is proposed")
    minimum_meetings = number("fewest meetings of a journey")
    conditions = many(ChoiceShown, "conditions it is for (R-05)")
    social_issues = many(ChoiceShown, "social issues that are recorded (R-10)")
    meeting_preferences = many(ChoiceShown, "how a citizen may meet the Pod first (R-07)")
    strands = many(StrandShown, "strands of the journey")
    teams = many(TeamWhoRefers, "teams that may refer (R-02); empty: everybody may")
    documents = many(DocumentAsked, "documents that must be here (R-06)")
    sentences = many(Sentence, "all of it in words, in the order of the page")


class RulesWithVersions(Rules):
    """The rules of a pathway as they stand today."""

    versions = many(VersionShown, "every version there has been, newest first")
