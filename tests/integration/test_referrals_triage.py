"""The referral page and the acts on it, sent as its forms give them: ask, answer, settle, decide, allocate, amend."""
from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa

from services.referrals import reasons, sending
from services.referrals.desk import Desk
from shared.ledger.store import Written
from shared.ledger.types import Actor
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod

AMARA, WREN, HELEN = "amara.osei@cmhwt.example", "wren.callaghan@pod.example", "helen.marsh@pod.example"
PRIYA, MARCUS = "priya.nair@eit.example", "marcus.bell@pod.example"
OTTO = {"name": "Otto Lind", "date_of_birth": "1951-01-02", "nhs_number": "9434765919"}


def words(answer: Any) -> str:
    """Give the words of a page as they are read."""
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    assert main, answer.text[:500]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main[0])))


def at(pod: Pod, email: str, id_: str, path: str = "") -> str:
    answer = Browser(pod, email).get(f"/{id_}{path}")
    assert answer.status_code == 200, answer.text
    return words(answer)


def send(pod: Pod, email: str, path: str, **given: Any) -> Any:
    return Browser(pod, email).send(path, given)


def acts(pod: Pod, email: str, id_: str) -> set[str]:
    """Give the acts a page leads to, by the last part of their address."""
    page = Browser(pod, email).get(f"/{id_}").text
    return set(re.findall(rf'href="[^"]*/{id_}/(accept|decline|withdraw|allocate|question|settle|amend)\b', page))


@pytest.mark.parametrize(("email", "before", "after"), [
    (AMARA, {"withdraw", "amend"}, {"amend"}), (WREN, {"question", "withdraw", "amend"}, {"amend"}),
    (HELEN, {"accept", "decline", "question", "withdraw", "amend"}, {"allocate", "amend"})])
def test_R_14_each_is_offered_what_they_may_do_now_and_nothing_else(pod: Pod, email: str, before: set[str], after: set[str]):
    id_ = pod.sent()
    assert acts(pod, email, id_) == before
    for act in {"accept", "decline", "allocate", "question", "withdraw"} - before:
        assert Browser(pod, email).get(f"/{id_}/{act}").status_code in (403, 409)
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert acts(pod, email, id_) == after


def test_R_14_somebody_of_another_team_finds_no_page_of_it(pod: Pod):
    id_ = pod.sent()
    for path in ("", "/accept", "/decline", "/withdraw", "/amend/contact"):
        assert Browser(pod, PRIYA).get(f"/{id_}{path}").status_code == 404


def test_R_14_the_practitioner_is_asked_for_more_and_answers(pod: Pod):
    id_ = pod.sent(commitment_months=2)
    page = Browser(pod, WREN).get(f"/{id_}/question")
    assert "at least 3 are needed" in page.text  # what is missing is written there already
    empty = send(pod, WREN, f"/{id_}/question", words=" ")
    assert empty.status_code == 422 and "Say what you need to know or to have" in empty.text
    assert send(pod, WREN, f"/{id_}/question", words="Could you stay\r\nfor 3 months?").status_code == 303
    assert "The Pod asked for more on" in at(pod, WREN, id_) and "Wait for the practitioner’s answer" in at(pod, WREN, id_)
    own = at(pod, AMARA, id_)
    assert "The Pod has asked you something." in own and "Answer the Pod’s question" in own
    (question,) = pod.amara.get(f"/{id_}").json["questions"]
    here = f"/{id_}/questions/{question['id']}"
    assert "Could you stay" in at(pod, AMARA, id_, f"/questions/{question['id']}")
    assert send(pod, AMARA, here, words="").status_code == 422
    assert send(pod, AMARA, here, words="Yes, six.").status_code == 303
    assert "Amara Osei answered" in at(pod, WREN, id_) and "asked you something" not in at(pod, AMARA, id_)
    assert [len(pod.told(name)) for name in ("referral.more_asked", "referral.answered")] == [1, 1]
    assert Browser(pod, AMARA).get(f"/{id_}/questions/{id_}").status_code == 404


