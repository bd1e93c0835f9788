"""Staff are called as the directory has them, whichever came first, the directory or the event that names them; J-12."""
from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from services.journeys import store
from shared.database import Database
from shared.messaging.envelope import Event
from shared.room import Room
from tests.support.journeys import (
    AMARA,
    JOURNEY,
    NUMBER,
    WREN,
    bearer,
    journeys_client,
    journeys_room,
    now,
    referral,
    report,
    take,
    told,
)
from tests.support.members import recorded

NEW_NAME = {"name": "Amara Osei-Bonsu", "kind": "practitioner", "roles": [], "team": "Early Intervention Team", "telephone": "024 7600 0009"}


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    made = journeys_room(tmp_path, url)
    yield made
    made.database.dispose()


def person(room: Room, email: str = AMARA["email"]) -> dict[str, Any]:
    """Give how somebody is shown on the journey, as practitioner or development worker."""
    shown = journeys_client(room).get(f"/api/v1/journeys/{JOURNEY}", headers=bearer("manager")).get_json()
    return next(one for one in (shown["practitioner"], shown["development_worker"]) if one and one["email"] == email)


@pytest.mark.parametrize("first", ["directory", "referral"])
def test_J_12_a_name_of_the_directory_stands_over_one_typed_in_a_referral(room: Room, first: str) -> None:
    word, events = recorded(AMARA["email"], **NEW_NAME), list(referral(now() - timedelta(days=9)).values())
    for batch in ([word], events) if first == "directory" else (events, [word]):
        take(room, *batch)
    shown = person(room)
    assert (shown["name"], shown["team"]) == (NEW_NAME["name"], NEW_NAME["team"])
    assert person(room, WREN["email"])["name"] == WREN["name"], "the others as before"


def test_J_12_what_is_told_to_others_names_staff_as_the_directory_does(room: Room) -> None:
    take(room, recorded(AMARA["email"], **NEW_NAME), *referral(now() - timedelta(days=9)).values())
    opened = next(one["data"] for one in told(room) if one["type"] == "journey.opened")
    assert {one["name"] for one in opened["told"] if one["role"] == "practitioner"} == {NEW_NAME["name"]}


def test_J_12_a_cover_named_by_address_alone_is_called_by_name(room: Room) -> None:
    take(room, *referral(now() - timedelta(days=9)).values(), recorded("bo.lind@cmhwt.example", name="Bo Lind", kind="practitioner", roles=[]))
    days = {"absent_from": now().date().isoformat(), "absent_until": (now() + timedelta(days=9)).date().isoformat()}
    take(room, report("keyworker.absent", now(), NUMBER, practitioner_email=AMARA["email"], cover_email="bo.lind@cmhwt.example", **days))
    shown = journeys_client(room).get(f"/api/v1/journeys/{JOURNEY}", headers=bearer("manager")).get_json()
    assert {entry["facts"]["cover"] for entry in shown["timeline"] if entry["kind"] == "keyworker.absent"} == {"Bo Lind"}


def test_J_12_once_off_the_directory_staff_are_called_as_events_had_them(room: Room) -> None:
    take(room, *referral(now() - timedelta(days=9)).values(), recorded(AMARA["email"], **NEW_NAME))
    take(room, recorded(AMARA["email"], 2, withdrawn=True, **NEW_NAME))
    assert person(room)["name"] == AMARA["name"]
    with room.database.read() as connection:
        (kept,) = connection.execute(sa.select(store.members)).mappings()
    assert {name: value for name, value in kept.items() if value} == {"id": kept["id"], "revision": 2}


HISTORY = [recorded(AMARA["email"], 1, **NEW_NAME), recorded(AMARA["email"], 2, **{**NEW_NAME, "telephone": None}),
           recorded(AMARA["email"], 3, **{**NEW_NAME, "team": None, "telephone": "1"}), recorded(WREN["email"], 1, name="Wren C."),
           recorded(WREN["email"], 2, withdrawn=True)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_member_events_in_any_order_among_referrals_and_however_often_end_the_same(folder: Path, data: st.DataObject) -> None:
    """Given all that was ever said of staff, If it comes in any order, again, around a referral, I expect one end."""
    room = journeys_room(folder)
    emptied(room.database)
    events: list[Event] = data.draw(st.permutations([*HISTORY, *data.draw(st.lists(st.sampled_from(HISTORY), max_size=3))]))
    cut = data.draw(st.integers(0, len(events)))
    for batch in (events[:cut], list(referral(now() - timedelta(days=9)).values()), events[cut:]):
        take(room, *batch)
    with room.database.read() as connection:
        people = room.keeper.ledger.people.get(connection, list(connection.execute(sa.select(store.members.c.id)).scalars()))
    assert {row["email"]: (row["name"], row["team"], row["telephone"]) for row in people.values()} == {
        AMARA["email"]: (NEW_NAME["name"], AMARA["team"], "1"), WREN["email"]: (WREN["name"], None, None)}
    room.database.dispose()


def emptied(database: Database) -> None:
    with database.transaction() as connection:
        for table in reversed(store.metadata.sorted_tables):
            connection.execute(table.delete())
