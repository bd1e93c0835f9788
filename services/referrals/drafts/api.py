"""The JSON API of drafts: a referral that another program writes bit by bit, and sends when it is whole."""
from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

from flask import request
from flask.views import MethodView
from flask_smorest import Blueprint

from services.referrals import api, asking, body, view
from services.referrals import sending as taking
from services.referrals.described.drafts import SOME_OF_IT, DraftForeseen, DraftShown
from services.referrals.described.judged import ReferralBrief
from services.referrals.desk import Desk
from services.referrals.drafts import answers, judging, patching, sending, shelf
from services.referrals.drafts.shelf import Draft
from shared.calendar import london_day
from shared.database import instant_text
from shared.ledger.types import Data
from shared.pathways import PATHWAYS
from shared.permissions import may
from shared.web.context import current_room, requires, transaction
from shared.web.described import MADE, PAGING, SEEN, answered, page_of, reads, writes
from shared.web.etags import changed_meanwhile, etag, if_match, require_if_match
from shared.web.idempotency import in_transaction
from shared.web.problems import Pager, problem

blueprint = Blueprint("drafts-api", __name__, url_prefix="/drafts", description="Drafts: write a referral bit by bit, then send it")

SHAPE = {"requestBody": {"required": True, "content": {"application/json": {"schema": SOME_OF_IT}}}}

#: Nothing as an entry of a list, and a document of no kind, are slips; only the date of a document may come later.
_IN_A_LIST = re.compile(r"/[0-9]+(?![0-9]|/dated$)")


@blueprint.route("")
class Drafts(MethodView):
    """The drafts of whoever asks."""

    @blueprint.doc(**reads(page_of(DraftShown), 422, words="One page", parameters=PAGING))
    @requires(api.WITH_US)
    def get(self) -> dict[str, Any]:
        """List one's own drafts that are not sent yet, the one begun last first."""
        pager = Pager.of_request()
        with current_room.database.read() as connection:
            desk = api.open_desk(connection)
            return pager.page([shown(one) for one in shelf.mine(connection, desk.who, pager.fetch, _after(pager.after))])

    @blueprint.doc(**SHAPE, **writes(DraftShown, 409, status=201, words="It is begun", gives=MADE))
    @requires(api.WITH_US)
    @in_transaction
    def post(self) -> Any:
        """Begin a draft: a referral of which only `pathway` is required."""
        desk = api.open_desk(transaction())
        given = _object()
        pathway = PATHWAYS.get(str(given.get("pathway"))) or _wrong("/pathway", f"must be one of {', '.join(PATHWAYS)}")
        by_citizen = bool(given.get("self_referral"))
        if by_citizen and not (pathway.self_referral and may(desk.actor.roles, "referral:send-self")):
            problem(403, "Only the Pod's staff write down a self-referral, on a pathway that takes them.")
        if shelf.count(desk.connection, desk.who) >= shelf.MOST:
            problem(409, f"You have {shelf.MOST} drafts.", help="Send or delete some of them first.")
        draft = shelf.begin(desk.connection, pathway, desk.who, desk.now, {}, by_citizen)
        patching.patch(draft, given)
        _right(draft, london_day(desk.now))
        shelf.keep(desk.connection, draft)
        return shown(draft), 201, {"Location": f"{request.script_root}{request.path}/{draft.id}", "ETag": etag(draft.version)}


@blueprint.route("/<uuid:id>")
class OneDraft(MethodView):
    """One draft of whoever asks."""

    @blueprint.doc(**reads(DraftShown, 404, gives=SEEN))
    @requires(api.WITH_US)
    def get(self, id: UUID) -> Any:
        """Give a draft, and what was typed on its pages that cannot be taken yet."""
        with current_room.database.read() as connection:
            draft = found(api.open_desk(connection), id)
        return shown(draft), 200, {"ETag": etag(draft.version)}

    @blueprint.doc(**SHAPE, **writes(DraftShown, 404, 409, 412, 428, gives=SEEN))
    @requires(api.WITH_US)
    @in_transaction
    def patch(self, id: UUID) -> Any:
        """Change a draft: what is named is replaced, null takes away (RFC 7396); If-Match is required."""
        seen, desk = require_if_match(), api.open_desk(transaction())
        draft = unsent(desk, id, seen)
        patching.patch(draft, _object())
        _right(draft, london_day(desk.now))
        shelf.save(desk.connection, draft, desk.now)
        return shown(draft), 200, {"ETag": etag(draft.version)}

    @blueprint.doc(**writes(None, 404, 409, 412, status=204, words="It is removed"))
    @requires(api.WITH_US)
    @in_transaction
    def delete(self, id: UUID) -> Any:
        """Remove a draft, with its files."""
        desk = api.open_desk(transaction())
        shelf.remove(desk.connection, unsent(desk, id, if_match()))
        return "", 204


