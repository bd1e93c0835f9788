"""What is sent to take a report back."""
from __future__ import annotations

from shared.schemas.kinds import Text
from shared.schemas.shape import Shape

#: Most characters of a reason.
LONGEST = 4000


class Wrong(Shape):
    """Why a report is taken back."""

    reason = Text(LONGEST, required=True, purpose="how you know that it is wrong; whoever may see the referral reads it")
