"""The JSON API of referrals; its bodies and states are fixed, other systems build on them."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NoReturn, cast
from uuid import UUID

from flask import request
from flask.views import MethodView
from flask_smorest import Blueprint
from sqlalchemy.engine import Connection

from services.referrals import amending, asking, body, deaths, directory, merging, sending, view, worklists
from services.referrals.described.judged import Foreseen, ReferralBrief
from services.referrals.described.lists import ReferralRow
from services.referrals.described.read import ReferralRead
from services.referrals.described.referral import ReferralWhole
from services.referrals.desk import Answer, Desk
from services.referrals.happenings import happened
from services.referrals.looks import noting, reading
from services.referrals.worklists import asked
from shared.calendar import london_day
from shared.ledger.store import Stale, Written
from shared.ledger.types import Actor, Refused
from shared.schemas.shape import Shape, json_schema
from shared.web.context import current_actor, current_room, requires, transaction
from shared.web.described import MADE, SEEN, page_of, reads, writes
from shared.web.etags import changed_meanwhile, etag, if_match
from shared.web.idempotency import before_repeat, in_transaction
from shared.web.problems import Pager, problem

blueprint = Blueprint("referrals-api", __name__, url_prefix="/referrals", description="Referrals: send, follow, decide, allocate")

#: Everybody who has anything to do with referrals may send one; what else they may, the domain says.
WITH_US = "referral:send"
#: What whoever sends a referral is answered, for the OpenAPI document.
SENT_EXAMPLE = {"id": "7c1f4b52-0c0a-4d8e-9a55-3d5f6f1f7f0e", "reference": "R-GRRY-TKP", "state": "received", "missing": [
    {"rule": "R-06", "what": "The risk assessment is not here.", "help": "Add it, not older than 6 months."}]}

#: Said of a cursor that is none of the list as it is asked for.
NO_PAGE = "Not the next of a page of this list, sorted so. Ask for the first page, without after."


def open_desk(connection: Any) -> Desk:
    """Give the desk for whoever asks."""
    return Desk(connection, cast(Any, current_room).keeper.ledger, cast(Actor, current_actor()))


def described(shape: type[Shape]) -> dict[str, Any]:
    """Describe a body for the OpenAPI document."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _tolerant(json_schema(shape))}}}}


def act(shape: type[Shape] | None, status: int = 200, *errors: int) -> dict[str, Any]:
    """Describe an act on a referral: its body, its headers, the referral it is answered with, and what may stand in its way."""
    return {**(described(shape) if shape else {}), **writes(ReferralWhole, 404, 409, 412, *errors, status=status, gives=SEEN)}


def _tolerant(schema: Any) -> Any:
    """Leave out that unknown fields are refused: of what is sent to us they are ignored."""
    if isinstance(schema, list):
        return [_tolerant(one) for one in schema]
    if isinstance(schema, dict):
        return {name: _tolerant(value) for name, value in schema.items() if name != "additionalProperties"}
    return schema


@blueprint.route("")
class Referrals(MethodView):
    """All referrals one may see."""

    @blueprint.doc(**reads(page_of(ReferralRow), 422, words="One page", parameters=asked.PARAMETERS))
    @requires(WITH_US)
    def get(self) -> dict[str, Any]:
        """List referrals, newest first unless `sort` says otherwise; with `due`, what is due first comes first."""
        wanted, pager = asked.filters(), Pager.of_request()
        with current_room.database.read() as connection:
            desk = open_desk(connection)
            try:
                page = worklists.listed(desk, wanted, pager.limit, pager.after)
            except worklists.Unknown:
                problem(422, "The paging is not valid.", errors=[{"pointer": "/after", "detail": NO_PAGE}])
            noting.found(desk, wanted, page["items"])
            return page

    @blueprint.doc(**described(body.Referral), **writes(ReferralBrief, 409, 429, status=201, words="It is with us", gives=MADE, example=SENT_EXAMPLE))
    @requires(WITH_US)
    @asking.on_record
    @in_transaction
    def post(self) -> Any:
        """Send a referral."""
        desk = open_desk(transaction())
        id_, answer = asking.send(desk, _read(body.Referral, london_day(desk.now)))
        found = settled(answer)
        location = f"{request.script_root}{request.path}/{id_}"
        return view.brief(desk, found), 201, {"Location": location, "ETag": etag(found.version)}


