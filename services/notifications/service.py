"""The notifications service: hears what happened, tells who is to be told."""
from __future__ import annotations

from typing import Any

from services.notifications import api, directory, pages, rules, store
from shared.messaging.consumer import Events, hears
from shared.messaging.envelope import Event
from shared.web.app import create_app
from shared.web.mount import mounted


class Notifications:
    """Owns who was told what, when, why, and what became of it (N-06)."""

    name = "notifications"
    prefix = "/notifications"
    title = "Notifications"
    store = store
    blueprints = (pages.blueprint,)
    api = (api.blueprint,)

    events = Events()
    web = mounted(lambda room: create_app(room, Notifications.blueprints, Notifications.api))

    @hears(directory.RECORDED)
    def member(self, event: Event, stage: Any) -> None:
        """Know who the managers are, and who is no longer here; the keeper has written it already."""

    @hears(*rules.events())
    def tell(self, event: Event, stage: Any) -> None:
        """Tell whom the rules name (N-01), once each (N-03), and correct what was told before (N-07)."""
        stage.hear(event)
