"""Reports of other systems about the citizen of a referral, as they are answered."""
from __future__ import annotations

from services.referrals.reported import BY_HAND
from services.referrals.reports.reading import STATES
from shared.web.described import Shown, choice, id_of, many, moment, one, text


class TakenBack(Shown):
    """How a report came not to count any more."""

    at = moment("when, UTC")
    by = text("the member of staff, or the system, that took it back")
    reason = text("in the words of whoever did; null where a system did", null=True)


class ReportShown(Shown):
    """What another system said of the citizen."""

    id = id_of("id of the report, by which it is taken back")
    kind = choice(*BY_HAND, description="what it is about")
    what = text("the same in words")
    words = text("more about it, such as the ward; empty where there is no more to say")
    source = text("the system that said it", example="urn:hospital:uhcw")
    happened_at = moment("when it happened, as the system says, UTC")
    recorded_at = moment("when the system recorded it, UTC: of all about one thing what was recorded last stands")
    state = choice(*STATES, description="`stands`: it counts; `replaced`: a later report about the same counts in its place")
    taken_back = one(TakenBack, "null unless `state` is `taken_back`")


class Reports(Shown):
    """All reports of a referral, newest first."""

    items = many(ReportShown)
