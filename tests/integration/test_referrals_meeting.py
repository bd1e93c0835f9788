"""R-07, R-08: the introductory meeting arranged on its pages, its invitation, and its clock, however many watch it."""
from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from services.referrals.service import Referrals
from shared.calendar import LONDON, add_working_days, end_of_london_day
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.outbox import EVENTS
from shared.room import Room
from shared.schemas import contract
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod

AMARA, WREN = "amara.osei@cmhwt.example", "wren.callaghan@pod.example"


def allocated(pod: Pod) -> str:
    id_ = pod.sent()
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": WREN, "development_worker_name": "Wren Callaghan"}).status_code == 200
    return id_


def at(pod: Pod, days: int, hour: int = 10) -> datetime:
    """The hour in London, so many working days on."""
    return datetime.combine(add_working_days(pod.today(), days), time(hour), LONDON).astimezone(UTC)


def offered(pod: Pod, id_: str, start: datetime, **more: Any) -> Any:
    return pod.wren.post(f"/{id_}/meeting", {"starts_at": start.isoformat(), "mode": "in_person", "agreed": True, **more})


def half(pod: Pod, days: int, part: str) -> str:
    return f"{add_working_days(pod.today(), days).isoformat()}-{part}"


def test_R_07_all_three_say_when_they_can_and_the_meeting_is_offered_at_a_time_of_all(pod: Pod):
    id_ = allocated(pod)
    amara, wren = Browser(pod, AMARA), Browser(pod, WREN)
    for browser, whose, days in ((amara, "practitioner", (3, 5)), (amara, "citizen", (4, 5)), (wren, "development_worker", (5, 6))):
        answer = browser.send(f"/{id_}/meeting/times/{whose}", {"halves": [half(pod, one, "am") for one in days]})
        assert answer.status_code == 303, answer.text
    shown = wren.get(f"/{id_}/meeting").text
    fifth = add_working_days(pod.today(), 5)
    assert f"All of them can on {fifth:%A} {fifth.day} {fifth:%B %Y}, 8:30am to 9:30am, and at other times." in shown
    start = datetime.combine(fifth, time(9), LONDON).astimezone(UTC)
    answer = wren.send(f"/{id_}/meeting/offer", {"slot": start.isoformat(), "mode": "in_person", "place": "Garden room"})
    assert answer.status_code == 303, answer.text
    meeting = pod.amara.get(f"/{id_}").json["meeting"]["offered"]
    assert datetime.fromisoformat(meeting["starts_at"]) == start and (meeting["place"], meeting["agreed"]) == ("Garden room", False)
    assert f"{fifth:%A} {fifth.day} {fifth:%B %Y}, 9am to 10am" in amara.get(f"/{id_}/meeting").text
    (event,) = pod.told("referral.meeting_offered")
    assert [one["role"] for one in event.data["told"]] == ["development_worker", "practitioner"]


def test_R_07_times_are_shown_back_as_they_were_ticked_and_another_time_is_kept(pod: Pod):
    id_ = allocated(pod)
    amara, other = Browser(pod, AMARA), add_working_days(pod.today(), 2)
    day = [str(other.day), f"{other:%B}", str(other.year)]
    answer = amara.send(f"/{id_}/meeting/times/practitioner", {"halves": [half(pod, 3, "am"), half(pod, 3, "pm")], "on": day, "starts": "9.15", "ends": "2pm"})
    assert answer.status_code == 303, answer.text
    times = pod.amara.get(f"/{id_}").json["meeting"]["availability"]["practitioner"]
    assert len(times) == 2  # both halves are one time, so that a meeting may lie across noon
    form = amara.get(f"/{id_}/meeting/times/practitioner").text
    assert [found[0] for found in re.findall(r'value="([^"]*-(?:am|pm))"[^>]*?( checked)', form)] == [half(pod, 3, "am"), half(pod, 3, "pm")]
    assert "9:15am to 2pm" in form
    kept = re.search(r'name="keep"[^>]*value="([^"]+)"', form)
    assert kept
    assert amara.send(f"/{id_}/meeting/times/practitioner", {"keep": kept[1]}).status_code == 303
    assert len(pod.amara.get(f"/{id_}").json["meeting"]["availability"]["practitioner"]) == 1
    assert amara.send(f"/{id_}/meeting/times/practitioner", {"nothing": "y"}).status_code == 303
    assert pod.amara.get(f"/{id_}").json["meeting"]["availability"]["practitioner"] == []


