"""The Direct Payments service: its doors are open, its rooms are still being furnished."""
from __future__ import annotations

from services.directpayments import api, pages, store
from shared.messaging.consumer import Events
from shared.web.app import create_app
from shared.web.mount import mounted


class DirectPayments:
    """Owns applications for Direct Payments, and the panel that decides on them."""

    name = "directpayments"
    prefix = "/direct-payments"
    title = "Direct Payments"
    store = store
    blueprints = (pages.blueprint,)
    api = (api.blueprint,)

    events = Events()
    web = mounted(lambda room: create_app(room, DirectPayments.blueprints, DirectPayments.api))
