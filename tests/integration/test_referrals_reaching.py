"""A way to be contacted that cannot work is noticed wherever it is said, and loses nothing that was typed."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.referrals import reaching, store
from services.referrals.forms import WAYS
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_drafts_api import Drafts
from tests.integration.test_referrals_triage import AMARA, PRIYA, WREN, at, send, typed, words
from tests.support.drafts import Writer, answers

WHO = {"name": "Rosa Quill", "date_of_birth": "1984-05-17", "nhs_number": "943 476 5919"}
NEEDS = {"telephone": ("telephone", "07700 900123"), "text": ("telephone", "07700 900123"), "email": ("email", "rosa@example.org"),
         "letter": ("address", "1 Elm Row")}
MISSING = "A text message needs a telephone number: enter one, or choose another way"


@pytest.fixture
def amara(pod: Pod) -> Writer:
    return Writer(pod, AMARA)


def written(writer: Writer, **changes: Any) -> str:
    root = writer.begin()
    writer.write({**answers(writer.pod.ago), **changes})
    return root


def test_every_way_has_what_it_needs() -> None:
    assert set(reaching.NEEDS) == {key for key, _ in WAYS} == set(NEEDS)


@pytest.mark.parametrize("way", ["telephone", "text", "email"])
def test_N_04_a_check_points_at_what_the_way_needs_and_a_system_that_sends_all_the_same_is_not_refused(pod: Pod, way: str) -> None:
    field, value = NEEDS[way]
    answer = pod.amara.post("/check", pod.body(citizen={**WHO, "contact_by": way, "reason": ""}))
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert error["pointer"] == f"/citizen/{field}" and "choose another way" in error["detail"]
    assert pod.amara.post("/check", pod.body(citizen={**WHO, "contact_by": way, field: value})).status_code == 200
    assert "was not given" in at(pod, WREN, pod.sent(citizen={**WHO, "contact_by": way}))


def test_N_04_what_is_wrong_with_a_number_is_said_once(pod: Pod) -> None:
    answer = pod.amara.post("/check", pod.body(citizen={**WHO, "contact_by": "email", "email": "rosa at home"}))
    (error,) = answer.json["errors"]
    assert error["pointer"] == "/citizen/email" and "is missing" not in error["detail"]


def test_N_04_a_letter_is_taken_of_a_system_that_cannot_say_an_address_and_staff_see_that_there_is_none(pod: Pod) -> None:
    id_ = pod.sent(citizen={**WHO, "contact_by": "letter"})
    assert "Letter, but an address was not given" in at(pod, WREN, id_)
    assert send(pod, WREN, f"/{id_}/amend/contact", contact_by="letter", address="1 Elm Row", amendment_reason="She told me.").status_code == 303
    assert "was not given" not in at(pod, WREN, id_)


def test_N_04_a_wish_in_own_words_is_not_judged(pod: Pod) -> None:
    pod.sent(citizen={**WHO, "contact_by": "letter", "address": "1 Elm Row", "do_not": ["no letters to my home"]})


# The form.

@pytest.mark.parametrize("way", sorted(NEEDS))
def test_N_04_the_page_that_asks_for_the_way_says_what_it_needs_and_keeps_all_that_was_typed(amara: Writer, way: str) -> None:
    root = amara.begin()
    field, value = NEEDS[way]
    amara.get(f"{root}/contact")
    amara.post(contact_by=way, contact_when="After 2pm", do_not="no letters to my home")
    need = reaching.NEEDS[way]
    assert amara.at == f"{root}/contact" and f"needs {need.what}: enter one, or choose another way" in amara.words
    assert amara.box("contact_when") == ["After 2pm"] and amara.box("do_not") == ["no letters to my home"]
    assert f'value="{way}" checked' in amara.text and amara.title.startswith("Error: ")
    assert f'href="/referrals{root}/reach"' in amara.text and f"Enter {need.what}" in amara.words
    amara.get(f"{root}/reach")
    amara.post(**{field: value})
    assert amara.at == f"{root}/contact" and "choose another way" not in amara.words


def test_N_04_check_your_answers_names_what_is_missing_with_links_to_both_pages_that_mend_it(amara: Writer) -> None:
    root = written(amara, reach={"email": "rosa@example.org"})
    amara.get(f"{root}/check")
    todo = amara.words.partition("Still to answer before you can send")[2].partition("The conversation")[0]
    assert MISSING in todo and "How can the citizen be reached" not in todo and "Send the referral" not in amara.words
    assert f'{root}/contact?to=check"' in amara.text and f'{root}/reach?to=check"' in amara.text
    amara.get(f"{root}/name")
    amara.post(f"{root}/send")  # from a page that was open before
    assert amara.first.status_code == 422 and MISSING in amara.words
    amara.get(root)
    assert "How does the citizen want to be contacted? Needs attention" in amara.words
    amara.get(f"{root}/contact?to=check")
    amara.post(contact_by="email", do_not="no letters to my home")
    assert amara.at == f"{root}/check" and "Still to answer" not in amara.words
    amara.post(f"{root}/send")
    assert "Referral sent" in amara.words


def test_N_04_a_number_cleared_afterwards_leads_to_the_page_that_asks_for_the_way(amara: Writer) -> None:
    root = written(amara)
    amara.get(f"{root}/reach?to=check")
    amara.post(telephone="", email="rosa@example.org")
    assert amara.at == f"{root}/contact?to=check" and MISSING in amara.words
    amara.get(f"{root}/name?to=check")
    amara.post(name="Rosa Quill-Hart")
    assert amara.at == f"{root}/check" and MISSING in amara.words, "whoever leaves it for later is not sent there from every page"
    amara.get(f"{root}/reach?to=check")
    amara.post(telephone="07700 900123")
    assert amara.at == f"{root}/check" and MISSING not in amara.words


def test_N_04_a_way_chosen_by_mistake_is_taken_back_where_there_is_nothing_to_enter(amara: Writer) -> None:
    root = written(amara, reach={}, contact={"contact_by": "text", "contact_when": "After 2pm"})
    amara.get(f"{root}/contact?to=check")
    assert "They have not said" in amara.words
    amara.post(contact_by="", contact_when="After 2pm")
    assert amara.at == f"{root}/check" and "Still to answer" not in amara.words and "After 2pm" in amara.words


def test_N_04_saving_for_later_keeps_a_way_that_lacks_its_number(amara: Writer) -> None:
    root = amara.begin()
    amara.get(f"{root}/contact")
    amara.post(contact_by="text", then="later")
    assert amara.at == root and "How does the citizen want to be contacted? Needs attention" in amara.words
    amara.get(f"{root}/contact")
    assert 'value="text" checked' in amara.text and MISSING in amara.words


def test_R_11_a_citizen_who_refers_themself_is_told_what_the_way_they_like_best_needs(pod: Pod) -> None:
    citizen = Writer(pod)
    citizen.get("/self")
    citizen.post("/self")
    citizen.root = "/self"
    citizen.write({"name": {"name": "Jo Pane"}, "date-of-birth": {"date_of_birth": ["1", "2", "1990"]}, "reach": {"email": "jo@example.org"},
                   "contact": {"contact_by": "text", "contact_when": "Mornings"}})
    assert citizen.at == "/self/contact" and MISSING in citizen.words and citizen.box("contact_when") == ["Mornings"]
    citizen.write({"reason": {"reason": "Company."}, "meeting": {"meeting_preference": "telephone"}})
    citizen.get("/self/check")
    assert MISSING in citizen.words
    citizen.get("/self/name")
    citizen.post("/self/send")  # from a page that was open before
    assert citizen.first.status_code == 422 and MISSING in citizen.words and pod.wren.get().json["items"] == []
    citizen.get("/self/contact?to=check")
    citizen.post(contact_by="email")
    citizen.post("/self/send")
    assert citizen.at == "/self/sent"


@pytest.mark.parametrize("way", sorted(NEEDS))
def test_N_04_a_draft_of_a_program_is_written_in_any_order_and_not_sent_without_what_the_way_needs(tmp_path: Path, way: str) -> None:
    pod, (field, value) = Pod(tmp_path), NEEDS[way]
    drafts = Drafts(pod, pod.amara)
    begun = drafts.ask("POST", body=pod.body(citizen={**WHO, "contact_by": way}))
    assert begun.status_code == 201, begun.text
    path = f"/{begun.json['id']}"
    checked = drafts.ask("GET", f"{path}/check").json
    assert not checked["acceptable"] and [one["pointer"] for one in checked["to_answer"]] == [f"/citizen/{field}"]
    refused = drafts.ask("POST", f"{path}/send", {})
    assert refused.status_code == 422 and [one["pointer"] for one in refused.json["errors"]] == [f"/citizen/{field}"]
    assert drafts.ask("PATCH", path, {"citizen": {field: value}}, If_Match="*").status_code == 200
    assert drafts.ask("POST", f"{path}/send", {}).status_code == 201


# Amending.

def amended(pod: Pod, id_: str, **change: Any) -> Any:
    return pod.amara.post(f"/{id_}/amend", {"amendment_reason": "She told me.", **change})


@pytest.mark.parametrize(("change", "pointer"), [
    ({"clear": ["telephone"]}, "/citizen/telephone"), ({"citizen": {"contact_by": "email"}}, "/citizen/email"),
    ({"citizen": {"contact_by": "letter"}}, "/citizen/address"), ({"citizen": {"contact_by": "telephone"}, "clear": ["telephone"]}, "/citizen/telephone")])
def test_N_04_an_amendment_after_which_the_citizen_cannot_be_reached_as_they_wish_is_pointed_at(pod: Pod, change: dict[str, Any], pointer: str) -> None:
    id_ = pod.sent()
    answer = amended(pod, id_, **change)
    assert answer.status_code == 422 and [one["pointer"] for one in answer.json["errors"]] == [pointer]
    found = pod.wren.get(f"/{id_}").json
    assert found["amendments"] == [] and (found["citizen"]["telephone"], found["citizen"]["contact_by"]) == ("07700 900123", "text")


@pytest.mark.parametrize("change", [
    {"clear": ["telephone", "contact_by"]}, {"citizen": {"contact_by": "email", "email": "rosa@example.org"}, "clear": ["telephone"]},
    {"citizen": {"contact_by": "letter", "address": "1 Elm Row"}}, {"citizen": {"telephone": "07700 900999"}}])
def test_N_04_an_amendment_that_leaves_a_way_that_works_is_taken(pod: Pod, change: dict[str, Any]) -> None:
    assert amended(pod, pod.sent(), **change).status_code == 200


def test_N_04_everything_wrong_with_an_amendment_is_said_at_once(pod: Pod) -> None:
    answer = pod.amara.post(f"/{pod.sent()}/amend", {"clear": ["telephone"]})
    assert {one["pointer"] for one in answer.json["errors"]} == {"/amendment_reason", "/citizen/telephone"}
    for junk in ("telephone", ["telephone", 7], {"x": 1}, [["telephone"]]):
        answer = pod.amara.post(f"/{pod.sent(duplicate_reason='Again.')}/amend", {"clear": junk, "citizen": ["x"], "amendment_reason": "x"})
        assert answer.status_code == 422, answer.text


def test_N_04_the_page_that_amends_contacts_says_what_to_do_at_the_box_and_keeps_all_that_was_typed(pod: Pod) -> None:
    id_ = pod.sent()
    browser = Browser(pod, AMARA)
    page = browser.get(f"/{id_}/amend/contact")
    mine = typed(page.text) | {"telephone": "", "contact_when": "Tuesdays", "amendment_reason": "Her phone was stolen."}
    again = browser.send(f"/{id_}/amend/contact", mine, page)
    assert again.status_code == 422
    assert "The telephone number is missing, and a text message needs it: give it, or choose another way of contact" in words(again)
    assert 'href="#telephone"' in again.text and "Tuesdays" in again.text and "Her phone was stolen." in again.text
    assert browser.send(f"/{id_}/amend/contact", mine | {"contact_by": "letter", "address": "1 Elm Row"}, again).status_code == 303
    found = pod.wren.get(f"/{id_}").json["citizen"]
    assert (found["telephone"], found["contact_by"], found["contact_when"]) == (None, "letter", "Tuesdays")


def test_N_04_an_old_referral_without_the_number_is_read_and_amended_in_all_else(pod: Pod) -> None:
    id_ = pod.sent()
    with pod.room.database.transaction() as connection:
        people = pod.room.keeper.ledger.tables.people
        connection.execute(people.update().where(people.c.kind == "citizen").values(telephone=None))
        connection.execute(store.particulars.update().values(telephone=None))
    assert "Text message, but a telephone number was not given" in at(pod, WREN, id_)
    assert amended(pod, id_, citizen={"email": "rosa@example.org", "contact_when": "Tuesdays"}, clear=["do_not"]).status_code == 200
    browser = Browser(pod, AMARA)
    for group, new in (("contact", {"address": "1 Elm Row"}), ("needs", {"interpreter": "Polish"}), ("identity", {"name": "Rosa O’Quill"})):
        stands = typed(browser.get(f"/{id_}/amend/{group}").text)
        assert browser.send(f"/{id_}/amend/{group}", stands | new | {"amendment_reason": "x"}).status_code == 303, group
    assert amended(pod, id_, citizen={"contact_by": "telephone"}).status_code == 422


def test_R_13_a_refusal_does_not_tell_a_practitioner_how_somebody_else_said_the_citizen_is_reached(pod: Pod) -> None:
    pod.sent(citizen={**WHO, "contact_by": "text", "telephone": "07700 900123"})
    referrer = {**pod.body()["referrer"], "name": "Priya Nair", "email": PRIYA, "team": "Early Intervention Team"}
    id_ = pod.priya.post("", pod.body(citizen=WHO, referrer=referrer, duplicate_reason="New.")).json["id"]
    said = {"amendment_reason": "She told me."}
    alone = pod.priya.post("", pod.body(citizen={**WHO, "name": "Ada Lind", "nhs_number": "9876543210"}, referrer=referrer)).json["id"]
    for change in ({"citizen": {"contact_by": "email"}}, {"citizen": {"contact_by": "telephone"}}, {"clear": ["email"]}, {"clear": ["telephone"]},
                   {"citizen": {"contact_by": "letter"}, "clear": ["address"]}, {"citizen": {"contact_by": "text", "telephone": "07700 900999"}}):
        answers = [pod.priya.post(f"/{one}/amend", {**said, **change}) for one in (id_, alone)]
        assert len({answer.status_code for answer in answers}) == 1, change
        assert answers[0].json.get("errors") == answers[1].json.get("errors"), "it is answered by what they said themselves"
