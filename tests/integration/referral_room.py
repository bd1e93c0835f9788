"""The referrals service on its own database, with clients that speak for demo people, for tests of it."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from services.referrals.service import Referrals
from shared.calendar import london_day
from shared.demo import directory
from shared.room import Room
from shared.settings import Settings
from shared.web.app import create_app
from shared.web.tokens import Tokens, issue_demo
from tests.support.postgres import Postgres

SECRET = "a secret of at least thirty-two characters"
#: Apps of pods that were closed, for the next one: to make an app takes longer than most tests of it.
_idle: list[Flask] = []
_tables: dict[str, bytes] = {}


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


def with_tables(room: Room) -> Room:
    """Give the room with its tables made; on SQLite by a copy of the file where they were made first."""
    database = room.database
    file = Path(database.engine.url.database or "") if database.is_sqlite else None
    if file and not file.exists() and _tables:
        file.write_bytes(_tables[room.name])
        return room
    with database.transaction() as connection:
        room.metadata.create_all(connection)
    if file and room.name not in _tables:
        database.dispose()  # the last connection writes all into the one file
        _tables[room.name] = file.read_bytes()
    return room


def _app(room: Room) -> Flask:
    if not _idle:
        return create_app(room, Referrals.blueprints, Referrals.api)
    app = _idle.pop()
    app.extensions.update({"pod.room": room, "pod.settings": room.settings, "pod.tokens": Tokens(room.settings)})
    return app


class Pod:
    """A referrals room and its callers."""

    def __init__(self, folder: Path, url: str = ""):
        self.settings = Settings(mode="demo", cookie_secure=False, secret_key=SECRET, var=folder, database_url=url)
        self.room = with_tables(Room(Referrals, self.settings))
        self.app = _app(self.room)
        self.amara = self.caller("practitioner")
        self.priya = self.caller("practitioner", "priya.nair@eit.example")
        self.wren = self.caller("worker")
        self.helen = self.caller("manager")

    def close(self) -> None:
        """Leave the database, and leave the app to another pod."""
        self.room.database.dispose()
        _idle.append(self.app)

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


@contextmanager
def opened(folder: Path, postgres: Postgres | None = None) -> Iterator[Pod]:
    """Open a pod with an empty database of SQLite, or of PostgreSQL where its server is given; close it after."""
    url = postgres.lend() if postgres else ""
    pod = Pod(folder, url)
    yield pod
    pod.close()
    if postgres:
        postgres.take_back(url)


def opened_on(request: pytest.FixtureRequest, folder: Path) -> AbstractContextManager[Pod]:
    """Open a pod on what a fixture's parameter says: postgresql, or sqlite, which is also meant where it has none."""
    return opened(folder, request.getfixturevalue("postgres") if getattr(request, "param", "") == "postgresql" else None)
