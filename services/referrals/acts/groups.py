"""What is amended together on one page: the boxes of each group, what stands in them now, and what they are to the API."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import wtforms

from services.referrals import record
from services.referrals.body import CLEARABLE
from services.referrals.forms import ROLES, WAYS
from shared.ledger.people import CONTACTS
from shared.ledger.types import Data
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
from shared.web.layout import nhs

#: Where a box lies in an amendment: the start of its name, and the part of the body it is in.
PARTS = (("kin_", "citizen.next_of_kin"), ("referrer_", "referrer"), ("named_", "named_person"))
OF_CITIZEN = ("name", "date_of_birth", "nhs_number", *CONTACTS, "do_not")
OF_STAY = ("ward", "legal_status")
YES_NO = {True: "yes", False: "no"}


class AmendForm(Form):
    """What every group ends with: why it is amended, and what stood when the page was opened."""

    stood = wtforms.HiddenField()
    amendment_reason = TextAreaField("Why do you change this?")


class ContactForm(AmendForm):
    """How to reach the citizen, and what not to do."""

    telephone = TelephoneField("Telephone number")
    email = EmailField("Email address")
    address = TextAreaField("Address")
    contact_by = RadioField("How would the citizen like to be contacted?", choices=[*WAYS, ("", "They have not said")], validate_choice=False)
    contact_when = TextAreaField("When may we get in touch?")
    do_not = TextAreaField("What must we not do?")


class KinForm(AmendForm):
    """Whom to ring in an emergency."""

    kin_name = TextField("Name")
    kin_relationship = TextField("Relationship to the citizen")
    kin_telephone = TelephoneField("Telephone number")


class NeedsForm(AmendForm):
    """What the citizen needs so as to take part."""

    interpreter = TextField("Language of the interpreter")
    access_needs = TextAreaField("Access needs")


class IdentityForm(AmendForm):
    """Who the citizen is."""

    name = TextField("Name")
    date_of_birth = DateField("Date of birth", what="The date of birth", past=True)
    nhs_number = TextField("NHS number")


class PeopleForm(AmendForm):
    """Who refers, and who carries risk."""

    referrer_name = TextField("Name of the practitioner")
    referrer_email = EmailField("Work email address of the practitioner")
    referrer_telephone = TelephoneField("Telephone number of the practitioner")
    referrer_role = RadioField("Role", choices=ROLES, validate_choice=False)
    referrer_team = SelectField("Team of the practitioner", validate_choice=False)
    named_name = TextField("Name of the named person")
    named_email = EmailField("Work email address of the named person")
    named_team = SelectField("Team of the named person", validate_choice=False)


class AnyTeamForm(PeopleForm):
    """The same where any team may refer, so that there is none to choose from."""

    referrer_team = TextField("Team of the practitioner")
    named_team = TextField("Team of the named person")


class AskedForm(AmendForm):
    """What is asked of the Pod."""

    conversation_held_on = DateField("When did practitioner and citizen talk about this referral?", what="The day of the conversation")
    reason = TextAreaField("Why is the citizen referred?")
    social_issues = CheckboxesField("Which social issues are behind the crisis?", validate_choice=False)
    one_to_one_support = RadioField("Is intensive one-to-one support wanted?", choices=[("yes", "Yes"), ("no", "No")], validate_choice=False)
    meeting_preference = RadioField("How would the citizen like to meet first?", validate_choice=False)
    commitment_months = NumberField("Months the practitioner stays involved")


class ConditionsForm(AmendForm):
    """What the citizen lives with."""

    conditions = CheckboxesField("Which of these does the citizen live with?", validate_choice=False)


class HospitalForm(AmendForm):
    """Where the citizen was when they were referred (R-09)."""

    ward = TextField("Ward")
    legal_status = SelectField("Legal status", validate_choice=False,
                               choices=[("", "Not in hospital"), *((code, words.capitalize()) for code, words in LEGAL_STATUS.items())])


class Group(NamedTuple):
    """One page of an amendment."""

    title: str
    form: type[AmendForm]


GROUPS: Mapping[str, Group] = {
    "contact": Group("How to contact the citizen", ContactForm), "needs": Group("Interpreter and access needs", NeedsForm),
    "kin": Group("Next of kin", KinForm), "identity": Group("Who the citizen is", IdentityForm),
    "people": Group("Practitioner and named person", PeopleForm), "asked": Group("What was asked", AskedForm),
    "conditions": Group("Conditions", ConditionsForm), "hospital": Group("In hospital when referred", HospitalForm)}


def form_of(group: str, pathway: Pathway) -> type[AmendForm]:
    """Give the form of a group."""
    return AnyTeamForm if group == "people" and not pathway.team else GROUPS[group].form


def open_groups(referral: Data, pathway: Pathway) -> list[str]:
    """Give the groups a referral has something of."""
    none = {name for name, is_none in (("people", referral["self_referral"]), ("conditions", not pathway.condition)) if is_none}
    return [name for name in GROUPS if name not in none]


def standing(referral: Data) -> Data:
    """Give what stands in every box, from a referral as it is shown: text, lists of keys, or None."""
    citizen, stay = referral["citizen"], referral["inpatient"] or {}
    parts = {"kin_": citizen.get("next_of_kin"), "referrer_": referral["referrer"], "named_": referral["named_person"]}
    return {**{name: citizen.get(name) for name in OF_CITIZEN}, "do_not": "\n".join(citizen.get("do_not") or []),
            **{start + name: value for start, part in parts.items() for name, value in (part or {}).items()},
            **{name: referral[name] for name in ("conversation_held_on", "reason", "social_issues", "meeting_preference",
                                                 "commitment_months", "conditions")},
            "one_to_one_support": YES_NO.get(referral["one_to_one_support"]), **{name: stay.get(name) for name in OF_STAY}}


def of_field(field: str) -> str:
    """Give the group in which a field of the citizen is amended."""
    box = "kin_name" if field == "citizen.next_of_kin" else field.removeprefix("citizen.")
    return next(name for name, group in GROUPS.items() if hasattr(group.form, box))


def instead(referral: Data, field: str, stands: Data) -> Data:
    """Give the boxes in which the referral says something else than the record, of one field; nothing where it does not.

    `known` is not a field: it is whose the NHS number is known to be.
    """
    if field == "known" and referral.get("number_of"):
        return {**referral["number_of"], "nhs_number": nhs(referral["citizen"]["nhs_number"])}
    here = next((one["here"] for one in referral.get("differences", ()) if one["field"] == f"citizen.{field}"), None)
    if here is None:
        return {}
    if field == "next_of_kin":
        return {f"kin_{name}": here.get(name) for name in ("name", "relationship", "telephone")}
    if field == "do_not":
        return {"do_not": record.united(stands["do_not"], "\n".join(here))}
    return {field: nhs(here) if field == "nhs_number" else here}


def boxes(form: Any) -> list[str]:
    """Give the names of the boxes of a group's own."""
    return [name for name in form._fields if name not in ("csrf_token", "stood", "amendment_reason")]


