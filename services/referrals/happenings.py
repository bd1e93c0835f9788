"""What happened with a referral, for programs: the same as the page of the referral shows people."""
from __future__ import annotations

from services.referrals import view
from services.referrals.desk import Desk
from services.referrals.state import pathway_of
from shared.database import instant_text
from shared.ledger.types import Data, State
from shared.permissions import may


def happened(desk: Desk, state: State) -> list[Data]:
    """Give what happened, newest first, each {at, recorded_at, title, text, by, corrected, report_id}."""
    corrects = may(desk.actor.roles, "referral:correct")
    return [{**{name: one[name] for name in ("title", "text", "corrected")}, "by": who(one["by"]), "report_id": one["report"] if corrects else None,
             "at": instant_text(one["at"]), "recorded_at": instant_text(one["recorded_at"])}
            for one in view.timeline(desk, state["id"], pathway_of(state))]


def who(by: str) -> str:
    """Name who said something, where it was a system."""
    if not by.startswith("urn:"):
        return by
    return "the Pod" if by.startswith("urn:pod:") else "another system"
