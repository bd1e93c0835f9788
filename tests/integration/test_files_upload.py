"""R-06, R-14: a document comes in by page and by API, and goes out to be kept; what is wrong with it spoils nothing else."""
from __future__ import annotations

import io
import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import request

from services.referrals.files import records
from services.referrals.files.housekeeping import keep_house
from services.referrals.files.records import Owner
from services.referrals.files.unfit import MB, MOST
from services.referrals.files.vault import vault_of
from shared.ledger.tables import staff_id
from shared.web.uploads import READ_AT_MOST
from tests.integration.files_room import DRAFT, FilesPod
from tests.support import papers
from tests.support.clamd import HandClamd
from tests.support.ground import free_port

AMARA, PRIYA = "amara.osei@cmhwt.example", "priya.nair@eit.example"
DAYS = timedelta(days=1)


@pytest.fixture(scope="module")
def whole_pod(tmp_path_factory: pytest.TempPathFactory) -> FilesPod:
    return FilesPod(tmp_path_factory.mktemp("var"))


@pytest.fixture
def pod(whole_pod: FilesPod) -> FilesPod:
    """The same for every test, for it takes a second to make, and empty for each."""
    whole_pod.empty()
    return whole_pod


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html[html.index("<main"):])
    return found[1] if found else ""


class Person:
    """Somebody at the page, signed in."""

    def __init__(self, pod: FilesPod, email: str = AMARA):
        self.client = pod.app.test_client()
        page = self.client.get("/sign-in").text
        self.client.post("/sign-in", data={"csrf_token": re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page)[1], "email": email})  # type: ignore[index]

    def form(self) -> dict[str, str]:
        page = self.client.get("/papers/").text
        return {name: field(page, name) for name in ("csrf_token", "kept_for", "submission")}

    def send(self, content: bytes | None = None, name: str = "Rosa's care plan.pdf", form: dict[str, str] | None = None, **typed: str) -> Any:
        data: dict[str, Any] = {**(form or self.form()), "note": "Her plan", **typed}
        data["file"] = (io.BytesIO(content or b""), name if content is not None else "")
        return self.client.post("/papers/", data=data, content_type="multipart/form-data")


def by_api(pod: FilesPod, content: bytes, name: str = "plan.pdf", part: str = "file", **headers: str) -> Any:
    return pod.app.test_client().post("/api/v1/papers", data={part: (io.BytesIO(content), name)}, content_type="multipart/form-data",
                                      headers={"Authorization": pod.amara.bearer, **{key.replace("_", "-"): value for key, value in headers.items()}})


def test_R_06_a_document_sent_by_page_comes_back_as_it_was_to_be_kept_not_shown(pod: FilesPod) -> None:
    amara = Person(pod)
    for name, (content, media_type) in papers.GOOD.items():
        assert amara.send(content, name).status_code == 303
        file = next(one for one in pod.files() if one.name == name)
        assert (file.media_type, file.size, file.owner_kind, file.owner_id) == (media_type, len(content), *DRAFT)
        assert file.uploaded_by == staff_id(AMARA) and file.scanned_at is None and file.scanner == ""
        answer = amara.client.get(f"/papers/{file.id}")
        assert answer.data == content and answer.mimetype == media_type
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox")


def test_R_06_a_name_in_any_language_comes_back_and_no_header_can_be_slipped_in(pod: FilesPod) -> None:
    amara = Person(pod)
    amara.send(papers.pdf(), "Zoë’s “plan” – 計画;/x.pdf")
    (file,) = pod.files()
    header = amara.client.get(f"/papers/{file.id}").headers["Content-Disposition"]
    assert file.name == "x.pdf" and "filename=x.pdf" in header
    amara.send(papers.pdf(), "Zoë’s “plan” – 計画;.pdf")
    other = next(one for one in pod.files() if one.id != file.id)
    header = amara.client.get(f"/papers/{other.id}").headers["Content-Disposition"]
    assert "filename*=UTF-8''Zo%C3%AB%E2%80%99s%20%E2%80%9Cplan%E2%80%9D%20%E2%80%93%20%E8%A8%88%E7%94%BB%3B.pdf" in header


