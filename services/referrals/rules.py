"""The rules a referral is judged by, each with its outcome on a day; pure."""
from __future__ import annotations

from datetime import date
from typing import NamedTuple

from services.referrals.clocks import FOR_EVER, last_day, newest
from services.referrals.state import named_person_goes
from shared.ledger.types import State
from shared.pathways import Document, Pathway


class Outcome(NamedTuple):
    """One rule as it was found: `met`, `not met`, or `noted` where it decides nothing.

    `about` points at the answer it rests on, such as /commitment_months; a document by its kind: /documents/care_plan.
    """

    rule: str
    outcome: str
    words: str
    help: str = ""
    about: str = ""

    def kept(self) -> dict[str, str]:
        """Give what a decision keeps of it (R-15)."""
        return {"rule": self.rule, "outcome": self.outcome, "words": self.words}


def judge(state: State, pathway: Pathway, day: date) -> list[Outcome]:
    """Judge a referral by every rule of its pathway, as on one London day."""
    return [*_conversation(state), *_team(state, pathway), *_named_person(state, pathway), *_commitment(state, pathway),
            _age(state, pathway, day), *_condition(state, pathway),
            *(_document(state, paper, day) for paper in pathway.document), *_social_issues(state, pathway), *_support(state, pathway),
            *_noted(state),
            *_death(state)]


def missing(outcomes: list[Outcome]) -> list[dict[str, str]]:
    """Give what stands in the way of acceptance: {rule, what, help}."""
    return [{"rule": found.rule, "what": found.words, "help": found.help} for found in outcomes if found.outcome == "not met"]


def complete_between(state: State, pathway: Pathway) -> tuple[date, date] | None:
    """Give the first and the last day on which nothing is missing, as things stand; None when something always is."""
    found = [(paper, newest(state, paper.kind)) for paper in pathway.document]
    last = min((last_day(paper, here) for paper, here in found if here), default=FOR_EVER)
    if missing(judge(state, pathway, last)):
        return None
    return date.fromisoformat(state["adult_from"] or state["received_at"][:10]), last


def in_words(day: date | str) -> str:
    """Write a day as people say it: 5 March 2026."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{day.day} {day:%B %Y}"


def _met(rule: str, is_met: bool, words: str, otherwise: str, help_: str, about: str = "") -> Outcome:
    return Outcome(rule, "met", words, "", about) if is_met else Outcome(rule, "not met", otherwise, help_, about)


def _conversation(state: State) -> list[Outcome]:
    if state["self_referral"]:
        return []
    held = state["conversation_held_on"]
    return [_met("R-01", bool(held), f"Citizen and practitioner talked on {in_words(held)}." if held else "",
                 "No conversation with the citizen is recorded.", "Talk with the citizen, then record the date.", "/conversation_held_on")]


def _team(state: State, pathway: Pathway) -> list[Outcome]:
    if state["self_referral"]:
        return [_met("R-11", pathway.self_referral, "The citizen referred themself, as this pathway allows.",
                     "This pathway does not take self-referrals.", who_may_refer(pathway))]
    team = state["practitioner"]["team"]
    return [_met("R-10" if pathway.response_in_working_days else "R-02", pathway.may_refer(team),
                 f"{team} may refer to this pathway.", f"{team} may not refer to this pathway.", who_may_refer(pathway), "/referrer/team")]


def who_may_refer(pathway: Pathway) -> str:
    """Say which teams may refer."""
    return f"Teams that may refer: {', '.join(team.name for team in pathway.team) or 'any'}."


def _named_person(state: State, pathway: Pathway) -> list[Outcome]:
    if not pathway.named_person_required:
        return []
    named = state["named_person"]
    if named is None:
        return [Outcome("R-03", "not met", "Nobody is named who carries risk and signs off Care Act assessments.",
                        "Name a person of the team.", "/named_person")]
    if goes := named_person_goes(state):
        return [Outcome("R-03", "not met", f"The named person no longer works with the citizen from {in_words(goes[0])}.",
                        "Name another person of the team.", "/named_person")]
    return [_met("R-03", pathway.may_refer(named["team"]), "A named person carries risk and signs off Care Act assessments.",
                 f"The named person's team, {named['team']}, may not refer to this pathway.", who_may_refer(pathway), "/named_person")]


def _commitment(state: State, pathway: Pathway) -> list[Outcome]:
    least, given = pathway.minimum_commitment_months, state["commitment_months"]
    if not least:
        return []
    return [_met("R-04", given >= least, f"The practitioner commits {given} months.",
                 f"The practitioner commits {given} months; at least {least} are needed.",
                 f"Agree on {least} months or more; otherwise a person may decline the referral.", "/commitment_months")]


def _age(state: State, pathway: Pathway, day: date) -> Outcome:
    adult_from = state["adult_from"]
    return _met("R-05", not adult_from or day >= date.fromisoformat(adult_from),
                f"The citizen is {pathway.minimum_age} or older.", f"The citizen is under {pathway.minimum_age}.",
                f"Refer again from {in_words(adult_from)}." if adult_from else "", "/citizen/date_of_birth")


def _condition(state: State, pathway: Pathway) -> list[Outcome]:
    if not pathway.condition_required:
        return []
    words = ", ".join(pathway.words(key) for key in state["conditions"])
    return [_met("R-05", bool(state["conditions"]), f"Severe and/or enduring mental ill-health: {words}.",
                 "No condition of this pathway is given.", "Say which condition the citizen lives with.", "/conditions")]


def _document(state: State, paper: Document, day: date) -> Outcome:
    about = f"/documents/{paper.kind}"
    here, help_ = newest(state, paper.kind), f"Add a {paper.words} that is not older than {paper.max_age_months} months."
    if here is None:
        return Outcome("R-06", "not met", f"The {paper.words} is missing.", help_, about)
    last = last_day(paper, here)
    said = f"The {paper.words} of {in_words(here['dated'])}"
    return _met("R-06", day <= last, f"{said} is up to date until {in_words(last)}.", f"{said} lapsed after {in_words(last)}.", help_, about)


def _social_issues(state: State, pathway: Pathway) -> list[Outcome]:
    if not pathway.social_issue:
        return []
    words = ", ".join(pathway.words(key) for key in state["social_issues"])
    return [Outcome("R-10", "noted", f"Social issues behind the crisis: {words}." if words else
                    "No social issue behind the crisis is given yet.")]


def _support(state: State, pathway: Pathway) -> list[Outcome]:
    if not pathway.one_to_one_support or (wanted := state.get("one_to_one_support")) is None:
        return []
    return [Outcome("R-10", "noted", f"{pathway.one_to_one_support} is {'asked for' if wanted else 'not wanted'}.")]


def _noted(state: State) -> list[Outcome]:
    found = []
    if state["inpatient"]:
        found.append(Outcome("R-09", "noted", "The citizen is referred from a ward; section and ward are recorded."))
    if state["duplicates"] or state.get("number_of"):
        settled = {"kept": "; a person decided to keep it.", "merged": "; a person merged it."}
        found.append(Outcome("R-13", "noted", "The citizen may already be with us" + settled.get(
            (state["settled"] or {}).get("outcome", ""), "; sent with a reason.")))
    return found


def _death(state: State) -> list[Outcome]:
    return [Outcome("J-14", "not met", "The citizen has died.", "Decline or withdraw the referral.")] if state["died_on"] else []
