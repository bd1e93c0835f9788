"""A practitioner who leaves while the referral is under way: who is told, who finds out who takes over, and what goes on without them."""
from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from services.referrals import store
from shared.calendar import LONDON, add_working_days, start_of_london_day
from shared.messaging.envelope import Event
from shared.schemas import contract
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_changed_outside import event, offer
from tests.integration.test_referrals_triage import AMARA, HELEN, PRIYA, WREN, acts, at, send, words

TOM, TEAM = "tom.whitfield@cmhwt.example", "Community Mental Health and Wellbeing Team"
FIND_OUT, SAY_WHO = "Find out who takes over as practitioner", "Say who takes over as practitioner"


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def leaves(pod: Pod, on: str, hours: float = 1, who: str = AMARA) -> Event:
    """Give the report that a practitioner works with the citizen until a day."""
    return event("keyworker.discharged", hours, practitioner_email=who, closes_on=on)


def told(pod: Pod, type_: str) -> list[str]:
    """Give whom the last event of a type names, each as its contract has it."""
    found = pod.told(type_)[-1]
    assert contract(found.type).check(found.data)
    return [one["email"] for one in found.data.get("told", [])] or [one["email"] for one in [found.data.get("practitioner")] if one]


def row(pod: Pod, id_: str) -> Any:
    with pod.room.database.read() as connection:
        return connection.execute(store.referrals.select().where(store.referrals.c.id == id_)).one()


def name_priya(pod: Pod, caller: Any, id_: str) -> Any:
    """Amend who the practitioner is."""
    who = {"name": "Priya Nair", "email": PRIYA, "role": "key_worker", "team": "Early Intervention Team"}
    return caller.post(f"/{id_}/amend", {"amendment_reason": "She takes over.", "referrer": who})


def test_R_07_nobody_is_told_as_practitioner_who_has_gone_and_somebody_new_is(pod: Pod):
    id_ = pod.sent()
    pod.wren.post(f"/{id_}/questions", {"words": "Which ward?"})
    assert told(pod, "referral.more_asked") == [AMARA]
    offer(pod, leaves(pod, pod.ago(1)))
    pod.wren.post(f"/{id_}/questions", {"words": "Which days?"})
    pod.helen.post(f"/{id_}/amend", {"amendment_reason": "He says so.", "commitment_months": 4})
    assert told(pod, "referral.more_asked") == [] == told(pod, "referral.amended")
    assert name_priya(pod, pod.wren, id_).status_code == 200
    pod.wren.post(f"/{id_}/questions", {"words": "And which hours?"})
    assert told(pod, "referral.more_asked") == [PRIYA] == told(pod, "referral.received")


def test_R_07_whoever_leaves_on_a_day_to_come_is_told_until_then(pod: Pod):
    id_ = pod.sent()
    offer(pod, leaves(pod, pod.ago(-5)))
    pod.wren.post(f"/{id_}/questions", {"words": "Which ward?"})
    assert told(pod, "referral.more_asked") == [AMARA] and FIND_OUT in at(pod, WREN, id_)
    last = start_of_london_day(pod.today() + timedelta(days=5))
    vars(pod.room.database)["now"] = lambda connection: last - timedelta(seconds=1)
    pod.wren.post(f"/{id_}/questions", {"words": "Until midnight."})
    assert told(pod, "referral.more_asked") == [AMARA]
    vars(pod.room.database)["now"] = lambda connection: last
    pod.wren.post(f"/{id_}/questions", {"words": "From midnight."})
    assert told(pod, "referral.more_asked") == []


def test_R_14_duty_worker_and_named_person_see_who_is_needed_and_an_amendment_settles_it(pod: Pod):
    id_ = pod.sent()
    pod.wren.post(f"/{id_}/questions", {"words": "Which ward?"})
    assert row(pod, id_).worklist == "waiting" and "Rosa Quill" in words(Browser(pod, WREN).get("/?list=waiting"))
    offer(pod, leaves(pod, pod.ago(1)))
    page = at(pod, WREN, id_)
    assert FIND_OUT in page and "a manager can accept or decline it meanwhile" in page and f'/{id_}/amend/people' in Browser(pod, WREN).get(f"/{id_}").text
    assert "Another practitioner is needed: Amara Osei no longer works with the citizen from" in page
    assert "waits for the practitioner" not in page and row(pod, id_).worklist == "triage"
    (listed,) = pod.wren.get().json["items"]
    assert listed["next"] == FIND_OUT and "Practitioner needed" in listed["notes"]
    assert "Rosa Quill" in words(Browser(pod, WREN).get("/?list=practitioner"))
    assert SAY_WHO in words(Browser(pod, TOM).get("/")) and SAY_WHO in at(pod, TOM, id_)
    assert pod.wren.get(f"/{id_}").json["practitioner_goes_on"] == pod.ago(1)
    people = {"referrer_name": "Priya Nair", "referrer_email": PRIYA, "referrer_role": "key_worker", "referrer_team": "Early Intervention Team",
              "referrer_telephone": "01632 960102", "named_name": "Tom Whitfield", "named_email": TOM, "named_team": TEAM}
    answer = send(pod, TOM, f"/{id_}/amend/people", **people, amendment_reason="Amara has left the team.")
    assert answer.status_code == 303, words(answer)
    assert FIND_OUT not in at(pod, WREN, id_) and "Another practitioner" not in at(pod, WREN, id_)
    assert pod.wren.get(f"/{id_}").json["practitioner_goes_on"] is None and not row(pod, id_).practitioner_needed
    assert "Rosa Quill" not in words(Browser(pod, WREN).get("/?list=practitioner")) and row(pod, id_).worklist == "waiting"


