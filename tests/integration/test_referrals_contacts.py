"""What each referral says of its citizen, and what the Pod has on record: nobody's words replace another's unseen (R-13, R-14)."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.referrals import store
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_changed_outside import event, offer
from tests.integration.test_referrals_elsewhere import again, amend, revisions
from tests.integration.test_referrals_triage import AMARA, HELEN, PRIYA, WREN, at, typed, words

ROSA = {"name": "Rosa Quill", "date_of_birth": "1984-05-17", "nhs_number": "9434765919"}
TOM, DANIEL = "tom.whitfield@cmhwt.example", "daniel.kowalski@eit.example"
ADAS = "9876543210"
HERS, OTHER, NEW = "07700 900123", "07700 900555", "07700 900999"
LETTERS, HUSBAND, NOON = "no letters to my home", "No letters to my home: my husband opens them", "No calls before noon"
REACH = ("telephone", "email", "contact_by", "address", "contact_when", "interpreter", "access_needs", "do_not", "next_of_kin")


def citizen(caller: Any, id_: str) -> Any:
    return caller.get(f"/{id_}").json["citizen"]


def refused(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json.get("rule")


def differing(pod: Pod, id_: str) -> dict[str, tuple[Any, Any]]:
    return {one["field"].removeprefix("citizen."): (one["here"], one["on_record"]) for one in pod.wren.get(f"/{id_}").json["differences"]}


# A further referral of somebody known.

def test_R_13_a_further_referral_replaces_nothing_of_the_record_and_adds_what_is_not_there(either: Pod):
    pod, first = either, either.sent()
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    said = {**ROSA, "name": "ROSA QUILL", "telephone": OTHER, "contact_by": "telephone", "email": "rosa@example.org", "do_not": [HUSBAND]}
    second = again(pod, citizen=said)
    for id_ in (first, second):
        found = citizen(pod.wren, id_)
        assert (found["name"], found["telephone"], found["contact_by"], found["email"]) == ("Rosa Quill", HERS, "text", "rosa@example.org")
        assert found["do_not"] == [LETTERS, HUSBAND]
    assert {name: citizen(pod.priya, second)[name] for name in said} == said
    assert differing(pod, second) == {"telephone": (OTHER, HERS), "contact_by": ("telephone", "text")} and differing(pod, first) == {}


def test_J_01_what_a_further_referral_adds_reaches_the_open_journey_and_its_development_worker(either: Pod):
    pod, first = either, either.sent()
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    assert pod.helen.post(f"/{first}/allocate", {"development_worker_email": WREN}).status_code == 200
    before = citizen(pod.amara, first)
    second = again(pod, citizen={**ROSA, "telephone": OTHER, "do_not": [HUSBAND]})
    told = revisions(pod, "referral.accepted", first)[-1].data["citizen"]
    assert (told["telephone"], told["do_not"]) == (HERS, [LETTERS, HUSBAND])
    (amended,) = revisions(pod, "referral.amended", first)
    assert amended.data["what"] == ["citizen.do_not"] and [one["role"] for one in amended.data["told"]] == ["development_worker"]
    (noted,) = pod.wren.get(f"/{first}").json["amendments"]
    assert noted["elsewhere"]["id"] == second and noted["changes"][0]["new"] == [LETTERS, HUSBAND]
    # a wish is safety: whoever works with her sees it, and not whom it came from
    assert citizen(pod.amara, first) == before | {"do_not": [LETTERS, HUSBAND]} and pod.amara.get(f"/{first}").json["amendments"] == []
    assert pod.priya.post(f"/{second}/withdraw", {"reason": "by_mistake"}).status_code == 200
    assert citizen(pod.wren, first)["telephone"] == HERS


@pytest.mark.parametrize(("said", "doubted"), [
    ({"name": "rosa  quill"}, False), ({"name": "Rosa Quil"}, True), ({"date_of_birth": "1984-05-18"}, True), ({"name": "Bea Lind", "date_of_birth": "1990-01-01"}, True)])
def test_R_13_a_known_number_with_another_name_or_another_birth_is_in_doubt_until_staff_have_found_out(pod: Pod, said: dict[str, str], doubted: bool):
    pod.sent()
    second = again(pod, citizen={**ROSA, "telephone": OTHER, **said})
    assert (pod.wren.get(f"/{second}").json["number_of"] is not None) is doubted
    assert citizen(pod.priya, second)["nhs_number"] == citizen(pod.wren, second)["nhs_number"] == ROSA["nhs_number"]
    assert pod.wren.post(f"/{second}/keep", {"reason": "Two requests."}).status_code == 200
    assert refused(pod.helen.post(f"/{second}/accept")) == ((409, "R-13") if doubted else (200, None))


def test_R_13_staff_who_found_out_that_it_is_the_same_person_say_so_on_one_page(pod: Pod):
    first = pod.sent()
    second = again(pod, citizen={**ROSA, "date_of_birth": "1984-07-15", "telephone": OTHER, "email": "rosa@example.org"})
    browser = Browser(pod, WREN)
    assert f"/{second}/amend/identity?take=known" in browser.get(f"/{second}").text
    page = browser.get(f"/{second}/amend/identity?take=known")
    stands = typed(page.text)
    assert (stands["name"], stands["nhs_number"]) == ("Rosa Quill", "943 476 5919") and 'value="5"' in page.text
    given = {"name": "Rosa Quill", "date_of_birth": ["17", "5", "1984"], "nhs_number": stands["nhs_number"], "amendment_reason": "I rang her: a slip of the pen."}
    assert browser.send(f"/{second}/amend/identity", given, page).status_code == 303
    found = pod.wren.get(f"/{second}").json
    assert found["number_of"] is None and found["citizen"]["telephone"] == HERS
    assert citizen(pod.wren, first)["email"] == "rosa@example.org" and differing(pod, second) == {"telephone": (OTHER, HERS)}


# Whoever sent it sees what it says; staff see the record, and where the two differ.

def test_R_14_colleagues_and_the_named_person_see_how_to_reach_the_citizen_and_what_not_to_do(pod: Pod):
    pod.sent()
    second = again(pod, citizen={**ROSA, "telephone": OTHER, "do_not": [NOON], "interpreter": "Polish"},
                   named_person={"name": "Tom Whitfield", "email": TOM, "team": "Community Mental Health and Wellbeing Team"})
    for who in (TOM, DANIEL, PRIYA):
        page, found = at(pod, who, second), citizen(pod.caller("practitioner", who), second)
        assert (found["telephone"], found["do_not"], found["interpreter"]) == (OTHER, [NOON], "Polish")
        assert OTHER in page and NOON in page and "Polish" in page and HERS not in page and LETTERS not in page


def test_R_13_a_practitioner_learns_nothing_of_another_referral_from_their_own(pod: Pod):
    """Given one citizen nobody else referred and one that somebody did, If the same is sent of both, I expect the same to be shown of both."""
    pod.sent()
    said = {"telephone": OTHER, "do_not": [NOON]}
    shared, alone = (again(pod, citizen={**ROSA, **who, **said}, documents=[]) for who in ({}, {"nhs_number": ADAS, "name": "Rosa Quillon"}))
    for change in ({"citizen": {"telephone": NEW}}, {"citizen": {"do_not": [LETTERS, NOON]}}, {"clear": ["telephone"]},
                   {"citizen": {"date_of_birth": "2012-03-04", "name": "Mo Lind"}}):
        for id_ in (shared, alone):
            amend(pod.priya, id_, **change)
    one, other = (pod.priya.get(f"/{id_}").json for id_ in (shared, alone))
    assert set(one) == set(other) and set(one["citizen"]) == set(other["citizen"])
    assert {name: one["citizen"][name] for name in REACH} == {name: other["citizen"][name] for name in REACH}
    assert (one["missing"], one["rules"]) == (other["missing"], other["rules"])
    pages = [words(Browser(pod, PRIYA).get(f"/{found['id']}")).replace(found["reference"], "R") for found in (one, other)]
    assert pages[0].replace("Rosa Quill ", "N ").replace("943 476 5919", "#") == pages[1].replace("Rosa Quillon ", "N ").replace("987 654 3210", "#")


def test_R_13_a_list_by_number_finds_a_practitioners_own_referrals_by_what_they_say(either: Pod):
    pod = either
    first, second = pod.sent(), again(pod, citizen={**ROSA, "name": "Bea Lind"})

    def found(caller: Any, number: str) -> list[tuple[str, str]]:
        return [(one["id"], one["citizen"]) for one in caller.get(nhs_number=number).json["items"]]
    assert found(pod.priya, ROSA["nhs_number"]) == [(second, "Bea Lind")] and found(pod.amara, ROSA["nhs_number"]) == [(first, "Rosa Quill")]
    assert sorted(found(pod.wren, ROSA["nhs_number"])) == sorted([(first, "Rosa Quill"), (second, "Bea Lind")])
    amend(pod.wren, second, citizen={"nhs_number": ADAS})
    assert found(pod.priya, ADAS) == [(second, "Bea Lind")] and found(pod.priya, ROSA["nhs_number"]) == found(pod.amara, ADAS) == []


def test_R_14_a_list_and_the_first_page_call_the_citizen_as_the_referral_does(pod: Pod):
    first = pod.sent()
    second = again(pod, citizen={**ROSA, "name": "ROSA QUILL"})
    amend(pod.wren, first, citizen={"name": "Rosa Quill-Hart"})
    assert [one["citizen"] for one in pod.priya.get().json["items"]] == ["ROSA QUILL"]
    assert "ROSA QUILL" in words(Browser(pod, PRIYA).get("/")) and "Quill-Hart" not in words(Browser(pod, PRIYA).get("/"))
    assert "ROSA QUILL" in at(pod, PRIYA, second, "/amend/contact")
    assert {one["citizen"] for one in pod.wren.get().json["items"]} == {"Rosa Quill-Hart"} and differing(pod, second)["name"] == ("ROSA QUILL", "Rosa Quill-Hart")


def test_R_13_the_first_page_of_a_practitioner_says_nothing_of_what_was_amended_elsewhere(pod: Pod):
    pod.sent()
    second = again(pod)
    before = words(Browser(pod, AMARA).get("/"))
    amend(pod.priya, second, citizen={"telephone": NEW})
    assert words(Browser(pod, AMARA).get("/")) == before


# Amending.

def test_R_13_a_wish_of_a_practitioner_is_added_to_those_they_do_not_see(either: Pod):
    """Given Amara and Priya who both refer Rosa, If Amara says what not to do on a page where Priya's wish is not shown, I expect both to stand."""
    pod = either
    first = pod.sent(citizen={**ROSA, "telephone": HERS})
    again(pod, citizen={**ROSA, "do_not": [HUSBAND]})
    browser = Browser(pod, AMARA)
    page = browser.get(f"/{first}/amend/contact")
    assert "husband" not in page.text and HERS in page.text and typed(page.text)["do_not"] == ""
    assert browser.send(f"/{first}/amend/contact", typed(page.text) | {"do_not": NOON, "amendment_reason": "She asked."}, page).status_code == 303
    assert citizen(pod.wren, first)["do_not"] == [HUSBAND, NOON] and citizen(pod.amara, first)["do_not"] == [NOON]
    page = at(pod, WREN, first)
    assert HUSBAND in page and NOON in page


