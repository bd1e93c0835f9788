"""The page of rules says which can reach nobody, on both databases."""
from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.notifications import rules
from services.notifications.service import Notifications
from shared.database import Database
from shared.ledger.types import Actor
from shared.room import Room
from shared.settings import Settings
from shared.web.app import create_app

MANAGER = Actor("helen.marsh@pod.example", "Helen Marsh", frozenset({"manager"}))


@pytest.fixture
def room(any_database: Database, tmp_path: Path) -> Iterator[Room]:
    url = any_database.url.render_as_string(hide_password=False)
    made = Room(Notifications, Settings(mode="demo", secret_key="k" * 40, cookie_secure=False, var=tmp_path, database_url=url))
    made.metadata.create_all(made.database.engine)
    yield made
    made.database.dispose()


def page(room: Room) -> str:
    browser = create_app(room, Notifications.blueprints, Notifications.api).test_client()
    with browser.session_transaction() as session:
        session["since"] = int(time.time())
        session["actor"] = {"email": MANAGER.email, "name": MANAGER.name, "roles": ["manager"], "team": ""}
    return str(browser.get("/rules").text)


def test_N_01_the_page_warns_of_a_rule_that_reaches_nobody_until_it_does(room: Room) -> None:
    fresh = page(room)
    assert "can reach nobody" in fresh and "Reaches nobody" in fresh
    database = room.database
    for rule in rules.shipped().values():
        if rule.to == ("manager",):
            database.run(lambda c, id_=rule.id: rules.change(c, database, MANAGER, id_, 0, database.now(c), {"also": (MANAGER.email,)}))
    assert "each nobody" not in page(room)
    with database.read() as connection:
        assert room.keeper.warnings(connection) == []
