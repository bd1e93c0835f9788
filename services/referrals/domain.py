"""What happens to a referral: facts, commands, and what the world should hear of it; pure."""
from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from services.referrals import rules
from services.referrals.rules import add_months, who_may_refer
from shared.calendar import london_day
from shared.ledger.types import Actor, Announcement, Data, Refused, State, Statement
from shared.pathways import PATHWAYS, Pathway
from shared.permissions import may

FOLD_VERSION = 1
#: kind -> place among statements of the same times: what is sent, then what hospitals say, then what we decide.
RANKS: Mapping[str, int] = {
    "referral.received": 0, "document.added": 1, "hospital.admitted": 2, "hospital.discharged": 3, "citizen.died": 4,
    "report.handed_on": 5, "referral.accepted": 6, "referral.declined": 7, "referral.withdrawn": 8, "referral.allocated": 9}
SOURCE = "urn:pod:referrals"

Decision = list[Statement] | Refused


def text(when: datetime) -> str:
    """Write a moment as UTC text of fixed width, so that text order is time order."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def initial(aggregate: str) -> State:
    """Give the state of a referral nobody has sent."""
    return {"id": aggregate, "stage": None, "documents": {}, "decision": None, "allocation": None, "stays": {},
            "died_on": None, "reports": {}}


def evolve(state: State, statement: Statement) -> State:
    """Take one standing statement into account."""
    at, data, kind = text(statement.occurred_at), statement.data, statement.kind
    if kind == "referral.received":
        return {**state, **data, "stage": state["stage"] or "open", "received_at": at}
    if kind == "document.added":
        return {**state, "documents": {**state["documents"], statement.about[9:]: {**data, "added_at": at, "by": statement.actor}}}
    if kind in ("hospital.admitted", "hospital.discharged"):
        return _stay(state, statement, at)
    if kind == "citizen.died":
        return {**state, "died_on": data.get("died_on")}
    if kind == "report.handed_on":
        return {**state, "reports": {**state["reports"], statement.about[7:]: data}}
    if kind == "referral.allocated":
        return {**state, "allocation": {**data, "at": at, "by": statement.actor}}
    stage = kind.partition(".")[2]
    return {**state, "stage": stage, "decision": {**data, "state": stage, "at": at, "by": statement.actor}}


def _stay(state: State, statement: Statement, at: str) -> State:
    stay_id, _, part = statement.about[5:].rpartition(":")
    told = state["stays"].get(stay_id, {})
    added = {key: statement.data[key] for key in ("ward", "legal_status") if key in statement.data}
    return {**state, "stays": {**state["stays"], stay_id: {**told, **added, part: at}}}


def in_hospital(state: State) -> list[str]:
    """Give the ids of the stays the citizen is in, as far as hospitals have said."""
    return [id_ for id_, stay in state["stays"].items()
            if "admission" in stay and stay.get("discharge", "") < stay["admission"]]


def pathway_of(state: State) -> Pathway:
    """Give the definition the referral follows."""
    return PATHWAYS[state["pathway"]]


def outcomes(state: State, now: datetime) -> list[rules.Outcome]:
    """Judge the referral by the rules of today."""
    return rules.judge(state, pathway_of(state), london_day(now))


def missing(state: State, now: datetime) -> list[dict[str, str]]:
    """Give what stands in the way of acceptance; nothing does once it is decided."""
    return rules.missing(outcomes(state, now)) if state["stage"] == "open" else []


def state_word(state: State, now: datetime) -> str:
    """Give `received`, `complete`, `accepted`, `declined` or `withdrawn`."""
    if state["stage"] != "open":
        return str(state["stage"])
    return "received" if missing(state, now) else "complete"


def is_own(state: State, actor: Actor, who: str) -> bool:
    """Say whether the referral is the practitioner's; `who` is the staff id of `actor`."""
    return may(actor.roles, "referral:read-own") and who in (state["practitioner"]["id"], state["sent_by"])


def may_see(state: State, actor: Actor, who: str) -> bool:
    """Say whether somebody may read the referral (R-14)."""
    return may(actor.roles, "referral:read") or is_own(state, actor, who)


def receive(state: State, now: datetime, actor: Actor, who: str, sent: Data, date_of_birth: date,
            papers: Sequence[Data]) -> Decision:
    """Take a referral in. `sent` holds ids and facts, no names.

    `duplicates` in it are what it may repeat, `number_of` whose the NHS number is where that is somebody of another name.
    """
    if not may(actor.roles, "referral:send"):
        return _forbidden()
    if state["stage"]:
        return Refused("R-13", "This referral was sent already.")
    pathway = PATHWAYS[sent["pathway"]]
    if not pathway.may_refer(sent["practitioner"]["team"]):
        return Refused("R-02", f"{sent['practitioner']['team']} may not refer to this pathway.", who_may_refer(pathway),
                       "referrer.team")
    if (sent["duplicates"] or sent.get("number_of")) and not sent["duplicate_reason"]:
        # one answer to both: another for the number alone would confirm that we know it
        return Refused("R-13", "This person may already be with us: say why you send it.",
                       "Check the name, the date of birth and the NHS number; if they are right, send it again with "
                       "duplicate_reason. Nothing you entered is lost.", "duplicate_reason")
    adult = add_months(date_of_birth, 12 * pathway.minimum_age)
    facts = {**sent, "sent_by": who, "adult_from": adult.isoformat() if adult > london_day(now) else None}
    return [_said("received", "referral.received", now, who, facts), *(_paper(paper, now, who) for paper in papers)]