def test_R_07_the_times_to_choose_from_are_of_several_days(pod: Pod):
    id_ = allocated(pod)
    ticks = {"halves": [half(pod, days, part) for days in (3, 4, 5, 6) for part in ("am", "pm")]}
    for whose in ("citizen", "practitioner", "development_worker"):
        assert Browser(pod, WREN).send(f"/{id_}/meeting/times/{whose}", ticks).status_code == 303
    page = Browser(pod, WREN).get(f"/{id_}/meeting/offer").text
    shown = re.findall(r'name="slot" type="radio" value="(\d{4}-\d\d-\d\d)T', page)
    assert [shown.count(add_working_days(pod.today(), days).isoformat()) for days in (3, 4, 5, 6)] == [3, 3, 3, 3]


@pytest.mark.parametrize(("typed", "words"), [
    ({}, "Tick at least one half day, or enter another time"), ({"on": ["31", "2", "2026"], "starts": "10", "ends": "11"}, "real"),
    ({"starts": "half past", "ends": "11", "on": ["1", "1", "2027"]}, "Enter when it begins, like 10:30am or 2pm"), ({"starts": "10", "ends": "11"}, "Enter the day of the other time")],
    ids=["nothing", "no such day", "no time", "no day"])
def test_what_is_wrong_with_a_time_is_said_at_its_box_and_what_was_ticked_stays(pod: Pod, typed: dict[str, Any], words: str):
    id_ = allocated(pod)
    ticks = {"halves": [half(pod, 3, "am")]} if typed else {}
    answer = Browser(pod, AMARA).send(f"/{id_}/meeting/times/citizen", {**ticks, **typed})
    assert answer.status_code == 422 and words in answer.text
    assert (f'value="{half(pod, 3, "am")}" id="{half(pod, 3, "am")}" checked' in answer.text) == bool(ticks)
    assert pod.amara.get(f"/{id_}").json["meeting"]["availability"]["citizen"] is None


@pytest.mark.parametrize(("hour", "agreed", "words"), [
    ("7pm", "y", "The Pod is closed at that time."), ("10:00", "", "We do not know that"), ("16:00", "y", "The Pod is closed at that time.")])
def test_R_08_a_time_that_cannot_be_is_refused_at_its_box_with_what_helps(pod: Pod, hour: str, agreed: str, words: str):
    id_, day = allocated(pod), add_working_days(pod.today(), 4)
    answer = Browser(pod, WREN).send(f"/{id_}/meeting/offer", {
        "slot": "other", "on": [str(day.day), str(day.month), str(day.year)], "starts": hour, "mode": "teams", "place": "Room 2", **({"agreed": agreed} if agreed else {})})
    assert answer.status_code == 422 and words in answer.text and 'value="Room 2"' in answer.text and 'href="#starts"' in answer.text


def test_R_07_a_meeting_is_moved_and_called_off_with_a_reason_that_all_can_read(pod: Pod):
    id_, wren = allocated(pod), Browser(pod, WREN)
    day = add_working_days(pod.today(), 4)
    typed = {"slot": "other", "on": [str(day.day), str(day.month), str(day.year)], "starts": "10", "agreed": "y", "mode": "telephone", "place": "07700 900123"}
    assert wren.send(f"/{id_}/meeting/offer", typed).status_code == 303
    moved = wren.send(f"/{id_}/meeting/offer", {**typed, "starts": "2:30"})
    assert moved.status_code == 303 and "2:30pm to 3:30pm" in wren.get(f"/{id_}").text
    assert wren.send(f"/{id_}/meeting/call-off", {"reason": " "}).status_code == 422
    assert wren.send(f"/{id_}/meeting/call-off", {"reason": "The citizen has a cold."}).status_code == 303
    assert "The citizen has a cold." in Browser(pod, AMARA).get(f"/{id_}/meeting").text
    assert [event.withdrawn for event in pod.told("referral.meeting_offered")][-1] is True


def test_R_14_a_practitioner_says_when_and_offers_nothing_and_another_sees_nothing(pod: Pod):
    id_ = allocated(pod)
    amara, priya = Browser(pod, AMARA), Browser(pod, "priya.nair@eit.example")
    assert amara.get(f"/{id_}/meeting/offer").status_code == 403 and amara.get(f"/{id_}/meeting/times/development_worker").status_code == 403
    assert [priya.get(f"/{id_}/meeting{path}").status_code for path in ("", "/offer", "/call-off", "/times/citizen", ".ics")] == [404] * 5


