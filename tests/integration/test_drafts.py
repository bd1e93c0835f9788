"""A referral is written page by page: kept as it is typed, judged early, sent once."""
from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.referrals.drafts import shelf
from services.referrals.drafts.table import drafts
from services.referrals.files import records
from services.referrals.files.records import Owner
from services.referrals.service import Referrals
from tests.integration.drafts_room import amara, pod
from tests.integration.referral_room import Pod
from tests.support.drafts import AMARA, Writer, answers
from tests.support.papers import pdf

__all__ = ["amara", "pod"]


def row(pod: Pod, root: str) -> Any:
    with pod.room.database.read() as connection:
        return connection.execute(sa.select(drafts).where(drafts.c.id == root.rpartition("/")[2])).mappings().one_or_none()


def written(writer: Writer, **changes: Any) -> str:
    root = writer.begin()
    writer.write(answers(writer.pod.ago, **changes))
    return root


def numbered(number: str, name: str) -> dict[str, Any]:
    return {"nhs_number": {"nhs_number": number}, "name": {"name": name}}


def sent(pod: Pod, writer: Writer) -> Any:
    return pod.amara.get(f"/{writer.at.split('/')[1]}").json


def test_R_01_R_03_R_04_R_06_a_referral_is_written_page_by_page_and_sent(pod: Pod, amara: Writer) -> None:
    root = written(amara)
    assert amara.at == f"{root}/check" and "Nothing is missing: it can be accepted as it stands." in amara.words
    for words in ("Rosa Quill", "17 May 1984", "943 476 5919", "no letters to my home", "British Sign Language", "Bipolar disorder", "Tom Whitfield"):
        assert words in amara.words, words
    amara.post(f"{root}/send")
    assert "Referral sent" in amara.words, amara.words
    referral = sent(pod, amara)
    assert referral["missing"] == [] and referral["citizen"]["interpreter"] == "British Sign Language"
    assert referral["citizen"]["next_of_kin"] == {"name": "Ada Quill", "relationship": "Sister"}
    assert referral["named_person"]["email"] == "tom.whitfield@cmhwt.example" and referral["commitment_months"] == 6
    assert referral["inpatient"] is None and referral["citizen"]["do_not"] == ["no letters to my home"]
    assert row(pod, root)["answers"] == "" and row(pod, root)["sent"] == referral["id"]


def test_every_step_is_one_page_that_says_why_it_is_asked(amara: Writer) -> None:
    root = amara.begin("sip")
    steps = shelf.steps(shelf.PATHWAYS["sip"], False, {})
    assert {"social-issues", "conditions", "reason", "meeting"} <= {step.key for step in steps}
    for step in steps:
        assert amara.get(f"{root}/{step.key}").status_code == 200 and step.why.split(" {")[0] in amara.words, step.key
        assert 1 <= len(step.asks) <= 4 and amara.text.count("<h1") == 1


def test_R_04_too_short_a_commitment_is_told_at_once_and_stops_nobody(amara: Writer) -> None:
    root = written(amara, commitment={"commitment_months": "2"}, **numbered("9000000009", "Bea Moss"))
    amara.get(f"{root}/commitment")
    amara.post(commitment_months="2 months")
    assert amara.at.startswith(f"{root}/document-care-plan") and "at least 3 are needed" in amara.words
    amara.get(root)
    assert "Needs attention" in amara.words
    amara.get(f"{root}/check")
    assert "As it stands it cannot be accepted" in amara.words and "Send it anyway" in amara.text
    assert f"{root}/commitment?to=check" in amara.text


