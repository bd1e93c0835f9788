"""Exchanges, queues, bindings and accounts on the broker, as data; `python -m shared.messaging.topology` writes them.

Each service has one queue, quorum, whose dead letters go at least once to a queue of their own, so that
nothing is lost on the way there either. No alternate exchange: with one, `mandatory` never fires.
"""
from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from shared import schemas

EVENTS = schemas.EVENTS
INTAKE = schemas.INTAKE
DEAD = "pod.dead"
#: Deliveries after which the broker itself gives a message up; ours runs out at three, this is the net beneath.
DELIVERY_LIMIT = 100
#: Of dead queues: RabbitMQ 4 gives every quorum queue a limit of 20, after which it drops what has nowhere to go.
NO_LIMIT = 1_000_000
#: Marks an account without a password: the broker refuses every log-in until somebody sets one.
NO_PASSWORD = ""
FILE = Path("deploy/rabbitmq/definitions.json")

#: service -> exchange -> event names, or "#" for all
Bindings = Mapping[str, Mapping[str, Collection[str]]]
Step = tuple[str, dict[str, Any]]

#: What is bound before any service has started: whatever other systems send waits for journeys.
FIRST: Bindings = {"journeys": {INTAKE: ("#",)}}


def queue(service: str) -> str:
    """Give the name of a service's queue."""
    return f"pod.{service}"


def dead_queue(service: str) -> str:
    """Give the name of the queue of what the broker gave up on the way to a service."""
    return f"pod.{service}.dead"


def queue_arguments(service: str) -> dict[str, Any]:
    """Give the arguments of a service's queue."""
    return {
        "x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD, "x-dead-letter-routing-key": queue(service),
        # at-least-once is honoured only together with reject-publish
        "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish",
    }


def dead_queue_arguments() -> dict[str, Any]:
    """Give the arguments of a dead queue."""
    return {"x-queue-type": "quorum", "x-delivery-limit": NO_LIMIT}


def steps(bindings: Bindings) -> list[Step]:
    """Give the calls that declare everything, as (method of a pika channel, its keyword arguments), in order."""
    found: list[Step] = [("exchange_declare", {"exchange": name, "exchange_type": kind, "durable": True})
                         for name, kind in exchanges().items()]
    for service, by_exchange in bindings.items():
        found += _queue_steps(service)
        found += [("queue_bind", {"queue": queue(service), "exchange": exchange, "routing_key": name})
                  for exchange, names in by_exchange.items() for name in names]
    return found


def exchanges() -> dict[str, str]:
    """Give each exchange with its type."""
    return {EVENTS: "topic", INTAKE: "topic", DEAD: "direct"}


def _queue_steps(service: str) -> Iterator[Step]:
    # the dead queue first: at no moment may a message die with nowhere to go
    yield "queue_declare", {"queue": dead_queue(service), "durable": True, "arguments": dead_queue_arguments()}
    yield "queue_bind", {"queue": dead_queue(service), "exchange": DEAD, "routing_key": queue(service)}
    yield "queue_declare", {"queue": queue(service), "durable": True, "arguments": queue_arguments(service)}


def declare(channel: Any, bindings: Bindings) -> None:
    """Declare everything on a blocking pika channel; what is there already stays. Raises pika's errors."""
    for method, arguments in steps(bindings):
        getattr(channel, method)(**arguments)


def publisher_account(user: str, names: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Give the definitions of an account that may publish `names` to the intake and do nothing else."""
    routing_keys = "|".join(re.escape(name) for name in sorted(names))
    return {
        "users": [_user(user)],
        "permissions": [{"user": user, "vhost": "/", "configure": "^$", "write": r"^pod\.intake$", "read": "^$"}],
        "topic_permissions": [{"user": user, "vhost": "/", "exchange": INTAKE, "write": f"^({routing_keys})$",
                               "read": "^$"}],
    }


def definitions(bindings: Bindings = FIRST) -> dict[str, Any]:
    """Give what `rabbitmqctl import_definitions` reads: everything declared, the accounts, and no password.

    `pod` is the account of the suite's own services, `publisher` that of other systems.
    """
    publisher = publisher_account("publisher", schemas.names(INTAKE))
    own = r"^pod\..*$"
    replay = r"^(pod\..*|amq\.default)$"  # a replay goes straight to one service's queue
    return {
        "vhosts": [{"name": "/"}],
        "users": [_user("pod"), *publisher["users"]],
        "permissions": [{"user": "pod", "vhost": "/", "configure": own, "write": replay, "read": own},
                        *publisher["permissions"]],
        "topic_permissions": publisher["topic_permissions"],
        **_declared(steps(bindings)),
    }


def _user(name: str) -> dict[str, Any]:
    return {"name": name, "password_hash": NO_PASSWORD, "hashing_algorithm": "rabbit_password_hashing_sha256",
            "tags": []}


def _declared(found: list[Step]) -> dict[str, list[dict[str, Any]]]:
    """Write steps the way definitions files do."""
    declared: dict[str, list[dict[str, Any]]] = {"exchanges": [], "queues": [], "bindings": []}
    for method, of in found:
        if method == "exchange_declare":
            declared["exchanges"].append({"name": of["exchange"], "vhost": "/", "type": of["exchange_type"],
                                          "durable": True, "auto_delete": False, "internal": False, "arguments": {}})
        elif method == "queue_declare":
            declared["queues"].append({"name": of["queue"], "vhost": "/", "durable": True, "auto_delete": False,
                                       "arguments": of["arguments"]})
        else:
            declared["bindings"].append({"source": of["exchange"], "vhost": "/", "destination": of["queue"],
                                         "destination_type": "queue", "routing_key": of["routing_key"],
                                         "arguments": {}})
    return declared


def text() -> str:
    """Give the definitions as they are kept in the file."""
    return json.dumps(definitions(), indent=2) + "\n"


def main(argv: list[str]) -> int:
    """Write the definitions file, or with --check say whether it is stale (1) or not (0)."""
    if argv == ["--check"]:
        if FILE.exists() and FILE.read_text() == text():
            return 0
        print(f"{FILE} is stale: run python -m shared.messaging.topology", file=sys.stderr)
        return 1
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
