"""What the psychology service publishes."""
from __future__ import annotations

from shared.schemas.kinds import Day
from shared.schemas.people import nhs_number
from shared.schemas.registry import intake
from shared.schemas.shape import Shape


class Started(Shape):
    """Psychology starts, on a day."""

    nhs_number = nhs_number()
    starts_on = Day(required=True, personal="so that meetings can be planned around it")


intake("psychology.started", Started, "The citizen starts with psychology on a day.")