def test_R_13_of_a_wish_sent_and_one_amended_at_the_same_moment_neither_is_lost(either: Pod):
    pod = either
    first, callers = pod.sent(), [pod.caller("practitioner") for _ in range(3)]
    referrer = {"name": "Priya Nair", "email": PRIYA, "role": "care_coordinator", "team": "Early Intervention Team"}
    bodies = [pod.body(citizen={**ROSA, "do_not": [f"Wish {n}"]}, referrer=referrer, duplicate_reason="Again.") for n in range(3)]
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(pod.caller("practitioner", PRIYA).post, "", body) for body in bodies]
        done = [pool.submit(caller.post, f"/{first}/amend", {"amendment_reason": "x", "citizen": {"do_not": [LETTERS, NOON]}}) for caller in callers]
        assert [one.result(timeout=60).status_code for one in (*sent, *done)] == [201] * 3 + [200] * 3
    assert set(citizen(pod.wren, first)["do_not"]) == {LETTERS, NOON, "Wish 0", "Wish 1", "Wish 2"}


def test_X_06_of_somebody_who_was_erased_nothing_is_written_again(pod: Pod):
    first = pod.sent()
    with pod.room.database.transaction() as connection:
        for table, column in ((store.tables.people, "id"), (store.particulars, "referral")):
            connection.execute(table.delete().where(table.c[column].in_([first, pod.told("referral.received")[0].data["citizen_id"]])))
    assert pod.amara.get(f"/{first}").json["citizen"]["name"] is None and "Erased" in at(pod, WREN, first)
    for caller in (pod.amara, pod.wren):
        assert refused(caller.post(f"/{first}/amend", {"amendment_reason": "x", "citizen": {"telephone": NEW}})) == (409, "X-06")
    amend(pod.amara, first, reason="Would like to play music.")


