"""The API: problems, tokens, idempotency keys, ETags, paging, and its description."""
from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.views import MethodView
from flask_smorest import Blueprint

from shared.database import Database
from shared.settings import Settings, SettingsError
from shared.web.app import BODY_LIMIT, create_app
from shared.web.idempotency import KEPT_FOR, forget_old_keys, idempotency_table
from shared.web.tokens import issue_demo
from tests.integration.web_notes import notes_app
from tests.integration.web_room import HandRoom, hand_room, notes_of

NOTES = "/api/v1/notes"


@pytest.fixture
def room(any_database: Database, tmp_path: Path) -> HandRoom:
    made = hand_room(tmp_path)
    return HandRoom(made.settings, any_database)


@pytest.fixture
def app(room: HandRoom) -> Flask:
    return notes_app(room)


@pytest.fixture
def call(app: Flask, room: HandRoom) -> Callable[..., Any]:
    def call(method: str, path: str = NOTES, role: str = "worker", email: str | None = None, **kwargs: Any) -> Any:
        headers = {"Authorization": f"Bearer {issue_demo(room.settings, role, email)}", **kwargs.pop("headers", {})}
        return app.test_client().open(path, method=method, headers=headers, **kwargs)
    return call


def post(call: Callable[..., Any], text: str, key: str = "", **kwargs: Any) -> Any:
    return call("POST", json={"text": text}, headers={"Idempotency-Key": key} if key else {}, **kwargs)


def test_a_repeat_of_a_key_gets_the_first_answer_and_does_nothing(call: Callable[..., Any], room: HandRoom) -> None:
    first, again = post(call, "a", "k"), post(call, "a", "k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json and notes_of(room) == ["a"]
    for name in ("Location", "ETag", "Content-Type"):
        assert first.headers[name] == again.headers[name]
    assert again.headers["Idempotent-Replayed"] == "true" and room.woken == 2


def test_a_key_used_with_another_body_is_told_so(call: Callable[..., Any], room: HandRoom) -> None:
    post(call, "a", "k")
    other = post(call, "b", "k")
    assert (other.status_code, other.json["title"]) == (422, "Key used with another body")
    assert notes_of(room) == ["a"]


def test_the_same_key_of_two_people_is_two_keys(call: Callable[..., Any], room: HandRoom) -> None:
    post(call, "a", "k")
    assert post(call, "b", "k", email="marcus.bell@pod.example").status_code == 201
    assert notes_of(room) == ["a", "b"]


def test_without_a_key_each_post_counts(call: Callable[..., Any], room: HandRoom) -> None:
    post(call, "a")
    post(call, "a")
    assert notes_of(room) == ["a", "a"]


@pytest.mark.parametrize(("text", "status"), [("refuse", 409), ("crash", 500)])
def test_what_is_refused_or_fails_leaves_nothing_and_the_key_free(call: Callable[..., Any], room: HandRoom, text: str, status: int) -> None:
    assert post(call, text, "k").status_code == status
    assert notes_of(room) == [] and room.woken == 0
    assert post(call, "fine", "k").status_code == 201


def test_twenty_at_once_with_one_key_are_one(call: Callable[..., Any], room: HandRoom) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: post(call, "a", "k"), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1 and notes_of(room) == ["a"]


def test_old_keys_are_forgotten_after_seven_days(call: Callable[..., Any], room: HandRoom) -> None:
    post(call, "a", "young")
    post(call, "a", "old")
    table = idempotency_table(room.metadata)
    with room.database.transaction() as connection:
        one = connection.execute(sa.select(table.c.id)).scalars().first()
        connection.execute(table.update().where(table.c.id == one).values(made_at=room.database.now(connection) - KEPT_FOR - timedelta(minutes=1)))
    with notes_app(room).test_request_context():
        room.database.run(forget_old_keys)
    with room.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 1


def test_a_refusal_names_its_rule_and_what_would_help(call: Callable[..., Any]) -> None:
    answer = post(call, "refuse")
    assert answer.mimetype == "application/problem+json"
    assert (answer.json["rule"], answer.json["help"], answer.json["detail"]) == ("R-03", "Name one.", "There is no named person.")
    field = post(call, "field")
    assert (field.status_code, field.json["errors"]) == (422, [{"pointer": "/commitment/months", "detail": "Too short."}])


@pytest.mark.parametrize(("request_", "status"), [
    ({"path": "/api/v1/nowhere", "method": "GET"}, 404),
    ({"path": NOTES, "method": "DELETE"}, 405),
    ({"path": NOTES, "method": "POST", "data": b"{", "content_type": "application/json"}, 400),
    ({"path": NOTES, "method": "POST", "json": {"text": ""}}, 422),
    ({"path": NOTES, "method": "POST", "json": {}}, 422),
    ({"path": NOTES, "method": "POST", "data": b"x", "content_type": "text/plain"}, 415),
    ({"path": NOTES, "method": "POST", "data": b"x" * (BODY_LIMIT + 1), "content_type": "application/json"}, 413),
    ({"path": NOTES, "method": "POST", "json": {"text": "a"}, "headers": {"Idempotency-Key": "k" * 201}}, 400),
    ({"path": NOTES + "?limit=0", "method": "GET"}, 422),
    ({"path": NOTES + "?limit=99999999999999999999", "method": "GET"}, 422),
    ({"path": NOTES + "/1", "method": "PUT", "json": {}}, 428),
    ({"path": NOTES + "/1", "method": "PUT", "json": {}, "headers": {"If-Match": '"6"'}}, 412),
    ({"path": NOTES + "/1", "method": "PUT", "json": {}, "headers": {"If-Match": 'W/"7"'}}, 412),
    ({"path": NOTES, "method": "POST", "json": {"text": "a"}, "role": "cafe"}, 403),
])
def test_every_error_is_a_problem(call: Callable[..., Any], request_: dict[str, Any], status: int) -> None:
    answer = call(**request_)
    assert (answer.status_code, answer.mimetype, answer.json["status"]) == (status, "application/problem+json", status)
    assert answer.json["title"] and answer.json["detail"]


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"text":' * 100_000, b'{"text":' + b"9" * 5000 + b"}"])
def test_json_without_end_is_answered_with_400(app: Flask, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {issue_demo(app.extensions['pod.settings'], 'worker')}", "Content-Type": "application/json"}
    answer = app.test_client().post(NOTES, data=body, headers=headers)
    assert answer.status_code == 400 and answer.json["detail"], answer.text


def test_if_match_that_matches_lets_through(call: Callable[..., Any]) -> None:
    assert call("PUT", NOTES + "/1", headers={"If-Match": '"7"'}, json={}).status_code == 200


def test_a_field_at_fault_is_pointed_at(call: Callable[..., Any]) -> None:
    assert call("POST", json={"text": ""}).json["errors"][0]["pointer"] == "/text"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}])
