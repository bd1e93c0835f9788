"""What is typed on a page of the form is kept: skipped, gone back from, left for later, in two tabs, after the session."""
from __future__ import annotations

from io import BytesIO

from tests.integration.drafts_room import amara, pod
from tests.integration.referral_room import Pod
from tests.support.drafts import AMARA, Writer
from tests.support.papers import pdf

__all__ = ["amara", "pod"]


def test_saving_for_later_leaves_an_empty_step_as_it_was(amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/name")
    amara.post(then="later", name="")
    assert amara.at == root and "Needs attention" not in amara.words
    amara.get(f"{root}/name")
    amara.post(then="later", name="Rosa")
    assert amara.at == root and "Referral of Rosa" in amara.words
    amara.get("/")
    assert "Rosa" in amara.words and "Your drafts" in amara.words


def test_a_step_that_is_skipped_keeps_what_was_typed_faults_and_all_and_goes_on(amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/reason")
    amara.post(then="skip", reason="Music")
    assert amara.at == f"{root}/hospital"
    amara.get(f"{root}/date-of-birth")
    amara.post(then="skip", date_of_birth=["17", "mrach", "1984"])
    assert amara.at == f"{root}/nhs-number"
    amara.post(then="skip", nhs_number="")
    assert amara.at == f"{root}/reach"
    amara.get(f"{root}/reason")
    assert amara.box("reason") == ["Music"]
    amara.get(f"{root}/date-of-birth")
    assert amara.box("date_of_birth") == ["17", "mrach", "1984"] and amara.title.startswith("Error: ")
    amara.get(f"{root}/nhs-number")
    assert not amara.title.startswith("Error: ")


def test_a_step_that_is_skipped_after_check_your_answers_goes_back_there(amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/reach?to=check")
    amara.post(then="skip", email="rosa at home")
    assert amara.at == f"{root}/check" and "What you entered cannot be taken yet" in amara.words


def test_what_is_typed_before_going_back_is_kept(amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/date-of-birth")
    amara.post(then="back", date_of_birth=["17", "5", "1984"])
    assert amara.at == f"{root}/name"
    amara.post(then="back", name="")
    assert amara.at == f"{root}/conversation"
    amara.get(f"{root}/name")
    assert not amara.title.startswith("Error: ")
    amara.get(f"{root}/date-of-birth")
    assert amara.box("date_of_birth") == ["17", "5", "1984"]


def test_a_file_alone_is_something_to_keep_when_a_step_is_skipped(amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/document-care-plan")
    amara.client.post(f"{root}/document-care-plan", content_type="multipart/form-data",
                      data={**amara.hidden(), "then": "skip", "file": (BytesIO(pdf()), "plan.pdf")})
    amara.get(f"{root}/document-care-plan")
    assert "The file “plan.pdf” is here." in amara.words


def test_two_tabs_save_different_steps_and_neither_is_lost(amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/name")
    first = amara.hidden()
    amara.get(f"{root}/reason")
    amara.post(reason="Music")
    amara.post(f"{root}/name", hidden=False, **first, name="Rosa Quill")
    amara.get(f"{root}/check")
    assert "Rosa Quill" in amara.words and "Music" in amara.words


def test_a_step_changed_in_another_tab_shows_both_and_loses_nothing(amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/name")
    first = amara.hidden()
    amara.post(name="Rosa Quill")
    answer = amara.post(f"{root}/name", hidden=False, **{**first, "submission": "another"}, name="Rosa Quell")
    assert answer.status_code == 422 and "changed in another tab" in amara.words and "Rosa Quill" in amara.words
    assert amara.box("name") == ["Rosa Quell"]
    amara.post(name="Rosa Quell")
    amara.get(f"{root}/check")
    assert "Rosa Quell" in amara.words


def test_a_form_open_when_the_session_ended_is_sent_after_signing_in_again(pod: Pod, amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/name")
    hidden = amara.hidden()
    amara.client.delete_cookie("pod")
    answer = amara.post(f"{root}/name", hidden=False, **hidden, name="Rosa Quill")
    assert answer.status_code == 401 and "Rosa Quill" in amara.text and "Seen" not in amara.words
    fresh = Writer(pod, AMARA)
    fresh.get(f"{root}/reach")
    fresh.post(f"{root}/name", hidden=False, **{**hidden, "csrf_token": fresh.hidden()["csrf_token"]}, name="Rosa Quill")
    fresh.get(f"{root}/check")
    assert "Rosa Quill" in fresh.words
