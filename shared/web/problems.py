"""Errors of the API as RFC 9457 problem+json, paging, and the OpenAPI document that describes both."""
from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import marshmallow as ma
from flask import Flask, Response, current_app, request
from flask_smorest import Api
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from shared.ledger.types import Refused
from shared.web.problem_kinds import responses

MEDIA_TYPE = "application/problem+json"
#: Most items of one page; a longer list is a report, and a report is a file.
PAGE_LIMIT = 200


class ProblemError(ma.Schema):
    """One thing wrong with what was sent."""

    class Meta:
        """More members may come, and are to be ignored."""

        unknown = ma.EXCLUDE

    pointer = ma.fields.String(required=True, metadata={"description": "JSON pointer into the body, or / and the name of the parameter"})
    detail = ma.fields.String(required=True, metadata={"description": "what is wrong with it, for people"})


class ProblemSchema(ma.Schema):
    """An error as RFC 9457 has it, with the rule that forbade the act where one did."""

    class Meta:
        """More members may come, and are to be ignored."""

        unknown = ma.EXCLUDE

    type = ma.fields.String(required=True, metadata={"description": "about:blank: the status says what kind it is"})
    title = ma.fields.String(required=True, metadata={"description": "the kind of error in a few words"})
    status = ma.fields.Integer(required=True, metadata={"description": "the HTTP status once more"})
    detail = ma.fields.String(required=True, metadata={"description": "what is wrong this time, for people"})
    rule = ma.fields.String(metadata={"description": "id of the rule that refuses, such as R-13; left out where none does"})
    help = ma.fields.String(metadata={"description": "what would change the answer; left out where nothing is to be said"})
    errors = ma.fields.List(ma.fields.Nested(ProblemError), metadata={"description": "all that is wrong with what was sent"})


class PodProblem(HTTPException):
    """An error on its way to the caller; `data` holds the members of the problem."""

    def __init__(self, status: int, data: dict[str, Any], headers: Mapping[str, str]):
        super().__init__(data.get("detail"))
        self.code = status
        self.data = data
        self.extra_headers = dict(headers)

    @property
    def name(self) -> str:
        """Name the error in words."""
        return str(self.data.get("title") or HTTP_STATUS_CODES.get(self.code or 500, "Error"))


def problem(status: int, detail: str = "", *, title: str = "", rule: str = "", help: str = "",
            errors: Iterable[Mapping[str, str]] = (), headers: Mapping[str, str] | None = None) -> NoReturn:
    """Answer this request with an error: problem+json on the API, a page elsewhere.

    `errors` are {pointer, detail}; `rule` is the id of the rule that refuses, `help` what would change the answer.
    """
    data = {"detail": detail, "title": title, "rule": rule, "help": help, "errors": [dict(one) for one in errors]}
    raise PodProblem(status, {name: value for name, value in data.items() if value}, headers or {})


def refused(refusal: Refused) -> NoReturn:
    """Answer a command the domain refused: 422 where one field is to blame, else 409."""
    pointer = "/" + refusal.field.replace(".", "/") if refusal.field else ""
    errors = [{"pointer": pointer, "detail": refusal.reason}] if pointer else []
    problem(422 if pointer else 409, refusal.reason, title="Refused by a rule", rule=refusal.rule,
            help=refusal.help, errors=errors)


class ProblemApi(Api):  # type: ignore[misc]
    """flask-smorest, answering every error as a problem, and describing itself when first asked to.

    To describe referrals took two fifths of the time of making their app, and most processes are never asked.
    """

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask, **options: Any):
        self._spec: Any = None
        self._undescribed: list[Any] = []
        self._describing = threading.RLock()
        super().__init__(app, **options)

    def register_blueprint(self, blp: Any, **options: Any) -> None:
        """Serve a blueprint, to be described later."""
        # what Api.register_blueprint does, without its last two steps
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp, **options)
        self._undescribed.append(blp)

    @property
    def spec(self) -> Any:
        """Describe what is not yet described, and give the whole."""
        with self._describing:
            while self._undescribed:
                blueprint = self._undescribed.pop(0)
                blueprint.register_views_in_doc(self, self._app, self._spec, name=blueprint.name, parameters=None)
                self._spec.tag({"name": blueprint.name, "description": blueprint.description})
        return self._spec

    @spec.setter
    def spec(self, spec: Any) -> None:
        self._spec = spec

    def _register_error_handlers(self) -> None:
        """Leave the handlers to `shared.web.errors`, which serves pages too."""

    def _register_responses(self) -> None:
        # private to flask-smorest, but the only way to document the errors' own words and media type
        for name, response in responses(self.ERROR_SCHEMA, MEDIA_TYPE).items():
            self.spec.components.response(name, response, lazy=True)


