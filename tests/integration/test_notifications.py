"""Notifications on both databases: events in, messages in the table, once each."""
from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from services.notifications import rules, sent, store
from services.notifications.service import Notifications
from shared.database import Database
from shared.ledger.types import Actor, Refused
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.inbox import Inbox
from shared.room import handlers_of

WHEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WREN = {"email": "wren.callaghan@pod.example", "name": "Wren Callaghan", "role": "development_worker"}
AMARA = {"email": "amara.osei@cmhwt.example", "name": "Amara Osei", "role": "practitioner"}
MANAGER = Actor("helen.marsh@pod.example", "Helen Marsh", frozenset({"manager"}))
numbers = itertools.count(1)


@pytest.fixture
def inbox(any_database: Database) -> Iterator[Inbox]:
    with any_database.transaction() as connection:
        store.metadata.create_all(connection)
    yield Inbox("notifications", any_database, store.messaging, store.keeper(any_database, None),  # type: ignore[arg-type]
                handlers_of(Notifications))


def admission(about: str = "admission:1", revision: int = 1, *, day: str = "2026-03-01", told: Any = (WREN, AMARA),
              withdrawn: bool = False) -> Event:
    data = {"journey_id": "1", "reference": "J-7K2", "told": list(told), "citizen_id": "c", "stay_id": "s",
            "admitted_at": f"{day}T10:00:00Z", "review": {"id": "r", "due_on": "2026-03-04"}}
    return Event(f"event-{next(numbers)}", "urn:pod:journeys", "journey.admission_recorded", WHEN, data, about=about,
                 revision=revision, withdrawn=withdrawn)


def take(inbox: Inbox, *events: Event) -> list[Any]:
    """Take events as one batch; give every message there is, oldest revision first."""
    inbox.take([Delivery(write(event), message_id=event.id) for event in events])
    t = store.notifications
    with inbox.database.read() as connection:
        return list(connection.execute(sa.select(t).order_by(t.c.about, t.c.revision, t.c.recipient)).mappings())


def test_N_01_an_admission_tells_the_development_worker_and_the_practitioner(inbox: Inbox) -> None:
    made = take(inbox, admission())
    assert [(m["recipient"], m["rule"], m["state"]) for m in made] == [
        (AMARA["email"], "admission-practitioner", "sent"), (WREN["email"], "admission-pod", "sent")]
    assert made[1]["subject"] == "Journey J-7K2: a review is due by 4 March 2026"


def test_N_03_a_repeated_event_sends_nothing_more(inbox: Inbox) -> None:
    event = admission()
    assert len(take(inbox, event, event)) == 2
    assert len(take(inbox, event)) == 2


@pytest.mark.parametrize("apart", [True, False])
def test_N_07_a_withdrawal_tells_those_who_were_told_once(inbox: Inbox, apart: bool) -> None:
    first, taken_back = admission(), admission(revision=2, withdrawn=True, told=())
    again = admission(revision=3, withdrawn=True, told=(MANAGER_TOLD,))
    made = take(inbox, first, taken_back, again) if not apart else [take(inbox, e) for e in (first, taken_back, again)][-1]
    assert [(m["revision"], m["recipient"]) for m in made] == [
        (1, AMARA["email"]), (1, WREN["email"]), (2, AMARA["email"]), (2, WREN["email"])]
    assert [m["correction_of"] for m in made[2:]] == [m["id"] for m in made[:2]]
    assert "as if it had never been" in made[2]["text"]


MANAGER_TOLD = {"email": "helen.marsh@pod.example", "name": "Helen Marsh", "role": "manager"}


def test_N_07_a_withdrawal_before_what_it_withdraws_sends_nothing_ever(inbox: Inbox) -> None:
    assert take(inbox, admission(revision=2, withdrawn=True)) == []
    assert take(inbox, admission(revision=1)) == []


def test_N_07_a_higher_revision_corrects_and_a_lower_one_is_too_late(inbox: Inbox) -> None:
    take(inbox, admission(revision=2, told=(WREN,)))
    made = take(inbox, admission(revision=4, day="2026-02-28", told=(WREN, AMARA)), admission(revision=3, day="2026-02-27"))
    assert [(m["revision"], m["recipient"], bool(m["correction_of"])) for m in made] == [
        (2, WREN["email"], False), (4, AMARA["email"], False), (4, WREN["email"], True)]
    assert made[2]["subject"].startswith("Correction: ")


