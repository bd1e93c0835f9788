"""How many referrals wait in each worklist, counted no further than anybody wants to know."""
from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from services.referrals.desk import Desk
from services.referrals.store import referrals
from services.referrals.worklists.filters import ORDERS, Moment
from services.referrals.worklists.reading import moment
from services.referrals.worklists.tabs import TABS, Tab

#: Beyond it a count is "100+": a database of a million costs no more than one of a thousand.
MOST = 100


def counts(desk: Desk, names: Iterable[str]) -> dict[str, str]:
    """Give how many referrals are in each worklist that can be worked through, in words; one question for all."""
    at = moment(desk)
    asked = {name: TABS[name] for name in names if TABS[name].condition}
    row = desk.connection.execute(sa.select(*(_count(tab, at).label(name) for name, tab in asked.items()))).mappings().one()
    return {name: in_words(row[name]) for name in asked}


def in_words(count: int) -> str:
    """Write a count that was counted no further than one beyond MOST."""
    return f"{MOST}+" if count > MOST else str(count)


def _count(tab: Tab, at: Moment) -> sa.ScalarSelect[int]:
    assert tab.condition
    # sorted as the list is, so that its index is walked and not the table
    some = sa.select(sa.literal(1).label("one")).select_from(referrals).where(tab.condition(at)).order_by(
        ORDERS[tab.sort].column, referrals.c.id).limit(MOST + 1).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()
