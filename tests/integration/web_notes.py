"""A tiny service around the hand-written room: notes, by page and by API."""
from __future__ import annotations

import time
from typing import Any

import marshmallow as ma
from flask import Blueprint, Flask, flash, g, redirect, render_template_string
from flask.views import MethodView
from flask_smorest import Blueprint as ApiBlueprint

from shared.ledger.types import Refused
from shared.web.app import create_app
from shared.web.context import current_room, requires, transaction
from shared.web.etags import check_version, etag, require_if_match
from shared.web.forms import Answered, DateField, Form, TextAreaField, TextField, refuse_form
from shared.web.idempotency import in_transaction
from shared.web.problems import Pager, problem, refused
from tests.integration.web_room import HandRoom

PAGE = """{% extends "layout.html" %}{% from "macros.html" import form_page, form_errors, back_link, timeline, task_list,
 status_tag, empty, table, table_head %}
{% block title %}Write a note{% endblock %}{% block back %}{{ back_link(room.prefix ~ "/") }}{% endblock %}
{% block content %}{{ form_errors(form) }}<h1 class="govuk-heading-l">Write a note</h1>
{% call form_page(form, button="Save note") %}{{ form.text }}{{ form.on }}{{ form.words }}{% endcall %}
{{ task_list([{"title": "Care plan", "href": "#", "state": "overdue"}, {"title": "Risk assessment", "state": "held", "hint": "Dated 1 May"}]) }}
{{ timeline([{"title": "Admitted to hospital", "when": "5 March 2026 at 2:05pm", "by": "Hospital", "text": "Ward 7", "tag": "inpatient"},
             {"title": "Admitted", "when": "4 March 2026", "corrected": true}]) }}
{% call table("Meetings") %}{{ table_head(["When", "How", "State"]) }}<tbody class="govuk-table__body"><tr class="govuk-table__row">
<td class="govuk-table__cell">5 March 2026</td><td class="govuk-table__cell">In person</td><td class="govuk-table__cell">{{ status_tag("held") }}</td></tr></tbody>{% endcall %}
{% call empty("No goals yet") %}<p class="govuk-body">Goals are the citizen's.</p>{% endcall %}{% endblock %}"""


class NoteForm(Form):
    text = TextField("Note", [Answered("Enter the note")])
    on = DateField("Day", what="The day")
    words = TextAreaField("In their own words")


class Note(ma.Schema):
    text = ma.fields.String(required=True, validate=ma.validate.Length(1, 100))


def write(text: str) -> int:
    room: Any = current_room
    made = transaction().execute(room.notes.insert().values(text=text)).inserted_primary_key
    return int(made[0])


def pages_blueprint() -> Blueprint:
    pages = Blueprint("notes", "notes")

    @pages.get("/")
    @requires("journey:read")
    def home() -> str:
        return render_template_string('{% extends "layout.html" %}{% block content %}<h1>Notes</h1>{% endblock %}')

    @pages.get("/write")
    @requires("journey:write")
    def ask() -> str:
        return render_template_string(PAGE, form=NoteForm())

    @pages.post("/write")
    @requires("journey:write")
    @in_transaction
    def send() -> Any:
        form = NoteForm()
        if form.validate_on_submit():
            if form.text.data == "taken":
                problem(409, "Somebody else wrote it.", rule="R-13")
            if form.text.data == "forbidden":
                refuse_form(form, Refused("J-05", "Only the practitioner may sign.", field="text"))
                return render_template_string(PAGE, form=form), 422
            write(form.text.data)
            flash("The note is saved.", "success")
            return redirect("/journeys/", 303)
        return render_template_string(PAGE, form=form), 422

    @pages.get("/broken")
    def broken() -> str:
        raise RuntimeError("9434765919")

    @pages.get("/slow")
    def slow() -> str:
        time.sleep(2)
        return "slept"
    return pages


def api_blueprint() -> ApiBlueprint:
    api = ApiBlueprint("notes-api", "notes-api", url_prefix="/notes")

    @api.route("")
    class Notes(MethodView):
        @requires("journey:read")
        def get(self) -> dict[str, Any]:
            return Pager.of_request().page([{"id": number} for number in range(3)])

        @requires("journey:write")
        @in_transaction
        @api.arguments(Note)
        def post(self, note: dict[str, str]) -> Any:
            if note["text"] == "refuse":
                write("must be undone")
                refused(Refused("R-03", "There is no named person.", "Name one."))
            if note["text"] == "field":
                refused(Refused("R-04", "Too short.", field="commitment.months"))
            if note["text"] == "crash":
                write("must be undone")
                raise RuntimeError("crash")
            number = write(note["text"])
            return {"id": number, "again": g.get("again")}, 201, {"Location": f"/journeys/api/v1/notes/{number}", "ETag": etag(1)}

    @api.route("/<int:number>")
    class One(MethodView):
        @requires("journey:write")
        @in_transaction
        def put(self, number: int) -> dict[str, int]:
            require_if_match()
            check_version(7)
            return {"id": number}
    return api


def notes_app(room: HandRoom) -> Flask:
    """Make the app of the notes service."""
    return create_app(room, [pages_blueprint()], [api_blueprint()])
