"""The people of a referral, as they are answered."""
from __future__ import annotations

from shared.web.described import Shown, day, moment, text
from shared.web.described_people import Reached


class CitizenShown(Reached):
    """The citizen: to staff of the Pod as on record, to anybody else as this referral says (R-13).

    Under an accepted referral `do_not` has for everybody what else the Pod was asked not to do.
    """

    name = text("full name", null=True)
    date_of_birth = day("date of birth")
    nhs_number = text("10 digits; null where it is not known", null=True, example="9990000379")


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
