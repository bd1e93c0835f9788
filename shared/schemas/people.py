"""The people named in events: citizen, practitioner, staff, and those to be told."""
from __future__ import annotations

from shared.legal_status import LEGAL_STATUS as LEGAL_STATUS
from shared.schemas.kinds import Day, Email, Kind, NhsNumber, OneOf, Text
from shared.schemas.shape import ListOf, Part, Shape

SAME_PERSON = "says whom the event is about"
REACH = "so that the person can be reached"
CALL = "so that the person can be addressed by name"


def nhs_number(required: bool = True) -> Kind:
    """Make the field that says whom an event is about."""
    return NhsNumber(required=required, personal=SAME_PERSON)


def legal_status(required: bool = False) -> Kind:
    """Make the field of a Mental Health Act legal status code, two digits."""
    return OneOf(*LEGAL_STATUS, required=required, personal="the length of a stay and who may refer depend on it",
                 purpose="Mental Health Act legal status code of the NHS data dictionary, two digits")


def key(required: bool = True, purpose: str = "") -> Kind:
    """Make the field of an id; 100 characters, since keys are built from it."""
    return Text(100, required=required, purpose=purpose)


class Staff(Shape):
    """Somebody who works here."""

    name = Text(personal=CALL)
    email = Email(required=True, personal=REACH)
    team = Text()


class Practitioner(Shape):
    """Who refers and stays involved."""

    name = Text(required=True, personal=CALL)
    email = Email(required=True, personal=REACH)
    team = Text(required=True)
    role = OneOf("key_worker", "care_coordinator")
    telephone = Text(40, personal=REACH)


class NamedPerson(Shape):
    """Who carries risk and signs off Care Act assessments."""

    name = Text(required=True, personal=CALL)
    email = Email(required=True, personal=REACH)
    team = Text(required=True)


class Identity(Shape):
    """Who is referred, and nothing else about them."""

    name = Text(required=True, personal=CALL)
    date_of_birth = Day(required=True, personal="tells people of one name apart")
    nhs_number = NhsNumber(personal="links what hospitals report to this citizen")


class Citizen(Identity):
    """Who is referred, and how to reach them."""

    telephone = Text(40, personal=REACH)
    email = Email(personal=REACH)
    contact_by = OneOf("telephone", "text", "email", "letter", personal="the citizen's wish rules how we write")
    do_not = ListOf(Text(), personal="what the citizen asked us not to do")


class NextOfKin(Shape):
    """Whom to ring in an emergency."""

    name = Text(required=True, personal="so that they can be addressed by name in an emergency")
    relationship = Text(100, personal="says who they are to the citizen")
    telephone = Text(40, personal="so that they can be reached in an emergency")


class CitizenInFull(Citizen):
    """Who is referred, how to reach them, and what they need so as to take part."""

    address = Text(500, personal="letters go there where the citizen wants letters")
    contact_when = Text(500, personal="the citizen's wish rules when we ring or write")
    interpreter = Text(100, personal="so that an interpreter of this language is booked")
    access_needs = Text(2000, personal="so that meetings can be reached and followed")
    next_of_kin = Part(NextOfKin)


class Told(Shape):
    """Somebody to be told, as things stood when the event was announced."""

    email = Email(required=True, personal=REACH)
    name = Text(personal=CALL)
    role = OneOf("development_worker", "practitioner", "manager", "named_person", required=True)


def told() -> Kind:
    """Make the field of those to be told."""
    return ListOf(Part(Told), required=True, purpose="whom to tell, as things stood at the time of announcing")


def practitioner(required: bool = True) -> Kind:
    """Make the field of the practitioner; a citizen who refers themself has none."""
    return Part(Practitioner, required=required)
