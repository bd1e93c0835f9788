"""What hospitals publish about a citizen's stay; a stay is (citizen, stay_id), whoever reports it."""
from __future__ import annotations

from shared.schemas.kinds import Day, Text
from shared.schemas.people import key, legal_status, nhs_number
from shared.schemas.registry import intake
from shared.schemas.shape import Shape

PUBLISHER = "hospital"
WHERE = "so that the development worker knows where to find the citizen"


class Stay(Shape):
    """Which stay of whom."""

    nhs_number = nhs_number()
    stay_id = key(purpose="the hospital's number of this stay, the same in every event about it")


class Admitted(Stay):
    """The citizen came into hospital."""

    ward = Text(personal=WHERE)
    legal_status = legal_status()
    expected_discharge_on = Day(personal="so that the review can plan ahead")


class Transferred(Stay):
    """Another ward."""

    ward = Text(required=True, personal=WHERE)


class LegalStatusChanged(Stay):
    """Another legal status, without a new admission."""

    legal_status = legal_status(required=True)


class Discharged(Stay):
    """The citizen left hospital."""

    destination = Text(personal="so that the follow-up meeting can be planned")


intake("hospital.admitted", Admitted, "A citizen was admitted; sent again for the same stay, it amends the first.")
intake("hospital.transferred", Transferred, "A citizen in hospital moved to another ward.")
intake("hospital.legal_status_changed", LegalStatusChanged, "The legal status of a citizen in hospital changed.")
intake("hospital.leave_started", Stay, "A citizen went on leave from the ward; this is no discharge.")
intake("hospital.leave_ended", Stay, "A citizen came back from leave.")
intake("hospital.discharged", Discharged, "A citizen was discharged from hospital.")
intake("hospital.admission_cancelled", Stay, "The admission of this stay had never been.")
intake("hospital.discharge_cancelled", Stay, "The discharge of this stay had never been.")
