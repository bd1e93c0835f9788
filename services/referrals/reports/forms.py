"""The form on which a wrong report is taken back."""
from __future__ import annotations

from shared.web.forms import Form, TextAreaField


class WrongForm(Form):
    """Why a report is wrong."""

    reason = TextAreaField("How do you know that it is wrong?")
