"""The page of one referral: what is to be done first, then what was said, then what happened."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import render_template, url_for

from services.referrals import access, changes, offers, reaching, reasons, record, standing, together, view
from services.referrals.acts.groups import of_field, open_groups
from services.referrals.candidates import candidates, who_died
from services.referrals.desk import Desk
from services.referrals.happenings import who
from services.referrals.standing import Task
from services.referrals.state import closed_on, pathway_of, practitioner_at_work, practitioner_on, questions_open
from services.referrals.store import LIVE
from services.referrals.worklists.amended import since_last_look
from shared.calendar import last_open_day, london_day
from shared.ledger.store import Written
from shared.ledger.types import Data, State
from shared.pathways import Pathway
from shared.permissions import may
from shared.web.layout import day, moment

#: What was recorded so much later than it happened is shown with both times.
NOTABLE = timedelta(minutes=5)
#: What is to be done by when, in words.
TARGETS = {"response": "Answer to the practitioner", "first_meeting": "First meeting"}
STATES = {"met": ("ok", "Done in time"), "late": ("due", "Done late"), "ahead": ("noted", "In time"), "due_today": ("due", "Due today"),
          "overdue": ("overdue", "Overdue"), "breached": ("breached", "Breached")}


def page(desk: Desk, found: Written) -> str:
    """Draw the page as whoever asks may see it."""
    state, pathway = found.state, pathway_of(found.state)
    others = candidates(desk, state) if desk.sees_all else []
    referral, acts = view.whole(desk, found, others), offers.offered(state, desk.now, desk.actor, desk.who)
    events = [_entry(desk, state["id"], one) for one in view.timeline(desk, state["id"], pathway)]
    wrong = _wrong(state, {one["about"]: one["act"]["href"] for one in events if one["act"]})
    return render_template(
        "referrals/referral.html", referral=referral, pathway=pathway, acts=acts, has_buttons=bool(acts - {"amend", "answer"}), events=events, wrong=wrong, reasons=reasons.WORDS,
        others=others, may_have_died=who_died(desk, state, others), number_agrees=_number_agrees(referral), in_plain=lambda given: changes.in_plain(given, pathway),
        field=lambda name: changes.FIELDS[name], value=lambda field, given: changes.value(field, given, pathway), under=changes.under, lacks=reaching.lacking(referral["citizen"]), groups=open_groups(referral, pathway) if "amend" in acts else [],
        differences=_differences(state["id"], referral.get("differences", []), pathway),
        targets=[{"words": TARGETS[one["kind"]], "when": _when(one), "tag": STATES[one["state"]]} for one in referral["targets"]],
        waited=_waited(referral["waited_for_practitioner_minutes"]), **_stands(desk, state, pathway, referral, acts))


def _number_agrees(referral: Data) -> bool:
    """Say whether the NHS number in doubt is known of somebody of the same name and date of birth."""
    known = referral.get("number_of")
    return known is not None and not record.is_somebody_else(known, referral["citizen"])


def _differences(id_: str, found: list[Data], pathway: Pathway) -> list[Data]:
    """Give in words where the referral says something else of its citizen than is on record, and where that is taken over."""
    return [{"what": changes.FIELDS[one["field"]], **{name: changes.value(one["field"], one[name], pathway) for name in ("here", "on_record")},
             "href": url_for("referrals.acts.amend", id=id_, group=of_field(one["field"]), take=one["field"].removeprefix("citizen."))} for one in found]


def _wrong(state: State, hrefs: Mapping[str, str]) -> Data:
    """Give where a report that stands is taken back: {death, practitioner, named_person, stays: by id}."""
    people = {"practitioner": practitioner_on(state, date.max), "named_person": state["named_person"]}
    leave = {name: hrefs.get(f"practitioner:{one['id']}:goes") for name, one in people.items() if one}
    return {"death": hrefs.get("death"), **leave, "stays": {id_: hrefs.get(f"stay:{id_}:admission") for id_ in state["stays"]}}


def _stands(desk: Desk, state: State, pathway: Pathway, referral: Data, acts: set[str]) -> Data:
    """Give what is to be done: to staff the next step, to a practitioner where it stands and what is asked of them."""
    id_ = state["id"]
    missing = [{**one, "href": href(id_, Task("", "", *standing.mend(one)), acts)} for one in referral["missing"]]
    common = {"missing": missing, "closed_on": closed_on(state, desk.now), "waits_since": min((state["questions"][one]["at"] for one in questions_open(state)), default=None)}
    if desk.sees_all:
        step = standing.next_step(state, desk.now, reaching.by(referral["citizen"]))
        amended = since_last_look(desk, [id_]).get(id_) if state["stage"] == "open" else None
        return {**common, "amended": amended, "by": reaching.by(referral["citizen"]), "step": step, "step_href": href(id_, step, acts), "why_decline": standing.why_decline(state, desk.now)}
    named = {worker["id"]: worker["name"] for worker in [_worker(state, referral)] if worker}
    tasks = [{"title": one.title, "hint": one.hint, "href": href(id_, one, acts), "state": "due", "text": "To do"}
             for one in asked(desk, state)]
    acts_now = _acts_now(desk, state)
    if acts_now:
        common["waits_since"] = None
    return {**common, "step": None, "tasks": tasks, "acts_now": acts_now, "stands": _in_plain_words(desk, state, named, referral["goes_on_with"]),
            "is_own": access.is_own(state, desk.actor, desk.who), "acts_from": access.acts_from(state, desk.actor, desk.who, desk.now)}


def _acts_now(desk: Desk, state: State) -> Data | None:
    """Give who is the practitioner in place of whoever was it and looks: {name}, empty while nobody follows; else None."""
    is_over = state["stage"] not in LIVE or state["died_on"] or closed_on(state, desk.now)
    if is_over or access.acts_from(state, desk.actor, desk.who, desk.now) or access.may_add(state, desk.actor, desk.who, desk.now):
        return None
    practitioner = practitioner_at_work(state, london_day(desk.now))
    return {"name": desk.names([practitioner["id"]])[practitioner["id"]] if practitioner else ""}


def asked(desk: Desk, state: State) -> list[Task]:
    """Give what is asked of whoever looks; nothing of a practitioner whose day has yet to come, or is over."""
    return standing.asked_of_practitioner(state, desk.now) if access.may_add(state, desk.actor, desk.who, desk.now) else []


def _in_plain_words(desk: Desk, state: State, named: Mapping[str, str], onward: Data | None) -> str:
    """Say where the referral stands; of one that was merged, where it stands now that it goes on with another."""
    words = standing.in_plain_words(state, desk.now, named)
    if onward is None or state["died_on"]:
        return words
    further = f" That one goes on with {onward['reference']}." if onward["reference"] != state["decision"]["merged_into"] else ""
    return f"{words}{further} {together.STANDS[onward['state']]}"


def _worker(state: State, referral: Data) -> Data | None:
    worker = referral["development_worker"]
    return {"id": state["allocation"]["development_worker"], "name": worker["name"] or worker["email"]} if worker else None


def href(id_: str, task: Task, acts: set[str]) -> str | None:
    """Give where a task is done; None where nothing is, or whoever looks may not."""
    if task.act == "meeting":
        return f"{url_for('referrals.show', id=id_)}/meeting"
    if task.act not in acts:
        return None
    if task.act == "amend":
        return url_for("referrals.acts.amend", id=id_, group=task.key)
    if task.act == "answer":
        return url_for("referrals.acts.answer", id=id_, question=task.key)
    if task.act == "document":
        return url_for("documents.ask", id=id_)
    if task.act == "tell":
        return url_for("tellings.ask", id=id_)
    if task.act in ("accept", "settle"):
        return url_for({"accept": "referrals.acts.confirm", "settle": "referrals.acts.settle"}[task.act], id=id_)
    return url_for("referrals.acts.ask", id=id_, act=task.act)


def _when(target: Data) -> str:
    """Say by when, and from when it is late; of what was done, when it was."""
    if target["done_at"]:
        return f"on {moment(target['done_at'])}"
    if target["kind"] == "response":
        return f"by {moment(target['late_from'], weekday=True)}"
    last = datetime.fromisoformat(target["late_from"]) - timedelta(microseconds=1)
    due, by = date.fromisoformat(target["due_on"]), last_open_day(date.fromisoformat(target["due_on"]))
    before = "" if by == due else f", the last open day before {day(due)}"
    return f"by {day(by)}{before}, breached after {day(last)}"


def _waited(minutes: int) -> str:
    """Write working time as people say it."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in ((hours, "hour"), (rest, "minute")) if count]
    return " ".join(parts)


def _entry(desk: Desk, id_: str, one: Data) -> dict[str, Any]:
    late = f", recorded {moment(one['recorded_at'])}" if one["recorded_at"] - one["at"] > NOTABLE else ""
    may_correct = one["report"] and may(desk.actor.roles, "referral:correct")
    act = {"text": "Take back", "href": url_for("reports.ask", id=id_, report=one["report"])} if may_correct else None
    return {**one, "by": who(one["by"]), "act": act, "when": moment(one["at"]) + late, "datetime": one["at"].isoformat()}