def test_R_13_a_wish_is_taken_back_where_nobody_else_says_it(pod: Pod):
    first = pod.sent(citizen={**ROSA, "do_not": [HUSBAND, NOON]})
    second = again(pod, citizen={**ROSA, "do_not": [HUSBAND]})
    amend(pod.amara, first, clear=["do_not"])
    assert citizen(pod.wren, first)["do_not"] == [HUSBAND] and citizen(pod.amara, first)["do_not"] == []
    amend(pod.priya, second, clear=["do_not"])
    assert citizen(pod.wren, first)["do_not"] == []


def test_N_04_what_not_to_do_is_shown_to_everybody_who_works_with_the_citizen_once_accepted(pod: Pod):
    first = pod.sent(citizen={**ROSA, "do_not": [NOON]})
    again(pod, citizen={**ROSA, "do_not": [HUSBAND]})
    assert HUSBAND not in at(pod, AMARA, first)
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    for who in (AMARA, TOM):
        assert HUSBAND in at(pod, who, first) and citizen(pod.caller("practitioner", who), first)["do_not"] == [NOON, HUSBAND]
    browser = Browser(pod, AMARA)
    page = browser.get(f"/{first}/amend/contact")
    assert typed(page.text)["do_not"] == NOON and f"the Pod was asked: {HUSBAND}" in words(page)
    assert browser.send(f"/{first}/amend/contact", typed(page.text) | {"do_not": "", "amendment_reason": "She rings at night."}, page).status_code == 303
    assert citizen(pod.amara, first)["do_not"] == [HUSBAND]


