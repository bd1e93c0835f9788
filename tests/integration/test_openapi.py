"""The OpenAPI documents of all five services: other systems' programmers write their clients from them."""
from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.messaging.envelope import Event
from shared.permissions import ROLES
from shared.settings import Settings
from shared.suite import SERVICES, rooms_for
from shared.web.app import BODY_LIMIT, create_app
from shared.web.tokens import issue_demo
from tests.support import journeys
from tests.support.openapi import Document

SECRET = "a secret of at least thirty-two characters"
NOBODY = str(uuid.UUID(int=0))
WORDS = {"what": "members", "name": "nothing", "fingerprint": "nothing", "rid": "nothing"}
#: Bodies without a fault, where one is looked at before what it is about is looked for.
BODIES = {"complete": {"outcome": "remain"}, "meetings": {"held_at": "2026-03-02T10:00:00Z", "mode": "in_person", "attendees": ["citizen"]},
          "transitions": {"kind": "citizen.died", "occurred_at": "2026-03-02T10:00:00Z", "died_on": "2026-03-02"}, "withdraw": {"reason": "x"}}
#: What whoever asks brings about, whatever the operation does.
ANYWHERE = {"400", "401", "403", "404", "413", "415", "428"}


class Api:
    """The API of one service, on a database of its own, asked as anybody."""

    def __init__(self, service: str, folder: Path):
        self.settings = Settings(mode="demo", cookie_secure=False, secret_key=SECRET, var=folder)
        (room,) = rooms_for(self.settings, [service])
        room.metadata.create_all(room.database.engine)
        self.client = create_app(room, room.service.blueprints, room.service.api).test_client()
        self.document = Document(self.client.get("/api/v1/openapi.json").json)

    def ask(self, path: str, method: str, role: str = "", **more: Any) -> str:
        """Give the status of an answer to nothing in particular."""
        headers = {"Authorization": f"Bearer {issue_demo(self.settings, role)}"} if role else {}
        where = re.sub(r"{(\w+)}", lambda name: WORDS.get(name[1], NOBODY), path)
        return str(self.client.open(where, method=method, **{**more, "headers": {**headers, **more.get("headers", {})}}).status_code)

    def who_may(self, path: str, method: str) -> str:
        """Give a role that is let through; empty where there is none."""
        return next((role for role in ROLES if self.ask(path, method, role) not in ("401", "403")), "")


@pytest.fixture(scope="module", params=SERVICES)
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Api:
    return Api(request.param, tmp_path_factory.mktemp(request.param))


def successes(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, method, operation in document.operations():
        for status, answer in document.answers(operation).items():
            if status.startswith("2"):
                yield f"{method.upper()} {path}", status, answer


def test_every_operation_says_what_it_answers(api: Api) -> None:
    """Each has a success; each success has words and, but for 204, a body of which the fields are named."""
    said = list(successes(api.document))
    assert {what for what, _, _ in said} == {f"{method.upper()} {path}" for path, method, _ in api.document.operations()}
    for what, status, answer in said:
        assert answer["description"], what
        assert bool(answer.get("content")) == (status != "204"), what
        for media, content in answer.get("content", {}).items():
            schema = api.document.at(content["schema"])
            assert schema.get("properties") if media == "application/json" else schema == {"type": "string"} | (
                {} if media.startswith("text/") else {"format": "binary"}), f"{what} as {media}"


def test_every_field_of_an_answer_says_what_it_is(api: Api) -> None:
    seen: set[str] = set()
    wrong: list[str] = []
    for what, _, answer in [*successes(api.document), *(("an error", name, one) for name, one in api.document.told["components"]["responses"].items())]:
        for content in answer.get("content", {}).values():
            wrong += [f"{what}: {fault}" for fault in undescribed(api.document, content["schema"], seen)]
    assert not wrong, "\n".join(wrong)


def undescribed(document: Document, schema: Any, seen: set[str]) -> Iterator[str]:
    """Find fields without a word, in a shape and all within; an object is described by its shape, a list by what is in it."""
    for reference in references(schema):
        if reference in seen:
            continue
        seen.add(reference)
        shape = document.at({"$ref": reference})
        if not shape.get("description") and "Problem" not in reference:
            yield f"{reference} has no description"
        for name, field in shape["properties"].items():
            if not (field.get("description") or field.get("enum") or any(references(field))):
                yield f"{reference}: {name}"
        yield from undescribed(document, shape["properties"], seen)


def references(thing: Any) -> Iterator[str]:
    inner = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list) else ()
    if isinstance(thing, dict) and isinstance(thing.get("$ref"), str):
        yield thing["$ref"]
    for one in inner:
        yield from references(one)


