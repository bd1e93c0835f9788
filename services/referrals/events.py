"""Which announcement is which event, and what in it is personal: names and contacts are added here."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shared.ledger.people import staff
from shared.ledger.tables import staff_id
from shared.ledger.types import Announcement, Data, State
from shared.messaging.envelope import Event

People = Mapping[str, Any]

#: What stands for people whose row was erased: well formed, about nobody.
ERASED = {"name": "Erased", "email": "erased@pod.invalid", "date_of_birth": "1900-01-01", "nhs_number": "0000000000"}
#: How the fields of reports end that hold the address of a member of staff.
ADDRESS = "_email"
OF_CITIZEN = ("name", "date_of_birth", "nhs_number", "telephone", "email", "contact_by")


def needs(announcement: Announcement, state: State, moment: datetime) -> Iterable[str]:
    """Give the ids of the people whose names or contacts the event carries."""
    data = announcement.data
    named = [data[name]["id"] for name in ("practitioner", "named_person") if data.get(name)]
    if announcement.type == "referral.stay_recorded":
        named += [value for name, value in data["statement"].items() if name.endswith(ADDRESS)]
    return [data["citizen_id"], *named, *([data["development_worker"]] if "development_worker" in data else [])]


def complete(announcement: Announcement, state: State, people: People, moment: datetime) -> Data:
    """Give the event's data as its contract in `shared.schemas.referrals` has it."""
    data = {name: value for name, value in announcement.data.items() if value is not None}
    if announcement.type == "referral.stay_recorded":
        number = _row(people, data["citizen_id"])["nhs_number"] or ERASED["nhs_number"]
        return {**data, "nhs_number": number, "statement": {**_by_names(data["statement"], people), "nhs_number": number}}
    data["practitioner"] = _staff(people, data["practitioner"], "name", "email", "telephone")
    if data.get("named_person"):
        data["named_person"] = _staff(people, data["named_person"], "name", "email")
    if "development_worker" in data:
        data["development_worker"] = _staff(people, {"id": data["development_worker"]}, "name", "email", "team")
    if "received_at" in data:
        data["citizen"] = _citizen(_row(people, data["citizen_id"]))
    return data


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
    return people.get(id_) or {**dict.fromkeys(("telephone", "contact_by", "do_not", "team")), **ERASED}


def _staff(people: People, entry: Mapping[str, Any], *names: str) -> Data:
    row = _row(people, entry["id"])
    known = {name: row[name] for name in names if row[name]}
    return {"name": row["name"] or row["email"], **known, **{name: value for name, value in entry.items() if name != "id"}}


def _citizen(row: Mapping[str, Any]) -> Data:
    wishes = (row["do_not"] or "").splitlines()
    return {name: row[name] for name in OF_CITIZEN if row[name]} | ({"do_not": wishes} if wishes else {})
