"""Who the managers are comes from the directory (N-01), and nobody writes to who is no longer here; on both databases."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications import directory, held, rules, store
from services.notifications.service import Notifications
from shared.calendar import london_day
from shared.database import Database
from shared.ledger.types import Actor
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.inbox import Inbox
from shared.room import handlers_of
from tests.support.members import recorded

HELEN, OLIVE = "helen.marsh@pod.example", "olive.park@pod.example"
AMARA = {"email": "amara.osei@cmhwt.example", "name": "Amara Osei", "role": "practitioner"}
OPENED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def opened(number: int = 1, revision: int = 1, *, withdrawn: bool = False) -> Event:
    """Give the event of a journey that needs a development worker, of which managers are told."""
    data = {"journey_id": str(number), "reference": f"J-{number}", "told": [AMARA], "citizen_id": "c", "referral_id": "r",
            "pathway": "core", "opened_at": (OPENED_AT + timedelta(days=revision)).isoformat()}
    return Event(f"opened-{number}-{revision}", "urn:pod:journeys", "journey.opened", OPENED_AT, data, about=f"opened:{number}",
                 revision=revision, withdrawn=withdrawn, version=2)


@pytest.fixture
def inbox(any_database: Database) -> Iterator[Inbox]:
    with any_database.transaction() as connection:
        store.metadata.create_all(connection)
    yield _inbox(any_database)


def _inbox(database: Database) -> Inbox:
    return Inbox("notifications", database, store.messaging, store.keeper(database, None),  # type: ignore[arg-type]
                 handlers_of(Notifications))


def take(inbox: Inbox, *events: Event) -> list[Any]:
    """Take events as one batch; give every message there is."""
    inbox.take([Delivery(write(event), message_id=event.id) for event in events])
    t = store.notifications.c
    with inbox.database.read() as connection:
        return list(connection.execute(sa.select(store.notifications).order_by(t.about, t.revision, t.recipient)).mappings())


def today() -> date:
    return london_day(datetime.now(UTC))


def test_N_01_a_rule_to_managers_reaches_those_of_the_directory_without_an_address_typed(inbox: Inbox) -> None:
    wren = recorded("wren.callaghan@pod.example", roles=["worker"])
    made = take(inbox, recorded(HELEN), recorded(OLIVE, roles=["worker", "manager"]), wren, opened())
    assert [(one["recipient"], one["role"], one["state"]) for one in made] == [(HELEN, "manager", "sent"), (OLIVE, "manager", "sent")]


def test_N_01_who_becomes_a_manager_is_told_from_then_on_and_who_is_none_any_more_is_not(inbox: Inbox) -> None:
    take(inbox, recorded(HELEN), recorded(OLIVE, roles=[]), opened(1))
    take(inbox, recorded(HELEN, 2, roles=["worker"]), recorded(OLIVE, 2))
    assert [(one["about"], one["recipient"]) for one in take(inbox, opened(2))] == [("opened:1", HELEN), ("opened:2", OLIVE)]


def test_N_01_a_manager_is_told_from_their_first_day_until_the_day_they_are_gone(inbox: Inbox) -> None:
    yesterday, tomorrow = today() - timedelta(days=1), today() + timedelta(days=1)
    take(inbox, recorded("here@pod.example", from_on=today(), left_on=tomorrow), recorded("soon@pod.example", from_on=tomorrow),
         recorded("gone@pod.example", left_on=today()), recorded("long@pod.example", left_on=yesterday))
    assert [one["recipient"] for one in take(inbox, opened())] == ["here@pod.example"]


@pytest.mark.parametrize("gone", [recorded(HELEN, 2, left_on=date(2026, 3, 1)), recorded(HELEN, 2, withdrawn=True)], ids=["left", "taken off"])
@pytest.mark.parametrize("withdrawn", [True, False])
def test_N_07_a_manager_who_is_gone_is_told_no_more_not_even_of_a_correction(inbox: Inbox, gone: Event, withdrawn: bool) -> None:
    take(inbox, recorded(HELEN), recorded(OLIVE), opened())
    made = take(inbox, gone, opened(1, 2, withdrawn=withdrawn))
    assert [(one["revision"], one["recipient"]) for one in made] == [(1, HELEN), (1, OLIVE), (2, OLIVE)]


def test_N_03_news_for_somebody_who_has_left_is_not_sent_and_says_why(inbox: Inbox) -> None:
    declined = {"referral_id": "r", "reference": "R-1", "citizen_id": "c", "reason": "other",
                "decided_at": "2026-03-02T09:00:00Z", "practitioner": {"name": "Amara Osei", "email": AMARA["email"], "team": "T"}}
    event = Event("declined", "urn:pod:referrals", "referral.declined", OPENED_AT, declined, version=2, about="decision", revision=1)
    made = take(inbox, recorded(AMARA["email"], kind="practitioner", roles=[], left_on=date(2026, 3, 1)), event)
    assert [(one["recipient"], one["state"], one["sent_at"]) for one in made] == [(AMARA["email"], "failed", None)]
    assert "no longer here since 1 March 2026" in made[0]["why"]


def test_N_03_a_message_held_for_somebody_who_has_left_since_is_not_released_to_them(inbox: Inbox) -> None:
    database = inbox.database
    database.run(lambda c: inbox.keeper.hold(c, OPENED_AT - timedelta(days=1), datetime.now(UTC)))
    (made,) = take(inbox, recorded(HELEN), opened())
    assert made["state"] == "held"
    take(inbox, recorded(HELEN, 2, left_on=date(2026, 3, 1)))
    manager = Actor(OLIVE, "Olive Park", frozenset({"manager"}))
    database.run(lambda c: held.decide(c, database, manager, "release", [made["id"]], database.now(c)))
    (after,) = take(inbox)
    assert (after["state"], after["sent_at"]) == ("failed", None)


def test_N_01_once_the_directory_has_a_manager_no_rule_is_said_to_reach_nobody(inbox: Inbox) -> None:
    database = inbox.database
    with database.read() as connection:
        assert {rule.id for rule in rules.shipped().values() if rule.to == ("manager",)} <= {
            words.split()[2] for words, _ in inbox.keeper.warnings(connection)}
    take(inbox, recorded(HELEN))
    with database.read() as connection:
        assert inbox.keeper.warnings(connection) == []


HISTORY = [recorded(HELEN, 1), recorded(HELEN, 2, roles=["worker"]), recorded(HELEN, 3, left_on=date(2026, 3, 1)),
           recorded(HELEN, 4, withdrawn=True), recorded(OLIVE, 1, from_on=date(2026, 1, 5)), recorded(OLIVE, 2, roles=["worker"]),
           recorded(OLIVE, 3)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_member_events_in_any_order_and_however_often_end_the_same(folder: Path, data: st.DataObject) -> None:
    """Given all that was ever said of members, If it comes in any order, in any batches, again, I expect one end."""
    database = Database(f"sqlite:///{folder / 'any.db'}")
    store.metadata.drop_all(database.engine)
    store.metadata.create_all(database.engine)
    inbox = _inbox(database)
    events = data.draw(st.permutations([*HISTORY, *data.draw(st.lists(st.sampled_from(HISTORY), max_size=4))]))
    cut = data.draw(st.integers(0, len(events)))
    for batch in (events[:cut], events[cut:]):
        inbox.take([Delivery(write(event), message_id=event.id) for event in batch])
    with database.read() as connection:
        assert directory.managers(connection, date(2026, 6, 1)) == (OLIVE,)
        assert directory.gone(connection, database, [HELEN, OLIVE], date(2026, 6, 1)) == {HELEN: date(2026, 3, 2)}
        assert sorted(connection.execute(sa.select(store.members.c.revision)).scalars()) == [3, 4]
    database.dispose()
