"""Which announcement is which event, and what in it is personal: names and contacts are added here."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from services.referrals.state import took_part
from shared.ledger.people import in_full, staff
from shared.ledger.tables import staff_id
from shared.ledger.types import Announcement, Data, State
from shared.messaging.envelope import Event

People = Mapping[str, Any]

#: What stands for people whose row was erased: well formed, about nobody.
ERASED = {"name": "Erased", "email": "erased@pod.invalid", "date_of_birth": "1900-01-01", "nhs_number": "0000000000"}
#: How the fields of reports end that hold the address of a member of staff.
ADDRESS = "_email"
#: What of a citizen says who they are: all that is told before a referral is accepted.
IDENTITY = ("name", "date_of_birth", "nhs_number")
#: Announcements that say of a referral that something changed, and to whom that is told.
CHANGES = {
    "referral.completed": ("practitioner",), "referral.more_asked": ("practitioner",),
    "referral.meeting_offered": ("practitioner", "development_worker"),
    "referral.first_meeting_overdue": ("practitioner", "development_worker"), "referral.response_overdue": (),
    "referral.document_lapsing": ("practitioner", "development_worker"), "referral.named_person_needed": ("practitioner",),
    "referral.admission_recorded": ("practitioner",), "referral.death_recorded": ("practitioner",)}


def needs(announcement: Announcement, state: State, moment: datetime) -> Iterable[str]:
    """Give the ids of the people whose names or contacts the event carries."""
    data = announcement.data
    if "citizen_id" not in data:
        return [id_ for id_, _ in _told(announcement, state, moment)]
    named = [data[name]["id"] for name in ("practitioner", "named_person") if data.get(name)]
    if announcement.type == "referral.stay_recorded":
        named += [value for name, value in data["statement"].items() if name.endswith(ADDRESS)]
    return [data["citizen_id"], *named, *([data["development_worker"]] if "development_worker" in data else [])]


def complete(announcement: Announcement, state: State, people: People, moment: datetime) -> Data:
    """Give the event's data as its contract in `shared.schemas.referrals` has it."""
    data = {name: value for name, value in announcement.data.items() if value is not None and not name.startswith("_")}
    if "citizen_id" not in data:
        told = [{**_staff(people, {"id": id_}, "name", "email"), "role": role} for id_, role in _told(announcement, state, moment)]
        return {**data, "told": [one for one in told if one.get("email")]}
    if announcement.type == "referral.stay_recorded":
        number = _row(people, data["citizen_id"])["nhs_number"] or ERASED["nhs_number"]
        return {**data, "nhs_number": number, "statement": {**_by_names(data["statement"], people), "nhs_number": number}}
    return {**data, **_people_in(data, people, announcement.type)}


def _people_in(data: Data, people: People, type_: str) -> Data:
    """Give the people of an event about a whole referral; how to reach the citizen only where the journey needs it."""
    found: Data = {}
    if data.get("practitioner"):
        found["practitioner"] = _staff(people, data["practitioner"], "name", "email", "telephone")
    if data.get("named_person"):
        found["named_person"] = _staff(people, data["named_person"], "name", "email")
    if "development_worker" in data:
        found["development_worker"] = _staff(people, {"id": data["development_worker"]}, "name", "email", "team")
    if "received_at" in data:
        citizen = in_full(_row(people, data["citizen_id"]))
        found["citizen"] = citizen if type_ == "referral.accepted" else {name: citizen[name] for name in IDENTITY if name in citizen}
    return found


def _told(announcement: Announcement, state: State, moment: datetime) -> Iterator[tuple[str, str]]:
    """Give (id, role) of those a change is told to, as things stand."""
    data = announcement.data
    if "_told" in data:
        yield from ((id_, role) for id_, role in data["_told"])
    elif announcement.type == "referral.amended":
        yield from ((id_, role) for id_, role in state["amendments"].get(data["amendment_id"], {}).get("told", []))
    elif announcement.type == "referral.answered":
        if asked := state["questions"].get(data["question_id"], {}).get("by"):
            yield asked, "development_worker"
    else:
        roles = CHANGES[announcement.type]
        # whoever said that the citizen died need not be told
        said_by = state.get("death_said_by") if announcement.type == "referral.death_recorded" else None
        yield from ((id_, role) for id_, role in took_part(state, moment) if role in roles and id_ != said_by)


def people_of(event: Event) -> Iterable[Mapping[str, Any]]:
    """Give the staff an event introduces, each by the address it names; the citizen is known already."""
    named = {"to_email": {"name": event.data.get("to_name"), "team": event.data.get("to_team")}}
    return [staff({"email": value, **named.get(name, {})}, event.recordedtime)
            for name, value in event.data.items() if name.endswith(ADDRESS)]


def by_ids(report: Data) -> Data:
    """Give what somebody reported as a statement may hold it: ids for addresses, and no number or name."""
    return {name: staff_id(value) if name.endswith(ADDRESS) else value
            for name, value in report.items() if name not in ("nhs_number", "to_name")}


def _by_names(kept: Data, people: People) -> Data:
    """Give a report as it came, with addresses for ids."""
    told = {name: _row(people, value)["email"] if name.endswith(ADDRESS) else value for name, value in kept.items()}
    return {**told, "to_name": _row(people, kept["to_email"])["name"] or told["to_email"]} if "to_email" in kept else told


def _row(people: People, id_: str) -> Mapping[str, Any]:
    return people.get(id_) or {**dict.fromkeys(("telephone", "team")), **ERASED}


def _staff(people: People, entry: Mapping[str, Any], *names: str) -> Data:
    row = _row(people, entry["id"])
    known = {name: row[name] for name in names if row[name]}
    return {"name": row["name"] or row["email"], **known, **{name: value for name, value in entry.items() if name != "id"}}
