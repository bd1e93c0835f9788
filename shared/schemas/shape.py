"""The shape of an event's data: its schema, parts and lists within, and the quick check made of it."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, pre_load

from shared.schemas.kinds import Kind, Take


class Shape(Schema):
    """Base of every schema: tolerant of unknown fields; a field that says nothing counts as absent."""

    class Meta:
        """Marshmallow's settings."""

        unknown = EXCLUDE

    @pre_load
    def drop_nothing(self, data: Any, **_: Any) -> Any:
        """Leave out what says nothing."""
        if not isinstance(data, Mapping):
            return data
        return {name: value for name, value in data.items() if not is_nothing(value)}


class Part(Kind):
    """An object within, of its own shape."""

    def __init__(self, shape: type[Shape], *, required: bool = False, purpose: str = ""):
        super().__init__(required=required, purpose=purpose)
        self.shape = shape

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError("must be an object")
        return self.shape().load(value)

    def json_schema(self) -> dict[str, Any]:
        """Describe the part as JSON Schema 2020-12."""
        return json_schema(self.shape)


class ListOf(Kind):
    """A list of one kind; may be empty."""

    def __init__(self, inner: Kind, *, required: bool = False, personal: str = "", purpose: str = "",
                 most: int = 100):
        super().__init__(required=required, personal=personal, purpose=purpose)
        self.inner = inner
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise ValidationError("must be a list")
        if len(value) > self.most:
            raise ValidationError(f"has more than {self.most} items")
        taken, faults = [], {}
        for index, item in enumerate(value):
            try:
                taken.append(self.inner.deserialize(item))
            except ValidationError as fault:
                faults[index] = fault.messages
        if faults:
            raise ValidationError(faults)
        return taken

    def json_schema(self) -> dict[str, Any]:
        """Describe the list as JSON Schema 2020-12."""
        return {"type": "array", "maxItems": self.most, "items": self.inner.json_schema()}


def is_nothing(value: Any) -> bool:
    """Say whether a value says nothing."""
    return value is None or value == ""


def kinds_of(shape: type[Shape]) -> dict[str, Kind]:
    """Give the fields of a shape, by name, in the order they were written."""
    return {name: field for name, field in shape._declared_fields.items() if isinstance(field, Kind)}


def quick(shape: type[Shape], strict: bool = False) -> Callable[[Any], dict[str, Any]]:
    """Make a function that takes data of this shape, or raises ValueError without saying much.

    It gives what marshmallow would, some twenty times as fast. `strict` refuses unknown fields.
    """
    plan = tuple((name, kind.required, _take(kind, strict)) for name, kind in kinds_of(shape).items())
    known = frozenset(name for name, _, _ in plan)

    def take(data: Any) -> dict[str, Any]:
        if not isinstance(data, dict) or (strict and not known.issuperset(data)):
            raise ValueError
        taken = {}
        get = data.get
        for name, required, take_value in plan:
            value = get(name)
            if value is None or value == "":
                if required:
                    raise ValueError
            else:
                taken[name] = take_value(value)
        return taken
    return take


def _take(kind: Kind, strict: bool) -> Take:
    if isinstance(kind, Part):
        return quick(kind.shape, strict)
    if isinstance(kind, ListOf):
        return _take_list(_take(kind.inner, strict), kind.most)
    return kind.take


def _take_list(take_item: Take, most: int) -> Take:
    def take(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError
        return [take_item(item) for item in value]
    return take


def unknown_fields(shape: type[Shape], data: Any, path: str = "") -> Iterator[str]:
    """Give the path of each field the shape does not have."""
    if not isinstance(data, dict):
        return
    kinds = kinds_of(shape)
    for name, value in data.items():
        if name not in kinds:
            yield path + name
            continue
        kind = kinds[name]
        items = value if isinstance(kind, ListOf) and isinstance(value, list) else [value]
        inner = kind.inner if isinstance(kind, ListOf) else kind
        for index, item in enumerate(items if isinstance(inner, Part) else ()):
            here = f"{path}{name}.{index}." if isinstance(kind, ListOf) else f"{path}{name}."
            yield from unknown_fields(inner.shape, item, here)  # type: ignore[attr-defined]  # a Part


def paths(shape: type[Shape], path: str = "") -> Iterator[tuple[str, Kind]]:
    """Give every field within, with its dotted path; a list is written `told[]`."""
    for name, kind in kinds_of(shape).items():
        yield path + name, kind
        inner = kind.inner if isinstance(kind, ListOf) else kind
        if isinstance(inner, Part):
            yield from paths(inner.shape, f"{path}{name}{'[]' if isinstance(kind, ListOf) else ''}.")


def json_schema(shape: type[Shape]) -> dict[str, Any]:
    """Describe a shape as JSON Schema 2020-12; unknown fields are refused, as in all writing."""
    kinds = kinds_of(shape)
    described: dict[str, Any] = {}
    for name, kind in kinds.items():
        described[name] = kind.json_schema()
        if purpose := kind.metadata.get("purpose"):
            described[name]["description"] = purpose
    return {"type": "object", "additionalProperties": False,
            "required": [name for name, kind in kinds.items() if kind.required], "properties": described}


