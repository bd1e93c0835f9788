"""The five services of the suite, and how they are bound to settings."""
from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from shared.room import Room
from shared.settings import Settings, SettingsError

#: service -> where its class is
SERVICES = {
    "referrals": "services.referrals.service:Referrals",
    "journeys": "services.journeys.service:Journeys",
    "directpayments": "services.directpayments.service:DirectPayments",
    "notifications": "services.notifications.service:Notifications",
    "cafe": "services.cafe.service:Cafe",
}
#: What a process may do; all of it unless told otherwise.
PARTS = ("web", "work", "relay")


def service_class(name: str) -> Any:
    """Give the class of a service by name."""
    module, _, attribute = SERVICES[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def rooms_for(settings: Settings, names: Sequence[str] = (), only: Sequence[str] = ()) -> list[Room]:
    """Bind services, all by default, to settings, with the parts of `only`; raises SettingsError for an unknown name."""
    if unknown := set(names) - set(SERVICES):
        raise SettingsError([f"{', '.join(sorted(unknown))}: no such service; there are {', '.join(SERVICES)}"])
    return [Room(service_class(name), settings, parts=only or PARTS) for name in (names or SERVICES)]