def test_R_07_the_working_time_the_practitioner_was_waited_for_stands_beside_the_clock(pod: Pod):
    id_ = pod.sent()
    assert pod.wren.post(f"/{id_}/questions", {"words": "Which ward?"}).status_code == 201
    later = pod.room.database.now(None) + timedelta(days=7)  # type: ignore[arg-type]  # asked of the machine on SQLite
    vars(pod.room.database)["now"] = lambda connection: later
    page = at(pod, WREN, id_)
    assert re.search(r"Waited for the practitioner \d+ hours.* of working time", page)
    assert pod.wren.get(f"/{id_}").json["waited_for_practitioner_minutes"] > 24 * 60  # five working days or four and a holiday


def test_R_04_declining_is_proposed_to_a_person_and_nothing_declines_by_itself(pod: Pod):
    id_ = pod.sent(commitment_months=2)
    pod.room.database.run(pod.room.keeper.look)
    assert pod.helen.get(f"/{id_}").json["state"] == "received" and "Declining is proposed" in at(pod, HELEN, id_)
    assert "Declining is proposed" not in at(pod, WREN, id_) + at(pod, AMARA, id_)
    page = Browser(pod, HELEN).get(f"/{id_}/decline").text
    assert re.search(r'value="commitment" checked', page) and "Agree on 3 months or more" in page
    assert pod.helen.get(f"/{id_}").json["state"] == "received"
    assert "Declining is proposed" not in at(pod, HELEN, pod.sent(citizen=OTTO | {"nhs_number": "9876543210"}))


def test_R_14_declining_has_a_coded_reason_and_tells_what_would_change_the_answer(pod: Pod):
    id_ = pod.sent(documents=[])
    kept = send(pod, HELEN, f"/{id_}/decline", words="No plan came.")
    assert kept.status_code == 422 and "Choose a reason" in kept.text and "No plan came." in kept.text
    assert send(pod, HELEN, f"/{id_}/decline", reason="My own words", words="No plan came.").status_code == 422
    page = Browser(pod, HELEN).get(f"/{id_}/decline").text
    would = re.search(r'name="would_change"[^>]*>([^<]*)<', page)
    assert would and "Add a CPA care plan" in would[1] and "Add a Steve Morgan risk assessment" in would[1]
    given = {"reason": "documents", "words": "No plan came.", "would_change": would[1].strip()}
    assert send(pod, HELEN, f"/{id_}/decline", **given).status_code == 303
    own = at(pod, AMARA, id_)
    assert "The Pod declined this referral." in own and "Documents missing or out of date" in own and "Add a CPA care plan" in own
    (event,) = pod.told("referral.declined")
    assert event.data["reason"] == "documents"


def test_what_was_typed_is_shown_when_somebody_else_decided_first(pod: Pod):
    id_ = pod.sent()
    helen = Browser(pod, HELEN)
    page = helen.get(f"/{id_}/decline")
    assert pod.amara.post(f"/{id_}/withdraw", {"reason": "moved"}).status_code == 200
    answer = helen.send(f"/{id_}/decline", {"reason": "other", "words": "A long explanation."}, page)
    assert answer.status_code == 409 and "Amara Osei withdrew this referral" in answer.text and "A long explanation." in answer.text
    assert "Amara Osei withdrew this referral" in helen.get(f"/{id_}/accept").text


def test_R_15_the_outcome_of_each_rule_is_shown_before_accepting_and_kept_with_the_rules_as_they_stood(pod: Pod):
    id_ = pod.sent()
    confirm = at(pod, HELEN, id_, "/accept")
    assert all(rule in confirm for rule in ("R-01", "R-02", "R-03", "R-04", "R-05", "R-06")) and "Not met" not in confirm
    assert send(pod, HELEN, f"/{id_}/accept").status_code == 303
    page = Browser(pod, HELEN).get(f"/{id_}").text
    link = re.search(r'href="(?:/referrals)?(/rules/core/[^"]+)"', page)
    assert link and "as they stood when it was decided" in page
    assert Browser(pod, HELEN).get(link[1]).status_code == 200
    assert pod.helen.get(f"/{id_}").json["decision"]["fingerprint"] in link[1]