@blueprint.route("/<uuid:id>/check")
class CheckDraft(MethodView):
    """What a draft would be answered."""

    @blueprint.doc(**reads(DraftForeseen, 404, 409, words="What it would be answered"))
    @requires(api.WITH_US)
    def get(self, id: UUID) -> Any:
        """Say what has still to be answered, whether it could be accepted as it stands, and what is missing."""
        with current_room.database.read() as connection:
            desk = api.open_desk(connection)
            return judged(desk, unsent(desk, id, lock=False))


@blueprint.route("/<uuid:id>/send")
class SendDraft(MethodView):
    """A draft becomes a referral."""

    @blueprint.doc(**answered(ReferralBrief, 200, "It was sent already; this is its referral", gives=MADE))
    @blueprint.doc(**writes(ReferralBrief, 404, 409, 412, 429, status=201, words="It is with us", gives=MADE))
    @requires(api.WITH_US)
    @asking.on_record
    @in_transaction
    def post(self, id: UUID) -> Any:
        """Send a draft, as POST /referrals does; one that was sent already is answered with its referral."""
        desk = api.open_desk(transaction())
        draft = found(desk, id, lock=True)
        if draft.sent:
            return _referral(desk, draft.sent, 200)
        _as_seen(draft, if_match())
        taken, faults = sending.read(draft, desk.now)
        if errors := [*_unfinished(draft), *({"pointer": pointer, "detail": words} for pointer, words in faults.items())]:
            problem(422, "The draft is not whole yet.", errors=errors)
        api.settled(sending.send(desk, draft, taken, asking.send))
        return _referral(desk, str(draft.sent), 201)


def shown(draft: Draft) -> Data:
    """Show a draft; a sent one holds nothing but the id of its referral."""
    times = {name: instant_text(getattr(draft, name)) for name in ("made_at", "changed_at", "expires_at")}
    return {"id": draft.id, **times, "sent": draft.sent, "referral": None if draft.sent else draft.body(), "unfinished": _unfinished(draft)}


def found(desk: Desk, id: UUID, lock: bool = False) -> Draft:
    """Give a draft of whoever asks, or answer 404."""
    return shelf.find(desk.connection, str(id), desk.who, lock) or problem(404, "There is no such draft.")


def unsent(desk: Desk, id: UUID, seen: int | None = None, lock: bool = True) -> Draft:
    """Give a draft that may still be changed, as it was seen."""
    draft = found(desk, id, lock)
    if draft.sent:
        problem(409, "This draft was sent.", help=f"Its referral is {draft.sent}.")
    _as_seen(draft, seen)
    return draft


def judged(desk: Desk, draft: Draft) -> Data:
    """Give what POST /referrals/check would, and `to_answer`: what keeps it from being sent."""
    taken, faults = sending.read(draft, desk.now)
    to_answer = [*_unfinished(draft), *({"pointer": pointer, "detail": words} for pointer, words in faults.items())]
    if faults:
        missing = [{"rule": one.rule, "what": one.what, "help": one.help} for one in judging.concerns(draft, desk.actor, desk.now)]
        return {"acceptable": False, "missing": missing, "rules": [], "to_answer": to_answer}
    return {**view.foreseen(desk, taking.preview(desk, taken)), "to_answer": to_answer}


def _unfinished(draft: Draft) -> list[Data]:
    faults = [(step, draft.content.typed.get(step.key, {}).get("faults", {})) for step in draft.steps]
    return [{"pointer": next(ask.pointer for ask in step.asks if ask.name == name) or f"/documents/{step.key}", "detail": words}
            for step, found in [*judging.unsettled(draft), *faults] for name, words in found.items()]


def _as_seen(draft: Draft, seen: int | None) -> None:
    if seen is not None and seen != draft.version:
        changed_meanwhile()


def _after(text: str) -> str:
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        problem(422, "The paging is not valid.", errors=[{"pointer": "/after", "detail": "Not the id of a draft."}])


def _object() -> Data:
    given = request.get_json()
    return given if isinstance(given, dict) else _wrong("", "must be an object")


def _right(draft: Draft, today: date) -> None:
    """Answer what of a draft is wrong; what is merely not there yet is not."""
    faults = {pointer: words for pointer, words in body.read(body.Referral, draft.body(), today)[1].items()
              if not words.startswith(answers.MISSING) or _IN_A_LIST.search(pointer)}
    if faults:
        api.right({}, faults)


def _wrong(pointer: str, words: str) -> Any:
    problem(422, "Some of what was sent is not right.", errors=[{"pointer": pointer, "detail": words}])


def _referral(desk: Desk, id_: str, status: int) -> Any:
    referral = api.found_or_404(desk, UUID(id_))
    location = f"{request.script_root}/api/v1/referrals/{id_}"
    return view.brief(desk, referral), status, {"Location": location, "ETag": etag(referral.version)}