def test_R_13_another_number_is_a_question_for_staff_who_take_it_over_with_a_reason(either: Pod):
    pod = either
    first = pod.sent()
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    assert pod.helen.post(f"/{first}/allocate", {"development_worker_email": WREN}).status_code == 200
    second = again(pod, citizen={**ROSA, "telephone": OTHER})
    amend(pod.priya, second, citizen={"telephone": NEW})
    assert citizen(pod.priya, second)["telephone"] == NEW and citizen(pod.wren, second)["telephone"] == HERS
    (told,) = pod.priya.get(f"/{second}").json["amendments"]
    assert told["changes"] == [{"field": "citizen.telephone", "old": OTHER, "new": NEW}]
    assert pod.wren.get(f"/{second}").json["amendments"][0]["changes"] == [{**told["changes"][0], "only_here": True}]
    assert revisions(pod, "referral.accepted", first)[-1].data["citizen"]["telephone"] == HERS and not revisions(pod, "referral.amended", first)
    before = pod.priya.get(f"/{second}").json
    browser = Browser(pod, HELEN)
    assert f"Telephone {NEW} Take it over : Telephone {HERS}" in at(pod, HELEN, second) and "Telephone, in this referral only" in at(pod, HELEN, second)
    page = browser.get(f"/{second}/amend/contact?take=telephone")
    given = typed(page.text)
    assert given["telephone"] == NEW and given["contact_by"] == "text"
    assert browser.send(f"/{second}/amend/contact", given, page).status_code == 422  # no reason
    assert browser.send(f"/{second}/amend/contact", given | {"amendment_reason": "I rang: this one is hers."}, page).status_code == 303
    assert citizen(pod.wren, first)["telephone"] == NEW and differing(pod, second) == {}
    last = revisions(pod, "referral.accepted", first)[-1]
    assert last.data["citizen"]["telephone"] == NEW and [one["role"] for one in revisions(pod, "referral.amended", first)[-1].data["told"]] == ["development_worker"]
    assert pod.wren.get(f"/{second}").json["amendments"][0]["changes"] == [{"field": "citizen.telephone", "old": HERS, "new": NEW}]
    assert pod.priya.get(f"/{second}").json == before, "that the record said otherwise is nobody's to know"
    assert differing(pod, first) == {"telephone": (HERS, NEW)} and citizen(pod.amara, first)["telephone"] == HERS


