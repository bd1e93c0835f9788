"""Amending a referral after it was sent: a page per group of answers, with what stands in it, and a reason."""
from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, make_response, render_template, request

from services.referrals import amending, body, record, view
from services.referrals.acts import groups
from services.referrals.acts.desk import answered, found_for, refused_now
from services.referrals.api import WITH_US
from services.referrals.desk import Answer, Desk
from services.referrals.state import pathway_of
from shared.calendar import london_day
from shared.ledger.store import Written
from shared.ledger.types import Data, Refused
from shared.pathways import Pathway
from shared.web.context import current_room, requires, transaction
from shared.web.idempotency import in_transaction
from shared.web.layout import nhs
from shared.web.problems import problem

ROUTE = "/<uuid:id>/amend/<group>"
MEANWHILE = "Somebody changed this while you typed. What you typed is still here: compare it with what stands now, then save it again."
#: How sentences about a box begin, where its label is a question.
SUBJECTS = {"contact_by": "the way to contact the citizen", "contact_when": "the time to get in touch", "do_not": "what we must not do",
            "reason": "why the citizen is referred", "conversation_held_on": "the day of the conversation",
            "meeting_preference": "how the citizen would like to meet", "social_issues": "the social issue", "conditions": "the condition",
            "amendment_reason": "why you change this"}

#: What is put right and never taken away.
NEEDED = ("name", "date_of_birth", "nhs_number", "conversation_held_on", "reason", "meeting_preference", "commitment_months")
SAME = "Nothing is different from what stands. Change something, or go back."


def add_to(blueprint: Blueprint) -> None:
    """Add the pages."""
    blueprint.get(ROUTE, endpoint="amend")(ask)
    blueprint.post(ROUTE, endpoint="amended")(amend)


@requires(WITH_US)
def ask(id: UUID, group: str) -> Any:
    """Show what stands, to be changed."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        stands, form = _opened(desk, found, group, take=request.args.get("take", ""))
        return refused_now(desk, found, "amend") or _page(desk, found, group, form, stands)


@requires(WITH_US)
@in_transaction
def amend(id: UUID, group: str) -> Any:
    """Amend it, or show the page again with what is wrong; what others changed meanwhile is not written over."""
    desk, found = found_for(transaction(), id)
    stands, form = _opened(desk, found, group)
    form.validate()
    new = groups.changed(form, stands)
    taken, faults = amending.read(desk, found, groups.given(form, new, found.state["inpatient"]), london_day(desk.now))
    is_old = form.stood.data != _digest(form, stands)
    _judge(form, new, faults, is_old)

    def page() -> str:
        return _page(desk, found, group, form, stands, is_old)
    if form.errors:
        return make_response(page(), 422)
    answer = amending.amend(desk, str(id), taken)
    if isinstance(answer, Refused):
        answer = answer._replace(field=groups.box_of(answer.field))
    elif isinstance(answer, Written) and answer.version == found.version:
        form.form_errors.append(SAME)
        return make_response(page(), 422)
    return answered(desk, found, form, page, answer, _done(desk, found, answer))


def _done(desk: Desk, found: Written, answer: Answer) -> str:
    """Say that it was amended, and who is told of it."""
    made = [one for id_, one in answer.state["amendments"].items() if id_ not in found.state["amendments"]] if isinstance(answer, Written) else []
    told = sorted(desk.names([id_ for one in made for id_, _ in one["told"]]).values())
    if told:
        return f"The referral was amended. {' and '.join(told)} will be told."
    is_listed = found.state["stage"] == "open" and not desk.sees_all
    return "The referral was amended." + (" The Pod’s lists say so." if is_listed else "")


def _opened(desk: Desk, found: Written, group: str, take: str | None = None) -> tuple[Data, Any]:
    """Give what stands, and the form: as it was sent, or with what stands and, of `take`, what the referral says instead."""
    referral, pathway = view.whole(desk, found), pathway_of(found.state)
    if group not in groups.open_groups(referral, pathway):
        problem(404, "There is no such page.")
    stands = groups.standing(referral)
    # one in doubt does not stand: entered again, it is said to be the citizen's
    is_known_of_another = found.state.get("number_of") not in (None, found.state["citizen_id"])
    stands["nhs_number"] = None if is_known_of_another else nhs(stands["nhs_number"])
    if not desk.sees_all:
        stands |= _own_wishes(desk, found, stands["do_not"])
    made = groups.form_of(group, pathway)
    form = made(data={**stands, **groups.instead(referral, take, stands)}) if take is not None else made()
    if "nhs_number" in form and not desk.sees_all:
        del form["nhs_number"]
    _choices(form, pathway, stands)
    return stands, form


def _own_wishes(desk: Desk, found: Written, shown: str) -> Data:
    """Give the wishes that are the referral's own, which is all that is amended here, and those the Pod knows of besides."""
    own = desk.says(found.state["id"])["do_not"]
    return {"do_not": own or "", "besides": (record.without(shown, own) or "").splitlines()}


