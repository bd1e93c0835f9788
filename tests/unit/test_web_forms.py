"""Dates, error links and refusals on forms."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from flask import Flask
from govuk_frontend_wtf.main import WTFormsHelpers
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.datastructures import MultiDict

from shared.calendar import london_day
from shared.ledger.types import Refused
from shared.web.forms import Answered, DateField, Form, TextField, error_summary, refuse_form


class Birth(Form):
    name = TextField("Name", [Answered("Enter the name")])
    born = DateField("Date of birth", [Answered("Enter the date of birth")], past=True)


class Paper(Form):
    dated = DateField("When was it written?", what="The date of the plan")


@pytest.fixture
def request_of_a_page() -> Iterator[None]:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x" * 32, WTF_CSRF_ENABLED=False)
    app.jinja_loader = ChoiceLoader([PrefixLoader({name: PackageLoader(name) for name in (  # type: ignore[assignment]
        "govuk_frontend_jinja", "govuk_frontend_wtf")})])
    WTFormsHelpers(app)
    with app.test_request_context(method="POST"):
        yield


def boxes_of(html: str) -> list[str | None]:
    """What the three boxes of a date show, as a person reads it; None where a box says nothing."""
    shown = [re.search(r' value="([^"]*)"', box) for box in re.findall(r"<input[^>]*>", html)]
    return [unescape(one[1]) if one else None for one in shown]


def filled(*born: str, name: str = "Ada") -> Any:
    return Birth(MultiDict([("name", name), *(("born", box) for box in born)]))


@pytest.mark.parametrize(("boxes", "sentence"), [
    (("", "", ""), "Enter the date of birth"),
    (("27", "", "1990"), "Date of birth must include a month"),
    (("27", "mrach", "1990"), "The month of date of birth must be a number or a name, like 3 or March"),
    (("²", "3", "1990"), "Date of birth must be a date like 27 3 1985 or 27 March 1985"),
    (("27", "3", "20"), "The year of date of birth must have 4 digits, like 1920 or 2020"),
    (("31", "2", "1990"), "Date of birth must be a real date, like 27 3 1985"),
])
def test_a_wrong_date_is_told_in_words_that_say_what_to_do_and_is_shown_as_it_was_typed(
        request_of_a_page: None, boxes: tuple[str, ...], sentence: str) -> None:
    form = filled(*boxes)
    assert not form.validate()
    assert form.born.errors == [sentence] and form.born.data is None
    assert boxes_of(form.born()) == list(boxes)


def test_a_date_is_read_in_whatever_box_and_way_it_is_written(request_of_a_page: None) -> None:
    for boxes in (("27", "March", "90"), ("27/3/1990", "", ""), ("1990", "3", "27"), ("27th March 1990", "", "")):
        form = filled(*boxes)
        assert form.validate() and form.born.data == date(1990, 3, 27)
        assert boxes_of(form.born()) == list(boxes)


def test_a_box_shows_all_of_what_was_typed_into_it(request_of_a_page: None) -> None:
    widths = [re.findall(r"govuk-input--width-(\d+)", filled(*boxes).born()) for boxes in (
        ("27", "3", "1990"), ("27", "Marhc", "90"), ("the 27th of Marhc 1990", "", ""), ("27" * 99, "", ""))]
    assert widths == [["2", "2", "4"], ["2", "10", "4"], ["20", "2", "4"], ["20", "2", "4"]]


def test_two_digits_of_a_year_mean_one_near_today_where_the_date_may_not_lie_a_lifetime_back(request_of_a_page: None) -> None:
    this_year = london_day(datetime.now(UTC)).year
    form = Paper(MultiDict([("dated", "1"), ("dated", "2"), ("dated", f"{this_year % 100:02}")]))
    assert form.validate() and form.dated.data == date(this_year, 2, 1)
    form = Paper(MultiDict([("dated", "1"), ("dated", "2"), ("dated", f"{(this_year - 40) % 100:02}")]))
    assert not form.validate() and form.dated.errors == ["The year of the date of the plan must have 4 digits, like 2026"]


@pytest.mark.parametrize(("saved", "shown"), [
    (date(1990, 3, 7), ["7", "3", "1990"]), ("1990-03-07", ["7", "3", "1990"]), (date(85, 3, 7), ["7", "3", "0085"]),
    (None, [None, None, None]), ("", [None, None, None])])
def test_a_saved_date_fills_the_boxes(request_of_a_page: None, saved: Any, shown: list[Any]) -> None:
    form = Birth(formdata=None, data={"born": saved})
    assert boxes_of(form.born()) == shown and boxes_of(form.born()) == shown
    assert form.born.data == (date.fromisoformat(saved) if isinstance(saved, str) and saved else saved or None)


def test_what_was_typed_is_shown_before_what_was_saved(request_of_a_page: None) -> None:
    form = Birth(MultiDict([("name", "Ada"), ("born", "31"), ("born", "feb"), ("born", "1990")]), data={"born": date(1990, 3, 7)})
    assert not form.validate()
    assert boxes_of(form.born()) == ["31", "feb", "1990"] and form.born.data is None


def test_a_date_may_have_spaces_around_it(request_of_a_page: None) -> None:
    form = filled(" 7", "3 ", "1990")
    assert form.validate() and form.born.data == date(1990, 3, 7)


def test_the_error_link_of_a_date_lands_on_its_first_box_which_exists(request_of_a_page: None) -> None:
    form = filled("31", "2", "1990")
    form.validate()
    assert error_summary(form)["errorList"] == [{"text": "Date of birth must be a real date, like 27 3 1985", "href": "#born-day"}]
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