def parsed(answer: Any) -> tuple[Any, Any]:
    """Read an invitation as strictly as it can be: lines, and every component without a fault."""
    assert answer.status_code == 200 and answer.content_type.startswith("text/calendar")
    assert answer.data.endswith(b"\r\n") and b"\n" not in answer.data.replace(b"\r\n", b"")
    assert max(map(len, answer.data.split(b"\r\n"))) <= 75
    calendar = Calendar.from_ical(answer.data)
    assert [component.errors for component in calendar.walk()] == [[], []]
    return calendar, calendar.walk("VEVENT")[0]


def test_R_07_N_05_the_invitation_names_those_who_work_and_nothing_of_the_citizen(pod: Pod):
    id_ = allocated(pod)
    assert pod.wren.get(f"/{id_}/meeting.ics").status_code == 404
    start = at(pod, 4)
    offered(pod, id_, start, mode="telephone", place="07700 900123")
    answer = pod.amara.get(f"/{id_}/meeting.ics")
    calendar, event = parsed(answer)
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("REQUEST", "CONFIRMED", 0)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (start, start + timedelta(hours=1)) and event["DTSTAMP"].dt.tzinfo
    assert event["SUMMARY"] == f"Introductory meeting, referral {pod.amara.get(f'/{id_}').json['reference']}"
    assert sorted(str(one) for one in event["ATTENDEE"]) == [f"mailto:{AMARA}", f"mailto:{WREN}"] and str(event["ORGANIZER"]) == f"mailto:{WREN}"
    for personal in (b"Rosa", b"Quill", b"9434765919", b"07700", b"bipolar", b"flat"):
        assert personal not in answer.data.replace(b"\r\n ", b"")
    assert [one["what"] for one in pod.helen.get(f"/{id_}/looks").json["items"]][1] == "calendar"


def test_R_07_an_invitation_keeps_its_id_counts_on_and_is_cancelled(pod: Pod):
    id_ = allocated(pod)
    seen = []
    for do in (lambda: offered(pod, id_, at(pod, 4)), lambda: offered(pod, id_, at(pod, 5)), lambda: pod.wren.post(f"/{id_}/meeting/call-off", {"reason": "x"}),
               lambda: offered(pod, id_, at(pod, 6))):
        assert do().status_code == 200
        calendar, event = parsed(Browser(pod, WREN).get(f"/{id_}/meeting.ics"))
        seen.append((calendar["METHOD"], event["STATUS"], event["SEQUENCE"], event["UID"]))
    assert [one[:3] for one in seen] == [("REQUEST", "CONFIRMED", 0), ("REQUEST", "CONFIRMED", 1), ("CANCEL", "CANCELLED", 2), ("REQUEST", "CONFIRMED", 3)]
    assert len({one[3] for one in seen}) == 1


def test_J_14_the_invitation_is_cancelled_when_the_citizen_has_died(pod: Pod):
    id_ = allocated(pod)
    offered(pod, id_, at(pod, 4))
    hear(pod, Event("dead", "urn:hospital:a", "citizen.died", datetime.now(UTC), {"nhs_number": "9434765919", "died_on": pod.today().isoformat()}))
    calendar, event = parsed(pod.wren.get(f"/{id_}/meeting.ics"))
    assert (calendar["METHOD"], event["SEQUENCE"]) == ("CANCEL", 1)
    assert Browser(pod, WREN).get(f"/{id_}/meeting").status_code == 200


# The clock of R-07.

def hear(pod: Pod, event: Event) -> None:
    pod.room.inbox.take([Delivery(write(event), message_id=event.id, exchange=EVENTS)])


def held(pod: Pod, id_: str, when: datetime, event_id: str = "held", **more: Any) -> Event:
    data = {"journey_id": "33333333-3333-4333-8333-333333333333", "reference": "J-4TX9P", "told": [], "referral_id": id_,
            "meeting_id": "introductory", "strand": "foundation_assessment", "held_at": when.isoformat()}
    assert contract("journey.meeting_held").check(data)
    return Event(event_id, "urn:pod:journeys", "journey.meeting_held", when, data, **more)


@contextmanager
def clock_at(moment: datetime, *rooms: Any) -> Iterator[None]:
    for room in rooms:
        vars(room.database)["now"] = lambda connection: moment
    try:
        yield
    finally:
        for room in rooms:
            del vars(room.database)["now"]


def breach(pod: Pod) -> datetime:
    """The moment after the 21st day of a referral complete today."""
    return end_of_london_day(pod.today() + timedelta(days=21)) + timedelta(seconds=1)


