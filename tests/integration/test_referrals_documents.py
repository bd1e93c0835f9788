"""R-06: documents with their files, on the page and by the API; who looked; what is taken out; when one lapses."""
from __future__ import annotations

import io
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.referrals.files.housekeeping import keep_house
from services.referrals.files.unfit import MB
from shared.calendar import end_of_london_day, start_of_london_day
from tests.integration.files_room import FilesPod
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Caller, Pod
from tests.integration.test_referrals_triage import AMARA, HELEN, WREN, at
from tests.support import papers
from tests.support.clamd import HandClamd

PLAN = papers.pdf(filling=b"the plan of Rosa")


def upload(caller: Caller, id_: str, content: bytes = PLAN, name: str = "plan.pdf", **given: str) -> Any:
    return caller.client.post(f"/api/v1/referrals/{id_}/documents", data={**given, "file": (io.BytesIO(content), name)},
                              content_type="multipart/form-data", headers={"Authorization": caller.bearer})


def typed(pod: Pod, days: int = 3, **more: Any) -> dict[str, Any]:
    return {"kind": "care_plan", "dated": pod.ago(days).split("-")[::-1], **more}


def attached(content: bytes, name: str = "plan.pdf") -> Any:
    return (io.BytesIO(content), name)


def paper(answer: Any, dated: str) -> dict[str, Any]:
    return next(one for one in answer.json["documents"] if one["dated"] == dated)


def sealed(pod: Pod) -> int:
    return len([path for path in pod.settings.files_folder.rglob("*") if path.is_file()])


def test_R_06_a_document_with_its_file_is_added_and_read_and_every_look_is_on_record(either: Pod):
    id_ = either.sent(documents=[])
    added = upload(either.amara, id_, kind="care_plan", dated=either.ago(9))
    assert added.status_code == 201, added.text
    one = paper(added, either.ago(9))
    assert (one["file_name"], one["file_size"], one["media_type"], one["added_by"], one["state"]) == (
        "plan.pdf", len(PLAN), "application/pdf", "Amara Osei", "up_to_date")
    got = either.wren.get(f"/{id_}/documents/{one['id']}/file")
    assert got.status_code == 200 and got.data == PLAN and got.headers["Content-Disposition"] == "attachment; filename=plan.pdf"
    seen = either.amara.get(f"/{id_}").json["documents"][0]
    assert seen["last_look"]["by"] == "Wren Callaghan" and seen["last_look"]["at"]
    looks = either.helen.get(f"/{id_}/looks").json["items"]
    assert [(look["who"]["name"], look["what"], look["document_id"]) for look in looks][1] == ("Wren Callaghan", "document", one["id"])


def test_R_14_the_file_of_somebody_elses_referral_is_not_there(pod: Pod):
    id_, other = pod.sent(documents=[]), pod.sent(documents=[], citizen={**pod.body()["citizen"], "name": "Otto Lind", "nhs_number": "9876543210"})
    document = paper(upload(pod.amara, id_, kind="care_plan", dated=pod.ago(9)), pod.ago(9))["id"]
    assert pod.priya.get(f"/{id_}/documents/{document}/file").status_code == 404
    assert pod.amara.get(f"/{other}/documents/{document}/file").status_code == 404
    assert upload(pod.priya, id_, kind="care_plan", dated=pod.ago(9)).status_code == 404


def test_R_06_whoever_triages_or_accepts_sees_which_document_nobody_has_uploaded(pod: Pod):
    id_ = pod.sent()
    upload(pod.amara, id_, kind="care_plan", dated=pod.ago(9))
    decided = at(pod, HELEN, id_, "/accept")
    assert "CPA care plan of" in decided and "plan.pdf" in decided and decided.count("no file here: ask to see it") == 1
    assert decided.count("CPA care plan of") == 2 and "Steve Morgan risk assessment of" in decided  # in its rule, too
    assert at(pod, WREN, id_).count("No file here: ask to see it") == 1 and "ask to see it" not in at(pod, AMARA, id_)


def test_R_06_a_document_without_its_file_is_noted_as_before(pod: Pod):
    id_ = pod.sent(documents=[])
    answer = pod.amara.post(f"/{id_}/documents", {"kind": "care_plan", "dated": pod.ago(9)})
    assert answer.status_code == 201 and paper(answer, pod.ago(9))["file"] is None
    assert pod.amara.get(f"/{id_}/documents/{paper(answer, pod.ago(9))['id']}/file").status_code == 404


