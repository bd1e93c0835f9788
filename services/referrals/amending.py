"""How a referral is amended after it was sent."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.referrals import belonging, body, decisions, elsewhere, history, reaching, record, saying, sending
from services.referrals.belonging import NUMBER, Whose
from services.referrals.desk import Answer, Desk
from services.referrals.record import WHO
from services.referrals.reported import BY_NUMBER, reported
from services.referrals.saying import Saying
from services.referrals.state import doubts_number, pathway_of, taken_in
from shared.ledger.store import Written
from shared.ledger.types import Data, Refused, State, Statement

#: Facts of a referral that are amended as they are.
PLAIN = ("conversation_held_on", "reason", "conditions", "social_issues", "one_to_one_support", "meeting_preference", "commitment_months", "inpatient")


def read(desk: Desk, found: Written, given: Any, today: date) -> tuple[Data, body.Faults]:
    """Take an amendment of a referral, as `body.read`; from here on it and its citizen's others are locked."""
    taken, faults = body.amendment(pathway_of(found.state), given, today)
    if not faults:
        _one_at_a_time(desk, found.state, taken)
    state = elsewhere.lock(desk, found).state
    is_read = not any(not pointer or pointer.startswith(("/citizen", "/clear")) for pointer in faults)
    return taken, {**(_unreachable(desk, state, taken) if is_read else {}), **faults}


def amend(desk: Desk, id_: str, given: Data, expect: int | None = None) -> Answer:
    """Amend a referral; `given` as `read` has taken it."""
    return sending.seeing_numbers(desk, lambda: _amend(desk, id_, given, expect))


def _one_at_a_time(desk: Desk, state: State, given: Data) -> None:
    """Let an amendment of who the citizen is and whatever else is written of the same person wait for each other.

    While a number is in doubt, so does what is reported of it: until it is known whether it is the citizen's.
    """
    who = {name: value for name, value in saying.columns(given, PLAIN).items() if name in WHO}
    if who or doubts_number(state):
        on_record = desk.people([state["citizen_id"]]).get(state["citizen_id"], {})
        says = desk.says(state["id"])
        sending.one_at_a_time(desk, says, {**says, **who}, {**on_record, **who})


def _amend(desk: Desk, id_: str, given: Data, expect: int | None) -> Answer:
    found = desk.read(id_)
    if found is None:
        return Refused("R-14", "There is no such referral.")
    _one_at_a_time(desk, found.state, given)  # again: the rest of who they are may have been amended before the rows were ours
    state, said = found.state, saying.read(desk, found.state, saying.columns(given, PLAIN))
    if said.fields and not said.on_record:
        return Refused("X-06", "What was known of this citizen was erased.", "Nothing of who they are and how to reach them is kept again: refer them anew.")
    whose = belonging.whose(desk, state, said, given["amendment_reason"]) if set(said.fields) & set(WHO) else None
    if isinstance(whose, Refused):
        return whose
    said = _numbered(said, state, whose)
    change = _change(desk, state, said, whose, given)
    desk.introduce_staff([given[name] for name in ("referrer", "named_person") if name in given])
    # written first, for what is announced says who they are from now on; a refusal undoes it
    was, new = _rewrite(desk, state, said, whose)
    wrong = reported(desk.ledger, desk.connection, [id_], BY_NUMBER, doubted=True) if _was_wrong(state, said) else []
    others = desk.reported_of(whose.citizen, but=id_) if whose and whose.citizen != state["citizen_id"] else []
    others = _after(wrong, others)
    answer = desk.do(decisions.amend, id_, change, wrong, others, expect=expect)
    if isinstance(answer, Written) and answer.state["citizen_id"] != state["citizen_id"]:
        elsewhere.follow(desk, taken_in(state), answer.state["citizen_id"])
    if isinstance(answer, Written) and said.fields:
        history.keep(desk, state, next(iter(set(answer.state["amendments"]) - set(state["amendments"]))), said)
        along = elsewhere.under_way(desk, answer.state["citizen_id"], but=id_)
        elsewhere.note(desk, along, answer.state, was, new, given["amendment_reason"])
    return answer


def _was_wrong(state: State, said: Saying) -> bool:
    """Say whether the number by which it was reported is not the citizen's: the one in doubt, else the one on record."""
    return NUMBER in said.says if doubts_number(state) else NUMBER in said.recorded and bool(said.on_record.get(NUMBER))


