"""The client with which another system publishes its events to the Pod suite: this file, its schemas, and pika.

    with Publisher("amqps://hospital:...@broker.example/") as publisher:
        publisher.publish("hospital.admitted", {"nhs_number": "943 476 5919", "stay_id": "V100"}, source="urn:my:pas")

`publish` returns once the broker has the event on disk, and raises one of the classes below otherwise. The
same id again is the same event: whoever is not sure may publish again with `id=` and changes nothing.
"""
from __future__ import annotations

import argparse
import glob
import importlib
import json
import logging
import os
import random
import re
import sys
import time as clock
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pika
import pika.exceptions as amqp
from pika.adapters.utils.connection_workflow import AMQPConnectorException

EXCHANGE = "pod.intake"
CONTENT_TYPE = "application/cloudevents+json"
SCHEMAS = Path(__file__).with_name("publisher_schemas")
#: Tries of one event within its timeout; the waits between them double from a quarter of a second.
TRIES = 6
LARGEST = 1024 * 1024


class PublishError(Exception):
    """An event that was not published; `exit_code` is that of the command, `event_id` the id that was tried."""

    exit_code = 1
    event_id: str | None = None


class Invalid(PublishError):
    """The event breaks its contract, so it was not sent; the message names each field."""

    exit_code = 2


class Unreachable(PublishError):
    """Nobody answered in time. The event may have arrived all the same: try again with the same id."""

    exit_code = 3


class AccessRefused(PublishError):
    """The account, its password or token is not good for this. Trying again does not help."""

    exit_code = 4


class Unroutable(PublishError):
    """The broker has nobody to give the event to: the suite is not set up on it, or this is another broker."""

    exit_code = 5


class Blocked(PublishError):
    """The broker takes no events at present (it is short of memory or disk). Try again later with the same id."""

    exit_code = 6


class Rejected(PublishError):
    """The broker or the suite said no to this event, several times. Try again later with the same id."""

    exit_code = 7


class Publisher:
    """Publishes events over one connection to RabbitMQ, made on first use and again when it was lost.

    `url` is `amqp://` or `amqps://user:password@host/vhost`; `schemas` the folder of the JSON Schemas.
    Not for use by several threads at once.
    """

    def __init__(self, url: str, schemas: Path = SCHEMAS):
        if not re.match("amqps?://", url):
            raise Unreachable("The broker's address must be amqp:// or amqps://user:password@host/vhost.")
        self._parameters = pika.URLParameters(url)
        self.schemas = schemas
        self._connection: Any = None
        self._channel: Any = None
        self._blocked = False
        self._expired = False

    def __enter__(self) -> Publisher:
        """Give the publisher itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def publish(self, type: str, data: dict[str, Any], *, source: str, time: datetime | str | None = None,
                id: str | None = None, recordedtime: datetime | str | None = None, timeout: float = 30) -> str:
        """Publish one event and give its id once it is safe with the broker.

        `time` is when it happened (default now), `recordedtime` when you recorded it (default `time`): datetimes
        with a time zone, or ISO 8601 with an offset. Raises a PublishError at the latest after `timeout` seconds.
        """
        event = make_event(self.schemas, type, data, source=source, time=time, id=id, recordedtime=recordedtime)
        body = encode(event)
        try:
            _insist(lambda left: self._send(event, body, left), timeout)
        except PublishError as fault:
            fault.event_id = event["id"]
            raise
        return str(event["id"])

    def close(self) -> None:
        """Close the connection; harmless twice."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None and connection.is_open:
            with suppress(amqp.AMQPError, OSError):
                connection.close()

    def _send(self, event: dict[str, Any], body: bytes, left: float) -> None:
        """Send once, waiting for the confirm at most `left` seconds; whatever fails also ends the connection."""
        self._blocked = self._expired = False
        try:
            channel = self._ready(left)
            alarm = self._connection._impl._adapter_call_later(left, self._expire)
            channel.basic_publish(EXCHANGE, event["type"], body, mandatory=True, properties=pika.BasicProperties(
                message_id=event["id"], type=event["type"], content_type=CONTENT_TYPE, delivery_mode=2,
                timestamp=int(datetime.fromisoformat(event["time"]).timestamp())))
            self._connection._impl._adapter_remove_timeout(alarm)
        except (amqp.AMQPError, AMQPConnectorException, OSError) as fault:
            self.close()
            raise self._meaning(fault) from fault

    def _ready(self, left: float) -> Any:
        if self._connection is None or not self._connection.is_open or not self._channel.is_open:
            self._parameters.socket_timeout = self._parameters.stack_timeout = max(0.1, min(left, 10))
            self._connection = pika.BlockingConnection(self._parameters)
            self._connection._impl.add_on_connection_blocked_callback(self._on_blocked)
            self._channel = self._connection.channel()
            self._channel.confirm_delivery()
        return self._channel

    def _on_blocked(self, *_: Any) -> None:
        self._blocked = True

    def _expire(self) -> None:
        """Cut the socket: a broker under alarm reads nothing, so it would not hear a goodbye either."""
        self._expired = True
        # pika has no public way to abandon a connection; its own time-outs take this one
        self._connection._impl._terminate_stream(amqp.AMQPConnectionError("no confirm in time"))

    def _meaning(self, fault: Exception) -> PublishError:
        """Turn what pika raised into what it means for the caller."""
        if self._blocked:
            return Blocked("The broker takes no events at present: it is short of memory or disk.")
        if isinstance(fault, amqp.UnroutableError):
            return Unroutable(f"Nobody on this broker is there to take it: is the suite set up on it ({EXCHANGE})?")
        if isinstance(fault, amqp.NackError):
            return Rejected("The broker could not keep the event (nack).")
        code = getattr(fault, "reply_code", None)
        if code == 404:
            return Unroutable(f"This broker has no exchange {EXCHANGE}: is the suite set up on it?")
        refused = (amqp.AuthenticationError, amqp.ProbableAuthenticationError, amqp.ProbableAccessDeniedError)
        if code in (403, 530) or isinstance(fault, refused):
            return AccessRefused("The broker refused: user, password, virtual host, or what the account may publish.")
        if self._expired:
            return Unreachable("The broker did not confirm the event in time.")
        return Unreachable(f"The broker cannot be reached ({fault.__class__.__name__}).")


