"""R-07: a first meeting is offered, and then somebody else is to be at it: who is told, and what is to be checked."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.notifications import store as told_of
from services.notifications.service import Notifications
from services.referrals.store import tables
from shared.database import Database
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.inbox import Inbox
from shared.messaging.outbox import INTAKE
from shared.room import handlers_of
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_meeting import AMARA, WREN, allocated, at, clock_at, hear, held, offered

MARCUS, SUNITA, PRIYA, HELEN = "marcus.bell@pod.example", "sunita.rao@pod.example", "priya.nair@eit.example", "helen.marsh@pod.example"
CHECK = "Check that the first meeting suits the new development worker"
EXPECTED, LEFT = "The introductory meeting of referral", "You are no longer expected at the introductory meeting of referral"


class Letters:
    """Every message there is about first meetings, as the notifications service makes them of what referrals announced."""

    def __init__(self, folder: Path):
        self.database, self.seen = Database(f"sqlite:///{folder / 'letters.db'}"), 0
        with self.database.transaction() as connection:
            told_of.metadata.create_all(connection)
        self.inbox = Inbox("notifications", self.database, told_of.messaging, told_of.keeper(self.database, None),  # type: ignore[arg-type]
                           handlers_of(Notifications))

    def since(self, pod: Pod) -> dict[str, str]:
        """Take what was announced; give the text of each new message by its address."""
        self.inbox.take([Delivery(write(event), message_id=event.id) for event in pod.told("referral.meeting_offered")])
        t = told_of.notifications
        with self.database.read() as connection:
            made = list(connection.execute(sa.select(t).order_by(t.c.revision, t.c.recipient)).mappings())
        fresh, self.seen = made[self.seen:], len(made)
        assert len({one["recipient"] for one in fresh}) == len(fresh)
        return {one["recipient"]: one["text"] for one in fresh}


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[Letters]:
    made = Letters(tmp_path)
    yield made
    made.database.dispose()


def allocate(pod: Pod, id_: str, email: str) -> None:
    answer = pod.helen.post(f"/{id_}/allocate", {"development_worker_email": email})
    assert answer.status_code == 200, answer.text


def arranged(pod: Pod, start: datetime | None = None) -> str:
    """Offer a first meeting for Wren."""
    id_ = allocated(pod)
    assert offered(pod, id_, start or at(pod, 4)).status_code == 200
    return id_


def changed(pod: Pod, on: str, to: str = PRIYA) -> None:
    """Let another system say that the citizen has another practitioner from a day on."""
    when = datetime.now(UTC) - timedelta(hours=1)
    event = Event(f"changed {on} {to}", "urn:nhs:eit", "keyworker.changed", when, {
        "nhs_number": "9434765919", "to_email": to, "to_name": "Priya Nair", "to_team": "Early Intervention Team", "changes_on": on}, recordedtime=when)
    pod.room.inbox.take([Delivery(write(event), message_id=event.id, exchange=INTAKE)])


def offer_form(page: str) -> list[str]:
    return re.findall(r'name="slot" type="radio" value="([^"]+)"', page)


# Who is told.

def test_R_07_N_07_another_development_worker_is_told_of_the_meeting_and_the_former_that_they_are_not_expected(either: Pod, letters: Letters):
    id_ = arranged(either)
    assert set(letters.since(either)) == {WREN, AMARA}
    allocate(either, id_, MARCUS)
    told = letters.since(either)
    assert set(told) == {MARCUS, WREN} and told[WREN].startswith(LEFT) and told[MARCUS].startswith(EXPECTED)
    assert "is planned for" in told[MARCUS] and "This replaces" not in told[MARCUS]
    assert [(one.revision, one.withdrawn) for one in either.told("referral.meeting_offered")] == [(1, False), (2, False)]
    offered(either, id_, at(either, 4))
    assert letters.since(either) == {}
    offered(either, id_, at(either, 5))
    assert {who: text.startswith("This replaces what we told you before.") for who, text in letters.since(either).items()} == {MARCUS: True, AMARA: True}


def test_R_07_N_07_who_gets_the_referral_back_is_told_so_and_of_the_meeting_called_off_only_who_was_to_come(pod: Pod, letters: Letters):
    id_ = arranged(pod)
    letters.since(pod)
    allocate(pod, id_, MARCUS)
    letters.since(pod)
    allocate(pod, id_, WREN)
    assert {who: text.startswith(LEFT) for who, text in letters.since(pod).items()} == {MARCUS: True, WREN: False}
    assert pod.wren.post(f"/{id_}/meeting/call-off", {"reason": "The citizen has a cold."}).status_code == 200
    assert set(letters.since(pod)) == {WREN, AMARA}


@pytest.mark.parametrize("held_first", [False, True], ids=["begun", "held"])
def test_R_07_nobody_is_told_of_a_meeting_that_has_begun_whoever_works_with_the_citizen_since(pod: Pod, letters: Letters, held_first: bool):
    start = at(pod, 4)
    id_ = arranged(pod, start)
    letters.since(pod)
    allocate(pod, id_, MARCUS)
    letters.since(pod)
    with clock_at(start + timedelta(days=1), pod.room):
        if held_first:
            hear(pod, held(pod, id_, start, recordedtime=start + timedelta(hours=2)))
        for worker in (WREN, SUNITA):
            allocate(pod, id_, worker)
        assert pod.amara.post(f"/{id_}/amend", {"amendment_reason": "Priya takes over.", "referrer": {
            "name": "Priya Nair", "email": PRIYA, "role": "key_worker", "team": "Early Intervention Team"}}).status_code == 200
        changed(pod, (start + timedelta(days=1)).date().isoformat(), "tom.whitfield@cmhwt.example")
        assert letters.since(pod) == {} and len(pod.told("referral.meeting_offered")) == 2
        assert pod.helen.get(f"/{id_}").json["meeting"]["offered"]["to_check"] is False


def test_R_07_N_07_another_practitioner_is_told_of_the_meeting_as_soon_as_it_is_known_and_the_former_that_they_are_not_expected(pod: Pod, letters: Letters):
    id_ = arranged(pod)
    letters.since(pod)
    changed(pod, at(pod, 3).date().isoformat())
    told = letters.since(pod)
    assert set(told) == {PRIYA, AMARA} and told[AMARA].startswith(LEFT) and told[PRIYA].startswith(EXPECTED)
    # it is Priya who says when she can, and whom the invitation names, though it is Amara's referral until then
    assert [one for one in pod.wren.get(f"/{id_}/meeting.ics").text.replace("\r\n ", "").split("\r\n") if PRIYA in one]
    assert "Priya Nair" in Browser(pod, WREN).get(f"/{id_}/meeting").text


def test_R_07_N_07_a_practitioner_who_leaves_before_the_meeting_is_not_expected_and_one_who_leaves_after_it_is(pod: Pod, letters: Letters):
    id_ = arranged(pod)
    letters.since(pod)
    for days, told in ((5, {}), (3, {AMARA: True})):
        when = datetime.now(UTC)
        event = Event(f"goes {days}", "urn:nhs:cmhwt", "keyworker.discharged", when, {
            "nhs_number": "9434765919", "practitioner_email": AMARA, "closes_on": at(pod, days).date().isoformat()}, recordedtime=when)
        pod.room.inbox.take([Delivery(write(event), message_id=event.id, exchange=INTAKE)])
        assert {who: text.startswith(LEFT) for who, text in letters.since(pod).items()} == told
    assert AMARA not in pod.wren.get(f"/{id_}/meeting.ics").text


def test_R_07_a_practitioner_who_comes_after_the_meeting_is_not_told_of_it(pod: Pod, letters: Letters):
    arranged(pod)
    letters.since(pod)
    changed(pod, at(pod, 5).date().isoformat())
    assert letters.since(pod) == {}


def test_R_07_N_07_a_practitioner_written_into_the_referral_is_told_of_its_meeting(pod: Pod, letters: Letters):
    id_ = arranged(pod)
    letters.since(pod)
    assert pod.amara.post(f"/{id_}/amend", {"amendment_reason": "Priya takes over.", "referrer": {
        "name": "Priya Nair", "email": PRIYA, "role": "key_worker", "team": "Early Intervention Team"}}).status_code == 200
    assert {who: text.startswith(LEFT) for who, text in letters.since(pod).items()} == {PRIYA: False, AMARA: True}


def test_R_07_a_time_is_offered_that_the_practitioner_of_that_day_named(pod: Pod):
    """Given Amara named times and Priya follows her, If a time after that is offered, I expect that Priya's times are asked for."""
    id_ = allocated(pod)
    for whose in ("citizen", "practitioner", "development_worker"):
        times = [{"starts_at": at(pod, day, 9).isoformat(), "ends_at": at(pod, day, 15).isoformat()} for day in (2, 6)]
        assert pod.wren.post(f"/{id_}/availability", {"whose": whose, "times": times}).status_code == 200
    changed(pod, at(pod, 4).date().isoformat())
    slots = pod.wren.get(f"/{id_}").json["meeting"]["slots"]
    assert slots and {one["starts_at"][:10] for one in slots} == {at(pod, 2).date().isoformat()}
    refused = offered(pod, id_, at(pod, 6), agreed=False)
    assert refused.status_code == 409 and "We do not know that the practitioner can then." in refused.text
    assert offered(pod, id_, at(pod, 2), agreed=False).status_code == 200


