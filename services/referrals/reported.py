"""What other systems said of a citizen, as it stands in the statements of their referrals."""
from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.engine import Connection

from services.referrals.state import as_reported
from shared.ledger import rows
from shared.ledger.fold import standing
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


def reported(ledger: Ledger, connection: Connection, referrals: Sequence[str], kinds: Collection[str]) -> list[Statement]:
    """Give what stands of these referrals and is of these kinds, once each."""
    if not referrals:
        return []
    said = rows.statements(connection, ledger.database, ledger.tables, referrals, ledger.rules)
    reports = (as_reported(one) for ones in said.values() for one in ones)
    stands = standing(one for one in reports if one.kind in kinds)
    return [one for _, one in sorted(stands.items()) if not one.withdrawn]
