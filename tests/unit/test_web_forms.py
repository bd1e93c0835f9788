"""Dates, error links and refusals on forms."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from govuk_frontend_wtf.main import WTFormsHelpers
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.datastructures import MultiDict

from shared.ledger.types import Refused
from shared.web.forms import Answered, DateField, Form, TextField, error_summary, refuse_form


class Birth(Form):
    name = TextField("Name", [Answered("Enter the name")])
    born = DateField("Date of birth", [Answered("Enter the date of birth")])


@pytest.fixture
def request_of_a_page() -> Iterator[None]:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x" * 32, WTF_CSRF_ENABLED=False)
    app.jinja_loader = ChoiceLoader([PrefixLoader({name: PackageLoader(name) for name in (  # type: ignore[assignment]
        "govuk_frontend_jinja", "govuk_frontend_wtf")})])
    WTFormsHelpers(app)
    with app.test_request_context(method="POST"):
        yield


def filled(*born: str, name: str = "Ada") -> Any:
    return Birth(MultiDict([("name", name), *(("born", box) for box in born)]))


@pytest.mark.parametrize(("boxes", "sentence"), [
    (("", "", ""), "Enter the date of birth"),
    (("27", "", "1990"), "Date of birth must include a month"),
    (("27", "", ""), "Date of birth must include a month and a year"),
    (("27", "march", "1990"), "Date of birth must be in numbers, like 27 3 2026"),
    (("²", "3", "1990"), "Date of birth must be in numbers, like 27 3 2026"),
    (("27", "3", "90"), "The year of date of birth must have 4 digits, like 2026"),
    (("31", "2", "1990"), "Date of birth must be a real date, like 27 3 2026"),
    (("27", "3", "0000"), "Date of birth must be a real date, like 27 3 2026"),
])
def test_a_wrong_date_is_told_in_words_that_say_what_to_do(request_of_a_page: None, boxes: tuple[str, ...], sentence: str) -> None:
    form = filled(*boxes)
    assert not form.validate()
    assert form.born.errors == [sentence]


def test_a_date_may_have_spaces_around_it(request_of_a_page: None) -> None:
    form = filled(" 7", "3 ", "1990")
    assert form.validate() and form.born.data == date(1990, 3, 7)


def test_the_error_link_of_a_date_lands_on_its_first_box_which_exists(request_of_a_page: None) -> None:
    form = filled("31", "2", "1990")
    form.validate()
    assert error_summary(form)["errorList"] == [{"text": "Date of birth must be a real date, like 27 3 2026", "href": "#born-day"}]
    assert 'id="born-day"' in form.born()


def test_a_date_with_a_box_missing_from_the_request_is_shown_again_without_failing(request_of_a_page: None) -> None:
    form = filled("31")
    form.validate()
    assert 'value="31"' in form.born()


def test_spaces_alone_are_no_answer(request_of_a_page: None) -> None:
    form = filled("1", "1", "1990", name="   ")
    assert not form.validate() and form.name.errors == ["Enter the name"]


def test_a_refusal_is_shown_at_the_field_to_blame_or_over_the_form(request_of_a_page: None) -> None:
    form = filled("1", "1", "1990")
    form.validate()
    refuse_form(form, Refused("R-05", "The citizen must be an adult.", "Check the year.", "citizen.born"))
    refuse_form(form, Refused("R-13", "There is an open referral."))
    assert [one["text"] for one in error_summary(form)["errorList"]] == [
        "The citizen must be an adult. Check the year.", "There is an open referral."]
