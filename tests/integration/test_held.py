"""After a restore: what was caused since is held until somebody decides, on both databases."""
from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from services.notifications import held, store
from services.notifications.service import Notifications
from shared import metrics
from shared.database import Database
from shared.ledger.types import Actor, Refused
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.room import Room
from shared.settings import Settings
from shared.suite import rooms_for
from shared.web.app import create_app
from shared.web.tokens import issue_demo
from tests.support.process import POD, Process

T = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
UNTIL = T + timedelta(hours=3)
BEFORE, WITHIN, AFTER = T - timedelta(minutes=1), T + timedelta(hours=1), UNTIL + timedelta(minutes=1)
WREN = {"email": "wren.callaghan@pod.example", "name": "Wren Callaghan", "role": "development_worker"}
MANAGER = Actor("helen.marsh@pod.example", "Helen Marsh", frozenset({"manager"}))
WORKER = Actor(WREN["email"], "", frozenset({"worker"}))


@pytest.fixture
def room(any_database: Database, tmp_path: Path) -> Iterator[Room]:
    url = any_database.url.render_as_string(hide_password=False)
    settings = Settings(mode="demo", secret_key="k" * 40, cookie_secure=False, var=tmp_path, database_url=url)
    made = Room(Notifications, settings)
    made.metadata.create_all(made.database.engine)
    made.database.run(lambda connection: made.keeper.hold(connection, T, UNTIL))
    yield made
    made.database.dispose()


def admission(recorded: datetime, about: str = "admission:1", revision: int = 1, withdrawn: bool = False,
              happened: datetime = BEFORE, day: str = "2026-03-01") -> Event:
    data = {"journey_id": "1", "reference": "J-7K2", "told": [WREN], "citizen_id": "c", "stay_id": "s",
            "admitted_at": f"{day}T10:00:00Z", "review": {"id": "r", "due_on": "2026-03-04"}}
    return Event(str(uuid.uuid5(uuid.NAMESPACE_URL, f"{about}{revision}")), "urn:pod:journeys", "journey.admission_recorded",
                 happened, data, about=about, revision=revision, withdrawn=withdrawn, recordedtime=recorded)


def take(room: Room, *events: Event) -> list[Any]:
    room.inbox.take([Delivery(write(event), message_id=event.id) for event in events])
    t = store.notifications
    with room.database.read() as connection:
        return list(connection.execute(sa.select(t).order_by(t.c.about, t.c.revision)).mappings())


def states(room: Room) -> list[str]:
    return [row["state"] for row in take(room)]


def decide(room: Room, act: str, *ids: str, actor: Actor = MANAGER) -> Any:
    return room.database.run(lambda c: held.decide(c, room.database, actor, act, ids, room.database.now(c)))


@pytest.mark.parametrize(("recorded", "state"), [
    (BEFORE, "sent"), (T, "held"), (WITHIN, "held"), (UNTIL, "held"), (AFTER, "sent")])
def test_what_was_caused_between_the_restored_moment_and_the_restore_is_held(room: Room, recorded: datetime, state: str) -> None:
    (message,) = take(room, admission(recorded))
    assert message["state"] == state
    assert (message["sent_at"] is None) == (state == "held") == bool(message["why"])


def test_what_a_restored_sender_records_anew_is_held_by_the_time_it_happened(room: Room) -> None:
    """Given journeys restored as well, If an admission is offered to it again, I expect its news to be held all the same."""
    assert [m["state"] for m in take(room, admission(AFTER, happened=WITHIN))] == ["held"]


def test_a_held_event_that_comes_again_is_held_once(room: Room) -> None:
    event = admission(WITHIN)
    take(room, event)
    assert [m["state"] for m in take(room, event)] == ["held"]


def test_N_06_who_released_a_held_message_and_when_is_kept(room: Room) -> None:
    (message,) = take(room, admission(WITHIN))
    assert decide(room, "release", message["id"]).states == {"sent": 1}
    (after,) = take(room)
    assert (after["state"], after["why"], after["settled_by"], after["settled_how"]) == ("sent", None, MANAGER.email, "released")
    assert after["sent_at"] == after["settled_at"] is not None


