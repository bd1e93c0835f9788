"""The pages of the introductory meeting: how it stands, when somebody can, offer or move it, call it off, its invitation."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, url_for

from services.referrals import body, meeting, telling, view
from services.referrals.acts import meanwhile
from services.referrals.acts.desk import answered, found_for, refused, show_faults
from services.referrals.api import WITH_US
from services.referrals.decisions import forbidden
from services.referrals.desk import Answer, Desk
from services.referrals.expected import ahead, to_check
from services.referrals.meeting import Span
from services.referrals.meetings import reading, times
from services.referrals.meetings.forms import OTHER, CallOffForm, OfferForm, TimesForm, offer_form
from services.referrals.meetings.halves import halves, ticked
from services.referrals.state import pathway_of
from services.referrals.store import LIVE
from shared.calendar import london_day
from shared.ledger.store import Written
from shared.ledger.types import Data, Refused, State
from shared.web.context import current_room, requires, transaction
from shared.web.idempotency import in_transaction
from shared.web.problems import problem

blueprint = Blueprint("meeting", __name__)
blueprint.add_app_template_filter(reading.span_in_words, "span")
blueprint.add_app_template_filter(meeting.as_said, "as_said")

TIMES = "/<uuid:id>/meeting/times/<any(citizen, practitioner, development_worker):whose>"
#: No message goes to a citizen by itself.
TELL = "Tell the citizen yourself, the way they asked to be contacted."
WRITE_DOWN = "Tell the citizen, the way they asked to be contacted, then write down that you did."
#: What to say where nothing was chosen or typed.
ENTER = {"mode": "Choose how they meet", "reason": "Say why the meeting is called off"}


@blueprint.get("/<uuid:id>/meeting")
@requires(WITH_US)
def show(id: UUID) -> Any:
    """Show who can when, when all can, and what is offered."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        state = found.state
        return render_template(
            "referrals/meeting/show.html", referral=view.headed(desk, found), pathway=pathway_of(state), stage=state["stage"], clock=view.clock(desk, state),
            meeting=view.first_meeting(desk, state), to_tell=telling.in_short([one.what for one in telling.to_tell(state, desk.now)]) if desk.sees_all else "", stopped=meeting.cannot_give_times(state, desk.now), people=reading.taking_part(desk, state) if state["stage"] in LIVE else [],
            word=reading.overdue_word(desk, state), leaves=reading.leaves(desk, state), cannot=meeting.cannot_offer(state, desk.now, desk.actor))


@blueprint.get(TIMES)
@requires(WITH_US)
def ask_times(id: UUID, whose: str) -> Any:
    """Ask when somebody can."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        if stop := _no_times_now(desk, found):
            return stop
        person = _person(desk, found, whose)
        keys, others = ticked(person["times"] or [], desk.now)
        return _times_page(desk, found, person, TimesForm(data={"halves": sorted(keys), "keep": [times.key(one) for one in others]}))


@blueprint.post(TIMES)
@requires(WITH_US)
@in_transaction
def give_times(id: UUID, whose: str) -> Any:
    """Note when somebody can, or show the form again with what is wrong."""
    desk, found = found_for(transaction(), id)
    if stop := _no_times_now(desk, found):
        return stop
    person, form = _person(desk, found, whose), TimesForm()
    form.validate()
    said = times.said(form, person["times"] or [], desk.now)

    def page() -> str:
        return _times_page(desk, found, person, form)
    if said is None:
        return make_response(page(), 422)
    return _done(desk, found, form, page, desk.give_availability(str(id), {"whose": whose, "times": said}), "The times were noted.")


@blueprint.get("/<uuid:id>/meeting/offer")
@requires(WITH_US)
def ask_offer(id: UUID) -> Any:
    """Ask when and how they meet."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        cannot = meeting.cannot_offer(found.state, desk.now, desk.actor)
        return refused(desk, found, cannot) if cannot else _offer_page(desk, found, _offer_form(desk, found))


@blueprint.post("/<uuid:id>/meeting/offer")
@requires(WITH_US)
@in_transaction
def offer(id: UUID) -> Any:
    """Offer the meeting, or move it."""
    desk, found = found_for(transaction(), id)
    form = _offer_form(desk, found)
    form.validate()
    when = times.chosen_slot(form, _keep(desk, found.state))
    typed = {**when, "mode": form.mode.data, "place": form.place.data}
    taken, faults = body.read(body.Meeting, {name: value for name, value in typed.items() if value}, london_day(desk.now))
    show_faults(form, {pointer: words for pointer, words in faults.items() if pointer != "/starts_at"}, ENTER)
    if meanwhile.is_new(form, found.state["meeting"]):
        form.form_errors.append(_moved_meanwhile(desk, found.state["meeting"]))

    def page() -> str:
        return _offer_page(desk, found, form)
    if form.errors:
        return make_response(page(), 422)
    answer = _at_its_box(form, desk.offer_meeting(str(id), taken, expect=found.version))
    return _done(desk, found, form, page, answer, _told(desk, found.state, answer))


def _told(desk: Desk, before: State, answer: Answer) -> str:
    """Say who is told of an offer: nobody of one that stays as it was."""
    meetings = [before["meeting"], answer.state["meeting"]] if isinstance(answer, Written) and ahead(before, desk.now) else []
    if meetings and all(meetings[0][name] == meetings[1][name] for name in ("starts_at", "mode")):
        return "The meeting stays at its time."
    told = "The practitioner and the development worker are" if len(meeting.who_takes_part(before, desk.now)) > 2 else "The development worker is"
    return f"The meeting was offered. {told} told. {_tell(desk, answer)}"


