"""The reports of one referral, each with whether it stands."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from services.referrals.desk import Desk
from services.referrals.reported import BY_HAND
from services.referrals.state import as_reported
from services.referrals.view import HAPPENED, in_words, told, whom
from shared.database import instant_text
from shared.ledger import rows
from shared.ledger.fold import standing
from shared.ledger.tables import statement_id
from shared.ledger.types import Data, Statement
from shared.pathways import Pathway

#: How a report stands: it counts, it was taken back, or a later one about the same counts in its place.
STATES = ("stands", "taken_back", "replaced")


class Report(NamedTuple):
    """What another system said, and what stands about the same."""

    id: str
    said: Statement
    stands: Statement

    @property
    def state(self) -> str:
        """Give one of STATES."""
        return "stands" if self.said == self.stands else "taken_back" if self.stands.withdrawn else "replaced"


def reports(id_: str, said: Sequence[Statement]) -> list[Report]:
    """Give the reports among what was said of a referral, in the order it is given; those of another referral of the citizen too."""
    made = [as_reported(one) for one in said]
    stands = standing(made)
    return [Report(statement_id(id_, one), one, stands[one.about]) for one in made if one.kind in BY_HAND and not one.withdrawn]


def shown(desk: Desk, id_: str, pathway: Pathway) -> list[Data]:
    """Give the reports of a referral as they are answered, newest first."""
    said = told(desk, [one for one, _ in rows.received(desk.connection, desk.ledger.tables, id_, desk.ledger.rules)])
    found = reports(id_, said)
    names = desk.names(whom(said, desk.sees_all))
    return [_shown(one, names, pathway) for one in reversed(found)]


def _shown(one: Report, names: Mapping[str, str], pathway: Pathway) -> Data:
    said = one.said
    assert said.recorded_at
    return {"id": one.id, "kind": said.kind, "what": HAPPENED[said.kind], "words": in_words(said, pathway, names), "source": said.source,
            "happened_at": instant_text(said.occurred_at), "recorded_at": instant_text(said.recorded_at), "state": one.state,
            "taken_back": _taken_back(one.stands, names) if one.state == "taken_back" else None}


def _taken_back(by: Statement, names: Mapping[str, str]) -> dict[str, Any]:
    """Say when, by whom and why; a system that takes back what it said gives no reason."""
    assert by.recorded_at
    return {"at": instant_text(by.recorded_at), "by": names.get(by.actor, by.source), "reason": by.data.get("reason")}
