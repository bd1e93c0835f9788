"""What is published about the citizen's practitioner by the record that assigns them."""
from __future__ import annotations

from shared.schemas.kinds import Day, Email, Text
from shared.schemas.people import CALL, REACH, nhs_number
from shared.schemas.registry import intake
from shared.schemas.shape import Shape

WHICH = "says which practitioner"


class DischargeCancelled(Shape):
    """Which practitioner's discharge of whom."""

    nhs_number = nhs_number()
    practitioner_email = Email(required=True, personal=WHICH)


class Discharged(DischargeCancelled):
    """The practitioner ends their work with the citizen."""

    closes_on = Day(required=True)
    reason = Text(2000, personal="so that the journey can be closed with understanding")


class Changed(Shape):
    """Another practitioner."""

    nhs_number = nhs_number()
    from_email = Email(personal=WHICH)
    to_email = Email(required=True, personal=REACH)
    to_name = Text(required=True, personal=CALL)
    to_team = Text(required=True)
    changes_on = Day(required=True)


class Absent(Shape):
    """The practitioner is away for a time."""

    nhs_number = nhs_number()
    practitioner_email = Email(required=True, personal=WHICH)
    absent_from = Day(required=True)
    absent_until = Day(required=True)
    cover_email = Email(personal="says who covers")


intake("keyworker.discharged", Discharged, "The practitioner discharges the citizen on a day.")
intake("keyworker.discharge_cancelled", DischargeCancelled, "The practitioner does not discharge the citizen after all.")
intake("keyworker.changed", Changed, "The citizen gets another practitioner on a day.")
intake("keyworker.absent", Absent, "The practitioner is away for a time, with or without cover.")
