"""Documents by JSON API: `{kind, dated, expires_on?}` as JSON, or the same as a multipart form with the file."""
from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request
from flask.views import MethodView
from flask_smorest import Blueprint

from services.referrals import body
from services.referrals.api import WITH_US, act, desk_with, right, settled, shown
from services.referrals.documents import adding, reading
from services.referrals.files import upload
from services.referrals.files.records import File
from services.referrals.files.sniff import TAKEN
from shared.schemas.shape import json_schema
from shared.web.context import requires
from shared.web.described import file_of
from shared.web.etags import if_match
from shared.web.idempotency import in_transaction

blueprint = Blueprint("documents-api", __name__, url_prefix="/referrals", description="Documents of a referral, and their files")

FIELDS = ("kind", "dated", "expires_on")


def _with_file() -> dict[str, Any]:
    """Describe the body, as JSON and with a file."""
    as_json = act(body.Document, 201, 503)
    schema = json_schema(body.Document)
    parts = {**schema["properties"], "file": {"type": "string", "format": "binary", "description": "PDF, Word or a picture, at most 25 MB"}}
    as_json["requestBody"]["content"]["multipart/form-data"] = {
        "schema": {"type": "object", "properties": parts, "required": [*schema.get("required", []), "file"]}}
    return as_json


@blueprint.route("/<uuid:id>/documents")
class Documents(MethodView):
    """The documents of one referral."""

    @blueprint.doc(**_with_file())
    @requires(WITH_US)
    @upload.takes_file("file")
    @in_transaction
    def post(self, id: UUID) -> Any:
        """Add a document by kind and date, with its file where the body is multipart."""
        desk, today = desk_with(id)
        file, given = _given()
        taken = right(*body.read(body.Document, given, today))
        return shown(desk, settled(adding.add(desk, str(id), taken, file, if_match())), 201)


@blueprint.route("/<uuid:id>/documents/<uuid:document>/remove")
class RemoveDocument(MethodView):
    """The removal of one document."""

    @blueprint.doc(**act(body.Remove))
    @requires(WITH_US)
    @in_transaction
    def post(self, id: UUID, document: UUID) -> Any:
        """Take a document out that should not be here; its file goes with it."""
        desk, today = desk_with(id)
        taken = right(*body.read(body.Remove, request.get_json(), today))
        return shown(desk, settled(adding.remove(desk, str(id), str(document), taken["reason"], if_match())))


@blueprint.route("/<uuid:id>/documents/<uuid:document>/file")
class DocumentFile(MethodView):
    """The file of one document."""

    @blueprint.doc(**file_of(404, 503, words="The file, to be kept: `Content-Disposition` gives its name", types=[kind.media_type for _, kind, _ in TAKEN]))
    @requires(WITH_US)
    def get(self, id: UUID, document: UUID) -> Any:
        """Give the file; who asked is on record."""
        return reading.file_of(id, document)


def _given() -> tuple[File | None, Any]:
    if request.mimetype != "multipart/form-data":
        return None, request.get_json()
    return upload.given_or_problem(), {name: request.form[name] for name in FIELDS if request.form.get(name)}
