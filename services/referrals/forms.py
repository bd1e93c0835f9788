"""The forms of referrals, and how what is typed becomes what is sent."""
from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from services.referrals import body
from shared.ledger.types import Actor
from shared.pathways import Pathway
from shared.schemas.people import LEGAL_STATUS
from shared.web.forms import (
    CheckboxesField,
    DateField,
    EmailField,
    Form,
    NumberField,
    RadioField,
    SelectField,
    TelephoneField,
    TextAreaField,
    TextField,
)

WAYS = [("telephone", "Telephone"), ("text", "Text message"), ("email", "Email"), ("letter", "Letter")]
ROLES = [("key_worker", "Key Worker"), ("care_coordinator", "Care Coordinator")]


class Box(NamedTuple):
    """Where on the form a JSON pointer is typed, what to say when nothing is, and how sentences about it begin."""

    field: str
    enter: str
    subject: str


BOXES = {
    "/citizen/name": Box("name", "Enter the citizen’s name", "The citizen’s name"),
    "/citizen/date_of_birth": Box("date_of_birth", "Enter the citizen’s date of birth", "The date of birth"),
    "/citizen/nhs_number": Box("nhs_number", "Enter the citizen’s NHS number", "The NHS number"),
    "/citizen/telephone": Box("telephone", "", "The telephone number"),
    "/citizen/email": Box("email", "", "The email address"),
    "/citizen/contact_by": Box("contact_by", "", "The way to contact the citizen"),
    "/citizen/do_not": Box("do_not", "", "What we must not do"),
    "/conversation_held_on": Box("conversation_held_on", "Enter the day you talked with the citizen", "The day of the conversation"),
    "/reason": Box("reason", "Say why you refer the citizen", "The reason"),
    "/conditions": Box("conditions", "Choose at least one", "The condition"),
    "/social_issues": Box("social_issues", "", "The social issue"),
    "/meeting_preference": Box("meeting_preference", "Choose how the citizen would like to meet", "The way to meet"),
    "/referrer/name": Box("referrer_name", "Enter your name", "Your name"),
    "/referrer/email": Box("referrer_email", "Enter your email address", "Your email address"),
    "/referrer/telephone": Box("referrer_telephone", "", "Your telephone number"),
    "/referrer/role": Box("referrer_role", "Choose your role", "Your role"),
    "/referrer/team": Box("referrer_team", "Choose your team", "Your team"),
    "/named_person/name": Box("named_name", "Enter the named person’s name", "The named person’s name"),
    "/named_person/email": Box("named_email", "Enter the named person’s email address", "The named person’s email address"),
    "/named_person/team": Box("named_team", "Choose the named person’s team", "The named person’s team"),
    "/commitment_months": Box("commitment_months", "Enter for how many months you stay involved", "The months"),
    "/inpatient/ward": Box("ward", "Enter the ward", "The ward"),
    "/inpatient/legal_status": Box("legal_status", "Choose the legal status", "The legal status"),
    "/duplicate_reason": Box("duplicate_reason", "Say why you send it", "Why you send it"),
}


class ReferralForm(Form):
    """A referral as a practitioner types it."""

    duplicate_reason = TextAreaField("Why do you send it?")
    name = TextField("Name")
    date_of_birth = DateField("Date of birth", what="The date of birth", past=True)
    nhs_number = TextField("NHS number")
    telephone = TelephoneField("Telephone number (optional)")
    email = EmailField("Email address (optional)")
    contact_by = RadioField("How would the citizen like to be contacted? (optional)", choices=WAYS, validate_choice=False)
    do_not = TextAreaField("Is there anything we must not do? (optional)")
    conversation_held_on = DateField("When did you talk with the citizen about this referral?", what="The day of the conversation")
    reason = TextAreaField("Why do you refer the citizen?")
    conditions = CheckboxesField("Which of these does the citizen live with?", validate_choice=False)
    social_issues = CheckboxesField("Which social issues are behind the crisis?", validate_choice=False)
    meeting_preference = RadioField("How would the citizen like to meet first?", validate_choice=False)
    dated_care_plan = DateField("Date of the CPA care plan", what="The date of the care plan")
    dated_risk_assessment = DateField("Date of the Steve Morgan risk assessment", what="The date of the risk assessment")
    ward = TextField("Ward (only if the citizen is in hospital)")
    legal_status = SelectField("Legal status (only if the citizen is in hospital)", validate_choice=False,
                               choices=[("", "Not in hospital"), *((code, words.capitalize()) for code, words in LEGAL_STATUS.items())])
    referrer_name = TextField("Your name")
    referrer_email = EmailField("Your work email address")
    referrer_telephone = TelephoneField("Your telephone number (optional)")
    referrer_role = RadioField("Your role", choices=ROLES, validate_choice=False)
    referrer_team = SelectField("Your team", validate_choice=False)
    named_name = TextField("Name of the named person")
    named_email = EmailField("Email address of the named person")
    named_team = SelectField("Team of the named person", validate_choice=False)
    commitment_months = NumberField("Months you stay involved")


