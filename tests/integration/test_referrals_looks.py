"""Who looked at a referral is on record and shown; who may not see it is told there is none, and that is on record too."""
from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from services.referrals import store
from services.referrals.looks import reading
from shared.calendar import time_in_words
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod

NOBODYS = "11111111-1111-4111-8111-111111111111"


def looks(pod: Pod) -> list[Any]:
    with pod.room.database.read() as connection:
        return list(connection.execute(sa.select(store.looks).order_by(store.looks.c.at)).mappings())


def test_every_read_of_a_referral_is_on_record_with_who_when_and_what(either: Pod):
    id_ = either.sent()
    either.wren.get(f"/{id_}")
    Browser(either, "helen.marsh@pod.example").get(f"/{id_}")
    shown = either.helen.get(f"/{id_}/looks").json["items"]
    assert [(one["who"]["name"], one["what"], one["refused"]) for one in shown] == [
        ("Helen Marsh", "page", False), ("Wren Callaghan", "api", False)]
    assert shown[1]["who"]["role"] == "development worker" and shown[0]["at"] > shown[1]["at"]


def test_an_act_that_answers_with_the_referral_is_a_look_as_well(pod: Pod):
    id_ = pod.sent()
    pod.helen.post(f"/{id_}/accept")
    assert [one["who"]["name"] for one in pod.wren.get(f"/{id_}/looks").json["items"]] == ["Helen Marsh"]


def test_R_14_somebody_elses_referral_by_a_guessed_address_is_not_there_and_the_try_is_on_record_for_staff(pod: Pod):
    id_ = pod.sent()
    answer = pod.priya.get(f"/{id_}")
    assert answer.status_code == 404 and answer.json == pod.priya.get(f"/{NOBODYS}").json
    assert Browser(pod, "priya.nair@eit.example").get(f"/{id_}").status_code == 404
    assert pod.priya.post(f"/{id_}/withdraw", {"reason": "other"}).status_code == 404
    assert [(one["referral"], one["refused"]) for one in looks(pod)] == [(id_, True)] * 3
    tried = [one for one in pod.wren.get(f"/{id_}/looks").json["items"] if one["refused"]]
    assert [one["who"]["name"] for one in tried] == ["Priya Nair"] * 3
    assert [one["refused"] for one in pod.amara.get(f"/{id_}/looks").json["items"]] == [False]


def test_who_looked_is_for_staff_and_for_the_practitioner_whose_referral_it_is(pod: Pod):
    id_ = pod.sent()
    colleague = pod.caller("practitioner", "tom.whitfield@cmhwt.example")
    assert pod.amara.get(f"/{id_}/looks").status_code == 200 and colleague.get(f"/{id_}/looks").status_code == 200  # the named person
    assert pod.priya.get(f"/{id_}/looks").status_code == 404
    html = Browser(pod, "amara.osei@cmhwt.example").get(f"/{id_}/looked").text
    assert "Tom Whitfield" in html and "Refused" not in html and f">{time_in_words(looks(pod)[0]['at']).capitalize()}" in html


def test_what_cannot_be_recorded_is_not_shown(tmp_path: Path):
    pod = Pod(tmp_path)
    id_ = pod.sent()
    with pod.room.database.transaction() as connection:
        connection.execute(sa.text("ALTER TABLE looks RENAME TO looks_away"))
    answer = pod.wren.get(f"/{id_}")
    assert answer.status_code == 500 and "Rosa" not in answer.text
    assert Browser(pod, "wren.callaghan@pod.example").get(f"/{id_}").status_code == 500


def test_the_record_is_paged_and_kept_for_the_years_of_the_setting(either: Pod):
    id_ = either.sent()
    for _ in range(3):
        either.wren.get(f"/{id_}")
    first = either.helen.get(f"/{id_}/looks", limit=2).json
    rest = either.helen.get(f"/{id_}/looks", limit=2, after=first["next"]).json
    assert len(first["items"]) == 2 and first["items"][0]["who"]["name"] == "Wren Callaghan"
    assert {one["id"] for one in first["items"]}.isdisjoint(one["id"] for one in rest["items"])
    assert either.helen.get(f"/{id_}/looks", after="junk").status_code == 422
    old = looks(either)[0]["id"]
    with either.room.database.transaction() as connection:
        long_ago = either.room.database.now(connection) - timedelta(days=8 * 365.25 + 1)
        connection.execute(store.looks.update().where(store.looks.c.id == old).values(at=long_ago))
    either.room.service.keep_house(either.room)
    assert old not in {one["id"] for one in looks(either)} and len(looks(either)) >= 4
    assert reading.forget(either.room.database, either.settings.looks_years) == 0


def test_R_14_a_repeat_of_a_request_is_a_look_as_any_read_and_told_to_nobody_who_may_not_read_it_now(either: Pod):
    """Given Priya was its named person when she added a document, I expect no copy of the answer for her once she is not."""
    priya = {"name": "Priya Nair", "email": "priya.nair@eit.example", "team": "Early Intervention Team"}
    id_ = either.sent(named_person=priya)
    paper = {"kind": "care_plan", "dated": either.ago(3)}
    first, again = (either.priya.post(f"/{id_}/documents", paper, Idempotency_Key="one") for _ in range(2))
    assert first.status_code == again.status_code == 201 and again.json == first.json and again.headers["Idempotent-Replayed"] == "true"
    assert [one["who"]["name"] for one in either.helen.get(f"/{id_}/looks").json["items"]] == ["Priya Nair"] * 2
    changed = either.amara.post(f"/{id_}/amend", {"named_person": either.body()["named_person"], "amendment_reason": "Tom takes over."})
    assert changed.status_code == 200, changed.text
    gone = either.priya.post(f"/{id_}/documents", paper, Idempotency_Key="one")
    assert gone.status_code == 404 and gone.json["detail"] == "There is no such referral." and "Rosa" not in gone.text
    (tried,) = [one for one in either.helen.get(f"/{id_}/looks").json["items"] if one["refused"]]
    assert tried["who"]["name"] == "Priya Nair" and len(either.helen.get(f"/{id_}").json["documents"]) == 3


def test_a_repeat_is_not_given_where_the_look_cannot_be_recorded(tmp_path: Path):
    pod = Pod(tmp_path)
    id_ = pod.sent()
    assert pod.helen.post(f"/{id_}/accept", Idempotency_Key="one").status_code == 200
    with pod.room.database.transaction() as connection:
        connection.execute(sa.text("ALTER TABLE looks RENAME TO looks_away"))
    again = pod.helen.post(f"/{id_}/accept", Idempotency_Key="one")
    assert again.status_code == 500 and "Rosa" not in again.text