def test_no_two_shapes_go_by_one_name(api: Api) -> None:
    """A second shape of a name gets a number, and every client's types are renamed the day a third comes."""
    assert not [name for name in api.document.told["components"]["schemas"] if re.search(r"\d$", name)]


def test_what_may_go_wrong_anywhere_is_said_of_each_operation_and_of_no_other(api: Api) -> None:
    wrong = {}
    for path, method, operation in api.document.operations():
        said, came = set(operation["responses"]) & ANYWHERE, came_of(api, path, method, operation) & ANYWHERE
        if said != came:
            wrong[f"{method} {path}"] = {"said, and never came": sorted(said - came), "came, and is not said": sorted(came - said)}
    assert not wrong, wrong


def came_of(api: Api, path: str, method: str, operation: dict[str, Any]) -> set[str]:
    """Ask in every way somebody may get wrong, as the one who may; and as each of the others, and nobody."""
    role, body = api.who_may(path, method), BODIES.get(path.rsplit("/", 1)[-1], {})
    came = {api.ask(path, method), *(api.ask(path, method, one) for one in ROLES)}
    if "{" in path:
        came.add(api.ask(path, method, role, headers={"If-Match": '"1"'}, **({} if method == "get" else {"json": body})))
    if method != "get":
        came |= {api.ask(path, method, role, json=body), api.ask(path, method, role, json=body, headers={"Idempotency-Key": "x" * 201}),
                 api.ask(path, method, role, data="x", content_type="text/plain"),
                 api.ask(path, method, role, data=b'"' + b"x" * BODY_LIMIT + b'"', content_type="application/json")}
    return came


def test_wrong_paging_is_said_wherever_there_are_pages(api: Api) -> None:
    paged = 0
    for path, method, operation in api.document.operations():
        paging = {"limit", "after"} & set(api.document.parameters(path, operation))
        if not paging:
            continue
        paged += 1
        assert paging == {"limit", "after"} and "422" in operation["responses"], path
        if "{" not in path:
            assert {api.ask(path, method, api.who_may(path, method), query_string={name: "-1"}) for name in paging} == {"422"}, path
    assert paged


class Asked:
    """A client that holds each answer against the document, and keeps which operations were asked."""

    def __init__(self, client: Any, settings: Settings):
        self.client, self.settings, self.seen = client, settings, set[str]()
        self.document = Document(client.get("/api/v1/openapi.json").json)

    def __call__(self, method: str, rule: str, role: str = "worker", *, ids: dict[str, str] | None = None, query: str = "", **more: Any) -> Any:
        path = f"/api/v1{rule.format(**ids or {})}{query}"
        answer = self.client.open(path, method=method, headers={"Authorization": f"Bearer {issue_demo(self.settings, role)}"}, **more)
        assert answer.status_code in (200, 202), answer.text
        assert not self.document.faults(f"/api/v1{rule}", method.lower(), answer.status_code, answer.mimetype, answer.json)
        self.seen.add(f"{method.lower()} /api/v1{rule}")
        return answer.json

    def left_out(self) -> set[str]:
        """Give the operations that were not asked; what is parked is every service's, and asked elsewhere."""
        return {f"{method} {path}" for path, method, _ in self.document.operations() if "/parked" not in path} - self.seen


