"""What is published about a citizen's identity: deaths, and two numbers found to be one person."""
from __future__ import annotations

from shared.schemas.kinds import NhsNumber, PastDay
from shared.schemas.people import nhs_number
from shared.schemas.registry import intake
from shared.schemas.shape import Shape


class DeathCancelled(Shape):
    """Whose death had never been."""

    nhs_number = nhs_number()


class Died(DeathCancelled):
    """The citizen died, on a day."""

    died_on = PastDay(required=True, personal="so that everything planned stops, and nobody writes to the citizen")


class Merged(Shape):
    """Two numbers, one person; the second is the one that lives on."""

    from_nhs_number = NhsNumber(required=True, personal="the number that was found to be another's")
    to_nhs_number = NhsNumber(required=True, personal="the number that lives on")


intake("citizen.died", Died, "A citizen died.")
intake("citizen.death_cancelled", DeathCancelled, "A citizen reported dead is alive.")
intake("citizen.merged", Merged, "Two NHS numbers belong to one person.")
intake("citizen.merge_cancelled", Merged, "Two NHS numbers said to be one person's are two people's after all.")
