"""The tables of the words by which citizens and referrals are found, one row for each word of a name, so that an index finds them.

`services.referrals.spelling` says which words those are.
"""
from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from shared.database import key

#: Beyond any letter, so that whatever begins with a word lies before the word and this.
LAST = chr(0x10FFFF)


def name_words_table(metadata: sa.MetaData, name: str = "name_words") -> sa.Table:
    """Add a table of name words to a service's tables; `whose` is the id of a citizen, or of a referral, and their words go with their row."""
    # PostgreSQL sorts by language elsewhere, and then a beginning is no range
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    table = sa.Table(
        name, metadata,
        sa.Column("word", text, primary_key=True),
        sa.Column("whose", key(), primary_key=True))
    sa.Index(f"{name}_of", table.c.whose, table.c.word)
    return table


def having(table: sa.Table, words: Collection[str]) -> sa.Select[tuple[str]]:
    """Give those of whose name each of the words begins some word, in the order of the first."""
    first, *others = words
    limits = []
    for number, word in enumerate(others):
        other = table.alias(f"other{number}")
        # asked of each citizen: of an EXISTS PostgreSQL would first read all whose name has so much as the letter of an initial
        has = sa.select(sa.true()).where(other.c.whose == table.c.whose, _begins(other, word)).limit(1)
        limits.append(has.scalar_subquery())
    return sa.select(table.c.whose).where(_begins(table, first), *limits).order_by(table.c.word, table.c.whose)


def _begins(table: sa.FromClause, word: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.word >= word, table.c.word < word + LAST)
