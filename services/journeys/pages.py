"""The pages of journeys: the caseload, one journey, and what staff decide, record and take back."""
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NoReturn
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for

from services.journeys import decisions, desk, store, view, words
from services.journeys.desk import Query
from services.journeys.forms import (
    AdmissionForm,
    AsOfForm,
    DeathForm,
    DischargeForm,
    MeetingForm,
    ReviewForm,
    WithdrawForm,
)
from services.journeys.guard import reads_journeys
from services.journeys.meetings import INTRODUCTORY, MODES, in_words
from shared.calendar import london, london_day
from shared.ledger.store import Stale, Written
from shared.ledger.types import Refused
from shared.permissions import may
from shared.schemas.people import LEGAL_STATUS
from shared.web.context import current_room, requires, transaction
from shared.web.etags import changed_meanwhile
from shared.web.forms import refuse_form
from shared.web.idempotency import in_transaction
from shared.web.layout import moment as in_london
from shared.web.problems import problem

blueprint = Blueprint("journeys", __name__, template_folder="templates")

FILTERS = {"inpatient": "In hospital", "review_due": "Review due", "unallocated": "No development worker yet"}
PAGE = 50
RECORDS = {"admission": ("hospital.admitted", AdmissionForm), "discharge": ("hospital.discharged", DischargeForm),
           "death": ("citizen.died", DeathForm)}


@blueprint.get("/")
@reads_journeys
def home() -> str:
    """List the journeys of whoever looks, or all; reviews first."""
    roles = desk.actor().roles
    whose = request.args.get("whose") or ("all" if may(roles, "referral:allocate") or not may(roles, "journey:write") else "mine")
    number = max(1, min(1000, request.args.get("page", 1, type=int)))
    on = {name: request.args.get(name) == "yes" for name in FILTERS}
    query = Query(mine=whose == "mine", inpatient=on["inpatient"], review_due=on["review_due"], unallocated=on["unallocated"])
    due = store.caseload.c.review_due_on
    with current_room.database.read() as connection:
        found = desk.find(connection, query, PAGE + 1, offset=(number - 1) * PAGE,
                          order=(due.is_(None), due, store.caseload.c.reference))
        people = desk.ledger().people.get(connection, list({row[name] for row in found for name in (
            "aggregate", "development_worker") if row[name]}))
    return render_template("caseload.html", rows=found[:PAGE], more=len(found) > PAGE, number=number, people=people,
                           whose=whose, on=on, filters=FILTERS, today=london_day(datetime.now(UTC)).isoformat(),
                           now=desk.instant_text(datetime.now(UTC)))


@blueprint.get("/<uuid:id>")
@reads_journeys
def journey(id: UUID) -> str:
    """Show one journey, now or as it was known on a day."""
    form = AsOfForm(request.args) if "as_of" in request.args else AsOfForm(None)
    day = _day(form)
    with current_room.database.read() as connection:
        moment = desk.moment_of(day, desk.ledger().database.now(connection))
        found = view.journey(connection, desk.ledger(), _person(connection, id), str(id), moment, past=day is not None)
    if found is None:
        problem(404, "Nobody knew of this journey on that day.")
    first = next((one for one in found[0]["meetings"] if one["id"] == INTRODUCTORY), None)
    return render_template("journey.html", journey=found[0], form=form, as_of=day, entries=_entries(found[0], day is None),
                           words=words, statuses=LEGAL_STATUS, outcomes={**decisions.OUTCOMES, **decisions.CORRECTIONS},
                           first=first, modes=MODES, in_words=in_words, now=desk.instant_text(datetime.now(UTC)))


@blueprint.get("/of/<uuid:referral>")
@reads_journeys
def of_referral(referral: UUID) -> Any:
    """Lead from a referral to its journey."""
    return redirect(url_for("journeys.journey", id=_opened_by(referral)))


@blueprint.get("/of/<uuid:referral>/record/<what>")
@requires("journey:write")
def record_of_referral(referral: UUID, what: str) -> Any:
    """Lead from a referral to where something is recorded on its journey."""
    return redirect(url_for("journeys.record", id=_opened_by(referral), what=what))


