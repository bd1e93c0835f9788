"""What pages show of referrals, programs are given too: every worklist, how long each waits, how busy each is, what happened."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from services.referrals import store
from services.referrals.worklists.tabs import TABS
from shared.ledger.tables import staff_id
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod, opened

AMARA, WREN, HELEN = "amara.osei@cmhwt.example", "wren.callaghan@pod.example", "helen.marsh@pod.example"
#: Worklists the referrals of this file are on, one at least on each.
BUSY = ("triage", "waiting", "duplicates", "named", "lapsing", "overdue", "decide", "allocate", "arrange", "all")


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    with opened(tmp_path) as pod:
        yield pod.staffed()


def somebody(number: str, name: str = "Ada Moss") -> dict[str, Any]:
    return {"name": name, "date_of_birth": "1990-01-01", "nhs_number": number}


def allocated(pod: Pod, email: str, **changes: Any) -> str:
    id_ = pod.sent(**changes)
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": email}).status_code == 200
    return id_


def work(pod: Pod) -> None:
    """Bring referrals onto most worklists."""
    pod.sent(documents=[{"kind": "care_plan", "dated": pod.ago(360)}], citizen=somebody("9990000379"))
    waiting = pod.sent(documents=[], citizen=somebody("9990000743", "Bea Lund"))
    pod.wren.post(f"/{waiting}/questions", {"words": "Please send both."})
    pod.sent()
    pod.sent(duplicate_reason="Twice.")
    unnamed = {name: value for name, value in pod.body(citizen=somebody("9990001480", "Dov Marsh")).items() if name != "named_person"}
    assert pod.amara.post("", unnamed).status_code == 201
    late = pod.sent(citizen=somebody("9990001111", "Ada Lindqvist"))
    with pod.room.database.transaction() as connection:
        connection.execute(store.referrals.update().where(store.referrals.c.id == late).values(target_on=pod.ago(3)))
    pod.helen.post(f"/{pod.sent(citizen=somebody('9876543210', 'Cy Dunn'))}/accept")
    allocated(pod, WREN, citizen=somebody("4010232137", "Eve Finn"))


def test_every_worklist_is_given_by_API_as_the_page_shows_it(pod: Pod) -> None:
    work(pod)
    page = Browser(pod, HELEN)
    for name in TABS:
        shown = re.findall(r"R-\w{4}-\w{3}\b", re.sub(r'"[^"]*"', "", page.get(f"/?list={name}").text))
        given = pod.helen.get(worklist=name).json["items"]
        assert [one["reference"] for one in given] == list(dict.fromkeys(shown)), name
        assert given or name not in BUSY, name


def test_worklists_are_paged_and_sorted_as_they_are_worked_through(pod: Pod) -> None:
    work(pod)
    first = pod.wren.get(worklist="all", limit=2).json
    rest = pod.wren.get(worklist="all", after=first["next"]).json["items"]
    assert [one["id"] for one in first["items"] + rest] == [one["id"] for one in pod.wren.get(worklist="all").json["items"]]
    oldest = [one["received_at"] for one in pod.wren.get(worklist="triage", sort="oldest").json["items"]]
    assert oldest == sorted(oldest) and len(oldest) > 2
    fixed = pod.wren.get(worklist="lapsing", sort="oldest")
    assert fixed.status_code == 422 and fixed.json["errors"][0]["pointer"] == "/sort"
    assert pod.wren.get(worklist="lapse").json["errors"][0]["pointer"] == "/worklist"


def test_R_13_worklists_are_for_staff_alone(pod: Pod) -> None:
    """What is on them says who is with the Pod, or in hospital."""
    for name in TABS:
        assert pod.amara.get(worklist=name).status_code == 403


def test_what_waits_for_so_many_days_or_more_is_found_by_its_age(pod: Pod) -> None:
    ids = {days: pod.sent(citizen=somebody(number, name))
           for days, number, name in ((0, "9990000379", "Ada Moss"), (6, "9990000743", "Bea Lund"), (7, "9990001480", "Dov Marsh"))}
    with pod.room.database.transaction() as connection:
        for days, id_ in ids.items():
            then = pod.room.database.now(connection) - timedelta(days=days)
            connection.execute(store.referrals.update().where(store.referrals.c.id == id_).values(received_at=then))
    assert [one["id"] for one in pod.wren.get(days="7").json["items"]] == [ids[7]]
    found = pod.wren.get(days=6).json["items"]
    assert [(one["id"], one["days"]) for one in found] == [(ids[6], 6), (ids[7], 7)]
    assert len(pod.wren.get(days="0").json["items"]) == 3 == len(pod.amara.get(days="0").json["items"])
    for junk in ("-1", "seven", "36501", "00000099999999999", "٧", "1.5"):
        assert pod.wren.get(days=junk).json["errors"][0]["pointer"] == "/days", junk


def test_R_01_beside_each_development_worker_is_how_many_they_work_with(either: Pod) -> None:
    pod = either.staffed()
    allocated(pod, WREN)
    allocated(pod, WREN, citizen=somebody("9990000379"))
    load = {one["email"]: one["working_with"] for one in pod.helen.call("GET", "/members?limit=200").json["items"]}
    assert load[WREN] == 2 and load["marcus.bell@pod.example"] == 0 and load[AMARA] is None
    assert pod.helen.call("GET", f"/members/{staff_id(WREN)}").json["working_with"] == 2


def test_what_happened_is_given_as_the_page_of_the_referral_shows_it(pod: Pod) -> None:
    pod.sent()
    id_ = pod.sent(duplicate_reason="Twice.")
    pod.wren.post(f"/{id_}/questions", {"words": "Which ward?"})
    pod.wren.post(f"/{id_}/keep", {"reason": "Another person."})
    entries = pod.wren.get(f"/{id_}").json["timeline"]
    page = Browser(pod, WREN).get(f"/{id_}").text
    happened = re.findall(r'class="[^"]*(?:timeline__title|pod-timeline__title)[^"]*"[^>]*>\s*([^<]+?)\s*<', page)
    assert [one["title"] for one in entries] == happened
    assert entries[0]["title"] == "Possible duplicate settled" and entries[0]["by"] == "Wren Callaghan"
    assert entries[1]["text"] == "Which ward?" and not entries[1]["corrected"] and entries[1]["report_id"] is None


def test_R_13_a_practitioner_is_given_no_more_of_what_happened_than_their_page_shows(pod: Pod) -> None:
    pod.sent()
    id_ = pod.sent(duplicate_reason="Twice.")
    pod.wren.post(f"/{id_}/keep", {"reason": "Another person."})
    titles = [one["title"] for one in pod.amara.get(f"/{id_}").json["timeline"]]
    assert "Referral received" in titles and "Possible duplicate settled" not in titles


def test_the_record_of_who_looked_is_found_from_the_referral_by_whom_it_is_for(pod: Pod) -> None:
    id_ = pod.sent()
    looks = pod.amara.get(f"/{id_}").json["looks"]
    assert looks.endswith(f"/api/v1/referrals/{id_}/looks") and pod.amara.call("GET", looks.rpartition("/api/v1")[2]).status_code == 200
    colleague = pod.caller("practitioner", "tom.whitfield@cmhwt.example")
    other = pod.sent(citizen=somebody("9990000379"), named_person={**pod.body()["named_person"], "name": "Asha Roy", "email": "asha.roy@cmhwt.example"})
    assert colleague.get(f"/{other}").json["looks"] is None


# -- who was looked for ------------------------------------------------------------------------------------------

def searched(pod: Pod) -> list[tuple[str, str]]:
    with pod.room.database.read() as connection:
        rows = connection.execute(sa.select(store.looks).where(store.looks.c.what == "search").order_by(store.looks.c.at)).mappings()
        return [(row["referral"], row["who"]) for row in rows]


def test_staff_who_find_somebody_by_name_or_number_are_on_record_and_shown(either: Pod) -> None:
    id_ = either.sent()
    either.sent(citizen=somebody("9990000379"))
    for query in ({"q": "quill"}, {"nhs_number": "943 476 5919"}, {"q": "9434765919"}):
        assert [one["id"] for one in either.wren.get(**query).json["items"]] == [id_]
    wren = Browser(either, WREN)
    assert "Rosa Quill" in wren.get("/all?find=Rosa").text
    assert searched(either) == [(id_, staff_id(WREN))] * 4
    items = either.amara.get(f"/{id_}/looks").json["items"]
    assert [(one["what"], one["who"]["name"]) for one in items] == [("search", "Wren Callaghan")] * 4
    assert "Found by the citizen’s name or NHS number, in a list (4 times)" in Browser(either, AMARA).get(f"/{id_}/looked").text


def test_a_list_nobody_was_looked_for_in_and_a_practitioners_search_of_their_own_are_not(pod: Pod) -> None:
    id_ = pod.sent()
    reference = pod.wren.get(f"/{id_}").json["reference"]
    for query in ({}, {"state": "complete"}, {"reference": reference}, {"q": reference}, {"q": "nobody"}, {"worklist": "decide"}):
        assert pod.wren.get(**query).status_code == 200
    assert len(pod.amara.get(q="quill").json["items"]) == 1
    assert "Rosa Quill" in Browser(pod, WREN).get("/all").text
    assert searched(pod) == []


def test_of_a_search_that_finds_many_those_of_the_page_that_was_given_are_on_record(pod: Pod) -> None:
    ids = {pod.sent(citizen=somebody(number, name)) for number, name in (("9990000379", "Ada Moss"), ("9990000743", "Bea Moss"), ("9990001480", "Cy Moss"))}
    page = pod.wren.get(q="moss", limit=2).json
    assert {id_ for id_, _ in searched(pod)} == {one["id"] for one in page["items"]} < ids


def test_a_search_that_cannot_be_recorded_finds_nobody(pod: Pod) -> None:
    pod.sent()
    with pod.room.database.transaction() as connection:
        connection.execute(sa.text("ALTER TABLE looks RENAME TO looks_away"))
    answer = pod.wren.get(q="quill")
    assert answer.status_code == 500 and "Rosa" not in answer.text
    assert pod.wren.get().status_code == 200
