"""The pages of notifications: what was sent, one message with its why, and the rules."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for

from services.notifications import directory, held, rules, sent
from services.notifications.api import after_of
from services.notifications.channels import CHANNELS, STATES
from services.notifications.domain import NO_LONGER_THEIRS, TAKEN_BACK, Rule, reaches_nobody
from services.notifications.forms import RuleForm
from services.notifications.words import allowed
from shared.calendar import london_day
from shared.ledger.types import Actor, Refused
from shared.schemas import NoContract, contract
from shared.web.context import current_actor, current_room, requires, transaction
from shared.web.forms import refuse_form
from shared.web.idempotency import in_transaction
from shared.web.problems import Pager, problem

blueprint = Blueprint("notifications", __name__, template_folder="templates")

ROLES = {"development_worker": "development worker", "practitioner": "practitioner", "manager": "manager",
         "named_person": "named person"}

#: Said before what happened, where a message says that it stands no more.
BACK = {TAKEN_BACK: "Taken back: ", NO_LONGER_THEIRS: "No longer theirs: "}
#: What is said of held messages once they are decided about, by the state they are in then.
BECAME = {"sent": "sent.", "waiting": "on its way.", "settled": "kept as having gone out before.",
          "superseded": "not sent, for a later one about the same has gone out.", "failed": "could not be sent; its page says why."}


@blueprint.get("/")
@requires("notification:read")
def home() -> str:
    """List what was sent, newest first."""
    pager = Pager.of_request()
    wanted = _filter(request.args)
    with current_room.database.read() as connection:
        page = pager.page(sent.listed(connection, wanted, pager.fetch, after_of(pager)))
        waiting = sent.count(connection, {"state": held.HELD})
        these = sent.count(connection, wanted) if wanted.get("state") == held.HELD else 0
    following = url_for("notifications.home", after=page["next"], **cast(Any, wanted))
    return render_template("outbox.html", page=page, wanted=wanted, following=following, states=STATES, why=why,
                           waiting=waiting, these=these)


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
                           in_words=in_words, why=why, channels=CHANNELS)


@blueprint.post("/<uuid:id>/<any(release, settle):act>")
@requires("notification:settle")
@in_transaction
def decide(id: UUID, act: str) -> Any:
    """Decide about one held message."""
    if sent.one(transaction(), str(id)) is None:
        problem(404, "There is no such message.")
    _tell(held.decide(transaction(), current_room.database, _actor(), act, [str(id)], _now()))
    return redirect(_held_list() if "from_list" in request.form else url_for("notifications.message", id=id), 303)


@blueprint.post("/held/<any(release, settle):act>")
@requires("notification:settle")
@in_transaction
def decide_all(act: str) -> Any:
    """Decide about all held messages of the filter shown."""
    seen = request.form.get("seen", "")
    _tell(held.decide_all(transaction(), current_room.database, _actor(), act, _filter(request.form),
                          int(seen) if seen.isascii() and seen.isdigit() else -1, _now()))
    return redirect(_held_list(), 303)


def _tell(done: held.Decided | Refused) -> None:
    if isinstance(done, Refused):
        flash(f"{done.reason} {done.help}")
        return
    for state, count in done.states.items():
        flash(f"{count} {'message' if count == 1 else 'messages'}: {BECAME.get(state, state)}", "success")
    if not done.states:
        flash("Somebody else has decided about this already.")


def _held_list() -> str:
    return url_for("notifications.home", **cast(Any, {**_filter(request.form), "state": held.HELD}))


def _filter(said: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name in sent.FILTERS if (text := said.get(name, "").strip())}


def _actor() -> Actor:
    actor = current_actor()
    assert isinstance(actor, Actor)
    return actor


def _now() -> datetime:
    return current_room.database.now(transaction())


@blueprint.get("/rules")
@requires("notification:read")
def rule_list() -> str:
    """List the rules: which event tells whom, with which words."""
    with current_room.database.read() as connection:
        found, changes = rules.load(connection), rules.last_changes(connection)
        managers = directory.managers(connection, london_day(current_room.database.now(connection)))
    return render_template("rules.html", chapters=chapters(found.values()), changes=changes, happening=happening, whom=whom,
                           channels=CHANNELS, managers=managers,
                           silent=[rule for rule in found.values() if reaches_nobody(rule, managers)])


@blueprint.get("/rules/<id>")
@requires("notification:rules")
def rule_form(id: str) -> str:
    """Show a rule to be changed."""
    with current_room.database.read() as connection:
        rule = _found(rules.load(connection), id)
    return _rule_page(rule, _form(rule, data={**vars(rule), "also": "\n".join(rule.also)}))


@blueprint.post("/rules/<id>")
@requires("notification:rules")
@in_transaction
def change_rule(id: str) -> Any:
    """Change a rule."""
    rule = _found(rules.shipped(), id)
    form = _form(rule)
    if not form.validate():
        return make_response(_rule_page(rule, form), 422)
    seen = int(form.version.data) if str(form.version.data).isdigit() else -1
    lines = {name: (form[name].data or "").replace("\r\n", "\n") for name in rules.words_of(rule) if name != "subject"}
    said = {**form.data, **lines, "also": tuple((form.also.data or "").lower().split())}
    answer = rules.change(transaction(), current_room.database, _actor(), id, seen, _now(), said)
    if isinstance(answer, Refused):
        refuse_form(form, answer)
        return make_response(_rule_page(rule, form), 422)
    flash("The rule was changed. Messages sent from now on use it.", "success")
    return redirect(url_for("notifications.rule_list"), 303)


def _form(rule: Rule, **given: Any) -> RuleForm:
    form = RuleForm(**given)
    if "leaving" not in rules.words_of(rule):
        del form.leaving
    return form


def _rule_page(rule: Rule, form: RuleForm) -> str:
    return render_template("rule.html", rule=rule, form=form, happening=happening, whom=whom,
                           subject_fields=allowed(rule.event, subject=True), text_fields=allowed(rule.event))


def _found(known: Any, id_: str) -> Rule:
    rule = known.get(id_)
    if rule is None:
        problem(404, "There is no such rule.")
    assert isinstance(rule, Rule)
    return rule


def event_words(name: str) -> str:
    """Say an event in words, without what its contract says of taking it back."""
    try:
        return contract(name).purpose.partition("; withdrawn ")[0].rstrip(".")
    except NoContract:
        return name


def happening(rule: Rule) -> str:
    """Say what happens that makes a rule tell people."""
    return rule.happens or event_words(rule.event)


def why(message: Mapping[str, Any]) -> str:
    """Say what happened that a message was sent for, and whether it takes that back."""
    rule = rules.shipped().get(message["rule"])
    words = happening(rule) if rule else event_words(message["event_type"])
    return BACK.get(message["said"], "") + words


def chapters(found: Iterable[Rule]) -> dict[str, list[Rule]]:
    """Give rules under what they are about: referrals, journeys."""
    sorted_: dict[str, list[Rule]] = {}
    for rule in found:
        sorted_.setdefault(f"{rule.event.partition('.')[0]}s".capitalize(), []).append(rule)
    return sorted_


def whom(rule: Rule) -> str:
    """Say whom a rule tells."""
    words = {**ROLES, "manager": "the manager it concerns"} if rule.only_named else ROLES
    return ", ".join((*(words.get(role, role) for role in rule.to), *rule.also))


def in_words(rule: Rule) -> str:
    """Say a rule as a sentence."""
    return f"{happening(rule)}: tell {whom(rule)}."