def test_N_06_a_message_that_went_out_before_is_never_sent_and_says_who_found_so(room: Room) -> None:
    (message,) = take(room, admission(WITHIN))
    decide(room, "settle", message["id"])
    assert decide(room, "release", message["id"]).states == {}
    (after,) = take(room)
    assert (after["state"], after["sent_at"], after["settled_by"]) == ("settled", None, MANAGER.email)


def test_n03_a_worker_may_not_decide_about_held_messages(room: Room) -> None:
    (message,) = take(room, admission(WITHIN))
    assert isinstance(decide(room, "release", message["id"], actor=WORKER), Refused)
    assert states(room) == ["held"]


def test_n07_a_correction_goes_out_and_what_it_corrects_is_then_not_sent(room: Room) -> None:
    """Given a held message corrected since, If somebody releases it, I expect nobody to be told what no longer stands."""
    take(room, admission(WITHIN))
    first, second = take(room, admission(AFTER, revision=2, withdrawn=True))
    assert (first["state"], second["state"], second["correction_of"]) == ("held", "sent", first["id"])
    assert decide(room, "release", first["id"]).states == {"superseded": 1}
    assert states(room) == ["superseded", "sent"]


def test_n07_a_message_and_its_correction_that_are_both_held_go_out_both_when_released_together(room: Room) -> None:
    made = take(room, admission(WITHIN), admission(WITHIN, revision=2, day="2026-02-28"))
    assert decide(room, "release", *(m["id"] for m in made)).states == {"sent": 2}


def test_n07_released_after_its_correction_a_message_is_not_sent(room: Room) -> None:
    first, second = take(room, admission(WITHIN), admission(WITHIN, revision=2, day="2026-02-28"))
    decide(room, "settle", second["id"])
    decide(room, "release", first["id"])
    assert states(room) == ["superseded", "settled"]


def test_all_of_a_filter_are_decided_at_once_and_only_what_was_seen(room: Room) -> None:
    take(room, *(admission(WITHIN, f"admission:{n}") for n in range(5)))

    def decide_all(wanted: dict[str, str], seen: int) -> Any:
        return room.database.run(lambda c: held.decide_all(c, room.database, MANAGER, "release", wanted, seen, room.database.now(c)))
    assert isinstance(decide_all({}, 4), Refused)
    assert decide_all({"about": "admission:3"}, 1).states == {"sent": 1}
    assert states(room) == ["held", "held", "held", "sent", "held"]
    assert decide_all({"recipient": WREN["email"]}, 4).states == {"sent": 4}


def test_what_waited_for_a_channel_at_the_restored_moment_is_held_too(room: Room) -> None:
    take(room, admission(BEFORE))
    with room.database.transaction() as connection:
        connection.execute(store.notifications.update().values(state="waiting", sent_at=None))
        room.keeper.hold(connection, T, AFTER)
    assert states(room) == ["held"]


def test_the_same_hold_said_twice_is_one(room: Room) -> None:
    room.database.run(lambda connection: room.keeper.hold(connection, T, UNTIL))
    with room.database.read() as connection:
        assert held.spans(connection) == [(T, UNTIL)]


def test_what_is_held_is_metered(room: Room) -> None:
    take(room, admission(WITHIN), admission(WITHIN, "admission:2"))
    waits = room.database.run(room.backlog)
    metrics.waiting("notifications", waits["outbox"], waits["deferred"], waits["held"])
    assert REGISTRY.get_sample_value("pod_held_waiting", {"service": "notifications"}) == 2


@pytest.fixture
def ask(room: Room) -> Callable[..., Any]:
    client = create_app(room, Notifications.blueprints, Notifications.api).test_client()

    def asked(method: str, path: str, role: str, **headers: str) -> Any:
        headers |= {"Authorization": f"Bearer {issue_demo(room.settings, role)}"}
        return client.open(f"/api/v1/notifications{path}", method=method, headers=headers, json={} if method == "POST" else None)
    return asked


