"""The JSON API of journeys."""
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

import marshmallow as ma
from flask import Response, jsonify, request
from flask.views import MethodView
from flask_smorest import Blueprint

from services.journeys import decisions, desk, intake, meetings, view
from services.journeys.described import EVENTS, JourneyListed, JourneyShown, Taken
from services.journeys.desk import Query
from services.journeys.guard import reads_journeys
from shared.ledger.store import Stale, Written
from shared.ledger.types import Refused
from shared.messaging.outbox import INTAKE
from shared.schemas.kinds import take_nhs_number, take_text
from shared.schemas.people import LEGAL_STATUS
from shared.web.context import current_room, requires, transaction
from shared.web.described import PAGING, SEEN, page_of, reads, writes
from shared.web.etags import changed_meanwhile, etag, if_match
from shared.web.idempotency import in_transaction
from shared.web.problems import Pager, problem, refused

#: What each act on a journey is answered, for the OpenAPI document.
ACT = writes(JourneyShown, 404, 409, 412, gives=SEEN)

blueprint = Blueprint("journeys-api", __name__, description="Journeys, their reviews and timelines; events from other systems")


class Asked(ma.Schema):
    """Which journeys."""

    class Meta:
        """Paging is read beside this."""

        unknown = ma.EXCLUDE

    nhs_number = ma.fields.String(load_default="", metadata={"description": "of the citizen"})
    state = ma.fields.String(load_default="", validate=ma.validate.OneOf(["", "open", "closing", "closed"]))
    mine = ma.fields.Boolean(load_default=False, metadata={"description": "only those one works on"})


class AsOf(ma.Schema):
    """On which day."""

    class Meta:
        """Anything else is ignored."""

        unknown = ma.EXCLUDE

    as_of = ma.fields.Date(load_default=None, metadata={"description": "as it was known at the end of that day in London"})


class Completion(ma.Schema):
    """The outcome of a review."""

    outcome = ma.fields.String(required=True, validate=ma.validate.OneOf([*decisions.OUTCOMES, *decisions.CORRECTIONS]))
    words = ma.fields.String(load_default="", validate=ma.validate.Length(max=decisions.LONGEST_WORDS))


def storable(text: str) -> None:
    """Refuse what no event could carry: blanks alone, a NUL, half a character."""
    try:
        take_text(text, len(text))
    except ValueError as fault:
        raise ma.ValidationError(f"It {fault}.") from None


def in_calendar(moment: datetime) -> None:
    """Refuse what is before the first or after the last year once it is in UTC."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ma.ValidationError("It is outside every calendar.") from None


class Transition(ma.Schema):
    """What is recorded by hand; which of the last five is needed depends on the kind."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(list(decisions.BY_HAND)))
    occurred_at = ma.fields.AwareDateTime(required=True, format="iso", validate=in_calendar)
    stay_id = ma.fields.String(validate=[ma.validate.Length(1, 100), storable])
    ward = ma.fields.String(validate=[ma.validate.Length(1, 200), storable])
    legal_status = ma.fields.String(validate=ma.validate.OneOf(list(LEGAL_STATUS)))
    destination = ma.fields.String(validate=[ma.validate.Length(1, 200), storable])
    died_on = ma.fields.Date()


class MeetingHeld(ma.Schema):
    """A meeting that was held."""

    strand = ma.fields.String(load_default="", validate=ma.validate.Length(max=100),
                              metadata={"description": "the strand it counts in; left out, it is the introductory meeting"})
    held_at = ma.fields.AwareDateTime(required=True, format="iso", validate=in_calendar)
    mode = ma.fields.String(required=True, validate=ma.validate.OneOf(list(meetings.MODES)))
    attendees = ma.fields.List(ma.fields.String(validate=ma.validate.OneOf(list(meetings.ATTENDEES))), required=True,
                               validate=ma.validate.Length(1, 10))
    reason = ma.fields.String(load_default="", validate=ma.validate.Length(max=decisions.LONGEST_WORDS),
                              metadata={"description": "why it was held without somebody who should have been there"})


class Reason(ma.Schema):
    """Why something is taken back."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, decisions.LONGEST_WORDS))


@blueprint.route("/journeys", parameters=PAGING)
class Journeys(MethodView):
    """The journeys whoever asks may see."""

    @blueprint.doc(**reads(page_of(JourneyListed), 422, words="One page"))
    @reads_journeys
    @blueprint.arguments(Asked, location="query")
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """List journeys, by NHS number, by state, or one's own."""
        pager = Pager.of_request()
        query = Query(_number(asked["nhs_number"]), asked["state"], asked["mine"])
        try:
            after = str(UUID(pager.after)) if pager.after else ""
        except ValueError:
            problem(422, "The paging is not valid.", errors=[{"pointer": "/after", "detail": "Not the id of a journey."}])
        with current_room.database.read() as connection:
            page = pager.page(desk.find(connection, query, pager.fetch, after))
            now = desk.ledger().database.now(connection)
            shown = [view.journey(connection, desk.ledger(), row["aggregate"], row["id"], now, listed=True) for row in page["items"]]
        return {"items": [one[0] for one in shown if one], "next": page["next"]}


