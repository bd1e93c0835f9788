"""The JSON API of referrals; its bodies and states are fixed, other systems build on them."""
from __future__ import annotations

from datetime import date
from typing import Any, NoReturn, cast
from uuid import UUID

from flask import request
from flask.views import MethodView
from flask_smorest import Blueprint

from services.referrals import asking, body, directory, lists, view
from services.referrals.desk import Answer, Desk
from services.referrals.references import read_reference
from shared.calendar import london_day
from shared.ledger.store import Stale, Written
from shared.ledger.types import Actor, Refused
from shared.schemas.shape import Shape, json_schema
from shared.web.context import current_actor, current_room, requires, transaction
from shared.web.etags import changed_meanwhile, etag, if_match
from shared.web.idempotency import in_transaction
from shared.web.problems import PAGE_LIMIT, Pager, problem

blueprint = Blueprint("referrals-api", __name__, url_prefix="/referrals", description="Referrals: send, follow, decide, allocate")

#: Everybody who has anything to do with referrals may send one; what else they may, the domain says.
WITH_US = "referral:send"


def open_desk(connection: Any) -> Desk:
    """Give the desk for whoever asks."""
    return Desk(connection, cast(Any, current_room).keeper.ledger, cast(Actor, current_actor()))


def described(shape: type[Shape]) -> dict[str, Any]:
    """Describe a body for the OpenAPI document."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _tolerant(json_schema(shape))}}}}


def _tolerant(schema: Any) -> Any:
    """Leave out that unknown fields are refused: of what is sent to us they are ignored."""
    if isinstance(schema, list):
        return [_tolerant(one) for one in schema]
    if isinstance(schema, dict):
        return {name: _tolerant(value) for name, value in schema.items() if name != "additionalProperties"}
    return schema


#: The filters of the list, for the OpenAPI document.
FILTERS = [{"in": "query", "name": name, "schema": {"type": "string", **more}} for name, more in (
    ("state", {"enum": list(lists.STATES)}), ("mine", {"enum": ["true", "false"]}), ("overdue", {"enum": ["true", "false"]}),
    ("reference", {}), ("after", {"format": "uuid"}))]
FILTERS.append({"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT}})


@blueprint.route("")
class Referrals(MethodView):
    """All referrals one may see."""

    @blueprint.doc(parameters=FILTERS)
    @requires(WITH_US)
    def get(self) -> dict[str, Any]:
        """List referrals, newest first; filters `state`, `mine`, `overdue`, `reference`."""
        filters, pager = _filters(), Pager.of_request()
        with current_room.database.read() as connection:
            return pager.page(lists.listed(open_desk(connection), filters, pager.fetch, _uuid(pager.after)))

    @blueprint.doc(**described(body.Referral))
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

    @requires(WITH_US)
    def get(self, id: UUID) -> Any:
        """Give a referral, the rules it is judged by, and what is missing."""
        with current_room.database.read() as connection:
            desk = open_desk(connection)
            return _shown(desk, found_or_404(desk, id))


@blueprint.route("/<uuid:id>/documents")
class Documents(MethodView):
    """The documents of one referral."""

    @blueprint.doc(**described(body.Document))
    @requires(WITH_US)
    @in_transaction
    def post(self, id: UUID) -> Any:
        """Add a document by kind and date."""
        desk, today = _desk_with(id)
        paper = _read(body.Document, today)
        return _shown(desk, settled(desk.add_document(str(id), paper, if_match())), 201)


@blueprint.route("/<uuid:id>/accept")
class Accept(MethodView):
    """The acceptance of one referral."""

    @requires(WITH_US)
    @in_transaction
    def post(self, id: UUID) -> Any:
        """Accept it; a journey opens."""
        desk, _ = _desk_with(id)
        return _shown(desk, settled(desk.accept(str(id), if_match())))


@blueprint.route("/<uuid:id>/decline")
class Decline(MethodView):
    """The refusal of one referral."""

    @blueprint.doc(**described(body.Decline))
    @requires(WITH_US)
    @in_transaction
    def post(self, id: UUID) -> Any:
        """Decline it, with a reason."""
        desk, today = _desk_with(id)
        return _shown(desk, settled(desk.decline(str(id), _read(body.Decline, today), if_match())))


@blueprint.route("/<uuid:id>/withdraw")
class Withdraw(MethodView):
    """The taking back of one referral."""

    @blueprint.doc(**described(body.Withdraw))
    @requires(WITH_US)
    @in_transaction
    def post(self, id: UUID) -> Any:
        """Take it back, with a reason."""
        desk, today = _desk_with(id)
        return _shown(desk, settled(desk.withdraw(str(id), _read(body.Withdraw, today), if_match())))


@blueprint.route("/<uuid:id>/allocate")
class Allocate(MethodView):
    """The development worker of one referral."""

    @blueprint.doc(**described(body.Allocate))
    @requires(WITH_US)
    @in_transaction
    def post(self, id: UUID) -> Any:
        """Choose the development worker."""
        desk, today = _desk_with(id)
        return _shown(desk, settled(directory.allocate(desk, str(id), _read(body.Allocate, today), if_match())))


def found_or_404(desk: Desk, id: UUID) -> Written:
    """Give a referral, or answer 404; also where it is not theirs to see."""
    found = desk.read(str(id))
    if found is None:
        problem(404, "There is no such referral.")
    return found


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


def _desk_with(id: UUID) -> tuple[Desk, date]:
    desk = open_desk(transaction())
    found_or_404(desk, id)
    return desk, london_day(desk.now)


def _read(shape: type[Shape], today: date) -> dict[str, Any]:
    taken, faults = body.read(shape, request.get_json(), today)
    if faults:
        problem(422, "Some of what was sent is not right.",
                errors=[{"pointer": pointer, "detail": words} for pointer, words in faults.items()])
    return taken


def _shown(desk: Desk, found: Written, status: int = 200) -> Any:
    return view.whole(desk, found), status, {"ETag": etag(found.version)}


def _filters() -> lists.Filters:
    given = request.args
    state, typed = given.get("state", ""), given.get("reference", "")
    errors = []
    if state and state not in lists.STATES:
        errors.append({"pointer": "/state", "detail": f"must be one of {', '.join(lists.STATES)}"})
    if typed and not read_reference(typed):
        errors.append({"pointer": "/reference", "detail": "is not a reference of ours; check each letter"})
    if errors:
        problem(422, "The filter is not valid.", errors=errors)
    return lists.Filters(state, _yes("mine"), _yes("overdue"), read_reference(typed) or "")


def _yes(name: str) -> bool:
    return request.args.get(name, "").lower() in ("1", "true", "yes")


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        problem(422, "The paging is not valid.", errors=[{"pointer": "/after", "detail": "Not the id of a referral."}])
