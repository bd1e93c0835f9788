"""That an open referral was amended is seen by the Pod, and whom it is told is said as it is (R-14)."""
from __future__ import annotations

from typing import Any

from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_elsewhere import amend
from tests.integration.test_referrals_triage import AMARA, HELEN, WREN, at, typed, words


def notes(caller: Any, id_: str) -> list[str]:
    (row,) = (one for one in caller.get().json["items"] if one["id"] == id_)
    return [note for note in row["notes"] if note.startswith("Amended")]


def changed(pod: Pod, email: str, id_: str) -> str:
    """Amend how to reach the citizen on the page; give what is said of it."""
    browser = Browser(pod, email)
    page = browser.get(f"/{id_}/amend/contact")
    given = typed(page.text) | {"contact_when": f"After {email}", "amendment_reason": "She asked."}
    assert browser.send(f"/{id_}/amend/contact", given, page).status_code == 303
    return words(browser.get(f"/{id_}"))


def test_R_14_the_lists_of_the_pod_say_that_an_open_referral_was_amended_until_one_has_looked(either: Pod):
    pod, id_ = either, either.sent()
    assert notes(pod.wren, id_) == []
    amend(pod.amara, id_, citizen={"telephone": "07700 900999"})
    (said,) = notes(pod.wren, id_)
    assert said.startswith("Amended on ") and said.endswith(" by Amara Osei") and notes(pod.helen, id_) == [said]
    assert said in words(Browser(pod, WREN).get("/?list=triage")) and f"{said} , since you last looked" in at(pod, WREN, id_).replace(",", " ,")
    assert notes(pod.wren, id_) == [] and notes(pod.helen, id_) == [said], "each looks for themself"
    assert "since you last looked" not in at(pod, WREN, id_)
    amend(pod.wren, id_, reason="Would like to play music.")
    assert notes(pod.wren, id_) == [], "who did it knows it"
    assert "notes" not in pod.amara.get().json["items"][0] and "Amended on" not in at(pod, AMARA, id_)


def test_R_14_it_is_said_who_is_told_of_an_amendment_and_nobody_else(pod: Pod):
    id_ = pod.sent()
    assert "The referral was amended. The Pod’s lists say so." in (page := changed(pod, AMARA, id_)) and "no message was sent" in page
    assert "The referral was amended. Amara Osei will be told." in changed(pod, WREN, id_)
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": WREN}).status_code == 200
    assert "The referral was amended. Wren Callaghan will be told." in changed(pod, AMARA, id_)
    assert "The referral was amended. Amara Osei and Wren Callaghan will be told." in changed(pod, HELEN, id_)
    assert notes(pod.helen, id_) == [], "once it is accepted whoever works with the citizen is told"


def test_R_14_who_looked_is_a_link_for_those_to_whom_it_opens(pod: Pod):
    colleague = "tom.whitfield@cmhwt.example"
    id_ = pod.sent(named_person={**pod.body()["named_person"], "name": "Nia Ward", "email": "nia.ward@cmhwt.example"})
    for email, status in ((AMARA, 200), (WREN, 200), (colleague, 403)):
        browser = Browser(pod, email)
        assert (f"/{id_}/looked" in browser.get(f"/{id_}").text) is (status == 200)
        assert browser.get(f"/{id_}/looked").status_code == status