def test_what_is_wrong_with_an_upload_is_said_at_its_part_and_nothing_is_kept(pod: Pod):
    id_ = pod.sent(documents=[])
    cases = [({"content": b"MZ" + bytes(200), "name": "plan.pdf"}, 422, "/file"), ({"content": bytes(26 * MB), "name": "photo.jpg"}, 413, "/file"),
             ({"dated": "2999-01-01"}, 422, "/dated"), ({"kind": "letter"}, 422, "/kind")]
    for changed, status, pointer in cases:
        answer = upload(pod.amara, id_, **{"kind": "care_plan", "dated": pod.ago(9), **changed})
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (status, pointer), answer.text
    short = pod.amara.post(f"/{id_}/documents", {"kind": "care_plan", "dated": pod.ago(9), "expires_on": pod.ago(10)})
    assert short.status_code == 422 and short.json["errors"] == [{"pointer": "/expires_on", "detail": "is before the date of the document"}]
    nothing = pod.amara.client.post(f"/api/v1/referrals/{id_}/documents", data={"kind": "care_plan", "dated": pod.ago(9)},
                                    content_type="multipart/form-data", headers={"Authorization": pod.amara.bearer})
    assert nothing.status_code == 422 and nothing.json["errors"][0]["pointer"] == "/file"
    assert pod.amara.get(f"/{id_}").json["documents"] == []


def test_R_06_the_very_same_file_twice_is_noticed_and_may_be_another_kind(pod: Pod):
    id_ = pod.sent(documents=[])
    assert upload(pod.amara, id_, kind="care_plan", dated=pod.ago(9)).status_code == 201
    again = upload(pod.wren, id_, name="copy.pdf", kind="care_plan", dated=pod.ago(2))
    assert again.status_code == 409 and again.json["errors"][0]["pointer"] == "/file" and "here already" in again.json["detail"]
    assert upload(pod.amara, id_, kind="risk_assessment", dated=pod.ago(9)).status_code == 201


def test_a_document_taken_out_leaves_the_vault_and_the_row_says_who_and_why(either: Pod):
    id_ = either.sent()
    document = paper(upload(either.amara, id_, kind="care_plan", dated=either.ago(3)), either.ago(3))["id"]
    answer = either.wren.post(f"/{id_}/documents/{document}/remove", {"reason": "It is somebody else’s."})
    gone = answer.json["documents_removed"]
    assert [(one["kind"], one["removed_by"], one["reason"]) for one in gone] == [("care_plan", "Wren Callaghan", "It is somebody else’s.")]
    assert document not in {one["id"] for one in answer.json["documents"]}
    assert either.wren.get(f"/{id_}/documents/{document}/file").status_code == 404
    before = sealed(either)
    keep_house(either.room)
    assert (before, sealed(either)) == (1, 0)
    assert either.wren.post(f"/{id_}/documents/{document}/remove", {"reason": "again"}).status_code == 409


def test_R_13_a_merged_referral_takes_its_files_along(pod: Pod):
    first = pod.sent(documents=[])
    second = pod.sent(documents=[], duplicate_reason="I did not know.")
    document = paper(upload(pod.amara, second, kind="care_plan", dated=pod.ago(9)), pod.ago(9))["id"]
    assert pod.wren.post(f"/{second}/merge", {"into": first, "reason": "The same person"}).status_code == 200
    (moved,) = pod.wren.get(f"/{first}").json["documents"]
    assert pod.wren.get(f"/{first}/documents/{moved['id']}/file").data == PLAN
    assert moved["id"] != document


def test_the_page_adds_a_document_with_its_file_and_lists_it(pod: Pod):
    id_ = pod.sent(documents=[])
    amara = Browser(pod, "amara.osei@cmhwt.example")
    answer = amara.send(f"/{id_}/documents/add", typed(pod, file=attached(PLAN)))
    assert answer.status_code == 303, re.sub(r"\s+", " ", answer.text)
    shown = amara.get(f"/{id_}").text
    assert "plan.pdf" in shown and "Amara Osei" in shown and "Missing" in shown
    document = pod.amara.get(f"/{id_}").json["documents"][0]["id"]
    assert amara.get(f"/{id_}/documents/{document}/file").data == PLAN
    answer = amara.send(f"/{id_}/documents/{document}/remove", {"reason": "It has the wrong date"})
    assert answer.status_code == 303 and "Taken out (1)" in amara.get(f"/{id_}").text


@pytest.mark.parametrize(("content", "name", "words"), [
    (bytes(40 * MB), "photo.jpg", "The file is 40 MB; the most is 25 MB."), (b"MZ" + bytes(200), "plan.pdf", "program"),
    (b"just words", "plan.txt", "PDF")], ids=["40 MB photo", "a program", "a wrong type"])
