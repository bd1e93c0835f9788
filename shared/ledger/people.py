"""The one place of names, NHS numbers and contacts in a service."""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, cast

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from shared.database import Database
from shared.ledger.tables import staff_id

#: What tells who a citizen is.
IDENTITY = ("name", "nhs_number", "date_of_birth")
#: How to reach a citizen, and what they need so as to take part.
CONTACTS = ("telephone", "email", "contact_by", "address", "contact_when", "interpreter", "access_needs")
COLUMNS = ("id", "kind", *IDENTITY, *CONTACTS, "team", "do_not", "next_of_kin", "recorded_at")
#: A member of staff whom no event has named yet.
NOBODY = {**dict.fromkeys(COLUMNS), "kind": "staff", "name": ""}


class People:
    """Citizens by the id referrals gave them, staff by their e-mail address."""

    def __init__(self, database: Database, table: sa.Table):
        self.database, self.table = database, table

    def known(self, connection: Connection, nhs_numbers: Collection[str]) -> dict[str, str]:
        """Give the ids of those of `nhs_numbers` we know, in one question."""
        if not nhs_numbers:
            return {}
        query = sa.select(self.table.c.nhs_number, self.table.c.id).where(
            self.database.any_of(self.table.c.nhs_number, nhs_numbers))
        return dict(connection.execute(query).tuples().all())

    def get(self, connection: Connection, ids: Collection[str]) -> dict[str, RowMapping]:
        """Give the rows of `ids`; erased people are simply not there."""
        return self._kept(connection, ids)

    def _kept(self, connection: Connection, ids: Collection[str]) -> dict[str, RowMapping]:
        """Give the rows as they were put."""
        if not ids:
            return {}
        query = sa.select(self.table).where(self.database.any_of(self.table.c.id, list(ids)))
        return {row["id"]: row for row in connection.execute(query).mappings()}

    def put(self, connection: Connection, people: Iterable[Mapping[str, Any]]) -> None:
        """Write people, the one recorded last standing; a column that a row does not name stays as it is.

        Of staff, whom events name more or less fully, what one leaves empty is kept from another as well.
        """
        rows = list(people)
        if not rows:
            return
        current = {id_: dict(row) for id_, row in self._kept(connection, {row["id"] for row in rows}).items()}
        newest: dict[str, Mapping[str, Any]] = {}
        for row in rows:
            newest[row["id"]] = _stands(row, newest.get(row["id"]) or current.get(row["id"]))
        whole = [{name: row.get(name) for name in COLUMNS} | {"name": row.get("name") or ""} for _, row in sorted(newest.items())]
        fresh = [row for row in whole if not _same(row, current.get(row["id"]))]
        self.database.insert(connection, self.table, fresh, conflict="update", newest="recorded_at",
                             update=[name for name in COLUMNS if name != "id"])


class Staffed(People):
    """People of a service that has the directory's word on staff: it stands over what events happened to say of them.

    `members` has id, name, email, telephone and team; what it leaves empty is as events had it, so that no order of
    the two matters. `counts` are the conditions under which a row of it has anything to say.
    """

    def __init__(self, database: Database, table: sa.Table, members: sa.Table, *counts: sa.ColumnElement[bool]):
        super().__init__(database, table)
        self.members, self.counts = members, counts

    def get(self, connection: Connection, ids: Collection[str]) -> dict[str, RowMapping]:
        """Give the rows of `ids`, staff as the directory has them."""
        found = super().get(connection, ids)
        if not ids:
            return found
        columns = [self.members.c[name] for name in ("id", "name", "email", "telephone", "team")]
        query = sa.select(*columns).where(self.database.any_of(self.members.c.id, list(ids)), *self.counts)
        for row in connection.execute(query).mappings():
            told = {name: value for name, value in row.items() if value}
            found[row["id"]] = cast(RowMapping, {**NOBODY, **found.get(row["id"], {}), **told})
        return found


def staff(entry: Mapping[str, Any], recorded_at: datetime) -> dict[str, Any]:
    """Give the row of a member of staff from {email, name?, team?, telephone?}."""
    return {"id": staff_id(entry["email"]), "kind": "staff", "name": entry.get("name") or "", "email": entry["email"],
            "team": entry.get("team"), "telephone": entry.get("telephone"), "recorded_at": recorded_at}


def citizen(id_: str, entry: Mapping[str, Any], recorded_at: datetime) -> dict[str, Any]:
    """Give the row of a citizen of whom all is said that is known: {name, nhs_number?, telephone?, do_not?: [], ...}."""
    kin = entry.get("next_of_kin")
    return {**identity(id_, entry, recorded_at), **{name: entry.get(name) for name in CONTACTS},
            "do_not": "\n".join(entry.get("do_not") or ()) or None, "next_of_kin": orjson.dumps(kin).decode() if kin else None}


def identity(id_: str, entry: Mapping[str, Any], recorded_at: datetime) -> dict[str, Any]:
    """Give the row of a citizen of whom is said who they are and no more: {name, nhs_number?, date_of_birth?}."""
    return {"id": id_, "kind": "citizen", "recorded_at": recorded_at, **{name: entry.get(name) for name in IDENTITY}}


def in_full(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a row of a citizen says as {name, ..., do_not?: [], next_of_kin?: {}}; what is not known is left out."""
    found = {name: row[name] for name in (*IDENTITY, *CONTACTS) if row.get(name)}
    wishes, kin = (row.get("do_not") or "").splitlines(), row.get("next_of_kin")
    return found | ({"do_not": wishes} if wishes else {}) | ({"next_of_kin": orjson.loads(kin)} if kin else {})


def _stands(row: Mapping[str, Any], rival: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if rival is None:
        return row
    newer, older = (row, rival) if row["recorded_at"] >= rival["recorded_at"] else (rival, row)
    if row["kind"] == "staff":
        return {name: newer.get(name) or older.get(name) for name in COLUMNS}
    return {**older, **newer}


def _same(row: Mapping[str, Any], current: Mapping[str, Any] | None) -> bool:
    return current is not None and all(row[name] == current[name] for name in COLUMNS if name != "recorded_at")