def test_R_05_somebody_under_18_is_told_of_with_the_day_from_which_it_could_be(pod: Pod, amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/date-of-birth")
    amara.post(date_of_birth=list(reversed(pod.ago(365 * 17).split("-"))))
    assert "The citizen is under 18. Refer again from" in amara.words and amara.at.startswith(f"{root}/nhs-number")


def test_R_03_R_06_what_is_missing_links_to_the_step_that_mends_it(amara: Writer) -> None:
    root = amara.begin()
    amara.write({key: one for key, one in answers(amara.pod.ago, **numbered("9000000017", "Cy Ode")).items() if key not in ("named-person", "document-care-plan")})
    amara.get(f"{root}/check")
    assert "The CPA care plan is missing." in amara.words and "Nobody is named who carries risk" in amara.words
    assert f"{root}/document-care-plan?to=check" in amara.text and f"{root}/named-person?to=check" in amara.text
    amara.get(f"{root}/named-person?to=check")
    amara.post(named="me")
    assert amara.at == f"{root}/check" and "Nobody is named" not in amara.words
    amara.post(f"{root}/send")
    assert "Referral sent" in amara.words
    assert sent(amara.pod, amara)["named_person"]["email"] == AMARA


def test_R_06_each_document_that_is_missing_is_told_at_its_own_step(amara: Writer) -> None:
    root = amara.begin()
    amara.write({"document-care-plan": answers(amara.pod.ago)["document-care-plan"]})
    assert amara.at.startswith(f"{root}/document-risk-assessment") and "is missing" not in amara.words
    amara.post(here="later")
    assert "The Steve Morgan risk assessment is missing." in amara.words and f"{root}/document-risk-assessment?to=check" in amara.text
    amara.get(f"{root}/check")
    todo = amara.text.partition("Still to answer")[2].partition("</ul>")[0]
    assert f"{root}/reason?" in todo and "document" not in todo


def test_R_09_ward_and_section_are_asked_of_somebody_in_hospital_only(pod: Pod, amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/hospital")
    amara.post(in_hospital="yes")
    assert amara.at == f"{root}/ward"
    amara.post(ward="Oak", legal_status="02")
    amara.get(f"{root}/check")
    assert "Oak" in amara.words and "Section 2" in amara.words
    amara.get(f"{root}/hospital?to=check")
    amara.post(in_hospital="no")
    assert amara.at == f"{root}/check" and "Oak" not in amara.words


def test_R_10_social_issues_are_asked_on_the_sip_pathway_and_the_wrong_team_is_told_early(amara: Writer) -> None:
    amara.get("/drafts/new")
    assert amara.words.index("Core pathway") < amara.words.index("Pathways for other teams") < amara.words.index("Short intensive pathway")
    root = amara.begin("sip")
    amara.get(root)
    assert "which may not refer to this pathway. It cannot be sent." in amara.words
    assert amara.get(f"{root}/social-issues").status_code == 200
    amara.post(social_issues=["debt", "housing"])
    amara.get(f"{root}/check")
    assert "Debt" in amara.words and "Eviction or housing" in amara.words


def test_R_02_a_practitioner_of_the_wrong_team_loses_nothing_when_it_is_refused(amara: Writer) -> None:
    root = amara.begin("sip")
    given = answers(amara.pod.ago, **numbered("9000000025", "Di Fenn"))
    amara.write({key: one for key, one in given.items() if not key.startswith("document-")})
    amara.post(f"{root}/send", **amara.hidden())
    assert amara.first.status_code == 422 and "It was not sent" in amara.words and "Di Fenn" in amara.words
    assert amara.title.startswith("Error: ")


def test_what_cannot_be_taken_is_kept_as_typed_and_shown_with_what_to_do(amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/date-of-birth")
    amara.post(date_of_birth=["17", "mrach", "1984"])
    assert amara.title.startswith("Error: ") and "The month of the date of birth must be a number or a name" in amara.words
    again = Writer(amara.pod, AMARA)  # another device
    again.get(f"{root}/date-of-birth")
    assert again.box("date_of_birth") == ["17", "mrach", "1984"] and again.title.startswith("Error: ")
    again.get(root)
    assert "Needs attention" in again.words
    again.get(f"{root}/check")
    assert "What you entered cannot be taken yet" in again.words


@pytest.mark.parametrize(("step", "fields", "kept", "words"), [
    ("date-of-birth", {"date_of_birth": ["27 March 1985", "", ""]}, "27 March 1985", ""),
    ("date-of-birth", {"date_of_birth": ["1985", "3", "27"]}, "27 March 1985", ""),
    ("date-of-birth", {"date_of_birth": ["17", "5", "2084"]}, "", "The date of birth must not be in the future"),
    ("nhs-number", {"nhs_number": " 943\u00a0476-5919 "}, "943 476 5919", ""),
    ("nhs-number", {"nhs_number": "943 476 5918"}, "", "The NHS number is not right: check each of its 10 digits"),
    ("nhs-number", {"nhs_number": ""}, "", "Enter the citizen’s NHS number"),
    ("nhs-number", {"nhs_number": "999 999 9999"}, "", "This is a placeholder, not an NHS number. Ask the citizen or look it up on the Spine"),
    ("name", {"name": "Siân O'Dowd-O’Neill"}, "Siân O'Dowd-O’Neill", ""),
    ("name", {"name": "Prince"}, "Prince", ""),
    ("name", {"name": "x" * 200}, "x" * 200, ""),
    ("name", {"name": "x" * 201}, "", "The citizen’s name is longer than 200 characters"),
    ("reason", {"reason": "\ufeff“Music”\u00a0and\u200b a\tflat\u2028\x0b– soon 🎸👩\u200d👧"}, "“Music” and a flat – soon 🎸👩\u200d👧", ""),
    ("reach", {"email": "rosa at home"}, "", "Enter the email address like name@example.com"),
    ("commitment", {"commitment_months": "six"}, "", "The months must be a whole number, like 3"),
    ("document-care-plan", {"here": "here"}, "", "Enter the date of the CPA care plan"),
    ("document-care-plan", {"here": "here", "dated": ["1", "1", "2024"], "expires_on": ["1", "1", "2023"]}, "", "must not be before its date"),
    ("next-of-kin", {"kin_telephone": "024 7655 0000"}, "", "Enter the name of who should be rung"),
    ("meeting", {"meeting_preference": "by_balloon"}, "", "Choose how the citizen would like to meet"),
])
def test_bad_input_is_read_sensibly_or_told_in_words(amara: Writer, step: str, fields: dict[str, Any], kept: str, words: str) -> None:
    root = amara.begin()
    amara.get(f"{root}/{step}")
    amara.post(**fields)
    if words:
        assert words in amara.words and amara.at.startswith(f"{root}/{step}") and amara.title.startswith("Error: ")
        typed = next(iter(fields.values()))
        assert typed == "by_balloon" or isinstance(typed, list) or typed in ("here", *amara.box(next(iter(fields))))
    else:
        amara.get(f"{root}/check")
        assert kept in amara.words


@pytest.mark.parametrize("pathway", sorted(shelf.PATHWAYS))
def test_R_11_R_13_the_nhs_number_may_be_left_out_where_the_pathway_says_so(amara: Writer, pathway: str) -> None:
    must = shelf.PATHWAYS[pathway].nhs_number_required
    root = amara.begin(pathway)
    amara.get(f"{root}/nhs-number")
    assert ("NHS number? (optional)" in amara.words, "Leave it empty if you do not know it." in amara.words) == (not must, not must)
    amara.post(nhs_number="")
    assert (amara.at == f"{root}/reach", "Enter the citizen’s NHS number" in amara.words) == (not must, must)
    amara.get(f"{root}/check")
    todo = amara.text.partition("Still to answer")[2].partition("</ul>")[0]
    assert f"{root}/reason?" in todo and (f"{root}/nhs-number?" in todo) == must


def test_R_11_a_practitioner_sends_a_referral_for_prevention_without_an_nhs_number(pod: Pod, amara: Writer) -> None:
    root = amara.begin("prevention")
    given = answers(pod.ago, name={"name": "Kit Vane"}, nhs_number={"nhs_number": "4444444444"}, conditions={"conditions": ["other"]},
                    commitment={"commitment_months": "0"})
    amara.write({key: one for key, one in given.items() if not key.startswith("document-")})
    amara.get(f"{root}/nhs-number")
    assert "This is a placeholder, not an NHS number. Leave it empty if you do not know it" in amara.words and amara.box("nhs_number") == ["4444444444"]
    amara.post(nhs_number="")
    amara.get(f"{root}/check")
    amara.post(f"{root}/send")
    assert "Referral sent" in amara.words, amara.words
    assert (sent(pod, amara)["citizen"]["nhs_number"], sent(pod, amara)["commitment_months"]) == (None, 0)


def test_a_draft_is_its_writers_alone(pod: Pod, amara: Writer) -> None:
    root = amara.begin()
    colleague = Writer(pod, "tom.whitfield@cmhwt.example")
    for path in (root, f"{root}/name", f"{root}/check", f"{root}/delete"):
        assert colleague.get(path).status_code == 404
    colleague.get("/drafts/new")
    assert colleague.post(f"{root}/name", name="Mine").status_code == 404
    assert Writer(pod, "helen.marsh@pod.example").get(root).status_code == 404


def test_a_draft_sent_twice_from_two_tabs_is_one_referral(pod: Pod, amara: Writer) -> None:
    root = written(amara, **numbered("9000000033", "Eve Tor"))
    hidden = amara.hidden()
    amara.post(f"{root}/send", hidden=False, **hidden)
    first = amara.at
    amara.post(f"{root}/send", hidden=False, **{**hidden, "submission": "the other tab's"})
    assert amara.at == first and "Referral sent" in amara.words
    assert amara.get(f"{root}/name").status_code == 200 and amara.at == first
    assert [one["citizen"] for one in pod.amara.get().json["items"]].count("Eve Tor") == 1


def test_R_13_somebody_who_may_be_with_us_is_sent_with_a_reason_asked_after_sending(pod: Pod, amara: Writer) -> None:
    pod.sent(citizen={"name": "Noor Haddad", "date_of_birth": "1984-05-17", "nhs_number": "9000000041"})
    root = written(amara, **numbered("9000000041", "Noor Haddad"))
    amara.get(root)
    assert "Why do you send it" not in amara.words
    amara.get(f"{root}/check")
    amara.post(f"{root}/send")
    assert amara.first.status_code == 422 and "This person may already be with us: say why you send it." in amara.words
    amara.post(f"{root}/duplicate?to=check", duplicate_reason="The first was for her sister.")
    assert amara.at == f"{root}/check" and "The first was for her sister." in amara.words
    amara.post(f"{root}/send")
    assert "Referral sent" in amara.words


def test_R_13_an_nhs_number_known_of_another_person_gets_the_same_question(pod: Pod, amara: Writer) -> None:
    pod.sent(citizen={"name": "Lev Marlowe", "date_of_birth": "1961-02-03", "nhs_number": "9000000092"})
    root = written(amara, **numbered("9000000092", "Ines Calloway"))
    amara.post(f"{root}/send")
    assert "This person may already be with us: say why you send it." in amara.words and "Marlowe" not in amara.text


def test_R_06_a_file_uploaded_with_a_draft_goes_with_the_referral_and_is_kept_where_its_date_is_wrong(pod: Pod, amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/document-care-plan")
    amara.client.post(f"{root}/document-care-plan", content_type="multipart/form-data", data={
        **amara.hidden(), "here": "here", "dated": ["31", "2", "2026"], "file": (BytesIO(pdf()), "plan.pdf")})
    amara.get(f"{root}/document-care-plan")
    assert "plan.pdf" in amara.words and amara.title.startswith("Error: ")
    id_ = root.rpartition("/")[2]
    with pod.room.database.read() as connection:
        (file,) = records.of(connection, Owner("draft", id_))
    amara.write(answers(pod.ago, **numbered("9000000068", "Flo Hart")))
    amara.post(f"{root}/send")
    referral = sent(pod, amara)
    assert [one["file"] for one in referral["documents"] if one["kind"] == "care_plan"] == [file.id]
    with pod.room.database.read() as connection:
        assert [one.id for one in records.of(connection, Owner("referral", referral["id"]))] == [file.id]


def test_R_07_times_given_go_with_the_referral(pod: Pod, amara: Writer) -> None:
    root = written(amara, **numbered("9000000076", "Gus Kerr"))
    amara.get(f"{root}/times")
    slot = amara.box("citizen_times")[0]
    amara.post(citizen_times=[slot], practitioner_times=[slot])
    amara.get(f"{root}/check")
    amara.post(f"{root}/send")
    given = sent(pod, amara)["meeting"]["availability"]
    assert len(given["citizen"]) == len(given["practitioner"]) == 1


def test_a_draft_has_its_time_and_goes_with_its_files(tmp_path: Path) -> None:
    pod = Pod(tmp_path)
    amara = Writer(pod, AMARA)
    old, young = amara.begin(), amara.begin()
    assert row(pod, old)["expires_at"] - row(pod, old)["changed_at"] == timedelta(days=90)
    with pod.room.database.transaction() as connection:
        connection.execute(drafts.update().where(drafts.c.id == old.rpartition("/")[2]).values(
            expires_at=pod.room.database.now(connection) - timedelta(seconds=1)))
    Referrals.keep_house(pod.room)
    assert row(pod, old) is None and row(pod, young) is not None
    amara.get(f"{young}/delete")
    amara.post()
    assert row(pod, young) is None and "The draft was deleted." in amara.words


def test_a_page_of_the_form_asks_little_of_the_database(pod: Pod, amara: Writer) -> None:
    root = written(amara, **numbered("9000000084", "Hal Ince"))
    said: list[str] = []
    engine = pod.room.database.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    for step in answers(pod.ago):
        said.clear()
        amara.client.get(f"{root}/{step}")
        assert len(said) <= 5, said
    amara.get(f"{root}/name")
    said.clear()
    amara.client.post(f"{root}/name", data={**amara.hidden(), "name": "Hal Inch"})
    assert len(said) <= 10, said


def test_R_02_the_team_the_directory_has_confirmed_is_the_one_that_is_judged(tmp_path: Path) -> None:
    pod = Pod(tmp_path)
    said = {"email": AMARA, "name": "Amara Osei", "kind": "practitioner", "roles": [], "team": "Home Treatment Team"}
    headers = {"Authorization": pod.helen.bearer}
    pod.app.test_client().post("/api/v1/teams", json={"name": "Home Treatment Team"}, headers=headers)
    answer = pod.app.test_client().post("/api/v1/members", json=said, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    amara = Writer(pod, AMARA)
    amara.get("/drafts/new")
    assert amara.words.index("Short intensive pathway") < amara.words.index("Pathways for other teams") < amara.words.index("Core pathway")
    root = amara.begin("core")
    amara.get(f"{root}/check")
    assert "You are of the Home Treatment Team, which may not refer to this pathway." in amara.words


def test_an_address_with_anything_in_it_is_answered(amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/name")
    assert amara.client.post(f"{root}/name?to=a%0d%0ab&after=%00", data={**amara.hidden(), "name": ""}).status_code == 303
    assert amara.client.get(f"{root}/name?after=%0d%0a%f0").status_code == 200
    assert amara.client.get(f"{root}/no-such-step").status_code == 404 and amara.client.get("/drafts/x/name").status_code == 404
