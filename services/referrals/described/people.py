"""The people of a referral, as they are answered."""
from __future__ import annotations

from shared.web.described import Shown, choice, day, moment, one, text, texts


class NextOfKinShown(Shown):
    """Whom to ring in an emergency."""

    name = text("how they are called")
    relationship = text("who they are to the citizen", must=False)
    telephone = text("their telephone number", must=False)


class CitizenShown(Shown):
    """The citizen: to staff of the Pod as on record, to anybody else as this referral says (R-13).

    Under an accepted referral `do_not` has for everybody what else the Pod was asked not to do.
    """

    name = text("full name", null=True)
    date_of_birth = day("date of birth")
    nhs_number = text("10 digits; null where it is not known", null=True, example="9990000379")
    telephone = text("telephone number", null=True)
    email = text("e-mail address", null=True)
    contact_by = choice("telephone", "text", "email", "letter", description="how they wish to be contacted", null=True)
    address = text("postal address", null=True)
    contact_when = text("when they wish to be contacted, in their words", null=True)
    interpreter = text("language an interpreter is needed for", null=True)
    access_needs = text("what they need so as to take part", null=True)
    do_not = texts("what they asked us not to do")
    next_of_kin = one(NextOfKinShown, "whom to ring in an emergency")


class StaffShown(Shown):
    """A practitioner or named person."""

    name = text("how they are called", null=True)
    email = text("work e-mail address", null=True)
    telephone = text("of a practitioner only", null=True, must=False)
    team = text("the team they work in", null=True, must=False)
    role = text("key_worker or care_coordinator; of a practitioner only", null=True, must=False)


class Worker(Shown):
    """The development worker."""

    name = text("how they are called", null=True)
    email = text("work e-mail address", null=True)
    allocated_at = moment("when they were chosen, UTC")


class SamePerson(Shown):
    """Somebody else whose the NHS number is."""

    name = text("full name", null=True)
    date_of_birth = day("date of birth")
