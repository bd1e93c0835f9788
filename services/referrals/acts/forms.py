"""The forms of the acts."""
from __future__ import annotations

import wtforms

from services.referrals import reasons
from shared.web.forms import DateField, EmailField, Form, RadioField, TextAreaField


class QuestionForm(Form):
    """What the practitioner is asked."""

    words = TextAreaField("What do you need to know or to have?")


class AnswerForm(Form):
    """What the practitioner answers; `stood` is which answer the page showed."""

    stood = wtforms.HiddenField()
    words = TextAreaField("Your answer")


class SettleForm(Form):
    """Whether a referral is another's again, and why."""

    into = RadioField("Which is it?", validate_choice=False)
    reason = TextAreaField("Why?")


class AcceptForm(Form):
    """Nothing is asked: the button is the answer."""


class DeclineForm(Form):
    """Why a referral is declined; the practitioner is told."""

    reason = RadioField("Reason", choices=list(reasons.DECLINE.items()), validate_choice=False)
    died_on = DateField("If the citizen died, on which day?", what="The day of death")
    words = TextAreaField("What will you tell the practitioner?")
    would_change = TextAreaField("What would change the answer?")


class WithdrawForm(Form):
    """Why a referral is taken back."""

    reason = RadioField("Reason", choices=list(reasons.WITHDRAW.items()), validate_choice=False)
    died_on = DateField("If the citizen died, on which day?", what="The day of death")
    words = TextAreaField("Anything to add? (optional)")


class AllocateForm(Form):
    """Who is to work with the citizen; `stood` is which choice the page showed."""

    stood = wtforms.HiddenField()
    development_worker = RadioField("Development worker", validate_choice=False)
    development_worker_email = EmailField("Or the work email address of somebody else")
