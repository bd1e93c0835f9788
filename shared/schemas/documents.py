"""Documents made of the contracts: AsyncAPI, the event page, JSON Schemas; `python -m shared.schemas.documents`."""
from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from shared.schemas import INTAKE, REGISTRY, Contract
from shared.schemas.shape import ListOf, Part, json_schema, kinds_of, paths

EVENT_PAGE = Path("docs/events.md")
ASYNCAPI = Path("docs/asyncapi.yaml")
#: Beside the publisher, and shipped with it: one file for each event another system may send.
PUBLISHER_SCHEMAS = Path("shared/publisher_schemas")
DIALECT = "https://json-schema.org/draft/2020-12/schema"
MADE = "Made from the contracts by `python -m shared.schemas.documents`; changes made here are lost."


def documents() -> dict[Path, str]:
    """Give the text of each document by its path in the checkout."""
    made = {EVENT_PAGE: event_page(), ASYNCAPI: asyncapi()}
    for contract in REGISTRY:
        if contract.exchange == INTAKE:
            made[PUBLISHER_SCHEMAS / f"{contract.name}.{contract.version}.json"] = schema_text(contract)
    return made


def schema_text(contract: Contract) -> str:
    """Give the JSON Schema of an event's data."""
    schema = {"$schema": DIALECT, "$id": contract.urn, "title": contract.name, "description": contract.purpose,
              **json_schema(contract.shape)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def asyncapi() -> str:
    """Give the AsyncAPI 3.0 document: what others send us, and what we send."""
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": "The Pod suite", "version": "1.0.0", "license": {"name": "MIT"},
                 "description": f"CloudEvents 1.0 in JSON over RabbitMQ. {MADE}"},
        "defaultContentType": "application/cloudevents+json",
        "channels": {f"{c.name}.{c.version}": _channel(c) for c in REGISTRY},
        "operations": {f"{c.name}.{c.version}": _operation(c) for c in REGISTRY},
        "components": {"messages": {f"{c.name}.{c.version}": _message(c) for c in REGISTRY},
                       "schemas": {"envelope": ENVELOPE}},
    }
    return f"# {MADE}\n" + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _channel(contract: Contract) -> dict[str, Any]:
    name = f"{contract.name}.{contract.version}"
    return {"address": contract.name, "description": contract.purpose,
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "bindings": {"amqp": {"is": "routingKey", "bindingVersion": "0.3.0",
                                  "exchange": {"name": contract.exchange, "type": "topic", "durable": True}}}}


def _operation(contract: Contract) -> dict[str, Any]:
    name = f"{contract.name}.{contract.version}"
    return {"action": "receive" if contract.exchange == INTAKE else "send",
            "channel": {"$ref": f"#/channels/{name}"}, "summary": contract.purpose,
            "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}]}


def _message(contract: Contract) -> dict[str, Any]:
    own = {"properties": {"type": {"const": contract.name}, "dataschema": {"const": contract.urn},
                          "data": json_schema(contract.shape)}}
    message = {"name": contract.name, "title": contract.name, "summary": contract.purpose,
               "payload": {"allOf": [{"$ref": "#/components/schemas/envelope"}, own]}}
    if contract.personal:
        message["x-personal"] = contract.personal
    return message


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "maxLength": 255, "description": description}


ENVELOPE: dict[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": _text("the same id from the same source is the same event"),
        "source": _text("who says so, as a URI; ours are urn:pod:<service>"),
        "type": _text("the event's name"),
        "time": {"type": "string", "format": "date-time", "description": "when it happened, with an offset"},
        "subject": _text("whom or what it is about"),
        "dataschema": _text("urn:pod:<event name>:<version>; absent means version 1"),
        "recordedtime": {"type": "string", "format": "date-time",
                         "description": "when its sender recorded it; absent means time. Of two reports about one "
                                        "thing the one recorded last stands"},
        "about": _text("the key this event is a statement about"),
        "revision": {"type": "integer", "minimum": 0, "description": "counts the statements about one key"},
        "withdrawn": {"type": "boolean", "description": "true: takes back what stands under about"},
        "replayed": {"type": "boolean", "description": "true: sent again from what was recorded, at any age"},
        "correlationid": _text("the same through a whole chain of events"),
        "causationid": _text("the id of the event that caused this one"),
        "traceparent": _text("W3C trace context"),
        "data": {"type": "object"},
    },
}


def event_page() -> str:
    """Give the page that lists every event for a reader."""
    parts = ["# Events", "", MADE, "",
             "What other systems send goes to the exchange `pod.intake`, what the suite itself announces to "
             "`pod.events`; the routing key is the event's name. Every event is a CloudEvent 1.0 in JSON "
             "(`application/cloudevents+json`) with `id`, `source`, `type`, `time` and `data`. Times are ISO 8601 "
             "with an offset, plain dates are days in London. Readers ignore fields they do not know. "
             "Fields marked with * are personal; why each is there is said beside it.", ""]
    for heading, exchange in (("What other systems send", INTAKE), ("What the suite announces", None)):
        chosen = [c for c in REGISTRY if (c.exchange == INTAKE) == (exchange == INTAKE)]
        parts += [f"## {heading}", ""]
        for contract in chosen:
            parts += _event(contract)
    return "\n".join(parts).rstrip() + "\n"


def _event(contract: Contract) -> Iterator[str]:
    yield f"### {contract.name} (version {contract.version})"
    yield ""
    yield f"{contract.purpose} Published by {contract.publisher}."
    yield ""
    yield "| field | kind | needed | what for |"
    yield "| --- | --- | --- | --- |"
    for path, kind in paths(contract.shape):
        why = kind.metadata.get("personal", "")
        said = "; ".join(text for text in (kind.metadata.get("purpose", ""), why) if text)
        yield f"| `{path}`{'*' if why else ''} | {_kind(kind)} | {'yes' if kind.required else ''} | {said} |"
    yield ""


def _kind(kind: Any) -> str:
    if isinstance(kind, ListOf):
        return f"list of {_kind(kind.inner)}"
    if isinstance(kind, Part):
        return f"object of {len(kinds_of(kind.shape))} fields"
    schema = kind.json_schema()
    if "enum" in schema:
        return "one of " + ", ".join(f"`{word}`" for word in schema["enum"])
    formats = {"date": "date", "date-time": "date and time", "email": "e-mail address", "nhs-number": "NHS number"}
    return formats.get(schema.get("format", ""), str(schema["type"]))


def stale() -> list[Path]:
    """Give the documents that differ from the contracts, and those that should be gone."""
    made = documents()
    differing = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    return differing + [path for path in sorted(PUBLISHER_SCHEMAS.glob("*.json")) if path not in made]


def main(argv: list[str]) -> int:
    """Write every document, or with --check name the stale ones (1) or none (0). Run in the checkout's root."""
    if argv == ["--check"]:
        for path in (found := stale()):
            print(f"{path} is stale: run python -m shared.schemas.documents", file=sys.stderr)
        return 1 if found else 0
    made = documents()
    for path in stale():
        if path in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
