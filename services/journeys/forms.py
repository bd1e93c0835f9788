"""The forms of journeys."""
from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Any

import wtforms

from services.journeys.decisions import LONGEST_WORDS
from shared.calendar import LONDON
from shared.schemas.people import LEGAL_STATUS
from shared.web.forms import Answered, CountedTextAreaField, DateField, Form, RadioField, SelectField, TextField

_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})")
TOO_LONG = f"Use {LONGEST_WORDS} characters or fewer"


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
    occurred_at = TextField("At what time? For example 14:30", [Answered("Enter the time it happened, like 14:30")])

    def validate_occurred_at(self, field: Any) -> None:
        """Read the time as people write it."""
        found = _CLOCK.fullmatch(field.data.strip())
        if not found or int(found[1]) > 23 or int(found[2]) > 59:
            raise wtforms.ValidationError("The time must be like 14:30")

    def moment(self) -> datetime:
        """Give when it happened, in UTC; only of a valid form."""
        found = _CLOCK.fullmatch(self.occurred_at.data.strip())
        assert found is not None and self.occurred_on.data is not None
        return datetime.combine(self.occurred_on.data, time(int(found[1]), int(found[2])), LONDON).astimezone(UTC)


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