def newest(schemas: Path, name: str) -> tuple[int, dict[str, Any]]:
    """Give the newest version of an event and its JSON Schema. Raises Invalid for a name there is not."""
    versions = {int(path.stem.rpartition(".")[2]): path for path in schemas.glob(f"{glob.escape(name)}.[0-9]*.json")}
    if not versions:
        names = sorted({path.stem.rpartition(".")[0] for path in schemas.glob("*.json")})
        raise Invalid(f"There is no event {name}. The names are: {', '.join(names)}.")
    return max(versions), json.loads(versions[max(versions)].read_text("utf-8"))


def make_event(schemas: Path, type: str, data: Any, *, source: str, time: datetime | str | None = None,
               id: str | None = None, recordedtime: datetime | str | None = None) -> dict[str, Any]:
    """Make a CloudEvent, checked against its contract. Raises Invalid, naming every fault."""
    version, schema = newest(schemas, type)
    faults = faults_of(schema, data)
    event = {"specversion": "1.0", "id": id or str(uuid.uuid4()), "source": source, "type": type,
             "time": _moment("time", time or datetime.now(UTC), faults), "datacontenttype": "application/json",
             "dataschema": f"urn:pod:{type}:{version}", "data": data}
    if recordedtime is not None:
        event["recordedtime"] = _moment("recordedtime", recordedtime, faults)
    faults += [f"{name} must be a text of 1 to 255 characters" for name in ("id", "source")
               if not isinstance(event[name], str) or not 0 < len(event[name]) <= 255]
    if faults:
        raise Invalid(f"{type} was not sent: " + "; ".join(faults) + ".")
    return event


