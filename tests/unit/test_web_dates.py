"""Days as people write them: whatever way a date is written, it is read as itself."""
from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.dates import AHEAD, BACK, MONTHS, WEEKDAYS, Asked, Unreadable, read

TODAY = date(2026, 11, 22)
BIRTH = Asked("The date of birth", TODAY, past=True)
NEAR = Asked("The date of the document", TODAY)

DAYS = st.dates(date(1000, 1, 1), date(9999, 12, 31))
#: Days of which two digits of the year say enough.
NEAR_DAYS = st.dates(date(TODAY.year - BACK, 1, 1), date(TODAY.year + AHEAD, 12, 31))
BIRTHS = st.dates(date(1927, 1, 1), date(2015, 12, 31))
SEPARATORS = st.sampled_from(["/", ".", "-", " ", ", ", " / ", "–", "\\", "\N{NO-BREAK SPACE}", "\t"])
CASES = st.sampled_from([str.lower, str.upper, str.title])
ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


@st.composite
def month(draw: st.DrawFn, day: date, words: bool = False) -> str:
    """A month as people write it: its number, its name, or the first letters of that."""
    name = MONTHS[day.month - 1]
    short = name[:draw(st.integers(3, len(name)))] + draw(st.sampled_from(["", "."]))
    word = draw(CASES)(draw(st.sampled_from([name, short])))
    return word if words else draw(st.sampled_from([str(day.month), f"{day.month:02}", word]))


@st.composite
def number(draw: st.DrawFn, day: date, ordinal: bool = False) -> str:
    plain = draw(st.sampled_from([str(day.day), f"{day.day:02}"]))
    return plain + (draw(st.sampled_from(["", ORDINALS.get(day.day, "th")])) if ordinal else "")


def padded(draw: st.DrawFn, text: str) -> str:
    return draw(st.sampled_from(["", " ", "  "])) + text + draw(st.sampled_from(["", " ", "\t"]))


@st.composite
def in_words(draw: st.DrawFn, day: date, year: str) -> str:
    """With the month as a word, day first or month first, with or without what people put around it."""
    of, the = draw(st.sampled_from([" ", " of ", ", ", ""])), draw(st.sampled_from(["", "the "]))
    weekday = WEEKDAYS[day.weekday()]
    before = draw(st.sampled_from(["", f"{weekday} ", f"{weekday[:3].title()}, ", f"{weekday.title()} the "]))
    written, named = draw(number(day, ordinal=True)), draw(month(day, words=True))
    return draw(st.sampled_from([f"{before}{the}{written}{of}{named} {year}", f"{before}{named} {written}, {year}",
                                 f"{year} {named} {written}" if len(year) == 4 else f"{written}-{named}-{year}"]))


@st.composite
def in_one(draw: st.DrawFn, day: date, year: str) -> str:
    """The whole date in one piece."""
    gap, written, named = draw(SEPARATORS), draw(number(day)), draw(month(day))
    ways = [f"{written}{gap}{named}{gap}{year}", draw(in_words(day, year))]
    if len(year) == 4:
        ways += [day.isoformat(), f"{year}{gap}{named}{gap}{written}"]
        ways += [f"{day:%d%m}{year}", f"{year}{day:%m%d}"] if 1800 <= day.year <= 2199 else []
    if day.day > 12:
        ways.append(f"{named}{gap}{written}{gap}{year}")  # the American way, where it can be no other
    return draw(st.sampled_from(ways))


@st.composite
def in_boxes(draw: st.DrawFn, day: date, year: str) -> list[str]:
    """One part in each box, in the order of the boxes or another that can be no other; or all in any one box."""
    written, named = draw(number(day, ordinal=True)), draw(month(day))
    orders = [[written, named, year]]
    orders += [[year, named, written]] if len(year) == 4 else []
    orders += [[named, written, year]] if day.day > 12 or named[0].isalpha() else []
    whole, place = draw(in_one(day, year)), draw(st.integers(0, 2))
    orders.append([whole if box == place else "" for box in range(3)])
    return [padded(draw, box) for box in draw(st.sampled_from(orders))]


@given(st.data(), DAYS)
def test_every_date_written_in_full_is_read_as_itself_however_it_is_written(data: st.DataObject, day: date) -> None:
    boxes = data.draw(in_boxes(day, str(day.year)))
    assert read(boxes, NEAR) == read(boxes, BIRTH) == day


@given(st.data(), NEAR_DAYS)
def test_two_digits_are_a_year_near_today(data: st.DataObject, day: date) -> None:
    assert read(data.draw(in_boxes(day, data.draw(st.sampled_from(["", "'", "’"])) + f"{day:%y}")), NEAR) == day


