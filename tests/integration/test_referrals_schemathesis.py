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

#: What headers may hold of things nobody should send.
ODD = ['"1"', "1", 'W/"1"', "*", f'"{"9" * 30}"', '"-1"', "é", '"', "x" * 300, ""]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


class Met(Pod):
    """A Pod with a referral in each state, so that what is asked for by id is often there."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.staffed()
        self.ids = [self._sent(number, name) for number, name in (
            ("9990000379", "Ada Lindqvist"), ("9990000743", "Bilal Hussain"), ("9990001111", "Chloe Barrington"))]
        open_, accepted, _ = self.ids
        self.question = self.wren.post(f"/{open_}/questions", {"words": "Who is there in August?"}).json["questions"][0]["id"]
        assert self.helen.post(f"/{accepted}/accept").status_code == 200
        assert self.helen.post(f"/{accepted}/allocate", {"development_worker_email": "wren.callaghan@pod.example"}).status_code == 200

    def _sent(self, number: str, name: str) -> str:
        body = self.body()
        return self.sent(citizen={**body["citizen"], "nhs_number": number, "name": name})


@pytest.fixture(scope="module")
def pod() -> Iterator[Met]:
    with tempfile.TemporaryDirectory() as folder:
        yield Met(Path(folder))


@pytest.fixture(scope="module")
def document(pod: Met) -> Any:
    """Give the API as its document describes it, under the prefix of a real installation."""
    return schemathesis.openapi.from_wsgi("/referrals/api/v1/openapi.json", DispatcherMiddleware(NotFound(), {"/referrals": pod.app}))


def hammer(pod: Met, operation: Any, headers: st.SearchStrategy[dict[str, str]]) -> None:
    """Ask one address some dozen times, each time as one of three people."""
    described = any(str(status).startswith("2") for status in operation.definition.raw["responses"])
    assert described or "/referrals" not in operation.path or operation.path.endswith("/looks"), "nothing says what it answers"
    strategies = {mode: operation.as_strategy(generation_mode=mode) for mode in GenerationMode}

    @settings(max_examples=14, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(strategies[data.draw(st.sampled_from(list(GenerationMode)))])
        if operation.path.startswith("/api/v1/referrals/{id}") and data.draw(st.integers(0, 9)):
            case.path_parameters["id"] = data.draw(st.sampled_from(pod.ids))
        case.headers = {**data.draw(headers), "Authorization": data.draw(st.sampled_from([pod.amara, pod.wren, pod.helen])).bearer}
        case.call_and_validate(checks=CHECKS if described else CHECKS[:1])
    ask()


def test_whatever_is_sent_the_answer_is_as_described(document: Any, pod: Met) -> None:
    """Whatever the document allows, and what it does not, I expect an answer that it describes, and never a crash."""
    headers = st.fixed_dictionaries({}, optional={"If-Match": st.sampled_from(ODD), "Idempotency-Key": st.sampled_from(ODD)})
    faults = {}
    operations = [found.ok() for found in document.exclude(path_regex="/parked").get_all_operations()]
    assert len(operations) > 30
    for operation in operations:
        try:
            hammer(pod, operation, headers)
        except (Exception, BaseExceptionGroup) as fault:
            faults[operation.label] = fault
    assert not faults, "\n\n".join(f"{label}: {fault}" for label, fault in faults.items())