def test_R_13_staff_see_every_kind_of_difference_and_take_each_over(pod: Pod):
    pod.sent(citizen={**ROSA, "telephone": HERS, "email": "a@example.org", "contact_by": "text", "address": "1 Elm Row", "contact_when": "Mornings", "interpreter": "Polish",
                      "access_needs": "Steps", "next_of_kin": {"name": "Ola Quill"}})
    said = {"telephone": OTHER, "email": "b@example.org", "contact_by": "email", "address": "2 Ash Way", "contact_when": "Evenings", "interpreter": "BSL",
            "access_needs": "Large print", "next_of_kin": {"name": "Ben Quill", "relationship": "Brother", "telephone": NEW}}
    second = again(pod, citizen={**ROSA, **said})
    assert {name: here for name, (here, _) in differing(pod, second).items()} == said
    browser, groups = Browser(pod, WREN), {"interpreter": "needs", "access_needs": "needs", "next_of_kin": "kin"}
    for name in said:
        path = f"/{second}/amend/{groups.get(name, 'contact')}"
        assert f"{path}?take={name}" in browser.get(f"/{second}").text
        page = browser.get(f"{path}?take={name}")
        assert browser.send(path, typed(page.text) | {"amendment_reason": "Asked her."}, page).status_code == 303, name
    assert differing(pod, second) == {} and {name: citizen(pod.wren, second)[name] for name in said} == said
    assert browser.get(f"/{second}/amend/contact?take=junk").status_code == 200


def test_R_13_staff_who_amend_what_one_referral_says_tell_its_practitioner_nothing_of_what_another_said(pod: Pod):
    pod.sent(citizen={**ROSA, "telephone": HERS, "do_not": [HUSBAND]})
    second = again(pod, citizen={**ROSA, "telephone": OTHER, "do_not": [NOON]})
    browser = Browser(pod, WREN)
    page = browser.get(f"/{second}/amend/contact")
    given = typed(page.text) | {"telephone": NEW, "do_not": f"{HUSBAND}\n{NOON}\n{LETTERS}", "amendment_reason": "I rang her."}
    assert browser.send(f"/{second}/amend/contact", given, page).status_code == 303
    found = pod.priya.get(f"/{second}").json
    assert found["amendments"][0]["changes"] == [{"field": "citizen.do_not", "old": [NOON], "new": [NOON, LETTERS]},
                                                 {"field": "citizen.telephone", "old": OTHER, "new": NEW}]
    assert found["citizen"]["do_not"] == [NOON, LETTERS] and HUSBAND not in at(pod, PRIYA, second) and HERS not in at(pod, PRIYA, second)
    assert citizen(pod.wren, second)["do_not"] == [HUSBAND, NOON, LETTERS]


# Whose it is.

