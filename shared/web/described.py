"""What an operation of the API answers, for the OpenAPI document; nothing is made by these shapes, they only describe it.

Every field is there in each answer unless it says otherwise; one that may say nothing is null.
"""
from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

import marshmallow as ma
from marshmallow import fields

from shared.web.problem_kinds import name_of
from shared.web.problems import PAGE_LIMIT

#: What may be wrong with anything that is sent, besides what is wrong with who sends it.
SENT = (400, 413, 415, 422)
#: What is asked of whoever needs a permission.
SIGNED_IN = (401, 403)

LIMIT = {"in": "query", "name": "limit", "description": "most items of the page; 50 unless said",
         "schema": {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT}}
PAGING = [{"in": "query", "name": "after", "description": "`next` of the page before", "schema": {"type": "string", "maxLength": 200}}, LIMIT]
ONCE = {"in": "header", "name": "Idempotency-Key", "schema": {"type": "string", "maxLength": 200},
        "description": "Makes a repeat safe: the same key with the same body is answered as it was the first time, for 7 days."}
IF_MATCH = {"in": "header", "name": "If-Match", "schema": {"type": "string"}, "example": '"3"',
            "description": "The ETag that was read: answered 412 where somebody changed it meanwhile."}
#: Headers of what is answered.
GIVEN = {"ETag": "The version, to be sent as `If-Match` with a change", "Location": "Where it is from now on"}
SEEN, MADE = ("ETag",), ("Location", "ETag")


class Shown(ma.Schema):
    """Base of what is answered: more fields may come, and are to be ignored."""

    class Meta:
        """Marshmallow's settings; apispec takes the description from here."""

        unknown = ma.EXCLUDE
        description = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Describe each shape by its own words."""
        super().__init_subclass__(**kwargs)
        setattr(cls, "Meta", type("Meta", (Shown.Meta,), {"description": inspect.cleandoc(cls.__doc__ or "")}))  # noqa: B010


def text(description: str = "", *, null: bool = False, must: bool = True, example: str = "") -> fields.String:
    """Describe a text; `null`: it may say nothing, `must` False: it may be left out."""
    said = {**_said(description), **({"examples": [example]} if example else {})}
    return fields.String(required=must, allow_none=null, metadata=said)


def id_of(description: str = "", *, null: bool = False, must: bool = True) -> fields.String:
    """Describe an id."""
    return fields.String(required=must, allow_none=null, metadata={"format": "uuid", **_said(description)})


def choice(*words: str, description: str = "", null: bool = False, must: bool = True) -> fields.String:
    """Describe one word of a closed list."""
    allowed = ma.validate.OneOf([*words, None] if null else words)
    return fields.String(required=must, allow_none=null, validate=allowed, metadata=_said(description))


def choices(*words: str, description: str = "") -> fields.List[Any]:
    """Describe a list of words of a closed list."""
    return fields.List(choice(*words), required=True, metadata=_said(description))


def day(description: str = "", *, null: bool = True, must: bool = True) -> fields.String:
    """Describe a day in London, YYYY-MM-DD."""
    return fields.String(required=must, allow_none=null, metadata={"format": "date", "description": description or "a day in London"})


def moment(description: str = "", *, null: bool = False, must: bool = True) -> fields.String:
    """Describe a moment, ISO 8601 with its offset; ours are in UTC."""
    return fields.String(required=must, allow_none=null, metadata={"format": "date-time", "description": description or "UTC"})


def number(description: str, *, null: bool = False) -> fields.Integer:
    """Describe a whole number; the description gives its unit."""
    return fields.Integer(required=True, allow_none=null, metadata=_said(description))


def yes_no(description: str = "", *, null: bool = False, must: bool = True) -> fields.Boolean:
    """Describe what is true or false; `null`: nobody may have said."""
    return fields.Boolean(required=must, allow_none=null, metadata=_said(description))


def texts(description: str = "", *, must: bool = True) -> fields.List[Any]:
    """Describe a list of texts."""
    return fields.List(fields.String(), required=must, metadata=_said(description))


def many(shape: type[ma.Schema], description: str = "", *, null: bool = False, must: bool = True) -> fields.List[Any]:
    """Describe a list of one shape."""
    return fields.List(fields.Nested(shape), required=must, allow_none=null, metadata=_said(description))


def one(shape: type[ma.Schema], description: str = "", *, null: bool = True, must: bool = True) -> fields.Nested:
    """Describe an object of a shape; null where there is none, unless `null` is False."""
    return fields.Nested(shape, required=must, allow_none=null, metadata=_said(description))


def page_of(shape: type[ma.Schema]) -> type[ma.Schema]:
    """Describe one page of a list of a shape."""
    return type(f"{shape.__name__}Page", (Shown,), {
        "__doc__": "One page of a list.", "items": many(shape),
        "next": text("the `after` of the following page; null on the last", null=True)})


def answered(shape: type[ma.Schema] | None, status: int = 200, words: str = "As it stands now", errors: Iterable[int] = (),
            gives: Sequence[str] = (), example: Any = None) -> dict[str, Any]:
    """Describe an answer and the errors that may come in its place; `gives` are names of GIVEN.

    Without a shape the answer has no body. Errors that may come anywhere, 500 and 503, are described as the default.
    """
    made: dict[str, Any] = {"description": words}
    if shape is not None:
        made["content"] = {"application/json": {"schema": shape, **({"example": example} if example else {})}}
    if gives:
        made["headers"] = {name: {"description": GIVEN[name], "schema": {"type": "string"}} for name in gives}
    return {"responses": {str(status): made, **problems(*errors)}}


def problems(*statuses: int) -> dict[str, str]:
    """Name the errors that may come, each described in one place for all operations."""
    return {str(status): name_of(status) for status in sorted(set(statuses))}


def reads(shape: type[ma.Schema] | None, *errors: int, words: str = "As it stands now", gives: Sequence[str] = (),
          parameters: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """Describe an operation that only reads, for some roles; `errors` come besides those of the sign-in."""
    return {**answered(shape, 200, words, (*SIGNED_IN, *errors), gives), **({"parameters": list(parameters)} if parameters else {})}


def writes(shape: type[ma.Schema] | None, *errors: int, status: int = 200, words: str = "As it stands now", gives: Sequence[str] = (),
           example: Any = None) -> dict[str, Any]:
    """Describe an operation that writes, for some roles; `errors` come besides those of sign-in and body.

    With 412 among them it takes If-Match, with 428 it asks for it.
    """
    seen = [{**IF_MATCH, "required": 428 in errors}] if 412 in errors else []
    return {**answered(shape, status, words, (*SIGNED_IN, *SENT, *errors), gives, example), "parameters": [*seen, ONCE]}


def file_of(*errors: int, words: str, types: Iterable[str]) -> dict[str, Any]:
    """Describe an operation that gives a file of one of some media types, for some roles."""
    content = {name: {"schema": {"type": "string", **({} if name.startswith("text/") else {"format": "binary"})}} for name in types}
    headers = {"Content-Disposition": {"description": "`attachment`, with the name of the file", "schema": {"type": "string"}}}
    return {"responses": {"200": {"description": words, "content": content, "headers": headers}, **problems(*SIGNED_IN, *errors)}}


def _said(description: str) -> dict[str, Any]:
    return {"description": description} if description else {}