# What is to be checked.

def test_R_07_a_meeting_offered_for_another_is_to_be_checked_on_the_page_the_lists_and_by_API_until_it_is_offered_again(either: Pod):
    pod, id_ = either, arranged(either)
    wren = Browser(pod, WREN)
    assert pod.wren.get(f"/{id_}").json["meeting"]["offered"]["to_check"] is False and CHECK not in wren.get(f"/{id_}").text
    allocate(pod, id_, MARCUS)
    assert pod.wren.get(f"/{id_}").json["meeting"]["offered"]["to_check"] is True
    page = wren.get(f"/{id_}").text
    assert re.search(rf'<a class="govuk-link" href="[^"]*/{id_}/meeting">{CHECK}</a>', page)
    (row,) = pod.wren.get().json["items"]
    assert row["next"] == CHECK and row["when"].startswith("It is on ")
    for name in ("arrange", "week"):
        assert CHECK in wren.get(f"/?list={name}").text
    assert "is new to this referral: you are told if it moves." in Browser(pod, AMARA).get(f"/{id_}").text
    assert "PARTSTAT=NEEDS-ACTION" in attendee(pod, id_, MARCUS)
    assert offered(pod, id_, at(pod, 4)).status_code == 200
    assert pod.wren.get(f"/{id_}").json["meeting"]["offered"]["to_check"] is False
    assert "PARTSTAT=ACCEPTED" in attendee(pod, id_, MARCUS)
    assert pod.wren.get().json["items"][0]["next"] == "Hold the first meeting"
    assert [id_ in wren.get(f"/?list={name}").text for name in ("arrange", "week")] == [False, True]


