"""What may be done with a referral: each command gives what is said of it, or why it is refused; pure.

`who` is the staff id of `actor`; a refusal names its rule, and what would help.
"""
from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from services.referrals import clocks, rules
from services.referrals.access import may_add, may_end
from services.referrals.expected import begun_with
from services.referrals.reasons import DIED, MERGED
from services.referrals.rules import who_may_refer
from services.referrals.state import (
    FOLLOWED,
    closed_on,
    evolve,
    from_elsewhere,
    may_repeat,
    pathway_of,
    record_of,
    took_part,
)
from shared.calendar import london_day
from shared.ledger.types import Actor, Data, Refused, State, Statement
from shared.pathways import PATHWAYS, Pathway
from shared.permissions import may

SOURCE = "urn:pod:referrals"

Decision = list[Statement] | Refused


def receive(state: State, now: datetime, actor: Actor, who: str, sent: Data, date_of_birth: date,
            papers: Sequence[Data], reported: Sequence[Statement] = ()) -> Decision:
    """Take a referral in. `sent` holds ids and facts, no names.

    `duplicates` in it are what it may repeat, `number_of` whose the NHS number is where that is somebody of another name.
    `reported` is what stands of the citizen's other referrals: staff know it at once, whoever sends this one is not told (R-13).
    """
    if not may(actor.roles, "referral:send-self" if sent["self_referral"] else "referral:send"):
        return forbidden()
    if state["stage"]:
        return Refused("R-13", "This referral was sent already.", "Find it in the list of your referrals.")
    pathway = PATHWAYS[sent["pathway"]]
    if refusal := _may_not_refer(pathway, actor, sent):
        return refusal
    if (sent["duplicates"] or sent.get("number_of")) and not sent["duplicate_reason"] and not sent["self_referral"]:
        # one answer to both: another for the number alone would confirm that we know it
        return Refused("R-13", "This person may already be with us: say why you send it.",
                       "Check the name, the date of birth and the NHS number; if they are right, send it again with "
                       "duplicate_reason. Nothing you entered is lost.", "duplicate_reason")
    facts = {**sent, "sent_by": who, "adult_from": adult_from(date_of_birth, pathway, now)}
    return [said("received", "referral.received", now, who, facts), *(_paper(paper, now, who) for paper in papers),
            *(from_elsewhere(one) for one in reported)]


def adult_from(date_of_birth: date, pathway: Pathway, now: datetime) -> str | None:
    """Give the day from which somebody is old enough; None where they are (R-05)."""
    adult = clocks.add_months(date_of_birth, 12 * pathway.minimum_age)
    return adult.isoformat() if adult > london_day(now) else None


def _may_not_refer(pathway: Pathway, actor: Actor, sent: Data) -> Refused | None:
    if sent["self_referral"]:
        return None if pathway.self_referral else Refused(
            "R-11", "This pathway does not take self-referrals.", who_may_refer(pathway), "pathway")
    rule = "R-10" if pathway.response_in_working_days else "R-02"
    # whoever signed in as a practitioner refers for their own team, whatever the form says
    teams = [sent["practitioner"]["team"], *([actor.team] if actor.team and not may(actor.roles, "referral:read") else [])]
    for team in teams:
        if not pathway.may_refer(team):
            return Refused(rule, f"{team} may not refer to this pathway.", who_may_refer(pathway), "referrer.team")
    return None


def add_document(state: State, now: datetime, actor: Actor, who: str, paper: Data) -> Decision:
    """Note a document: its kind and its date, its file where one was uploaded (R-06)."""
    if not may_add(state, actor, who, now):
        return forbidden()
    if state["stage"] not in ("open", "accepted"):
        return decided(state)
    return [_paper(paper, now, who)]


def remove_document(state: State, now: datetime, actor: Actor, who: str, document: str, reason: str) -> Decision:
    """Take a document out that should not be here, such as somebody else's."""
    if not may_add(state, actor, who, now):
        return forbidden()
    if document not in state["documents"]:
        return Refused("R-06", "There is no such document.", "Open the referral afresh to see what is there.", "document")
    return [said(f"removed:{document}", "document.removed", now, who, {"document": document, "reason": reason})]