@blueprint.route("/journeys/<uuid:id>")
class Journey(MethodView):
    """One journey."""

    @blueprint.doc(**reads(JourneyShown, 404, 422, gives=SEEN))
    @reads_journeys
    @blueprint.arguments(AsOf, location="query")
    def get(self, asked: dict[str, Any], id: UUID) -> Response:
        """Show a journey as it is, or as it was known at the end of a day in London."""
        with current_room.database.read() as connection:
            person = _person(connection, id)
            moment = desk.moment_of(asked["as_of"], desk.ledger().database.now(connection))
            shown = view.journey(connection, desk.ledger(), person, str(id), moment, past=asked["as_of"] is not None)
        if shown is None:
            problem(404, "There was no such journey on that day.")
        return _answer(*shown)


@blueprint.route("/journeys/<uuid:id>/reviews/<rid>/complete")
class Complete(MethodView):
    """One review of a journey."""

    @blueprint.doc(**ACT)
    @requires("journey:write")
    @in_transaction
    @blueprint.arguments(Completion)
    def post(self, said: dict[str, Any], id: UUID, rid: str) -> Response:
        """Decide the review; 409 where it has been decided or is no longer asked for."""
        person = _person(transaction(), id)
        return _done(id, person, desk.complete_review(transaction(), person, str(id), rid, said["outcome"], said["words"],
                                                      if_match()))


@blueprint.route("/journeys/<uuid:id>/transitions")
class Transitions(MethodView):
    """What is recorded by hand."""

    @blueprint.doc(**ACT)
    @requires("journey:write")
    @in_transaction
    @blueprint.arguments(Transition)
    def post(self, said: dict[str, Any], id: UUID) -> Response:
        """Record an admission, a discharge or a death that no system reported."""
        person = _person(transaction(), id)
        facts: dict[str, Any] = {name: str(said[name]).strip() for name in ("stay_id", "ward", "legal_status", "destination", "died_on") if name in said}
        return _done(id, person, desk.record(transaction(), person, said["kind"], said["occurred_at"].astimezone(UTC), facts,
                                             if_match()))


@blueprint.route("/journeys/<uuid:id>/meetings")
class Meetings(MethodView):
    """The meetings of a journey."""

    @blueprint.doc(**ACT)
    @requires("journey:write")
    @in_transaction
    @blueprint.arguments(MeetingHeld)
    def post(self, said: dict[str, Any], id: UUID) -> Response:
        """Record that the introductory meeting was held, once; without all who should be there a reason is asked (R-07)."""
        person = _person(transaction(), id)
        held = meetings.Held(said["held_at"].astimezone(UTC), said["mode"], tuple(said["attendees"]), said["reason"], said["strand"])
        return _done(id, person, desk.record_meeting(transaction(), person, str(id), held, if_match()))


@blueprint.route("/journeys/<uuid:id>/timeline/<uuid:statement_id>/withdraw")
class Withdraw(MethodView):
    """One entry of a timeline."""

    @blueprint.doc(**ACT)
    @requires("journey:correct")
    @in_transaction
    @blueprint.arguments(Reason)
    def post(self, said: dict[str, Any], id: UUID, statement_id: UUID) -> Response:
        """Take back what came from outside, or that a meeting was held, with a reason."""
        person = _person(transaction(), id)
        return _done(id, person, desk.withdraw(transaction(), person, str(statement_id), said["reason"], if_match()))


@blueprint.route("/events")
class Events(MethodView):
    """Events of other systems, over HTTPS."""

    @blueprint.doc(**EVENTS, **writes(Taken, status=202, words="All of them are committed"))
    @requires("event:publish")
    @in_transaction
    def post(self) -> tuple[dict[str, int], int]:
        """Take one CloudEvent or a batch; 202 once all are committed, on their way to every service."""
        if request.mimetype not in intake.TYPES:
            problem(415, f"The content type must be one of {', '.join(intake.TYPES)}.")
        now = current_room.database.now(transaction())
        events, faults = intake.read(request.get_data(), request.mimetype, now)
        if faults:
            problem(422, "No event was taken.", title="Events are not valid", errors=[fault._asdict() for fault in faults])
        desk.ledger().outbox.put(transaction(), events, exchange=INTAKE)
        return {"accepted": len(events)}, 202


def _number(text: str) -> str:
    if not text:
        return ""
    try:
        return take_nhs_number(text)
    except ValueError as fault:
        problem(422, "The NHS number is not valid.", errors=[{"pointer": "/nhs_number", "detail": f"nhs_number {fault}."}])


def _person(connection: Any, id: UUID) -> str:
    person = desk.person_of(connection, str(id))
    if person is None:
        _unknown()
    return person


def _unknown() -> NoReturn:
    problem(404, "There is no such journey, or it is not one of yours.")


def _done(id: UUID, person: str, done: Written | Refused | Stale) -> Response:
    if isinstance(done, Stale):
        changed_meanwhile()
    if isinstance(done, Refused):
        refused(done)
    shown = view.journey(transaction(), desk.ledger(), person, str(id), datetime.now(UTC))
    if shown is None:
        _unknown()
    return _answer(*shown)


def _answer(journey: dict[str, Any], version: int) -> Response:
    response = jsonify(journey)
    response.headers["ETag"] = etag(version)
    return response
