"""The forms of the introductory meeting."""
from __future__ import annotations

import wtforms

from services.referrals.meeting import Span, as_said
from shared.pathways import Pathway
from shared.web.forms import CheckboxesField, CheckboxField, DateField, Form, RadioField, TextAreaField, TextField

#: The choice of a time that is not in the list, and of the time that is offered, for another development worker than before.
OTHER, KEEP = "other", "keep"


class TimesForm(Form):
    """When somebody can: half days, times said before, and one more."""

    halves = CheckboxesField("Half days", validate_choice=False)
    keep = CheckboxesField("Times said before", validate_choice=False)
    on = DateField("Which day?", what="The day")
    starts = TextField("From")
    ends = TextField("Until")
    nothing = CheckboxField("None of these any more: take back what was said")


class OfferForm(Form):
    """When and how the meeting is offered; `stood` is which offer the page showed."""

    stood = wtforms.HiddenField()
    slot = RadioField("When?", validate_choice=False)
    on = DateField("Which day?", what="The day")
    starts = TextField("Begins at")
    agreed = CheckboxField("All who take part have agreed to this time")
    mode = RadioField("How?", validate_choice=False)
    place = TextField("Where exactly? (optional)")


class CallOffForm(Form):
    """Why the meeting is off."""

    reason = TextAreaField("Why is it called off?")


def offer_form(pathway: Pathway, slots: list[Span], preference: str, place: str = "", keep: Span | None = None) -> OfferForm:
    """Make the form of an offer, with the citizen's own preference chosen; `keep` is a time that may simply stay."""
    form = OfferForm(data={"mode": preference, "place": place})
    kept = [(KEEP, f"Keep {as_said(keep)}: the new development worker can")] if keep else []
    form.slot.choices = [*kept, *((one.start.isoformat(), as_said(one)) for one in slots if one != keep), (OTHER, "Another time")]
    form.mode.choices = [(choice.key, choice.words) for choice in pathway.meeting_preference]
    return form