def test_J_14_a_number_put_right_parts_two_referrals_and_a_death_of_one_is_not_the_others(either: Pod):
    """Given Rosa, who has a journey, and a referral by mistake under her number, If staff put that right, I expect neither to be the other."""
    pod, first = either, either.sent()
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    second = again(pod, citizen={**ROSA, "telephone": OTHER})  # a namesake born the same day: nobody is in doubt
    before = revisions(pod, "referral.accepted", first)[-1]
    offer(pod, event("hospital.admitted", 1, ward="Elm"))
    amend(pod.wren, second, citizen={"nhs_number": ADAS, "name": "Rosa Quilliam"})
    assert (citizen(pod.wren, first)["name"], citizen(pod.wren, first)["nhs_number"]) == ("Rosa Quill", ROSA["nhs_number"])
    found = citizen(pod.wren, second)
    assert (found["name"], found["nhs_number"], found["telephone"]) == ("Rosa Quilliam", ADAS, OTHER) and differing(pod, second) == {}
    assert revisions(pod, "referral.accepted", first)[-1].data["citizen"] == before.data["citizen"]
    assert {one.data["citizen_id"] for one in revisions(pod, "referral.received", second)} > {before.data["citizen_id"]}
    assert pod.wren.get(f"/{second}").json["in_hospital"] == [] and pod.wren.get(f"/{first}").json["in_hospital"]
    offer(pod, event("citizen.died", 2, nhs_number=ADAS, died_on=pod.ago(2)))
    assert pod.wren.get(f"/{second}").json["died_on"] and not pod.wren.get(f"/{first}").json["died_on"]


def test_R_13_a_number_in_doubt_put_right_leaves_the_citizen_who_has_it_alone(pod: Pod):
    first = pod.sent()
    second = again(pod, citizen={**ROSA, "name": "Bea Lind", "telephone": OTHER})
    amend(pod.wren, second, citizen={"nhs_number": ADAS})
    assert (citizen(pod.wren, first)["name"], citizen(pod.wren, first)["nhs_number"]) == ("Rosa Quill", ROSA["nhs_number"])
    assert citizen(pod.wren, second)["nhs_number"] == ADAS and pod.wren.get(f"/{second}").json["number_of"] is None
    assert pod.wren.get(f"/{second}").json["duplicates"] == [] and pod.helen.post(f"/{second}/accept").status_code == 200


def test_J_01_a_number_put_right_once_the_journey_is_open_stays_with_its_citizen_and_differs_on_the_other(pod: Pod):
    first = pod.sent()
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    second = again(pod)
    amend(pod.wren, first, citizen={"nhs_number": ADAS})
    assert {one.data["citizen_id"] for one in pod.told("referral.accepted")} == {pod.told("referral.received")[0].data["citizen_id"]}
    assert differing(pod, second) == {"nhs_number": (ROSA["nhs_number"], ADAS)}
    amend(pod.wren, second, citizen={"nhs_number": ROSA["nhs_number"]})
    assert citizen(pod.wren, second)["nhs_number"] == ROSA["nhs_number"] and citizen(pod.wren, first)["nhs_number"] == ADAS


def test_R_13_a_practitioner_renames_nobody_whom_somebody_else_referred(pod: Pod):
    first = pod.sent()
    second = again(pod)
    amend(pod.priya, second, citizen={"name": "Bea Lind"})
    assert citizen(pod.wren, first)["name"] == "Rosa Quill" and citizen(pod.priya, second)["name"] == "Bea Lind"
    found = pod.wren.get(f"/{second}").json
    assert found["number_of"] == {"name": "Rosa Quill", "date_of_birth": "1984-05-17"} and differing(pod, second) == {"name": ("Bea Lind", "Rosa Quill")}
    assert pod.wren.post(f"/{second}/keep", {"reason": "Two requests."}).status_code == 200
    assert refused(pod.helen.post(f"/{second}/accept")) == (409, "R-13")
    assert len(revisions(pod, "referral.received", second)) == 1, "its practitioner is told nothing that would say there is another"
    amend(pod.wren, second, citizen={"name": "Rosa Quill"})
    assert pod.wren.get(f"/{second}").json["number_of"] is None and pod.helen.post(f"/{second}/accept").status_code == 200


def test_R_14_a_practitioner_puts_right_who_their_own_citizen_is(pod: Pod):
    first = pod.sent()
    amend(pod.amara, first, citizen={"name": "Rosa Quill-Hart", "date_of_birth": "1984-05-18"})
    found = pod.wren.get(f"/{first}").json
    assert found["citizen"]["name"] == "Rosa Quill-Hart" and found["differences"] == [] and found["number_of"] is None
    assert pod.told("referral.received")[-1].data["citizen"]["date_of_birth"] == "1984-05-18"
