"""The ledger on both databases: whatever the order, the batches and the company, the same end."""
from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.database import Database
from shared.ledger import rows
from shared.ledger.fold import fold
from shared.ledger.people import staff
from shared.ledger.store import Ledger, Stale, Written
from shared.ledger.tables import staff_id
from shared.ledger.types import Refused, Statement
from shared.messaging.envelope import Event, read
from shared.room import Room
from tests.support import toy

START = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)
KEYS = {"stay:a:admission": ("hospital.admitted", {"stay": "a"}), "stay:a:discharge": ("hospital.discharged", {"stay": "a"}),
        "stay:b:admission": ("hospital.admitted", {"stay": "b"}), "note:1": ("note.made", {"text": "n"})}


@pytest.fixture
def room(any_database: Database) -> Iterable[Room]:
    room = toy.toy_room(any_database)
    yield room
    room.database.dispose()


def ledger(room: Room) -> Ledger:
    found: Ledger = room.keeper.ledger
    return found


def a_person() -> str:
    return str(uuid.uuid4())


def sayings(rough: Iterable[tuple[str, int, int, bool]]) -> list[Statement]:
    return [Statement(about, KEYS[about][0], START + timedelta(hours=occurred), {} if gone else KEYS[about][1], gone,
                      START + timedelta(hours=recorded), "somebody", "urn:test", f"event-{serial}")
            for serial, (about, occurred, recorded, gone) in enumerate(rough)]


