"""The forms of documents."""
from __future__ import annotations

from services.referrals.files.upload import FileField
from shared.web.forms import DateField, Form, RadioField, TextAreaField


class AddForm(Form):
    """A document that has come: which, of when, until when, and its file."""

    kind = RadioField("Which document is it?", validate_choice=False)
    dated = DateField("Date of the document", what="The date of the document")
    expires_on = DateField("Its own last day, if it names one (optional)", what="The document’s own last day")
    file = FileField("The file (optional)")


class RemoveForm(Form):
    """Why a document is taken out."""

    reason = TextAreaField("Why is it taken out?")


#: What to say where nothing was chosen or typed.
ENTER = {"kind": "Choose which document it is", "dated": "Enter the date of the document", "reason": "Say why it is taken out"}
