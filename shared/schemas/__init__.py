"""The contracts of every event: `contract(type, version)` finds one, `load` takes data of any version."""
from __future__ import annotations

from shared.schemas import citizen, directory, hospital, journeys, keyworker, psychology, referrals, team
from shared.schemas.contract import EVENTS, INTAKE, Contract, Invalid, NoContract, Registry
from shared.schemas.registry import REGISTRY

contract = REGISTRY.contract
load = REGISTRY.load
names = REGISTRY.names
upcast = REGISTRY.upcast

__all__ = ["EVENTS", "INTAKE", "REGISTRY", "Contract", "Invalid", "NoContract", "Registry", "citizen", "contract",
           "directory", "hospital", "journeys", "keyworker", "load", "names", "psychology", "referrals", "team", "upcast"]
