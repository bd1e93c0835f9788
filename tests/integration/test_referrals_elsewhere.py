"""What is amended of a citizen on one referral reaches their others, and tells no practitioner of another referral (R-13)."""
from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.journeys.service import journey_id
from services.notifications import store as notifications
from services.notifications.service import Notifications
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.room import Room
from shared.settings import Settings
from tests.integration.referral_room import SECRET, Pod
from tests.integration.test_referrals_triage import AMARA, PRIYA, WREN, at
from tests.support.journeys import bearer, journeys_client, journeys_room

HEARD = ("referral.received", "referral.accepted", "referral.allocated")
NEW = "07700 900999"


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


@pytest.fixture
def url(pod: Pod, request: pytest.FixtureRequest) -> str:
    """Give the address of a second empty database of the same kind."""
    return str(request.getfixturevalue("postgres").new_database()) if pod.settings.database_url else ""


@pytest.fixture
def journeys(url: str, tmp_path: Path) -> Iterator[Room]:
    room = journeys_room(tmp_path, url)
    yield room
    room.database.dispose()


@pytest.fixture
def messages(url: str, tmp_path: Path) -> Iterator[Room]:
    room = Room(Notifications, Settings(mode="demo", cookie_secure=False, secret_key=SECRET, var=tmp_path, database_url=url))
    room.metadata.create_all(room.database.engine)
    yield room
    room.database.dispose()


def twice(pod: Pod) -> tuple[str, str]:
    """Have Rosa referred by Amara, accepted and allocated, and referred again by Priya, who does not know of it."""
    first = pod.sent()
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    assert pod.helen.post(f"/{first}/allocate", {"development_worker_email": WREN}).status_code == 200
    return first, again(pod)