def said(value: Any) -> Any:
    """Give a value as two are compared: a browser ends lines in its own way, and an empty box says nothing."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip() or None
    return sorted(value) or None if isinstance(value, Sequence) else value


def changed(form: Any, stands: Data) -> Data:
    """Give the boxes whose answer is another than what stands, with the answer."""
    return {name: said(form[name].data) for name in boxes(form) if _plain(name, form[name].data) != _plain(name, stands.get(name))}


def given(form: Any, new: Data, stay: Data | None) -> Data:
    """Give the amendment as the API takes it; `stay` is what stands of the hospital."""
    found: Data = {"amendment_reason": form.amendment_reason.data, "citizen": {}, "clear": []}
    for name, value in new.items():
        if part := next((part for start, part in PARTS if name.startswith(start)), None):
            _put(found, part, _whole(form, next(start for start, one in PARTS if one == part)))
        elif name in OF_STAY:
            _put(found, "inpatient", {**{key: stay[key] for key in ("stay_id",) if stay and stay.get(key)}, **_whole(form, "", OF_STAY)})
        elif name == "one_to_one_support":
            found[name] = value == "yes"
        elif name in OF_CITIZEN:
            _put(found, f"citizen.{name}", value.split("\n") if name == "do_not" and value else value)
        else:
            found[name] = [] if value is None and name in ("conditions", "social_issues") else value
    return {name: value for name, value in found.items() if value or name not in ("amendment_reason", "citizen", "clear")}


def box_of(pointer: str) -> str:
    """Give the box at which a JSON pointer of an amendment, or the field of a refusal, is typed."""
    path = pointer.strip("/").replace(".", "/")
    for start, part in PARTS:
        if path.startswith(part.replace(".", "/") + "/"):
            return start + path.rpartition("/")[2]
    return path.removeprefix("citizen/").removeprefix("inpatient/").partition("/")[0]


def _put(found: Data, place: str, value: Any) -> None:
    """Put a value where the API has it; what is emptied is cleared where it may be."""
    part, _, name = place.rpartition(".")
    if not value and name in CLEARABLE:
        found["clear"] = sorted({*found["clear"], name})
    elif part:
        found[part][name] = value or ""
    else:
        found[name] = value


def _whole(form: Any, start: str, names: Sequence[str] = ()) -> Data:
    wanted = names or [name.removeprefix(start) for name in boxes(form) if name.startswith(start)]
    return {name: value for name in wanted if (value := said(form[start + name].data)) is not None}


def _plain(name: str, value: Any) -> Any:
    plain = said(value)
    return plain.replace(" ", "") if name == "nhs_number" and plain else plain