@blueprint.route("/<uuid:id>")
class Referral(MethodView):
    """One referral."""

    @blueprint.doc(**reads(ReferralRead, 404, gives=SEEN))
    @requires(WITH_US)
    def get(self, id: UUID) -> Any:
        """Give a referral, the rules it is judged by, what is missing, what happened, and where to find who looked at it."""
        with current_room.database.read() as connection:
            desk = open_desk(connection)
            found = found_or_404(desk, id)
            looks = f"{request.script_root}{request.path}/looks" if reading.may_read(desk, found.state) else None
            whole, status, headers = shown(desk, found)
            return {**whole, "timeline": happened(desk, found.state), "looks": looks}, status, headers


@blueprint.route("/check")
class Check(MethodView):
    """What a referral would be answered."""

    @blueprint.doc(**described(body.Referral), **writes(Foreseen, words="What it would be answered"))
    @requires(WITH_US)
    @in_transaction
    def post(self) -> Any:
        """Say whether a referral could be accepted as it stands, and what is missing; nothing is sent or kept."""
        desk = open_desk(transaction())
        return view.foreseen(desk, sending.preview(desk, right(*body.judged(request.get_json(), london_day(desk.now)))))


@blueprint.route("/<uuid:id>/accept")
class Accept(MethodView):
    """The acceptance of one referral."""

    @blueprint.doc(**act(None))
    @requires(WITH_US)
    @in_transaction
    def post(self, id: UUID) -> Any:
        """Accept it; a journey opens."""
        desk, _ = desk_with(id)
        return shown(desk, settled(desk.accept(str(id), if_match())))


@blueprint.route("/<uuid:id>/amend")
class Amend(MethodView):
    """What of a referral is amended."""

    @blueprint.doc(**act(body.Amend))
    @requires(WITH_US)
    @in_transaction
    def post(self, id: UUID) -> Any:
        """Amend it after it was sent: what is named is replaced, `clear` takes away."""
        desk, today = desk_with(id)
        taken = right(*amending.read(desk, found_or_404(desk, id), request.get_json(), today))
        return shown(desk, settled(amending.amend(desk, str(id), taken, if_match())))


Do = Callable[[Desk, UUID, dict[str, Any], "int | None"], Answer]


def command(name: str, path: str, shape: type[Shape], words: str, do: Do, status: int = 200) -> None:
    """Add a command of one body to the API: `do` is given the desk, the ids of the path, the body and the version seen."""
    def post(self: MethodView, id: UUID, **more: UUID) -> Any:
        desk, today = desk_with(id)
        return shown(desk, settled(do(desk, id, {**_read(shape, today), **{key: str(value) for key, value in more.items()}}, if_match())), status)
    post.__doc__ = words
    view_class = type(name, (MethodView,), {"__doc__": words, "post": blueprint.doc(**act(shape, status))(requires(WITH_US)(in_transaction(post)))})
    blueprint.route(f"/<uuid:id>/{path}")(view_class)


command("Decline", "decline", body.Decline, "Decline it, with a reason.", lambda desk, id, given, seen: deaths.decline(desk, str(id), given, seen))
command("Withdraw", "withdraw", body.Withdraw, "Take it back, with a reason.", lambda desk, id, given, seen: deaths.withdraw(desk, str(id), given, seen))
command("Allocate", "allocate", body.Allocate, "Choose the development worker.",
        lambda desk, id, given, seen: directory.allocate(desk, str(id), given, seen))
