"""A journey as it is shown, on a page and in the API: its state now or as it was known on a day, and its timeline."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from services.journeys import domain, meetings
from services.journeys import state as journeys
from services.journeys.state import is_inpatient, is_undone, practitioner_on, stage_of
from shared.calendar import london_day
from shared.database import instant_text
from shared.ledger import rows
from shared.ledger.fold import fold, standing
from shared.ledger.people import CONTACTS, in_full
from shared.ledger.store import Ledger
from shared.ledger.tables import statement_id
from shared.ledger.types import Data, State, Statement
from shared.pathways import PATHWAYS, Strand
from shared.schemas.people import LEGAL_STATUS

People = Mapping[str, Any]


def journey(connection: Connection, ledger: Ledger, person: str, jid: str, moment: datetime,
            past: bool = False, listed: bool = False) -> tuple[Data, int] | None:
    """Give the journey as it stood at `moment` and the version of its person; None when nobody knew of it.

    `past` folds only what had reached us by `moment`. How to reach the citizen is told of one journey as it is now: not
    in a list, and not of the past, of which we keep no addresses.
    """
    found = ledger.read(connection, person)
    if found is None:
        return None
    said = [s for s, received in rows.received(connection, ledger.tables, person, domain) if not past or received <= moment]
    state = fold(domain, person, said)[0] if past else found.state
    if jid not in dict(journeys.opened(state)):
        return None
    people = ledger.people.get(connection, list(_named(state, person, said)))
    looker = _Looker(state, person, jid, moment, said, people)
    return {**looker.shown(), **({} if past or listed else {"contact": looker.contact()})}, found.version


def _named(state: State, person: str, said: Iterable[Statement]) -> set[str]:
    ids = {person, *(one["practitioner"] for one in state["changes"].values()), *(s.actor for s in said if s.is_by_staff)}
    for one in state["journeys"].values():
        ids |= {one[name] for name in ("practitioner", "development_worker", "named_person") if one.get(name)}
    for s in said:
        ids |= {s.data[name] for name in ("practitioner", "development_worker", "cover") if s.data.get(name)}
    return ids


class _Looker:
    """Puts one journey into words and shapes."""

    def __init__(self, state: State, person: str, jid: str, moment: datetime, said: Sequence[Statement], people: People):
        self.state, self.person, self.jid, self.moment = state, person, jid, moment
        self.said, self.people, self.stands = said, people, standing(said)
        self.journey = state["journeys"][jid]

    def shown(self) -> Data:
        state, journey = self.state, self.journey
        end = journeys.closing(state, journey)
        today = london_day(self.moment).isoformat()
        return {
            "id": self.jid, "reference": journey["reference"], "pathway": journey["pathway"],
            "citizen": self._citizen(), "state": stage_of(state, journey, self.moment),
            "inpatient": is_inpatient(state), "died_on": state["death"] and state["death"]["died_on"],
            "closing_on": end and end["closes_on"], "opened_at": journey["opened_at"],
            "practitioner": self._staff(practitioner_on(state, journey, today)),
            "self_referral": journeys.is_self_referred(journey), "one_to_one_support": journey.get("one_to_one_support"), "referral_id": journey["referral_id"],
            "development_worker": self._staff(journey["development_worker"]),
            "meetings": meetings.shown(state, self.jid, instant_text(self.moment)),
            "strands": [self._strand(strand) for strand in PATHWAYS[journey["pathway"]].strand],
            "stays": self._stays(), "reviews": self._reviews(), "follow_ups": self._follow_ups(), "timeline": self._timeline(),
        }

    def _citizen(self) -> Data:
        row = self.people.get(self.person, {})
        return {"name": row.get("name") or "Not known", "nhs_number": row.get("nhs_number")}

    def contact(self) -> Data:
        """Give how to reach the citizen and what they need; once they have died, whom of their family to ring (J-14)."""
        known = in_full(self.people.get(self.person, {}))
        kept = ("next_of_kin",) if self.state["death"] else _NO_CONTACT
        return {**_NO_CONTACT, **{name: known[name] for name in kept if name in known}}

    def _strand(self, strand: Strand) -> Data:
        held = meetings.held_in(self.state, self.jid, strand.key)
        return {"name": strand.key, "state": "under_way" if held else "not_started", "meetings_held": held,
                "minimum": strand.minimum, "maximum": strand.maximum}

    def _staff(self, id_: str | None) -> Data | None:
        if not id_:
            return None
        row = self.people.get(id_, {})
        return {"name": row.get("name") or row.get("email") or "Not known here", "email": row.get("email"),
                "team": row.get("team")}

    def _name(self, id_: str) -> str:
        return str((self._staff(id_) or {})["name"])

    def _stays(self) -> list[Data]:
        shown = [{"id": sid, "admitted_at": stay.get("admitted_at"), "discharged_at": stay.get("discharged_at"),
                  "running": journeys.is_running(stay), "ward": _latest(stay, "wards", "ward"),
                  "legal_status": _latest(stay, "statuses", "legal_status"), "legal_statuses": _legal_statuses(stay),
                  "on_leave": _latest(stay, "leave", "") == "out",
                  "expected_discharge_on": stay.get("expected_discharge_on"), "destination": stay.get("destination")}
                 for sid, stay in self.state["stays"].items() if "admitted_at" in stay or "discharged_at" in stay]
        return sorted(shown, key=lambda stay: stay["admitted_at"] or stay["discharged_at"])

    def _reviews(self) -> list[Data]:
        asked = list(journeys.reviews(self.state, self.jid, self.journey))
        found = [self._review(review) for review in asked]
        known = {review.id for review in asked}
        for rid, decision in self.state["decisions"].items():
            if decision["journey"] == self.jid and "stay" in decision and rid not in known:
                found.append(self._decided(rid, decision, None))
        known |= {one["id"] for one in found}
        found += [one for one in self._withdrawn() if one["id"] not in known]
        return found + self._corrections()

    def _review(self, review: journeys.Review) -> Data:
        decision = self.state["decisions"].get(review.id)
        if decision:
            return self._decided(review.id, decision, review.due_on)
        return {**self._asked(review), "kind": "admission", "rests_on": f"stay:{review.stay_id}:admission"}

    def _asked(self, review: journeys.Review | journeys.Correction) -> Data:
        state = "stopped" if self.state["death"] else "open"
        overdue = state == "open" and review.overdue_at <= instant_text(self.moment)
        return {**_EMPTY, "id": review.id, "state": state, "due_on": review.due_on, "overdue": overdue}

    def _decided(self, rid: str, decision: Data, due_on: str | None) -> Data:
        return {**_EMPTY, "id": rid, "kind": "admission", "state": "undone" if is_undone(self.state, rid) else "done",
                "due_on": due_on, "outcome": decision["outcome"], "words": decision["words"], "by": self._name(decision["by"]),
                "completed_at": decision["at"], "rests_on": decision["rests_on"]}

    def _withdrawn(self) -> list[Data]:
        """Give the reviews whose admission was taken back before anything was decided."""
        gone = {s.data["stay_id"] for s in self.said if s.kind == "hospital.admitted" and not s.withdrawn
                and self._taken_back_from_review(s)}
        return [{**_EMPTY, "id": f"{self.jid}-{journeys.stay_key(sid)}", "kind": "admission", "state": "withdrawn",
                 "rests_on": f"stay:{sid}:admission"} for sid in sorted(gone)]

    def _taken_back_from_review(self, s: Statement) -> bool:
        return self.stands[s.about].withdrawn and journeys.asked_for_review(
            self.state, self.journey, s.data["stay_id"], instant_text(s.occurred_at))

    def _corrections(self) -> list[Data]:
        found, decisions = list(journeys.corrections(self.state, self.jid, self.journey)), self.state["decisions"]
        due = {one.id: one.due_on for one in found}
        asked = [{**self._asked(one), "kind": "correction", "rests_on": decisions[one.of]["rests_on"],
                  "decided": decisions[one.of]["outcome"]} for one in found if one.id not in decisions]
        done = [self._decided(rid, {"rests_on": "", **one}, due.get(rid)) | {"kind": "correction", "state": "done"}
                for rid, one in decisions.items() if one["journey"] == self.jid and "stay" not in one]
        return asked + done

    def _follow_ups(self) -> list[Data]:
        if self.state["death"]:
            return []
        days, opened_at = PATHWAYS[self.journey["pathway"]].follow_up_in_days, self.journey["opened_at"]
        return [{"stay_id": sid, "proposed_by": journeys.follow_up_by(stay["discharged_on"], days)}
                for sid, stay in self.state["stays"].items() if stay.get("discharged_at", "") > opened_at
                and not journeys.is_running(stay)]

    def _timeline(self) -> list[Data]:
        """Give what was said, oldest first by its own time; of other journeys of this person nothing."""
        shown = [self._entry(s) for s in self.said if s.kind != "admission.taken_back"  # the withdrawal says it
                 and not s.about.startswith("referral:") and (not s.about.startswith(("journey:", "meeting:")) or self.jid in s.about)]
        return sorted(shown, key=lambda entry: (entry["occurred_at"], entry["recorded_at"]))

    def _entry(self, s: Statement) -> Data:
        stands = self._corrects(s)
        return {"id": statement_id(self.person, s), "kind": s.kind, "occurred_at": instant_text(s.occurred_at),
                "recorded_at": instant_text(s.recorded_at or s.occurred_at), "actor": self._name(s.actor) if s.is_by_staff else s.actor,
                "corrected_by": None if stands == s else statement_id(self.person, stands), "withdrawn": s.withdrawn,
                "about": s.about, "facts": self._facts(s.data)}

    def _corrects(self, s: Statement) -> Statement:
        """Give what stands in place of a statement; of a discharge, also what was said of it before it took effect."""
        stands = self.stands[s.about]
        if stands == s and not s.withdrawn and s.kind == "keyworker.discharged" and (
                later := journeys.overtaken_by(self.state, s.about)):
            return self.stands[later]
        return stands

    def _facts(self, data: Data) -> Data:
        """Give a statement's data with people's names for their ids, and without what only programs need."""
        names = {name: self._name(data[name]) for name in ("practitioner", "development_worker", "cover") if data.get(name)}
        return {name: names.get(name, value) for name, value in data.items() if name not in _INNER}


_EMPTY: Data = {"due_on": None, "overdue": False, "outcome": None, "words": None, "by": None, "completed_at": None}
_NO_CONTACT: Data = {**dict.fromkeys(CONTACTS), "do_not": [], "next_of_kin": None}
_INNER = ("journey", "review", "rests_on", "stay", "referral_id", "before", "named_person", "meeting")


def _latest(stay: Data, series: str, first: str) -> Any:
    """Give what is so now of a dated series on a stay; before the first change, what the admission said."""
    changes = journeys.since_admission(stay, series)
    return changes[max(changes)] if changes else stay.get(first)


def _legal_statuses(stay: Data) -> list[Data]:
    return [{**one, "words": LEGAL_STATUS.get(one["code"], one["code"])} for one in journeys.legal_statuses(stay)]
