"""What each event another system publishes says: about which key, and which facts; numbers and addresses become ids."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from shared.database import instant_text
from shared.ledger.keeper import LedgerStage
from shared.ledger.tables import staff_id
from shared.ledger.types import Data
from shared.messaging.delivery import inbox_id
from shared.messaging.envelope import Event


class Saying(NamedTuple):
    """One statement to be: its key and its data."""

    about: str
    data: Data


def say(stage: LedgerStage, event: Event, person: str) -> None:
    """Say what `event` says of `person`; a cancellation takes back what stands under its key."""
    saying, withdrawn = SAYINGS[event.type](event), event.type in CANCELLATIONS or event.withdrawn
    stage.say(event, person, saying.about, event.type, saying.data, withdrawn=withdrawn)
    if withdrawn and event.type in ADMISSIONS:
        # a withdrawal leaves no trace in a state, but from when it is known somebody has to keep or undo a decision
        stage.say(event, person, f"stay:{event.data['stay_id']}:taken_back", "admission.taken_back",
                  _facts(event, "stay_id"), withdrawn=False)


def _stay(part: str, *facts: str) -> Callable[[Event], Saying]:
    return lambda event: Saying(f"stay:{event.data['stay_id']}:{part}", _facts(event, "stay_id", *facts))


def _dated(part: str, *facts: str) -> Callable[[Event], Saying]:
    """Say something that is so from a time on; the same time again amends it."""
    return lambda event: Saying(f"stay:{event.data['stay_id']}:{part}:{instant_text(event.time)}",
                                _facts(event, "stay_id", *facts))


def _facts(event: Event, *names: str) -> Data:
    return {name: event.data[name] for name in names if name in event.data}


def _practitioner_discharged(event: Event) -> Saying:
    who = staff_id(event.data["practitioner_email"])
    return Saying(f"keyworker:{who}:discharge:{event.data['closes_on']}",
                  {"practitioner": who, **_facts(event, "closes_on", "reason")})


def _practitioner_stays(event: Event) -> Saying:
    """Say that what the practitioner said of leaving is off; it names no date, so which discharge it means is derived."""
    who = staff_id(event.data["practitioner_email"])
    return Saying(f"keyworker:{who}:cancelled:{inbox_id(event.source, event.id)}", {"practitioner": who})


def _practitioner_changed(event: Event) -> Saying:
    data = {"practitioner": staff_id(event.data["to_email"]), "on": event.data["changes_on"]}
    if "from_email" in event.data:
        data["before"] = staff_id(event.data["from_email"])
    return Saying(f"keyworker:change:{data['on']}:{data.get('before', '')}", data)


def _practitioner_absent(event: Event) -> Saying:
    who = staff_id(event.data["practitioner_email"])
    data = {"practitioner": who, "on": event.data["absent_from"], "until": event.data["absent_until"]}
    if "cover_email" in event.data:
        data["cover"] = staff_id(event.data["cover_email"])
    return Saying(f"keyworker:{who}:absence:{data['on']}", data)


def _team_changed(event: Event) -> Saying:
    return Saying(f"team:change:{event.data['changes_on']}", {"on": event.data["changes_on"], "team": event.data["team"]})


def _psychology_started(event: Event) -> Saying:
    return Saying(f"psychology:start:{event.data['starts_on']}", {"on": event.data["starts_on"]})


#: These say nothing of their own: the statement is a withdrawal of the key.
CANCELLATIONS = frozenset({"hospital.admission_cancelled", "hospital.discharge_cancelled", "citizen.death_cancelled",
                           "citizen.merge_cancelled"})
ADMISSIONS = ("hospital.admitted", "hospital.admission_cancelled")
SAYINGS: Mapping[str, Callable[[Event], Saying]] = {
    "hospital.admitted": _stay("admission", "ward", "legal_status", "expected_discharge_on"),
    "hospital.admission_cancelled": _stay("admission"),
    "hospital.discharged": _stay("discharge", "destination"),
    "hospital.discharge_cancelled": _stay("discharge"),
    "hospital.transferred": _dated("ward", "ward"),
    "hospital.legal_status_changed": _dated("status", "legal_status"),
    "hospital.leave_started": _dated("leave_start"),
    "hospital.leave_ended": _dated("leave_end"),
    "citizen.died": lambda event: Saying("citizen:death", _facts(event, "died_on")),
    "citizen.death_cancelled": lambda event: Saying("citizen:death", {}),
    # the other number may be of somebody unknown to us, and a statement holds no numbers
    "citizen.merged": lambda event: Saying("citizen:merge", {}),
    "citizen.merge_cancelled": lambda event: Saying("citizen:merge", {}),
    "keyworker.discharged": _practitioner_discharged,
    "keyworker.discharge_cancelled": _practitioner_stays,
    "keyworker.changed": _practitioner_changed,
    "keyworker.absent": _practitioner_absent,
    "team.changed": _team_changed,
    "psychology.started": _psychology_started,
}
