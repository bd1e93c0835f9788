"""The one registry of this suite; each publisher's module adds its contracts on import."""
from __future__ import annotations

from shared.schemas.contract import EVENTS, INTAKE, Contract, Registry
from shared.schemas.shape import Shape

REGISTRY = Registry()


def intake(name: str, shape: type[Shape], purpose: str, version: int = 1) -> Contract:
    """Add an event another system publishes; its publisher is the first word of its name."""
    return REGISTRY.add(name, shape, purpose, publisher=name.partition(".")[0], exchange=INTAKE, version=version)


def ours(publisher: str, name: str, shape: type[Shape], purpose: str, version: int = 1,
         subjects: tuple[str, ...] | None = None) -> Contract:
    """Add an event one of our services publishes."""
    return REGISTRY.add(name, shape, purpose, publisher=publisher, exchange=EVENTS, version=version, subjects=subjects)