def accept(state: State, now: datetime, actor: Actor, who: str, reported: Sequence[Statement] = ()) -> Decision:
    """Accept a referral of which nothing is missing; the rules stay with the decision as they stood (R-15).

    `reported` is what else was said of its citizen; it is said of this referral from now on.
    """
    if not may(actor.roles, "referral:accept"):
        return forbidden()
    if state["stage"] != "open":
        return decided(state)
    for one in reported:
        state = evolve(state, one)
    found = outcomes(state, now)
    if blocking := rules.missing(found):
        reasons, helps = " ".join(one["what"] for one in blocking), " ".join(one["help"] for one in blocking)
        return Refused(blocking[0]["rule"], f"It cannot be accepted as it stands. {reasons}", helps)
    if state.get("number_of"):
        return Refused("R-13", "The NHS number is known of somebody else, it seems, and nobody has found out whose it is.",
                       "Put the number or the name right; then accept it.")
    if may_repeat(state):
        return Refused("R-13", "This citizen may already be with us, and nobody has settled it.",
                       "Keep the referral or merge it, with a reason; then accept it.")
    due = clocks.first_meeting_due(state, pathway_of(state))
    first = {"first_meeting_due_on": due[0].isoformat()} if due else {}
    return [*reported, said("decision", "referral.accepted", now, who, {**_judged(state, found), **first})]


def decline(state: State, now: datetime, actor: Actor, who: str, reason: str, words: str, would_change: str = "",
            death: Sequence[Statement] = ()) -> Decision:
    """Decline, with a reason, words, and what would change the answer (R-14); `death` as `withdraw` has it."""
    if not may(actor.roles, "referral:decline"):
        return forbidden()
    if state["stage"] != "open":
        return decided(state)
    if isinstance(known := _with_death(state, reason, death), Refused):
        return known
    found = outcomes(known, now)
    mends = " ".join(one["help"] for one in rules.missing(found) if one["rule"] != "J-14")
    otherwise = "Nothing, unless the report of the death is wrong: then tell the Pod." if known["died_on"] else "Talk with the Pod, then refer again."
    told = {"reason": reason, "words": words, "would_change": would_change or mends or otherwise}
    return [*_news(state, death), said("decision", "referral.declined", now, who, {**_judged(state, found), **told})]


def withdraw(state: State, now: datetime, actor: Actor, who: str, reason: str, words: str = "", death: Sequence[Statement] = ()) -> Decision:
    """Take a referral back, with a reason (R-14).

    `death` is what is said of the citizen's death where that is the reason: the statement `citizen.died` first (J-14).
    """
    own = may_end(state, actor, who, now)
    own = own or (may(actor.roles, "referral:withdraw-self") and state["self_referral"])
    if not (may(actor.roles, "referral:withdraw") or own):
        return forbidden()
    if state["stage"] != "open":
        return decided(state)
    if isinstance(known := _with_death(state, reason, death), Refused):
        return known
    ends = {**_judged(state, outcomes(known, now)), "reason": reason, "words": words}
    return [*_news(state, death), said("decision", "referral.withdrawn", now, who, ends)]


def _with_death(state: State, reason: str, death: Sequence[Statement]) -> State | Refused:
    """Give the state with a death that is the reason; its day is asked for while nobody has said it, and then stands (J-14)."""
    if reason != DIED:
        return state
    given = [one.data["died_on"] for one in death if one.kind == "citizen.died"]
    if not (state["died_on"] or given):
        return Refused("J-14", "The day of death is missing.", "Say on which day the citizen died: died_on.", "died_on")
    if state["died_on"] and given not in ([], [state["died_on"]]):
        return Refused("J-14", f"The citizen died on {rules.in_words(state['died_on'])}, as it is recorded.",
                       "Leave the day out. If what is recorded is wrong, have the Pod take it back first.", "died_on")
    for one in _news(state, death):
        state = evolve(state, one)
    return state


def _news(state: State, death: Sequence[Statement]) -> Sequence[Statement]:
    """Give what is said of a death that nobody has said yet."""
    return () if state["died_on"] else death


def died_elsewhere(state: State, death: Statement) -> Decision:
    """Say of a referral that its citizen died, as it was said on another; who said it there is not told here (R-13)."""
    return [] if state["died_on"] else [death._replace(actor=SOURCE)]