def _after(wrong: Sequence[Statement], reported: Sequence[Statement]) -> list[Statement]:
    """Give what is reported of whoever it is, said now where it takes the place of what is taken back: else that would stand."""
    taken_back = {one.about for one in wrong}
    return [one._replace(recorded_at=None) if one.about in taken_back else one for one in reported]


def _unreachable(desk: Desk, state: State, given: Data) -> body.Faults:
    """Find that the citizen can be reached no more as they would like; what was so before is no fault of this amendment.

    Whoever does not see what is on record is held to what their own referral says (R-13).
    """
    said = saying.read(desk, state, saying.columns(given, PLAIN))
    citizen, changed = (said.now_on_record, said.recorded) if desk.sees_all else (said.now_says, said.says)
    need = reaching.lacking(citizen)
    return reaching.faults(citizen) if need and {"contact_by", need.field} & set(changed) else {}


def _numbered(said: Saying, state: State, whose: Whose | None) -> Saying:
    """Put on record the number that was in doubt, and turns out to be nobody else's."""
    is_free = whose and state.get("number_of") and not whose.number_of and whose.citizen == state["citizen_id"] and NUMBER not in said.recorded
    return said._replace(recorded={**said.recorded, NUMBER: said.now_says.get(NUMBER)}) if is_free else said


def _change(desk: Desk, state: State, said: Saying, whose: Whose | None, given: Data) -> Data:
    facts = {name: given.get(name) for name in PLAIN if name in given or name in given.get("clear", [])}
    if "referrer" in given:
        facts["practitioner"] = sending.staff_facts(desk, given["referrer"])
    if "named_person" in given:
        facts["named_person"] = sending.staff_facts(desk, given["named_person"])
    return {"facts": facts, "derived": _derived(desk, state, said, whose) if whose else {}, **said.where,
            "personal": [f"citizen.{name}" for name in said.fields], "reason": given["amendment_reason"]}


def _derived(desk: Desk, state: State, said: Saying, whose: Whose) -> Data:
    """Give what follows from who the citizen is now: whose referral it is, from when they are old enough, what it may repeat."""
    # to whoever does not see what is on record nothing follows from it
    now = said.now_on_record if desk.sees_all and whose.citizen == state["citizen_id"] else said.now_says
    who = {name: value for name in WHO if (value := now.get(name) or said.now_says.get(name))}
    pathway, found = pathway_of(state), state["duplicates"]
    if state["stage"] == "open":
        found = sending.duplicates(desk, pathway.name, who, {one for one in whose if one}, but=state["id"])
    return {"citizen_id": whose.citizen, "number_of": whose.number_of, "duplicates": found,
            "adult_from": decisions.adult_from(date.fromisoformat(who["date_of_birth"]), pathway, desk.now),
            **({"settled": None} if set(found) - set(state["duplicates"]) else {})}


def _rewrite(desk: Desk, state: State, said: Saying, whose: Whose | None) -> tuple[Data, Data]:
    """Write what the referral says and what is on record now; give the row of whoever it is as it was, and what became new of it."""
    if said.says:
        desk.say(state["id"], said.now_says)
    if whose is None or whose.citizen == state["citizen_id"]:
        desk.rewrite(said.on_record, said.recorded)
        return dict(said.on_record), said.recorded
    known = desk.people([whose.citizen]).get(whose.citizen)
    if said.on_record.get(NUMBER) and not desk.beside(state):
        desk.rewrite(said.on_record, {NUMBER: None})  # nobody has a number that was wrong
    return _join(desk, dict(known), said) if known else _split(desk, whose, said)


def _join(desk: Desk, known: Data, said: Saying) -> tuple[Data, Data]:
    """Write of somebody known what staff have just entered, and add what the referral says besides."""
    entered = {name: value for name, value in said.recorded.items() if name not in (*WHO, "do_not") and (known[name] or None) != value}
    new = {**record.added(known, said.now_says), **entered}
    desk.rewrite(known, new)
    return known, new


def _split(desk: Desk, whose: Whose, said: Saying) -> tuple[Data, Data]:
    """Write somebody of their own, of whom is known what the referral says; a number in doubt stays with whose it is."""
    row = {**said.on_record, **said.now_says, **({NUMBER: None} if whose.number_of else {})}
    desk.rewrite(row, {"id": whose.citizen})
    return row, {}
