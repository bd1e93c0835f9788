"""The forms of journeys."""
from __future__ import annotations

from datetime import UTC, date, datetime, time

import wtforms

from services.journeys.decisions import LONGEST_WORDS
from services.journeys.meetings import ATTENDEES, MODES, Held
from shared.calendar import LONDON
from shared.schemas.people import LEGAL_STATUS
from shared.web.forms import (
    Answered,
    CheckboxesField,
    CountedTextAreaField,
    DateField,
    Form,
    RadioField,
    SelectField,
    TextField,
    TimeField,
)

TOO_LONG = f"Use {LONGEST_WORDS} characters or fewer"


def in_utc(day: date | None, clock: time | None) -> datetime:
    """Give the moment of a London day and time; only of a valid form."""
    assert clock is not None and day is not None
    return datetime.combine(day, clock, LONDON).astimezone(UTC)


class AsOfForm(Form):
    """On which day the journey is to be seen as it was known."""

    class Meta(Form.Meta):
        """Asked by GET, so no token."""

        csrf = False

    as_of = DateField("Show it as it was known on", [Answered("Enter a day, like 27 3 2026")], what="The day")


class ReviewForm(Form):
    """What is decided."""

    outcome = RadioField("What do you decide?", [Answered("Choose what you decide")], validate_choice=False)
    words = CountedTextAreaField("In your words (optional)", [wtforms.validators.Length(max=LONGEST_WORDS, message=TOO_LONG)])


class WithdrawForm(Form):
    """Why an entry is taken back."""

    reason = CountedTextAreaField("Why is this entry wrong?", [
        Answered("Enter why this entry is wrong"), wtforms.validators.Length(max=LONGEST_WORDS, message=TOO_LONG)])


class WhenForm(Form):
    """When something happened, in London time."""

    occurred_on = DateField("On which day?", [Answered("Enter the day it happened")], what="The day")
    occurred_at = TimeField("At what time? For example 2:30pm", [Answered("Enter the time it happened, like 2:30pm")])

    def moment(self) -> datetime:
        """Give when it happened, in UTC; only of a valid form."""
        return in_utc(self.occurred_on.data, self.occurred_at.data)


class AdmissionForm(WhenForm):
    """An admission no system reported."""

    ward = TextField("Ward (optional)", [wtforms.validators.Length(max=200, message="Use 200 characters or fewer")])
    legal_status = SelectField("Legal status (optional)", choices=[("", "Not known yet"), *(
        (code, words.capitalize()) for code, words in LEGAL_STATUS.items())])


class DischargeForm(WhenForm):
    """A discharge no system reported."""

    stay_id = RadioField("Which hospital stay has ended?", [Answered("Choose the stay that has ended")], validate_choice=False)
    destination = TextField("Where did the citizen go? (optional)", [
        wtforms.validators.Length(max=200, message="Use 200 characters or fewer")])


class DeathForm(Form):
    """A death no system reported."""

    died_on = DateField("On which day did the citizen die?", [Answered("Enter the day the citizen died")], what="The day of death")


class MeetingForm(Form):
    """That the introductory meeting was held (R-07)."""

    held_on = DateField("On which day was it held?", [Answered("Enter the day the meeting was held")], what="The day")
    held_at = TimeField("At what time did it begin? For example 2:30pm", [Answered("Enter the time the meeting began, like 2:30pm")],
                        of_meeting=True)
    mode = RadioField("How was it held?", [Answered("Choose how the meeting was held")], choices=list(MODES.items()),
                      validate_choice=False)
    attendees = CheckboxesField("Who was there?", [Answered("Choose who was there")], choices=list(ATTENDEES.items()),
                                validate_choice=False)
    reason = CountedTextAreaField("If somebody was missing, why was it held without them?", [
        wtforms.validators.Length(max=LONGEST_WORDS, message=TOO_LONG)])

    def held(self) -> Held:
        """Give what was said; only of a valid form."""
        return Held(in_utc(self.held_on.data, self.held_at.data), self.mode.data, tuple(self.attendees.data or ()), self.reason.data or "")