@given(st.data(), BIRTHS)
def test_two_digits_of_a_date_of_birth_are_the_one_year_of_a_lifetime(data: st.DataObject, day: date) -> None:
    assert read(data.draw(in_boxes(day, f"{day:%y}")), BIRTH) == day


@pytest.mark.parametrize(("digits", "day"), [
    ("27031985", date(1985, 3, 27)), ("19850327", date(1985, 3, 27)), ("20031985", date(1985, 3, 20)), ("20031012", date(2003, 10, 12)),
    ("18850327", date(1885, 3, 27)), ("21031985", date(1985, 3, 21)), ("03271985", date(1985, 3, 27))])
def test_eight_digits_in_a_row_are_taken_apart(digits: str, day: date) -> None:
    assert read([digits, "", ""], BIRTH) == day


@given(st.integers(1, 12), st.integers(1, 12), DAYS)
def test_where_both_are_possible_the_day_comes_first(first: int, second: int, day: date) -> None:
    expected = date(day.year, second, first)
    assert read([f"{first}/{second}/{day.year}", "", ""], BIRTH) == read([str(first), str(second), str(day.year)], BIRTH) == expected


@given(st.lists(st.text(max_size=40), max_size=5), st.booleans())
def test_whatever_is_typed_is_a_date_nothing_or_a_sentence_that_names_the_question(boxes: list[str], past: bool) -> None:
    try:
        found = read(boxes, Asked("The day", TODAY, past))
    except Unreadable as fault:
        assert "he day" in str(fault) and " must " in str(fault)
    else:
        assert (found is None) == (not any(box.strip() for box in boxes))


REAL = "The date of birth must be a real date, like 27 3 1985"
LIKE = "The date of birth must be a date like 27 3 1985 or 27 March 1985"
MONTH = "The month of the date of birth must be a number or a name, like 3 or March"


@pytest.mark.parametrize(("boxes", "sentence"), [
    (("27", "", "1985"), "The date of birth must include a month"),
    (("27", "", ""), "The date of birth must include a month and a year"),
    (("", "", "1985"), "The date of birth must include a day and a month"),
    (("27/3", "", ""), "The date of birth must include a year"),
    (("27 March", "", ""), "The date of birth must include a year"),
    (("March 1985", "", ""), "The date of birth must include a day"),
    (("", "3", "85"), "The date of birth must include a day"),
    (("31", "2", "1985"), REAL), (("0", "3", "1985"), REAL), (("27", "3", "0000"), REAL), (("27", "13", "1985"), REAL),
    (("27", "9" * 5000, "1985"), REAL),
    (("27", "3", "198"), "The year of the date of birth must have 4 digits, like 1985"),
    (("27", "3", "19855"), "The year of the date of birth must have 4 digits, like 1985"),
    (("27", "3", "20"), "The year of the date of birth must have 4 digits, like 1920 or 2020"),
    (("27", "Marhc", "1985"), MONTH), (("27", "ma", "1985"), MONTH), (("x", "", ""), MONTH),
    (("２７", "3", "1985"), LIKE), (("²", "3", "1985"), LIKE), (("27", "März", "1985"), LIKE), (("-", "", ""), LIKE), (("Monday", "", ""), LIKE),
    (("27/3/1985", "3", "1985"), LIKE), (("March", "April", "1985"), LIKE), (("27+3+1985", "", ""), LIKE), (("😀", "", ""), LIKE),
])
def test_what_cannot_be_read_is_told_in_a_sentence_that_says_what_to_do(boxes: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(Unreadable) as fault:
        read(boxes, BIRTH)
    assert str(fault.value) == sentence


@pytest.mark.parametrize("boxes", [(), ("",), ("", "", ""), (" ", "\t", "\N{NO-BREAK SPACE}")])
def test_empty_boxes_are_no_date(boxes: tuple[str, ...]) -> None:
    assert read(boxes, NEAR) is None


@pytest.mark.parametrize("ending", range(100))
def test_two_digits_that_could_be_two_years_or_none_are_asked_for_in_full(ending: int) -> None:
    birth = None if 16 <= ending <= 26 else 1900 + ending if ending > 26 else 2000 + ending
    near = 2000 + ending if 6 <= ending <= 36 else None
    for asked, year in ((BIRTH, birth), (NEAR, near)):
        if year:
            assert read(["1", "2", f"{ending:02}"], asked) == date(year, 2, 1)
        else:
            with pytest.raises(Unreadable, match="must have 4 digits, like"):
                read(["1", "2", f"{ending:02}"], asked)