def again(pod: Pod, **changes: Any) -> str:
    referrer = {"name": "Priya Nair", "email": PRIYA, "role": "care_coordinator", "team": "Early Intervention Team"}
    answer = pod.priya.post("", pod.body(referrer=referrer, duplicate_reason="She asked me to.", **changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def amend(caller: Any, id_: str, **change: Any) -> None:
    answer = caller.post(f"/{id_}/amend", {"amendment_reason": "She rang me.", **change})
    assert answer.status_code == 200, answer.text


def revisions(pod: Pod, type_: str, id_: str) -> list[Event]:
    return [one for one in pod.told(type_) if one.data["referral_id"] == id_]


def hear(room: Room, events: list[Event]) -> None:
    room.inbox.take([Delivery(write(one), message_id=one.id) for one in events])


def contacts(room: Room, referral: str) -> Any:
    return journeys_client(room).get(f"/api/v1/journeys/{journey_id(referral)}", headers=bearer("worker")).json["contact"]


def test_J_01_a_journey_has_the_number_that_was_amended_on_another_referral_of_its_citizen(pod: Pod, journeys: Room):
    first, second = twice(pod)
    hear(journeys, pod.told(*HEARD))
    assert contacts(journeys, first)["telephone"] == "07700 900123"
    amend(pod.priya, second, citizen={"telephone": NEW, "contact_by": "telephone"})
    assert [one.revision for one in revisions(pod, "referral.accepted", first)] == [1, 2]
    events = pod.told(*HEARD)
    hear(journeys, events)
    assert (contacts(journeys, first)["telephone"], contacts(journeys, first)["contact_by"]) == (NEW, "telephone")
    hear(journeys, events[:3])
    assert contacts(journeys, first)["telephone"] == NEW, "what comes again late says nothing new"


def test_J_01_who_the_citizen_is_put_right_on_one_referral_is_announced_by_each(pod: Pod):
    first, second = twice(pod)
    amend(pod.wren, second, citizen={"name": "Rosa Quill-Hart", "date_of_birth": "1984-05-18"})
    for type_ in ("referral.received", "referral.accepted"):
        last = revisions(pod, type_, first)[-1]
        told = last.data["citizen"]
        assert (last.revision, told["name"], told["date_of_birth"]) == (2, "Rosa Quill-Hart", "1984-05-18")


def test_R_05_another_date_of_birth_counts_on_every_referral_of_the_citizen(pod: Pod):
    first = pod.sent()
    second = again(pod)
    young = f"{pod.today().year - 16}-01-01"
    amend(pod.wren, second, citizen={"date_of_birth": young})
    for id_ in (first, second):
        assert [one["rule"] for one in pod.wren.get(f"/{id_}").json["missing"]] == ["R-05"]
    amend(pod.wren, first, citizen={"date_of_birth": "1984-05-17"})
    assert pod.wren.get(f"/{first}").json["missing"] == pod.wren.get(f"/{second}").json["missing"] == []


def test_R_13_the_other_practitioner_sees_nothing_of_an_amendment_made_elsewhere(pod: Pod):
    first, second = twice(pod)
    amend(pod.amara, first, citizen={"telephone": "07700 900111"})
    before, page, listed = pod.amara.get(f"/{first}").json, at(pod, AMARA, first), pod.amara.get().json
    amend(pod.priya, second, citizen={"telephone": NEW, "interpreter": "Polish"}, clear=["do_not"])
    assert pod.amara.get(f"/{first}").json == before and len(before["amendments"]) == 1
    assert at(pod, AMARA, first) == page and pod.amara.get().json == listed


def test_R_13_only_the_development_worker_is_told_on_the_other_referral(pod: Pod, messages: Room):
    first, second = twice(pod)

    def sent() -> list[tuple[str, str]]:
        hear(messages, [one for one in pod.told() if one.type.startswith("referral.")])
        t = notifications.notifications.c
        with messages.database.read() as connection:
            return sorted((row.recipient, row.rule) for row in connection.execute(sa.select(t.recipient, t.rule)))
    before = sent()
    assert AMARA in {recipient for recipient, _ in before}
    amend(pod.priya, second, citizen={"telephone": NEW, "interpreter": "Polish"})
    after = sent()
    for one in before:
        after.remove(one)
    assert after == [(WREN, "referral-amended")]
    (told,) = revisions(pod, "referral.amended", first)
    assert [one["role"] for one in told.data["told"]] == ["development_worker"] and told.data["what"] == ["citizen.interpreter", "citizen.telephone"]


def test_R_14_staff_see_on_each_referral_what_was_changed_where_and_why(pod: Pod):
    first, second = twice(pod)
    amend(pod.priya, second, citizen={"telephone": NEW})
    reference = pod.wren.get(f"/{second}").json["reference"]
    (there,), (here,) = (pod.wren.get(f"/{id_}").json["amendments"] for id_ in (second, first))
    assert there["elsewhere"] is None and here["elsewhere"] == {"id": second, "reference": reference}
    assert here["changes"] == there["changes"] == [{"field": "citizen.telephone", "old": "07700 900123", "new": NEW}]
    assert (here["by"], here["told"]) == ("Priya Nair", [WREN])
    page = at(pod, WREN, first)
    assert f"This was changed on referral {reference} , and counts for this one too." in page and f"Amended on referral {reference}" in page
    assert f"Told: {WREN}. The practitioner of this referral is not told of the other one." in page


def test_an_amendment_of_the_referral_alone_and_one_that_changes_nothing_reach_no_other(pod: Pod):
    first, second = twice(pod)
    before = len(pod.told())
    amend(pod.priya, second, citizen={"telephone": "07700 900123"})
    assert len(pod.told()) == before
    amend(pod.priya, second, reason="Wants to play music.", commitment_months=9)
    assert pod.wren.get(f"/{first}").json["amendments"] == [] and not revisions(pod, "referral.amended", first)


def test_a_referral_that_has_ended_announces_nothing_anew(pod: Pod):
    first = pod.sent()
    assert pod.amara.post(f"/{first}/withdraw", {"reason": "by_mistake"}).status_code == 200
    amend(pod.priya, again(pod), citizen={"telephone": NEW})
    assert [one.revision for one in revisions(pod, "referral.withdrawn", first)] == [1] and pod.wren.get(f"/{first}").json["amendments"] == []


def test_X_02_a_referral_that_turns_out_to_be_somebody_known_changes_how_they_are_reached_on_all_their_referrals(pod: Pod):
    first = pod.sent()
    assert pod.helen.post(f"/{first}/accept").status_code == 200
    slip = again(pod, citizen={"name": "Rosa Quill", "date_of_birth": "1984-05-17", "nhs_number": "9876543210"})
    amend(pod.wren, slip, citizen={"nhs_number": "9434765919", "telephone": NEW})
    (noted,) = pod.wren.get(f"/{first}").json["amendments"]
    assert [one["field"] for one in noted["changes"]] == ["citizen.telephone"] and noted["elsewhere"]["id"] == slip
    last = revisions(pod, "referral.accepted", first)[-1]
    assert (last.revision, last.data["citizen"]["telephone"]) == (2, NEW)


def test_two_referrals_of_one_citizen_amended_at_once_lose_neither_change(pod: Pod):
    ids = twice(pod)
    for turn in range(3):
        changes = [{"telephone": f"07700 90090{turn}"}, {"email": f"rosa{turn}@example.org"}]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda pair: amend(pod.wren, pair[0], citizen=pair[1]), zip(ids, changes, strict=True)))
        found = pod.wren.get(f"/{ids[0]}").json["citizen"]
        assert (found["telephone"], found["email"]) == (f"07700 90090{turn}", f"rosa{turn}@example.org")
    assert [len(pod.wren.get(f"/{id_}").json["amendments"]) for id_ in ids] == [6, 6]


def test_N_04_of_two_amended_at_once_the_second_sees_that_the_number_is_gone(pod: Pod):
    first, second = twice(pod)
    amend(pod.wren, first, citizen={"email": "rosa@example.org", "contact_by": "email"})
    told = [(first, {"clear": ["telephone"]}), (second, {"citizen": {"contact_by": "text"}})]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda one: pod.wren.post(f"/{one[0]}/amend", {"amendment_reason": "x", **one[1]}).status_code, told))
    assert sorted(done) == [200, 422]