def attendee(pod: Pod, id_: str, email: str) -> str:
    lines = pod.wren.get(f"/{id_}/meeting.ics").text.replace("\r\n ", "").split("\r\n")
    return next(one for one in lines if one.startswith("ATTENDEE") and email in one)


def test_R_07_once_it_has_begun_it_is_asked_whether_it_was_held_and_no_more_whether_it_suits(pod: Pod):
    start = at(pod, 4)
    id_ = arranged(pod, start)
    allocate(pod, id_, MARCUS)
    with clock_at(start + timedelta(hours=3), pod.room):
        assert CHECK not in Browser(pod, WREN).get(f"/{id_}").text
        assert "Say whether the first meeting was held" in Browser(pod, WREN).get("/?list=week").text


def test_R_07_on_the_page_the_time_is_kept_by_one_choice_and_nobody_hears_the_same_again(pod: Pod, letters: Letters):
    id_, wren = arranged(pod), Browser(pod, WREN)
    letters.since(pod)
    allocate(pod, id_, MARCUS)
    letters.since(pod)
    page = wren.get(f"/{id_}/meeting/offer").text
    assert offer_form(page)[0] == "keep"
    answer = wren.send(f"/{id_}/meeting/offer", {"slot": "keep", "mode": "in_person", "place": "Garden room"})
    assert answer.status_code == 303, answer.text
    assert "The meeting stays at its time." in wren.get(f"/{id_}/meeting").text
    found = pod.wren.get(f"/{id_}").json["meeting"]["offered"]
    assert (found["to_check"], found["place"], datetime.fromisoformat(found["starts_at"])) == (False, "Garden room", at(pod, 4))
    assert letters.since(pod) == {}
    assert "keep" not in offer_form(wren.get(f"/{id_}/meeting/offer").text)
    again = wren.send(f"/{id_}/meeting/offer", {"slot": "keep", "mode": "in_person", "place": "Garden room"})
    assert again.status_code == 422 and "Choose a time" in again.text and 'value="Garden room"' in again.text


