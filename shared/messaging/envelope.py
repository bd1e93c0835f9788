"""The envelope of every event: CloudEvents 1.0 over AMQP and HTTPS, read tolerantly and written strictly."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson

from shared.messaging.diagnosis import bad_text, depth, why_not_json
from shared.messaging.reasons import Reason, Unusable

STRUCTURED = "application/cloudevents+json"
#: Largest body read, in bytes: our largest real event is under 10 kB, and PostgreSQL and the broker stay at ease.
LARGEST = 1024 * 1024
#: Longest id, source or other attribute: two of them fit one index entry of PostgreSQL (2,704 bytes).
LONGEST = 255
#: Deepest nesting of data; orjson writes 254 levels and our deepest contract has four.
DEEPEST = 64
#: How far a sender's clock may be ahead of the database's, and how late an event may come.
AHEAD = timedelta(hours=2)
BACK = timedelta(days=731)

_DATASCHEMA = "urn:pod:"


@dataclass(slots=True)
class Event:
    """One event, whatever it travelled in.

    `time` (when it happened) and `recordedtime` (when its sender recorded it; default `time`) are aware
    UTC datetimes. `person` never travels: the inbox sets it.
    """

    id: str
    source: str
    type: str
    time: datetime
    data: dict[str, Any]
    version: int = 1
    subject: str | None = None
    recordedtime: datetime = None  # type: ignore[assignment]  # never None once made
    about: str | None = None
    revision: int | None = None
    withdrawn: bool = False
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None
    replayed: bool = False
    person: str | None = None

    def __post_init__(self) -> None:
        """Take the time of the event where nobody says when it was recorded."""
        if self.recordedtime is None:
            self.recordedtime = self.time


class Unreadable(Unusable):
    """A message of which no event can be made, or none that may be believed."""


def read(body: bytes, headers: Mapping[str, Any] | None = None, content_type: str | None = None,
         message_id: str | None = None, *, require_message_id: bool = False) -> Event:
    """Make an event of a message, in structured or in binary mode.

    `headers`, `content_type` and `message_id` are the AMQP properties, as they came. Without a content type
    the mode is told from the headers. Raises Unreadable with a reason of the closed list.
    """
    if len(body) > LARGEST:
        raise Unreadable(Reason.TOO_LARGE, f"The message has {len(body)} bytes; {LARGEST} are allowed.")
    if content_type == STRUCTURED or _mode(content_type, headers) == STRUCTURED:
        attributes = _parse(body)
    else:
        attributes = _binary(body, headers or {})
    event = _event(attributes)
    if require_message_id and not message_id:
        raise Unreadable(Reason.NO_MESSAGE_ID, "The AMQP property message_id is missing.", event.id, event.type)
    return event


def from_attributes(attributes: Any) -> Event:
    """Make an event of CloudEvents attributes already parsed, e.g. one of an HTTPS batch."""
    event = _event(attributes)
    if bad_text(attributes):
        raise Unreadable(Reason.BAD_TEXT, "A text holds a NUL or half a character.", event.id, event.type)
    if depth(event.data) > DEEPEST:
        raise Unreadable(Reason.INVALID_DATA, f"data is nested deeper than {DEEPEST} levels.", event.id, event.type)
    return event


def check_time(event: Event, now: datetime) -> None:
    """Refuse an event dated too far from `now`, the database's clock.

    Meant for what other systems publish; a replayed event may be of any age. Raises Unreadable.
    """
    latest = now + AHEAD
    if event.time > latest or event.recordedtime > latest:
        raise Unreadable(Reason.TIME_OUT_OF_RANGE, "It is dated more than 2 hours ahead of our clock.",
                         event.id, event.type)
    if event.time < now - BACK and not event.replayed:
        raise Unreadable(Reason.TIME_OUT_OF_RANGE, "It is dated more than 2 years back.", event.id, event.type)


def write(event: Event) -> bytes:
    """Write an event as structured CloudEvents JSON.

    Raises ValueError for a text no database would take (NUL, half a character).
    """
    try:
        body = orjson.dumps(attributes_of(event))
    except TypeError as fault:
        raise ValueError(f"{event.type} cannot be written: {fault}") from fault
    if b"\\u0000" in body and bad_text(orjson.loads(body)):
        raise ValueError(f"{event.type} cannot be written: a text holds a NUL")
    return body


def attributes_of(event: Event) -> dict[str, Any]:
    """Give the CloudEvents attributes of an event, `data` last, leaving out what is not said."""
    attributes: dict[str, Any] = {
        "specversion": "1.0", "id": event.id, "source": event.source, "type": event.type,
        "time": moment_text(event.time), "datacontenttype": "application/json",
        "dataschema": f"{_DATASCHEMA}{event.type}:{event.version}", "recordedtime": moment_text(event.recordedtime),
    }
    for name in ("subject", "about", "revision", "correlationid", "causationid", "traceparent"):
        if (value := getattr(event, name)) is not None:
            attributes[name] = value
    if event.withdrawn:
        attributes["withdrawn"] = True
    if event.replayed:
        attributes["replayed"] = True
    attributes["data"] = event.data
    return attributes


def properties(body: bytes) -> dict[str, Any]:
    """Give the AMQP properties that go with a body we wrote; `timestamp` in whole seconds, persistent."""
    event = orjson.loads(body)
    return {"message_id": event["id"], "type": event["type"], "content_type": STRUCTURED, "delivery_mode": 2,
            "timestamp": int(datetime.fromisoformat(event["time"]).timestamp())}


def digest(event: Event) -> bytes:
    """Give 16 bytes that differ when type or data differ, so that an id used twice is seen."""
    return blake2b(orjson.dumps((event.type, event.data), option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def moment_text(when: datetime) -> str:
    """Write an aware datetime as ISO 8601 in UTC with a Z."""
    return (when if when.tzinfo is UTC else when.astimezone(UTC)).isoformat()[:-6] + "Z"


def _mode(content_type: str | None, headers: Mapping[str, Any] | None) -> str:
    media = (content_type or "").partition(";")[0].strip().lower()
    if media == STRUCTURED:
        return STRUCTURED
    speaks = any(_plain_name(name) == "specversion" for name in headers or ())
    if speaks and (media in ("", "application/json") or media.endswith("+json")):
        return "binary"
    if not media:
        return STRUCTURED
    raise Unreadable(Reason.WRONG_CONTENT_TYPE, f"The content type must be {STRUCTURED}, or application/json "
                                                "with the attributes in cloudEvents_ headers.")


def _parse(body: bytes) -> Any:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unreadable(*why_not_json(body)) from None
    if b"\\u0000" in body and bad_text(parsed):
        raise _of(parsed, Reason.BAD_TEXT, "A text holds a NUL (\\u0000).")
    if body.count(b"{") + body.count(b"[") > DEEPEST and depth(parsed) > DEEPEST:
        raise _of(parsed, Reason.INVALID_DATA, f"data is nested deeper than {DEEPEST} levels.")
    return parsed


def _of(attributes: Any, reason: Reason, words: str) -> Unreadable:
    """Say what is wrong, with id and type as far as they can be trusted to be texts."""
    known = attributes if isinstance(attributes, dict) else {}
    id_, type_ = known.get("id"), known.get("type")
    return Unreadable(reason, words, id_[:LONGEST] if isinstance(id_, str) and "\0" not in id_ else None,
                      type_[:LONGEST] if isinstance(type_, str) and "\0" not in type_ else None)


def _plain_name(header: str) -> str:
    return header[12:].lower() if header[:12].lower() in ("cloudevents_", "cloudevents:") else ""


def _binary(body: bytes, headers: Mapping[str, Any]) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for header, value in headers.items():
        if name := _plain_name(header):
            attributes[name] = _header_value(value)
    if bad_text(attributes):
        raise _of(attributes, Reason.BAD_TEXT, "A header holds a NUL or half a character.")
    try:
        attributes["data"] = _parse(body)
    except Unreadable as fault:
        raise _of(attributes, fault.reason, fault.words) from None
    return attributes


def _header_value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime):  # an AMQP timestamp; by its definition in UTC
        return moment_text(value if value.tzinfo else value.replace(tzinfo=UTC))
    return value


def _event(attributes: Any) -> Event:
    """Make an event of attributes; the path every event takes, so one pass and few calls."""
    if not isinstance(attributes, dict) or attributes.get("specversion") != "1.0":
        raise _of(attributes, Reason.NOT_CLOUDEVENTS, 'It has no specversion "1.0".')
    get = attributes.get
    id_, source, type_, data = get("id"), get("source"), get("type"), get("data")
    for value in (id_, source, type_):
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
            raise _of(attributes, Reason.NOT_CLOUDEVENTS,
                      f"id, source and type must each be a text of 1 to {LONGEST} characters.")
    if not isinstance(data, dict):
        raise _no_data(attributes)
    if get("datacontenttype") not in (None, "application/json") and "json" not in str(get("datacontenttype")).lower():
        raise _of(attributes, Reason.WRONG_CONTENT_TYPE, "datacontenttype must be application/json.")
    time = _moment(attributes, "time")
    recorded = get("recordedtime")
    event = Event(id_, source, type_, time, data,  # type: ignore[arg-type]  # checked in the loop
                  recordedtime=time if recorded is None else _moment(attributes, "recordedtime"))
    if (dataschema := get("dataschema")) is not None:
        event.version = _version(attributes, type_, dataschema)
    if len(attributes) > 6:
        _extensions(event, attributes)
    return event


def _no_data(attributes: dict[str, Any]) -> Unreadable:
    if "data_base64" in attributes:
        return _of(attributes, Reason.WRONG_CONTENT_TYPE, "data must be a JSON object, not data_base64.")
    return _of(attributes, Reason.INVALID_DATA, "data must be a JSON object.")


def _moment(attributes: dict[str, Any], name: str) -> datetime:
    try:
        when = datetime.fromisoformat(attributes[name])
    except (KeyError, ValueError, TypeError):
        raise _of(attributes, Reason.NOT_CLOUDEVENTS, f"{name} must be a date and time in ISO 8601.") from None
    if when.tzinfo is None:
        raise _of(attributes, Reason.NOT_CLOUDEVENTS, f"{name} must have an offset, such as Z or +01:00.")
    if when.tzinfo is UTC:
        return when
    try:
        return when.astimezone(UTC)
    except OverflowError:
        raise _of(attributes, Reason.TIME_OUT_OF_RANGE, f"{name} is outside every calendar.") from None


def _version(attributes: dict[str, Any], type_: Any, dataschema: Any) -> int:
    start, _, number = str(dataschema).rpartition(":")
    if start != _DATASCHEMA + type_ or not (number.isascii() and number.isdigit()) or not 0 < len(number) < 6:
        raise _of(attributes, Reason.UNKNOWN_VERSION, f"dataschema must be {_DATASCHEMA}, the type, a colon, a number.")
    return int(number)


def _extensions(event: Event, attributes: dict[str, Any]) -> None:
    """Take the attributes we know; any others are somebody else's and are ignored."""
    get = attributes.get
    for name in ("subject", "about", "correlationid", "causationid", "traceparent"):
        if (value := get(name)) is not None:
            if not isinstance(value, str) or len(value) > LONGEST:
                raise _of(attributes, Reason.NOT_CLOUDEVENTS, f"{name} must be a text of up to {LONGEST} characters.")
            setattr(event, name, value)
    if (revision := get("revision")) is not None:
        event.revision = _revision(attributes, revision)
    event.withdrawn = _flag(attributes, "withdrawn")
    event.replayed = _flag(attributes, "replayed")


def _revision(attributes: dict[str, Any], value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)  # headers of binary mode are texts
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31:
        return value
    raise _of(attributes, Reason.NOT_CLOUDEVENTS, "revision must be a whole number.")


def _flag(attributes: dict[str, Any], name: str) -> bool:
    value = attributes.get(name)
    if value is None or value is False or value == "false":
        return False
    if value is True or value == "true":
        return True
    raise _of(attributes, Reason.NOT_CLOUDEVENTS, f"{name} must be true or false.")