def look(room: Any) -> None:
    while room.database.run(room.keeper.look):
        pass


def test_R_07_overdue_is_raised_once_however_many_replicas_look_at_once_and_never_again(either: Pod):
    id_ = allocated(either)
    replicas = [Room(Referrals, either.settings) for _ in range(4)]
    with clock_at(breach(either) - timedelta(minutes=1), *replicas):
        look(replicas[0])
    assert either.told("referral.first_meeting_overdue") == []
    start = threading.Barrier(len(replicas))

    def run(room: Any) -> None:
        start.wait()
        for _ in range(3):
            look(room)
    with clock_at(breach(either), *replicas):
        threads = [threading.Thread(target=run, args=(room,)) for room in replicas]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        restarted = Room(Referrals, either.settings)
        vars(restarted.database)["now"] = lambda connection: breach(either)
        look(restarted)
        for announce in (False, True):
            restarted.database.run(lambda connection, announce=announce: restarted.keeper.ledger.rebuild(connection, [id_], announce=announce))
        look(restarted)
    (event,) = either.told("referral.first_meeting_overdue")
    assert (event.revision, event.withdrawn) == (1, False) and event.data["referral_id"] == id_
    assert [one["role"] for one in event.data["told"]] == ["development_worker", "practitioner"]
    for room in (*replicas, restarted):
        room.database.dispose()


def test_R_07_overdue_is_taken_back_when_it_turns_out_that_it_was_held_in_time(pod: Pod):
    id_, late = allocated(pod), breach(pod)
    with clock_at(late, pod.room):
        look(pod.room)
        assert [one["state"] for one in pod.wren.get(f"/{id_}").json["targets"]] == ["breached"]
        assert "Breached" in Browser(pod, WREN).get(f"/{id_}/meeting").text
        hear(pod, held(pod, id_, datetime.now(UTC) + timedelta(days=3), recordedtime=late))
    assert [one.withdrawn for one in pod.told("referral.first_meeting_overdue")] == [False, True]


@pytest.mark.parametrize("before", ["held", "withdrawn", "died"])
def test_R_07_nothing_is_overdue_that_was_held_in_time_ended_or_died(pod: Pod, before: str):
    id_ = pod.sent() if before == "withdrawn" else allocated(pod)
    if before == "withdrawn":
        pod.amara.post(f"/{id_}/withdraw", {"reason": "citizen_decided"})
    elif before == "held":
        hear(pod, held(pod, id_, datetime.now(UTC)))
    else:
        hear(pod, Event("dead", "urn:hospital:a", "citizen.died", datetime.now(UTC), {"nhs_number": "9434765919", "died_on": pod.today().isoformat()}))
    with clock_at(breach(pod), pod.room):
        look(pod.room)
    assert pod.told("referral.first_meeting_overdue") == []


def test_R_07_held_late_stays_late(pod: Pod):
    id_, late = allocated(pod), breach(pod)
    with clock_at(late + timedelta(days=1), pod.room):
        look(pod.room)
        hear(pod, held(pod, id_, late + timedelta(hours=10)))
        assert "Held late" in Browser(pod, WREN).get(f"/{id_}").text
    assert [one.withdrawn for one in pod.told("referral.first_meeting_overdue")] == [False]


def test_R_10_an_answer_that_is_late_is_told_once_and_one_in_time_is_not(pod: Pod):
    crisis = {"pathway": "sip", "social_issues": ["debt"], "referrer": {**pod.body()["referrer"], "team": "Home Treatment Team"}}
    rosa = {**pod.body()["citizen"], "name": "Otto Lind", "nhs_number": "9876543210"}
    sam = pod.caller("manager")
    ids = [sam.post("", pod.body(citizen=citizen, **crisis)).json["id"] for citizen in (pod.body()["citizen"], rosa)]
    assert pod.helen.post(f"/{ids[0]}/decline", {"reason": "other_service", "words": "Another service can help sooner."}).status_code == 200
    due = datetime.fromisoformat(pod.wren.get(f"/{ids[1]}").json["targets"][0]["late_from"])
    with clock_at(due - timedelta(seconds=1), pod.room):
        look(pod.room)
    assert pod.told("referral.response_overdue") == []
    for later in (timedelta(0), timedelta(hours=1), timedelta(days=9)):
        with clock_at(due + later, pod.room):
            look(pod.room)
    assert [event.data["referral_id"] for event in pod.told("referral.response_overdue")] == [ids[1]]
