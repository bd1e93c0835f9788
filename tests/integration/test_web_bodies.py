"""Bodies as programs send them, over a real socket: in chunks without a length, too large, cut off, and broken."""
from __future__ import annotations

import io
import itertools
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from werkzeug.exceptions import ClientDisconnected

from shared.web.app import BODY_LIMIT
from shared.web.bodies import TooLarge, Unmeasured, in_words, json_fault
from shared.web.uploads import READ_AT_MOST
from tests.support import papers
from tests.support.suite import Suite, cloud_event, days_ago, nhs_number, referral

REFERRALS, EVENTS = "/referrals/api/v1/referrals", "/journeys/api/v1/events"
JSON, CLOUD = {"Content-Type": "application/json"}, {"Content-Type": "application/cloudevents+json"}


def chunked(body: bytes, size: int = 700) -> Iterator[bytes]:
    """Give a body piece by piece: without a length, so that it is sent in chunks."""
    yield from (body[start:start + size] for start in range(0, len(body), size))


def raw(suite: Suite, body: bytes, path: str = f"{REFERRALS}/check") -> bytes:
    """Send a chunked body byte for byte; give what comes back until the other side has said all."""
    host, _, port = suite.base.removeprefix("http://").partition(":")
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {suite.token('manager')}\r\nConnection: close\r\n" \
           "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=15) as line:
        line.sendall(head.encode() + body)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.fixture(scope="module")
def sent(embedded: Suite) -> str:
    """Send a referral in chunks; give its id."""
    body = json.dumps(referral(nhs_number(), "Chidi Fenn", documents=[])).encode()
    answer = embedded.ask("POST", REFERRALS, "practitioner", data=chunked(body), headers=JSON)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_referral_sent_in_chunks_is_taken_whole(embedded: Suite, sent: str) -> None:
    assert embedded.get(f"{REFERRALS}/{sent}", "practitioner")["citizen"]["name"] == "Chidi Fenn"


def test_an_event_sent_in_chunks_is_taken(embedded: Suite) -> None:
    event = json.dumps(cloud_event("hospital.admitted", {"nhs_number": nhs_number(), "stay_id": "chunked-1"})).encode()
    answer = embedded.ask("POST", EVENTS, "publisher", data=chunked(event, 10), headers=CLOUD)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})


def test_R_06_a_file_sent_in_chunks_comes_back_as_it_was(embedded: Suite, sent: str) -> None:
    content = papers.pdf(filling=bytes(2 * BODY_LIMIT))
    form = requests.Request("POST", embedded.base, data={"kind": "care_plan", "dated": days_ago(3)},
                            files={"file": ("plan.pdf", content, "application/pdf")}).prepare()
    assert isinstance(form.body, bytes)
    answer = embedded.ask("POST", f"{REFERRALS}/{sent}/documents", "practitioner", data=chunked(form.body, 65536),
                          headers={"Content-Type": form.headers["Content-Type"]})
    assert answer.status_code == 201, answer.text
    (paper,) = answer.json()["documents"]
    assert embedded.ask("GET", f"{REFERRALS}/{sent}/documents/{paper['id']}/file", "practitioner").content == content


@pytest.mark.parametrize(("path", "role", "headers"), [(f"{REFERRALS}/check", "practitioner", JSON), (EVENTS, "publisher", CLOUD)])
def test_a_body_in_chunks_is_read_to_its_limit_and_no_further(embedded: Suite, path: str, role: str, headers: dict[str, str]) -> None:
    large = b'"' + b"x" * (BODY_LIMIT - 2) + b'"'
    assert embedded.ask("POST", path, role, data=chunked(large, 65536), headers=headers).status_code == 422, "not an object, but read"
    answer = embedded.ask("POST", path, role, data=chunked(large + b" ", 65536), headers=headers)
    assert answer.status_code == 413 and "larger than 1 MB" in answer.json()["detail"]