def test_R_06_a_photo_of_40_MB_is_an_error_at_its_field_and_the_rest_stays(pod: FilesPod) -> None:
    answer = Person(pod).send(papers.jpeg() + bytes(40 * MB - len(papers.jpeg())), "photo.jpg", note="Typed with care")
    assert answer.status_code == 422
    assert "The file is 40 MB; the most is 25 MB." in answer.text and 'value="Typed with care"' in answer.text
    assert 'href="#file"' in answer.text and pod.sealed() == [] == pod.files()


def test_R_06_what_is_too_much_to_read_is_a_page_that_says_how_much(pod: FilesPod) -> None:
    amara = Person(pod)
    answer = amara.client.post("/papers/", data=b"x", content_type="multipart/form-data; boundary=x",
                               environ_overrides={"CONTENT_LENGTH": str(READ_AT_MOST + MB)})
    assert answer.status_code == 413 and "about 101 MB; a file may have at most 25 MB" in answer.text


def test_the_largest_file_that_may_come_does(pod: FilesPod) -> None:
    content = papers.pdf(filling=bytes(20 * MB + MOST - len(papers.pdf(filling=bytes(20 * MB)))))
    assert len(content) == MOST
    assert Person(pod).send(content).status_code == 303
    assert vault_of(pod.settings).get(pod.files()[0].id) == content


def test_R_06_a_program_is_an_error_at_its_field(pod: FilesPod) -> None:
    answer = Person(pod).send(b"MZ\x90" + bytes(2000))
    assert answer.status_code == 422 and "This file is a program, not a PDF." in answer.text
    assert pod.sealed() == [] == pod.files()


def test_without_a_file_the_form_says_so(pod: FilesPod) -> None:
    assert "Choose the document" in Person(pod).send(None).text
    assert "The file is empty" in Person(pod).send(b"", "plan.pdf").text


def test_R_06_a_file_need_not_be_chosen_again_because_something_else_was_wrong(pod: FilesPod) -> None:
    amara = Person(pod)
    wrong = amara.send(papers.pdf(), note="")
    assert wrong.status_code == 422 and "Enter what it says" in wrong.text
    assert "“Rosa&#39;s care plan.pdf”, 1 KB, is here" in wrong.text
    form = {name: field(wrong.text, name) for name in ("csrf_token", "kept_for", "submission", "file_held")}
    assert form["file_held"] == pod.files()[0].id
    assert amara.send(None, form=form).status_code == 303
    (file,) = pod.files()
    assert Owner(file.owner_kind, str(file.owner_id)) == DRAFT and file.name == "Rosa's care plan.pdf"


def test_a_file_that_waits_is_its_senders_alone(pod: FilesPod) -> None:
    wrong = Person(pod).send(papers.pdf(), note="")
    held = field(wrong.text, "file_held")
    answer = Person(pod, PRIYA).send(None, file_held=held)
    assert answer.status_code == 422 and "Choose the document" in answer.text
    for nonsense in ("", "x", "../../etc", "11111111-1111-4111-8111-111111111111"):
        assert Person(pod, PRIYA).send(None, file_held=nonsense).status_code == 422
    assert pod.files()[0].owner_kind == "held"


def test_another_file_may_be_chosen_instead_of_the_one_that_waits(pod: FilesPod) -> None:
    amara = Person(pod)
    held = field(amara.send(papers.pdf(), note="").text, "file_held")
    assert amara.send(papers.png(), "screen.png", file_held=held).status_code == 303
    assert [file.name for file in pod.files() if file.owner_kind == "draft"] == ["screen.png"]


def test_the_same_form_sent_twice_leaves_one_document(pod: FilesPod) -> None:
    amara = Person(pod)
    form = amara.form()
    assert [amara.send(papers.pdf(), form=form).status_code for _ in range(2)] == [303, 303]
    assert [file.owner_kind for file in pod.files()].count("draft") == 1


