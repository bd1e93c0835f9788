"""The forms of the directory, and how what is typed becomes what is sent."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.referrals.directory.entries import CONFIRMED, POD, PRACTITIONER, Entry, names_of
from shared.web.forms import (
    CheckboxesField,
    DateField,
    EmailField,
    Form,
    RadioField,
    SelectField,
    TelephoneField,
    TextAreaField,
    TextField,
)

KINDS = [(PRACTITIONER, "Practitioner, of an NHS or council team"), (POD, "Pod staff")]
ROLES = [("worker", "Development worker: can be given citizens to work with"), ("manager", "Manager: is told what managers are told")]

#: What to say where nothing was entered.
ENTER = {"name": "Enter the name", "email": "Enter the email address", "kind": "Choose whether they are a practitioner or Pod staff",
         "left_on": "Enter the first day they are no longer here"}
#: How sentences about a field begin, where its label will not do.
SUBJECT = {"name": "The name", "email": "The email address", "job": "The job", "roles": "Roles at the Pod", "team": "The team",
           "new_team": "The name of the team", "telephone": "The telephone number", "from_on": "The first day", "also": "Another name",
           "left_on": "The first day they are no longer here", "organisation": "The organisation"}


class MemberForm(Form):
    """What is said of a member."""

    email = EmailField("Work email address")
    name = TextField("Name")
    kind = RadioField("Who are they?", choices=KINDS, validate_choice=False)
    job = TextField("Job (optional)")
    roles = CheckboxesField("What do they do at the Pod? (Pod staff only)", choices=ROLES, validate_choice=False)
    team = SelectField("Team (optional)", validate_choice=False)
    new_team = TextField("Or a team that is not in the list yet")
    telephone = TelephoneField("Telephone number (optional)")
    from_on = DateField("First day here (optional)", what="The first day")


class LeftForm(Form):
    """Since when somebody is no longer here."""

    left_on = DateField("What is the first day they are no longer here?", what="The first day they are no longer here")


class TeamForm(Form):
    """What is said of a team."""

    name = TextField("Name")
    also = TextAreaField("Other names (optional)")
    organisation = TextField("Organisation (optional)")
    telephone = TelephoneField("Telephone number (optional)")
    email = EmailField("Email address (optional)")
    active = RadioField("Is the team still there?", choices=[("yes", "Yes"), ("no", "No, nobody joins it any more")], default="yes",
                        validate_choice=False)


def member_form(teams: list[str], member: Entry | None) -> Any:
    """Make the form of a member, filled with what is known; a team that is not in the list goes into the box below it."""
    if member and member["team"] and member["state"] == CONFIRMED and member["team"] not in teams:
        teams = [*teams, member["team"]]  # it is no longer there, and they stay in it until somebody moves them
    form = MemberForm(data=_of_member(member, teams) if member else None)
    form.team.choices = [("", "No team"), *((name, name) for name in teams)]
    if member:
        del form["email"]
    return form


def team_form(team: Entry | None) -> Any:
    """Make the form of a team, filled with what is known."""
    if team is None:
        return TeamForm()
    return TeamForm(data={**team, "also": "\n".join(names_of(team)[1:]), "active": "yes" if team["active"] else "no"})


def typed(form: Any) -> dict[str, Any]:
    """Give what was typed in the shape the API takes; an empty box takes away what was there."""
    given = {name: _value(field.data) for name, field in form._fields.items() if name not in ("csrf_token", "new_team")}
    if "also" in given:
        given["also"] = [line for line in (given["also"] or "").splitlines() if line.strip()]
    if "active" in given:
        given["active"] = given["active"] != "no"
    return given


def show_faults(form: Any, faults: Mapping[str, str]) -> None:
    """Put each fault, by its field or JSON pointer, where it was typed, as a sentence that says what to do."""
    for pointer, words in faults.items():
        name = pointer.strip("/").split("/")[0]
        said = ENTER[name] if name in ENTER and words in ("is missing", "is empty") else f"{SUBJECT.get(name, 'This')} {words}"
        if name in form and not form[name].errors:
            form[name].errors = [said]
        elif name not in form:
            form.form_errors.append(said)


def _of_member(member: Entry, teams: list[str]) -> dict[str, Any]:
    listed = member["team"] in teams
    return {**member, "roles": member["roles"].split(), "team": member["team"] if listed else "",
            "new_team": "" if listed else member["team"], "from_on": date.fromisoformat(member["from_on"]) if member["from_on"] else None}


def _value(data: Any) -> Any:
    return data.isoformat() if isinstance(data, date) else data
