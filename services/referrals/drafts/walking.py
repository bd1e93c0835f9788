"""Walking through a form page by page, the same for a practitioner who is signed in and for a citizen who is not."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import make_response, redirect, render_template, request
from sqlalchemy.engine import Connection

from services.referrals.drafts import forms, judging, questions, saving, shelf, shown
from services.referrals.drafts.shelf import Draft
from services.referrals.drafts.steps import Step
from services.referrals.files import upload
from shared.calendar import london_day
from shared.ledger.tables import staff_id
from shared.ledger.types import Actor
from shared.web.problems import problem


@dataclass
class Way:
    """Where the pages of one draft are; `public` for a citizen who is not signed in, whose `token` says which draft is theirs."""

    root: str
    public: bool = False
    token: str = ""

    @property
    def tasks(self) -> str:
        """Give the page of all steps; to the citizen it is the page that says how to come back."""
        return f"{self.root}/later" if self.public else self.root

    def step(self, key: str, **query: str) -> str:
        """Give the page of a step."""
        said = "&".join(f"{name}={value}" for name, value in query.items() if value)
        return f"{self.root}/{key}{'?' + said if said else ''}"

    @property
    def check(self) -> str:
        """Give the page on which all answers are checked."""
        return f"{self.root}/check"


@dataclass
class Walk:
    """One request of somebody who walks: their draft, the way through it, who they are, and when."""

    draft: Draft
    way: Way
    actor: Actor
    now: datetime

    @property
    def today(self) -> date:
        """Give today in London."""
        return london_day(self.now)

    def step(self, key: str) -> Step:
        """Give a step that is asked, or one of another time; answer 404 where there is none of that name."""
        known = self.draft.step(key) or next((one for one in questions.all_steps(self.draft.pathway, self.draft.self_referral) if one.key == key), None)
        return known or problem(404, "There is no such page of the form.")

    @property
    def is_too_young(self) -> bool:
        """Say whether somebody asks for themself who is too young (R-05): no practitioner stands by them, so it is not sent."""
        return self.draft.self_referral and judging.adult_from(self.draft, self.now) is not None

    def concerns(self) -> list[judging.Concern]:
        """Give what of the answers so far stands in the way; somebody too young has a page of their own."""
        return [] if self.is_too_young and self.way.public else judging.concerns(self.draft, self.actor, self.now)


def step_page(walk: Walk, step: Step, form: Any = None, meanwhile: list[shown.Row] | None = None, action: str = "") -> str:
    """Show a step, filled as the draft has it or as `form` is; `meanwhile` is what it became in another tab."""
    form = form if form is not None else forms.empty(walk.draft, step, walk.today, walk.actor.team)
    after = request.args.get("after", "")
    # a page nobody has answered yet has nothing to warn of, and is the one most often asked for
    worries = walk.concerns() if after or judging.touched(walk.draft, step) else []
    keys = [one.key for one in walk.draft.steps]
    return render_template(
        "drafts/step.html", form=form, step=step, draft=walk.draft, way=walk.way, seen=saving.seen(walk.draft, step), meanwhile=meanwhile,
        params=forms.params(walk.draft, step, form), why=forms.worded(walk.draft, step.why), action=action, back=_back(walk, step, keys),
        following=_following(step, keys), files=any(ask.kind == "file" for ask in step.asks), file=_file(walk.draft, step),
        odds=step.odds(walk.draft.content.answers), to=_to(), too_young=walk.is_too_young,
        worries=[one for one in worries if one.step == step.key], before=[one for one in worries if one.step == after and after != step.key])


def save(walk: Walk, step: Step, connection: Connection) -> Any:
    """Save a step and go on; what cannot be taken is kept as it was typed, and shown with what is wrong.

    Whoever does not go on for now, but skips the step, goes back or leaves, is not held by that.
    """
    draft, stood = walk.draft, saving.seen(walk.draft, step)
    asked_before, odd_before = {one.key for one in draft.steps}, judging.at_odds(draft)
    meanwhile = _now_there(walk, step)
    form, then = forms.empty(draft, step, walk.today, walk.actor.team, request.form), request.form.get("then", "")
    if then and _is_untouched(draft, step, form):
        return redirect(_onward(walk, step, then, asked_before), 303)
    found = saving.take(draft, step, form, walk.today)
    if stood not in (request.form.get("seen") or stood, saving.seen(draft, step)):
        forms.show(form, found.faults)
        walk.draft = shelf.find(connection, draft.id, draft.owner) or draft
        return make_response(step_page(walk, step, form, meanwhile), 422)
    if found.too_long:
        forms.show(form, found.faults)
        return make_response(step_page(walk, step, form), 422)
    faults = _take_file(walk, step, connection, found.faults)
    shelf.save(connection, draft, walk.now)
    odd = [key for key in judging.at_odds(draft) if key == step.key or key not in odd_before]
    again = step.key if faults else next(iter(odd), "")
    return redirect(_onward(walk, step, then, asked_before, again), 303)


def check_page(walk: Walk, refused: Any = None, status: int = 200) -> Any:
    """Show every answer, what is missing, and whether it could be accepted as it stands."""
    todo = judging.to_answer(walk.draft, walk.today)
    named = {step.key for step in todo}
    worries = [one for one in judging.foreseen(walk.draft, walk.actor, walk.now) if one.step not in named]
    steps = {step.key: step for step in walk.draft.steps}
    page = render_template("drafts/check.html", draft=walk.draft, way=walk.way, todo=todo, worries=worries, steps=steps,
                           sections=shown.sections(walk.draft, walk.today), refused=refused, too_young=walk.is_too_young,
                           only_documents=all(one.rule == "R-06" for one in worries))
    return make_response(page, status)


def tasks_page(walk: Walk) -> str:
    """Show all steps with how each stands, so that one can begin anywhere."""
    worries = walk.concerns()
    sections: dict[str, list[Any]] = {}
    for step in walk.draft.steps:
        sections.setdefault(step.section, []).append((step, judging.standing(walk.draft, step, worries)))
    done = sum(stands == judging.DONE for found in sections.values() for _, stands in found)
    return render_template("drafts/tasks.html", draft=walk.draft, way=walk.way, sections=sections, done=done, worries=[one for one in worries if not one.step])


def _take_file(walk: Walk, step: Step, connection: Connection, faults: dict[str, str]) -> dict[str, str]:
    found = saving.take_file(connection, walk.draft, step, upload.given(), staff_id(walk.actor.email))
    if found:
        typed = walk.draft.content.typed.setdefault(step.key, {"values": _values(step), "faults": {}})
        typed["faults"] = {**typed["faults"], **found}
    return {**faults, **found}


def _values(step: Step) -> list[list[str]]:
    return [[ask.name, text] for ask in step.asks for text in request.form.getlist(ask.name)]


def _is_untouched(draft: Draft, step: Step, form: Any) -> bool:
    """Say whether there is nothing to save: nothing was entered, now or before."""
    is_empty = saving.is_blank(step, form) and upload.given() is None
    return is_empty and step.key not in draft.content.typed and not step.is_answered(draft.content.answers)


def _onward(walk: Walk, step: Step, then: str, asked_before: set[str], again: str = "") -> str:
    """Give where to go from a step: `again` is the step to be put right before one goes on."""
    if then == "later":
        return walk.way.tasks
    if then == "back":
        return _back(walk, step, [one.key for one in walk.draft.steps])
    return walk.way.step(again, to=_to()) if again and then != "skip" else _next(walk, step, asked_before)


def _next(walk: Walk, step: Step, asked_before: set[str]) -> str:
    """Give the page to go on with; a page that is only asked since this answer comes first."""
    if walk.is_too_young and walk.way.public:
        return walk.way.step("younger")
    following = _following(step, [one.key for one in walk.draft.steps])
    after = step.key if any(one.step == step.key for one in walk.concerns()) else ""
    if following and (not _to() or following not in asked_before):
        return walk.way.step(following, to=_to(), after=after)
    return walk.way.check


def _to() -> str:
    """Give where somebody came from to change one answer, and goes back to; else nothing."""
    return "check" if request.args.get("to") == "check" else ""


def _following(step: Step, keys: list[str]) -> str:
    return keys[keys.index(step.key) + 1] if step.key in keys[:-1] else ""


def _back(walk: Walk, step: Step, keys: list[str]) -> str:
    if _to() or step.key not in keys:
        return walk.way.check
    place = keys.index(step.key)
    if place:
        return walk.way.step(keys[place - 1])
    return walk.way.root if walk.way.public else walk.way.tasks


def _now_there(walk: Walk, step: Step) -> list[shown.Row]:
    return [shown.Row(ask.label, shown.in_words(walk.draft, ask, walk.today) or ["Nothing"], step) for ask in step.asks if ask.kind != "file"]


def _file(draft: Draft, step: Step) -> str:
    return next((file["name"] for kind, file in draft.content.files.items()
                 if any(ask.pointer == f"/said/papers/{kind}" for ask in step.asks)), "")
