"""A referral that is not sent yet, as it is answered."""
from __future__ import annotations

from typing import Any

from marshmallow import fields

from services.referrals import body
from services.referrals.described.judged import Foreseen
from services.referrals.drafts.patching import all_optional
from shared.schemas.shape import json_schema
from shared.web.described import Shown, id_of, many, moment, text

#: A referral of which nothing is required, as a draft is sent and as it is answered.
SOME_OF_IT: dict[str, Any] = all_optional(json_schema(body.Referral))


class Fault(Shown):
    """What of a draft is not right yet."""

    pointer = text("JSON pointer into the referral", example="/citizen/date_of_birth")
    detail = text("what is wrong with it, for people")


class DraftShown(Shown):
    """A draft; of a sent one nothing is left but which referral it became."""

    id = id_of("id of the draft")
    made_at = moment("when it was begun, UTC")
    changed_at = moment("when it was changed last, UTC")
    expires_at = moment("when it is removed unless it is changed or sent before, UTC")
    sent = id_of("id of the referral it became; null before it is sent", null=True)
    referral = fields.Raw(required=True, metadata={
        **SOME_OF_IT, "type": ["object", "null"],
        "description": "what is answered so far, in the shape in which a referral is sent; null once it is sent"})
    unfinished = many(Fault, "what was typed on its pages and cannot be taken yet")


class DraftForeseen(Foreseen):
    """What a draft would be answered were it sent now, and what keeps it from being sent."""

    to_answer = many(Fault, "what has still to be answered; empty when it can be sent")
