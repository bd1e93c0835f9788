"""Forms in the look of the Design System, with our own words for dates and links that land on the first box."""
from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any

import wtforms
from flask import current_app
from flask_wtf import FlaskForm
from govuk_frontend_wtf.main import wtforms_errors
from govuk_frontend_wtf.wtforms_widgets import (
    GovCharacterCount,
    GovCheckboxesInput,
    GovCheckboxInput,
    GovDateInput,
    GovRadioInput,
    GovSelect,
    GovSubmitInput,
    GovTextArea,
    GovTextInput,
)
from markupsafe import Markup

from shared.calendar import london_day, time_in_words
from shared.ledger.types import Refused
from shared.web import times
from shared.web.dates import Asked, read


class Form(FlaskForm):  # type: ignore[misc]
    """A form of the suite: CSRF token inside, spaces around answers taken off."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """How fields are made."""

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            """Add the filter that takes spaces off."""
            filters = [*unbound_field.kwargs.get("filters", []), _strip]
            return unbound_field.bind(form=form, **({**options, "filters": filters} if _takes_text(unbound_field) else options))


def _takes_text(unbound: Any) -> bool:
    return issubclass(unbound.field_class, wtforms.StringField)


def _strip(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


class _Drawn:
    """A widget drawn by its own template alone: components use nothing of what Flask adds to a page."""

    template: str

    def render(self, params: dict[str, Any]) -> Markup:
        return Markup(current_app.jinja_env.get_template(self.template).render(params=params))


def _drawn(widget: type[Any]) -> Any:
    return type(widget.__name__, (_Drawn, widget), {})()


class TextField(wtforms.StringField):  # type: ignore[misc]
    """One line of text."""

    widget = _drawn(GovTextInput)


class EmailField(wtforms.StringField):  # type: ignore[misc]
    """An e-mail address."""

    widget = _drawn(GovTextInput)


class TelephoneField(wtforms.StringField):  # type: ignore[misc]
    """A telephone number."""

    widget = _drawn(GovTextInput)


class TextAreaField(wtforms.TextAreaField):  # type: ignore[misc]
    """Several lines of text."""

    widget = _drawn(GovTextArea)


class CountedTextAreaField(wtforms.TextAreaField):  # type: ignore[misc]
    """Several lines of text with a limit that is counted; pass `params={"maxlength": 500}`."""

    widget = _drawn(GovCharacterCount)


class RadioField(wtforms.RadioField):  # type: ignore[misc]
    """One of a few."""

    widget = _drawn(GovRadioInput)


class CheckboxesField(wtforms.SelectMultipleField):  # type: ignore[misc]
    """Any of a few."""

    widget = _drawn(GovCheckboxesInput)
    option_widget = wtforms.widgets.CheckboxInput()


class CheckboxField(wtforms.BooleanField):  # type: ignore[misc]
    """Yes or nothing said."""

    widget = _drawn(GovCheckboxInput)


class SelectField(wtforms.SelectField):  # type: ignore[misc]
    """One of many."""

    widget = _drawn(GovSelect)


class NumberField(wtforms.IntegerField):  # type: ignore[misc]
    """A whole number, with words of our own where it is none."""

    widget = _drawn(GovTextInput)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number; the label names it in the error."""
        text = valuelist[0].strip() if valuelist else ""
        try:
            self.data = int(text) if text else None
        except ValueError:
            self.data = None
            raise ValueError(f"{self.label.text} must be a whole number, like 3") from None


class SubmitField(wtforms.SubmitField):  # type: ignore[misc]
    """The button that sends the form."""

    widget = _drawn(GovSubmitInput)