def test_a_batch_of_many_things_takes_a_handful_of_statements(inbox: Inbox) -> None:
    if inbox.database.is_sqlite:
        return  # it inserts new keys one by one, in one process, without a round trip
    seen: list[str] = []
    sa.event.listen(inbox.database.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    take(inbox, *(admission(f"admission:{n}") for n in range(200)))
    before = len(seen)
    take(inbox, *(admission(f"admission:{n}", 2, day="2026-02-28") for n in range(200)))
    assert before <= 12 and len(seen) - before <= 14


def change(inbox: Inbox, actor: Actor, id_: str, seen: int = 0, **said: Any) -> Any:
    now = inbox.database.now
    return inbox.database.run(lambda c: rules.change(c, inbox.database, actor, id_, seen, now(c), said))


def test_N_01_a_manager_changes_a_rule_and_later_messages_use_it(inbox: Inbox) -> None:
    change(inbox, MANAGER, "admission-pod", subject="Please look at {reference}")
    change(inbox, MANAGER, "admission-practitioner", enabled=False)
    assert [m["subject"] for m in take(inbox, admission())] == ["Please look at J-7K2"]


def test_N_01_a_rule_also_tells_addresses_no_event_names_once_each_and_corrects_them(inbox: Inbox) -> None:
    change(inbox, MANAGER, "admission-pod", also=(MANAGER.email, WREN["email"]))
    take(inbox, admission())
    made = take(inbox, admission(revision=2, withdrawn=True))
    assert sorted(m["recipient"] for m in made) == sorted([AMARA["email"], WREN["email"], MANAGER.email] * 2)
    assert isinstance(change(inbox, MANAGER, "death", also=("no address",)), Refused)


def test_N_01_two_people_change_one_rule_one_wins_the_other_is_told(inbox: Inbox) -> None:
    change(inbox, MANAGER, "death", enabled=False)
    refused = change(inbox, MANAGER, "death", enabled=True)
    assert isinstance(refused, Refused) and "meanwhile" in refused.reason


def test_N_01_of_two_first_changes_at_once_one_wins_and_the_other_is_told(inbox: Inbox) -> None:
    if inbox.database.is_sqlite:
        return  # it has one writer at a time
    answers: list[Any] = []
    with inbox.database.transaction() as connection:
        rules.change(connection, inbox.database, MANAGER, "death", 0, WHEN, {"enabled": False})
        other = threading.Thread(target=lambda: answers.append(change(inbox, MANAGER, "death", enabled=True)))
        other.start()
        other.join(0.3)
    other.join(10)
    assert [type(answer) for answer in answers] == [Refused]


def test_N_01_a_worker_may_not_change_a_rule(inbox: Inbox) -> None:
    assert isinstance(change(inbox, Actor("w@pod.example", "", frozenset({"worker"})), "death", enabled=False), Refused)


def test_N_05_a_rule_may_not_be_made_to_say_a_name(inbox: Inbox) -> None:
    refused = change(inbox, MANAGER, "admission-pod", subject="{citizen}")
    assert isinstance(refused, Refused) and refused.rule == "N-05" and refused.field == "subject"
    assert isinstance(change(inbox, MANAGER, "admission-pod", text="a \0 in it"), Refused)


def test_N_07_those_told_under_a_rule_since_switched_off_are_still_corrected(inbox: Inbox) -> None:
    take(inbox, admission())
    change(inbox, MANAGER, "admission-pod", enabled=False)
    assert len(take(inbox, admission(revision=2, withdrawn=True))) == 4


# -- referrals -----------------------------------------------------------------------------------------------------

ASHA = {"email": "asha.verma@cmht.example", "name": "Asha Verma", "team": "Early Intervention Team", "role": "key_worker"}


def received(practitioner: Any, revision: int = 1, withdrawn: bool = False, pathway: str = "core") -> Event:
    data = {"referral_id": "1", "reference": "R-7KQ2M", "citizen_id": "c", "pathway": pathway, "received_at": "2026-03-01T10:00:00Z",
            "citizen": {"name": "Sam Example", "date_of_birth": "1988-04-09"}, **({"practitioner": practitioner} if practitioner else {})}
    return Event(f"received-{next(numbers)}", "urn:pod:referrals", "referral.received", WHEN, data, version=2, about="referral:1:received",
                 revision=revision, withdrawn=withdrawn)


TAKING_OVER = {**ASHA, "email": "priya.nair@eit.example", "name": "Priya Nair"}


@pytest.mark.parametrize("apart", [True, False])
def test_N_07_a_referral_that_changes_hands_tells_the_new_practitioner_and_lets_the_old_one_go(inbox: Inbox, apart: bool) -> None:
    """However its revisions come: one by one, or all in one batch."""
    events = [received(ASHA), received(ASHA, 2, pathway="sip"), received(TAKING_OVER, 3), received(TAKING_OVER, 4, withdrawn=True)]
    made = take(inbox, *events) if not apart else [take(inbox, one) for one in events][-1]
    assert [(m["revision"], m["recipient"], m["subject"]) for m in made] == [
        (1, ASHA["email"], "Referral R-7KQ2M is with us"),
        (3, ASHA["email"], "Update about R-7KQ2M"),
        (3, TAKING_OVER["email"], "Referral R-7KQ2M is with us"),
        (4, TAKING_OVER["email"], "Correction about R-7KQ2M")]
    assert "another practitioner" in made[1]["text"] and "recorded in error" in made[3]["text"]


def test_N_07_what_comes_late_of_a_referral_that_changed_hands_tells_nobody_of_the_past(inbox: Inbox) -> None:
    made = take(inbox, received(TAKING_OVER, 2), received(ASHA, 1))
    assert [m["recipient"] for m in made] == [TAKING_OVER["email"]]


def test_N_01_a_citizen_who_referred_themself_has_no_practitioner_to_tell(inbox: Inbox) -> None:
    assert take(inbox, received(None, pathway="prevention")) == []


def test_N_01_a_referral_announced_by_an_older_release_is_told_as_one_of_this_release(inbox: Inbox) -> None:
    old = received(ASHA)
    old.version = 1
    assert [m["recipient"] for m in take(inbox, old)] == [ASHA["email"]]


def test_N_01_staff_change_what_is_said_to_those_who_leave_and_a_rule_changed_before_it_could_be_keeps_ours(inbox: Inbox) -> None:
    change(inbox, MANAGER, "referral-received", subject="Yours: {reference}")
    with inbox.database.transaction() as connection:  # as the migration leaves rules changed before it
        connection.execute(store.rules.update().values(leaving=""))
    made = take(inbox, received(ASHA), received(TAKING_OVER, 2))
    assert "another practitioner" in made[1]["text"]
    change(inbox, MANAGER, "referral-received", seen=1, leaving="Thank you for {reference}.")
    assert take(inbox, received(ASHA, 3))[-1]["text"] == "Thank you for R-7KQ2M."


@pytest.mark.parametrize(("said", "field"), [({"leaving": " "}, "leaving"), ({"leaving": "{citizen}"}, "leaving"), ({"subject": "a\nb"}, "subject"),
                                             ({"subject": "{mode}"}, "subject")])
def test_N_05_words_for_those_who_leave_are_held_to_the_same_rules_and_a_subject_is_one_line(inbox: Inbox, said: Any, field: str) -> None:
    refused = change(inbox, MANAGER, "referral-meeting", **said)
    assert isinstance(refused, Refused) and refused.field == field


def test_N_06_what_was_sent_can_be_looked_up_page_by_page(inbox: Inbox) -> None:
    take(inbox, *(admission(f"admission:{n}") for n in range(3)))
    with inbox.database.read() as connection:
        found, after = [], None
        while page := sent.listed(connection, {"recipient": WREN["email"].upper()}, 2, after):
            found += [m["about"] for m in page]
            after = page[-1]["id"]
    assert sorted(found) == ["admission:0", "admission:1", "admission:2"]


@pytest.mark.parametrize("name", sent.FILTERS)
def test_N_06_a_character_no_message_can_hold_finds_none(inbox: Inbox, name: str) -> None:
    take(inbox, admission())
    with inbox.database.read() as connection:
        assert sent.listed(connection, {name: "\0"}, 2) == [] and sent.count(connection, {name: "a\0"}) == 0
