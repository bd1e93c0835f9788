"""The form of a rule."""
from __future__ import annotations

import wtforms

from services.notifications.channels import CHANNELS
from shared.web.forms import Answered, CheckboxField, CountedTextAreaField, Form, RadioField, TextAreaField, TextField


class RuleForm(Form):
    """What staff may change of a rule; `version` is the one they saw."""

    enabled = CheckboxField("Send these messages")
    subject = TextField("Subject", [Answered("Enter a subject"), wtforms.validators.Length(max=200, message="The subject must be 200 characters or fewer")])
    text = CountedTextAreaField("Message", [Answered("Enter the message"), wtforms.validators.Length(max=4000, message="The message must be 4,000 characters or fewer")])
    withdrawn = CountedTextAreaField("When it turns out not to be so", [
        Answered("Enter what to say when it turns out not to be so"),
        wtforms.validators.Length(max=4000, message="What to say when it turns out not to be so must be 4,000 characters or fewer")])
    leaving = CountedTextAreaField("When somebody is no longer concerned", [
        Answered("Enter what to say when somebody is no longer concerned"),
        wtforms.validators.Length(max=4000, message="What to say when somebody is no longer concerned must be 4,000 characters or fewer")])
    also = TextAreaField("Also tell these e-mail addresses (optional)", [wtforms.validators.Length(max=2000, message="The addresses must be 2,000 characters or fewer")])
    channel = RadioField("Channel", choices=[(name, channel.title) for name, channel in CHANNELS.items()])
    version = wtforms.HiddenField()
