"""Who may look at journeys: those who may read all, and practitioners their own."""
from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from shared.permissions import may
from shared.web.context import current_actor, requires

View = TypeVar("View", bound=Callable[..., Any])


def reads_journeys(view: View) -> View:
    """Let in who may read journeys, all or their own; which of them they see is part of the query."""
    all_of_them, their_own = requires("journey:read")(view), requires("journey:read-own")(view)

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        actor = current_actor()
        own = actor is not None and may(actor.roles, "journey:read-own") and not may(actor.roles, "journey:read")
        return (their_own if own else all_of_them)(*args, **kwargs)
    return cast(View, checked)
