"""A referral in a list, as it is answered."""
from __future__ import annotations

from services.referrals.worklists.filters import STATES
from shared.pathways import PATHWAYS
from shared.web.described import Shown, choice, day, id_of, moment, number, one, text, texts, yes_no


class NextTarget(Shown):
    """What is to be done next with a referral, and by when."""

    kind = choice("response", "first_meeting", description="what is to be done")
    due_on = day("the day by which", null=False)
    late_from = moment("the moment from which it is late, UTC")
    state = choice("ahead", "due_today", "overdue", "breached", description="how it stands now")
    words = text("the same for people", example="due in 3 working days")


class ReferralRow(Shown):
    """A referral in a list; staff of the Pod see `next`, `when` and `notes` besides."""

    id = id_of("id of the referral")
    reference = text("can be read over the telephone", example="R-GRRY-TKP")
    pathway = choice(*PATHWAYS, description="the pathway it was sent for")
    state = choice(*STATES, description="received: something is missing yet; complete: nothing is")
    flag = text("what to know before anything else: inpatient, died; or empty")
    asked = yes_no("a question waits for its answer")
    received_at = moment("when it was sent, UTC")
    citizen = text("name of the citizen")
    practitioner = text("name of the practitioner; null where the citizen referred themself", null=True)
    development_worker = text("name of the development worker", null=True)
    meeting_at = moment("the introductory meeting as offered, UTC", null=True)
    target = one(NextTarget, "null where nothing is to be done by a time")
    first_meeting_due_on = day("the day by which the introductory meeting is due (R-07)")
    overdue = yes_no("the introductory meeting is overdue and no development worker is chosen")
    breached = yes_no("the same, and breached")
    days = number("days since it was received, in London")
    may_be_with_us = yes_no("a possible duplicate; always false for practitioners (R-13)")
    next = text("what the Pod does next; for staff", must=False)
    when = text("by when, in words; for staff, may be empty", must=False)
    notes = texts("what else is to be seen to; for staff", must=False)
