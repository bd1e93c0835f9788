"""SQLite and PostgreSQL behind one interface: waiting green, contention, trouble, and what both must agree on."""
from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from shared.database import CONTENTION, Database, Instant, instant_text, is_contention, is_trouble, key
from tests.support.ground import ROOT
from tests.support.postgres import Postgres

METADATA = sa.MetaData()
THINGS = sa.Table("things", METADATA, sa.Column("id", key(), primary_key=True), sa.Column("name", sa.Text),
                  sa.Column("at", Instant()), sa.Column("body", sa.LargeBinary), sa.Column("yes", sa.Boolean),
                  sa.Column("count", sa.BigInteger))
NOW = datetime(2026, 6, 1, 12, 30, 15, 123456, tzinfo=UTC)


def thing(**fields: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "name": "a", "at": NOW, "body": b"\0\xff", "yes": True, "count": 2**40} | fields


@pytest.fixture
def database(any_database: Database) -> Database:
    METADATA.create_all(any_database.engine)
    return any_database


def everything(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        return sorted((dict(row) for row in connection.execute(sa.select(THINGS)).mappings()), key=lambda row: row["id"])


def test_what_is_written_is_read_back_the_same(database: Database) -> None:
    wanted = [thing(), thing(name="é 'quoted\" \\ \n%s {}", at=None, body=b"", yes=False, count=None), thing(name=None)]
    database.run(lambda c: database.insert(c, THINGS, wanted))
    assert everything(database) == sorted(wanted, key=lambda row: row["id"])


def test_a_conflict_overwrites_leaves_or_refuses_to_go_back_as_asked(database: Database) -> None:
    one = thing()
    insert = lambda row, **how: database.run(lambda c: database.insert(c, THINGS, [row], **how))  # noqa: E731
    insert(one)
    insert(one | {"name": "b"}, conflict="nothing")
    assert everything(database) == [one]
    insert(one | {"name": "c", "count": 1}, conflict="update", update=["name"])
    assert everything(database) == [one | {"name": "c"}]
    insert(one | {"name": "d", "at": NOW - timedelta(seconds=1)}, conflict="update", update=["name", "at"], newest="at")
    assert everything(database) == [one | {"name": "c"}]
    with pytest.raises(sa.exc.IntegrityError):
        insert(one)


def test_inserting_says_which_rows_were_new(database: Database) -> None:
    rows = [thing() for _ in range(3)]
    new = lambda *which: database.run(lambda c: database.insert_new(c, THINGS, which, "id"))  # noqa: E731
    assert new(rows[0]) == {rows[0]["id"]}
    assert new(*rows) == {rows[1]["id"], rows[2]["id"]}


def test_membership_takes_any_number_of_keys(database: Database) -> None:
    rows = [thing(count=n, name=f"n{n}") for n in range(50)]
    database.run(lambda c: database.insert(c, THINGS, rows))
    for column, wanted in ((THINGS.c.id, [r["id"] for r in rows[:7]]), (THINGS.c.name, ["n1", "n2", "zz"]), (THINGS.c.count, [3, 4])):
        with database.read() as connection:
            found = connection.execute(sa.select(column).where(database.any_of(column, [*wanted, *wanted]))).scalars().all()
        assert set(found) == set(wanted) - {"zz"}
    with database.read() as connection:
        assert connection.execute(sa.select(THINGS).where(database.any_of(THINGS.c.id, [str(uuid.uuid4())] * 40_000))).all() == []


def test_instants_of_any_zone_sort_as_time_does(database: Database) -> None:
    paris = datetime.fromisoformat("2026-06-01T14:30:15.000001+02:00")
    rows = [thing(at=NOW), thing(at=paris), thing(at=NOW.replace(microsecond=0))]
    database.run(lambda c: database.insert(c, THINGS, rows))
    with database.read() as connection:
        found = list(connection.execute(sa.select(THINGS.c.at).order_by(THINGS.c.at)).scalars())
    assert found == sorted([row["at"] for row in rows]) and all(at.tzinfo is UTC for at in found)
    assert instant_text(paris) == "2026-06-01T12:30:15.000001Z"


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction() as connection:
        database.insert(connection, THINGS, [thing()])
        raise RuntimeError
    assert everything(database) == []


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.transaction() as connection:
        database.insert(connection, THINGS, [thing()])
        assert everything(database) == []
    assert len(everything(database)) == 1


def test_writers_of_many_threads_all_get_their_turn(database: Database) -> None:
    one = thing(count=0)
    database.run(lambda c: database.insert(c, THINGS, [one]))

    def add() -> None:
        for _ in range(20):
            database.run(lambda c: c.execute(THINGS.update().values(count=THINGS.c.count + 1)))
    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert everything(database)[0]["count"] == 80


def test_two_that_lock_in_opposite_orders_both_finish(postgres: Postgres) -> None:
    database = Database(postgres.new_database())
    METADATA.create_all(database.engine)
    rows = [thing(count=0), thing(count=0)]
    database.run(lambda c: database.insert(c, THINGS, rows))
    both_hold_one = threading.Barrier(2)
    tries: list[str] = []

    def work(first: str, second: str) -> None:
        def once(connection: sa.Connection) -> None:
            for id_ in (first, second):
                connection.execute(THINGS.update().where(THINGS.c.id == id_).values(count=THINGS.c.count + 1))
                if id_ == first and len(tries) < 2:
                    tries.append(first)
                    both_hold_one.wait(10)
        database.run(once)
    ids = [row["id"] for row in rows]
    threads = [threading.Thread(target=work, args=order) for order in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [row["count"] for row in everything(database)] == [2, 2]
    database.dispose()


def test_a_database_that_is_away_is_trouble_and_a_wrong_question_is_not(postgres: Postgres, database: Database) -> None:
    nobody = Database(postgres.url("pod").replace(str(postgres.port), "1"))
    with pytest.raises(sa.exc.DBAPIError) as away, nobody.read() as connection:
        connection.execute(sa.select(1))
    assert is_trouble(away.value) and not is_contention(away.value)
    with pytest.raises(sa.exc.DBAPIError) as wrong, database.read() as connection:
        connection.exec_driver_sql("SELECT nonsense FROM nowhere")
    assert not is_trouble(wrong.value) and not is_contention(wrong.value)


def test_a_statement_that_fails_quotes_nobodys_data(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError) as wrong, database.read() as connection:
        connection.execute(sa.text("SELECT nonsense FROM nowhere WHERE number = :number"), {"number": "9434765919"})
    assert "nonsense" in str(wrong.value) and "9434765919" not in str(wrong.value)


def test_a_connection_that_is_cut_is_trouble(postgres: Postgres) -> None:
    database = Database(postgres.new_database())
    with pytest.raises(sa.exc.DBAPIError) as cut, database.transaction() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        postgres.execute(f"SELECT pg_terminate_backend({pid}, 5000)")
        connection.execute(sa.select(1))
    assert is_trouble(cut.value)
    database.run(lambda c: c.execute(sa.select(1)))
    database.dispose()


@pytest.mark.parametrize("code", CONTENTION)
def test_those_in_the_way_are_known_by_their_sqlstate(code: str) -> None:
    fault = psycopg.errors.lookup(code)("in the way")
    assert is_contention(sa.exc.OperationalError("", {}, fault))
    assert not is_trouble(sa.exc.OperationalError("", {}, fault))


def test_one_file_has_one_lock_however_its_path_is_written(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    one, other = (Database(f"sqlite:///{tmp_path}/{name}") for name in ("x.db", "sub/../x.db"))
    assert one._lock is other._lock


GREEN = """
import eventlet
eventlet.monkey_patch()
import sys, time
from shared.database import Database
database = Database(sys.argv[1])
def ask(n):
    with database.read() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(0.5)")
list(eventlet.GreenPool().imap(lambda n: database.run(lambda c: None), range(4)))
started = time.monotonic()
list(eventlet.GreenPool().imap(ask, range(4)))
print(time.monotonic() - started)
"""
SQLITE = """
import eventlet
eventlet.monkey_patch()
import sys
import sqlalchemy as sa
from shared.database import Database
database = Database(sys.argv[1])
database.run(lambda c: c.exec_driver_sql("CREATE TABLE t (n)"))
def write(n):
    for _ in range(20):
        with database.transaction() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (1)")
            eventlet.sleep(0)  # forbidden in our code, and even then nobody may wait for ever
with eventlet.Timeout(20):
    list(eventlet.GreenPool().imap(write, range(4)))
with database.read() as connection:
    print(connection.exec_driver_sql("SELECT count(*) FROM t").scalar_one())
"""


def _run(program: str, url: str) -> str:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program, url], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1]


def test_a_waiting_query_does_not_stop_the_other_greenthreads(postgres: Postgres) -> None:
    assert float(_run(GREEN, postgres.new_database())) < 1.2


def test_greenthreads_that_write_to_one_sqlite_file_do_not_deadlock(tmp_path: Path) -> None:
    assert _run(SQLITE, f"sqlite:///{tmp_path}/green.db") == "80"
