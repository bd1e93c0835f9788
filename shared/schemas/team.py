"""What is published when a citizen moves to another team."""
from __future__ import annotations

from shared.schemas.kinds import Day, Text
from shared.schemas.people import nhs_number
from shared.schemas.registry import intake
from shared.schemas.shape import Shape


class Changed(Shape):
    """Another team, from a day on."""

    nhs_number = nhs_number()
    team = Text(required=True)
    changes_on = Day(required=True)


intake("team.changed", Changed, "The citizen moves to another team on a day.")
