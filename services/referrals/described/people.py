"""The people of a referral, as they are answered."""
from __future__ import annotations

from shared.web.described import Shown, choice, day, moment, one, text, texts

REACH = "left out for a practitioner where somebody else referred the citizen too (R-13)"


class NextOfKinShown(Shown):
    """Whom to ring in an emergency."""

    name = text("how they are called")
    relationship = text("who they are to the citizen", must=False)
    telephone = text("their telephone number", must=False)


class CitizenShown(Shown):
    """The citizen; how to reach them is left out for a practitioner where somebody else referred them too (R-13)."""

    name = text("full name", null=True)
    date_of_birth = day("date of birth")
    nhs_number = text("10 digits; null where it is not known", null=True, example="9990000379")
    telephone = text(REACH, null=True, must=False)
    email = text(REACH, null=True, must=False)
    contact_by = choice("telephone", "text", "email", "letter", description=f"how they wish to be contacted; {REACH}", null=True, must=False)
    address = text(f"postal address; {REACH}", null=True, must=False)
    contact_when = text(f"when they wish to be contacted, in their words; {REACH}", null=True, must=False)
    interpreter = text(f"language an interpreter is needed for; {REACH}", null=True, must=False)
    access_needs = text(f"what they need so as to take part; {REACH}", null=True, must=False)
    do_not = texts(f"what they asked us not to do; {REACH}", must=False)
    next_of_kin = one(NextOfKinShown, f"whom to ring in an emergency; {REACH}", must=False)


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
