"""Taking a wrong report back, on every referral of the citizen it was told to (J-13)."""
from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from services.referrals import deaths, decisions, elsewhere, store
from services.referrals.desk import Answer, Desk
from services.referrals.reported import HANDED_ON
from services.referrals.reports.reading import Report, reports
from shared.ledger import rows
from shared.ledger.fold import saying, standing
from shared.ledger.types import Data, Statement
from shared.messaging.delivery import inbox_id


def withdraw(desk: Desk, id_: str, report: str, given: Data, expect: int | None = None) -> Answer | None:
    """Take a report back, with a reason; None where the referral has no such report."""
    said = _said(desk, id_)
    found = next((one for one in reports(id_, said[id_]) if one.id == report), None)
    if found is None:
        return None
    answer = desk.do(decisions.take_back, id_, _wrong(said[id_], found), given["reason"], deaths.unsaid(desk, found.said), expect=expect)
    for other in sorted(set(said) - {id_}):
        if same := [one for one in reports(other, said[other]) if saying(one.said) == saying(found.said) and one.state == "stands"]:
            desk.do(decisions.take_back, other, _wrong(said[other], same[0]), given["reason"])
    return answer


def _said(desk: Desk, id_: str) -> dict[str, list[Statement]]:
    """Give what was said of each referral of the same citizen, none of which anybody else writes from here on."""
    of, ledger = store.referrals.c, desk.ledger
    citizen = sa.select(of.citizen).where(of.id == id_).scalar_subquery()
    ids = elsewhere.lock_all(desk, lambda: list(desk.connection.execute(sa.select(of.id).where(of.citizen == citizen)).scalars()))
    return rows.statements(desk.connection, desk.database, ledger.tables, ids, ledger.rules)


def _wrong(said: Sequence[Statement], report: Report) -> list[Statement]:
    """Give what goes with a report that stands: itself, and all that was handed on about the same; nothing where it does not."""
    if report.state != "stands":
        return []
    events = {inbox_id(one.source, one.event_id) for one in said if one.about == report.said.about and not one.withdrawn}
    handed = [one for about, one in standing(said).items() if one.kind == HANDED_ON and not one.withdrawn and about.partition(":")[2] in events]
    return [report.said, *sorted(handed)]