def allocate(state: State, now: datetime, actor: Actor, who: str, development_worker: str) -> Decision:
    """Choose the development worker of an accepted referral (J-01); a second choice replaces the first."""
    if not actor.roles & set(pathway_of(state).allocates):
        return forbidden()
    if state["stage"] != "accepted":
        return Refused("J-01", "Only an accepted referral has a development worker.", "Accept it first.")
    if state["died_on"]:
        return died(state)
    if closed_on(state, now):
        return closed(state)
    if state["allocation"] and state["allocation"]["development_worker"] == development_worker:
        return []
    return [said("allocation", "referral.allocated", now, who, {"development_worker": development_worker, **begun_with(state, now)})]


def keep(state: State, now: datetime, actor: Actor, who: str, reason: str) -> Decision:
    """Keep a referral of somebody who may already be with us, as one of its own (R-13)."""
    if refusal := _cannot_settle(state, actor):
        return refusal
    return [said("duplicates", "duplicate.settled", now, who, {"outcome": "kept", "reason": reason})]


def merge(state: State, now: datetime, actor: Actor, who: str, reason: str, into: State) -> Decision:
    """End a referral that goes on with another of the same citizen; `into` is the other's state (R-13)."""
    if refusal := _cannot_settle(state, actor):
        return refusal
    if refusal := _cannot_take(into, state, now):
        return refusal
    # why it was merged is the Pod's own: whoever sent it is told with what it goes on
    ends = {**_judged(state, outcomes(state, now)), "reason": MERGED, "merged_into": into["reference"], "merged_id": into["id"]}
    return [said("duplicates", "duplicate.settled", now, who, {"outcome": "merged", "reason": reason, "into": into["id"]}),
            said("decision", "referral.withdrawn", now, who, ends)]


def follow(state: State, now: datetime, who: str, citizen_id: str) -> Decision:
    """Let a referral that was merged go by the record of whose the other is, so that what is heard of them is heard here too (R-13)."""
    return [] if record_of(state) == citizen_id else [said("record", FOLLOWED, now, who, {"citizen_id": citizen_id})]


def _cannot_take(into: State, state: State, now: datetime) -> Refused | None:
    """Refuse to let a referral go on with a stranger's, which would take one citizen's documents to another's record, or with one nobody works on."""
    if into["id"] not in state["duplicates"] or into["pathway"] != state["pathway"]:
        return Refused("R-13", "It cannot be merged into that referral.",
                       "Choose one of those it may repeat, of the same pathway and under way.", "into")
    if into["stage"] not in ("open", "accepted"):
        return Refused("R-13", "The other referral has ended meanwhile.", "Open this referral afresh to see what it may repeat.", "into")
    if day := closed_on(into, now):
        return Refused("R-13", f"The journey of {into['reference']} closed on {rules.in_words(day)}: nobody works with the citizen there any more.",
                       "Keep this referral as one of its own.", "into")
    return None


def _cannot_settle(state: State, actor: Actor) -> Refused | None:
    if not may(actor.roles, "referral:triage"):
        return forbidden()
    if state["stage"] != "open":
        return decided(state)
    if not state["duplicates"]:
        return Refused("R-13", "There is nothing to settle: no other referral is of this citizen.", "Go on with it as it is.")
    return None


def ask_more(state: State, now: datetime, actor: Actor, who: str, words: str) -> Decision:
    """Ask the practitioner for more; the clock notes it."""
    if not may(actor.roles, "referral:triage"):
        return forbidden()
    if state["stage"] != "open":
        return decided(state)
    if state["died_on"]:
        return died(state)
    return [said(f"question:{uuid.uuid4()}", "question.asked", now, who, {"words": words})]


def answer(state: State, now: datetime, actor: Actor, who: str, question: str, words: str) -> Decision:
    """Answer what was asked; staff may write down what they were told over the telephone."""
    if not may_add(state, actor, who, now):
        return forbidden()
    if "at" not in state["questions"].get(question, {}):
        return Refused("R-14", "There is no such question.", "Open the referral afresh to see what is asked.", "question")
    before = state["questions"][question].get("answer") or {}
    earlier = [*before.get("earlier", ()), {name: before[name] for name in ("words", "at", "by")}] if before else []
    return [said(f"answer:{question}", "question.answered", now, who, {"words": words, **({"earlier": earlier} if earlier else {})})]


