"""What a practitioner is asked, page by page, and why; the order is the order of the form."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.referrals.drafts.answers import look, somebody_else
from services.referrals.drafts.steps import Ask, Odds, Step, cannot_be_reached
from services.referrals.forms import ROLES, WAYS
from shared.ledger.types import Data
from shared.schemas.people import LEGAL_STATUS

TALK, CITIZEN, WHY, YOU, MEETING = "The conversation", "The citizen", "Why you refer them", "You and your team", "The first meeting"


def _named(given: Mapping[str, Any]) -> dict[str, str]:
    if given["named"] == "other" and not any(given[name] for name in ("named_name", "named_email", "named_team")):
        return {"named_name": "Enter the named person’s name"}
    return {}


def _two_named(answers: Data) -> Odds | None:
    """Find that it is whoever refers, and somebody else too."""
    entered = somebody_else(answers)
    who = next((one for one in entered.values() if one), "")
    return Odds("named", f"You chose “I am” and entered {who} too: choose “Somebody else”, or empty their boxes") if who else None


def _nhs_number(must: bool) -> Step:
    """Make the step of the NHS number; each pathway says whether it may be left out."""
    question, or_none = "What is the citizen’s NHS number?", "" if must else ", or leave it empty"
    return Step(
        "nhs-number", CITIZEN, question + ("" if must else " (optional)"), "It links what hospitals report, such as an admission, to this citizen.",
        (Ask("nhs_number", "nhs", "/citizen/nhs_number", question + ("" if must else " (optional)"),
             "10 digits, like 943 476 5919." + ("" if must else " Leave it empty if you do not know it."),
             "Enter the citizen’s NHS number" if must else "", must, "The NHS number",
             f"The NHS number is not right: check each of its 10 digits{or_none}", width="govuk-input--width-10"),),
        lambda pathway, answers: pathway.nhs_number_required is must, optional=not must)


STEPS = (
    Step("conversation", TALK, "When did you talk with the citizen about this referral?",
         "The citizen must know about the referral and want it, so the Pod asks for this conversation first.",
         (Ask("conversation_held_on", "day", "/conversation_held_on", "When did you talk with the citizen about this referral?",
              "For example, 27 3 2026.", "Enter the day you talked with the citizen", True, "The day of the conversation"),)),
    Step("name", CITIZEN, "What is the citizen’s name?", "So that the Pod addresses them by the name they use.",
         (Ask("name", "line", "/citizen/name", "What is the citizen’s name?", "The whole name. One word is fine, if that is what they go by.",
              "Enter the citizen’s name", True, "The citizen’s name"),)),
    Step("date-of-birth", CITIZEN, "What is the citizen’s date of birth?", "It tells people of one name apart, and the Pod works with adults.",
         (Ask("date_of_birth", "past_day", "/citizen/date_of_birth", "What is the citizen’s date of birth?", "For example, 27 3 1985.",
              "Enter the citizen’s date of birth", True, "The date of birth"),)),
    _nhs_number(must=True), _nhs_number(must=False),
    Step("reach", CITIZEN, "How can the citizen be reached?", "The Pod gets in touch with the citizen directly. Give what they have agreed to.",
         (Ask("telephone", "telephone", "/citizen/telephone", "Telephone number (optional)", subject="The telephone number", width="govuk-input--width-20"),
          Ask("email", "email", "/citizen/email", "Email address (optional)", subject="The email address",
              wrong="Enter the email address like name@example.com"),
          Ask("address", "lines", "/citizen/address", "Address (optional)", subject="The address")), optional=True),
    Step("contact", CITIZEN, "How does the citizen want to be contacted?", "What the citizen wishes is what everybody at the Pod keeps to.",
         (Ask("contact_by", "radio", "/citizen/contact_by", "How would the citizen like to be contacted? (optional)", choices=(*WAYS, ("", "They have not said")),
              subject="The way to contact the citizen"),
          Ask("contact_when", "lines", "/citizen/contact_when", "When is a good time, and when is not? (optional)", "For example, not before noon.",
              subject="When to contact the citizen"),
          Ask("do_not", "wishes", "/citizen/do_not", "Is there anything we must not do? (optional)",
              "For example, no letters to my home. One wish on each line.", subject="What we must not do")), odds=cannot_be_reached, optional=True),
    Step("needs", CITIZEN, "What does the citizen need so as to take part?", "So that an interpreter is booked and the place can be reached, from the first meeting on.",
         (Ask("interpreter", "line", "/citizen/interpreter", "Interpreter: which language? (optional)", "British Sign Language is one too.",
              subject="The language", width="govuk-input--width-20"),
          Ask("access_needs", "lines", "/citizen/access_needs", "Access needs (optional)", "For example, step-free access, large print, a quiet room.",
              subject="The access needs")), optional=True),
    Step("next-of-kin", CITIZEN, "Who should be rung in an emergency?", "So that the right person is told if something happens. The citizen decides whether there is one.",
         (Ask("kin_name", "line", "/citizen/next_of_kin/name", "Name (optional)", enter="Enter the name of who should be rung", subject="The name", row="Next of kin"),
          Ask("kin_relationship", "line", "/citizen/next_of_kin/relationship", "Who they are to the citizen (optional)", "For example, sister or friend.",
              subject="Who they are to the citizen", width="govuk-input--width-20", row="Next of kin: who they are"),
          Ask("kin_telephone", "telephone", "/citizen/next_of_kin/telephone", "Telephone number (optional)", subject="The telephone number",
              width="govuk-input--width-20", row="Next of kin: telephone number")), optional=True),
    Step("conditions", WHY, "Which of these does the citizen live with?", "It decides whether this pathway is the right one.",
         (Ask("conditions", "checks", "/conditions", "Which of these does the citizen live with?", "Choose all that apply.",
              "Choose at least one", subject="The condition", choices="condition"),), lambda pathway, answers: bool(pathway.condition), optional=True),
    Step("social-issues", WHY, "Which social issues are behind the crisis?", "The Pod follows each of them until it is addressed or handed on.",
         (Ask("social_issues", "checks", "/social_issues", "Which social issues are behind the crisis?", "Choose all that apply.",
              subject="The social issue", choices="social_issue"),), lambda pathway, answers: bool(pathway.social_issue), optional=True),
    Step("reason", WHY, "Why do you refer the citizen?", "It is what the development worker reads first.",
         (Ask("reason", "lines", "/reason", "Why do you refer the citizen?", "What matters to the citizen, in their words where you can.",
              "Say why you refer the citizen", True, "The reason"),)),
    Step("hospital", WHY, "Is the citizen in hospital?", "Somebody detained in hospital may be referred, so that the Pod takes part in planning the discharge.",
         (Ask("in_hospital", "radio", "/said/in_hospital", "Is the citizen in hospital?", "", "Choose whether the citizen is in hospital",
              choices=(("yes", "Yes"), ("no", "No"))),), optional=True),
    Step("ward", WHY, "Which ward, and under which section?", "The ward is whom the Pod rings; the section says how long a stay may last.",
         (Ask("ward", "line", "/inpatient/ward", "Ward", enter="Enter the ward", must=True, subject="The ward"),
          Ask("legal_status", "select", "/inpatient/legal_status", "Legal status under the Mental Health Act", enter="Choose the legal status", must=True,
              subject="The legal status", choices=(("", "Choose a legal status"), *((code, words.capitalize()) for code, words in LEGAL_STATUS.items())))),
         lambda pathway, answers: look(answers, "/said/in_hospital") == "yes" or (not look(answers, "/said/in_hospital") and bool(answers.get("inpatient")))),
    Step("you", YOU, "About you", "So that the Pod can ring you, and tell you what becomes of the referral.",
         (Ask("referrer_name", "line", "/referrer/name", "Your name", "", "Enter your name", True, "Your name", autocomplete="name"),
          Ask("referrer_email", "email", "/referrer/email", "Your work email address", "", "Enter your email address", True, "Your email address",
              "Enter your email address like name@example.com", autocomplete="email"),
          Ask("referrer_telephone", "telephone", "/referrer/telephone", "Your telephone number (optional)", subject="Your telephone number",
              width="govuk-input--width-20", autocomplete="tel"))),
    Step("your-team", YOU, "Your role and your team", "Each pathway is for the practitioners of certain teams.",
         (Ask("referrer_role", "radio", "/referrer/role", "Your role", "", "Choose your role", True, "Your role", choices=tuple(ROLES)),
          Ask("referrer_team", "team", "/referrer/team", "Your team", "", "Choose your team", True, "Your team"))),
    Step("named-person", YOU, "Who is the named person?",
         "The person of your team who carries risk and signs off Care Act assessments.",
         (Ask("named", "radio", "/said/named", "Who is it?", choices=(("me", "I am"), ("other", "Somebody else")), row="Named person"),
          Ask("named_name", "line", "/named_person/name", "Their name, if it is somebody else", enter="Enter the named person’s name", subject="The named person’s name", row="Named person’s name"),
          Ask("named_email", "email", "/named_person/email", "Their work email address", enter="Enter the named person’s email address",
              subject="The named person’s email address", wrong="Enter the named person’s email address like name@example.com",
              row="Named person’s email address"),
          Ask("named_team", "team", "/named_person/team", "Their team", enter="Choose the named person’s team", subject="The named person’s team", row="Named person’s team")),
         check=_named, odds=_two_named, optional=True),
    Step("commitment", YOU, "For how many months will you stay involved?",
         "You carry on as the citizen’s practitioner while the Pod works with them, and you are rung every few weeks.",
         (Ask("commitment_months", "number", "/commitment_months", "For how many months will you stay involved?", "{commitment}",
              "Enter for how many months you stay involved", True, "The months", "The months must be a whole number, like 3", width="govuk-input--width-2"),)),
    Step("meeting", MEETING, "How would the citizen like to meet first?",
         "You, the citizen and the development worker meet within {weeks} weeks of the Pod having everything.",
         (Ask("meeting_preference", "radio", "/meeting_preference", "How would the citizen like to meet first?", "",
              "Choose how the citizen would like to meet", True, "The way to meet", choices="meeting_preference"),)),
    Step("times", MEETING, "When can you both come?", "With times from you both the meeting can be set without ringing round. You can also leave this for later.",
         (Ask("citizen_times", "checks", "/said/times/citizen", "When can the citizen? (optional)", choices="half_days"),
          Ask("practitioner_times", "checks", "/said/times/practitioner", "When can you? (optional)", choices="half_days")), optional=True),
    Step("duplicate", "This person may already be with us", "Why do you send it?",
         "Check the name, the date of birth and the NHS number. If they are right, say why you send this referral. Nothing you entered is lost.",
         (Ask("duplicate_reason", "lines", "/duplicate_reason", "Why do you send it?", "For example, the first referral was for somebody else.",
              "Say why you send it", True, "Why you send it"),), lambda pathway, answers: bool(answers.get("duplicate_reason"))),
)
