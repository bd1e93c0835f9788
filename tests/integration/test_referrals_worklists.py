"""Worklists by API and page: what is due, waits, is looked for; what a practitioner sees of it; how little is asked of the database."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.referrals import store
from services.referrals.worklists import cursor, finding, words
from services.referrals.worklists.tabs import TABS
from shared.calendar import due_after_working_days, end_of_london_day, london_day
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod

OTHER = {"name": "Bea Lund", "date_of_birth": "1990-01-01", "nhs_number": "9876543210"}
#: Statements a list may ask, and any page of referrals; SQLite's BEGINs are none.
LIST, PAGE = 6, 25
MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    pod = Pod(tmp_path).staffed()
    yield pod
    pod.room.database.dispose()


def row(pod: Pod, id_: str) -> Any:
    with pod.room.database.read() as connection:
        return connection.execute(store.referrals.select().where(store.referrals.c.id == id_)).one()


def due(pod: Pod, id_: str, days_ago: int) -> None:
    """Put the first meeting of a referral so many days back, as if it had been sent before."""
    with pod.room.database.transaction() as connection:
        day = london_day(pod.room.database.now(connection)) - timedelta(days=days_ago)
        connection.execute(store.referrals.update().where(store.referrals.c.id == id_).values(
            due_on=day.isoformat(), target_on=day.isoformat(), late_from=end_of_london_day(day + timedelta(days=7))))


def many(pod: Pod, count: int) -> None:
    for n in range(count):
        pod.sent(citizen={"name": f"Citizen {n}", "date_of_birth": "1990-01-01"}, pathway="prevention", conditions=["other"])


def found(caller: Any, **query: Any) -> list[str]:
    answer = caller.get(**query)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json["items"]]


def test_each_step_of_a_referral_puts_it_on_the_list_of_who_acts_next(pod: Pod):
    id_ = pod.sent(documents=[])
    assert row(pod, id_).worklist == "triage"
    question = pod.wren.post(f"/{id_}/questions", {"words": "Please send both."}).json["questions"][0]["id"]
    assert row(pod, id_).worklist == "waiting" and found(pod.wren, waiting="true") == [id_]
    pod.amara.post(f"/{id_}/questions/{question}/answer", {"words": "Here they are."})
    for kind in ("care_plan", "risk_assessment"):
        pod.amara.post(f"/{id_}/documents", {"kind": kind, "dated": pod.ago(3)})
    assert row(pod, id_).worklist == "triage" and found(pod.wren, waiting="true") == []
    assert pod.helen.post(f"/{id_}/accept").status_code == 200 and row(pod, id_).worklist == "allocate"
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": "wren.callaghan@pod.example"}).status_code == 200
    assert row(pod, id_).worklist == "arrange" and found(pod.helen, worker="Wren.Callaghan@pod.example") == [id_]
    assert pod.helen.get().json["items"][0]["next"] == "Arrange the first meeting"


def test_R_07_R_10_what_is_due_today_overdue_and_breached_is_found_by_its_target(pod: Pod):
    today, late, breached, ahead = (pod.sent(duplicate_reason="test") for _ in range(4))
    for id_, days in ((today, 0), (late, 3), (breached, 9)):
        due(pod, id_, days)
    assert found(pod.wren, due="today") == [today]
    assert found(pod.wren, due="overdue") == [breached, late] and found(pod.wren, due="breached") == [breached]
    assert found(pod.wren, sort="target") == [breached, late, today, ahead]
    (shown,) = pod.wren.get(due="breached").json["items"]
    assert shown["target"]["state"] == "breached" and "overdue" in shown["target"]["words"]


def test_R_10_an_answer_is_overdue_from_closing_time_on():
    target = words.Target("response", date(2026, 3, 4), due_after_working_days(MONDAY, 2), None)
    assert words.due(target, MONDAY) == "due in 2 working days, by Wednesday 4 March at 4:30pm"
    assert words.due(target, datetime(2026, 3, 4, 16, 29, tzinfo=UTC)) == "due today by 4:30pm"
    assert words.due(target, datetime(2026, 3, 4, 16, 30, tzinfo=UTC)) == "overdue since 4:30pm today"
    assert words.due(target, datetime(2026, 3, 6, 9, 0, tzinfo=UTC)) == "2 working days overdue"
    assert words.due(target, datetime(2026, 3, 8, 9, 0, tzinfo=UTC)) == "2 working days overdue"
    assert words.due(target, datetime(2027, 3, 8, 9, 0, tzinfo=UTC)) == "overdue since 4 March 2026"


def test_R_03_a_named_person_who_leaves_is_on_the_list_until_another_is_named(pod: Pod):
    given = pod.body()
    del given["named_person"]
    id_ = str(pod.amara.post("", given).json["id"])
    assert row(pod, id_).named_person_needed
    pod.amara.post(f"/{id_}/amend", {"amendment_reason": "Found one.", "named_person": pod.body()["named_person"]})
    assert not row(pod, id_).named_person_needed


def test_lists_are_filtered_by_pathway_team_number_and_name(pod: Pod):
    first = pod.sent()
    second = pod.sent(citizen=OTHER, pathway="prevention", conditions=["other"])
    assert found(pod.wren, pathway="prevention") == [second] and found(pod.wren, nhs_number="987 654 3210") == [second]
    assert found(pod.wren, team="CMHWT", sort="oldest") == [first, second] and found(pod.wren, team="EIT") == []
    browser = Browser(pod, "wren.callaghan@pod.example")
    for typed, there in (("bea", "Bea Lund"), ("ROSA q", "Rosa Quill"), ("9434765919", "Rosa Quill")):
        page = browser.get(f"/all?find={typed}").text
        assert page.count('role="rowheader"') == 1 and there in page
    for wrong in ({"sort": "size"}, {"due": "soon"}, {"pathway": "none"}, {"nhs_number": "9434765918"}):
        answer = pod.wren.get(**wrong)
        assert answer.status_code == 422 and answer.json["errors"][0]["pointer"] == "/" + next(iter(wrong))


def test_what_is_typed_to_find_a_referral_is_told_apart():
    assert finding.read("Hartman").words == ("hartman",) and finding.read(" O’Brien  m").words == ("brien", "m", "o")
    assert finding.read("943 476 5919").nhs_number == "9434765919" and "ten digits" in finding.read("943 476 5918").fault
    assert "not a reference" in finding.read("R-0000-000").fault and finding.read("x").fault and finding.read("") == finding.Found()


def test_R_13_R_14_a_practitioner_finds_only_their_own_and_is_told_nothing_of_others(pod: Pod):
    id_ = pod.sent()
    pod.sent(duplicate_reason="the other was lost")
    mine = pod.amara.get(sort="oldest").json["items"]
    assert mine[0]["id"] == id_ and all("next" not in one and one["may_be_with_us"] is False for one in mine)
    for query in ({}, {"nhs_number": "9434765919"}, {"due": "overdue"}, {"team": "CMHWT"}, {"sort": "target"}):
        assert found(pod.priya, **query) == []
    assert len(found(pod.amara, nhs_number="9434765919")) == 2
    priya = Browser(pod, "priya.nair@eit.example")
    assert all("Rosa Quill" not in priya.get(path).text for path in ("/", "/mine", "/team", "/mine?find=rosa", "/team?find=9434765919"))


def test_pages_of_a_list_follow_each_other_in_every_order(pod: Pod):
    ids = [pod.sent(duplicate_reason="test") for _ in range(5)]
    for n, id_ in enumerate(ids):
        due(pod, id_, n)
    for sort, expected in (("received", ids[::-1]), ("oldest", ids), ("target", ids[::-1])):
        seen, after = [], None
        while after or not seen:
            page = pod.wren.get(sort=sort, limit=2, **({"after": after} if after else {})).json
            seen, after = [*seen, *(one["id"] for one in page["items"])], page["next"]
        assert seen == expected, sort


def rest_of(pod: Pod, page: Any, **query: Any) -> list[str]:
    """Give what the pages after one have."""
    seen, after = [], page["next"]
    while after:
        page = pod.wren.get(after=after, **query).json
        seen, after = [*seen, *(one["id"] for one in page["items"])], page["next"]
    return seen


@pytest.mark.parametrize("sort", ["target", "oldest", "received"])
def test_nothing_is_lost_of_a_list_when_the_last_of_a_page_leaves_its_place(pod: Pod, sort: str):
    ids = [pod.sent(duplicate_reason="test") for _ in range(7)]
    for n, id_ in enumerate(ids):
        due(pod, id_, n)
    whole = found(pod.wren, sort=sort)
    page = pod.wren.get(sort=sort, limit=3).json
    last = page["items"][-1]["id"]
    # withdrawn, it has no target any more and sorts behind all that have
    assert pod.amara.post(f"/{last}/withdraw", {"reason": "by_mistake", "words": "x"}).status_code == 200
    seen = rest_of(pod, page, sort=sort, limit=3)
    assert [one for one in seen if one != last] == whole[3:]


def test_the_pages_of_staff_follow_each_other_whatever_leaves_its_place(pod: Pod):
    ids = [pod.sent(duplicate_reason="test") for _ in range(5)]
    for n, id_ in enumerate(ids):
        due(pod, id_, n)
    wren = Browser(pod, "wren.callaghan@pod.example")
    page = wren.get("/?list=triage&sort=target&limit=2").text
    assert pod.amara.post(f"/{ids[3]}/withdraw", {"reason": "by_mistake", "words": "x"}).status_code == 200
    (following,) = {link.replace("&amp;", "&") for link in re.findall(r'href="/referrals(/?[^"]*after=[^"]*)"', page)}
    text = wren.get(following + "&limit=50").text
    assert all(f"/{id_}\"" in text for id_ in ids[:3]) and f"/{ids[4]}\"" not in text


def test_a_cursor_says_nothing_of_anybody_and_is_of_its_own_list_only(pod: Pod):
    for _ in range(3):
        pod.sent(duplicate_reason="test")
    some = "7c1f4b52-0c0a-4d8e-9a55-3d5f6f1f7f0e"
    after = pod.wren.get(sort="target", limit=1).json["next"]
    assert cursor.read(after, "target", of_moments=False).id == pod.wren.get(sort="target", limit=1).json["items"][0]["id"]
    for wrong, sort in ((after, "oldest"), (after[:-4], "target"), ("x", "target"), ("é", "target"), (some, "target"),
                        (cursor.written("oldest", "0001-01-01T00:00:00+23:00", some), "oldest"), (cursor.written("target", "2026-13-01", some), "target")):
        answer = pod.wren.get(sort=sort, after=wrong)
        assert answer.status_code == 422 and answer.json["errors"][0]["pointer"] == "/after", wrong
    assert Browser(pod, "wren.callaghan@pod.example").get(f"/?list=triage&sort=oldest&after={after}").status_code == 404


@given(st.dates() | st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_is_read_as_it_was_written(value: Any, id_: Any):
    of_moments = isinstance(value, datetime)
    kept = value if of_moments else value.isoformat()
    assert cursor.read(cursor.written("any", kept, str(id_)), "any", of_moments) == (kept, str(id_))


def test_a_worklist_says_what_is_next_and_by_when(pod: Pod):
    due(pod, pod.sent(), 0)
    wren, helen = Browser(pod, "wren.callaghan@pod.example"), Browser(pod, "helen.marsh@pod.example")
    text = re.sub(r"<[^>]+>", " ", wren.get("/?list=today").text)
    assert "Accept or decline it" in text and "First meeting due" in text
    assert ">To triage</h1>" in wren.get("/").text and ">To decide</h1>" in helen.get("/").text
    assert helen.get("/?list=nothing").status_code == 404 and wren.get("/all?after=x").status_code == 404


class Asked:
    """Counts what the database is asked."""

    def __init__(self, pod: Pod):
        self.count = 0
        sa.event.listen(pod.room.database.engine, "before_cursor_execute", self._hear)

    def _hear(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.count += not statement.startswith("BEGIN")

    def by(self, call: Any) -> tuple[int, Any]:
        self.count = 0
        answer = call()
        return self.count, answer


def test_a_list_asks_the_database_six_things_at_most(pod: Pod):
    many(pod, 12)
    asked, wren = Asked(pod), Browser(pod, "wren.callaghan@pod.example")
    drafts = 1
    for path in (*(f"/?list={name}" for name in TABS), "/all?find=rosa", "/all?list=triage&sort=oldest&team=x"):
        count, answer = asked.by(lambda path=path: wren.get(path))
        assert answer.status_code == 200 and count <= LIST + drafts, (path, count)
    for caller, query in ((pod.wren, {}), (pod.amara, {"limit": 3}), (pod.amara, {"nhs_number": "9434765919", "sort": "target"})):
        count, answer = asked.by(lambda caller=caller, query=query: caller.get(**query))
        assert answer.status_code == 200 and count <= LIST, (query, count)


def test_no_page_of_referrals_asks_the_database_fifty_things(pod: Pod):
    """Given referrals in every stage, If everything their pages link to is asked for, I expect few statements for each, however many there are."""
    many(pod, 30)
    id_ = pod.sent(citizen=OTHER)
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    asked = Asked(pod)
    for email in ("amara.osei@cmhwt.example", "wren.callaghan@pod.example", "helen.marsh@pod.example"):
        browser, seen, waiting = Browser(pod, email), set(), ["/", "/mine", f"/{id_}"]
        while waiting and len(seen) < 40:
            path = waiting.pop(0)
            count, answer = asked.by(lambda path=path, browser=browser: browser.get(path))
            assert count <= PAGE, (email, path, count)
            seen.add(path)
            waiting += [link for link in _links(answer.text) if link not in seen and link not in waiting]


def _links(page: str) -> list[str]:
    """Give the pages of referrals a page leads to; one referral and one draft stand for all."""
    links = dict.fromkeys(re.findall(r'<a [^>]*href="(/[a-z0-9/?=&;-]*)"', page))
    return [link.replace("&amp;", "&") for link in links if not link.startswith(("/journeys", "/notifications", "/cafe", "/direct", "/static"))]
