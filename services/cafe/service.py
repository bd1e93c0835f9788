"""The café service."""
from __future__ import annotations

from services.cafe import api, pages, store
from shared.messaging.consumer import Events
from shared.web.app import create_app
from shared.web.mount import mounted


class Cafe:
    """Owns opening hours, events and bookings."""

    name = "cafe"
    prefix = "/cafe"
    title = "Café"
    store = store
    blueprints = (pages.blueprint,)
    api = (api.blueprint,)

    events = Events()
    web = mounted(lambda room: create_app(room, Cafe.blueprints, Cafe.api))
