"""Who is to be told what of an event, given who was told what before; pure.

Of all revisions about one thing the highest stands, in whatever order they come: a lower one says nothing, and
what a higher one changes or takes back goes to those who were told, as the sends recorded them (N-07).
"""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, NamedTuple

from services.notifications.words import fields_of, fill

#: Who is told, and by which rule: one event, one recipient, one rule, one message (N-03).
Key = tuple[str, str]
#: In place of what was said: nothing stands with somebody any more, for it was taken back, or is no longer theirs.
TAKEN_BACK, NO_LONGER_THEIRS = "", "no longer theirs"
GENERIC = "What we told you about {reference} no longer stands. Sign in to see how things stand now."
#: How a message begins that says otherwise than the one before: its subject, and its text.
CORRECTION = ("Correction", "This corrects what we told you before.")
UPDATE = ("Update", "This replaces what we told you before.")
#: How addresses end that are nobody's (RFC 2606), such as the one that stands for somebody who was erased.
NOBODYS = ".invalid"
NAMED = ("practitioner", "named_person", "development_worker")
#: A role that rules may name and no event does: who holds it, the directory says.
MANAGER = "manager"


@dataclass(frozen=True)
class Rule:
    """One event tells these roles and addresses, by this channel, in these words; `version` 0 is as it was shipped.

    With `only_named` a manager is told where the event names them; without it, every manager is.
    `leaving` is said to those whom the event names no longer, where that matters to them. A `plan` may change without
    having been wrong: then people get an update, not a correction. A rule is for events that have the field `has`, or
    lack the field `lacks`, where one is given; `happens` says what happened in better words than its contract's.
    """

    id: str
    event: str
    to: tuple[str, ...]
    subject: str
    text: str
    withdrawn: str = GENERIC
    leaving: str = ""
    plan: bool = False
    only_named: bool = False
    has: str = ""
    lacks: str = ""
    happens: str = ""
    channel: str = "outbox"
    enabled: bool = True
    also: tuple[str, ...] = ()
    version: int = 0


def reaches_nobody(rule: Rule, managers: Collection[str]) -> bool:
    """Say whether a rule is on and yet can tell nobody; `managers` are the addresses of those there are."""
    return rule.enabled and not rule.also and not managers and all(role == MANAGER for role in rule.to)


class Told(NamedTuple):
    """What somebody was told last about something, in which role: the send, and the digest of what was said."""

    id: str
    said: str
    role: str = ""


class Saying(NamedTuple):
    """What of an event matters here; `recipients`, whom it names, and `managers`, who are so now, are (e-mail address, role)."""

    event_id: str
    type: str
    revision: int
    withdrawn: bool
    fields: Mapping[str, str]
    recipients: tuple[tuple[str, str], ...]
    said: str
    managers: tuple[tuple[str, str], ...] = ()


class Message(NamedTuple):
    """One message to send."""

    rule: str
    recipient: str
    role: str
    channel: str
    subject: str
    text: str
    said: str
    correction_of: str | None = None


def saying(event_id: str, type: str, revision: int, withdrawn: bool, data: Mapping[str, Any]) -> Saying:
    """Take from an event what may be said, and whom it names."""
    fields = fields_of(type, data)
    # who the development worker is, is itself what an allocation says
    worker = (data.get("development_worker") or {}).get("email", "")
    said = blake2b("\x1f".join((type, worker, *(f"{n}={v}" for n, v in sorted(fields.items())))).encode(), digest_size=12)
    return Saying(event_id, type, revision, withdrawn, fields, tuple(_recipients(data)), said.hexdigest())


