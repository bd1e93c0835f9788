"""The pages of the directory: nothing typed is lost, nobody is overwritten, and what a leaver leaves behind is shown."""
from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from shared.ledger.tables import staff_id
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod

HELEN, WREN, AMARA, TOM = ("helen.marsh@pod.example", "wren.callaghan@pod.example", "amara.osei@cmhwt.example", "tom.whitfield@cmhwt.example")
NEW = {"name": "Siân O’Hara", "email": "sian.ohara@eit.example", "kind": "practitioner", "job": "Care Coordinator", "telephone": "01632 960400"}


@pytest.fixture
def helen(pod: Pod) -> Browser:
    return Browser(pod, HELEN)


def entry(pod: Pod, email: str) -> dict[str, Any]:
    return dict(pod.helen.call("GET", f"/members/{staff_id(email)}").json)


def person(email: str, more: str = "") -> str:
    return f"/directory/people/{staff_id(email)}{more}"


def test_a_manager_adds_somebody_with_a_team_that_is_new(pod: Pod, helen: Browser) -> None:
    done = helen.send("/directory/people/new", {**NEW, "new_team": "Early  Intervention Team", "from_on": ["1", "3", "2026"]})
    assert done.status_code == 303 and done.headers["Location"].endswith(person(NEW["email"]))
    shown = helen.get(person(NEW["email"])).text
    assert "Siân O’Hara is in the directory." in shown and "1 March 2026" in shown and "Added" in shown and "Helen Marsh" in shown
    assert entry(pod, NEW["email"])["team"] == "Early Intervention Team"
    assert [one.type for one in pod.told()] == ["directory.team_recorded", "directory.member_recorded"]
    listed = helen.get("/directory?q=o'hara").text
    assert "Siân O’Hara" in listed and "Nobody matches" in helen.get("/directory?q=nobody").text


def test_what_is_wrong_is_said_at_its_box_and_what_was_typed_stays(pod: Pod, helen: Browser) -> None:
    wrong = helen.send("/directory/people/new", {**NEW, "name": " ", "email": "sian.ohara", "kind": "", "new_team": "Early Team",
                                                 "from_on": ["31", "2", "2026"]})
    assert wrong.status_code == 422
    for words in ("Enter the name", "The email address must be an e-mail address", "Choose whether they are a practitioner or Pod staff",
                  "The first day must be a real date", 'value="sian.ohara"', 'value="01632 960400"', 'value="Early Team"', 'value="31"'):
        assert words in wrong.text, words
    assert pod.told() == []
    again = helen.send("/directory/people/new", {**NEW, "kind": "practitioner", "roles": ["manager"]}, wrong)
    assert again.status_code == 422 and "Roles at the Pod are for Pod staff" in again.text


def test_somebody_who_is_there_already_is_not_added_twice(pod: Pod, helen: Browser) -> None:
    helen.send("/directory/people/new", NEW)
    twice = helen.send("/directory/people/new", {**NEW, "name": "Sian Ohara"})
    assert twice.status_code == 422 and "The email address is in the directory already, as Siân O’Hara" in twice.text


def test_whom_a_referral_named_is_confirmed_in_one_step_with_the_team_they_were_named_with(pod: Pod, helen: Browser) -> None:
    pod.sent()
    assert "Nobody has confirmed this entry." in helen.get(person(TOM)).text
    form = helen.get(person(TOM, "/change"))
    assert "Confirm Tom Whitfield" in form.text and 'name="new_team" type="text" value="Community Mental Health and Wellbeing Team"' in form.text
    done = helen.send(person(TOM, "/change"), {"name": "Tom Whitfield", "kind": "practitioner", "new_team": pod.body()["named_person"]["team"]})
    assert done.status_code == 303
    assert (entry(pod, TOM)["state"], entry(pod, TOM)["team"]) == ("confirmed", "Community Mental Health and Wellbeing Team")
    assert "Tom Whitfield is confirmed." in helen.get(person(TOM)).text


def test_of_two_who_change_one_entry_the_second_is_told_and_loses_nothing(pod: Pod, helen: Browser) -> None:
    helen.send("/directory/people/new", NEW)
    stale = helen.get(person(NEW["email"], "/change"))
    pod.helen.call("PATCH", f"/members/{staff_id(NEW['email'])}", {"job": "Key Worker"}, If_Match="*")
    typed = {**NEW, "telephone": "01632 960999"}
    refused = helen.send(person(NEW["email"], "/change"), typed, stale)
    assert refused.status_code == 422 and "Somebody changed this entry while you were typing" in refused.text
    assert 'value="01632 960999"' in refused.text and entry(pod, NEW["email"])["job"] == "Key Worker"
    assert helen.send(person(NEW["email"], "/change"), typed, refused).status_code == 303, "knowing of it, it is saved"
    assert entry(pod, NEW["email"])["telephone"] == "01632 960999"


