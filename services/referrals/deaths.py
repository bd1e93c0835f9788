"""A death said by hand, as the reason for which a referral ends (J-14).

It then stands on every referral of the citizen under way, and their journeys hear of it as they hear of what other systems
report: handed on. It is taken back as a report is (`reports.withdrawing`).
"""
from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from services.referrals import decisions, elsewhere, store
from services.referrals.decisions import SOURCE
from services.referrals.desk import Answer, Desk
from services.referrals.reasons import DIED
from services.referrals.reported import HANDED_ON
from shared.ledger.store import Written
from shared.ledger.types import Data, Statement
from shared.messaging.delivery import inbox_id
from shared.messaging.envelope import moment_text

JOURNEYS = "urn:pod:journeys"


def decline(desk: Desk, id_: str, given: Data, expect: int | None = None) -> Answer:
    """Decline a referral: {reason, words, would_change?, died_on?: YYYY-MM-DD, with the reason that the citizen died}."""
    return _ended(desk, id_, given, expect, desk.decline)


def withdraw(desk: Desk, id_: str, given: Data, expect: int | None = None) -> Answer:
    """Take a referral back: {reason, words?, died_on?}."""
    return _ended(desk, id_, given, expect, desk.withdraw)


def _ended(desk: Desk, id_: str, given: Data, expect: int | None, end: Callable[..., Answer]) -> Answer:
    found = desk.read(id_)
    if given["reason"] != DIED or "died_on" not in given or found is None:
        return end(id_, given, expect=expect)

    def theirs() -> list[str]:
        return [id_, *elsewhere.hearing(desk, _citizen(desk, id_))]
    others = [one for one in elsewhere.lock_all(desk, theirs) if one != id_]
    citizen_id = _citizen(desk, id_)
    death = _death(desk, given["died_on"])
    said = [death] if _is_known(desk, citizen_id) else [death, _handed_on(death.kind, death)]
    answer = end(id_, given, said, expect=expect)
    if isinstance(answer, Written):
        for other in others:
            desk.ask(other, lambda state, now: decisions.died_elsewhere(state, death))
    return answer


def _citizen(desk: Desk, id_: str) -> str:
    of = store.referrals.c
    citizen: str = desk.connection.execute(sa.select(of.citizen).where(of.id == id_)).scalar_one()
    return citizen


def unheard(reports: Sequence[Statement]) -> list[Statement]:
    """Give what hands on each death among what is brought to another referral that was said by hand, for its journey to hear it."""
    handed = {one.about.partition(":")[2] for one in reports if one.kind == HANDED_ON}
    return [_handed_on(one.kind, one) for one in reports
            if one.kind == "citizen.died" and one.source == SOURCE and inbox_id(SOURCE, one.event_id) not in handed]


def _death(desk: Desk, died_on: str) -> Statement:
    return decisions.said("death", "citizen.died", desk.now, desk.who, {"died_on": died_on})


def unsaid(desk: Desk, report: Statement) -> list[Statement]:
    """Give what tells the journey that a death was wrong which was recorded there: it has handed nothing on that could be taken back."""
    if report.kind != "citizen.died" or report.source != JOURNEYS:
        return []
    return [_handed_on("citizen.death_cancelled", decisions.said("death", report.kind, desk.now, desk.who, {}))]


def _handed_on(type_: str, said: Statement) -> Statement:
    """Give what hands on what staff said of a citizen, as another system's report is handed on."""
    at = moment_text(said.occurred_at)
    origin = {"source": SOURCE, "id": said.event_id, "type": type_, "time": at, "recordedtime": at}
    return decisions.said(f"report:{inbox_id(SOURCE, said.event_id)}", HANDED_ON, said.occurred_at, said.actor,
                          {"origin": origin, "statement": said.data, "withdrawn": False})


def _is_known(desk: Desk, citizen_id: str) -> bool:
    """Say whether a death of theirs stands already: then journeys have heard of it, and the day as it was first said stays."""
    of = store.referrals.c
    known = sa.select(of.id).where(of.citizen == citizen_id, of.flag == "died")
    return desk.connection.execute(known.limit(1)).first() is not None
