"""How a referral comes out by the rules."""
from __future__ import annotations

from services.referrals.worklists.filters import STATES
from shared.web.described import Shown, choice, id_of, many, text, yes_no

A_RULE = "id of the rule, such as R-03"


class Missing(Shown):
    """What stands in the way of acceptance."""

    rule = text(A_RULE, example="R-06")
    what = text("what is missing, in a sentence", example="The risk assessment is not here.")
    help = text("what would change it")


class Judged(Shown):
    """A rule with its outcome: as decided where it is decided, else as of today."""

    rule = text(A_RULE, example="R-03")
    outcome = choice("met", "not met", "noted", description="noted: it decides nothing")
    words = text("the outcome in a sentence")


class ReferralBrief(Shown):
    """The answer to whoever sends a referral."""

    id = id_of("id of the referral")
    reference = text("can be read over the telephone: no letters that look alike, and a check character", example="R-GRRY-TKP")
    state = choice(*STATES, description="received: something is missing yet; complete: nothing is")
    missing = many(Missing, "what stands in the way of acceptance; empty when nothing does")


class Foreseen(Shown):
    """What a referral would be answered were it sent now."""

    acceptable = yes_no("nothing stands in the way of acceptance")
    missing = many(Missing, "what stands in the way of acceptance")
    rules = many(Judged, "every rule of the pathway with its outcome; empty where it would not even be taken")
