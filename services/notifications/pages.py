"""The pages of notifications: what was sent, one message with its why, and the rules."""
from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for

from services.notifications import rules, sent
from services.notifications.api import after_of
from services.notifications.channels import CHANNELS, STATES
from services.notifications.domain import Rule
from services.notifications.forms import RuleForm
from services.notifications.words import allowed
from shared.ledger.types import Actor, Refused
from shared.schemas import NoContract, contract
from shared.web.context import current_actor, current_room, requires, transaction
from shared.web.forms import refuse_form
from shared.web.idempotency import in_transaction
from shared.web.problems import Pager, problem

blueprint = Blueprint("notifications", __name__, template_folder="templates")

ROLES = {"development_worker": "development worker", "practitioner": "practitioner", "manager": "manager",
         "named_person": "named person"}


@blueprint.get("/")
@requires("notification:read")
def home() -> str:
    """List what was sent, newest first."""
    pager = Pager.of_request()
    wanted = {name: text for name in sent.FILTERS if (text := request.args.get(name, "").strip())}
    with current_room.database.read() as connection:
        page = pager.page(sent.listed(connection, wanted, pager.fetch, after_of(pager)))
    following = url_for("notifications.home", after=page["next"], **cast(Any, wanted))
    return render_template("outbox.html", page=page, wanted=wanted, following=following, states=STATES, event_words=event_words)


@blueprint.get("/<uuid:id>")
@requires("notification:read")
def message(id: UUID) -> str:
    """Show one message, and why it was sent."""
    with current_room.database.read() as connection:
        found = sent.one(connection, str(id))
        if found is None:
            problem(404, "There is no such message.")
        before = sent.one(connection, found["correction_of"]) if found["correction_of"] else None
        corrections, rule = sent.corrections(connection, str(id)), rules.load(connection).get(found["rule"])
    return render_template("message.html", message=found, before=before, corrections=corrections, rule=rule,
                           in_words=in_words, event_words=event_words, channels=CHANNELS)


@blueprint.get("/rules")
@requires("notification:read")
def rule_list() -> str:
    """List the rules: which event tells whom, with which words."""
    with current_room.database.read() as connection:
        found, changes = rules.load(connection), rules.last_changes(connection)
    return render_template("rules.html", rules=found.values(), changes=changes, event_words=event_words, whom=whom,
                           channels=CHANNELS)


@blueprint.get("/rules/<id>")
@requires("notification:rules")
def rule_form(id: str) -> str:
    """Show a rule to be changed."""
    with current_room.database.read() as connection:
        rule = _found(rules.load(connection), id)
    return _rule_page(rule, RuleForm(data={**vars(rule), "also": "\n".join(rule.also)}))


@blueprint.post("/rules/<id>")
@requires("notification:rules")
@in_transaction
def change_rule(id: str) -> Any:
    """Change a rule."""
    rule, form = _found(rules.shipped(), id), RuleForm()
    if not form.validate():
        return make_response(_rule_page(rule, form), 422)
    actor, database = current_actor(), current_room.database
    assert isinstance(actor, Actor)
    seen = int(form.version.data) if str(form.version.data).isdigit() else -1
    lines = {name: (form[name].data or "").replace("\r\n", "\n") for name in ("text", "withdrawn")}
    said = {**form.data, **lines, "also": tuple((form.also.data or "").lower().split())}
    answer = rules.change(transaction(), database, actor, id, seen, database.now(transaction()), said)
    if isinstance(answer, Refused):
        refuse_form(form, answer)
        return make_response(_rule_page(rule, form), 422)
    flash("The rule was changed. Messages sent from now on use it.", "success")
    return redirect(url_for("notifications.rule_list"), 303)


def _rule_page(rule: Rule, form: RuleForm) -> str:
    return render_template("rule.html", rule=rule, form=form, event_words=event_words, whom=whom,
                           subject_fields=allowed(rule.event, subject=True), text_fields=allowed(rule.event))


def _found(known: Any, id_: str) -> Rule:
    rule = known.get(id_)
    if rule is None:
        problem(404, "There is no such rule.")
    assert isinstance(rule, Rule)
    return rule


def event_words(name: str) -> str:
    """Say an event in words."""
    try:
        return contract(name).purpose.rstrip(".")
    except NoContract:
        return name


def whom(rule: Rule) -> str:
    """Say whom a rule tells."""
    return ", ".join((*(ROLES.get(role, role) for role in rule.to), *rule.also))


def in_words(rule: Rule) -> str:
    """Say a rule as a sentence."""
    return f"{event_words(rule.event)}: tell {whom(rule)}."