def answer(error: HTTPException) -> Response:
    """Write an error as problem+json."""
    data = getattr(error, "data", None) or {}
    body: dict[str, Any] = {"type": "about:blank", "title": error.name, "status": error.code}
    body["detail"] = data.get("detail") or data.get("message") or error.description or error.name
    body |= {name: data[name] for name in ("title", "rule", "help") if data.get(name)}
    if errors := data.get("errors") or list(_pointers(data.get("messages") or {})):
        body["errors"] = errors
    response = Response(current_app.json.dumps(body), error.code or 500, mimetype=MEDIA_TYPE)
    response.headers.extend(headers_of(error))
    return response


def headers_of(error: HTTPException) -> dict[str, str]:
    """Give the headers an error brings: Allow, WWW-Authenticate, Retry-After and its own."""
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "WWW-Authenticate", "Retry-After")}
    data = getattr(error, "data", None) or {}
    return kept | dict(data.get("headers") or {}) | dict(getattr(error, "extra_headers", {}))


def _pointers(messages: Any, path: str = "") -> Iterable[dict[str, str]]:
    # webargs puts the place ("json", "query") first and marshmallow nests by field
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            at_top = not path and name in ("json", "query", "headers", "path", "json_or_form", "form")
            yield from _pointers(inner, path if at_top else f"{path}/{str(name).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(messages, (list, tuple)):
        for inner in messages:
            yield from _pointers(inner, path)
    else:
        yield {"pointer": path.removesuffix("/_schema"), "detail": str(messages)}


class PageArguments(ma.Schema):
    """Which part of a list is wanted."""

    class Meta:
        """Other parameters are the view's own."""

        unknown = ma.EXCLUDE

    limit = ma.fields.Integer(load_default=50, validate=ma.validate.Range(1, PAGE_LIMIT))
    after = ma.fields.String(load_default="", validate=ma.validate.Length(max=200))


class Pager:
    """Bounded paging in the body: `{items: [...], next: "..." | null}`.

    `next` is the `after` of the following page. The view fetches `pager.fetch` rows, one more than it shows.
    """

    def __init__(self, limit: int = 50, after: str = ""):
        self.limit, self.after = limit, after

    @classmethod
    def of_request(cls) -> Pager:
        """Read `limit` and `after` from the query; a wrong one is a 422."""
        try:
            wanted = PageArguments().load(request.args.to_dict())
        except ma.ValidationError as fault:
            problem(422, "The paging is not valid.", errors=list(_pointers(fault.messages)))
        return cls(wanted["limit"], wanted["after"])

    @property
    def fetch(self) -> int:
        """Say how many rows to ask the database for."""
        return self.limit + 1

    def page(self, rows: Iterable[Any], key: str = "id") -> dict[str, Any]:
        """Make the body of one page out of the rows fetched; `key` is what the list is ordered by."""
        items = list(rows)
        more = len(items) > self.limit
        shown = items[:self.limit]
        return {"items": shown, "next": str(shown[-1][key]) if more else None}


def make_api(app: Flask, title: str, prefix: str) -> ProblemApi:
    """Set up the API of one service, described as OpenAPI 3.1 at `/<prefix>/api/v1/openapi.json`."""
    app.config.update(API_TITLE=title, API_VERSION="1", OPENAPI_VERSION="3.1.0", OPENAPI_URL_PREFIX="/api/v1",
                      OPENAPI_JSON_PATH="openapi.json")
    app.before_request(_json_only)
    api = ProblemApi(app, spec_kwargs={"servers": [{"url": prefix}], "security": [{"bearer": []}]})
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    return api


def _json_only() -> None:
    files = getattr(request, "takes_files", 0)  # said by shared.web.uploads, which builds on this file
    if request.path.startswith("/api/") and request.content_length and not request.is_json and not files:
        problem(415, "Send JSON: Content-Type: application/json.")
