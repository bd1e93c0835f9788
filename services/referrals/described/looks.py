"""Looks at a referral, as they are answered."""
from __future__ import annotations

from services.referrals.looks.reading import WHAT
from shared.web.described import Shown, choice, id_of, moment, one, text, yes_no


class Looker(Shown):
    """Who looked, as they are called today."""

    name = text("full name")
    team = text("the team they work in", null=True)
    role = text("their role at the Pod; null for a practitioner", null=True)


class LookShown(Shown):
    """One look at a referral."""

    id = id_of("id of the look")
    at = moment("when, UTC")
    who = one(Looker, null=False)
    what = choice(*WHAT, description="what was looked at: the referral by page or by API, a document's file, the meeting's invitation; or that it was found by the citizen's name or NHS number")
    document_id = id_of("which document's file it was; null else", null=True)
    refused = yes_no("they asked for it and were told there is none; for staff only")
