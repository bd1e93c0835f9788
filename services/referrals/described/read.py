"""A referral as it is read: as it stands, what happened, and where to find who looked, as it is answered."""
from __future__ import annotations

from services.referrals.described.referral import ReferralWhole
from shared.web.described import Shown, id_of, many, moment, text, yes_no


class Happening(Shown):
    """Something that happened with a referral."""

    at = moment("when it happened, UTC")
    recorded_at = moment("when it was said, UTC; hospitals may say it later")
    title = text("what happened", example="Admitted to hospital")
    by = text("name of who did it or said it; `the Pod` or `another system` where nobody did")
    corrected = yes_no("it was taken back or replaced since")
    report_id = id_of("id of the report that says it, where it can be taken back (`POST .../reports/{id}/withdraw`); for staff, else null", null=True)
    text = text("what was said with it; may be empty")  # the last one: from here on the name is the field's


class ReferralRead(ReferralWhole):
    """A referral as it stands, with what happened and where to find who looked."""

    timeline = many(Happening, "what happened, newest first")
    looks = text("address of the record of who looked at it; null where that is not for whoever asks", null=True, example="/referrals/api/v1/referrals/…/looks")
