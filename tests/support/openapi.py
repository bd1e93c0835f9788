"""An OpenAPI document, and what of a real answer it does not say."""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs

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

    def faults(self, path: str, method: str, status: int, media: str, body: Any) -> list[str]:
        """Say in what an answer differs from what its operation says; `body` is what the JSON of it says, else None."""
        said = self.answers(self.told["paths"][path][method]).get(str(status))
        if said is None:
            return [f"{status} is not said by name"]
        content = said.get("content", {})
        if media not in content:
            return [f"{media or 'no body'} is not said of {status}"] if content or media else []
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