def test_what_no_page_offers_as_a_time_is_asked_for_again(pod: Pod):
    id_ = allocated(pod)
    for slot in ("now", "2026-13-45T10:00:00Z", "2026-11-24T10:00:00"):
        answer = Browser(pod, WREN).send(f"/{id_}/meeting/offer", {"slot": slot, "mode": "teams"})
        assert answer.status_code == 422 and "Choose a time" in answer.text


def test_R_07_who_has_another_first_meeting_then_is_said_so_before_choosing_and_cannot_keep_the_time(either: Pod):
    pod = either.staffed()
    id_ = arranged(pod)
    other = pod.sent(citizen={**pod.body()["citizen"], "name": "Otto Lind", "date_of_birth": "1990-01-01", "nhs_number": "9876543210"})
    assert pod.helen.post(f"/{other}/accept").status_code == 200
    allocate(pod, other, MARCUS)
    assert offered(pod, other, at(pod, 4) + timedelta(minutes=30)).status_code == 200
    helen = Browser(pod, HELEN)
    choices = re.findall(r'<label[^>]*for="development_worker[^"]*">\s*(.*?)\s*</label>', helen.get(f"/{id_}/allocate").text, re.DOTALL)
    assert [one.split(" (")[0] for one in choices if "has another first meeting at that time" in one] == ["Marcus Bell"]
    answer = helen.send(f"/{id_}/allocate", {"development_worker": MARCUS})
    assert answer.status_code == 303 and "check with them that it suits" in helen.get(f"/{id_}").text
    shown = Browser(pod, WREN).get(f"/{id_}/meeting").text
    assert "Has another first meeting at that time" in shown and "Marcus Bell is new to this referral, and has another first meeting" in shown
    assert "another first meeting" not in Browser(pod, AMARA).get(f"/{id_}/meeting").text
    form = Browser(pod, WREN).get(f"/{id_}/meeting/offer").text
    assert "keep" not in offer_form(form) and "Marcus Bell has another first meeting at that time" in form
    refused = offered(pod, id_, at(pod, 4))
    assert refused.status_code == 409 and "The development worker has another meeting then." in refused.text


def test_R_07_an_offer_of_before_this_was_kept_raises_no_doubt(pod: Pod):
    id_ = arranged(pod)
    t = tables.statements
    with pod.room.database.transaction() as connection:
        row = connection.execute(sa.select(t).where(t.c.kind == "meeting.offered")).mappings().one()
        data = json.loads(row["data"])
        assert data.pop("development_worker")
        connection.execute(t.update().where(t.c.id == row["id"]).values(data=json.dumps(data)))
    allocate(pod, id_, MARCUS)  # which folds all anew
    assert pod.wren.get(f"/{id_}").json["meeting"]["offered"]["to_check"] is False