def _opened_by(referral: UUID) -> str:
    """Give the id of the journey a referral opened, or answer that there is none yet."""
    with current_room.database.read() as connection:
        id_ = desk.journey_of(connection, str(referral))
    return id_ or problem(404, "This referral has no journey yet.", help="It opens moments after the referral is accepted: try again then.")


def _day(form: AsOfForm) -> date | None:
    """Read the day from three boxes, or as it stands in links: YYYY-MM-DD."""
    text = request.args.get("as_of", "")
    try:
        return date.fromisoformat(text)
    except ValueError:
        return form.as_of.data if "as_of" in request.args and form.validate() else None


def _entries(shown: dict[str, Any], now: bool) -> list[dict[str, Any]]:
    """Give the timeline as the page shows it, newest first, with corrections explained."""
    by_id = {entry["id"]: entry for entry in shown["timeline"]}
    return [{"title": words.title(entry["kind"]), "when": in_london(entry["occurred_at"]), "datetime": entry["occurred_at"],
             "by": words.teller(entry["actor"]), "recorded": in_london(entry["recorded_at"]), "text": words.facts(entry["facts"]),
             "corrected": entry["corrected_by"] is not None, "id": entry["id"],
             "why": words.correction(entry, by_id.get(entry["corrected_by"])),
             "withdraw": now and not entry["corrected_by"] and not entry["withdrawn"]
             and decisions.may_be_taken_back(entry["kind"])} for entry in reversed(shown["timeline"])]


@blueprint.get("/<uuid:id>/reviews/<rid>")
@requires("journey:write")
def review(id: UUID, rid: str) -> str:
    """Show the form of one review."""
    return _review_page(id, rid, ReviewForm())


@blueprint.post("/<uuid:id>/reviews/<rid>")
@requires("journey:write")
@in_transaction
def complete_review(id: UUID, rid: str) -> Any:
    """Decide a review."""
    form, person = ReviewForm(), _person(transaction(), id)
    form.outcome.choices = list({**decisions.OUTCOMES, **decisions.CORRECTIONS}.items())
    return _after(form, id, "The review is done.", lambda: _review_page(id, rid, form, transaction()),
                  lambda: desk.complete_review(transaction(), person, str(id), rid, form.outcome.data, form.words.data or ""))


def _review_page(id: UUID, rid: str, form: ReviewForm, connection: Any = None) -> str:
    shown = _shown(id, connection)
    asked = next((one for one in shown["reviews"] if one["id"] == rid), None)
    if asked is None or asked["state"] != "open":
        problem(409, "This review is no longer open.", help="Open the journey again to see how things stand.")
    form.outcome.choices = list(decisions.choices_for(asked).items())
    stay = next((one for one in shown["stays"] if f"stay:{one['id']}:admission" == asked["rests_on"]), None)
    return render_template("review.html", journey=shown, review=asked, stay=stay, form=form, statuses=LEGAL_STATUS,
                           outcomes=decisions.OUTCOMES)


@blueprint.get("/<uuid:id>/record/<what>")
@requires("journey:write")
def record(id: UUID, what: str) -> str:
    """Show the form for what no system reported."""
    return _record_page(id, what, _form(what))


@blueprint.post("/<uuid:id>/record/<what>")
@requires("journey:write")
@in_transaction
def make_record(id: UUID, what: str) -> Any:
    """Record an admission, a discharge or a death by hand."""
    form, person = _form(what), _person(transaction(), id)
    return _after(form, id, "It is recorded.", lambda: _record_page(id, what, form, transaction()),
                  lambda: desk.record(transaction(), person, RECORDS[what][0], _moment(form), _facts(form)))


def _form(what: str) -> Any:
    if what not in RECORDS:
        problem(404)
    return RECORDS[what][1]()


def _moment(form: Any) -> datetime:
    return desk.ledger().database.now(transaction()) if isinstance(form, DeathForm) else form.moment()


def _facts(form: Any) -> dict[str, Any]:
    names = ("stay_id", "ward", "legal_status", "destination", "died_on")
    return {name: str(form[name].data) for name in names if name in form and form[name].data}


def _record_page(id: UUID, what: str, form: Any, connection: Any = None) -> str:
    shown = _shown(id, connection)
    if isinstance(form, DischargeForm):
        form.stay_id.choices = [(stay["id"], f"{stay['ward'] or 'Hospital'}, since {in_london(stay['admitted_at'])}")
                                for stay in shown["stays"] if stay["running"]]
    return render_template("record.html", journey=shown, what=what, form=form)


