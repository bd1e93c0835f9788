"""A referral whose journey closes: until that day everything goes on, from the next day on nothing is arranged or asked (J-11)."""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.calendar import add_working_days, london_day, start_of_london_day, working_hours
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_first_meeting import Both, both, opened
from tests.integration.test_referrals_changed_outside import event, offer
from tests.integration.test_referrals_triage import AMARA, WREN, at, words

__all__ = ["both"]


def closes(both: Both, id_: str, on: Any) -> None:
    """Have the practitioner discharge the citizen, as the journey hears it."""
    offer(both.pod, event("keyworker.discharged", 1, practitioner_email=AMARA, closes_on=on.isoformat()))
    both.settled()
    assert both.pod.wren.get(f"/{id_}").json["journey_closes_on"] == on.isoformat()


def meet(both: Both, id_: str, days: int) -> Any:
    """Offer the first meeting so many working days ahead."""
    hours = working_hours(add_working_days(datetime.fromisoformat(f"{both.pod.today()}T12:00+00:00"), days))
    assert hours is not None
    return both.pod.wren.post(f"/{id_}/meeting", {"starts_at": (hours[0] + timedelta(hours=1)).isoformat(), "mode": "teams", "agreed": True})


def on_the_day_after(both: Both, day: Any) -> None:
    later = start_of_london_day(day + timedelta(days=1)) + timedelta(hours=10)
    for room in both.handover.rooms:
        vars(room.database)["now"] = lambda connection: later
    both.pod.room.database.run(both.pod.room.keeper.look)


def test_J_11_a_meeting_is_offered_up_to_the_closing_day_and_not_after_it(both: Both):
    id_, pod = opened(both), both.pod
    day = add_working_days(datetime.fromisoformat(f"{pod.today()}T12:00+00:00"), 3)
    closes(both, id_, day)
    assert "The journey closes on" in at(pod, WREN, id_) and "Arrange the meeting" in at(pod, WREN, id_)
    late = meet(both, id_, 4)
    assert late.status_code == 409 and late.json["rule"] == "J-11" and late.json["errors"][0]["pointer"] == "/starts_at", late.text
    assert f"closes on {day.day} {day:%B %Y}" in late.json["detail"] and "on that day or before" in late.json["help"]
    assert meet(both, id_, 3).status_code == 200, "on the closing day itself everything goes on"


def test_J_11_nothing_is_asked_or_arranged_once_the_journey_has_closed(both: Both):
    named = {"name": "Amara Osei", "email": AMARA, "team": "Community Mental Health and Wellbeing Team"}
    id_, pod = opened(both, named_person=named), both.pod
    day = pod.today() + timedelta(days=3)
    closes(both, id_, day)
    before = at(pod, AMARA, id_)
    assert "Name another person who carries risk" in before and "Say who takes over as practitioner" in before
    on_the_day_after(both, day)
    own, page, said = at(pod, AMARA, id_), at(pod, WREN, id_), f"The journey closed on {day.day} {day:%B %Y}."
    for gone in ("What is asked of you", "Name another person", "Say who takes over", "Say when you can come", "First meeting due"):
        assert gone not in own
    assert said in own and "Closed" in own and said in page and "Nothing more is to be done" in page and "Arrange" not in page
    assert "Say when you can" not in words(Browser(pod, AMARA).get("/")) and "allocate" not in page
    assert "Introductory meeting" not in page and "Add a document" not in page + own
    for answer in (meet(both, id_, 8), pod.helen.post(f"/{id_}/allocate", {"development_worker_email": "idris.bello@pod.example"}),
                   pod.caller("practitioner", "tom.whitfield@cmhwt.example").post(f"/{id_}/availability", {"whose": "practitioner", "times": []})):
        assert answer.status_code == 409 and answer.json["rule"] == "J-11" and said[:-1] in answer.json["detail"], answer.text
    for path in ("meeting/offer", "meeting/times/citizen", "allocate"):
        refusal = Browser(pod, WREN if path != "allocate" else "helen.marsh@pod.example").get(f"/{id_}/{path}")
        assert refusal.status_code == 409 and said[:-1] in words(refusal), path
    assert said[:-1] in words(Browser(pod, WREN).get(f"/{id_}/meeting")) and "Say when" not in words(Browser(pod, WREN).get(f"/{id_}/meeting"))


def test_J_11_a_meeting_planned_for_after_the_closing_day_will_not_be_until_the_practitioner_stays(both: Both):
    id_, pod = opened(both), both.pod
    assert meet(both, id_, 5).status_code == 200
    closes(both, id_, london_day(datetime.fromisoformat(f"{pod.today()}T12:00+00:00")) + timedelta(days=1))
    offered = pod.wren.get(f"/{id_}").json["meeting"]["offered"]
    assert offered["off"] is True and offered["cancelled"] is False
    assert "Will not be" in at(pod, AMARA, id_) and "Arrange the meeting" in at(pod, WREN, id_)
    assert "will not be: the journey closes before it" in words(Browser(pod, WREN).get(f"/{id_}/meeting"))
    offer(pod, event("keyworker.discharge_cancelled", 2, practitioner_email=AMARA))
    both.settled()
    assert pod.wren.get(f"/{id_}").json["meeting"]["offered"]["off"] is False and "Hold the first meeting" in at(pod, WREN, id_)


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either