class _DateInput(GovDateInput):  # type: ignore[misc]
    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        # fewer than three boxes come back from a request that was not made by our page
        if field.raw_data is not None:
            field.raw_data = [*field.raw_data, "", "", ""][:3]
        given: dict[str, Any] = super().map_gov_params(field, **kwargs)
        if field.raw_data is None and field.data:
            for item, number in zip(given["items"], (field.data.day, field.data.month, f"{field.data.year:04}"), strict=True):
                item["value"] = str(number)
        for item in given["items"]:
            item["classes"] = _wide_enough(item["classes"], item["value"] or "")
        return given


def _wide_enough(classes: str, text: str) -> str:
    """Let a box of a date show all of what was typed into it, be that March or a whole date."""
    fitting = [width for width in (2, 4, 10, 20) if width >= len(text)]
    return re.sub(r"width-(\d+)", lambda usual: f"width-{max(int(usual[1]), min(fitting, default=20))}", classes)


class DateField(wtforms.Field):  # type: ignore[misc]
    """A day in three boxes, read however people write it (`shared.web.dates`); errors are sentences that say what to do.

    `what` begins the sentences ("The date of birth"); default: the label. `past`: it may lie a lifetime back, so that
    two digits of the year 85 mean 1985; else they mean a year near today. Saved data is a date or its ISO 8601 text.
    """

    widget = _drawn(_DateInput)

    def __init__(self, label: str = "", validators: Any = None, what: str = "", past: bool = False, **kwargs: Any):
        super().__init__(label, validators, **kwargs)
        self.what, self.past = what or label.rstrip("?"), past

    def _value(self) -> str:
        return " ".join(self.raw_data) if self.raw_data else ""

    def process_data(self, value: date | str | None) -> None:
        """Take the saved day."""
        self.data: date | None = date.fromisoformat(value) if isinstance(value, str) and value else value or None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read day, month, year; all empty is no date, and for a validator to judge."""
        self.data = None
        self.data = read(valuelist[:3], Asked(self.what, london_day(datetime.now(UTC)), self.past))


class TimeField(wtforms.Field):  # type: ignore[misc]
    """A time of day in one box, read however people write it (`shared.web.times`); its data is a time, London's.

    `what` begins the sentence of the error; `of_meeting`: it is in the day, so that "2:30" is of the afternoon.
    """

    widget = _drawn(GovTextInput)

    def __init__(self, label: str = "", validators: Any = None, what: str = "The time", of_meeting: bool = False, **kwargs: Any):
        super().__init__(label, validators, **kwargs)
        self.what, self.of_meeting = what, of_meeting
        self.data: time | None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return time_in_words(self.data) if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the time; empty is none, and for a validator to judge."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = times.read(text, self.of_meeting)
        if text and self.data is None:
            raise ValueError(f"{self.what} must be like 10am, 2:30pm or 14:30")


class Answered:
    """An answer is needed; three empty boxes of a date, and spaces, are none."""

    def __init__(self, sentence: str):
        self.sentence = sentence

    def __call__(self, form: Any, field: Any) -> None:
        """Stop with the sentence where nothing was said and nothing else is wrong with it."""
        if field.errors:
            raise wtforms.validators.StopValidation()
        if field.data in (None, "", [], False) or (isinstance(field.data, str) and not field.data.strip()):
            field.errors = []
            raise wtforms.validators.StopValidation(self.sentence)


def error_summary(form: Any) -> dict[str, Any]:
    """Give the parameters of the error summary, each link to the first box of its field."""
    params: dict[str, Any] = wtforms_errors(form)
    first = {f"#{field.id}": f"#{field.name}-day" for field in form if isinstance(field, DateField)}
    for one in params["errorList"]:
        one["href"] = first.get(one["href"], one["href"])
        if one["href"] in ("#", "#None"):
            one.pop("href")
    return params


def refuse_form(form: Any, refusal: Refused) -> None:
    """Put a refusal of the domain where the person sees it: at the field to blame, else over the form."""
    words = f"{refusal.reason} {refusal.help}".strip()
    name = refusal.field.split(".")[-1]
    if name in form:
        form[name].errors = [*form[name].errors, words]
    else:
        form.form_errors.append(words)
