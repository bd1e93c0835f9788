"""The invitation to the introductory meeting, as calendars read it (RFC 5545, 5546).

It lands in calendars that others can see, so it says which referral it is about and nothing of whom: no name of the citizen,
no number, nothing of health (N-05). For the same reason the citizen is no addressee of it, and a number to ring is left out.
"""
from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from icalendar import Calendar, Event, vCalAddress, vText, vUri

from services.referrals.expected import is_off, to_check
from services.referrals.state import pathway_of, stopped_at
from shared.ledger.types import Data, State

PRODUCT = "-//Pod suite//Referrals//EN"
TELEPHONE = "telephone"


class Invited(NamedTuple):
    """Somebody of the Pod or of the practitioner's team, by work address."""

    name: str
    email: str


def make(state: State, now: datetime, worker: Invited | None, practitioner: Invited | None, url: str) -> bytes | None:
    """Give the invitation as it stands: a request, or a cancellation once the meeting is off; None where none was ever offered.

    Replies go to the development worker. `url` is where the referral is read.
    """
    meeting = state["meeting"]
    if not meeting:
        return None
    off = is_off(state, meeting)
    calendar = Calendar()
    for name, value in (("prodid", PRODUCT), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", "CANCEL" if off else "REQUEST")):
        calendar.add(name, value)
    event = _event(state, meeting, off, url)
    if worker:
        event.add("organizer", _address(Invited(f"The Pod ({worker.name})", worker.email)))
        event.add("attendee", _address(worker, ROLE="CHAIR", PARTSTAT="NEEDS-ACTION" if to_check(state, now) else "ACCEPTED"), encode=False)
    if practitioner:
        event.add("attendee", _address(practitioner, ROLE="REQ-PARTICIPANT", PARTSTAT="NEEDS-ACTION", RSVP="TRUE"), encode=False)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(state: State, meeting: Data, off: bool, url: str) -> Event:
    event = Event()
    stopped_by_itself = off and not meeting["cancelled"]
    event.add("uid", f"introductory-meeting-{state['id']}@pod")
    event.add("sequence", meeting["sequence"] + stopped_by_itself)
    event.add("dtstamp", datetime.fromisoformat(stopped_at(state) or meeting["at"] if stopped_by_itself else meeting["at"]))
    event.add("dtstart", datetime.fromisoformat(meeting["starts_at"]))
    event.add("dtend", datetime.fromisoformat(meeting["ends_at"]))
    event.add("summary", f"Introductory meeting, referral {state['reference']}")
    event.add("location", _location(state, meeting))
    event.add("description", "The citizen, the development worker and the practitioner meet for the first time. "
                             f"What it is about is on the referral: {url}")
    event.add("url", vUri(url))
    event.add("status", "CANCELLED" if off else "CONFIRMED")
    event.add("class", "PRIVATE")
    return event


def _location(state: State, meeting: Data) -> str:
    words = pathway_of(state).words(meeting["mode"])
    if meeting["mode"] == TELEPHONE:
        return f"{words} (the number is on the referral)"
    return f"{words}: {meeting['place']}" if meeting["place"] else words


def _address(one: Invited, **parameters: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{one.email}")
    for name, value in {"CN": one.name, **parameters}.items():
        address.params[name] = vText(value)
    return address
