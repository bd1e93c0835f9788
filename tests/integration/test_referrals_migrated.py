"""What was written by an older release is found and listed by this one, once its database is migrated."""
from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from services.referrals.service import Referrals
from shared import migrate
from shared.room import Room
from shared.settings import Settings

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CITIZEN, CLOSED, OPEN = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    found = Room(Referrals, Settings(mode="demo", secret_key="k" * 40, var=tmp_path, database_url=url))
    yield found
    found.database.dispose()


def as_of(room: Room, revision: str) -> None:
    room.database.run(lambda connection: command.upgrade(migrate.config(room, connection), revision))


def filled(connection: Any, into: str, **given: Any) -> None:
    """Write a row, with something in every column that has to have something."""
    table = sa.Table(into, sa.MetaData(), autoload_with=connection)
    some = {"BOOLEAN": False, "INTEGER": 0, "BIGINT": 0, "TIMESTAMP": NOW}
    must = [column for column in table.columns if not column.nullable and column.server_default is None and column.name not in given]
    connection.execute(table.insert(), {**{one.name: some.get(str(one.type).split("(")[0], NOW.isoformat() if one.name.endswith("_at") else "") for one in must}, **given})


def of(connection: Any, table: str, column: str, **where: str) -> list[Any]:
    found = sa.Table(table, sa.MetaData(), autoload_with=connection)
    limits = [found.c[name] == value for name, value in where.items()]
    return sorted(connection.execute(sa.select(found.c[column]).where(*limits)).scalars())


def rows(connection: Any, table: str) -> list[dict[str, Any]]:
    found = sa.Table(table, sa.MetaData(), autoload_with=connection)
    return [dict(row) for row in connection.execute(sa.select(found)).mappings()]


def _key(room: Room, id_: str) -> str:
    return id_.replace("-", "") if room.database.is_sqlite else id_


def test_R_12_R_13_whoever_is_with_us_is_found_by_any_word_of_their_name_after_the_migration(room: Room):
    as_of(room, "0012")
    citizen, closed, opened = (_key(room, id_) for id_ in (CITIZEN, CLOSED, OPEN))
    on = (NOW - timedelta(days=30)).date().isoformat()
    with room.database.transaction() as connection:
        filled(connection, "people", id=citizen, kind="citizen", name="Finn O’Rourke")
        for id_, stage, closes in ((closed, "accepted", on), (opened, "open", None)):
            filled(connection, "aggregates", id=id_, state="{}", announced="{}")
            filled(connection, "referrals", id=id_, aggregate=id_, reference=f"R-{stage}", stage=stage, citizen=citizen, journey_closes_on=closes,
                   sent_by=citizen, lapses_on="2026-04-01", duplicate=False, flag="")
    as_of(room, "0013")
    with room.database.read() as connection:
        assert of(connection, "name_words", "word") == ["finn", "o", "orourke", "rourke"]
        assert [(of(connection, "referrals", "goes_on", id=id_), of(connection, "referrals", "lapses_on", id=id_)) for id_ in (closed, opened)] == [
            ([False], [""]), ([True], ["2026-04-01"])]
        looked_at = [str(one)[:4] for one in of(connection, "aggregates", "next_look_at")]
        assert looked_at == ["2000", "2000"], "the rest of their rows is written when the service looks at them"


def test_R_13_what_stands_is_what_was_said_and_shown_to_nobody_of_several_who_may_have_said_it(room: Room):
    """Given Rosa, referred by one, Ada, referred by two, and a referral whose number is known as Ada's, If that is migrated, I expect what was said to be kept by its sender."""
    as_of(room, "0014")
    rosa, ada, bea, here, one, other, doubted, amara, priya = (_key(room, str(uuid.UUID(int=number))) for number in range(1, 10))
    with room.database.transaction() as connection:
        for id_, name, number in ((rosa, "Rosa Quill", "9434765919"), (ada, "Ada Lind", "9876543210"), (bea, "Bea Lind", None)):
            filled(connection, "people", id=id_, kind="citizen", name=name, nhs_number=number, date_of_birth="1984-05-17", telephone="07700 900123", do_not="No letters")
        for id_, citizen, sender in ((here, rosa, amara), (one, ada, amara), (other, ada, priya), (doubted, bea, priya)):
            in_doubt = f'"number_of":"{uuid.UUID(ada)}"' if id_ == doubted else '"number_of":null'
            filled(connection, "aggregates", id=id_, state="{" + in_doubt + "}", announced="{}")
            filled(connection, "referrals", id=id_, aggregate=id_, reference=f"R-{id_}", stage="open", citizen=citizen, sent_by=sender, practitioner=sender, duplicate=False, flag="")
            filled(connection, "amended", id=id_, amendment=id_, referral=id_, citizen=citizen, field="telephone")
    as_of(room, "0015")
    with room.database.read() as connection:
        said = {_key(room, str(row["referral"])): row for row in rows(connection, "particulars")}
        seen = {_key(room, str(row["referral"])): (bool(row["here"]), bool(row["on_record"])) for row in rows(connection, "amended")}
        words = of(connection, "said_words", "word", whose=doubted)
    assert {id_: (row["name"], row["nhs_number"], row["telephone"], row["do_not"]) for id_, row in said.items()} == {
        here: ("Rosa Quill", "9434765919", "07700 900123", "No letters"), one: ("Ada Lind", "9876543210", None, None),
        other: ("Ada Lind", "9876543210", None, None), doubted: ("Bea Lind", "9876543210", "07700 900123", "No letters")}
    assert seen == {here: (True, True), one: (False, True), other: (False, True), doubted: (True, True)} and words == ["bea", "lind"]
