"""SQLite and PostgreSQL behind one interface: transactions, the clock, sets of keys, many rows at once."""
from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

# psycopg reads this once, on import: without it a waiting query stops every greenthread of the process.
os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_select")

import orjson
import psycopg
import sqlalchemy as sa
from psycopg.types.string import TextLoader
from sqlalchemy import event as sa_event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

T = TypeVar("T")
Row = Mapping[str, Any]

#: SQLSTATEs that mean "the database, not the event": no connection, out of resources, shutting down, disk, a standby.
TROUBLE = ("08", "53", "57P", "58", "25006")
#: SQLSTATE codes that mean "the same again": serialisation failure, deadlock, lock not available.
CONTENTION = ("40001", "40P01", "55P03")
#: Tries of one transaction under contention; 12 with jitter span about 3 s, longer than any batch holds its locks.
TRIES = 12

_file_locks: dict[str, threading.Lock] = {}


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime: `timestamptz` in PostgreSQL, ISO 8601 text of fixed width (so it sorts) in SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.engine.Dialect) -> sa.types.TypeEngine[Any]:
        """Choose text where the database has no time zones."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.Text())
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.engine.Dialect) -> Any:
        """Write text for SQLite."""
        return instant_text(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.engine.Dialect) -> datetime | None:
        """Read what was written."""
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


def instant_text(when: datetime) -> str:
    """Write an aware datetime as UTC text of fixed width, so that text order is time order."""
    utc = when if when.tzinfo is UTC else when.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[:-6] + "Z"


class Json(str):
    """JSON as one line of text, never None where it is inserted: it is handed to PostgreSQL as it is."""

    __slots__ = ()


def key() -> sa.types.TypeEngine[str]:
    """Give the column type of an id: a UUID, as text in Python."""
    return sa.Uuid(as_uuid=False, native_uuid=True)


class Database:
    """One service's database.

    `url` is `postgresql://...` or `sqlite:///path`. A write transaction holds SQLite's one file lock (a
    `threading` lock, so that greenthreads wait without stopping the process); nothing may yield inside one.
    """

    def __init__(self, url: str, schema_names: Sequence[str] = ()):
        self.url = sa.engine.make_url(url)
        if self.url.get_backend_name() == "postgresql":
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._sqlite() if self.is_sqlite else self._postgresql()
        # the same file under another spelling of its path is still the same file
        file = str(Path(self.url.database or "").resolve())
        self._lock = _file_locks.setdefault(file, threading.Lock()) if self.is_sqlite else None

    def _postgresql(self) -> Engine:
        # hide_parameters here and below: what a log quotes of a statement that failed may hold nobody's data
        engine = sa.create_engine(self.url, hide_parameters=True, pool_size=10, max_overflow=20, pool_pre_ping=True, pool_recycle=1800,
                                  connect_args={"connect_timeout": 5, "application_name": "pod"})
        sa_event.listen(engine, "connect", _postgresql_connect)
        return engine

    def _sqlite(self) -> Engine:
        if self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(self.url, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": 0})
        sa_event.listen(engine, "connect", _sqlite_connect)
        sa_event.listen(engine, "begin", _sqlite_begin)
        return engine

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a write transaction: committed at the end of the block, undone when it raises."""
        if self._lock is None:
            with self.engine.begin() as connection:
                yield connection
            return
        with self._lock, self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a reading transaction; it never waits for writers."""
        with self.engine.connect().execution_options(pod_read=True) as connection:
            yield connection

    def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a write transaction, and again with jitter while others are in the way."""
        for attempt in range(TRIES):
            try:
                with self.transaction() as connection:
                    return work(connection)
            except sa.exc.DBAPIError as fault:
                if not is_contention(fault) or attempt == TRIES - 1:
                    raise
            time.sleep(random.uniform(0.2, 1) * min(0.5, 0.01 * 2**attempt))
        raise AssertionError("unreachable")

    def now(self, connection: Connection) -> datetime:
        """Give the database's clock, UTC; of SQLite, whose database is this machine, the machine's."""
        if self.is_sqlite:
            return datetime.now(UTC)
        moment: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return moment.astimezone(UTC)

    def any_of(self, column: sa.ColumnElement[Any], values: Collection[Any]) -> sa.ColumnElement[bool]:
        """Test membership with one bound value, whatever the number of keys."""
        if self.is_sqlite:
            listed = orjson.dumps([_sqlite_key(column, value) for value in values]).decode()
            members: Any = sa.select(sa.literal_column("value")).select_from(sa.func.json_each(listed))
            return sa.type_coerce(column, sa.Text()).in_(members)
        keys = sa.bindparam(None, orjson.dumps(list(values), default=str).decode(), type_=sa.Text())
        elements = sa.func.json_array_elements_text(sa.cast(keys, postgresql.JSON)).alias("value")
        members = sa.select(sa.cast(sa.column("value"), column.type)).select_from(elements)
        return column == sa.any_(sa.func.array(members.scalar_subquery()))

    def insert(self, connection: Connection, table: sa.Table, rows: Sequence[Row], *,
               conflict: str | None = None, update: Collection[str] = (),
               on: Collection[str] = (), newest: str = "") -> None:
        """Insert rows of the same keys by one statement.

        `conflict` "nothing" leaves what is there; "update" overwrites the columns named in `update`
        where the columns of `on` (default: the primary key) are the same, unless the column `newest` would go back.
        """
        if not rows:
            return
        if self.is_sqlite:
            connection.execute(self._insert(sqlite, table, conflict, update, on, newest), list(rows))
        else:
            short, long = _columns(rows)
            sql = self._recordset(table, short, long, conflict, tuple(update), tuple(on), newest)
            connection.exec_driver_sql(sql, _texts(rows, short, long))

    def insert_new(self, connection: Connection, table: sa.Table, rows: Sequence[Row], returning: str) -> set[Any]:
        """Insert the rows that are not there yet; give the `returning` column of those that were new."""
        if not rows:
            return set()
        if self.is_sqlite:
            statement = self._insert(sqlite, table, "nothing", (), ()).returning(table.c[returning])
            return {found for row in rows for found in connection.execute(statement, dict(row)).scalars()}
        short, long = _columns(rows)
        sql = self._recordset(table, short, long, "nothing") + f' RETURNING "{returning}"'
        return set(connection.exec_driver_sql(sql, _texts(rows, short, long)).scalars())

    def _insert(self, dialect: Any, table: sa.Table, conflict: str | None, update: Collection[str],
                on: Collection[str], newest: str = "") -> Any:
        statement = dialect.insert(table)
        if conflict == "nothing":
            return statement.on_conflict_do_nothing()
        if conflict == "update":
            keys = list(on) or [column.name for column in table.primary_key]
            return statement.on_conflict_do_update(index_elements=keys,
                                                   set_={name: statement.excluded[name] for name in update},
                                                   where=statement.excluded[newest] >= table.c[newest] if newest else None)
        return statement

    @lru_cache(maxsize=256)  # noqa: B019 - a database lives as long as its process
    def _recordset(self, table: sa.Table, short: tuple[str, ...], long: tuple[str, ...], conflict: str | None,
                   update: tuple[str, ...] = (), on: tuple[str, ...] = (), newest: str = "") -> str:
        """Write rows as one JSON text, and beside it a text for each `long` column with a line for each row.

        psycopg's arrays cost six times as much to make as the rows to insert; a snapshot costs half as a line of
        what it costs as a text in JSON, where every quote is quoted once more.
        """
        kinds = {name: str(table.c[name].type.compile(self.engine.dialect)) for name in (*short, *long)}
        columns = ", ".join(f'"{name}"' for name in kinds)
        values = ", ".join(f'"{name}"::bytea' if kind == "BYTEA" else f'"{name}"' for name, kind in kinds.items())
        record = ", ".join(f'"{name}" {kinds[name]}' for name in short)
        lines = ", string_to_table(%s, E'\\n')" * len(long)
        sql = (f'INSERT INTO "{table.name}" ({columns}) SELECT {values} '  # noqa: S608 - names of our own tables
               f'FROM ROWS FROM (json_to_recordset(%s::json) AS ({record}){lines}) AS rows({columns})')
        if conflict == "nothing":
            return f"{sql} ON CONFLICT DO NOTHING"
        if conflict == "update":
            keys = ", ".join(f'"{name}"' for name in (on or tuple(c.name for c in table.primary_key)))
            sets = ", ".join(f'"{n}" = excluded."{n}"' for n in update)
            guard = f' WHERE excluded."{newest}" >= "{table.name}"."{newest}"' if newest else ""
            return f"{sql} ON CONFLICT ({keys}) DO UPDATE SET {sets}{guard}"
        return sql

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def is_made(url: str) -> bool:
    """Say whether there is a database to be asked; the file of an embedded one is made by the first start."""
    return not url.startswith("sqlite:///") or Path(url.removeprefix("sqlite:///")).exists()