def test_a_file_that_cannot_be_taken_is_said_at_its_box_and_the_rest_typed_stays(pod: Pod, content: bytes, name: str, words: str):
    id_ = pod.sent(documents=[])
    answer = Browser(pod, "amara.osei@cmhwt.example").send(f"/{id_}/documents/add", typed(pod, file=attached(content, name)))
    assert answer.status_code == 422 and words in answer.text and 'href="#file"' in answer.text
    assert f'value="{int(pod.ago(3)[-2:]):02}"' in answer.text and re.search(r'value="care_plan"[^>]* checked', answer.text)


def test_a_good_file_need_not_be_chosen_again_when_the_date_was_wrong(pod: Pod):
    id_ = pod.sent(documents=[])
    amara = Browser(pod, "amara.osei@cmhwt.example")
    wrong = amara.send(f"/{id_}/documents/add", typed(pod, file=attached(PLAN), dated=["31", "2", "2026"]))
    assert wrong.status_code == 422 and "plan.pdf”" in wrong.text
    right = amara.send(f"/{id_}/documents/add", typed(pod), page=wrong)
    assert right.status_code == 303 and pod.amara.get(f"/{id_}").json["documents"][0]["file_name"] == "plan.pdf"


def test_a_virus_is_not_taken_and_the_answer_says_so(tmp_path: Path):
    clamd = HandClamd().start()
    try:
        pod = FilesPod(tmp_path, clamd=clamd.addresses[0])
        id_ = pod.sent(documents=[])
        answer = upload(pod.amara, id_, papers.pdf(filling=papers.EICAR), kind="care_plan", dated=pod.ago(9))
        assert answer.status_code == 422 and "virus" in answer.json["errors"][0]["detail"] and sealed(pod) == 0
        page = Browser(pod, "amara.osei@cmhwt.example").send(f"/{id_}/documents/add", typed(pod, file=attached(papers.pdf(filling=papers.EICAR))))
        assert page.status_code == 422 and "virus" in page.text
    finally:
        clamd.stop()


def look_on(pod: Pod, moment: Any) -> None:
    """Let the clock of the service reach a moment."""
    vars(pod.room.database)["now"] = lambda connection: moment
    try:
        while pod.room.database.run(pod.room.keeper.look):
            pass
    finally:
        del vars(pod.room.database)["now"]


def months_on(day: str, months: int) -> date:
    from services.referrals.clocks import add_months
    return add_months(date.fromisoformat(day), months)


def test_R_06_a_lapse_is_warned_of_fourteen_days_ahead_once_and_taken_back_when_a_newer_comes(either: Pod):
    dated = either.ago(30)
    id_ = either.sent(documents=[{"kind": "care_plan", "dated": either.ago(1)}, {"kind": "risk_assessment", "dated": dated}])
    assert either.helen.post(f"/{id_}/accept").status_code == 200
    last = months_on(dated, 6)
    warn = start_of_london_day(last - timedelta(days=14))
    look_on(either, warn - timedelta(seconds=1))
    assert either.told("referral.document_lapsing") == []
    look_on(either, warn)
    look_on(either, end_of_london_day(last) + timedelta(days=1))
    (event,) = either.told("referral.document_lapsing")
    assert event.data["kind"] == "risk_assessment" and event.data["lapses_on"] == last.isoformat() and event.revision == 1
    assert [one["role"] for one in event.data["told"]] == ["practitioner"]
    either.amara.post(f"/{id_}/documents", {"kind": "risk_assessment", "dated": either.ago(0)})
    assert [one.withdrawn for one in either.told("referral.document_lapsing")] == [False, True]


def test_R_06_its_own_expiry_lapses_a_document_before_its_age_does(pod: Pod):
    soon = (pod.today() + timedelta(days=20)).isoformat()
    id_ = pod.sent(documents=[{"kind": "care_plan", "dated": pod.ago(1), "expires_on": soon}, {"kind": "risk_assessment", "dated": pod.ago(1)}])
    shown = {one["kind"]: one for one in pod.wren.get(f"/{id_}").json["documents"]}
    assert shown["care_plan"]["lapses_on"] == soon and shown["care_plan"]["state"] == "up_to_date"
    assert shown["care_plan"]["warned_from"] == (pod.today() + timedelta(days=6)).isoformat()
    look_on(pod, start_of_london_day(pod.today() + timedelta(days=6)))
    assert [event.data["lapses_on"] for event in pod.told("referral.document_lapsing")] == [soon]