def _recipients(data: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    found = [(person["email"], person["role"]) for person in data.get("told") or ()]
    found += [(person["email"], role) for role in NAMED if (person := data.get(role))]
    return [one for one in found if not one[0].endswith(NOBODYS)]


def with_managers(event: Saying, managers: Iterable[str]) -> Saying:
    """Let an event name those who are managers now, too."""
    return event._replace(managers=tuple((address, MANAGER) for address in managers))


def messages(event: Saying, told: Mapping[Key, Told], rules: Mapping[str, Rule]) -> list[Message]:
    """Give what is to be sent; `event` is of a higher revision than any before, `told` what stands with whom."""
    named = {} if event.withdrawn else _named(event, rules.values())
    found = []
    for (recipient, rule_id), role in sorted(named.items()):
        before = told.get((recipient, rule_id))
        if before is None or before.said != event.said:
            found.append(_message(event, rules[rule_id], recipient, role, before))
    for (recipient, rule_id), before in sorted(told.items()):
        rule = rules.get(rule_id)
        if (recipient, rule_id) not in named and (farewell := _farewell(event, rule, recipient, before)):
            found.append(_taking_back(event, rule, rule_id, recipient, before, farewell))
    return found


def _named(event: Saying, rules: Iterable[Rule]) -> dict[Key, str]:
    named: dict[Key, str] = {}
    for rule in rules:
        if _concerns(rule, event):
            for recipient, role in _whom(event, rule):
                named.setdefault((recipient, rule.id), role)
            for address in rule.also:
                named.setdefault((address, rule.id), "")
    return named


def _whom(event: Saying, rule: Rule) -> Iterable[tuple[str, str]]:
    """Give those a rule tells of an event, with their roles: those it names, and the managers unless it names whom it means."""
    named = event.recipients if rule.only_named else (*event.recipients, *event.managers)
    return [(address, role) for address, role in named if role in rule.to]


def _concerns(rule: Rule, event: Saying) -> bool:
    there = (not rule.has or rule.has in event.fields) and (not rule.lacks or rule.lacks not in event.fields)
    return rule.enabled and rule.event == event.type and there


def _message(event: Saying, rule: Rule, recipient: str, role: str, before: Told | None) -> Message:
    subject, text = fill(rule.subject, event.fields), fill(rule.text, event.fields)
    made = Message(rule.id, recipient, role, rule.channel, subject, text, event.said)
    if before is None:
        return made
    news, opening = UPDATE if rule.plan else CORRECTION
    return made._replace(subject=f"{news}: {subject}", text=f"{opening}\n\n{text}", correction_of=before.id)


class Farewell(NamedTuple):
    """What is said to somebody an event has nothing else for: how the subject begins, the words, and what stands then."""

    news: str
    words: str
    said: str = TAKEN_BACK


def _farewell(event: Saying, rule: Rule | None, recipient: str, before: Told) -> Farewell | None:
    """Give what is said at last; none where all is said, or what was said still stands."""
    if before.said in (TAKEN_BACK, NO_LONGER_THEIRS):
        return None
    if rule and not event.withdrawn and _left(event, rule, recipient, before):
        return Farewell(UPDATE[0], rule.leaving, NO_LONGER_THEIRS)
    news = (UPDATE if rule and rule.plan else CORRECTION)[0]
    if event.withdrawn:
        return Farewell(news, rule.withdrawn if rule else GENERIC)
    return None if before.said == event.said else Farewell(news, GENERIC)


def _left(event: Saying, rule: Rule, recipient: str, before: Told) -> bool:
    """Say whether the event named somebody and names them no longer, and the rule has words for them."""
    named = any(address == recipient for address, _ in _whom(event, rule))
    return bool(rule.leaving) and before.role in rule.to and not named


def _taking_back(event: Saying, rule: Rule | None, rule_id: str, recipient: str, before: Told, farewell: Farewell) -> Message:
    subject, text = fill(f"{farewell.news} about {{reference}}", event.fields), fill(farewell.words, event.fields)
    return Message(rule_id, recipient, "", rule.channel if rule else "outbox", subject, text, farewell.said, before.id)


def changed(rule: Rule, **said: Any) -> Rule:
    """Give a rule as somebody changed it."""
    return replace(rule, **said, version=rule.version + 1)