@blueprint.get("/<uuid:id>/meetings/introductory")
@requires("journey:write")
def meeting(id: UUID) -> str:
    """Ask when and how the introductory meeting was held, and who was there."""
    return _meeting_page(id, None)


@blueprint.post("/<uuid:id>/meetings/introductory")
@requires("journey:write")
@in_transaction
def record_meeting(id: UUID) -> Any:
    """Record that the introductory meeting was held."""
    form, person = MeetingForm(), _person(transaction(), id)
    return _after(form, id, "The introductory meeting is recorded.", lambda: _meeting_page(id, form, transaction()),
                  lambda: desk.record_meeting(transaction(), person, str(id), form.held()))


def _meeting_page(id: UUID, form: MeetingForm | None, connection: Any = None) -> str:
    shown = _shown(id, connection)
    first = next((one for one in shown["meetings"] if one["id"] == INTRODUCTORY), {"state": "not_offered"})
    if form is None and first["state"] == "held":
        problem(409, "The introductory meeting has been recorded already.", help="Open the journey again to see it.")
    form = form or MeetingForm(data=_as_offered(first))
    if shown["practitioner"] is None:
        form.attendees.choices = [one for one in form.attendees.choices if one[0] != "practitioner"]
    return render_template("meeting.html", journey=shown, first=first, form=form, modes=MODES)


def _as_offered(first: dict[str, Any]) -> dict[str, Any]:
    """Fill in what was offered once it has begun; who came is for a person to say."""
    if first["state"] != "offered" or first["starts_at"] > desk.instant_text(datetime.now(UTC)):
        return {}
    at = london(datetime.fromisoformat(first["starts_at"]))
    return {"held_on": at.date(), "held_at": at.time(), "mode": first["mode"]}


@blueprint.get("/<uuid:id>/timeline/<uuid:sid>/withdraw")
@requires("journey:correct")
def withdraw_form(id: UUID, sid: UUID) -> str:
    """Ask why an entry is to be taken back."""
    return _withdraw_page(id, sid, WithdrawForm())


@blueprint.post("/<uuid:id>/timeline/<uuid:sid>/withdraw")
@requires("journey:correct")
@in_transaction
def withdraw(id: UUID, sid: UUID) -> Any:
    """Take an entry back."""
    form, person = WithdrawForm(), _person(transaction(), id)
    return _after(form, id, "The entry is taken back. Everybody who was told of it is told.",
                  lambda: _withdraw_page(id, sid, form, transaction()),
                  lambda: desk.withdraw(transaction(), person, str(sid), form.reason.data))


def _withdraw_page(id: UUID, sid: UUID, form: WithdrawForm, connection: Any = None) -> str:
    shown = _shown(id, connection)
    entry = next((one for one in _entries(shown, True) if one["id"] == str(sid)), None)
    if entry is None:
        problem(404, "There is no such entry on this journey.")
    return render_template("withdraw.html", journey=shown, entry=entry, form=form)


def _after(form: Any, id: UUID, done_words: str, again: Callable[[], str],
           act: Callable[[], Written | Refused | Stale]) -> Any:
    """Do it, or show the form again with everything that was typed."""
    if not form.validate():
        return make_response(again(), 422)
    done = act()
    if isinstance(done, Stale):
        changed_meanwhile()
    if isinstance(done, Refused):
        if done.rule == "J-13" and not done.field:
            problem(409, done.reason, rule=done.rule, help=done.help)
        refuse_form(form, done)
        return make_response(again(), 422)
    flash(done_words, "success")
    return redirect(url_for("journeys.journey", id=id), 303)


def _shown(id: UUID, connection: sa.Connection | None = None) -> dict[str, Any]:
    if connection is None:
        with current_room.database.read() as reading:
            return _shown(id, reading)
    found = view.journey(connection, desk.ledger(), _person(connection, id), str(id), desk.ledger().database.now(connection))
    return found[0] if found else _unknown()


def _person(connection: sa.Connection, id: UUID) -> str:
    return desk.person_of(connection, str(id)) or _unknown()


def _unknown() -> NoReturn:
    problem(404, "There is no such journey, or it is not one of yours.")