def encode(event: dict[str, Any]) -> bytes:
    """Write an event as JSON. Raises Invalid for what cannot be written."""
    try:
        body = json.dumps(event, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (TypeError, ValueError) as fault:
        raise Invalid(f"{event['type']} was not sent: it cannot be written as JSON ({fault.__class__.__name__}).") from None
    if len(body) > LARGEST:
        raise Invalid(f"{event['type']} was not sent: it has {len(body)} bytes, {LARGEST} are allowed.")
    return body


def faults_of(schema: dict[str, Any], value: Any, path: str = "data") -> list[str]:
    """Check a value against the JSON Schema our contracts use (by hand: pika stays all this file needs)."""
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if not isinstance(value, kinds[schema["type"]]) or (schema["type"] == "integer" and isinstance(value, bool)):
        return [f"{path} must be {'an' if schema['type'][0] in 'aeiou' else 'a'} {schema['type']}"]
    if isinstance(value, dict):
        return _object_faults(schema, value, path)
    if isinstance(value, list):
        if len(value) > schema.get("maxItems", len(value)):
            return [f"{path} has more than {schema['maxItems']} items"]
        return [fault for index, item in enumerate(value) for fault in faults_of(schema["items"], item, f"{path}.{index}")]
    if isinstance(value, str):
        return _text_faults(schema, value, path)
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return [f"{path} must be from {schema.get('minimum')} to {schema.get('maximum')}"]
    return []


def _object_faults(schema: dict[str, Any], value: dict[str, Any], path: str) -> list[str]:
    known = schema.get("properties", {})
    faults = [f"{path}.{name} is missing" for name in schema.get("required", ()) if name not in value]
    if schema.get("additionalProperties") is False:
        faults += [f"{path}.{name} is not part of the event" for name in value if name not in known]
    return faults + [fault for name, inner in value.items() if name in known
                     for fault in faults_of(known[name], inner, f"{path}.{name}")]


def _text_faults(schema: dict[str, Any], value: str, path: str) -> list[str]:
    if re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", value):
        return [f"{path} holds a character that cannot be stored"]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{path} must be one of {', '.join(schema['enum'])}"]
    if not schema.get("minLength", 0) <= len(value.strip()) <= schema.get("maxLength", LARGEST):
        return [f"{path} must have {schema.get('minLength', 0)} to {schema['maxLength']} characters"]
    words = _FORMATS.get(schema.get("format", ""))
    if words is not None and not words[0](value):
        return [f"{path} must be {words[1]}"]
    return []


def _is_nhs_number(text: str) -> bool:
    number = text.replace(" ", "")
    if not re.fullmatch("[0-9]{10}", number):
        return False
    return sum((10 - place) * int(digit) for place, digit in enumerate(number)) % 11 == 0


def _is_date(text: str) -> bool:
    with suppress(ValueError):
        return bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) and 1880 <= date.fromisoformat(text).year <= 2200
    return False


_FORMATS: dict[str, tuple[Callable[[str], bool], str]] = {
    "nhs-number": (_is_nhs_number, "an NHS number whose check digit is right"),
    "date": (_is_date, "a date as YYYY-MM-DD"),
    "email": (lambda text: bool(re.fullmatch(r'\s*[^@\s<>,;:"]+@[^@\s<>,;:"]+\s*', text)), "an e-mail address"),
    "date-time": (lambda text: bool(_moment("", text, [])), "a date and time in ISO 8601 with an offset"),
}


def _moment(name: str, value: datetime | str, faults: list[str]) -> str:
    with suppress(ValueError, AttributeError, TypeError):
        when = datetime.fromisoformat(value) if isinstance(value, str) else value
        if when.tzinfo is not None:
            return when.isoformat()
    faults.append(f"{name} must be a date and time with an offset, such as 2026-11-20T10:00:00+00:00")
    return ""


def _insist(send: Callable[[float], None], timeout: float) -> None:
    """Try again, always the same event, while that may help and there is time."""
    deadline = clock.monotonic() + timeout
    for attempt in range(TRIES):
        try:
            return send(max(0.1, deadline - clock.monotonic()))
        except (Unreachable, Rejected):
            wait = random.uniform(0.5, 1) * 0.25 * 2**attempt
            if attempt == TRIES - 1 or clock.monotonic() + wait >= deadline:
                raise
            clock.sleep(wait)


def post(base: str, token: str, event: dict[str, Any], timeout: float = 30) -> None:
    """Publish over HTTPS instead: post the event to the suite at `base`, with a bearer token. Raises PublishError."""
    # no Idempotency-Key: the event's own id makes a repeat harmless, also one whose time is written differently
    request = urllib.request.Request(f"{base.rstrip('/')}/journeys/api/v1/events", encode(event), method="POST", headers={
        "Content-Type": CONTENT_TYPE, "Authorization": f"Bearer {token}"})
    try:
        _insist(lambda left: _post_once(request, left), timeout)
    except PublishError as fault:
        fault.event_id = event["id"]
        raise