def referral_form(pathway: Pathway, actor: Actor) -> Any:
    """Make the form of one pathway, with what is known of whoever fills it in."""
    form = ReferralForm(data={"referrer_name": actor.name, "referrer_email": actor.email, "referrer_team": actor.team})
    form.conditions.choices = [(choice.key, choice.words) for choice in pathway.condition]
    form.social_issues.choices = [(choice.key, choice.words) for choice in pathway.social_issue]
    form.meeting_preference.choices = [(choice.key, choice.words) for choice in pathway.meeting_preference]
    teams = list(dict.fromkeys([*(team.name for team in pathway.team), *([actor.team] if actor.team else [])]))
    for field in (form.referrer_team, form.named_team):
        field.choices = [("", "Choose a team"), *((name, name) for name in teams)]
    kinds = {paper.kind for paper in pathway.document}
    for kind in body.KINDS:
        if kind not in kinds and f"dated_{kind}" in form:
            del form[f"dated_{kind}"]
    if not pathway.social_issue:
        del form["social_issues"]
    return form


def typed(form: Any, pathway: Pathway) -> dict[str, Any]:
    """Give what was typed in the shape the API takes; what was left empty is left out."""
    def of(*names: str, **renamed: str) -> dict[str, Any]:
        pairs = [*((name, name) for name in names), *renamed.items()]
        return {name: value for name, field in pairs if field in form and (value := _value(form[field].data)) not in (None, "", [])}
    sent = of("conversation_held_on", "reason", "conditions", "social_issues", "meeting_preference", "commitment_months",
              "duplicate_reason")
    citizen = of("name", "date_of_birth", "nhs_number", "telephone", "email", "contact_by")
    if wishes := [line.strip() for line in (form.do_not.data or "").splitlines() if line.strip()]:
        citizen["do_not"] = wishes
    parts = {"named_person": of(name="named_name", email="named_email", team="named_team"),
             "inpatient": of("ward", "legal_status")}
    papers = [{"kind": paper.kind, "dated": dated} for paper in pathway.document
              if f"dated_{paper.kind}" in form and (dated := _value(form[f"dated_{paper.kind}"].data))]
    return {"pathway": pathway.name, **sent, "citizen": citizen, "documents": papers,
            "referrer": of(name="referrer_name", email="referrer_email", telephone="referrer_telephone", role="referrer_role",
                           team="referrer_team"), **{name: part for name, part in parts.items() if part}}


def show_faults(form: Any, sent: dict[str, Any], faults: dict[str, str]) -> None:
    """Put each fault where it was typed, as a sentence that says what to do."""
    for pointer, words in faults.items():
        box, paper = _box(pointer), _paper(sent, pointer)
        name = f"dated_{paper}" if paper else box.field if box else ""
        if name not in form:
            form.form_errors.append(f"{pointer.strip('/').replace('/', ' ')} {words}")
        elif not form[name].errors:
            subject = "The date of the document" if paper or box is None else box.subject
            form[name].errors = [box.enter if box and box.enter and words in ("is missing", "is empty") else f"{subject} {words}"]


def _box(pointer: str) -> Box | None:
    while pointer and pointer not in BOXES:
        pointer = pointer.rpartition("/")[0]
    return BOXES.get(pointer)


def _paper(sent: dict[str, Any], pointer: str) -> str | None:
    parts = pointer.split("/")
    return sent["documents"][int(parts[2])]["kind"] if len(parts) > 3 and parts[1] == "documents" else None


def _value(data: Any) -> Any:
    return data.isoformat() if isinstance(data, date) else data
