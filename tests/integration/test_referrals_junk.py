"""Whatever is sent, the answer is a reason and never a crash."""
from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.referral_room import Pod

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-2**70, 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
    | st.sampled_from(["9434765919", "2026-02-30", "0001-01-01", "9999-12-31", "a\x00b", "\ud800", "core", "EIT", "x" * 5000, "1" * 400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "dated", "kind", "ward", "x"]), inner, max_size=3),
    max_leaves=6)


@pytest.fixture(scope="module")
def pod() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        yield Pod(Path(folder))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))] if path or inner else [path]


def put(body: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    made = copy.deepcopy(body)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = junk
    return made


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_referral_with_junk_anywhere_is_answered_with_a_reason(pod: Pod, data: st.DataObject):
    body = pod.body(inpatient={"ward": "Elm", "legal_status": "02"}, social_issues=[], duplicate_reason="x")
    place = data.draw(st.sampled_from(places(body)))
    answer = pod.amara.post("", put(body, place, data.draw(JUNK)))
    assert answer.status_code in (201, 400, 409, 415, 422), answer.text
    if answer.status_code == 422:
        assert answer.json["errors"], answer.text


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["documents", "decline", "withdraw", "allocate", "accept"]), JUNK)
def test_an_act_with_junk_is_answered_with_a_reason(pod: Pod, act: str, junk: Any):
    id_ = str(pod.amara.get().json["items"][0]["id"]) if pod.amara.get().json["items"] else pod.sent()
    answer = pod.helen.post(f"/{id_}/{act}", junk)
    assert answer.status_code < 500, answer.text


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["state", "mine", "overdue", "reference", "after", "limit"]), st.text(max_size=30) | st.sampled_from(["\x00", "9" * 40]))
def test_a_list_asked_for_with_junk_is_answered_with_a_reason(pod: Pod, name: str, junk: str):
    junk = junk.encode("utf-8", "replace").decode()
    assert pod.helen.get(**{name: junk}).status_code in (200, 422)
    assert pod.app.test_client().get("/all", query_string={name: junk}).status_code in (302, 404, 422)


def test_a_multipart_body_of_odd_parts_is_answered_with_a_reason(pod: Pod):
    """A part without a name, and what no text can hold in the name of a part, in its value and in a file's name."""
    id_ = pod.sent(duplicate_reason="x")
    parts = [b'id="x"\r\n\r\nx', b'name="\xff"\r\n\r\nx', b'name="kind"\r\n\r\n\xff', b'name="dated"\r\n\r\n2026-01-01', b'name="file"; filename="\xff"\r\n\r\n%PDF']
    body = b"".join(b"--cut\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--cut--\r\n"
    answer = pod.app.test_client().post(f"/api/v1/referrals/{id_}/documents", data=body, headers={
        "Authorization": pod.amara.bearer, "Content-Type": "multipart/form-data; boundary=cut", "Idempotency-Key": "é"})
    assert answer.status_code == 422 and answer.json["errors"], answer.text