def test_the_api_shows_what_is_held_and_takes_both_decisions(room: Room, ask: Callable[..., Any]) -> None:
    take(room, admission(WITHIN), admission(WITHIN, "admission:2"))
    one, two = (item["id"] for item in ask("GET", "?state=held", "operations").json["items"])
    released, settled = ask("POST", f"/{one}/release", "operations"), ask("POST", f"/{two}/settle", "manager")
    assert (released.status_code, released.json["state"], released.json["settled_how"]) == (200, "sent", "released")
    assert (settled.json["state"], settled.json["settled_by"]) == ("settled", MANAGER.email)
    assert ask("GET", "?state=held", "worker").json["items"] == []


def test_the_api_says_who_was_first_and_does_not_send_twice(room: Room, ask: Callable[..., Any]) -> None:
    (message,) = take(room, admission(WITHIN))
    path = f"/{message['id']}/release"
    seen = ask("GET", f"/{message['id']}", "manager").headers["ETag"]
    assert ask("POST", path, "manager", **{"If-Match": seen}).status_code == 200
    assert ask("POST", path, "manager").status_code == 200
    late = ask("POST", path, "operations")
    assert (late.status_code, late.mimetype) == (409, "application/problem+json") and MANAGER.email in late.json["detail"]
    assert ask("POST", f"/{message['id']}/settle", "manager", **{"If-Match": seen}).status_code == 412
    assert states(room) == ["sent"]


def test_the_api_lets_only_managers_and_operations_decide(room: Room, ask: Callable[..., Any]) -> None:
    (message,) = take(room, admission(WITHIN))
    assert ask("POST", f"/{message['id']}/release", "worker").status_code == 403
    assert ask("POST", f"/{uuid.uuid4()}/release", "manager").status_code == 404
    (sent_one,) = [m for m in take(room, admission(BEFORE, "admission:9")) if m["state"] == "sent"]
    assert ask("POST", f"/{sent_one['id']}/settle", "manager").status_code == 409


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_pod_migrate_restored_at_holds_what_was_caused_since(kind: str, request: pytest.FixtureRequest, tmp_path: Path,
                                                             start_process: Callable[..., Process]) -> None:
    """Given databases restored to an hour ago, If an event of half an hour ago comes again, I expect its message to be held."""
    url = request.getfixturevalue("suite_database_url") if kind == "postgresql" else ""
    env = {"POD_MODE": "demo", "POD_VAR": str(tmp_path), "POD_DATABASE_URL": url}
    now = datetime.now(UTC)
    process = start_process([*POD, "migrate", "--restored-at", (now - timedelta(hours=1)).isoformat()], env)
    assert process.wait(60) == 0, process.tail()
    assert "notifications: holds what was caused from" in process.tail()
    (room,) = rooms_for(Settings(mode="demo", var=tmp_path, database_url=url), ["notifications"])
    made = take(room, *(admission(now - timedelta(minutes=m), f"admission:{m}", happened=now - timedelta(hours=2)) for m in (30, 90)))
    room.database.dispose()
    assert {m["about"]: m["state"] for m in made} == {"admission:30": "held", "admission:90": "sent"}


@pytest.mark.parametrize(("words", "code", "said"), [
    (["--restored-at", "2999-01-01"], 2, "is still to come"),
    (["journeys", "--restored-at", "2026-01-01"], 0, "nothing is held"),
    (["--restored-at", "yesterday"], 2, "no ISO 8601 time"),
])
def test_pod_migrate_says_what_it_could_not_hold(words: list[str], code: int, said: str, tmp_path: Path,
                                                 start_process: Callable[..., Process]) -> None:
    process = start_process([*POD, "migrate", *words], {"POD_MODE": "demo", "POD_VAR": str(tmp_path)})
    assert process.wait(60) == code and said in process.tail(), process.tail()