def test_R_03_who_leaves_is_marked_from_a_day_and_the_referrals_that_name_them_are_shown(pod: Pod, helen: Browser) -> None:
    id_ = pod.sent()
    asked = helen.get(person(TOM, "/left"))
    assert "1 referral under way names" in asked.text
    assert "Enter the first day they are no longer here" in helen.send(person(TOM, "/left"), {}).text
    day = pod.today()
    assert helen.send(person(TOM, "/left"), {"left_on": [str(day.day), str(day.month), str(day.year)]}).status_code == 303
    shown = helen.get(person(TOM)).text
    assert "Left" in shown and "somebody has to take their place" in shown
    named = helen.get(person(TOM, "/referrals")).text
    assert f"/{id_}" in named and "Named person" in named
    assert "Tom Whitfield" not in helen.get("/directory").text and "Tom Whitfield" in helen.get("/directory?show=left").text
    assert helen.send(person(TOM, "/here"), {}, helen.get(person(TOM))).status_code == 303
    assert entry(pod, TOM)["left_on"] is None


def test_somebody_added_by_mistake_is_taken_off_after_a_question(pod: Pod, helen: Browser) -> None:
    helen.send("/directory/people/new", NEW)
    assert "No message is sent to sian.ohara@eit.example any more" in helen.get(person(NEW["email"], "/remove")).text
    assert helen.send(person(NEW["email"], "/remove"), {}).status_code == 303
    assert "Siân O’Hara is off the directory." in helen.get("/directory").text
    assert helen.get(person(NEW["email"])).status_code == helen.get(person(NEW["email"], "/change")).status_code == 404


def test_a_team_is_added_renamed_and_closed_and_its_history_says_so(pod: Pod, helen: Browser) -> None:
    made = helen.send("/directory/teams/new", {"name": "Early Intervention Team", "also": "EIT\r\n\r\nEIP", "organisation": "Larkmoor NHS Trust"})
    here = made.headers["Location"].removeprefix("/referrals")
    helen.send("/directory/people/new", {**NEW, "team": "Early Intervention Team"})
    assert "EIT, EIP" in helen.get(here).text
    form = helen.get(f"{here}/change")
    changed = helen.send(f"{here}/change", {"name": "Early Support Team", "also": "EIT\nEIP", "active": "no"}, form)
    assert changed.status_code == 303
    shown = helen.get(here).text
    assert "Early Intervention Team became Early Support Team" in shown and "No longer there" in shown
    assert entry(pod, NEW["email"])["team"] == "Early Support Team"
    assert "is a name of another team already" in helen.send("/directory/teams/new", {"name": "eip"}).text
    still = helen.get(person(NEW["email"], "/change")).text
    assert '<option value="Early Support Team" selected' in still, "who is in it stays in it until somebody moves them"


def test_workers_read_the_directory_practitioners_do_not_and_neither_changes_it(pod: Pod) -> None:
    pod.staffed()
    wren, amara = Browser(pod, WREN), Browser(pod, AMARA)
    assert wren.get("/directory").status_code == wren.get(person(TOM)).status_code == wren.get("/directory/teams").status_code == 200
    assert "Add somebody" not in wren.get("/directory").text and "Change" not in wren.get(person(TOM)).text
    for more in ("/change", "/left", "/remove"):
        assert wren.get(person(TOM, more)).status_code == 403
    assert {amara.get(path).status_code for path in ("/directory", person(TOM), "/directory/teams")} == {403}


def test_a_page_of_the_directory_takes_a_handful_of_statements_however_many_are_in_it(pod: Pod, helen: Browser) -> None:
    pod.staffed()
    seen: list[str] = []
    sa.event.listen(pod.room.database.engine, "before_cursor_execute", lambda *asked: seen.append(asked[2]))
    counts = []
    for path in ("/directory", "/directory?q=pod", person(TOM), person(TOM, "/change"), "/directory/teams"):
        seen.clear()
        assert helen.get(path).status_code == 200
        counts.append(len(seen))
    assert max(counts) <= 8, counts


@pytest.mark.parametrize("path", ["/directory?show=x", "/directory/people/00000000-0000-0000-0000-000000000000",
                                  "/directory/teams/00000000-0000-0000-0000-000000000000", "/directory/people/x"])
def test_what_is_not_there_is_said_not_to_be_there(helen: Browser, path: str) -> None:
    assert helen.get(path).status_code == 404
