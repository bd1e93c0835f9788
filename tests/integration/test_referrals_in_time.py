"""What time alone does to the lists: a journey that closes leaves them when its day is over, and who grows up is to be decided about anew."""
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.referrals import store
from services.referrals.desk import Desk
from services.referrals.worklists import loads
from shared.calendar import closed_until, end_of_london_day
from shared.ledger.tables import staff_id
from shared.ledger.types import Actor, Statement
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_finding import shown, text

HELEN, WREN = "helen.marsh@pod.example", "wren.callaghan@pod.example"


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either.staffed()


@pytest.fixture
def later(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let days go by, and the service look at what is due."""
    def go(days: int) -> None:
        monkeypatch.setattr(pod.room.database, "now", lambda connection: datetime.now(UTC) + timedelta(days=days))
        pod.room.database.run(pod.room.keeper.look)
    return go


def row(pod: Pod, id_: str) -> Any:
    with pod.room.database.read() as connection:
        return connection.execute(store.referrals.select().where(store.referrals.c.id == id_)).one()


def accepted(pod: Pod, worker: str = WREN) -> str:
    id_ = pod.sent(duplicate_reason="test")
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": worker}).status_code == 200
    return id_


def say(pod: Pod, id_: str, about: str, kind: str, **data: Any) -> None:
    """Let another service say something; without data it takes back what it said."""
    said = Statement(about, kind, datetime.now(UTC), data, withdrawn=not data, actor="urn:other", source="urn:other", event_id=f"{about}{data}")
    pod.room.database.run(lambda c: pod.room.keeper.ledger.record(c, {id_: [said]}, pod.room.database.now(c)))


def closes(pod: Pod, id_: str, days: int) -> None:
    """Let the journey say on which day it closes, so many from today."""
    say(pod, id_, "journey:closing", "journey.closing", closes_on=(pod.today() + timedelta(days=days)).isoformat())


def load(pod: Pod) -> dict[str, int]:
    with pod.room.database.read() as connection:
        return loads(Desk(connection, pod.room.keeper.ledger, Actor(HELEN, "Helen", frozenset({"manager"}))))


def test_J_11_a_journey_that_closes_stays_on_every_list_until_that_day_is_over_and_then_leaves_them(pod: Pod, later: Callable[[int], None]):
    id_ = accepted(pod)
    # the named person leaves, a document lapses soon, the citizen is on a ward, and no first meeting is arranged
    say(pod, id_, "practitioner:x:goes", "practitioner.discharged", practitioner=staff_id("tom.whitfield@cmhwt.example"), closes_on=pod.ago(1))
    say(pod, id_, "stay:V1:admission", "hospital.admitted", ward="Elm")
    pod.amara.post(f"/{id_}/documents", {"kind": "risk_assessment", "dated": pod.ago(0), "expires_on": (pod.today() + timedelta(days=3)).isoformat()})
    closes(pod, id_, 2)
    wren = Browser(pod, WREN)
    lists = ("arrange", "named", "lapsing", "hospital")
    for days in (0, 2):
        later(days)
        assert [shown(wren.get(f"/?list={name}")) for name in lists] == [["Rosa Quill"]] * len(lists), days
        assert load(pod) == {staff_id(WREN): 1} and row(pod, id_).target == "first_meeting"
        assert pod.wren.get(f"/{id_}").json["targets"]
    later(3)
    assert [shown(wren.get(f"/?list={name}")) for name in lists] == [[]] * len(lists)
    assert load(pod) == {} and row(pod, id_).target == "" and not pod.wren.get(f"/{id_}").json["targets"]
    assert shown(wren.get("/all")) == ["Rosa Quill"], "it is still found"


def test_J_11_a_journey_that_does_not_close_after_all_comes_back_to_the_lists(pod: Pod):
    id_ = accepted(pod)
    closes(pod, id_, -1)
    assert row(pod, id_).worklist == "" and not row(pod, id_).goes_on
    say(pod, id_, "journey:closing", "journey.closing")
    assert row(pod, id_).worklist == "arrange" and row(pod, id_).goes_on


def born(pod: Pod, days_to_18: int) -> str:
    """Give the date of birth of somebody who is 18 in so many days."""
    day: date = pod.today() + timedelta(days=days_to_18)
    return day.replace(year=day.year - 18).isoformat()


def test_R_05_who_is_under_18_is_for_a_manager_to_decline_until_they_are_18(pod: Pod, later: Callable[[int], None]):
    id_ = pod.sent(citizen={"name": "Kit Young", "date_of_birth": born(pod, 3), "nhs_number": "9876543210"})
    helen, wren = Browser(pod, HELEN), Browser(pod, WREN)
    page = helen.get("/?list=decide")
    assert shown(page) == ["Kit Young"] and "Have it declined" in text(page) and "Have it declined" in text(wren.get("/?list=triage"))
    page = wren.get(f"/{id_}")
    assert "Nobody can mend that the citizen is under 18 until" in text(page) and f'/{id_}/decline"' not in page.text
    page = helen.get(f"/{id_}")
    assert f'/{id_}/decline"' in page.text and "put the date of birth right if it is wrong" in text(page)
    later(3)
    page = helen.get("/?list=decide")
    assert "Have it declined" not in text(page) and "Accept or decline it" in text(page)


def test_R_05_R_11_a_citizen_under_18_who_referred_themself_is_for_a_manager_to_decline(pod: Pod):
    body = {**pod.body(pathway="prevention", conditions=["other"], citizen={"name": "Kit Young", "date_of_birth": born(pod, 400), "telephone": "07700 900123"}),
            "self_referral": True}
    for name in ("referrer", "named_person", "commitment_months", "conversation_held_on", "documents"):
        body.pop(name)
    answer = pod.wren.post("", body)
    assert answer.status_code == 201, answer.text
    assert shown(Browser(pod, HELEN).get("/?list=decide")) == ["Kit Young"]
    assert "Have it declined" in text(Browser(pod, WREN).get(f"/{answer.json['id']}"))


def test_R_04_too_short_a_commitment_is_for_a_manager_to_decline_until_the_practitioner_is_asked(pod: Pod):
    id_ = pod.sent(commitment_months=1)
    helen = Browser(pod, HELEN)
    page = helen.get("/?list=decide")
    assert shown(page) == ["Rosa Quill"] and "Have it declined" in text(page) and "1 referral" in text(page)
    assert pod.wren.post(f"/{id_}/questions", {"words": "Could you stay for three months?"}).status_code == 201
    assert shown(helen.get("/?list=decide")) == [] and not row(pod, id_).to_decline
    assert shown(helen.get("/?list=waiting")) == ["Rosa Quill"]


def test_R_07_R_08_what_is_due_before_the_pod_opens_again_is_in_the_list_of_today(pod: Pod):
    pod.sent()
    last, wren = closed_until(pod.today()), Browser(pod, WREN)
    for due, there in ((last, ["Rosa Quill"]), (last + timedelta(days=1), [])):
        with pod.room.database.transaction() as connection:
            connection.execute(store.referrals.update().values(target_on=due.isoformat(), late_from=end_of_london_day(due + timedelta(days=7))))
        assert shown(wren.get("/?list=today")) == there and len(pod.wren.get(due="today").json["items"]) == len(there)
