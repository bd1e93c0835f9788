"""The documents of a referral, as they are answered (R-06)."""
from __future__ import annotations

from services.referrals.documents.listing import LAPSED, LAPSING, REPLACED, UP_TO_DATE
from shared.web.described import Shown, choice, day, id_of, moment, number, one, text


class LastLook(Shown):
    """Who looked at a file last."""

    at = moment("when, UTC")
    by = text("name of who looked")


class DocumentShown(Shown):
    """A document that is here, with its file where one came with it."""

    id = id_of("id of the document")
    kind = text("kind of document, as the pathway names it", example="care_plan")
    dated = day("date of the document", null=False)
    expires_on = day("its own last day, where it has one")
    added_at = moment("when it was added, UTC")
    added_by = text("name of who added it")
    lapses_on = day("the last day it counts; null where the pathway does not ask for it")
    warned_from = day("the day from which its lapse is warned of; null where a newer one is here")
    state = choice(UP_TO_DATE, LAPSING, LAPSED, REPLACED, description="replaced: a newer one of its kind is here")
    file = id_of("id of the file; null where the document stayed with whoever sent it", null=True)
    file_name = text("name of the file", null=True)
    media_type = text("media type of the file", null=True, example="application/pdf")
    file_size = number("size of the file in bytes", null=True)
    last_look = one(LastLook, "who looked at the file last; null where nobody did, or whoever asks may not see who")


class DocumentRemoved(Shown):
    """A document that was taken out."""

    id = id_of("id of the document")
    kind = text("kind of document", null=True)
    dated = day("date of the document")
    removed_at = moment("when it was taken out, UTC")
    removed_by = text("name of who took it out")
    reason = text("why")