def is_trouble(fault: BaseException) -> bool:
    """Say whether the database itself is in trouble (so: wait and probe), rather than what was asked of it."""
    if isinstance(fault, sa.exc.DBAPIError):
        code = getattr(fault.orig, "sqlstate", None)
        if code is None:
            return fault.connection_invalidated or _looks_unreachable(fault)
        return str(code).startswith(TROUBLE)
    return isinstance(fault, sa.exc.TimeoutError)


def is_contention(fault: BaseException) -> bool:
    """Say whether others were in the way, so that the same again may succeed."""
    if not isinstance(fault, sa.exc.DBAPIError):
        return False
    return getattr(fault.orig, "sqlstate", None) in CONTENTION or "database is locked" in str(fault.orig)


def _looks_unreachable(fault: sa.exc.DBAPIError) -> bool:
    words = str(fault.orig).lower()
    signs = ("connect", "server closed", "terminat", "disk i/o", "disk is full", "unable to open")
    return isinstance(fault, sa.exc.OperationalError) and any(sign in words for sign in signs)


def _columns(rows: Sequence[Row]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part the columns in those that go as JSON, and those of which every row gives a long line: JSON or bytes."""
    long = tuple(name for name, value in rows[0].items() if isinstance(value, Json | bytes))
    return tuple(name for name in rows[0] if name not in long), long


def _texts(rows: Sequence[Row], short: Sequence[str], long: Sequence[str]) -> tuple[str, ...]:
    given = orjson.dumps([{name: row[name] for name in short} for row in rows], default=_plain).decode()
    return (given, *("\n".join([_line(row[name]) for row in rows]) for name in long))


def _line(value: Json | bytes) -> str:
    """Write a value as a line that is never empty: in JSON no line breaks, and bytes go as hexadecimal digits."""
    return value if isinstance(value, str) else f"\\x{value.hex()}"


def _plain(value: Any) -> Any:
    """Write what JSON has no word for."""
    return dict(value) if isinstance(value, Mapping) else str(value)


def _sqlite_key(column: sa.ColumnElement[Any], value: Any) -> Any:
    return value.replace("-", "") if isinstance(column.type, sa.Uuid) else value


def _postgresql_connect(connection: Any, _record: Any) -> None:
    connection.adapters.register_loader("uuid", TextLoader)  # ids are text to us: no object is made of each
    with suppress(psycopg.Error), connection.transaction():  # a server built without lz4 keeps its slower own
        connection.execute("SET default_toast_compression = 'lz4'")
    connection.commit()


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own BEGIN takes the lock too late
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=0"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("pod_read")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
