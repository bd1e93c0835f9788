"""What other systems said of a citizen, as it stands in the statements of their referrals."""
from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.engine import Connection

from services.referrals.state import as_reported, doubts_number
from shared.ledger import rows
from shared.ledger.fold import fold, standing
from shared.ledger.store import Ledger
from shared.ledger.types import Statement

#: What is said of the citizen themself, whichever referral there is.
OF_CITIZEN = ("hospital.admitted", "hospital.transferred", "hospital.legal_status_changed", "hospital.discharged", "citizen.died")
#: What may be wrong and is taken back by hand.
BY_HAND = (*OF_CITIZEN, "practitioner.discharged", "practitioner.changed")
#: A report kept whole, to be handed on.
HANDED_ON = "report.handed_on"
#: All that comes by the NHS number a referral names.
BY_NUMBER = (*BY_HAND, HANDED_ON)


def reported(ledger: Ledger, connection: Connection, referrals: Sequence[str], kinds: Collection[str], doubted: bool = False) -> list[Statement]:
    """Give what stands of these referrals and is of these kinds, once each; `doubted`: also what came by a number that is in doubt."""
    if not referrals:
        return []
    said = rows.statements(connection, ledger.database, ledger.tables, referrals, ledger.rules)
    reports = (as_reported(one) for id_, ones in said.items() for one in (ones if doubted else _counting(ledger, id_, ones)))
    stands = standing(one for one in reports if one.kind in kinds)
    return [one for _, one in sorted(stands.items()) if not one.withdrawn]


def _counting(ledger: Ledger, id_: str, said: Sequence[Statement]) -> Sequence[Statement]:
    """Leave out what came by an NHS number of which nobody has found out yet that it is the citizen's."""
    if not any(one.data.get("in_doubt") for one in said) or not doubts_number(fold(ledger.rules, id_, said)[0]):
        return said
    return [one for one in said if not one.data.get("in_doubt")]