def test_R_03_whoever_leaves_and_is_not_the_named_person_does_not_keep_it_from_being_accepted(pod: Pod):
    id_ = pod.sent()
    offer(pod, leaves(pod, pod.ago(1)))
    assert pod.helen.get(f"/{id_}").json["missing"] == [] and "accept" in acts(pod, HELEN, id_)
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    (accepted,) = pod.told("referral.accepted")
    assert "practitioner" not in accepted.data and contract(accepted.type).check(accepted.data)
    assert not accepted.data["self_referral"]
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": WREN}).status_code == 200
    assert told(pod, "referral.allocated") == [] and FIND_OUT in at(pod, WREN, id_)
    assert pod.helen.get().json["items"][0]["next"] == FIND_OUT
    assert name_priya(pod, pod.wren, id_).status_code == 200
    assert told(pod, "referral.accepted") == [PRIYA] == told(pod, "referral.allocated")
    assert "Arrange the first meeting" in at(pod, WREN, id_)


def test_R_07_the_first_meeting_is_held_without_whoever_left(pod: Pod):
    id_ = pod.sent()
    pod.helen.post(f"/{id_}/accept")
    pod.helen.post(f"/{id_}/allocate", {"development_worker_email": WREN})
    start = datetime.combine(add_working_days(pod.today(), 5), time(10), LONDON).astimezone(UTC)
    times = [{"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}]
    for whose in ("citizen", "development_worker"):
        assert pod.wren.post(f"/{id_}/availability", {"whose": whose, "times": times}).status_code == 200
    given = {"starts_at": start.isoformat(), "mode": "telephone"}
    assert pod.wren.post(f"/{id_}/meeting", given).status_code == 409, "the practitioner has said nothing"
    assert "Say when you can come" in at(pod, AMARA, id_)
    offer(pod, leaves(pod, pod.ago(1)))
    page = at(pod, WREN, id_, "/meeting")
    assert "Amara Osei no longer works with the citizen from" in page and "the meeting can be held without them" in page
    assert set(pod.wren.get(f"/{id_}").json["meeting"]["availability"]) == {"citizen", "development_worker"}
    assert "Say when you can come" not in at(pod, AMARA, id_)
    assert pod.wren.post(f"/{id_}/meeting", given).status_code == 200
    assert told(pod, "referral.meeting_offered") == [WREN]


def test_R_03_R_07_whoever_stays_after_all_or_comes_after_they_left_is_the_practitioner(pod: Pod):
    id_ = pod.sent()
    offer(pod, leaves(pod, pod.ago(1)), event("keyworker.discharge_cancelled", 2, practitioner_email=AMARA))
    assert FIND_OUT not in at(pod, WREN, id_)
    offer(pod, leaves(pod, pod.ago(1), 3, PRIYA), leaves(pod, pod.ago(1), 4), event(
        "keyworker.changed", 5, from_email=AMARA, to_email=PRIYA, to_name="Priya Nair", to_team="Early Intervention Team", changes_on=pod.ago(0)))
    assert FIND_OUT not in at(pod, WREN, id_), "what was known of Priya before she came was of another time"
    pod.wren.post(f"/{id_}/questions", {"words": "Which ward?"})
    assert told(pod, "referral.more_asked") == [PRIYA]
    offer(pod, leaves(pod, pod.ago(0), 6, PRIYA))
    assert FIND_OUT in at(pod, WREN, id_)


def test_R_14_whoever_asks_or_declines_is_told_that_nobody_hears_of_it(pod: Pod):
    id_ = pod.sent()
    helen = Browser(pod, HELEN)
    helen.send(f"/{id_}/question", {"words": "Which ward?"})
    assert "The practitioner will be told." in words(helen.get(f"/{id_}"))
    offer(pod, leaves(pod, pod.ago(1)))
    helen.send(f"/{id_}/question", {"words": "Which days?"})
    assert "Nobody is told of it, for the practitioner has left" in words(helen.get(f"/{id_}"))
    helen.send(f"/{id_}/decline", {"reason": "other", "words": "Not now."})
    assert "tell their team" in words(helen.get(f"/{id_}")) and told(pod, "referral.declined") == []


def test_J_14_nobody_takes_over_where_the_citizen_has_died_or_the_referral_ended(pod: Pod):
    id_ = pod.sent()
    offer(pod, leaves(pod, pod.ago(1)), event("citizen.died", 2, died_on=pod.ago(1)))
    assert FIND_OUT not in at(pod, WREN, id_) and SAY_WHO not in at(pod, AMARA, id_) and not row(pod, id_).practitioner_needed
    assert pod.wren.post(f"/{id_}/withdraw", {"reason": "died"}).status_code == 200
    assert told(pod, "referral.withdrawn") == []
    assert "Another practitioner" not in at(pod, WREN, id_)
