"""A small page and API that take and give files, on the real referrals room: what referrals and drafts do with the vault."""
from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template_string
from flask.views import MethodView
from flask_smorest import Blueprint as ApiBlueprint

from services.referrals.files import records, upload
from services.referrals.files.records import Owner
from services.referrals.service import Referrals
from shared.ledger.tables import staff_id
from shared.room import Room
from shared.settings import Settings
from shared.web.app import create_app
from shared.web.context import current_actor, current_room, requires, transaction
from shared.web.forms import Answered, Form, TextField
from shared.web.idempotency import in_transaction
from shared.web.problems import problem
from tests.integration.referral_room import SECRET, Pod, with_tables

DRAFT = Owner("draft", "11111111-1111-4111-8111-111111111111")
PAGE = """{% extends "layout.html" %}{% from "macros.html" import form_page, form_errors with context %}
{% block title %}Send a document{% endblock %}{% block content %}{{ form_errors(form) }}<h1 class="govuk-heading-l">Send a document</h1>
{% call form_page(form, button="Send", files=true) %}{{ form.note }}
{{ form.file(params={"hint": {"text": form.file.held_words or "PDF, Word or a picture, at most 25 MB."}}) }}{% endcall %}
<ul class="govuk-list">{% for one in files %}<li><a class="govuk-link" href="{{ url_for("papers.get", id=one.id) }}">{{ one.name }}</a></li>{% endfor %}</ul>
{% endblock %}"""


class Papers(Form):
    note = TextField("What it says", [Answered("Enter what it says")])
    file = upload.FileField("Document", [Answered("Choose the document")])


def who() -> str:
    actor = current_actor()
    assert actor
    return staff_id(actor.email)


def shown(form: Papers, connection: Any) -> str:
    return render_template_string(PAGE, form=form, files=records.of(connection, DRAFT))


def pages() -> Blueprint:
    made = Blueprint("papers", "papers", url_prefix="/papers")

    @made.get("/")
    @requires("referral:send")
    def ask() -> str:
        with current_room.database.read() as connection:
            return shown(Papers(), connection)

    @made.post("/")
    @requires("referral:send")
    @upload.takes_file("file")
    @in_transaction
    def take() -> Any:
        form = Papers()
        if not form.validate_on_submit() or not records.claim(transaction(), form.file.data.id, who(), DRAFT):
            return shown(form, transaction()), 422
        return redirect("/referrals/papers/", 303)

    @made.get("/<uuid:id>")
    @requires("referral:send")
    def get(id: UUID) -> Any:
        with current_room.database.read() as connection:
            file = records.find(connection, str(id), DRAFT)
        return upload.send(file) if file else problem(404)
    return made


def api() -> ApiBlueprint:
    made = ApiBlueprint("papers-api", "papers-api", url_prefix="/papers")

    @made.route("")
    class All(MethodView):
        @requires("referral:send")
        @upload.takes_file("file")
        @in_transaction
        def post(self) -> Any:
            file = upload.given_or_problem()
            claimed = records.claim(transaction(), file.id, who(), DRAFT)
            assert claimed
            return {"id": claimed.id, "name": claimed.name, "media_type": claimed.media_type, "size": claimed.size}, 201
    return made


class FilesPod(Pod):
    """The referrals room with the small page and API beside its own; `clamd` as POD_CLAMD says it."""

    def __init__(self, folder: Path, url: str = "", clamd: str = ""):
        self.settings = Settings(mode="demo", cookie_secure=False, secret_key=SECRET, var=folder, database_url=url, clamd=clamd)
        self.room = with_tables(Room(Referrals, self.settings))
        self.app = create_app(self.room, [*Referrals.blueprints, pages()], [*Referrals.api, api()])
        self.amara = self.caller("practitioner")

    def empty(self) -> None:
        """Take every file out of database and vault."""
        with self.room.database.transaction() as connection:
            for name in ("files", "idempotency_keys"):
                connection.execute(self.room.metadata.tables[name].delete())
        for path in self.sealed():
            path.unlink()

    def files(self) -> list[records.File]:
        """Give every row of the table."""
        with self.room.database.read() as connection:
            return [records.File(*row) for row in connection.execute(self.room.metadata.tables["files"].select())]

    def sealed(self) -> list[Path]:
        """Give every file of the vault."""
        return [path for path in self.settings.files_folder.rglob("*") if path.is_file()]