command("AskMore", "questions", body.Question, "Ask the practitioner for more.",
        lambda desk, id, given, seen: desk.ask_more(str(id), given, seen), 201)
command("AnswerQuestion", "questions/<uuid:question>/answer", body.Answer, "Answer what was asked.",
        lambda desk, id, given, seen: desk.answer(str(id), given["question"], given, seen))
command("Keep", "keep", body.Keep, "Keep it although the citizen may already be with us.",
        lambda desk, id, given, seen: desk.keep(str(id), given, seen))
command("Merge", "merge", body.Merge, "Let it go on with another referral of the same citizen.",
        lambda desk, id, given, seen: merging.merge(desk, str(id), given, seen))
command("GiveAvailability", "availability", body.Availability, "Say when somebody can come to the introductory meeting.",
        lambda desk, id, given, seen: desk.give_availability(str(id), given, seen))
command("OfferMeeting", "meeting", body.Meeting, "Offer the introductory meeting, or move it.",
        lambda desk, id, given, seen: desk.offer_meeting(str(id), given, seen))
command("CallOffMeeting", "meeting/call-off", body.CallOff, "Call the introductory meeting off.",
        lambda desk, id, given, seen: desk.call_off(str(id), given, seen))


def found_or_404(desk: Desk, id: UUID) -> Written:
    """Give a referral, or answer 404; also where it is not theirs to see. Either is on record (`services.referrals.looks`)."""
    found = desk.read(str(id))
    if found is None:
        if desk.is_there(str(id)):
            noting.note(str(id), refused=True)
        problem(404, "There is no such referral.")
    noting.note(str(id))
    return found


@blueprint.record_once
def _repeats(setup: Any) -> None:
    before_repeat(setup.app, shown_again)


def shown_again(connection: Connection) -> None:
    """Let an answer about a referral be given again only to whom a read of it would be, and have it on record as one."""
    if request.path.startswith(f"/api/v1{blueprint.url_prefix}/") and isinstance(id := (request.view_args or {}).get("id"), UUID):
        found_or_404(open_desk(connection), id)


def settled(answer: Answer) -> Written:
    """Give what was written, or answer why it was not."""
    if isinstance(answer, Stale):
        changed_meanwhile()
    if isinstance(answer, Refused):
        _refuse(answer)
    return answer


def _refuse(refusal: Refused) -> NoReturn:
    if refusal.rule == "permission":
        problem(403, refusal.reason, help=refusal.help)
    pointer = "/" + refusal.field.replace(".", "/")
    errors = [{"pointer": pointer, "detail": refusal.reason}] if refusal.field else []
    problem(409, refusal.reason, title="Refused by a rule", rule=refusal.rule, help=refusal.help, errors=errors)


def desk_with(id: UUID) -> tuple[Desk, date]:
    """Give the desk of whoever asks and today, where the referral is theirs to see."""
    desk = open_desk(transaction())
    found_or_404(desk, id)
    return desk, london_day(desk.now)


def _read(shape: type[Shape], today: date) -> dict[str, Any]:
    return right(*body.read(shape, request.get_json(), today))


def right(taken: dict[str, Any], faults: body.Faults) -> dict[str, Any]:
    """Give what was sent where nothing is wrong with it, else answer what is."""
    if faults:
        problem(422, "Some of what was sent is not right.",
                errors=[{"pointer": pointer, "detail": words} for pointer, words in faults.items()])
    return taken


def shown(desk: Desk, found: Written, status: int = 200) -> Any:
    """Answer with a referral as it stands now."""
    return view.whole(desk, found), status, {"ETag": etag(found.version)}


def page_after(pager: Pager) -> str | None:
    """Give the id the page before ended with."""
    try:
        return str(UUID(pager.after)) if pager.after else None
    except ValueError:
        problem(422, "The paging is not valid.", errors=[{"pointer": "/after", "detail": "Not an id a page of this list ended with."}])
