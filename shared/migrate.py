"""Brings each service's database to this release, with Alembic: one line of migrations per service."""
from __future__ import annotations

import io
import sys
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from shared.database import instant_text
from shared.room import Room
from shared.settings import Settings, load
from shared.suite import rooms_for

ROOT = Path(__file__).resolve().parent.parent
#: Advisory lock of PostgreSQL, so that replicas that start together migrate one after another.
LOCK = 0x706F64


def config(room: Room, connection: Connection | None = None) -> Config:
    """Give Alembic's configuration for a service."""
    made = Config(stdout=io.StringIO())
    made.set_main_option("script_location", str(ROOT / "services" / room.name / "migrations"))
    made.attributes.update(connection=connection, metadata=room.metadata)
    return made


def run_env() -> None:
    """Run migrations on the caller's connection; every service's `migrations/env.py` is a call of this."""
    attributes = context.config.attributes
    context.configure(connection=attributes["connection"], target_metadata=attributes["metadata"], compare_type=True,
                      render_as_batch=True, user_module_prefix="shared.database.", render_item=_render,
                      process_revision_directives=_only_changes)
    with context.begin_transaction():
        context.run_migrations()


def _only_changes(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Write no migration for a service whose tables have not changed."""
    if directives and directives[0].upgrade_ops.is_empty():
        directives.clear()


def _render(kind: str, thing: Any, autogenerate: Any) -> Any:
    """Write our own column types by the name they are imported under in a migration."""
    if kind == "type" and type(thing).__name__ == "Instant":
        autogenerate.imports.add("from shared.database import Instant")
        return "Instant()"
    return False


def upgrade(room: Room) -> None:
    """Bring a service's database to the newest revision."""
    def work(connection: Connection) -> None:
        if not room.database.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        command.upgrade(config(room, connection), "head")
    room.database.run(work)


def pending(room: Room) -> bool:
    """Say whether a service's database is behind this release."""
    head = ScriptDirectory.from_config(config(room)).get_current_head()
    with room.database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision() != head


def main(args: Namespace) -> int:
    """Migrate the services named, all by default; the work behind `pod migrate`.

    `restored_at` is the moment their databases were restored to: outside effects caused after it are then held.
    """
    since: datetime | None = args.restored_at
    if since is not None and since > datetime.now(UTC):
        print(f"--restored-at: {since.isoformat()} is still to come; give the moment the databases were restored to.", file=sys.stderr)
        return 2
    rooms = rooms_for(load(), args.services)
    for room in rooms:
        upgrade(room)
        print(f"{room.name}: at {_revision(room)}")
    if since is not None:
        _hold(rooms, since)
    return 0


def _hold(rooms: Sequence[Room], since: datetime) -> None:
    """Have services hold what was caused since then and may have had its outside effect before the restore."""
    holding = [room for room in rooms if hasattr(room.keeper, "hold")]
    for room in holding:
        until = room.database.run(partial(_hold_one, room, since))
        print(f"{room.name}: holds what was caused from {instant_text(since)} to {instant_text(until)}, "
              f"until somebody decides at {room.prefix}/?state=held")
    if not holding:
        print("None of these services has outside effects: nothing is held.")


def _hold_one(room: Room, since: datetime, connection: Connection) -> datetime:
    until = room.database.now(connection)
    room.keeper.hold(connection, since, until)
    return until


def _revision(room: Room) -> str:
    with room.database.read() as connection:
        return str(MigrationContext.configure(connection).get_current_revision())


def make(names: list[str], words: str = "first tables") -> None:
    """Write a new migration for services whose tables have changed (for developers: `python -m shared.migrate WORDS`)."""
    with tempfile.TemporaryDirectory() as folder:
        for room in rooms_for(Settings(mode="demo", var=Path(folder)), names):
            upgrade(room)
            with room.database.transaction() as connection:
                made = config(room, connection)
                number = len(list(ScriptDirectory.from_config(made).walk_revisions())) + 1
                command.revision(made, words, autogenerate=True, rev_id=f"{number:04d}")


if __name__ == "__main__":
    make([], " ".join(sys.argv[1:]) or "first tables")
