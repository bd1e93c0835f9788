"""The API of referrals hammered by its own OpenAPI document: whatever is sent, an answer as described, and never a crash."""
from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from tests.integration.referral_room import Pod
from tests.integration.test_referrals_described import Walk, parked
from tests.support.openapi import Document

#: What headers may hold of things nobody should send.
ODD = ['"1"', "1", 'W/"1"', "*", f'"{"9" * 30}"', '"-1"', "é", '"', "x" * 300, ""]


class Met(Pod):
    """A Pod with a referral in each state, drafts, staff and parked events, so that what is asked for by id is often there."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.staffed()
        self.room.service.started(self.room)
        self.ids = [self._sent(number, name) for number, name in (
            ("9990000379", "Ada Lindqvist"), ("9990000743", "Bilal Hussain"), ("9990001111", "Chloe Barrington"))]
        open_, accepted, _ = self.ids
        self.question = self.wren.post(f"/{open_}/questions", {"words": "Who is there in August?"}).json["questions"][0]["id"]
        assert self.helen.post(f"/{accepted}/accept").status_code == 200
        assert self.helen.post(f"/{accepted}/allocate", {"development_worker_email": "wren.callaghan@pod.example"}).status_code == 200
        walk = Walk(self)
        walk.papers(open_)
        walk.meet(accepted)
        self.operations = self.caller("operations")
        self.there = dict(self._there())

    def _sent(self, number: str, name: str) -> str:
        body = self.body()
        return self.sent(citizen={**body["citizen"], "nhs_number": number, "name": name})

    def _there(self) -> Iterator[tuple[str, list[str]]]:
        """Give ids of what is here, by how the address of it begins."""
        yield "referrals", self.ids
        yield "drafts", [self.amara.call("POST", "/drafts", {"pathway": "core"}).json["id"] for _ in range(4)]
        for name in ("members", "teams"):
            yield name, [one["id"] for one in self.wren.call("GET", f"/{name}").json["items"]]
        yield "parked", [parked(self) for _ in range(6)]
        yield "question", [self.question]
        papers = self.wren.get(f"/{self.ids[0]}").json["documents"]
        yield "file", [one["id"] for one in papers if one["file"]]
        yield "document", [one["id"] for one in papers if not one["file"]]
        yield "what", ["members"]
        rules = self.wren.call("GET", "/pathways").json["items"]
        yield "name", [one["name"] for one in rules]
        yield "fingerprint", [one["fingerprint"] for one in rules]

    def known(self, path: str, name: str) -> list[str]:
        """Give ids that stand for a parameter of an address, such that those of one address belong together."""
        if name != "id":
            return self.there.get("file" if path.endswith("/file") else name, [])
        found = self.there.get(path.split("/")[3], self.there["members"])
        return found[:1] if "{question}" in path or "{document}" in path else found


@pytest.fixture(scope="module")
def pod() -> Iterator[Met]:
    with tempfile.TemporaryDirectory() as folder:
        yield Met(Path(folder))


@pytest.fixture(scope="module")
def document(pod: Met) -> Any:
    """Give the API as its document describes it, under the prefix of a real installation."""
    return schemathesis.openapi.from_wsgi("/referrals/api/v1/openapi.json", DispatcherMiddleware(NotFound(), {"/referrals": pod.app}))


def as_described(_: Any, response: Any, case: Any) -> None:
    """Hold an answer against the document by our own reading of it: each status by its name, and no field it does not name."""
    told = Document(case.operation.schema.raw_schema)
    media = response.headers.get("content-type", [""])[0].partition(";")[0]
    faults = told.faults(case.operation.path, case.operation.method, response.status_code, media, response.json() if "json" in media else None)
    assert not faults, faults


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance, as_described]


def hammer(pod: Met, operation: Any, headers: st.SearchStrategy[dict[str, str]]) -> set[int]:
    """Ask one address some dozen times, each time as one of those it is for; give which statuses came."""
    strategies = {mode: operation.as_strategy(generation_mode=mode) for mode in GenerationMode}
    who = [pod.operations] if "/parked" in operation.path else [pod.amara, pod.wren, pod.helen]
    came: set[int] = set()

    @settings(max_examples=14, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(strategies[data.draw(st.sampled_from(list(GenerationMode)))])
        for name in case.path_parameters or ():
            if (known := pod.known(operation.path, name)) and data.draw(st.integers(0, 9)):
                case.path_parameters[name] = data.draw(st.sampled_from(known))
        case.headers = {**data.draw(headers), "Authorization": data.draw(st.sampled_from(who)).bearer}
        came.add(case.call_and_validate(checks=CHECKS).status_code)
    ask()
    return came


def test_whatever_is_sent_the_answer_is_as_described(document: Any, pod: Met) -> None:
    """Whatever the document allows, and what it does not, I expect an answer that it describes, and never a crash."""
    headers = st.fixed_dictionaries({}, optional={"If-Match": st.sampled_from(ODD), "Idempotency-Key": st.sampled_from(ODD)})
    faults, came = {}, {}
    operations = [found.ok() for found in document.get_all_operations()]
    assert len(operations) > 40
    for operation in operations:
        try:
            came[operation.label] = hammer(pod, operation, headers)
        except (Exception, BaseExceptionGroup) as fault:
            faults[operation.label] = fault
    assert not faults, "\n\n".join(f"{label}: {fault}" for label, fault in faults.items())
    refused = [label for label, statuses in came.items() if label.startswith("GET") and 200 not in statuses]
    assert not refused, f"what is read was never there: {refused}"
