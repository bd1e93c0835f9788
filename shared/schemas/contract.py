"""What an event promises: its contract by name and version, and the registry that holds them all."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from shared.calendar import london_day
from shared.messaging.reasons import Reason, Unusable
from shared.schemas.kinds import BAD_CHECK, NhsNumber, PastDay, take_nhs_number
from shared.schemas.shape import Shape, paths, quick, unknown_fields

Data = dict[str, Any]
Upcaster = Callable[[Data], Data]

INTAKE = "pod.intake"
EVENTS = "pod.events"


class Invalid(Unusable):
    """Data that breaks its contract: `faults` has a sentence for each field, by its dotted path."""

    def __init__(self, type: str, faults: dict[str, str]):
        bad_number = any(BAD_CHECK in sentence for sentence in faults.values())
        super().__init__(Reason.BAD_NHS_NUMBER if bad_number else Reason.INVALID_DATA,
                         " ".join(faults.values()), type=type)
        self.faults = faults


class NoContract(Unusable):
    """An event of a name or version this release has no contract for: unknown_type, unknown_version, too_new."""


@dataclass(frozen=True)
class Contract:
    """One event in one version: who publishes it where, what for, in which shape."""

    name: str
    version: int
    publisher: str
    exchange: str
    shape: type[Shape]
    purpose: str
    _load: Callable[[Any], Data] = field(repr=False, compare=False, default=lambda data: dict(data))
    _check: Callable[[Any], Data] = field(repr=False, compare=False, default=lambda data: dict(data))
    _number_paths: tuple[tuple[str, ...], ...] = field(repr=False, compare=False, default=())
    _past_days: tuple[str, ...] = field(repr=False, compare=False, default=())

    @property
    def urn(self) -> str:
        """Give the `dataschema` of this contract."""
        return f"urn:pod:{self.name}:{self.version}"

    @property
    def personal(self) -> dict[str, str]:
        """Give each personal field by its path, with why it is there; lists are written `told[]`."""
        return {path: kind.metadata["personal"] for path, kind in paths(self.shape) if kind.metadata.get("personal")}

    def load(self, data: Any) -> Data:
        """Take data somebody sent: unknown fields go, values come out as they are kept. Raises Invalid."""
        try:
            return self._load(data)
        except (ValueError, TypeError):
            return self._load_slowly(data, ())

    def check(self, data: Any) -> Data:
        """Take data we are about to send: as `load`, and unknown fields are refused. Raises Invalid."""
        try:
            return self._check(data)
        except (ValueError, TypeError):
            return self._load_slowly(data, tuple(unknown_fields(self.shape, data)))

    def check_days(self, data: Data, now: datetime) -> None:
        """Refuse a day that has not begun in London where it must have. Raises Invalid."""
        if not self._past_days:
            return
        today = london_day(now).isoformat()
        if faults := {name: f"{name} must not be in the future." for name in self._past_days if data.get(name, "") > today}:
            raise Invalid(self.name, faults)

    def nhs_numbers(self, data: Data) -> tuple[str, ...]:
        """Give the NHS numbers of the people the event is about, before anything else is checked.

        Empty where there is none. Raises Invalid with the reason bad_nhs_number for one that fails its check.
        """
        found = []
        for path in self._number_paths:
            value: Any = data
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            if isinstance(value, str) and value:
                try:
                    found.append(take_nhs_number(value))
                except ValueError as fault:
                    raise Invalid(self.name, {".".join(path): f"{'.'.join(path)} {fault}."}) from None
        return tuple(found)

    def nhs_number(self, data: Data) -> str | None:
        """Give the first of `nhs_numbers`, or None."""
        numbers = self.nhs_numbers(data)
        return numbers[0] if numbers else None

    def _load_slowly(self, data: Any, unknown: tuple[str, ...]) -> Data:
        """Let marshmallow say everything that is wrong."""
        if not isinstance(data, dict):
            raise Invalid(self.name, {"data": "data must be an object."})
        faults = {path: f"{path} is not part of {self.name}." for path in unknown}
        loaded: Data = {}
        try:
            loaded = self.shape().load(data)
        except ValidationError as fault:
            faults |= dict(_sentences(fault.messages))
        if faults:
            raise Invalid(self.name, faults)
        return loaded


def _sentences(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _sentences(inner, f"{path}.{name}" if path else str(name))
    else:
        yield path or "data", " ".join(f"{path or 'data'} {words}." for words in messages)


class Registry:
    """Every contract by name and version, and how old versions become new ones."""

    def __init__(self) -> None:
        self._contracts: dict[tuple[str, int], Contract] = {}
        self._newest: dict[str, Contract] = {}
        self._upcasters: dict[tuple[str, int], Upcaster] = {}

    def __iter__(self) -> Iterator[Contract]:
        return iter(self._contracts.values())

    def add(self, name: str, shape: type[Shape], purpose: str, *, publisher: str, exchange: str,
            version: int = 1, subjects: tuple[str, ...] | None = None) -> Contract:
        """Add a contract; `subjects` are the paths of the NHS numbers it is about (default: all it has)."""
        found = subjects if subjects is not None else tuple(
            path for path, kind in paths(shape) if isinstance(kind, NhsNumber) and "[]" not in path)
        past = tuple(path for path, kind in paths(shape) if isinstance(kind, PastDay))
        contract = Contract(name, version, publisher, exchange, shape, purpose, quick(shape), quick(shape, True),
                            tuple(tuple(path.split(".")) for path in found), past)
        if (name, version) in self._contracts:
            raise ValueError(f"{name} {version} is there already")
        self._contracts[name, version] = contract
        if name not in self._newest or version > self._newest[name].version:
            self._newest[name] = contract
        return contract

    def contract(self, type: str, version: int | None = None) -> Contract:
        """Give the contract of an event, by default the newest. Raises NoContract."""
        newest = self._newest.get(type)
        if newest is None:
            raise NoContract(Reason.UNKNOWN_TYPE, "There is no event of this name.", type=type)
        if version is None or version == newest.version:
            return newest
        if version > newest.version:
            raise NoContract(Reason.TOO_NEW, f"We know {type} up to version {newest.version}; this is version {version}.",
                             type=type)
        if found := self._contracts.get((type, version)):
            return found
        raise NoContract(Reason.UNKNOWN_VERSION, f"There never was a version {version} of {type}.", type=type)

    def names(self, exchange: str | None = None) -> list[str]:
        """Give the event names of one exchange, or all, sorted."""
        return sorted(name for name, contract in self._newest.items() if exchange in (None, contract.exchange))

    def upcast(self, type: str, from_version: int) -> Callable[[Upcaster], Upcaster]:
        """Decorate the function that turns data of `from_version` into data of the next."""
        def keep(upcaster: Upcaster) -> Upcaster:
            self._upcasters[type, from_version] = upcaster
            return upcaster
        return keep

    def load(self, type: str, version: int, data: Any) -> Data:
        """Take data of any version we know, and give it in the newest. Raises Invalid, NoContract."""
        contract = self.contract(type, version)
        loaded = contract.load(data)
        newest = self._newest[type]
        if contract is newest:
            return loaded
        for step in range(version, newest.version):
            loaded = self._upcasters[type, step](loaded)
        return newest.load(loaded)

    def missing_upcasters(self) -> list[tuple[str, int]]:
        """Give each (event, version) that is old and cannot be lifted; empty, or a test fails."""
        return [key for key in self._contracts
                if key[1] < self._newest[key[0]].version and key not in self._upcasters]