def test_R_06_the_same_form_with_another_file_is_not_the_same(pod: FilesPod) -> None:
    amara = Person(pod)
    form = amara.form()
    assert amara.send(papers.pdf(), form=form).status_code == 303
    assert amara.send(papers.pdf(filling=b"other"), form=form).status_code == 409
    assert [file.owner_kind for file in pod.files()].count("draft") == 1


def test_R_06_by_api_a_document_comes_in_once_per_key(pod: FilesPod) -> None:
    first = by_api(pod, papers.docx(), "plan.docx", Idempotency_Key="one")
    assert first.status_code == 201 and first.json["name"] == "plan.docx"
    again = by_api(pod, papers.docx(), "plan.docx", Idempotency_Key="one")
    assert again.status_code == 201 and again.json == first.json and again.headers["Idempotent-Replayed"] == "true"
    assert by_api(pod, papers.pdf(), "plan.docx", Idempotency_Key="one").status_code == 422
    assert by_api(pod, papers.docx(), "other.docx", Idempotency_Key="one").status_code == 422


@pytest.mark.parametrize(("content", "status", "words"), [
    (b"MZ" + bytes(200), 422, "a program"), (b"", 422, "is empty"), (bytes(MOST + 1), 413, "the most is 25 MB")])
def test_R_06_the_api_says_what_is_wrong_with_a_file(pod: FilesPod, content: bytes, status: int, words: str) -> None:
    answer = by_api(pod, content)
    assert answer.status_code == status and answer.mimetype == "application/problem+json"
    assert words in answer.json["detail"] and answer.json["errors"][0]["pointer"] == "/file"
    assert pod.sealed() == []


def test_the_api_takes_a_file_in_its_own_part_and_nothing_else_as_one(pod: FilesPod) -> None:
    assert "in a part of its own" in by_api(pod, papers.pdf(), part="other").json["detail"]
    raw = pod.app.test_client().post("/api/v1/papers", data=papers.pdf(), content_type="application/pdf", headers={"Authorization": pod.amara.bearer})
    assert raw.status_code == 415
    elsewhere = pod.app.test_client().post("/api/v1/referrals", data={"file": (io.BytesIO(papers.pdf()), "plan.pdf")},
                                           headers={"Authorization": pod.amara.bearer}, content_type="multipart/form-data")
    assert elsewhere.status_code == 415, "only where a view says that it takes files"


def test_R_06_while_the_scanner_is_away_page_and_api_say_try_again_and_keep_nothing(tmp_path: Path) -> None:
    pod = FilesPod(tmp_path, clamd=f"tcp://127.0.0.1:{free_port()}")
    page, api = Person(pod).send(papers.pdf()), by_api(pod, papers.pdf())
    assert page.status_code == 422 and "could not check this file for viruses just now" in page.text
    assert api.status_code == 503 and api.headers["Retry-After"] == "60"
    assert pod.sealed() == [] == pod.files()


def test_R_06_it_is_on_record_who_found_a_document_clean_and_when(tmp_path: Path) -> None:
    clamd = HandClamd().start()
    try:
        pod = FilesPod(tmp_path, clamd=clamd.addresses[0])
        assert by_api(pod, papers.pdf()).status_code == 201
        assert by_api(pod, papers.pdf(filling=papers.EICAR)).status_code == 422
    finally:
        clamd.stop()
    (file,) = pod.files()
    assert file.scanner == "ClamAV 1.4.6" and file.scanned_at == file.uploaded_at and len(pod.sealed()) == 1


def test_whoever_is_not_signed_in_fills_no_memory_and_leaves_nothing(pod: FilesPod) -> None:
    with pod.app.test_request_context("/papers/", method="POST", data={"file": (io.BytesIO(papers.pdf()), "plan.pdf")}):
        assert request.files["file"].stream.getvalue() == b"" and request.files["file"].stream.size == len(papers.pdf())
    answer = pod.app.test_client().post("/api/v1/papers", data={"file": (io.BytesIO(papers.pdf()), "plan.pdf")}, content_type="multipart/form-data")
    assert answer.status_code == 401 and pod.sealed() == []


