"""Pages drawn quickly are the pages Flask and the library would draw, and stay quick to draw."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import PackageLoader, PrefixLoader
from jinja2.filters import do_indent
from markupsafe import Markup

from services.referrals.drafts import shelf
from shared.ledger.tables import staff_id
from shared.pathways import PATHWAYS
from shared.web.templating import Environment, govuk_attributes, indent, once
from tests.integration.referral_room import Pod
from tests.integration.web_notes import notes_app
from tests.integration.web_room import hand_room
from tests.support.ground import ROOT
from tests.support.stock import stock

#: What is new on each page, and so differs between two of the same.
NEW = re.compile(r'(nonce="|name="(?:csrf_token|submission|kept_for)" value="|data-seconds=")[^"]*')
NOTES = ("/write", "/", "/accessibility", "/privacy", "/nowhere", "/sign-in", "/operations")
DRAFT = "11111111-2222-4333-8444-555555555555"
REFERRALS = ("/", *(f"/drafts/{DRAFT}/{step}" for step in ("date-of-birth", "name", "conditions", "contact", "your-team", "date-of-birth", "check")), "/mine")


def pages(app: Any, email: str, paths: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Ask for pages, signed in, and for the one that a form with nothing in it gets back."""
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/sign-in").text)
    assert token
    client.post("/sign-in", data={"csrf_token": token[1], "email": email})
    for path in paths:
        text = client.get(path).text
        yield path, NEW.sub(r"\1", text)
        if token := re.search(r'name="csrf_token" value="([^"]*)"', text):
            answer = client.post(path, data={"csrf_token": token[1], "name": "<b>O'Neil & \"Co\"</b>", "text": "<i>", "date_of_birth": ["31", "2", "'"]})
            yield f"{path} posted: {answer.status_code}", NEW.sub(r"\1", answer.text)


def drafting(folder: Path) -> Any:
    """A service in which somebody has begun a draft."""
    pod = Pod(folder)
    with pod.room.database.transaction() as connection:
        shelf.begin(connection, PATHWAYS["core"], staff_id("amara.osei@cmhwt.example"), datetime(2026, 3, 2, tzinfo=UTC), {}, id_=DRAFT)
    return pod.app


@pytest.mark.parametrize(("make", "email", "paths"), [
    (lambda folder: notes_app(hand_room(folder)), "wren.callaghan@pod.example", NOTES),
    (drafting, "amara.osei@cmhwt.example", REFERRALS)])
def test_a_page_drawn_quickly_is_the_page_the_libraries_draw(tmp_path: Path, make: Any, email: str, paths: tuple[str, ...]) -> None:
    quick = list(pages(make(tmp_path), email, paths))
    (tmp_path / "stock").mkdir()
    assert quick == list(pages(stock(make(tmp_path / "stock")), email, paths))
    assert len(quick) > len(paths) and "govuk-label" in quick[0][1] + quick[2][1]


@pytest.fixture(scope="module")
def library() -> jinja2.Environment:
    """The library's templates in a plain Jinja."""
    return jinja2.Environment(loader=PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
                              autoescape=True, trim_blocks=True, lstrip_blocks=True)


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.text(max_size=8).map(Markup), st.just(jinja2.Undefined()))
OPTIONS = st.fixed_dictionaries({}, optional={"value": VALUES, "optional": st.booleans()})
ATTRIBUTES = st.dictionaries(st.text(max_size=8), st.one_of(VALUES, OPTIONS), max_size=4)


@given(st.one_of(st.none(), st.just(jinja2.Undefined()), st.text(max_size=20), ATTRIBUTES))
def test_the_attributes_of_a_tag_are_those_the_library_writes(library: jinja2.Environment, attributes: Any) -> None:
    module: Any = library.get_template("govuk_frontend_jinja/macros/attributes.html").module
    assert govuk_attributes(attributes) == module.govukAttributes(attributes)
    assert isinstance(govuk_attributes(attributes), Markup)


@given(st.text(alphabet=st.sampled_from("ab<&\n \r\x85"), max_size=30), st.one_of(st.integers(0, 8), st.sampled_from(["", "<>", "\t"])),
       st.booleans(), st.booleans())
def test_html_is_indented_as_jinja_does_it(text: str, width: int | str, first: bool, blank: bool) -> None:
    for given_text in (text, Markup(text)):
        ours = indent(given_text, width, first, blank)
        assert ours == do_indent(given_text, width, first, blank) and isinstance(ours, Markup) == isinstance(given_text, Markup)


def environment(tmp_path: Path) -> Any:
    return notes_app(hand_room(tmp_path)).jinja_env


def test_a_name_after_a_dot_is_found_where_jinja_finds_it(tmp_path: Path) -> None:
    ours, theirs = environment(tmp_path), jinja2.Environment()
    assert isinstance(ours, Environment)
    given_ = {"items": [1], "name": "Ada", "none": None, "__len__": "mine"}
    for name in ("items", "name", "none", "keys", "__len__", "__class__", "missing"):
        ours_found, theirs_found = ours.getattr(given_, name), theirs.getattr(given_, name)
        assert type(ours_found) is type(theirs_found) and (callable(ours_found) or ours_found == theirs_found), name


def test_a_template_cannot_change_the_globals_of_all_the_others(tmp_path: Path) -> None:
    ours = environment(tmp_path)
    ours.get_template("macros.html")
    with pytest.raises(AttributeError):
        ours.get_template("macros.html", globals={"current_actor": None})
    assert ours.from_string("{{ mine }}", globals={"mine": 1}).render() == "1" and "mine" not in ours.globals


def test_a_part_of_the_frame_is_drawn_once_and_escapes_what_it_is_given(tmp_path: Path) -> None:
    drawn = []

    def component(params: Any) -> Markup:
        drawn.append(params)
        return Markup("<b>{}</b>").format(params["text"])
    assert [once(component, {"text": "a & b"}) for _ in range(3)] == ["<b>a &amp; b</b>"] * 3 and len(drawn) == 1
    assert once(component, {"text": Markup("<i>")}) == once(component, {"text": "<i>"}) == "<b>&lt;i&gt;</b>"


def test_no_template_makes_the_shared_parts_anew_for_every_page() -> None:
    found = [*ROOT.glob("services/**/templates/**/*.html"), *ROOT.glob("shared/web/templates/**/*.html")]
    again = [str(path.relative_to(ROOT)) for path in found if re.search(r'"macros\.html" import [^%]*with context', path.read_text("utf-8"))]
    assert len(found) > 20 and not again, "leave out `with context`: the macros need none, and with it they are made for every page"