def _tell(desk: Desk, answer: Answer) -> str:
    """Say who tells the citizen; of one who referred themself it is kept until somebody has, unless they agreed to the time themself."""
    if not isinstance(answer, Written) or not answer.state["self_referral"]:
        return TELL
    return WRITE_DOWN if telling.to_tell(answer.state, desk.now) else "The citizen agreed to this time, so they know."


@blueprint.get("/<uuid:id>/meeting/call-off")
@requires(WITH_US)
def ask_why(id: UUID) -> Any:
    """Ask why the meeting is off."""
    with current_room.database.read() as connection:
        desk, found = found_for(connection, id)
        answer = meeting.call_off(found.state, desk.now, desk.actor, desk.who, "")
        return refused(desk, found, answer) if isinstance(answer, Refused) else _call_off_page(desk, found, CallOffForm())


@blueprint.post("/<uuid:id>/meeting/call-off")
@requires(WITH_US)
@in_transaction
def call_off(id: UUID) -> Any:
    """Call the meeting off."""
    desk, found = found_for(transaction(), id)
    form = CallOffForm()
    form.validate()
    taken, faults = body.read(body.CallOff, {"reason": form.reason.data or ""}, london_day(desk.now))
    show_faults(form, faults, ENTER)

    def page() -> str:
        return _call_off_page(desk, found, form)
    if form.errors:
        return make_response(page(), 422)
    answer = desk.call_off(str(id), taken)
    return _done(desk, found, form, page, answer, f"The meeting was called off. {_tell(desk, answer)} Offer another as soon as you can.")


@blueprint.get("/<uuid:id>/meeting.ics")
@requires(WITH_US)
def invitation(id: UUID) -> Any:
    """Give the invitation as calendars read it."""
    return reading.calendar(id)


def _no_times_now(desk: Desk, found: Written) -> Any:
    refusal = meeting.cannot_give_times(found.state, desk.now)
    return refused(desk, found, refusal) if refusal else None


def _person(desk: Desk, found: Written, whose: str) -> Data:
    """Give whose times are asked for, or answer that there is nobody, or that another says when they can."""
    for one in reading.taking_part(desk, found.state):
        if one["whose"] == whose:
            return one if one["may_say"] else problem(403, forbidden().reason, help="The development worker says when they can.")
    problem(404, "Nobody of that part is known yet.", help="A development worker is chosen once the referral is accepted.")


def _done(desk: Desk, found: Written, form: Any, page: Any, answer: Answer, words: str) -> Any:
    if not isinstance(answer, Written):
        return answered(desk, found, form, page, answer, words)
    flash(words, "success")
    return redirect(url_for("meeting.show", id=found.state["id"]), 303)


def _at_its_box(form: Any, answer: Answer) -> Answer:
    """Say what is wrong with a time where it was chosen or entered."""
    if isinstance(answer, Refused) and answer.field == "starts_at":
        return answer._replace(field="slot" if form.slot.data not in (None, OTHER) else "starts")
    return answer


def _offer_form(desk: Desk, found: Written) -> OfferForm:
    state, offered = found.state, found.state["meeting"]
    slots = reading.spread(meeting.slots(state, desk.now, desk.busy(state), most=reading.ALL))
    mode = offered["mode"] if offered else state["meeting_preference"]
    return offer_form(pathway_of(state), slots, mode, offered["place"] if offered else "", _keep(desk, state))


def _keep(desk: Desk, state: State) -> Span | None:
    """Give the time that was offered for another development worker, where the one of now has no other meeting then."""
    busy = not to_check(state, desk.now) or state["allocation"]["development_worker"] in reading.engaged_then(desk, state)
    return None if busy else reading.span_of(state["meeting"])


def _times_page(desk: Desk, found: Written, person: Data, form: Any) -> str:
    _, others = ticked(person["times"] or [], desk.now)
    form.keep.choices = times.choices(others)
    return render_template("referrals/meeting/times.html", form=form, referral=view.headed(desk, found), person=person,
                           days=halves(desk.now), hours=meeting.hours_in_words())


def _moved_meanwhile(desk: Desk, stands: Data) -> str:
    """Say what became of the meeting while somebody chose a time for it."""
    when = reading.span_in_words(stands)
    if stands["cancelled"]:
        return f"The meeting of {when} was called off while you had this page open, by {meanwhile.by_whom(desk, stands)}. Offer it anew if it is to be held."
    return f"The meeting was offered for {when} while you had this page open, by {meanwhile.by_whom(desk, stands)}. Choose again only if it is to be moved."


def _offer_page(desk: Desk, found: Written, form: Any) -> str:
    state = found.state
    meanwhile.is_new(form, state["meeting"])
    return render_template("referrals/meeting/offer.html", form=form, referral=view.headed(desk, found), hours=meeting.hours_in_words(),
                           minutes=pathway_of(state).first_meeting_minutes, people=reading.taking_part(desk, state), clock=view.clock(desk, state),
                           offered=state["meeting"] if state["meeting"] and not state["meeting"]["cancelled"] else None,
                           preference=pathway_of(state).words(state["meeting_preference"]), to_check=to_check(state, desk.now),
                           keep=_keep(desk, state) is not None, known=len(form.slot.choices) > 1)


def _call_off_page(desk: Desk, found: Written, form: Any) -> str:
    return render_template("referrals/meeting/call_off.html", form=form, referral=view.headed(desk, found), offered=found.state["meeting"])