def test_without_a_good_bearer_token_the_answer_is_401_with_a_challenge(app: Flask, header: dict[str, str]) -> None:
    answer = app.test_client().get(NOTES, headers=header)
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_session_cookie_is_nothing_to_the_api(app: Flask) -> None:
    client = app.test_client()
    with client.session_transaction() as session:
        session["actor"] = {"email": "wren.callaghan@pod.example", "name": "W", "roles": ["worker"], "team": ""}
        session["since"] = time.time()
    assert client.get("/").status_code == 200
    assert client.get(NOTES).status_code == 401


def test_paging_is_in_the_body_and_bounded(call: Callable[..., Any]) -> None:
    assert call("GET", NOTES + "?limit=2").json == {"items": [{"id": 0}, {"id": 1}], "next": "1"}
    assert call("GET").json["next"] is None


def test_the_description_is_openapi_3_1_with_bearer_tokens_and_problems(call: Callable[..., Any]) -> None:
    told = call("GET", "/api/v1/openapi.json").json
    assert told["openapi"] == "3.1.0" and told["servers"] == [{"url": "/journeys"}]
    assert told["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert all("application/problem+json" in one["content"] for one in told["components"]["responses"].values())
    assert "422" in told["paths"]["/api/v1/notes"]["post"]["responses"]
    assert call("GET", "/api/v1/").json["openapi"] == "/journeys/api/v1/openapi.json"


def test_a_post_that_would_do_a_repeat_twice_stops_the_start(room: HandRoom) -> None:
    careless = Blueprint("careless", "careless", url_prefix="/careless")

    @careless.route("")
    class Careless(MethodView):
        def post(self) -> dict[str, str]:
            return {}
    with pytest.raises(TypeError, match="Careless"):
        create_app(room, [], [careless])


def test_while_the_database_is_away_the_answer_is_503_with_a_time_to_come_back(tmp_path: Path) -> None:
    room = hand_room(tmp_path)
    app = notes_app(room)
    room.database = Database("postgresql://nobody@127.0.0.1:1/none")
    token = issue_demo(room.settings, "worker")
    answer = app.test_client().post(NOTES, json={"text": "a"}, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json") and answer.headers["Retry-After"]


def test_health_names_what_is_wrong(tmp_path: Path) -> None:
    room = hand_room(tmp_path)
    client = notes_app(room).test_client()
    assert client.get("/health/ready").status_code == client.get("/health/live").status_code == 200
    room.faults["broker"] = "unreachable"
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json["checks"]["broker"]) == (503, "unreachable")


def test_the_demo_sign_in_is_refused_outside_demo_mode(tmp_path: Path) -> None:
    room = hand_room(tmp_path)
    room.settings = replace(room.settings, mode="server", oidc_issuer="http://127.0.0.1:1", oidc_client_id="pod")
    assert isinstance(room.settings, Settings)
    with pytest.raises(SettingsError, match="POD_MODE"):
        create_app(room, demo_sign_in=True)
    assert "Invented" not in create_app(room).test_client().get("/signed-out").text