def test_a_journey_is_answered_as_it_is_described(tmp_path: Path) -> None:
    """One with all there can be: offered and held meetings, a stay, a review, something taken back, contacts, a death."""
    now = journeys.now()
    room = journeys.opened_room(tmp_path, telephone="07700 900123", next_of_kin={"name": "Otto Quill", "relationship": "brother"})
    ask = Asked(journeys.journeys_client(room), room.settings)
    one = {"id": journeys.JOURNEY}
    journeys.take(room, journeys.offered(now + timedelta(days=3)),
                  journeys.report("hospital.admitted", now - timedelta(hours=5), stay_id="S1", ward="Elm", legal_status="02"))
    shown = ask("GET", "/journeys/{id}", ids=one)
    ask("POST", "/journeys/{id}/reviews/{rid}/complete", ids={**one, "rid": shown["reviews"][0]["id"]},
        json={"outcome": "pause", "words": "Until she is back."})
    entry = next(found["id"] for found in shown["timeline"] if found["kind"] == "hospital.admitted")
    shown = ask("POST", "/journeys/{id}/timeline/{statement_id}/withdraw", ids={**one, "statement_id": entry}, json={"reason": "Not her."})
    assert shown["reviews"][-1]["kind"] == "correction"
    ask("POST", "/journeys/{id}/meetings", ids=one, json={
        "held_at": (now - timedelta(days=2)).isoformat(), "mode": "teams", "attendees": ["citizen", "development_worker"], "reason": "Ill."})
    ask("POST", "/journeys/{id}/transitions", ids=one,
        json={"kind": "citizen.died", "occurred_at": now.isoformat(), "died_on": now.date().isoformat()})
    ask("GET", "/journeys/{id}", ids=one, query=f"?as_of={now.date()}")
    assert ask("GET", "/journeys")["items"]
    ask("POST", "/events", "publisher", json={
        "specversion": "1.0", "id": "1", "source": "urn:demo:hospital", "type": "hospital.discharged", "time": now.isoformat(),
        "data": {"nhs_number": journeys.NUMBER, "stay_id": "S1"}})
    ask("GET", "/")
    assert not ask.left_out()


def test_a_message_is_answered_as_it_is_described(tmp_path: Path) -> None:
    """One that was sent, and two that were held after a restore: let go, and found to have gone out."""
    (room,) = rooms_for(Settings(mode="demo", cookie_secure=False, secret_key=SECRET, var=tmp_path), ["notifications"])
    room.metadata.create_all(room.database.engine)
    now = journeys.now()
    room.database.run(lambda connection: room.keeper.hold(connection, now - timedelta(hours=3), now - timedelta(hours=1)))
    journeys.take(room, *(admission(number, now - timedelta(hours=hours)) for number, hours in enumerate((4, 2, 2))))
    ask = Asked(create_app(room, room.service.blueprints, room.service.api).test_client(), room.settings)
    held = ask("GET", "/notifications", "manager", query="?state=held")["items"]
    assert len(held) == 2 and ask("GET", "/notifications", "manager", query="?state=sent")["items"]
    ask("GET", "/notifications/{id}", "manager", ids=held[0])
    assert [ask("POST", f"/notifications/{{id}}/{act}", "manager", ids=one)["settled_how"] for act, one in zip(("release", "settle"), held, strict=True)]
    ask("GET", "/")
    assert not ask.left_out()


def admission(number: int, recorded: datetime) -> Event:
    wren = {"email": "wren.callaghan@pod.example", "name": "Wren Callaghan", "role": "development_worker"}
    data = {"journey_id": "1", "reference": "J-7K2", "told": [wren], "citizen_id": "c", "stay_id": "s", "admitted_at": "2026-03-01T10:00:00Z",
            "review": {"id": "r", "due_on": "2026-03-04"}}
    return Event(f"event-{number}", "urn:pod:journeys", "journey.admission_recorded", recorded - timedelta(days=1), data,
                 about=f"admission:{number}", revision=1, recordedtime=recorded)


def test_when_the_cafe_is_open_is_answered_as_it_is_described_to_anybody(tmp_path: Path) -> None:
    api = Api("cafe", tmp_path)
    answer = api.client.get("/api/v1/opening-hours")
    assert answer.json["items"] and not api.document.faults("/api/v1/opening-hours", "get", 200, answer.mimetype, answer.json)
    assert api.document.told["paths"]["/api/v1/opening-hours"]["get"]["security"] == []
