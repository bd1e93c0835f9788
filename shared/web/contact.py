"""How citizens and practitioners reach the Pod, as its pages say it."""
from __future__ import annotations

import re
from typing import NamedTuple

from shared.pathways.sentences import opening_hours
from shared.settings import Settings


class Contact(NamedTuple):
    """Telephone number, email address and postal address as they were set, each empty where it was not; `address` by line."""

    telephone: str
    email: str
    address: tuple[str, ...]

    @property
    def dialled(self) -> str:
        """Give the telephone number as a link dials it."""
        return re.sub(r"[^\d+]", "", self.telephone)

    @property
    def hours(self) -> str:
        """Say when the Pod is open (R-08)."""
        return f"{opening_hours()}, not on bank holidays"

    @property
    def call(self) -> str:
        """Say what to do: telephone the Pod on 020 7946 0123; without the number where none was set."""
        return f"telephone the Pod on {self.telephone}" if self.telephone else "telephone the Pod"


def contact_of(settings: Settings) -> Contact:
    """Give how the Pod is reached by the settings of a service."""
    lines = (line.strip() for line in settings.address.split(","))
    return Contact(settings.telephone, settings.email, tuple(line for line in lines if line))