def _post_once(request: urllib.request.Request, left: float) -> None:
    try:
        with urllib.request.urlopen(request, timeout=left):
            return
    except urllib.error.HTTPError as answer:
        raise _answer(answer) from None
    except (OSError, ValueError) as fault:
        raise Unreachable(f"{request.full_url} cannot be reached ({fault}).") from fault


def _answer(answer: urllib.error.HTTPError) -> PublishError:
    with answer:
        said = answer.read(20_000).decode("utf-8", "replace")
    with suppress(ValueError, AttributeError):
        problem = json.loads(said)
        said = problem.get("detail") or problem.get("title") or said
    words = f"The suite answered {answer.code}: {said[:500]}"
    if answer.code in (401, 403):
        return AccessRefused(words)
    if answer.code == 404:
        return Unroutable(words)
    return Rejected(words) if answer.code in (408, 409, 429) or answer.code >= 500 else Invalid(words)


def main(argv: Sequence[str] | None = None) -> int:
    """Publish one event from the command line; the exit code says what went wrong (see --help)."""
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # what matters of it is in our own words below
    try:
        print(_run(_options().parse_args(argv)))
    except PublishError as fault:
        again = f"\nTo try the same event again: --id {fault.event_id}" if fault.event_id else ""
        print(f"{fault.__class__.__name__}: {fault}{again}", file=sys.stderr)
        return fault.exit_code
    return 0


def _run(options: argparse.Namespace) -> str:
    data = _data(options.data)
    about = {"source": options.source, "time": options.time, "id": options.id}
    if options.amqp and not options.http:
        with Publisher(options.amqp) as publisher:
            return publisher.publish(options.name, data, timeout=options.timeout, **about)
    event = make_event(SCHEMAS, options.name, data, **about)
    base = options.http or f"http://{os.environ.get('POD_HTTP') or '127.0.0.1:8000'}"
    post(base, options.token or _demo_token(), event, options.timeout)
    return str(event["id"])


def _data(given: str) -> Any:
    try:
        text = sys.stdin.read() if given == "-" else Path(given[1:]).read_text("utf-8") if given[:1] == "@" else given
        return json.loads(text)
    except (OSError, ValueError) as fault:
        raise Invalid(f"--data cannot be read as JSON: {fault}") from fault


def _demo_token() -> str:
    """Sign a token for the demo suite of this checkout, where there is one."""
    with suppress(Exception):  # alone, or outside demo mode: whatever the reason, there is no token
        settings = importlib.import_module("shared.settings").load()
        if settings.demo:
            return str(importlib.import_module("shared.web.tokens").issue_demo(settings, "publisher"))
    raise AccessRefused("There is no token: give --token or set POD_TOKEN (or POD_MODE=demo beside a demo suite), "
                        "or give --amqp or POD_AMQP_URL to publish over RabbitMQ.")


def _options() -> argparse.ArgumentParser:
    codes = "; ".join(f"{kind.exit_code} {kind.__name__}" for kind in PublishError.__subclasses__())
    parser = argparse.ArgumentParser(prog="pod publish", description="Publish one event as another system would.",
                                     epilog=f"Prints the event's id. Exit codes: 0 published; {codes}.")
    parser.add_argument("name", help="the event's name, e.g. hospital.admitted")
    parser.add_argument("--data", required=True, help="its data: JSON, @file, or - for standard input")
    parser.add_argument("--id", help="its id; the same id again is the same event (default: a new one)")
    parser.add_argument("--time", help="when it happened, ISO 8601 with an offset (default: now)")
    parser.add_argument("--source", default="urn:pod:publish", help="who says so, as a URI (default: %(default)s)")
    parser.add_argument("--amqp", default=os.environ.get("POD_AMQP_URL"), help="the broker (default: POD_AMQP_URL)")
    parser.add_argument("--http", help="post to the suite at this address instead, e.g. https://pod.example")
    parser.add_argument("--token", default=os.environ.get("POD_TOKEN"), help="bearer token for --http (default: POD_TOKEN)")
    parser.add_argument("--timeout", type=float, default=30, help="seconds to try for (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
