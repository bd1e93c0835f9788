"""What all pages share: navigation, words for times, the globals templates use."""
from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask, current_app, get_flashed_messages, request, url_for

from shared.calendar import day_in_words, london_day, moment_in_words
from shared.ledger.types import Actor
from shared.permissions import may
from shared.settings import Settings
from shared.web.contact import contact_of
from shared.web.context import can, current_actor
from shared.web.forms import error_summary
from shared.web.idempotency import new_submission

STATIC = Path(__file__).with_name("static")


class Place(NamedTuple):
    """One of the five services, as the navigation shows it."""

    name: str
    prefix: str
    title: str
    purpose: str
    actions: frozenset[str]


PLACES = (
    Place("referrals", "/referrals", "Referrals", "Ask the Pod to work with a citizen, and see where each request stands.",
          frozenset({"referral:send", "referral:read", "referral:read-own"})),
    Place("journeys", "/journeys", "Journeys", "The Pod's work with each citizen: meetings, goals, reviews, transitions.",
          frozenset({"journey:read", "journey:read-own"})),
    Place("directpayments", "/direct-payments", "Direct Payments", "Applications for funding, and the panel that decides on them.",
          frozenset({"application:read"})),
    Place("notifications", "/notifications", "Notifications", "Who was told what, when, why, and what became of it.",
          frozenset({"notification:read"})),
    Place("cafe", "/cafe", "Café", "Opening hours, events and bookings, open to everyone.", frozenset()),
)


def install(app: Flask) -> None:
    """Give the templates of the app their globals and filters."""
    app.jinja_env.globals.update(current_actor=current_actor, can=can, navigation=navigation, asset=asset,
                                 error_summary=error_summary, new_submission=new_submission, notices=notices, places=places,
                                 every_place=PLACES, pod_contact=contact_of(app.extensions["pod.settings"]))
    app.jinja_env.filters.update(day=day, short_day=short_day, moment=moment, nhs=nhs)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_page)


def _page() -> dict[str, Any]:
    settings: Settings = current_app.extensions["pod.settings"]
    return {"demo": settings.demo, "room": current_app.extensions.get("pod.room")}


def places(actor: Actor | None = None) -> list[Place]:
    """Give the services a person can use; what is public is for everybody."""
    roles = actor.roles if actor else frozenset()
    return [place for place in PLACES if not place.actions or any(may(roles, action) for action in place.actions)]


def navigation() -> list[dict[str, Any]]:
    """Give the items of the service navigation for whoever looks at the page."""
    here = request.script_root
    items = [{"text": place.title, "href": place.prefix + "/", "active": place.prefix == here}
             for place in places(current_actor())]
    if can("operations:read") and current_app.extensions.get("pod.room"):
        items.append({"text": "Operations", "href": url_for("operations.show"),
                      "current": request.endpoint == "operations.show"})
    return items


def notices() -> list[dict[str, str]]:
    """Give what the last action had to say, as notification banners."""
    flashed: Any = get_flashed_messages(with_categories=True)
    return [{"text": text, "type": "success" if kind == "success" else ""} for kind, text in flashed]


def asset(name: str) -> str:
    """Give the address of a static file, new whenever its content is."""
    # url_for gives the same; a page asks for five
    return f"{request.script_root}{current_app.static_url_path}/{name}?v={_digest(name)}"


@lru_cache(maxsize=32)
def _digest(name: str) -> str:
    path = STATIC / name
    return sha256(path.read_bytes()).hexdigest()[:12] if path.exists() else "missing"


def day(value: date | datetime | str | None) -> str:
    """Write a day as people say it: 5 March 2026; a moment is a London day."""
    if not value:
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        value = london_day(value)
    return day_in_words(value)


def short_day(value: date | datetime | str | None) -> str:
    """Write a day for a column of a table: 5 Mar 2026."""
    return re.sub(r"([A-Z][a-z][a-z])[a-z]+", r"\1", day(value))


def moment(value: datetime | str | None, weekday: bool = False) -> str:
    """Write a moment in London time: 5 March 2026 at 2:05pm; `weekday` where somebody plans by it."""
    return moment_in_words(value, weekday) if value else ""


def nhs(number: str | None) -> str:
    """Write an NHS number in its groups: 943 476 5919."""
    text = (number or "").replace(" ", "")
    return f"{text[:3]} {text[3:6]} {text[6:]}" if len(text) == 10 else text
