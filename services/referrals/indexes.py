"""The indexes by which lists of referrals are read, so that a page costs the same whether there are a thousand or a million.

A list is read in one of two orders, by receipt or by target, and only as far as the page goes. PARTS are the lists that few of
all referrals are in: conditions as text, because a partial index is only used where a question says its condition word for word.
"""
from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

#: Live, and the journey is not about to close; said by what it is not, or SQLite would go through all of each stage.
GOES_ON = "stage NOT IN ('declined', 'withdrawn') AND journey_closes_on IS NULL"
PARTS: Mapping[str, str] = {
    "decide": "complete_until <> ''", "duplicates": "duplicate", "practitioner": "practitioner_needed",
    "named_person": f"named_person_needed AND {GOES_ON}", "hospital": f"flag = 'inpatient' AND {GOES_ON}"}
#: Lists of one order only.
LAPSING = f"lapses_on <> '' AND {GOES_ON}"
#: A first meeting is offered, whoever has yet to check it; said so that no other index seems to answer it.
MEET = "NOT (worklist = '' OR meeting_at IS NULL)"
FIRST_MEETING = "target = 'first_meeting'"
UNALLOCATED = "stage NOT IN ('declined', 'withdrawn') AND development_worker IS NULL AND due_on <> ''"
#: Referrals a development worker works with; those whose journey closes on a day to come are found by that day.
WORKED_WITH = "stage = 'accepted' AND development_worker IS NOT NULL AND flag <> 'died'"


def of(referrals: sa.Table, people: sa.Table) -> None:
    """Add the indexes to the table of referrals, and the one by which citizens are found by the beginning of their name."""
    c = referrals.c
    for name in ("practitioner", "named_person", "sent_by", "development_worker", "pathway"):
        sa.Index(f"referrals_of_{name}", c[name], c.received_at, c.id)
    for name in ("team", "stage", "worklist"):
        sa.Index(f"referrals_{name}_by_time", c[name], c.received_at, c.id)
        sa.Index(f"referrals_{name}_by_target", c[name], c.target_on, c.id)
    sa.Index("referrals_by_time", c.received_at, c.id)
    sa.Index("referrals_by_target", c.target_on, c.id)
    for name, where in PARTS.items():
        _part(f"referrals_{name}_by_time", where, c.received_at, c.id)
        _part(f"referrals_{name}_by_target", where, c.target_on, c.id)
    _part("referrals_lapsing", LAPSING, c.lapses_on, c.id)
    _part("referrals_late", FIRST_MEETING, c.late_from, c.id)
    _part("referrals_meet", MEET, c.meeting_at, c.id)
    _part("referrals_unallocated", UNALLOCATED, c.received_at, c.id)
    _part("referrals_worked_with", f"{WORKED_WITH} AND journey_closes_on IS NULL", c.development_worker)
    _part("referrals_closing", f"{WORKED_WITH} AND journey_closes_on IS NOT NULL", c.journey_closes_on, c.development_worker)
    # PostgreSQL sorts by language elsewhere, and then a beginning is no range
    begins = sa.func.lower(people.c.name).label("begins")
    sa.Index("people_begins", begins, postgresql_ops={"begins": "text_pattern_ops"})


def _part(name: str, where: str, *columns: sa.ColumnElement[object]) -> None:
    condition = sa.text(where)
    sa.Index(name, *columns, postgresql_where=condition, sqlite_where=condition)
