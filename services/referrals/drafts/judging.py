"""What becomes of a draft were it sent now: what has still to be answered, and what stands in the way of acceptance."""
from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from services.referrals import body, decisions, rules
from services.referrals.drafts.answers import by_kind, look
from services.referrals.drafts.shelf import Draft
from services.referrals.drafts.steps import Step
from services.referrals.rules import Outcome
from services.referrals.state import initial, text
from shared.calendar import london_day
from shared.ledger.types import Actor, Data, State
from shared.permissions import may

#: Shown beside a step.
DONE, TODO, WRONG = "Completed", "Not started", "Needs attention"
BORN = "/citizen/date_of_birth"
#: What staff tell somebody too young who asks for themself; the citizen's own page says it to them.
ELSEWHERE = ("Do not take it on. Tell them kindly that this service is for adults, and where they can turn: their GP, the children and "
             "young people’s mental health service, NHS 111 (option 2), Childline on 0800 1111, and 999 in danger.")


class Concern(NamedTuple):
    """Why a draft could not be accepted as it stands: the rule, what is so, what would help, and the step that mends it."""

    rule: str
    what: str
    help: str
    step: str


def concerns(draft: Draft, actor: Actor, now: datetime) -> list[Concern]:
    """Give what of the answers given so far stands in the way of acceptance; what is not answered yet does not."""
    return [one for one in foreseen(draft, actor, now) if not one.step or _touched(draft, one.step)]


def foreseen(draft: Draft, actor: Actor, now: datetime) -> list[Concern]:
    """Give all that would stand in the way of acceptance, were the draft sent now."""
    outcomes = [*_own_team(draft, actor), *rules.judge(_state(draft, now), draft.pathway, london_day(now))]
    return [Concern(one.rule, one.words, _help(draft, one, now), _step_of(draft, one.about)) for one in outcomes if one.outcome == "not met"]


def adult_from(draft: Draft, now: datetime) -> str | None:
    """Give from which day the citizen is old enough; None where they are, or have not said when they were born (R-05)."""
    born = look(draft.content.answers, BORN)
    return decisions.adult_from(date.fromisoformat(born), draft.pathway, now) if born else None


def standing(draft: Draft, step: Step, worries: list[Concern]) -> str:
    """Say how a step stands."""
    if step.key in draft.content.typed or step.odds(draft.content.answers) or any(one.step == step.key for one in worries):
        return WRONG
    return DONE if step.key in draft.content.done or step.is_answered(draft.content.answers) else TODO


def to_answer(draft: Draft, today: date) -> list[Step]:
    """Give the steps without which it cannot be sent: something needed is not answered, or cannot be taken as it is."""
    whole, answers = draft.body(), draft.content.answers
    wrong = [by_kind(pointer, whole.get("documents", [])) for pointer in body.read(body.Referral, whole, today)[1]]
    return [step for step in draft.steps if step.key in draft.content.typed or step.odds(answers) or any(step.ask_of(pointer) for pointer in wrong)
            or not (step.optional or step.is_answered(answers))]


def at_odds(draft: Draft) -> list[str]:
    """Give the keys of the steps whose answer is at odds with one of another step."""
    return [step.key for step in draft.steps if step.odds(draft.content.answers)]


def unsettled(draft: Draft) -> list[tuple[Step, dict[str, str]]]:
    """Give the steps whose own answers are at odds, each with the field and a sentence; the shape of a referral knows nothing of it."""
    found = [(step, step.odds(draft.content.answers)) for step in draft.steps]
    return [(step, {odds.name: odds.words}) for step, odds in found if odds and not odds.other]


def touched(draft: Draft, step: Step) -> bool:
    """Say whether a step has an answer that can be judged."""
    is_plain = step.key not in draft.content.typed and not step.odds(draft.content.answers)
    return is_plain and (step.key in draft.content.done or step.is_answered(draft.content.answers))


def _help(draft: Draft, outcome: Outcome, now: datetime) -> str:
    """Give what would help; somebody too young who asks for themself is to hear where else they can turn."""
    again = adult_from(draft, now) if draft.self_referral and outcome.about == BORN else None
    return f"{ELSEWHERE} They can ask again from {rules.in_words(again)}." if again else outcome.help


def _touched(draft: Draft, key: str) -> bool:
    step = draft.step(key)
    return step is not None and touched(draft, step)


def _step_of(draft: Draft, about: str) -> str:
    return next((step.key for step in draft.steps if about and step.owns(about)), "")


def _own_team(draft: Draft, actor: Actor) -> list[Outcome]:
    """Say it early where whoever signed in may not refer, whichever team they enter."""
    if draft.self_referral or not actor.team or may(actor.roles, "referral:read") or draft.pathway.may_refer(actor.team):
        return []
    rule = "R-10" if draft.pathway.response_in_working_days else "R-02"
    return [Outcome(rule, "not met", f"You are of the {actor.team}, which may not refer to this pathway. It cannot be sent.",
                    rules.who_may_refer(draft.pathway))]


def _state(draft: Draft, now: datetime) -> State:
    """Give the state a referral of these answers would have; what is not answered is as if it were nothing."""
    said = draft.body()
    return {**initial(""), "stage": "open", "pathway": draft.pathway.name, "received_at": text(now), "self_referral": draft.self_referral,
            "conversation_held_on": said.get("conversation_held_on"), "commitment_months": said.get("commitment_months", 0),
            "conditions": said.get("conditions", []), "social_issues": said.get("social_issues", []), "inpatient": said.get("inpatient"),
            "one_to_one_support": said.get("one_to_one_support"),
            "practitioner": None if draft.self_referral else {"id": "", "team": said.get("referrer", {}).get("team", "Your team")},
            "named_person": _named(said), "duplicates": [], "citizen_id": "",
            "adult_from": adult_from(draft, now),
            "documents": {str(index): {**paper, "added_at": text(now)} for index, paper in enumerate(said.get("documents", [])) if paper.get("dated")}}


def _named(said: Data) -> Data | None:
    named = said.get("named_person")
    return {"id": "", "team": named["team"]} if named and named.get("team") else None
