"""Two people, or two tabs, at one page: the second sees what the first did before anything of it is replaced."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.calendar import add_working_days
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod, opened
from tests.integration.test_referrals_triage import AMARA, HELEN, MARCUS, WREN, words

TOM = "tom.whitfield@cmhwt.example"
FIRST, SECOND = "Her husband is violent; never ring the landline.", "None known."


@pytest.fixture
def pod(tmp_path: Path) -> Any:
    with opened(tmp_path) as made:
        yield made.staffed()


def asked(pod: Pod) -> tuple[str, str]:
    id_ = pod.sent()
    question = pod.wren.post(f"/{id_}/questions", {"words": "Any risks?"}).json["questions"][0]["id"]
    return id_, f"/{id_}/questions/{question}"


def accepted(pod: Pod) -> str:
    id_ = pod.sent()
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    return id_


def question(pod: Pod, id_: str) -> Any:
    (found,) = pod.wren.get(f"/{id_}").json["questions"]
    return found


def test_R_14_the_second_to_answer_is_shown_the_first_answer_and_keeps_what_they_typed(pod: Pod) -> None:
    id_, path = asked(pod)
    amara, tom = Browser(pod, AMARA), Browser(pod, TOM)
    empty = tom.get(path)
    assert amara.send(path, {"words": FIRST}).status_code == 303
    stopped = tom.send(path, {"words": SECOND}, empty)
    assert stopped.status_code == 422 and "Somebody answered this while you typed." in words(stopped)
    assert FIRST in words(stopped) and "Answered by Amara Osei, on" in words(stopped) and SECOND in stopped.text
    assert question(pod, id_)["answer"]["words"] == FIRST and question(pod, id_)["earlier"] == []


def test_R_14_an_answer_sent_again_knowingly_leaves_the_first_readable(pod: Pod) -> None:
    id_, path = asked(pod)
    tom = Browser(pod, TOM)
    empty = tom.get(path)
    assert Browser(pod, AMARA).send(path, {"words": FIRST}).status_code == 303
    assert tom.send(path, {"words": SECOND}, tom.send(path, {"words": SECOND}, empty)).status_code == 303
    found = question(pod, id_)
    assert (found["answer"]["words"], found["answer"]["by"]) == (SECOND, "Tom Whitfield")
    assert [(one["words"], one["by"]) for one in found["earlier"]] == [(FIRST, "Amara Osei")]
    page = words(Browser(pod, WREN).get(f"/{id_}"))
    assert page.index("Amara Osei answered on") < page.index(FIRST) < page.index("Tom Whitfield answered on") < page.index(SECOND)


def test_R_14_an_answer_put_right_twice_keeps_them_in_their_order(pod: Pod) -> None:
    id_, path = asked(pod)
    for answer in ("One.", "Two.", "Three."):
        assert pod.amara.post(f"{path}/answer", {"words": answer}).status_code == 200
    found = question(pod, id_)
    assert [one["words"] for one in found["earlier"]] == ["One.", "Two."] and found["answer"]["words"] == "Three."
    amara = Browser(pod, AMARA)
    page = amara.get(path)
    assert "Three.</textarea>" in page.text and amara.send(path, {"words": "Four."}, page).status_code == 303


def test_J_01_the_second_tab_is_told_who_was_chosen_in_the_first(pod: Pod) -> None:
    id_ = accepted(pod)
    path, here, there = f"/{id_}/allocate", Browser(pod, HELEN), Browser(pod, HELEN)
    empty = there.get(path)
    assert here.send(path, {"development_worker": MARCUS}).status_code == 303
    stopped = there.send(path, {"development_worker": WREN}, empty)
    assert stopped.status_code == 422 and "Marcus Bell was chosen while you had this page open." in words(stopped)
    assert "Marcus Bell was chosen by Helen Marsh, on" in words(stopped) and f'value="{WREN}" checked' in stopped.text
    assert pod.helen.get(f"/{id_}").json["development_worker"]["email"] == MARCUS
    assert there.send(path, {"development_worker": WREN}, stopped).status_code == 303
    assert pod.helen.get(f"/{id_}").json["development_worker"]["email"] == WREN


def offer(pod: Pod, browser: Browser, path: str, page: Any, days: int) -> Any:
    on = add_working_days(pod.today(), days)
    return browser.send(path, {"on": [str(on.day), str(on.month), str(on.year)], "starts": "10am", "agreed": "y", "mode": "in_person"}, page)


def test_R_07_a_meeting_offered_meanwhile_is_not_moved_unseen(pod: Pod) -> None:
    id_ = accepted(pod)
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": WREN}).status_code == 200
    path, wren, marcus = f"/{id_}/meeting/offer", Browser(pod, WREN), Browser(pod, MARCUS)
    empty, again = wren.get(path), marcus.get(path)
    assert offer(pod, wren, path, empty, 4).status_code == 303
    first = pod.wren.get(f"/{id_}").json["meeting"]["offered"]
    stopped = offer(pod, marcus, path, again, 6)
    assert stopped.status_code == 422 and "while you had this page open, by Wren Callaghan, on" in words(stopped)
    assert "Move the introductory meeting" in words(stopped) and 'value="10am"' in stopped.text
    assert pod.wren.get(f"/{id_}").json["meeting"]["offered"] == first
    assert offer(pod, marcus, path, stopped, 6).status_code == 303
    assert pod.wren.get(f"/{id_}").json["meeting"]["offered"]["starts_at"] > first["starts_at"]


def test_R_07_a_meeting_called_off_meanwhile_is_said_before_it_is_offered_anew(pod: Pod) -> None:
    id_ = accepted(pod)
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": WREN}).status_code == 200
    path, wren = f"/{id_}/meeting/offer", Browser(pod, WREN)
    assert offer(pod, wren, path, wren.get(path), 4).status_code == 303
    moving = wren.get(path)
    assert pod.helen.post(f"/{id_}/meeting/call-off", {"reason": "The room is gone."}).status_code == 200
    stopped = offer(pod, wren, path, moving, 6)
    assert stopped.status_code == 422 and "was called off while you had this page open, by Helen Marsh, on" in words(stopped)
    assert pod.wren.get(f"/{id_}").json["meeting"]["offered"]["cancelled"]
