"""An OpenAPI document, and what of a real answer it does not say."""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
from flask import Flask, Response, request

METHODS = ("get", "post", "put", "patch", "delete")
Operation = dict[str, Any]


def path_of(rule: str) -> str:
    """Give the path of a route as the document writes it: /members/{id}."""
    return re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule)


class Document:
    """The OpenAPI document of one service."""

    def __init__(self, told: dict[str, Any]):
        self.told = told

    def operations(self) -> Iterator[tuple[str, str, Operation]]:
        """Give every operation: path, method in small letters, what is said of it."""
        for path, methods in self.told["paths"].items():
            yield from ((path, method, operation) for method, operation in methods.items() if method in METHODS)

    def parameters(self, path: str, operation: Operation) -> dict[str, dict[str, Any]]:
        """Give the parameters of an operation by name."""
        listed = [*self.told["paths"][path].get("parameters", []), *operation.get("parameters", [])]
        return {one["name"]: one for one in map(self.at, listed)}

    def answers(self, operation: Operation) -> dict[str, dict[str, Any]]:
        """Give what an operation says it answers, by status."""
        return {str(status): self.at(answer) for status, answer in operation["responses"].items()}

    def at(self, thing: Any) -> Any:
        """Give what a reference leads to; anything else as it is."""
        while isinstance(thing, dict) and "$ref" in thing:
            found: Any = self.told
            for part in thing["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            thing = found
        return thing

    def faults(self, path: str, method: str, status: int, media: str | None, body: Any) -> list[str]:
        """Say in what an answer differs from what its operation says; `body` is what the JSON of it says, else None."""
        said = self.answers(self.told["paths"][path][method]).get(str(status))
        if said is None:
            return [f"{status} is not said by name"]
        content, media = said.get("content", {}), media or ""
        if media not in content:
            # of an answer without a body a server names a type all the same
            return [f"{media or 'no body'} is not said of {status}"] if content or status != 204 else []
        if not media.endswith("json"):
            return []
        schema = content[media]["schema"]
        return [*self._wrong(schema, body), *self._unsaid(schema, body)]

    def _wrong(self, schema: Any, body: Any) -> Iterator[str]:
        whole = {**schema, "components": self.told["components"]}
        for fault in jsonschema_rs.Draft202012Validator(whole, validate_formats=True).iter_errors(body):
            yield f"/{'/'.join(map(str, fault.instance_path))}: {fault.message[:200]}"

    def _unsaid(self, schema: Any, value: Any, at: str = "") -> Iterator[str]:
        """Find fields that are answered and not described."""
        schema = self.at(schema)
        if either := schema.get("anyOf"):
            schema = next((self.at(one) for one in either if self.at(one).get("type") != "null"), {})
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._unsaid(schema.get("items", {}), item, f"{at}/{index}")
        elif isinstance(value, dict) and "properties" in schema:
            for name, inner in value.items():
                if name not in schema["properties"]:
                    yield f"{at}/{name} is not described"
                yield from self._unsaid(schema["properties"].get(name, {}), inner, f"{at}/{name}")


class Witness:
    """Holds every answer of an app's API against its document, whoever asked."""

    def __init__(self, app: Flask):
        self.document = Document(app.test_client().get("/api/v1/openapi.json").json or {})
        self.seen: set[tuple[str, str, str]] = set()
        self.faults: list[str] = []
        app.after_request_funcs.setdefault(None, []).append(self.look)

    def look(self, response: Response) -> Response:
        """Note what was answered, and in what it is not as described."""
        path, method = path_of(request.url_rule.rule) if request.url_rule else "", request.method.lower()
        if method in self.document.told["paths"].get(path, {}):
            self.seen.add((method, path, str(response.status_code)))
            found = self.document.faults(path, method, response.status_code, response.mimetype, response.get_json(silent=True))
            self.faults += [f"{method.upper()} {path} {response.status_code}: {fault}" for fault in found]
        return response

    def unseen(self, *begin: str) -> set[tuple[str, str, str]]:
        """Give the answers that are described, of statuses that begin so, and never came."""
        return {(method, path, status) for path, method, operation in self.document.operations()
                for status in self.document.answers(operation) if status.startswith(begin)} - self.seen
