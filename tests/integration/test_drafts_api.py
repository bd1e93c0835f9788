"""A referral that another program writes bit by bit."""
from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.referral_room import Caller, Pod
from tests.integration.test_referrals_junk import JUNK, places, put
from tests.support.drafts import AMARA, Writer, drafted


class Drafts:
    """Speaks to the API of drafts as one demo person."""

    def __init__(self, pod: Pod, caller: Caller):
        self.client, self.headers = pod.app.test_client(), {"Authorization": caller.bearer}

    def ask(self, method: str, path: str = "", body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(f"/api/v1/drafts{path}", method=method, headers={**self.headers, **sent}, **({} if body is None else {"json": body}))


@pytest.fixture(scope="module")
def pod() -> Iterator[Pod]:
    with tempfile.TemporaryDirectory() as folder:
        yield Pod(Path(folder))


@pytest.fixture
def amara(pod: Pod) -> Drafts:
    return Drafts(pod, pod.amara)


def begun(drafts: Drafts, **given_: Any) -> tuple[str, str]:
    answer = drafts.ask("POST", body={"pathway": "core", **given_})
    assert answer.status_code == 201, answer.text
    return f"/{answer.json['id']}", answer.headers["ETag"]


def test_a_draft_is_written_bit_by_bit_checked_and_sent(pod: Pod, amara: Drafts) -> None:
    path, tag = begun(amara, citizen={"name": "Rosa Quill"})
    assert amara.ask("GET", path).json["referral"] == {"pathway": "core", "citizen": {"name": "Rosa Quill"}}
    checked = amara.ask("GET", f"{path}/check").json
    assert not checked["acceptable"] and {"pointer": "/citizen/date_of_birth", "detail": "is missing"} in checked["to_answer"]
    assert amara.ask("POST", f"{path}/send", {}).status_code == 422
    whole = amara.ask("PATCH", path, pod.body(), If_Match=tag)
    assert whole.status_code == 200, whole.text
    assert amara.ask("GET", f"{path}/check").json["acceptable"]
    sent = amara.ask("POST", f"{path}/send", {})
    assert sent.status_code == 201 and sent.json["missing"] == []
    assert sent.headers["Location"].endswith(f"/api/v1/referrals/{sent.json['id']}")
    again = amara.ask("POST", f"{path}/send", {})
    assert again.status_code == 200 and again.json == sent.json
    left = amara.ask("GET", path).json
    assert left["sent"] == sent.json["id"] and left["referral"] is None
    assert amara.ask("PATCH", path, {}, If_Match="*").status_code == 409


def test_null_takes_away_and_what_is_not_named_stays(amara: Drafts) -> None:
    path, tag = begun(amara, citizen={"name": "Rosa Quill", "telephone": "07700 900123"}, reason="Music", unknown=1)
    answer = amara.ask("PATCH", path, {"citizen": {"telephone": None, "email": "rosa@home.example"}, "reason": None}, If_Match=tag)
    assert answer.json["referral"] == {"pathway": "core", "citizen": {"name": "Rosa Quill", "email": "rosa@home.example"}}


def test_a_change_says_which_version_it_has_seen(amara: Drafts) -> None:
    path, tag = begun(amara)
    assert amara.ask("PATCH", path, {"reason": "Music"}).status_code == 428
    assert amara.ask("PATCH", path, {"reason": "Music"}, If_Match=tag).status_code == 200
    assert amara.ask("PATCH", path, {"reason": "Art"}, If_Match=tag).status_code == 412
    assert amara.ask("DELETE", path, If_Match=tag).status_code == 412
    assert amara.ask("POST", f"{path}/send", {}, If_Match=tag).status_code == 412
    assert amara.ask("DELETE", path).status_code == 204 and amara.ask("GET", path).status_code == 404


@pytest.mark.parametrize(("change", "pointer"), [
    ({"pathway": "sip"}, "/pathway"), ({"citizen": {"nhs_number": "943 476 5918"}}, "/citizen/nhs_number"),
    ({"citizen": {"nhs_number": "1111111111"}}, "/citizen/nhs_number"),
    ({"citizen": {"date_of_birth": "2084-05-17"}}, "/citizen/date_of_birth"), ({"conditions": ["flu"]}, "/conditions/0"),
    ({"commitment_months": "six"}, "/commitment_months"), ({"documents": [{"kind": "letter"}]}, "/documents/0/kind"), ([], "")])
def test_what_is_wrong_is_pointed_at_and_not_kept(amara: Drafts, change: Any, pointer: str) -> None:
    path, tag = begun(amara)
    answer = amara.ask("PATCH", path, change, If_Match=tag)
    assert answer.status_code == 422 and pointer in [one["pointer"] for one in answer.json["errors"]], answer.text
    assert amara.ask("GET", path).json["referral"] == {"pathway": "core"}


def test_a_draft_is_its_writers_alone_and_listed_newest_first(pod: Pod) -> None:
    tom, priya = (Drafts(pod, pod.caller("practitioner", email)) for email in ("tom.whitfield@cmhwt.example", "priya.nair@eit.example"))
    paths = [begun(tom, citizen={"name": name})[0] for name in ("One", "Two", "Three")]
    for method, path, body in (("GET", paths[0], None), ("GET", f"{paths[0]}/check", None), ("PATCH", paths[0], {}),
                               ("DELETE", paths[0], None), ("POST", f"{paths[0]}/send", {})):
        assert priya.ask(method, path, body, If_Match="*").status_code == 404
    assert priya.ask("GET").json["items"] == []
    page = tom.ask("GET", "?limit=2").json
    rest = tom.ask("GET", f"?limit=2&after={page['next']}").json
    assert [one["referral"]["citizen"]["name"] for one in (*page["items"], *rest["items"])] == ["Three", "Two", "One"] and rest["next"] is None
    assert tom.ask("GET", "?after=x").status_code == 422


def test_R_11_only_staff_write_down_a_self_referral(pod: Pod, amara: Drafts) -> None:
    said = {"pathway": "prevention", "self_referral": True}
    assert amara.ask("POST", body=said).status_code == 403
    wren = Drafts(pod, pod.wren)
    assert wren.ask("POST", body={**said, "pathway": "core"}).status_code == 403
    path, _ = begun(wren, **said, citizen={"name": "Jo Pane", "date_of_birth": "1990-01-01"}, reason="Company", meeting_preference="telephone")
    assert wren.ask("POST", f"{path}/send", {}).status_code == 201


def test_pages_and_API_write_the_same_draft(pod: Pod, amara: Drafts) -> None:
    path, tag = begun(amara, inpatient={"ward": "Oak", "legal_status": "02"}, documents=[{"kind": "care_plan", "dated": pod.ago(30)}])
    person = Writer(pod, AMARA)
    person.get(f"/drafts{path}/check")
    assert "Oak" in person.words and "Do you have the CPA care plan? Yes" in person.words
    person.get(f"/drafts{path}/nhs-number")
    person.post(nhs_number="943 476 5918")
    assert amara.ask("PATCH", path, {"reason": "Music"}, If_Match=tag).status_code == 412
    shown = amara.ask("GET", path)
    assert shown.json["unfinished"] == [{"pointer": "/citizen/nhs_number", "detail": "The NHS number is not right: check each of its 10 digits"}]
    answer = amara.ask("PATCH", path, {"citizen": {"nhs_number": "943 476 5919"}}, If_Match=shown.headers["ETag"])
    assert answer.json["unfinished"] == [] and answer.json["referral"]["citizen"]["nhs_number"] == "943 476 5919"


def test_R_13_sending_a_draft_asks_and_limits_as_sending_a_referral_does(pod: Pod, amara: Drafts) -> None:
    who = {"name": "Noor Haddad", "date_of_birth": "1984-05-17", "nhs_number": "9000000041"}
    pod.sent(citizen=who)
    path = drafted(pod, citizen=who).removeprefix("/drafts")
    answer = amara.ask("POST", f"{path}/send", {})
    assert answer.status_code == 409 and answer.json["errors"][0]["pointer"] == "/duplicate_reason"
    amara.ask("PATCH", path, {"duplicate_reason": "She moved back."}, If_Match="*")
    assert amara.ask("POST", f"{path}/send", {}).status_code == 201


def test_a_key_used_twice_begins_one_draft(pod: Pod) -> None:
    priya = Drafts(pod, pod.priya)
    first, second = (priya.ask("POST", body={"pathway": "core"}, Idempotency_Key="the same").json["id"] for _ in range(2))
    assert first == second and len(priya.ask("GET").json["items"]) == 1


def test_the_API_of_drafts_is_described_with_nothing_required(pod: Pod) -> None:
    described = pod.app.test_client().get("/api/v1/openapi.json").json["paths"]
    assert {"/drafts", "/drafts/{id}", "/drafts/{id}/check", "/drafts/{id}/send"} <= {path.removeprefix("/api/v1") for path in described}
    schema = next(one for path, one in described.items() if path.endswith("/drafts"))["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert "'required':" not in str(schema) and "citizen" in schema["properties"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_draft_with_junk_anywhere_is_answered_with_a_reason(pod: Pod, data: st.DataObject) -> None:
    drafts = Drafts(pod, pod.helen)
    whole = pod.body(inpatient={"ward": "Elm", "legal_status": "02"}, social_issues=[], duplicate_reason="x")
    junk = put(whole, data.draw(st.sampled_from(places(whole))), data.draw(JUNK))
    answer = drafts.ask("POST", body=junk)
    assert answer.status_code in (201, 400, 403, 409, 415, 422), answer.text
    if answer.status_code == 201:
        path = f"/{answer.json['id']}"
        assert drafts.ask("GET", f"{path}/check").status_code == 200
        assert drafts.ask("DELETE", path).status_code == 204
