"""What is heard of a citizen after two of their referrals were merged reaches both, and so does that it was wrong (R-13, J-13, J-14)."""
from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from services.referrals import elsewhere
from shared.ledger import rows
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.referral_room import opened as opened_pod
from tests.integration.test_first_meeting import Both, both, opened
from tests.integration.test_referrals_changed_outside import event, offer
from tests.integration.test_referrals_merged import merged, second
from tests.integration.test_referrals_triage import WREN
from tests.integration.test_self_referral import sent as refers_themself
from tests.support.postgres import Postgres

__all__ = ["both"]

PREVENTION: dict[str, Any] = {"pathway": "prevention", "documents": [], "named_person": None}
NUMBERLESS = {"name": "Rosa Quill", "date_of_birth": "1984-05-17", "telephone": "07700 900123", "contact_by": "text"}
HERSELF = {"name": {"name": "Rosa Quill"}, "date-of-birth": {"date_of_birth": ["17", "5", "1984"]}}


def died_on(pod: Pod, *ids: str) -> list[Any]:
    return [pod.wren.get(f"/{id_}").json["died_on"] for id_ in ids]


def to_tell(pod: Pod, id_: str) -> list[str]:
    return [one["what"] for one in pod.wren.get(f"/{id_}").json["to_tell"]]


def wrote(pod: Pod, number: str) -> str:
    """Have the citizen refer themself and write to us; give the referral's id."""
    before = {one["id"] for one in pod.wren.get().json["items"]}
    writer = refers_themself(pod, **HERSELF, **{"nhs-number": {"nhs_number": number}})
    writer.get("/self/message")
    writer.post("/self/message", words="Please ring me at my sister's.")
    (id_,) = {one["id"] for one in pod.wren.get().json["items"]} - before
    assert to_tell(pod, id_) == ["wrote"]
    return str(id_)


def test_J_14_N_04_a_death_said_by_hand_reaches_whoever_has_yet_to_be_told_that_they_were_declined(either: Pod) -> None:
    id_ = wrote(either, "9434765919")
    assert either.helen.post(f"/{id_}/decline", {"reason": "other", "words": "No room.", "would_change": "Room."}).status_code == 200
    other = either.sent()
    assert to_tell(either, id_) == ["wrote", "declined"]
    answer = either.amara.post(f"/{other}/withdraw", {"reason": "died", "words": "She died.", "died_on": either.ago(1)})
    assert answer.status_code == 200, answer.text
    assert died_on(either, id_) == [either.ago(1)] and to_tell(either, id_) == []
    assert either.wren.get("", worklist="tell").json["items"] == []


def test_J_13_R_13_a_wrong_death_is_taken_back_on_both_from_either(either: Pod) -> None:
    kept = either.sent(citizen=NUMBERLESS, **PREVENTION)
    other = second(either, **PREVENTION)
    offer(either, event("citizen.died", 1, died_on=either.ago(1)))
    merged(either, other, kept)
    assert died_on(either, other, kept) == [either.ago(1)] * 2
    (report,) = either.helen.get(f"/{other}/reports").json["items"]
    assert either.helen.post(f"/{other}/reports/{report['id']}/withdraw", {"reason": "Somebody else's number."}).status_code == 200
    assert died_on(either, other, kept) == [None, None]
    assert either.helen.post(f"/{kept}/accept").status_code == 200


def test_J_13_R_13_that_a_death_was_wrong_is_heard_on_the_one_that_was_merged_too(either: Pod) -> None:
    kept = either.sent(citizen=NUMBERLESS, **PREVENTION)
    other = second(either, **PREVENTION)
    offer(either, event("citizen.died", 1, died_on=either.ago(1)))
    merged(either, other, kept)
    offer(either, event("citizen.death_cancelled", 3))
    assert died_on(either, other, kept) == [None, None]
    assert "We are sorry" not in Browser(either, "priya.nair@eit.example").get(f"/{other}").text


def test_J_14_N_04_nobody_is_rung_for_a_message_merged_before_they_died_nor_by_a_way_they_asked_us_not_to_use(either: Pod) -> None:
    kept = either.sent(citizen=NUMBERLESS, **PREVENTION)
    other = wrote(either, "9434765919")
    merged(either, other, kept)
    wish = {"do_not": ["do not ring: he answers"], "telephone": "07700 900888"}
    assert either.wren.post(f"/{kept}/amend", {"amendment_reason": "She said so.", "citizen": wish}).status_code == 200
    page = Browser(either, WREN).get(f"/{other}/told").text
    assert "do not ring: he answers" in page and "900888" in page and "900123" not in page
    offer(either, event("citizen.died", 1, died_on=either.ago(1)))
    assert died_on(either, other, kept) == [either.ago(1)] * 2 and to_tell(either, other) == []


def test_J_14_R_13_a_referral_merged_twice_over_hears_of_a_death(either: Pod) -> None:
    last = either.sent(**PREVENTION)
    between = second(either, citizen=NUMBERLESS, **PREVENTION)
    first = wrote(either, "")
    merged(either, first, between)
    merged(either, between, last)
    offer(either, event("citizen.died", 1, died_on=either.ago(1)))
    assert died_on(either, first, last) == [either.ago(1)] * 2 and to_tell(either, first) == []


def test_J_14_the_journey_hears_of_a_death_said_by_hand_that_a_merge_brings(both: Both) -> None:
    pod = both.pod
    kept = opened(both, citizen=NUMBERLESS, **PREVENTION)
    other, third = second(pod, **PREVENTION), pod.sent()
    assert pod.amara.post(f"/{third}/withdraw", {"reason": "died", "words": "She died.", "died_on": pod.ago(1)}).status_code == 200
    assert both.journey(kept)["died_on"] is None
    merged(pod, other, kept)
    assert died_on(pod, kept) == [pod.ago(1)] and both.journey(kept)["died_on"] == pod.ago(1)
    assert not any(both.parked())


def test_J_13_a_referral_that_comes_while_a_wrong_death_is_taken_back_is_not_left_dead(
        tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened_pod(tmp_path, postgres) as pod:
        while_taken_back(pod, monkeypatch)


def while_taken_back(either: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    first, came = either.sent(), list[str]()
    offer(either, event("citizen.died", 1, died_on=either.ago(1)))
    (report,) = either.helen.get(f"/{first}/reports").json["items"]
    load = rows.load

    def meanwhile(*given: Any, **named: Any) -> Any:
        if not came:
            came.append("")
            sender = threading.Thread(target=lambda: came.append(either.sent(**PREVENTION)))
            sender.start()
            sender.join(20)
        return load(*given, **named)
    monkeypatch.setattr(elsewhere.rows, "load", meanwhile)
    assert either.helen.post(f"/{first}/reports/{report['id']}/withdraw", {"reason": "Somebody else's number."}).status_code == 200
    assert died_on(either, first, came[1]) == [None, None]
