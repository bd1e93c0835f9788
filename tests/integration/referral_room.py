"""The referrals service on its own database, with clients that speak for demo people, for tests of it."""
from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from services.referrals.service import Referrals
from shared.calendar import london_day
from shared.demo import directory
from shared.room import Room
from shared.settings import Settings
from shared.web.app import create_app
from shared.web.tokens import issue_demo

SECRET = "a secret of at least thirty-two characters"


class Caller:
    """Speaks to the API as one demo person."""

    def __init__(self, app: Any, settings: Settings, role: str, email: str | None = None):
        self.client, self.bearer = app.test_client(), f"Bearer {issue_demo(settings, role, email)}"

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/v1/referrals{path}", json={} if body is None else body,
                                headers={"Authorization": self.bearer, **sent})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask any address of the API."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers={"Authorization": self.bearer, **sent})

    def get(self, path: str = "", **query: Any) -> Any:
        return self.client.get(f"/api/v1/referrals{path}", query_string=query, headers={"Authorization": self.bearer})


class Pod:
    """A referrals room and its callers."""

    def __init__(self, folder: Path, url: str = ""):
        self.settings = Settings(mode="demo", cookie_secure=False, secret_key=SECRET, var=folder, database_url=url)
        self.room = Room(Referrals, self.settings)
        with self.room.database.transaction() as connection:
            self.room.metadata.create_all(connection)
        self.app = create_app(self.room, Referrals.blueprints, Referrals.api)
        self.amara = self.caller("practitioner")
        self.priya = self.caller("practitioner", "priya.nair@eit.example")
        self.wren = self.caller("worker")
        self.helen = self.caller("manager")

    def caller(self, role: str, email: str | None = None) -> Caller:
        return Caller(self.app, self.settings, role, email)

    def today(self) -> Any:
        with self.room.database.read() as connection:
            return london_day(self.room.database.now(connection))

    def ago(self, days: int) -> str:
        return str((self.today() - timedelta(days=days)).isoformat())

    def body(self, **changes: Any) -> dict[str, Any]:
        """A referral of which nothing is missing."""
        given: dict[str, Any] = {
            "pathway": "core",
            "citizen": {"name": "Rosa Quill", "date_of_birth": "1984-05-17", "nhs_number": "943 476 5919", "telephone": "07700 900123",
                        "contact_by": "text", "do_not": ["no letters to my home"]},
            "conversation_held_on": self.ago(2), "reason": "Would like to get out more and to sort out her flat.",
            "conditions": ["bipolar"], "meeting_preference": "in_person",
            "referrer": {"name": "Amara Osei", "email": "amara.osei@cmhwt.example", "role": "care_coordinator",
                         "team": "Community Mental Health and Wellbeing Team"},
            "named_person": {"name": "Tom Whitfield", "email": "tom.whitfield@cmhwt.example",
                             "team": "Community Mental Health and Wellbeing Team"},
            "commitment_months": 6,
            "documents": [{"kind": "care_plan", "dated": self.ago(30)}, {"kind": "risk_assessment", "dated": self.ago(30)}]}
        return {**given, **changes}

    def sent(self, **changes: Any) -> str:
        """Send a referral and give its id."""
        answer = self.amara.post("", self.body(**changes))
        assert answer.status_code == 201, answer.text
        return str(answer.json["id"])

    def staffed(self) -> Pod:
        """Put the invented staff and their teams into the directory."""
        for path, entry in directory():
            answer = self.helen.call("POST", f"/{path}", entry)
            assert answer.status_code == 201, answer.text
        return self

    def told(self, *types: str) -> list[Any]:
        """Give the events in the outbox, as they will be published; of some types, or of all."""
        from shared.messaging.envelope import read
        events = [read(row.body) for row in self.room.outbox.waiting(1000)]
        return [event for event in events if not types or event.type in types]