def test_R_14_a_change_says_who_was_told(pod: Pod):
    id_ = pod.sent()
    pod.helen.post(f"/{id_}/accept")
    pod.helen.post(f"/{id_}/allocate", {"development_worker_email": WREN, "development_worker_name": "Wren Callaghan"})
    browser = Browser(pod, AMARA)
    given = typed(browser.get(f"/{id_}/amend/contact").text) | {"telephone": "07700 900777", "amendment_reason": "New telephone."}
    assert browser.send(f"/{id_}/amend/contact", given).status_code == 303
    assert "Told: Wren Callaghan." in at(pod, HELEN, id_)
    (event,) = pod.told("referral.amended")
    assert [one["email"] for one in event.data["told"]] == [WREN] and "07700" not in str(event.data)


def test_J_01_the_least_busy_come_first_and_who_is_on_it_now_is_marked(pod: Pod):
    first = pod.sent()
    second = pod.sent(citizen=OTTO | {"nhs_number": "9876543210"})
    for id_ in (first, second):
        pod.helen.post(f"/{id_}/accept")
    for email in (WREN, MARCUS):
        pod.helen.post(f"/{first}/allocate", {"development_worker_email": email})
    assert pod.helen.post(f"/{first}/allocate", {"development_worker_email": WREN}).status_code == 200
    choices = re.findall(r"[\w.]+@pod\.example \(\d at present[^)]*\)|[A-Z]\w+ [A-Z]\w+ \(\d at present[^)]*\)", at(pod, HELEN, first, "/allocate"))
    assert [one[-30:].split("(")[1] for one in choices] == ["0 at present)", "1 at present, chosen now)"]
    assert send(pod, HELEN, f"/{first}/allocate", development_worker=MARCUS).status_code == 303
    assert "Choose another development worker" in at(pod, HELEN, first)
    assert [event.revision for event in pod.told("referral.allocated")][-1] > 1


CHANGES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("contact", {"telephone": "", "contact_by": "letter", "do_not": "no letters to my home\r\nring before 9", "address": "1 Elm Row"},
     ["Telephone", "07700 900123", "ring before 9", "1 Elm Row"]),
    ("kin", {"kin_name": "Ana Quill", "kin_relationship": "sister", "kin_telephone": "07700 900456"}, ["Next of kin", "Ana Quill"]),
    ("needs", {"interpreter": "Polish", "access_needs": "step-free"}, ["Interpreter", "Polish", "step-free"]),
    ("identity", {"name": "Rosa O’Quill", "date_of_birth": ["17", "5", "1985"]}, ["17 May 1985", "Rosa O’Quill"]),
    ("people", {"named_name": "Priya Nair", "named_email": PRIYA, "named_team": "Early Intervention Team",
                "referrer_name": "Amara Osei", "referrer_email": AMARA, "referrer_role": "key_worker", "referrer_telephone": "01632 960101",
                "referrer_team": "Community Mental Health and Wellbeing Team"}, ["Named person", "Priya Nair"]),
    ("asked", {"reason": "Wants to play music.", "meeting_preference": "teams", "commitment_months": "9"},
     ["Wants to play music.", "On Microsoft Teams", "9 months"]),
    ("conditions", {"conditions": ["psychosis", "bipolar"]}, ["Conditions", "Psychosis"]),
    ("hospital", {"ward": "Elm", "legal_status": "02"}, ["Elm, detained under section 2 of the Mental Health Act"])]


@pytest.mark.parametrize(("group", "new", "shown"), CHANGES, ids=[one[0] for one in CHANGES])
def test_R_14_what_was_sent_is_amended_with_a_reason_and_shows_old_and_new(pod: Pod, group: str, new: dict[str, Any], shown: list[str]):
    id_ = pod.sent(citizen={**pod.body()["citizen"], "nhs_number": "9434765919"})
    browser = Browser(pod, AMARA)
    stands = typed(browser.get(f"/{id_}/amend/{group}").text)
    assert browser.send(f"/{id_}/amend/{group}", stands | {"amendment_reason": "No change."}).status_code == 422
    no_reason = browser.send(f"/{id_}/amend/{group}", stands | new)
    assert no_reason.status_code == 422 and "Enter why you change this" in no_reason.text
    answer = browser.send(f"/{id_}/amend/{group}", stands | new | {"amendment_reason": "It was a slip."})
    assert answer.status_code == 303, words(answer)
    page = at(pod, WREN, id_)
    assert "It was a slip." in page and all(one in page for one in shown), page
    (amendment,) = pod.wren.get(f"/{id_}").json["amendments"]
    assert amendment["by"] == "Amara Osei" and len(pod.told("referral.amended")) == 1