def test_after_the_session_ended_what_was_typed_is_there_and_the_file_is_asked_for_again(pod: FilesPod) -> None:
    amara = Person(pod)
    form = amara.form()
    amara.client.delete_cookie("pod")
    answer = amara.send(papers.pdf(), "plan.pdf", form=form, note="Typed with care")
    assert answer.status_code == 401 and "Typed with care" in answer.text and "“plan.pdf” again" in answer.text
    assert pod.sealed() == [] == pod.files()


def test_a_view_that_takes_no_files_reads_no_more_than_before(pod: FilesPod) -> None:
    answer = Person(pod).client.post("/drafts/new", data={"file": (io.BytesIO(bytes(2 * MB)), "x")}, content_type="multipart/form-data")
    assert answer.status_code == 413


def test_no_log_names_a_file_or_a_person(pod: FilesPod, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        Person(pod).send(papers.pdf(), "Rosa Quill.pdf")
        Person(pod).send(b"MZ Rosa Quill", "Rosa Quill.pdf")
    assert "was not taken: wrong kind" in caplog.text and "Quill" not in caplog.text and "osei" not in caplog.text


def test_R_06_a_drafts_documents_become_the_referrals_and_are_seen_to_be_the_same(any_database: Any, tmp_path: Path) -> None:
    pod = FilesPod(tmp_path, str(any_database.engine.url.render_as_string(hide_password=False)).replace("test.db", "{service}.db"))
    by_api(pod, papers.pdf(), "first.pdf")
    by_api(pod, papers.docx(), "second.docx")
    referral = Owner("referral", "22222222-2222-4222-8222-222222222222")
    keys = vault_of(pod.settings).keys
    with pod.room.database.transaction() as connection:
        assert records.hand_over(connection, DRAFT, referral) == 2
        assert [file.name for file in records.of(connection, referral)] == ["first.pdf", "second.docx"]
        same = records.same(connection, referral, keys.digests(papers.docx()))
        assert same and same.name == "second.docx" and records.same(connection, DRAFT, keys.digests(papers.docx())) is None
        assert records.find(connection, same.id, DRAFT) is None and records.find(connection, same.id, referral) == same
        assert records.release(connection, referral, same.id) == 1
    keep_house(pod.room)
    assert [file.name for file in pod.files()] == ["first.pdf"] and len(pod.sealed()) == 1


def test_R_06_housekeeping_removes_what_nobody_claimed_and_what_was_let_go(pod: FilesPod) -> None:
    amara = Person(pod)
    amara.send(papers.pdf())
    amara.send(papers.png(), "screen.png", note="")
    keep_house(pod.room)
    assert len(pod.files()) == len(pod.sealed()) == 2, "what waits, waits a day"
    with pod.room.database.transaction() as connection:
        table = pod.room.metadata.tables["files"]
        connection.execute(table.update().values(uploaded_at=pod.room.database.now(connection) - DAYS * 2))
    keep_house(pod.room)
    (file,) = pod.files()
    assert file.owner_kind == "draft" and [path.name for path in pod.sealed()] == [file.id]
    with pod.room.database.transaction() as connection:
        records.release(connection, DRAFT)
        assert records.of(connection, DRAFT) == [] and {one.name for one in map(records.File._make, connection.execute(table.select()))} == {""}
    keep_house(pod.room)
    assert pod.files() == [] == pod.sealed()


def test_R_06_a_housekeeper_that_was_interrupted_begins_again_where_it_was(pod: FilesPod) -> None:
    Person(pod).send(papers.pdf())
    with pod.room.database.transaction() as connection:
        records.release(connection, DRAFT)
    vault_of(pod.settings).remove(pod.files()[0].id)  # and here it was interrupted
    keep_house(pod.room)
    assert pod.files() == []


def test_a_service_keeps_its_house_by_the_hour(pod: FilesPod) -> None:
    Person(pod).send(papers.pdf())
    with pod.room.database.transaction() as connection:
        records.release(connection, DRAFT)
    pod.room._pruned = -1e9
    pod.room.tick()
    assert pod.sealed() == []
