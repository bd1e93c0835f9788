"""The indexes by which lists of referrals are read, so that a page costs the same whether there are a thousand or a million.

A list is read in one of two orders, by receipt or by target, and only as far as the page goes. PARTS are the lists that few of
all referrals are in: conditions as text, because a partial index is only used where a question says its condition word for word.
"""
from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

#: Nothing has stopped: not ended, the citizen is alive, and the journey has not closed.
GOES_ON = "goes_on"
PARTS: Mapping[str, str] = {
    "decide": "(complete_until <> '' OR to_decline)", "duplicates": "duplicate", "practitioner": "practitioner_needed",
    "named_person": "named_person_needed", "hospital": f"flag = 'inpatient' AND {GOES_ON}"}
#: Lists of one order only.
LAPSING = "lapses_on <> ''"
#: A first meeting is offered, whoever has yet to check it; said so that no other index seems to answer it.
MEET = "NOT (worklist = '' OR meeting_at IS NULL)"
FIRST_MEETING = "target = 'first_meeting'"
UNALLOCATED = f"{GOES_ON} AND development_worker IS NULL AND due_on <> ''"
#: A citizen who referred themself has yet to be told something, or answered.
TELL = "tell_since IS NOT NULL"
#: Referrals a development worker works with.
WORKED_WITH = f"{GOES_ON} AND stage = 'accepted' AND development_worker IS NOT NULL"


def of(referrals: sa.Table) -> None:
    """Add the indexes to the table of referrals."""
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
    _part("referrals_tell", TELL, c.tell_since, c.id)
    _part("referrals_unallocated", UNALLOCATED, c.received_at, c.id)
    _part("referrals_worked_with", WORKED_WITH, c.development_worker)
    for name in ("successor", "successor_team"):
        _part(f"referrals_of_{name}", f"{name} IS NOT NULL", c[name], c.received_at, c.id)


def _part(name: str, where: str, *columns: sa.ColumnElement[object]) -> None:
    condition = sa.text(where)
    sa.Index(name, *columns, postgresql_where=condition, sqlite_where=condition)