def typed(page: str) -> dict[str, Any]:
    """Give what stands in the boxes of a form, as a browser would send it."""
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", page):
        said = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if said.get("type") == "hidden" or (said.get("type") in ("radio", "checkbox") and not re.search(r"\bchecked\b", tag)):
            continue
        if said.get("type") == "checkbox" or said["name"] in found:
            found.setdefault(said["name"], [])
        value = unescape(said.get("value", ""))
        found[said["name"]] = [*found[said["name"]], value] if isinstance(found.get(said["name"]), list) else value
        if said["id"].endswith("-day"):
            found[said["name"]] = [value]
    found |= {name: unescape(text).lstrip("\r\n") for name, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)<', page)}
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    return found


def test_what_others_changed_meanwhile_is_not_written_over(pod: Pod):
    id_ = pod.sent()
    browser = Browser(pod, WREN)
    page = browser.get(f"/{id_}/amend/contact")
    told = {"amendment_reason": "She rang.", "citizen": {"telephone": "07700 900999"}}
    assert pod.amara.post(f"/{id_}/amend", told).status_code == 200
    mine = typed(page.text) | {"contact_when": "Tuesdays", "amendment_reason": "She told me."}
    again = browser.send(f"/{id_}/amend/contact", mine, page)
    assert again.status_code == 422 and "Somebody changed this while you typed" in again.text
    assert "Telephone number: 07700 900999" in words(again) and "Tuesdays" in again.text and "07700 900123" in again.text
    assert pod.wren.get(f"/{id_}").json["citizen"]["telephone"] == "07700 900999"
    assert browser.send(f"/{id_}/amend/contact", mine | {"telephone": "07700 900999"}, again).status_code == 303
    assert pod.wren.get(f"/{id_}").json["citizen"]["contact_when"] == "Tuesdays"


def test_bad_input_keeps_everything_typed_and_names_the_box(pod: Pod):
    id_ = pod.sent()
    given = {"name": "", "date_of_birth": ["31", "2", "1984"], "nhs_number": "943 476 5918", "amendment_reason": "x"}
    answer = send(pod, WREN, f"/{id_}/amend/identity", **given)
    said = words(answer)
    assert answer.status_code == 422 and "Enter the name" in said and "date of birth" in said and "943 476 5918" in answer.text
    asked = send(pod, WREN, f"/{id_}/amend/asked", reason="🎸 " + "x" * 4000, commitment_months="six", amendment_reason="y")
    assert asked.status_code == 422 and "must be a whole number" in words(asked) and "🎸" in asked.text


def test_R_09_that_a_citizen_was_in_hospital_is_taken_away_again(pod: Pod):
    id_ = pod.sent(inpatient={"ward": "Elm", "legal_status": "03"})
    assert "In hospital when referred, Elm, detained" in at(pod, WREN, id_)
    assert "R-09" in at(pod, WREN, id_) and "detained under section 3 of the Mental Health Act" in at(pod, WREN, id_)
    assert send(pod, WREN, f"/{id_}/amend/hospital", ward="Elm", legal_status="", amendment_reason="x").status_code == 422
    assert send(pod, WREN, f"/{id_}/amend/hospital", ward="", legal_status="", amendment_reason="She was not.").status_code == 303
    found = pod.wren.get(f"/{id_}").json
    assert found["inpatient"] is None and "R-09" not in [one["rule"] for one in found["rules"]]
    assert "The citizen was not in hospital." in at(pod, WREN, id_) and "In hospital when referred," not in at(pod, WREN, id_)


def test_R_11_where_any_team_may_refer_the_team_is_typed(pod: Pod):
    id_ = pod.sent(pathway="prevention", named_person=None, documents=[])
    browser = Browser(pod, AMARA)
    stands = typed(browser.get(f"/{id_}/amend/people").text)
    assert stands["referrer_team"] == "Community Mental Health and Wellbeing Team"
    given = stands | {"referrer_team": "Elm Street Surgery", "amendment_reason": "I moved."}
    assert browser.send(f"/{id_}/amend/people", given).status_code == 303
    assert "Elm Street Surgery" in at(pod, WREN, id_)


