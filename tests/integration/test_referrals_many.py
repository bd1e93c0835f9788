"""Lists of a hundred thousand referrals: every question is answered from an index, as far as its page goes."""
from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from services.referrals.desk import Desk
from services.referrals.worklists import Filters, listed, loads
from services.referrals.worklists.counting import counts
from services.referrals.worklists.filters import MOST
from services.referrals.worklists.reading import matches
from services.referrals.worklists.tabs import TABS
from shared.ledger.types import Actor
from tests.integration.referral_room import Pod
from tests.support import many

COUNT, FEW = 100_000, 1_000
PAGE = 51
MANAGER = Actor("helen.marsh@pod.example", "Helen Marsh", frozenset({"manager"}))
PRACTITIONER = Actor("practitioner1@cmhwt.example", "Somebody", frozenset({"practitioner"}), many.TEAM)
#: Rows one part of a plan may read: some pages of a list, or all citizens looked through for a name.
READ, LOOSELY = 40 * PAGE, 10_000
ORDERED = [Filters(worklist=name, sort=sort) for name, tab in TABS.items() for sort in ({tab.sort} if tab.fixed else ("target", "oldest", "received"))]
ASKED = [
    Filters(), Filters(sort="target"), *(Filters(state=state) for state in ("received", "complete", "accepted", "declined")),
    Filters(state="declined", sort="target"), Filters(waiting=True), Filters(waiting=True, sort="target"),
    *(Filters(due=word) for word in ("today", "overdue", "breached")), Filters(pathway="sip"), Filters(team="early intervention team"),
    Filters(team="early intervention team", sort="target"), Filters(worker=many.WORKERS[3]), Filters(reference="R-0054321"),
    Filters(words=("number0001", "rosa")), Filters(words=("rosa",)), Filters(worklist="triage", older_than=21)]
#: Those of which what does not apply is read, too: of newest first, what was received less than two weeks ago; of a name, whoever has it.
LOOSE = [Filters(overdue=True), Filters(state="accepted", sort="target"), Filters(words=("rosa", "n"), state="open"),
         Filters(mine=True, due="overdue"), Filters(words=("ines",), mine=True)]
OWN = [Filters(), Filters(mine=True), Filters(whose="team"), Filters(mine=True, state="accepted"), Filters(mine=True, goes_on=True),
       Filters(words=("number0000", "bea")), Filters(mine=True, due="overdue"), Filters(words=("ines",), mine=True)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def pod(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("_postgres").new_suite()
    pod = Pod(tmp_path_factory.mktemp("many"), url)
    many.fill(pod.room.database, COUNT)
    yield pod
    pod.room.database.dispose()


@contextmanager
def desk_of(pod: Pod, actor: Actor) -> Iterator[Desk]:
    with pod.room.database.read() as connection:
        yield Desk(connection, pod.room.keeper.ledger, actor)


@contextmanager
def heard(pod: Pod) -> Iterator[list[tuple[str, Any]]]:
    """Hear what the database is asked."""
    asked: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))
    sa.event.listen(pod.room.database.engine, "before_cursor_execute", hear)
    yield asked
    sa.event.remove(pod.room.database.engine, "before_cursor_execute", hear)


def costly(desk: Desk, asked: list[tuple[str, Any]], most: int = READ) -> list[str]:
    """Give the parts of the plans that read more than a list needs."""
    return [f"{part}\n{statement}" for statement, parameters in list(asked) if "FROM referrals" in statement
            for part in (_scans if desk.database.is_sqlite else _reads)(desk, statement, parameters, most)]


def _scans(desk: Desk, statement: str, parameters: Any, _most: int) -> list[str]:
    rows = desk.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    return [row[3] for row in rows if row[3].startswith("SCAN") and any(f" {name}" in row[3] for name in ("referrals", "people")) and "INDEX" not in row[3]]


def _reads(desk: Desk, statement: str, parameters: Any, most: int) -> list[str]:
    plan = desk.connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
    found = plan if isinstance(plan, list) else json.loads(plan)
    return [f"{one['Node Type']} on {one.get('Relation Name', one.get('Index Name'))}: {_rows(one):.0f} rows"
            for one in _nodes(found[0]["Plan"]) if _rows(one) > most]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


def _rows(node: dict[str, Any]) -> float:
    return (float(node["Actual Rows"]) + float(node.get("Rows Removed by Filter", 0))) * float(node["Actual Loops"])


@pytest.mark.parametrize(("actor", "wanted"), [*((MANAGER, one) for one in (*ORDERED, *ASKED, *LOOSE[:3])), *((PRACTITIONER, one) for one in OWN)],
                         ids=lambda one: ",".join(f"{k}={v}" for k, v in one._asdict().items() if v) if isinstance(one, Filters) else "".join(one.roles))
def test_R_12_a_page_of_a_list_is_read_from_an_index(pod: Pod, actor: Actor, wanted: Filters):
    with desk_of(pod, actor) as desk, heard(pod) as asked:
        first = listed(desk, wanted, PAGE)
        rest = listed(desk, wanted, PAGE, first["next"])["items"] if first["next"] else []
        assert costly(desk, asked, LOOSELY if wanted in LOOSE else READ) == []
    assert first["items"] and bool(first["next"]) == bool(rest)
    assert not {one["id"] for one in first["items"]} & {one["id"] for one in rest}


def test_counts_stop_at_a_hundred_and_loads_are_read_from_an_index(pod: Pod):
    with desk_of(pod, MANAGER) as desk, heard(pod) as asked:
        found = counts(desk, TABS)
        assert costly(desk, asked) == []
        load = loads(desk)
    assert found["triage"] == "100+" and "all" not in found
    assert set(load) == set(many.WORKERS) and sum(load.values()) > 10_000


@pytest.mark.parametrize("pod", ["sqlite"], indirect=True)  # which counts its steps; of PostgreSQL the plans above say enough
def test_R_12_the_database_does_as_much_for_a_page_of_few_as_of_many(pod: Pod, tmp_path: Any):
    """Given a hundred times as many referrals, If a worklist is asked for, I expect SQLite to take no more than 1.2 times the steps."""
    small = Pod(tmp_path)
    many.fill(small.room.database, FEW)
    for wanted in (Filters(worklist="triage", sort="target"), Filters(worklist="all", sort="received"), Filters(state="complete"), Filters()):
        assert steps(pod, wanted) <= 1.2 * steps(small, wanted), wanted
    for wanted in ORDERED:
        assert steps(pod, wanted) <= 2 * steps(small, Filters()), wanted
    assert steps(pod) <= len(TABS) * steps(small, Filters())


def steps(pod: Pod, wanted: Filters | None = None) -> int:
    """Count, in tens, what SQLite's machine does to give a page of a list, or how many are in each."""
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
    with desk_of(pod, MANAGER) as desk:
        raw: Any = desk.connection.connection.dbapi_connection
        raw.set_progress_handler(step, 10)
        listed(desk, wanted, PAGE) if wanted else counts(desk, TABS)
        raw.set_progress_handler(None, 10)
    return done


def test_a_word_of_too_many_names_finds_the_first_of_them_and_of_ones_own_all(pod: Pod):
    with desk_of(pod, MANAGER) as desk:
        assert matches(desk, Filters(words=("rosa",)), 2 * MOST) == MOST == len(listed(desk, Filters(words=("rosa",), sort="target"), 2 * MOST)["items"])
    with desk_of(pod, PRACTITIONER) as desk:
        mine = listed(desk, Filters(words=("ines",), mine=True), MOST)["items"]
        assert len(mine) == len(range(3, COUNT, 1200)) and all("Ines" in one["citizen"] for one in mine)
