"""What each error of the API means to whoever wrote the program that meets it, for the OpenAPI document."""
from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple


class Kind(NamedTuple):
    """An error: what it means, what of the problem says more, and the header that comes with it."""

    words: str
    said: dict[str, Any]
    header: str = ""


HEADERS = {"WWW-Authenticate": "The scheme that is expected: Bearer", "Retry-After": "Seconds to wait before asking again"}
#: Any other error; what each operation may answer besides is listed with it.
OTHERS = ("Any other error: 500 is our own mistake; 503, with `Retry-After`, says that something needed is away for the moment. "
          "It is safe to send a request again that has an `Idempotency-Key`.")

KINDS = {
    400: Kind("No JSON, and where it is wrong; or an `Idempotency-Key` of more than 200 characters. Mend it.",
              {"detail": "The body is not JSON: Expecting ',' delimiter at line 3, column 14."}),
    401: Kind("No token, or one that is no longer good. Get a new one.",
              {"detail": "Send a bearer token: Authorization: Bearer <token>."}, "WWW-Authenticate"),
    403: Kind("Whoever asks may not do this. Asking again will not change it.",
              {"detail": "Your role does not let you do this (directory:write)."}),
    404: Kind("There is nothing of that id, or it is not for whoever asks to see: the two are answered alike.",
              {"detail": "There is no such referral."}),
    409: Kind("As things stand it cannot be done: `rule` names the rule that refuses, `help` says what would change the answer.",
              {"title": "Refused by a rule", "detail": "This person may already be with us: say why you send it.", "rule": "R-13",
               "help": "Check the name, the date of birth and the NHS number; if they are right, send it again with duplicate_reason.",
               "errors": [{"pointer": "/duplicate_reason", "detail": "This person may already be with us: say why you send it."}]}),
    412: Kind("It has changed since the `ETag` in `If-Match` was read. Read it again, then decide again.",
              {"detail": "It has changed since you last saw it.", "help": "GET it again, then decide again."}),
    413: Kind("The body is larger than 1 MB, or a file in it larger than a file may be.",
              {"detail": "What you sent is larger than 1 MB, the most that is taken here.", "help": "Send less at once."}),
    415: Kind("The body is of a type that is not taken here. Set `Content-Type`.",
              {"detail": "Send JSON: Content-Type: application/json."}),
    422: Kind("Part of the body or of the query is wrong: `errors` says all of it at once, each at its JSON pointer. "
              "Also an `Idempotency-Key` that was used with another body.",
              {"detail": "Some of what was sent is not right.",
               "errors": [{"pointer": "/citizen/nhs_number", "detail": "fails the check of an NHS number"}]}),
    428: Kind("`If-Match` is missing. Read it first; its `ETag` is in the answer.",
              {"detail": "Send If-Match with the ETag you last saw.", "help": "GET it first; the ETag is in the answer."}),
    429: Kind("Asked too often who may be with the Pod (R-13). Wait as long as `Retry-After` says.",
              {"title": "Asked too often", "detail": "You have sent many referrals of people who may already be with us.", "rule": "R-13"},
              "Retry-After"),
    503: Kind("Something needed is away for the moment. Send it again later; with an `Idempotency-Key` it is done once.",
              {"detail": "The server is temporarily unable to service your request. Please try again later."}, "Retry-After"),
}


def name_of(status: int) -> str:
    """Give the name an error has in the document."""
    return HTTPStatus(status).name


def responses(schema: Any, media_type: str) -> dict[str, dict[str, Any]]:
    """Give the description of every error by its name, each with a problem as it is answered."""
    made = {name_of(status): _response(status, kind, schema, media_type) for status, kind in KINDS.items()}
    return {**made, "DEFAULT_ERROR": {"description": OTHERS, "content": {media_type: {"schema": schema}}}}


def _response(status: int, kind: Kind, schema: Any, media_type: str) -> dict[str, Any]:
    example = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, **kind.said}
    made: dict[str, Any] = {"description": kind.words, "content": {media_type: {"schema": schema, "example": example}}}
    if kind.header:
        made["headers"] = {kind.header: {"description": HEADERS[kind.header], "schema": {"type": "string"}}}
    return made
