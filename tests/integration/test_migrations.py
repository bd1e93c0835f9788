"""Each service's migrations make exactly the tables its code expects, on both databases, however often they are run."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from shared import migrate
from shared.room import Room
from shared.settings import Settings
from shared.suite import SERVICES, rooms_for
from tests.support.process import POD, Process


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(mode="demo", var=tmp_path)
    return Settings(mode="demo", var=tmp_path, database_url=request.getfixturevalue("suite_database_url"))


@pytest.fixture
def rooms(settings: Settings) -> Iterator[list[Room]]:
    found = rooms_for(settings)
    yield found
    for room in found:
        room.database.dispose()


def differences(room: Room) -> list[object]:
    """Give what Alembic would still change; CHECKs and comments are not compared."""
    with room.database.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, room.metadata))


def test_migrations_make_the_tables_the_code_expects(rooms: list[Room]) -> None:
    """Given an empty database, If it is migrated, I expect nothing left for a further migration, in any service."""
    assert [room.name for room in rooms] == list(SERVICES)
    assert [room.name for room in rooms if not migrate.pending(room)] == []
    for room in rooms:
        migrate.upgrade(room)
        assert differences(room) == [], f"{room.name}: python -m shared.migrate WORDS writes what is missing"
        assert not migrate.pending(room)


def test_migrating_again_changes_nothing(rooms: list[Room]) -> None:
    for room in rooms * 2:
        migrate.upgrade(room)
    assert [room.name for room in rooms if differences(room) or migrate.pending(room)] == []


def test_two_processes_that_migrate_at_once_both_succeed(settings: Settings, start_process: Callable[..., Process]) -> None:
    """Given two replicas that start together, If both migrate, I expect one to wait for the other and neither to fail."""
    env = {"POD_MODE": "demo", "POD_VAR": str(settings.var), "POD_DATABASE_URL": settings.database_url}
    both = [start_process([*POD, "migrate"], env) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0], "\n".join(process.tail() for process in both)
    for process in both:
        assert process.tail().count(": at 00") == len(SERVICES)
    for room in rooms_for(settings):
        assert not migrate.pending(room)
        room.database.dispose()


def test_a_server_whose_database_is_behind_does_not_start_and_says_what_to_do(
        start_process: Callable[..., Process], suite_database_url: str, tmp_path: Path) -> None:
    process = start_process([*POD, "up", "cafe"], {
        "POD_MODE": "server", "POD_AMQP_URL": "amqp://nobody@127.0.0.1:1/", "POD_DATABASE_URL": suite_database_url,
        "POD_VAR": str(tmp_path), "POD_SECRET_KEY": "k" * 40, "POD_OIDC_ISSUER": "https://issuer.example",
        "POD_OIDC_CLIENT_ID": "pod", "POD_OIDC_CLIENT_SECRET": "s" * 20})
    assert process.wait(60) == 2
    assert "cafe is not of this release: run 'pod migrate'" in process.tail()
