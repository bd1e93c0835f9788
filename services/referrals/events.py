"""Which announcement is which event, and what in it is personal: names and contacts are added here."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shared.ledger.types import Announcement, Data, State
from shared.messaging.envelope import Event

People = Mapping[str, Any]

#: What stands for people whose row was erased: well formed, about nobody.
ERASED = {"name": "Erased", "email": "erased@pod.invalid", "date_of_birth": "1900-01-01", "nhs_number": "0000000000"}
OF_CITIZEN = ("name", "date_of_birth", "nhs_number", "telephone", "email", "contact_by")


def needs(announcement: Announcement, state: State, moment: datetime) -> Iterable[str]:
    """Give the ids of the people whose names or contacts the event carries."""
    data = announcement.data
    staff = [data[name]["id"] for name in ("practitioner", "named_person") if data.get(name)]
    return [data["citizen_id"], *staff, *([data["development_worker"]] if "development_worker" in data else [])]


def complete(announcement: Announcement, state: State, people: People, moment: datetime) -> Data:
    """Give the event's data as its contract in `shared.schemas.referrals` has it."""
    data = {name: value for name, value in announcement.data.items() if value is not None}
    if announcement.type == "referral.stay_recorded":
        number = _row(people, data["citizen_id"])["nhs_number"] or ERASED["nhs_number"]
        return {**data, "nhs_number": number, "statement": {**data["statement"], "nhs_number": number}}
    data["practitioner"] = _staff(people, data["practitioner"], "name", "email", "telephone")
    if data.get("named_person"):
        data["named_person"] = _staff(people, data["named_person"], "name", "email")
    if "development_worker" in data:
        data["development_worker"] = _staff(people, {"id": data["development_worker"]}, "name", "email", "team")
    if "received_at" in data:
        data["citizen"] = _citizen(_row(people, data["citizen_id"]))
    return data


def people_of(event: Event) -> Iterable[Mapping[str, Any]]:
    """Give the people an event introduces: none, for hospitals name nobody we do not know."""
    return ()


def _row(people: People, id_: str) -> Mapping[str, Any]:
    return people.get(id_) or {**dict.fromkeys(("telephone", "contact_by", "do_not", "team")), **ERASED}


def _staff(people: People, entry: Mapping[str, Any], *names: str) -> Data:
    row = _row(people, entry["id"])
    known = {name: row[name] for name in names if row[name]}
    return {"name": row["name"] or row["email"], **known, **{name: value for name, value in entry.items() if name != "id"}}


def _citizen(row: Mapping[str, Any]) -> Data:
    wishes = (row["do_not"] or "").splitlines()
    return {name: row[name] for name in OF_CITIZEN if row[name]} | ({"do_not": wishes} if wishes else {})