def test_R_06_a_file_of_more_than_anybody_reads_is_told_so_although_nobody_said_how_large_it_is(embedded: Suite, sent: str) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="plan.pdf"\r\n\r\n'
    answer = embedded.ask("POST", f"{REFERRALS}/{sent}/documents", "practitioner", headers={"Content-Type": "multipart/form-data; boundary=x"},
                          data=itertools.chain([head], itertools.repeat(bytes(BODY_LIMIT), READ_AT_MOST // BODY_LIMIT)))
    assert answer.status_code == 413 and "more than 100 MB; a file may have at most 25 MB" in answer.json()["detail"]


def test_a_form_of_a_page_in_chunks_is_read_to_its_limit_as_well(embedded: Suite, sent: str) -> None:
    answer = embedded.ask("POST", f"/referrals/{sent}/withdraw", data=chunked(b"words=" + b"x" * BODY_LIMIT, 65536),
                          headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413 and "larger than 1 MB" in answer.text


def test_a_body_with_a_length_above_the_limit_is_told_the_limit_as_well(embedded: Suite) -> None:
    answer = embedded.ask("POST", f"{REFERRALS}/check", "practitioner", data=b" " * (BODY_LIMIT + 1), headers=JSON)
    assert answer.status_code == 413 and "larger than 1 MB" in answer.json()["detail"]


@pytest.mark.parametrize(("body", "status", "words"), [
    (b"0\r\n\r\n", b"400", b"The body is empty"), (b"zz\r\n{}\r\n0\r\n\r\n", b"400", b""), (b"5\r\n{}", b"400", b""),
    (b"9\r\n{\"a\": 1,}\r\n0\r\n\r\n", b"400", b"line 1, column")])
def test_chunks_that_are_cut_off_or_are_none_are_the_senders_fault(embedded: Suite, body: bytes, status: bytes, words: bytes) -> None:
    answer = raw(embedded, body)
    assert answer.split(b" ", 2)[1] == status and words in answer, answer[:300]


@pytest.mark.parametrize(("body", "words"), [
    (b'{\n  "pathway": "core",\n  "citizen": {"name": "Ada" "x"}\n}', "Expecting ',' delimiter at line 3, column 29"),
    (b'{"name": "Zo\xeb"}', "byte 13 is not UTF-8"), (b"", "The body is empty. Send JSON."), (b"{" * 100_000, "line 1, column 2")])
def test_broken_JSON_is_told_what_is_wrong_with_it_and_where(embedded: Suite, body: bytes, words: str) -> None:
    answer = embedded.ask("POST", f"{REFERRALS}/check", "practitioner", data=body, headers=JSON)
    assert answer.status_code == 400 and words in answer.json()["detail"], answer.text


@pytest.mark.parametrize("length", [0, 1, 99, 100])
def test_up_to_its_limit_a_body_without_a_length_is_given_whole(length: int) -> None:
    assert _reader(bytes(length)).read() == bytes(length)


def test_beyond_its_limit_it_is_refused_and_no_more_than_one_byte_too_many_is_read() -> None:
    source = io.BytesIO(bytes(1000))
    with pytest.raises(TooLarge):
        _reader(source).read()
    assert source.tell() == 101


def test_a_sender_who_goes_away_is_at_fault() -> None:
    class Gone(io.BytesIO):
        def read(self, size: Any = -1, /) -> bytes:
            raise OSError("unexpected end of file while parsing chunked data")
    with pytest.raises(ClientDisconnected):
        _reader(Gone()).read()


def test_sizes_and_faults_are_said_in_words() -> None:
    assert in_words(25 * 1024 * 1024) == "25 MB" and in_words(1000) == "1,000 bytes"
    assert json_fault(b'{"a": 1}') == "" and "nested too deeply" in json_fault(b"[" * 200_000 + b"]" * 200_000)


def _reader(body: bytes | io.BytesIO) -> Unmeasured:
    return Unmeasured(body if isinstance(body, io.BytesIO) else io.BytesIO(body), 100, lambda: TooLarge(100))