def add_document(state: State, now: datetime, actor: Actor, who: str, paper: Data) -> Decision:
    """Note a document: its kind and its date (R-06)."""
    if not (may(actor.roles, "referral:triage") or is_own(state, actor, who)):
        return _forbidden()
    if state["stage"] not in ("open", "accepted"):
        return _decided(state)
    return [_paper(paper, now, who)]


def accept(state: State, now: datetime, actor: Actor, who: str) -> Decision:
    """Accept a referral of which nothing is missing; the rules stay with the decision as they stood (R-15)."""
    if not may(actor.roles, "referral:accept"):
        return _forbidden()
    if state["stage"] != "open":
        return _decided(state)
    found = outcomes(state, now)
    if blocking := rules.missing(found):
        reasons, helps = " ".join(one["what"] for one in blocking), " ".join(one["help"] for one in blocking)
        return Refused(blocking[0]["rule"], f"It cannot be accepted as it stands. {reasons}", helps)
    due = rules.first_meeting_due(state, pathway_of(state))
    first = {"first_meeting_due_on": due[0].isoformat()} if due else {}
    return [_said("decision", "referral.accepted", now, who, {**_judged(state, found), **first})]


def decline(state: State, now: datetime, actor: Actor, who: str, reason: str, words: str, would_change: str = "") -> Decision:
    """Decline, with a reason, words, and what would change the answer (R-14)."""
    if not may(actor.roles, "referral:decline"):
        return _forbidden()
    if state["stage"] != "open":
        return _decided(state)
    found = outcomes(state, now)
    would_change = would_change or " ".join(one["help"] for one in rules.missing(found)) or "Talk with the Pod, then refer again."
    told = {"reason": reason, "words": words, "would_change": would_change}
    return [_said("decision", "referral.declined", now, who, {**_judged(state, found), **told})]


def withdraw(state: State, now: datetime, actor: Actor, who: str, reason: str, words: str = "") -> Decision:
    """Take a referral back, with a reason (R-14)."""
    own = may(actor.roles, "referral:withdraw-own") and is_own(state, actor, who)
    if not (may(actor.roles, "referral:withdraw") or own):
        return _forbidden()
    if state["stage"] != "open":
        return _decided(state)
    return [_said("decision", "referral.withdrawn", now, who,
                  {**_judged(state, outcomes(state, now)), "reason": reason, "words": words})]


def allocate(state: State, now: datetime, actor: Actor, who: str, development_worker: str) -> Decision:
    """Choose the development worker of an accepted referral (J-01); a second choice replaces the first."""
    if not may(actor.roles, "referral:allocate"):
        return _forbidden()
    if state["stage"] != "accepted":
        return Refused("J-01", "Only an accepted referral has a development worker.", "Accept it first.")
    if state["allocation"] and state["allocation"]["development_worker"] == development_worker:
        return []
    return [_said("allocation", "referral.allocated", now, who, {"development_worker": development_worker})]


def owed(state: State, now: datetime) -> dict[str, Announcement]:
    """Give what the world should have heard of a referral."""
    if not state["stage"] or "reference" not in state:
        return {}
    start = f"referral:{state['id']}:"
    whose = {"referral_id": state["id"], **{name: state[name] for name in ("reference", "citizen_id", "practitioner")}}
    whole = {**whose, **{name: state[name] for name in ("pathway", "named_person", "received_at")}}
    found = {start + "received": Announcement("referral.received", state["received_at"], whole)}
    if decision := state["decision"]:
        found[start + decision["state"]] = _announced(state, decision, whose, whole)
    if chosen := state["allocation"]:
        found[start + "allocated"] = Announcement("referral.allocated", chosen["at"], {
            **whose, "development_worker": chosen["development_worker"], "allocated_at": chosen["at"]})
    for id_, report in state["reports"].items():
        found[f"{start}stay:{id_}"] = Announcement("referral.stay_recorded", report["origin"]["time"],
                                                   {"citizen_id": state["citizen_id"], **report})
    return found


def next_look_at(state: State, now: datetime) -> datetime | None:
    """Nothing becomes owed by the passing of time alone."""
    return None


def _announced(state: State, decision: Mapping[str, Any], whose: Data, whole: Data) -> Announcement:
    at = decision["at"]
    if decision["state"] == "accepted":
        facts = {name: state[name] for name in ("commitment_months", "conditions", "social_issues", "conversation_held_on",
                                                "meeting_preference")}
        return Announcement("referral.accepted", at, {**whole, **facts, "accepted_at": at,
                                                      "first_meeting_due_on": decision.get("first_meeting_due_on")})
    told = {name: decision[name] for name in ("reason", "words", "would_change") if name in decision}
    when = "decided_at" if decision["state"] == "declined" else "withdrawn_at"
    return Announcement(f"referral.{decision['state']}", at, {**whose, **told, when: at})


def _judged(state: State, found: Sequence[rules.Outcome]) -> Data:
    return {"pathway": state["pathway"], "fingerprint": pathway_of(state).fingerprint, "rules": [one.kept() for one in found]}


def _said(about: str, kind: str, now: datetime, who: str, data: Data) -> Statement:
    return Statement(about, kind, now, data, actor=who, source=SOURCE, event_id=str(uuid.uuid4()))


def _paper(paper: Data, now: datetime, who: str) -> Statement:
    return _said(f"document:{uuid.uuid4()}", "document.added", now, who, {"kind": paper["kind"], "dated": paper["dated"]})


def _forbidden() -> Refused:
    return Refused("permission", "Your role does not let you do this.", "Ask your manager if your work needs it.")


def _decided(state: State) -> Refused:
    decision = state["decision"] or {"state": "not there", "at": ""}
    return Refused("R-14", f"This referral is {decision['state']} already.", "Open it afresh to see how it stands.")
