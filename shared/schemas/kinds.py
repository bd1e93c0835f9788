"""The kinds of field an event may have: each takes a value as it came and gives it as it is kept.

One function per kind does the taking (ValueError with words otherwise), for the quick check and for
marshmallow alike, so that the two cannot disagree about a value. What comes out is JSON again.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from marshmallow import ValidationError, fields

from shared.messaging.diagnosis import encodes

Take = Callable[[Any], Any]
#: Words that mark a fault of the check digit, which is parked under a reason of its own.
BAD_CHECK = "fails the check of an NHS number"
#: Years a date may have: beyond them sums of days overflow, and nobody alive was born before.
FIRST_YEAR, LAST_YEAR = 1880, 2200

_EMAIL = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Kind(fields.Field[Any]):
    """A field of an event: `take` does the work; `personal` says why it is there if it is about a person."""

    take: Take
    json_type: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, *, required: bool = False, personal: str = "", purpose: str = ""):
        super().__init__(required=required, metadata={"personal": personal, "purpose": purpose},
                         error_messages={"required": "is missing", "null": "is empty"})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            return self.take(value)
        except ValueError as fault:
            raise ValidationError(str(fault)) from None

    def json_schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema 2020-12."""
        return dict(self.json_type)


class Text(Kind):
    """A text a person reads; blanks around it go, control characters are refused."""

    def __init__(self, longest: int = 200, *, required: bool = False, personal: str = "", purpose: str = ""):
        super().__init__(required=required, personal=personal, purpose=purpose)
        self.longest = longest
        self.take = lambda value: take_text(value, longest)

    def json_schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema 2020-12."""
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


class OneOf(Kind):
    """One word of a closed list."""

    def __init__(self, *words: str, required: bool = False, personal: str = "", purpose: str = ""):
        super().__init__(required=required, personal=personal, purpose=purpose)
        self.words = words
        self.take = lambda value: take_word(value, words)

    def json_schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema 2020-12."""
        return {"type": "string", "enum": list(self.words)}


class Email(Kind):
    """An e-mail address, kept in small letters."""

    json_type: ClassVar[Mapping[str, Any]] = {"type": "string", "format": "email", "maxLength": 254}
    take = staticmethod(lambda value: take_email(value))


class Day(Kind):
    """A day in London, as YYYY-MM-DD."""

    json_type: ClassVar[Mapping[str, Any]] = {"type": "string", "format": "date", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
    take = staticmethod(lambda value: take_day(value))


class PastDay(Day):
    """A day in London that has begun: what came in says so of it, and is held against the clock (`Contract.check_days`)."""


class Moment(Kind):
    """A date and time with an offset; kept in UTC with a Z."""

    json_type: ClassVar[Mapping[str, Any]] = {"type": "string", "format": "date-time", "pattern": r"(Z|[+-][0-9]{2}:?[0-9]{2})$"}
    take = staticmethod(lambda value: take_moment(value))


class NhsNumber(Kind):
    """Ten digits of which the last is a check (modulus 11); spaces are tolerated and go."""

    json_type: ClassVar[Mapping[str, Any]] = {"type": "string", "pattern": r"^ *([0-9] *){10}$", "format": "nhs-number"}
    take = staticmethod(lambda value: take_nhs_number(value))


class Number(Kind):
    """A whole number from 0 up."""

    json_type: ClassVar[Mapping[str, Any]] = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
    take = staticmethod(lambda value: take_number(value))


class YesNo(Kind):
    """True or false."""

    json_type: ClassVar[Mapping[str, Any]] = {"type": "boolean"}
    take = staticmethod(lambda value: take_yes_no(value))


class Whatever(Kind):
    """An object taken as it is: the data of somebody else's event, carried on."""

    json_type: ClassVar[Mapping[str, Any]] = {"type": "object"}
    take = staticmethod(lambda value: take_object(value))


def take_text(value: Any, longest: int) -> str:
    """Take a text of 1 to `longest` characters."""
    if not isinstance(value, str):
        raise ValueError("must be a text")
    text = value.strip()
    if not text:
        raise ValueError("is empty")
    if len(text) > longest:
        raise ValueError(f"is longer than {longest} characters")
    if not text.isprintable() and (_CONTROL.search(text) or not encodes(text)):
        raise ValueError("holds a character that cannot be stored")
    return text


def take_word(value: Any, words: tuple[str, ...]) -> str:
    """Take one of `words`."""
    if not isinstance(value, str) or value not in words:
        raise ValueError(f"must be one of {', '.join(words)}")
    return value


def take_email(value: Any) -> str:
    """Take an address that has the shape of one."""
    text = take_text(value, 254)
    if not _EMAIL.fullmatch(text):
        raise ValueError("must be an e-mail address")
    return text.lower()


def take_day(value: Any) -> str:
    """Take YYYY-MM-DD."""
    try:
        if value[4] != "-" or value[7] != "-":  # fromisoformat takes weeks and runs of digits, too
            raise ValueError
        day = date.fromisoformat(value)
    except (ValueError, TypeError, IndexError, KeyError):
        raise ValueError("must be a date as YYYY-MM-DD") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError("is not a date of our times")
    return day.isoformat()


def take_moment(value: Any) -> str:
    """Take an ISO 8601 date and time with an offset."""
    try:
        when = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise ValueError("must be a date and time in ISO 8601") from None
    if when.tzinfo is None:
        raise ValueError("must have an offset, such as Z or +01:00")
    if not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise ValueError("is not a date of our times")
    return when.astimezone(UTC).isoformat()[:-6] + "Z"


def take_nhs_number(value: Any) -> str:
    """Take ten digits whose check digit is right."""
    if not isinstance(value, str):
        raise ValueError("must be a text of ten digits")
    number = value.replace(" ", "")
    if len(number) != 10 or not (number.isascii() and number.isdigit()):
        raise ValueError(f"{BAD_CHECK}: it must have ten digits")
    digits = number.encode()
    # 48 is the code of "0", and the ten weights of the check sum to 55: 55 * 48 is their part of the sum.
    total = (10 * digits[0] + 9 * digits[1] + 8 * digits[2] + 7 * digits[3] + 6 * digits[4] + 5 * digits[5]
             + 4 * digits[6] + 3 * digits[7] + 2 * digits[8] + digits[9])
    if (total - 55 * 48) % 11:
        raise ValueError(BAD_CHECK)
    return number


def is_placeholder(number: str) -> bool:
    """Say whether an NHS number is one digit ten times: its check is right, and people write it for want of a number."""
    return len(set(number)) == 1


def take_number(value: Any) -> int:
    """Take a whole number from 0 to what four bytes hold."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError("must be a whole number")
    return value


def take_yes_no(value: Any) -> bool:
    """Take true or false, nothing that merely resembles them."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def take_object(value: Any) -> dict[str, Any]:
    """Take an object as it is."""
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    return value