def amend(state: State, now: datetime, actor: Actor, who: str, change: Data, wrong: Sequence[Statement] = (),
          reported: Sequence[Statement] = ()) -> Decision:
    """Amend what was sent: `change` is {facts, derived, personal: names of what changes of the citizen, where?, reason}.

    `where` is "here" where that changes only what the referral says of them, "on_record" where only the Pod's record changes.

    `wrong` is what others reported under a number that was not the citizen's: it is taken back. `reported` is what stands of the
    referrals of whoever it turns out to be.
    """
    if not may_add(state, actor, who, now):
        return forbidden()
    if state["stage"] not in ("open", "accepted"):
        return decided(state)
    facts = {name: value for name, value in change["facts"].items() if state.get(name) != value}
    if not facts and not change["personal"] and not change["derived"]:
        return []
    # what others say of the citizen tells a practitioner who is with us
    told = [[id_, role] for id_, role in took_part(state, now) if id_ != who and (facts or change.get("where") != "on_record" or role != "practitioner")]
    return [said(f"amendment:{uuid.uuid4()}", "referral.amended", now, who, {**change, "facts": facts, "told": told}),
            *(said(one.about, one.kind, now, who, {})._replace(withdrawn=True) for one in wrong),
            *(one if state["stage"] == "accepted" else from_elsewhere(one) for one in reported)]


def amended_elsewhere(state: State, now: datetime, who: str, amendment: str, change: Data) -> Decision:
    """Note what was amended of the citizen on another referral of theirs; nobody but the development worker is told (R-13).

    `change` is {derived, personal, reason, elsewhere: {id, reference} of the other referral}, `amendment` its id here.
    """
    told = [[id_, role] for id_, role in took_part(state, now) if role == "development_worker" and id_ != who]
    return [said(f"amendment:{amendment}", "referral.amended", now, who, {"facts": {}, **change, "told": told})]


def take_back(state: State, now: datetime, actor: Actor, who: str, wrong: Sequence[Statement], reason: str,
              told: Sequence[Statement] = ()) -> Decision:
    """Take back what was reported wrongly: `wrong` is the report and what was handed on of it, nothing where it stands no more (J-13).

    `told` is what is handed on besides, to whoever reported it.
    """
    if not may(actor.roles, "referral:correct"):
        return forbidden()
    if not wrong:
        return taken_back_already()
    return [*(said(one.about, one.kind, now, who, {"reason": reason})._replace(withdrawn=True) for one in wrong), *told]


def taken_back_already() -> Refused:
    """Refuse to take back what counts no more."""
    return Refused("J-13", "This report has been corrected already.", "Open the referral afresh to see by what.")


def outcomes(state: State, now: datetime) -> list[rules.Outcome]:
    """Judge the referral by the rules of today."""
    return rules.judge(state, pathway_of(state), london_day(now))


def _judged(state: State, found: Sequence[rules.Outcome]) -> Data:
    return {"pathway": state["pathway"], "fingerprint": pathway_of(state).fingerprint, "rules": [one.kept() for one in found]}


def said(about: str, kind: str, now: datetime, who: str, data: Data) -> Statement:
    """Give a statement of ours."""
    return Statement(about, kind, now, data, actor=who, source=SOURCE, event_id=str(uuid.uuid4()))


def _paper(paper: Data, now: datetime, who: str) -> Statement:
    kept = {name: paper[name] for name in ("kind", "dated", "expires_on", "file") if paper.get(name)}
    return said(f"document:{uuid.uuid4()}", "document.added", now, who, kept)


def forbidden() -> Refused:
    """Refuse whoever may not."""
    return Refused("permission", "Your role does not let you do this.", "Ask your manager if your work needs it.")


def died(state: State) -> Refused:
    """Refuse what is no use any more (J-14)."""
    return Refused("J-14", "The citizen has died: everything planned has stopped.",
                   "Withdraw or decline the referral." if state["stage"] == "open" else "Nothing more is to be done.")


def closed(state: State) -> Refused:
    """Refuse what is no use once the journey has closed (J-11)."""
    return Refused("J-11", f"The journey closed on {rules.in_words(state['journey_closes_on'])}: nothing more is arranged here.",
                   "If the citizen comes back, send a new referral.")


def decided(state: State) -> Refused:
    """Refuse what comes after the decision."""
    decision = state["decision"] or {"state": "not there", "at": ""}
    return Refused("R-14", f"This referral is {decision['state']} already.", "Open it afresh to see how it stands.")
