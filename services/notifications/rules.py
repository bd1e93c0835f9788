"""The rules: as shipped in rules.toml, and over them what staff changed (N-01)."""
from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.notifications import store
from services.notifications.domain import Rule, changed
from services.notifications.words import allowed, faults
from shared.database import Database
from shared.ledger.types import Actor, Refused
from shared.permissions import may
from shared.schemas.kinds import take_email

FILE = Path(__file__).with_name("rules.toml")
#: What staff may change of a rule; whom an event tells is part of its contract.
CHANGEABLE = ("enabled", "subject", "text", "withdrawn", "leaving", "channel", "also")
MEANWHILE = Refused("N-01", "Somebody changed this rule meanwhile.", "Open it afresh and decide again.")


@cache
def shipped() -> Mapping[str, Rule]:
    """Give the rules of a fresh suite, by id."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))["rule"]
    return {one["id"]: _rule(one) for one in found}


def _rule(one: Mapping[str, Any]) -> Rule:
    said: dict[str, Any] = {name: value.strip() if isinstance(value, str) else value for name, value in one.items()}
    return Rule(**{**said, "to": tuple(one["to"])})


def words_of(rule: Rule) -> tuple[str, ...]:
    """Give the names of the words of a rule; few have some for those who leave."""
    return ("subject", "text", "withdrawn", *(("leaving",) if shipped()[rule.id].leaving else ()))


def events() -> tuple[str, ...]:
    """Give the names of the events that tell anybody."""
    return tuple(sorted({rule.event for rule in shipped().values()}))


def load(connection: Connection) -> dict[str, Rule]:
    """Give the rules in force, by id."""
    rules = dict(shipped())
    columns = [store.rules.c[name] for name in ("id", *CHANGEABLE, "version")]
    for row in connection.execute(sa.select(*columns)).mappings():
        if row["id"] in rules:
            rules[row["id"]] = _as_changed(rules[row["id"]], row)
    return rules


def _as_changed(rule: Rule, row: sa.RowMapping) -> Rule:
    said = {name: row[name] for name in (*CHANGEABLE, "version")}
    return replace(rule, **{**said, "also": tuple(row["also"].split()), "leaving": row["leaving"] or rule.leaving})


def last_changes(connection: Connection) -> dict[str, sa.RowMapping]:
    """Give who changed each rule last, and when."""
    query = sa.select(store.rules.c.id, store.rules.c.changed_by, store.rules.c.changed_at)
    return {row["id"]: row for row in connection.execute(query).mappings()}


def refusal(rule: Rule) -> Refused | None:
    """Say what in a rule's words may not be said."""
    for name in words_of(rule):
        words = getattr(rule, name).strip()
        if not words:
            return Refused("N-01", "A message needs words here.", field=name)
        if "\0" in words or "\r" in words or (name == "subject" and "\n" in words):
            return Refused("N-01", "It holds a character that cannot be stored.", field=name)
        if wrong := faults(words, allowed(rule.event, name == "subject")):
            return Refused("N-05", wrong[0], "A message says no more than it must.", name)
    return _address_refusal(rule)


def _address_refusal(rule: Rule) -> Refused | None:
    for address in rule.also:
        try:
            take_email(address)
        except ValueError:
            return Refused("N-01", f"{address} is not an e-mail address.", "Write one address on each line.", "also")
    return None


def change(connection: Connection, database: Database, actor: Actor, id_: str, seen: int, now: datetime,
           said: Mapping[str, Any]) -> Rule | Refused:
    """Change a rule for `actor`, who saw version `seen` of it; later messages use it, earlier ones stay."""
    if not may(actor.roles, "notification:rules"):
        return Refused("N-01", "Only a manager may change a rule.")
    current = _locked(connection, id_)
    if current.version != seen:
        return MEANWHILE
    rule = changed(current, **{name: said[name] for name in CHANGEABLE if name in said})
    if wrong := refusal(rule):
        return wrong
    row = {"id": id_, **{name: getattr(rule, name) for name in CHANGEABLE}, "also": "\n".join(rule.also), "version": rule.version, "changed_at": now,
           "changed_by": actor.email}
    if not seen:  # nothing to lock yet: of two first changes one is there first
        return rule if database.insert_new(connection, store.rules, [row], "id") else MEANWHILE
    connection.execute(store.rules.update().where(store.rules.c.id == id_).values(row))
    return rule


def _locked(connection: Connection, id_: str) -> Rule:
    connection.execute(sa.select(store.rules.c.id).where(store.rules.c.id == id_).with_for_update())
    return load(connection)[id_]