@pytest.mark.parametrize("junk", ["\x00", "\ud800", "x" * 4001, "\x1b[31m"])
def test_junk_is_answered_at_its_box_and_never_breaks_a_page(pod: Pod, junk: str):
    id_ = pod.sent()
    pod.wren.post(f"/{id_}/questions", {"words": "Which ward?"})
    (question,) = pod.amara.get(f"/{id_}").json["questions"]
    sent = junk.encode("utf-8", "surrogatepass")
    for email, path, given in ((WREN, "question", {"words": sent}), (HELEN, "decline", {"reason": "other", "words": sent}),
                               (HELEN, "decline", {"reason": sent, "words": "x"}), (WREN, "settle", {"into": sent, "reason": sent}),
                               (AMARA, f"questions/{question['id']}", {"words": sent}), (AMARA, "amend/asked", {"reason": sent}),
                               (AMARA, "amend/contact", {"do_not": sent, "contact_by": sent, "amendment_reason": sent}),
                               (WREN, "amend/identity", {"name": sent, "date_of_birth": [sent, sent, sent], "nhs_number": sent}),
                               (AMARA, "amend/hospital", {"ward": sent, "legal_status": sent, "stood": sent})):
        assert send(pod, email, f"/{id_}/{path}", **given).status_code in (303, 409, 422), path
    assert Browser(pod, WREN).get(f"/{id_}").status_code == 200


def test_R_11_a_citizen_who_refers_themself_has_a_page_without_a_practitioner(pod: Pod):
    given = {"pathway": "prevention", "self_referral": True, "citizen": {"name": "Kit Marlowe", "date_of_birth": "1984-05-17"},
             "reason": "I would like company.", "meeting_preference": "telephone", "conditions": []}
    public = Actor("urn:pod:citizen", "", frozenset({"citizen"}))
    with pod.room.database.transaction() as connection:
        id_, answer = sending.send(Desk(connection, pod.room.keeper.ledger, public), given)
    assert isinstance(answer, Written)
    page = at(pod, WREN, id_)
    assert "The citizen themself" in page and "Referral received" in page and "The citizen" in page and "Somebody" not in page
    assert "Practitioner and named person" not in page and Browser(pod, WREN).get(f"/{id_}/amend/people").status_code == 404
    assert send(pod, WREN, f"/{id_}/amend/contact", telephone="07700 900123", amendment_reason="They rang.").status_code == 303
    for act, words in (("question", "no account to answer with"), ("decline", "What will you tell the citizen?"), ("accept", "on the list “Citizens to tell”")):
        asked = at(pod, HELEN, id_, f"/{act}")
        assert words in asked and "Kit Marlowe, referral" in asked and "practitioner" not in asked.lower(), act
    assert send(pod, HELEN, f"/{id_}/accept").status_code == 303 and "allocate" in acts(pod, HELEN, id_)
    assert Browser(pod, AMARA).get(f"/{id_}").status_code == 404


def test_the_codes_of_reasons_are_in_the_openapi_document_and_own_words_are_taken_still(pod: Pod):
    shapes = pod.app.test_client().get("/api/v1/openapi.json").text
    assert all(code in shapes for code in (*reasons.DECLINE, *reasons.WITHDRAW))
    assert pod.amara.post(f"/{pod.sent()}/withdraw", {"reason": "Words of one's own"}).status_code == 200


def test_a_referral_with_everything_is_drawn_with_few_statements(pod: Pod):
    pod.sent()
    id_ = pod.sent(duplicate_reason="Again.", commitment_months=2)
    for number in range(5):
        pod.wren.post(f"/{id_}/questions", {"words": f"Question {number}"})
        pod.wren.post(f"/{id_}/amend", {"amendment_reason": "x", "citizen": {"telephone": f"07700 90012{number}"}})
    for email in (WREN, AMARA):
        browser, said = Browser(pod, email), list[str]()
        sa.event.listen(pod.room.database.engine, "before_cursor_execute", lambda *given, to=said: to.append(given[2]))
        assert browser.get(f"/{id_}").status_code == 200
        assert 0 < len(said) <= 20, said
