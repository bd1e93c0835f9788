"""How an announcement of journeys becomes an event, and whom events introduce."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from services.journeys.state import corrections, practitioner_on, reviews
from shared.calendar import london_day
from shared.ledger.people import citizen, identity, staff
from shared.ledger.types import Announcement, Data, State
from shared.messaging.envelope import Event

People = Mapping[str, Any]
#: What is said of somebody whose row was erased, where a contract wants words.
GONE = {"name": "Not known", "email": "not-known@invalid", "team": "Not known"}


def needs(announcement: Announcement, state: State, moment: datetime) -> Iterable[str]:
    """Give the ids of those the event names: whoever is told, the practitioner, the new development worker."""
    named = (announcement.data.get("practitioner"), announcement.data.get("development_worker"))
    return [id_ for id_ in (*named, *(id_ for id_, _ in _told(announcement, state, moment))) if id_]


def complete(announcement: Announcement, state: State, people: People, moment: datetime) -> Data:
    """Give the event's data as its contract says; `told` are those whose journey it was at that moment."""
    data = dict(announcement.data)
    data["told"] = [{**_named(people[id_], ("email", "name")), "role": role}
                    for id_, role in _told(announcement, state, moment) if people.get(id_, {}).get("email")]
    for name in ("practitioner", "development_worker"):
        if name in data:
            data[name] = _named(people.get(data[name], GONE), ("name", "email", "team"))
    journey = state["journeys"].get(data["journey_id"], {})
    if announcement.type == "journey.allocated":
        if who := _practitioner(state, journey, moment):
            data["practitioner"] = _named(people.get(who, GONE), ("name", "email", "team"))
        data["reviews_open"] = _reviews_open(state, data["journey_id"])
    if announcement.type == "journey.closing_set" and "referral_id" in journey:
        # here and not in the announcement: who was told before it was said is not told again
        data["referral_id"] = journey["referral_id"]
    return data


def _told(announcement: Announcement, state: State, moment: datetime) -> Iterator[tuple[str, str]]:
    journey = state["journeys"].get(announcement.data["journey_id"], {})
    if worker := journey.get("development_worker"):
        yield worker, "development_worker"
    if practitioner := _practitioner(state, journey, moment):
        yield practitioner, "practitioner"


def _practitioner(state: State, journey: Data, moment: datetime) -> str | None:
    return practitioner_on(state, journey, london_day(moment).isoformat()) if "opened_at" in journey else None


def _named(person: Mapping[str, Any], names: Iterable[str]) -> Data:
    return {name: person[name] for name in names if person.get(name)}


def _reviews_open(state: State, jid: str) -> int:
    journey = state["journeys"].get(jid, {})
    if "opened_at" not in journey or state["death"] is not None:
        return 0
    asked = [one.id for one in reviews(state, jid, journey)] + [one.id for one in corrections(state, jid, journey)]
    return sum(rid not in state["decisions"] for rid in asked)


def people_of(event: Event) -> list[dict[str, Any]]:
    """Give the people an event names; those it names by e-mail address alone are known by no more."""
    type_, data, at = event.type, event.data, event.recordedtime
    if type_ == "referral.stay_recorded":
        # what is handed on introduces whom the original would have
        type_, data, at = data["origin"]["type"], data["statement"], datetime.fromisoformat(data["origin"]["recordedtime"])
    if type_.startswith("referral."):
        return _of_referral(data, at)
    if type_ == "keyworker.changed":
        return [staff({"email": data["to_email"], "name": data["to_name"], "team": data["to_team"]}, at)]
    return []


def _of_referral(data: Data, at: datetime) -> list[dict[str, Any]]:
    rows = [staff(data[name], at) for name in ("practitioner", "named_person", "development_worker") if data.get(name)]
    if data.get("citizen"):
        # only an acceptance says how to reach the citizen; what says less leaves that as it is
        rows.append((citizen if "accepted_at" in data else identity)(data["citizen_id"], data["citizen"], at))
    return rows