def _choices(form: Any, pathway: Pathway, stands: Data) -> None:
    lists = {"conditions": pathway.condition, "social_issues": pathway.social_issue, "meeting_preference": pathway.meeting_preference}
    for name, choices in lists.items():
        if name in form:
            form[name].choices = [(one.key, one.words) for one in choices]
    if "social_issues" in form and not pathway.social_issue:
        del form["social_issues"]
    if "one_to_one_support" in form:
        form.one_to_one_support.label.text = f"Is {pathway.one_to_one_support} wanted?"
        if not pathway.one_to_one_support:
            del form["one_to_one_support"]
    for name in ("referrer_team", "named_team"):
        if name in form and pathway.team:
            teams = dict.fromkeys([*(team.name for team in pathway.team), *filter(None, [stands.get(name)])])
            form[name].choices = [("", "Choose a team"), *((team, team) for team in teams)]


def _judge(form: Any, new: Data, faults: body.Faults, is_old: bool) -> None:
    for pointer, words in faults.items():
        name = groups.box_of(pointer)
        if name not in form:
            form.form_errors.append(f"{name.replace('_', ' ').capitalize()} {words}")
        elif not form[name].errors:
            form[name].errors = [_sentence(name, form[name].label.text, words)]
    for name in (name for name in NEEDED if name in new and new[name] is None and not form[name].errors):
        form[name].errors = [_sentence(name, form[name].label.text, "is missing")]
    if "referrer_telephone" in new and not new["referrer_telephone"] and not form.errors:
        form.referrer_telephone.errors = ["Enter a telephone number; that they have none is said in the directory"]
    if is_old:
        form.form_errors.append(MEANWHILE)
    elif not new and not any(form[name].errors for name in groups.boxes(form)):
        form.form_errors.append(SAME)


def _sentence(name: str, label: str, words: str) -> str:
    subject = SUBJECTS.get(name, "the " + (label if label[1].isupper() else label[0].lower() + label[1:]))
    if words.startswith(body.PLACEHOLDER):
        return f"This {words}"
    return f"Enter {subject}" if words in ("is missing", "is empty") else f"{subject[0].upper()}{subject[1:]} {words}"


def _digest(form: Any, stands: Data) -> str:
    shown = {name: groups.said(stands.get(name)) for name in groups.boxes(form)}
    return hashlib.sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _page(desk: Desk, found: Written, group: str, form: Any, stands: Data, is_old: bool = False) -> str:
    form.stood.data = _digest(form, stands)
    form.stood.raw_data = None
    now = [(form[name].label.text, _words(form[name], stands.get(name))) for name in groups.boxes(form)] if is_old else []
    return render_template("referrals/acts/amend.html", form=form, names=groups.boxes(form), group=group, now=now, besides=stands.get("besides", []),
                           heading=groups.GROUPS[group].title, button="Save the change", referral=view.headed(desk, found))


def _words(field: Any, value: Any) -> str:
    """Write a value as people read it."""
    choices = dict(getattr(field, "choices", None) or [])
    values = value if isinstance(value, list) else [value]
    return ", ".join(str(choices.get(one, one)) for one in values if one not in (None, "")) or "Nothing"
