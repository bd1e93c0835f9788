"""What of a referral goes into the Pod's record of its citizen, and what does not (R-13)."""
from __future__ import annotations

from typing import Any

import orjson
import pytest

from services.referrals import particulars, record
from services.referrals.record import Difference, added, alike, differences, followed, is_somebody_else, united, without

LETTERS, NOON = "No letters to my home: my husband opens them", "No calls before noon"
KIN = orjson.dumps({"name": "Ola Quill", "telephone": "07700 900456"}).decode()


def row(**told: Any) -> dict[str, Any]:
    return {**particulars.NOTHING, "name": "Rosa Quill", "date_of_birth": "1984-05-17", "nhs_number": "9434765919", **told}


def test_what_may_be_amended_is_what_is_kept() -> None:
    assert set(record.FIELDS) == set(particulars.FIELDS)


@pytest.mark.parametrize(("field", "one", "other", "same"), [
    ("name", "Siân O’Dowd", "sian o'dowd", True), ("name", "Sian Dowd", "Sian O'Dowd", False), ("telephone", "07700 900123", "+44 7700-900123", True),
    ("telephone", "07700 900123", "07700 900124", False), ("email", "Rosa@example.org", "rosa@example.org", True), ("address", None, "", True),
    ("nhs_number", "943 476 5919", "9434765919", True)])
def test_R_13_two_ways_to_write_one_thing_are_no_difference(field: str, one: str | None, other: str | None, same: bool) -> None:
    assert alike(field, one, other) is alike(field, other, one) is same


@pytest.mark.parametrize(("said", "other"), [
    ({}, False), ({"name": "ROSA QUILL"}, False), ({"name": "Rosa Quil"}, True), ({"date_of_birth": "1984-05-18"}, True)])
def test_R_13_a_name_or_a_birth_that_is_another_may_be_somebody_else(said: dict[str, str], other: bool) -> None:
    assert is_somebody_else(row(), row(**said)) is other


def test_R_13_a_further_referral_adds_what_is_not_there_and_replaces_nothing() -> None:
    on_record = row(telephone="07700 900123", do_not=LETTERS)
    said = row(name="Rosa Quinn", date_of_birth="1999-01-01", telephone="07700 900999", email="rosa@example.org", next_of_kin=KIN, do_not=f"{NOON}\n{LETTERS.upper()}")
    assert added(on_record, said) == {"email": "rosa@example.org", "next_of_kin": KIN, "do_not": f"{LETTERS}\n{NOON}"}
    assert added(on_record, on_record) == added(on_record, row()) == {}


def test_R_13_the_record_follows_a_referral_it_came_from() -> None:
    said = row(telephone="07700 900123")
    for on_record in (row(telephone="07700900123"), row()):
        assert followed(on_record, said, {"telephone": "07700 900999"}, []) == {"telephone": "07700 900999"}
    assert followed(row(telephone="07700 900111"), said, {"telephone": "07700 900999"}, [said]) == {}


def test_R_13_what_somebody_else_says_too_is_taken_away_by_nobody_alone() -> None:
    on_record = said = row(telephone="07700 900123")
    assert followed(on_record, said, {"telephone": None}, []) == {"telephone": None}
    assert followed(on_record, said, {"telephone": None}, [row(telephone="07700 900123")]) == {}
    assert followed(on_record, said, {"telephone": None}, [row()]) == {"telephone": None}


def test_R_13_who_a_citizen_is_that_others_say_too_does_not_follow_one_of_them() -> None:
    assert followed(row(), row(), {"name": "Bea Lind", "date_of_birth": "1990-01-01"}, [row()]) == {}
    assert followed(row(), row(), {"name": "Rosa Quinn"}, []) == {"name": "Rosa Quinn"}


def test_R_13_a_wish_is_added_whoever_sees_the_others() -> None:
    on_record, said = row(do_not=LETTERS), row()
    assert followed(on_record, said, {"do_not": NOON}, [row(do_not=LETTERS)]) == {"do_not": f"{LETTERS}\n{NOON}"}


def test_R_13_a_wish_goes_when_nobody_says_it_any_more() -> None:
    on_record, said = row(do_not=f"{LETTERS}\n{NOON}"), row(do_not=f"{LETTERS}\n{NOON}")
    assert followed(on_record, said, {"do_not": NOON}, []) == {"do_not": NOON}
    assert followed(on_record, said, {"do_not": NOON}, [row(do_not=LETTERS.lower())]) == {}
    assert followed(on_record, said, {"do_not": None}, [row(do_not=NOON)]) == {"do_not": NOON}


def test_R_13_a_wish_that_was_taken_off_the_record_does_not_come_back_with_another() -> None:
    assert followed(row(), row(do_not=LETTERS), {"do_not": f"{LETTERS}\n{NOON}"}, []) == {"do_not": NOON}


def test_R_13_what_a_referral_says_otherwise_is_shown_and_what_it_leaves_out_is_not() -> None:
    on_record = row(telephone="07700 900123", email="rosa@example.org", do_not=f"{LETTERS}\n{NOON}")
    said = row(name="rosa quill", telephone="07700 900999", contact_by="text", do_not=NOON)
    assert set(differences(on_record, said)) == {Difference("telephone", "07700 900999", "07700 900123"), Difference("contact_by", "text", None)}
    assert differences(row(do_not=NOON), row(do_not=f"{NOON}\n{LETTERS}")) == [Difference("do_not", f"{NOON}\n{LETTERS}", NOON)]


def test_wishes_are_united_and_parted_line_by_line() -> None:
    assert united(None, f"{LETTERS}\n{NOON}", NOON.upper()) == f"{LETTERS}\n{NOON}" and united(None, "") is None
    assert without(f"{LETTERS}\n{NOON}", NOON.upper()) == LETTERS and without(NOON, NOON) is without(None, NOON) is None
