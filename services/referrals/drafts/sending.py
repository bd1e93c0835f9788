"""A draft becomes a referral, once: with its files, and the times that were given for the first meeting."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.referrals import body, sending
from services.referrals.desk import Answer, Desk
from services.referrals.drafts import questions, shelf
from services.referrals.drafts.answers import look
from services.referrals.drafts.shelf import Draft
from services.referrals.files import records
from services.referrals.files.records import Owner
from shared.calendar import london_day
from shared.ledger.store import Written
from shared.ledger.types import Data

Send = Callable[[Desk, Data], tuple[str, Answer]]


def read(draft: Draft, now: datetime) -> tuple[Data, body.Faults]:
    """Give the referral as it would be sent, and what about it cannot be taken."""
    return body.judged(draft.body(), london_day(now))


def send(desk: Desk, draft: Draft, taken: Data, how: Send = sending.send) -> Answer:
    """Send a locked draft; `taken` as `read` gave it. Where it is refused, the draft stays as it is."""
    files = draft.content.files
    papers = [{**paper, **({"file": files[paper["kind"]]["id"]} if paper["kind"] in files else {})} for paper in taken.get("documents", [])]
    id_, answer = how(desk, {**taken, "documents": papers})
    if isinstance(answer, Written):
        _give_files(desk, draft, id_, {paper["kind"] for paper in papers})
        answer = _give_times(desk, draft, id_) or answer
        shelf.finish(desk.connection, draft, id_, desk.now)
    return answer


def _give_files(desk: Desk, draft: Draft, referral: str, kinds: set[str]) -> None:
    owner = Owner("draft", draft.id)
    for kind, file in draft.content.files.items():
        if kind not in kinds:
            records.release(desk.connection, owner, file["id"])
    records.hand_over(desk.connection, owner, Owner("referral", referral))


def _give_times(desk: Desk, draft: Draft, referral: str) -> Any:
    last = None
    for whose, chosen in (look(draft.content.answers, "/said/times") or {}).items():
        if times := questions.times(chosen, desk.now):
            found = desk.give_availability(referral, {"whose": whose, "times": times})
            last = found if isinstance(found, Written) else last
    return last