ROUGH = st.lists(st.tuples(st.sampled_from(sorted(KEYS)), st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=8)
few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def record(room: Room, person: str, said: list[Statement]) -> None:
    room.database.run(lambda c: ledger(room).record(c, {person: said}, room.database.now(c)))


def command(room: Room, person: str, decide: Callable[..., Any], **more: Any) -> Any:
    return room.database.run(lambda c: ledger(room).command(c, person, decide, **more))


def all_said(room: Room, person: str) -> list[Statement]:
    with room.database.read() as connection:
        return rows.statements(connection, room.database, toy.tables, [person], toy.RULES)[person]


def end(room: Room, person: str) -> dict[str, Any]:
    """Give all that must not depend on order; and see that snapshot, fold and read model agree."""
    with room.database.read() as connection:
        row = rows.load(connection, room.database, toy.tables, [person], lock=False)[person]
        listed = {r["id"]: dict(r) for r in connection.execute(toy.inpatients.select().where(
            toy.inpatients.c.aggregate == person)).mappings()}
    state = rows.loads(row["state"])
    assert state == fold(toy.RULES, person, all_said(room, person))[0], "the snapshot is not the fold from nothing"
    assert listed == {r["id"]: r for r in toy.read_model(state, datetime.now(UTC))[toy.inpatients]}, "the read model is not the state's"
    stands = {about: told[1:4] for about, told in rows.loads(row["announced"]).items() if not told[4]}
    assert stands == {a: list(o) for a, o in toy.owed(state, datetime.now(UTC)).items()}
    return rows.loads(rows.dumps({"state": state, "stands": stands}).replace(person, "-").replace(person[:8], "-"))


def events(room: Room, person: str) -> list[Event]:
    return [read(row["body"]) for row in toy_rows(room) if (e := read(row["body"])) and e.subject == person]


def toy_rows(room: Room) -> Any:
    return sorted(toy.rows_of(room, toy.messaging.outbox), key=lambda row: row["id"])


@given(rough=ROUGH, dice=st.randoms())
@few
def test_J_13_any_order_repetition_and_batching_end_in_the_same_state_and_announcements(
        room: Room, rough: Any, dice: random.Random) -> None:
    said = sayings(rough)
    one, other = a_person(), a_person()
    record(room, one, said)
    shuffled = [*said, *dice.choices(said, k=3)] if said else []
    dice.shuffle(shuffled)
    record(room, other, [])
    while shuffled:
        size = dice.randint(1, 3)
        record(room, other, shuffled[:size])
        shuffled = shuffled[size:]
    assert end(room, one) == end(room, other)


@given(rough=ROUGH, dice=st.randoms())
@few
def test_what_people_say_between_events_ends_the_same_when_all_is_said_again_in_another_order(
        room: Room, rough: Any, dice: random.Random) -> None:
    one, other = a_person(), a_person()
    for statement in sayings(rough):
        record(room, one, [statement])
        if dice.random() < 0.5:
            command(room, one, lambda state, now: toy.make_note(state, now, "seen"))
        if dice.random() < 0.2:
            command(room, one, lambda state, now: toy.set_closing(state, now, "2026-12-31"))
    said = all_said(room, one)
    dice.shuffle(said)
    record(room, other, [])
    for statement in said:
        record(room, other, [statement])
    if said:
        assert end(room, one) == end(room, other)


@given(rough=ROUGH, about=st.sampled_from(sorted(KEYS)))
@few
def test_N_07_a_withdrawal_leaves_all_as_if_it_had_never_been_save_that_those_told_are_told(
        room: Room, rough: Any, about: str) -> None:
    said = sayings(rough)
    one, other = a_person(), a_person()
    record(room, one, said)
    told = {e.about: e for e in events(room, one)}
    record(room, one, [Statement(about, KEYS[about][0], START, {}, True, START + timedelta(days=1), "", "urn:test", "z")])
    record(room, other, [s for s in said if s.about != about])
    assert end(room, one) == end(room, other)
    if about in told and not told[about].withdrawn:
        last = events(room, one)[-1] if about != "stay:a:admission" else [e for e in events(room, one) if e.about == about][-1]
        assert last.withdrawn and (last.revision or 0) > (told[about].revision or 0)
        assert last.recordedtime > told[about].recordedtime


def test_every_telling_has_an_id_of_its_own_that_follows_from_what_it_tells(room: Room) -> None:
    person = a_person()
    admitted = sayings([("stay:a:admission", 0, 0, False)])
    gone = Statement("stay:a:admission", "hospital.admitted", START, {}, True, START + timedelta(hours=1), "", "urn:test", "z")
    again = admitted[0]._replace(recorded_at=START + timedelta(hours=2), event_id="again")
    for statement in (*admitted, gone, again):
        record(room, person, [statement])
    admissions = [e for e in events(room, person) if e.about == "stay:a:admission"]
    assert [(e.revision, e.withdrawn) for e in admissions] == [(1, False), (2, True), (3, False)]
    assert len({e.id for e in events(room, person)}) == len(events(room, person))


def test_the_same_saying_that_came_another_way_with_other_words_changes_nothing(room: Room) -> None:
    """Else the snapshot would hold what the statements do not."""
    person = a_person()
    [admitted] = sayings([("stay:a:admission", 0, 0, False)])
    record(room, person, [admitted])
    record(room, person, [admitted._replace(recorded_at=START + timedelta(hours=9), data={"stay": "b"})])
    assert end(room, person)["state"]["stays"].keys() == {"a"}


def test_a_row_of_the_read_model_goes_when_the_state_no_longer_has_it(room: Room) -> None:
    person = a_person()
    record(room, person, sayings([("stay:a:admission", 0, 0, False)]))
    assert len(toy.rows_of(room, toy.inpatients)) == 1
    record(room, person, sayings([("stay:a:admission", 0, 0, False), ("stay:a:discharge", 1, 1, False)])[1:])
    assert toy.rows_of(room, toy.inpatients) == []


def test_if_match_is_compared_under_the_lock_so_that_one_of_two_wins(room: Room) -> None:
    person = a_person()
    record(room, person, [])
    version = command(room, person, lambda state, now: []).version
    answers: list[Any] = []
    start = threading.Barrier(2)

    def press() -> None:
        start.wait()
        answers.append(command(room, person, lambda state, now: toy.make_note(state, now, "me"), expect=version))
    in_threads(press, press)
    assert sorted(type(a).__name__ for a in answers) == ["Stale", "Written"]
    assert {a.version for a in answers if isinstance(a, Stale)} == {a.version for a in answers if isinstance(a, Written)}
    assert len(all_said(room, person)) == 1


def test_a_refusal_names_its_rule_and_writes_nothing(room: Room) -> None:
    person = a_person()
    command(room, person, lambda state, now: toy.set_closing(state, now, "2026-12-31"))
    refused = command(room, person, lambda state, now: toy.make_note(state, now, "late"))
    assert isinstance(refused, Refused) and refused.rule == "J-11"
    assert len(all_said(room, person)) == 1


def in_threads(*works: Callable[[], None]) -> None:
    faults: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001 - told to the test below
            faults.append(fault)
    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if faults:
        raise faults[0]


def test_two_consumers_and_people_writing_about_fifty_citizens_lose_nothing(room: Room) -> None:
    people = toy.known_people(room, 50)
    stays = [(serial, f"s{n}") for serial in range(50) for n in range(6)]
    batches = []
    for seed in (1, 2):
        mine = [toy.intake("hospital.admitted", {"nhs_number": toy.nhs_number(serial), "stay_id": stay},
                           at=START + timedelta(minutes=int(stay[1:]))) for serial, stay in stays[seed - 1::2]]
        random.Random(seed).shuffle(mine)
        batches.append([mine[at:at + 15] for at in range(0, len(mine), 15)])

    def consume(mine: list[Any]) -> None:
        for batch in mine:
            room.inbox.take(batch)

    def write() -> None:
        for person in random.Random(3).sample(people, 50):
            command(room, person, lambda state, now: toy.make_note(state, now, "seen"))
    in_threads(lambda: consume(batches[0]), lambda: consume(batches[1]), write)
    assert toy.count_rows(room)["statements"] == 50 + 300 + 50
    assert toy.count_rows(room)["deferred"] == toy.count_rows(room)["parked"] == 0
    for person in people:
        state = end(room, person)["state"]
        assert (len(state["stays"]), len(state["notes"])) == (6, 1)
    print("two consumers and a writer: sent 350 = applied 350, 0 lost, 0 applied twice")


def test_a_review_that_became_overdue_is_announced_once_however_many_look(room: Room) -> None:
    person = a_person()
    soon = datetime.now(UTC) - toy.REVIEW + timedelta(seconds=0.4)
    record(room, person, [Statement("stay:a:admission", "hospital.admitted", soon, {"stay": "a"}, False, soon, "", "t", "1")])
    assert room.database.run(room.keeper.look) == 0
    time.sleep(0.5)
    start = threading.Barrier(2)

    def look() -> None:
        start.wait()
        room.database.run(room.keeper.look)
    in_threads(look, look)
    assert [e.type for e in events(room, person)] == ["journey.admission_recorded", "journey.review_overdue"]
    assert room.database.run(room.keeper.look) == 0


def test_a_batch_that_waited_for_a_lock_takes_nothing_back_that_became_due_meanwhile(room: Room) -> None:
    person = a_person()
    soon = datetime.now(UTC) - toy.REVIEW + timedelta(seconds=0.3)
    before = room.database.run(room.database.now)
    record(room, person, [Statement("stay:a:admission", "hospital.admitted", soon, {"stay": "a"}, False, soon, "", "t", "1")])
    time.sleep(0.4)
    room.database.run(room.keeper.look)
    room.database.run(lambda c: ledger(room).record(c, {person: sayings([("note:1", 0, 0, False)])}, before))
    assert not any(e.withdrawn for e in events(room, person))


def test_what_we_knew_on_a_day_is_what_had_reached_us_by_then(room: Room) -> None:
    person = a_person()
    assert ask_as_of(room, person, START) is None
    first, then = sayings([("stay:a:admission", 0, 0, False), ("stay:a:discharge", 1, 1, False)])
    record(room, person, [first])
    between = room.database.run(room.database.now)
    record(room, person, [then])
    assert ask_as_of(room, person, START + timedelta(days=1)) is None, "it happened, and nobody had told us"
    assert ask_as_of(room, person, between)["trail"] == ["stay:a:admission"]
    assert ask_as_of(room, person, room.database.run(room.database.now))["trail"] == ["stay:a:admission", "stay:a:discharge"]


def ask_as_of(room: Room, person: str, moment: datetime) -> Any:
    with room.database.read() as connection:
        return ledger(room).as_of(connection, person, moment)


def test_a_snapshot_of_another_fold_version_is_folded_anew(room: Room) -> None:
    person = a_person()
    record(room, person, sayings([("stay:a:admission", 0, 0, False)]))
    with room.database.transaction() as connection:
        connection.execute(toy.tables.aggregates.update().values(fold_version=0, state='{"old": 1}'))
        connection.execute(toy.inpatients.insert().values(id="old row", aggregate=person, since="x"))
    with room.database.read() as connection:
        found = ledger(room).read(connection, person)
    assert found is not None and found.state["trail"] == ["stay:a:admission"]
    record(room, person, sayings([("note:1", 2, 2, False)]))
    assert end(room, person)["state"]["notes"] == ["n"]


def test_of_two_events_about_somebody_the_later_stands_and_what_it_leaves_out_of_staff_stays(room: Room) -> None:
    early, late = START, START + timedelta(hours=1)
    full = staff({"email": "Pat@Team.example", "name": "Pat", "telephone": "1"}, early)
    bare = staff({"email": "pat@team.example", "team": "CMHT"}, late)
    put = lambda *people: room.database.run(lambda c: ledger(room).people.put(c, people))  # noqa: E731
    put(bare)
    put(full)
    put({**full, "name": "Older", "recorded_at": START - timedelta(days=1)})
    with room.database.read() as connection:
        row = ledger(room).people.get(connection, [staff_id("pat@team.example")])[staff_id("pat@team.example")]
    assert (row["name"], row["team"], row["telephone"], row["recorded_at"]) == ("Pat", "CMHT", "1", late)


def test_an_event_names_the_event_that_caused_it_and_where_the_chain_began(room: Room) -> None:
    toy.known_people(room, 1)
    report = toy.intake("hospital.admitted", {"nhs_number": toy.nhs_number(0), "stay_id": "s", "ward": "Oak"}, id_="from-the-hospital")
    room.inbox.take([report])
    waiting = [orjson.loads(row.body) for row in room.outbox.waiting(10)]
    caused = [e for e in waiting if e["type"] == "journey.admission_recorded"]
    assert [(e["causationid"], e["correlationid"]) for e in caused] == [("from-the-hospital", "from-the-hospital")]
