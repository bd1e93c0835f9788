"""By which words a citizen is found, in any order and however their name is written (R-13)."""
from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.referrals.directory.comparing import folded
from shared.database import Database
from shared.ledger.people import Staffed

#: Typed words that are looked for: more of them tell nobody apart.
MOST = 6
#: First letters of the Unicode categories of what parts words: punctuation, symbols, blanks, and what cannot be seen.
PARTS = "PSZC"


def kept(name: str) -> set[str]:
    """Give the words a name is found by: O’Rourke-Lee by o, rourke, lee and orourkelee."""
    names = [_parts(word) for word in folded(name).split()]
    return {word for parts in names for word in (*parts, "".join(parts)) if word}


def typed(text: str) -> tuple[str, ...]:
    """Give the words somebody typed of a name, the longest first, which few names have."""
    words = {part for word in folded(text).split() for part in _parts(word)}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))[:MOST]


def _parts(word: str) -> list[str]:
    """Part a word at what is no letter, such as a hyphen."""
    return "".join(" " if unicodedata.category(letter)[0] in PARTS else letter for letter in word).split()


class Findable(Staffed):
    """People of a service in which citizens are looked for by name."""

    def __init__(self, database: Database, table: sa.Table, words: sa.Table, members: sa.Table, *counts: sa.ColumnElement[bool]):
        super().__init__(database, table, members, *counts)
        self.words = words

    def put(self, connection: Connection, people: Iterable[Mapping[str, Any]]) -> None:
        """Write people, and by which words the citizens among them are found."""
        rows = list(people)
        super().put(connection, rows)
        self.spell(connection, {row["id"] for row in rows if row["kind"] == "citizen"})

    def spell(self, connection: Connection, ids: Collection[str]) -> None:
        """Write by which words citizens are found, as their names are now."""
        if not ids:
            return
        people = self.table.c
        named = connection.execute(sa.select(people.id, people.name).where(self.database.any_of(people.id, sorted(ids))))
        spell(connection, self.database, self.words, dict(named.tuples().all()))


def spell(connection: Connection, database: Database, words: sa.Table, names: Mapping[str, str]) -> None:
    """Write in a table of name words by which of them is found what has these names."""
    made = [{"word": word, "whose": id_} for id_, name in names.items() for word in sorted(kept(name))]
    connection.execute(words.delete().where(database.any_of(words.c.whose, sorted(names))))
    database.insert(connection, words, made, conflict="nothing")
