"""Somebody at the pages of referrals, without a browser: signed in, and sending forms as the pages gave them."""
from __future__ import annotations

import re
import time
from typing import Any

from shared.web.staff import staff
from tests.integration.referral_room import Pod

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)"[^>]* value="([^"]*)"')


class Browser:
    """One demo person at the pages of a Pod."""

    def __init__(self, pod: Pod, email: str):
        person = next(one for one in staff() if one.email == email)
        self.client = pod.app.test_client()
        with self.client.session_transaction() as session:
            session["since"] = int(time.time())
            session["actor"] = {"email": person.email, "name": person.name, "roles": sorted(person.roles), "team": person.team}

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def send(self, path: str, data: dict[str, Any], page: Any = None) -> Any:
        """Send the form at `path`, or as the page it was shown on again has it."""
        hidden = dict(HIDDEN.findall((page or self.get(path)).text))
        return self.client.post(path, data={**hidden, **data})
