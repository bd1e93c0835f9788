"""Asking who is with the Pod is limited and on record, and a known number with another name asks no differently."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.referrals import asking
from services.referrals.store import asked
from shared.calendar import moment_in_words
from shared.ledger.tables import staff_id
from shared.schemas import contract
from tests.integration.referral_room import Pod
from tests.support.drafts import Writer, drafted

PRIYA = "priya.nair@eit.example"
OTTO = {"name": "Otto Lind", "date_of_birth": "1951-01-02", "nhs_number": "9434765919"}
STRANGER = {"name": "Ines Calloway", "date_of_birth": "1990-02-03", "nhs_number": "9876543210"}


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def on_record(pod: Pod) -> list[Any]:
    with pod.room.database.read() as connection:
        return list(connection.execute(sa.select(asked).order_by(asked.c.asked_at)).mappings())


def ask_until_told_no_more(pod: Pod) -> Any:
    answers = [pod.priya.post("", pod.body()) for _ in range(asking.LIMIT + 1)]
    assert [answer.status_code for answer in answers] == [409] * asking.LIMIT + [429]
    return answers[-1]


def test_R_13_asking_is_on_record_though_the_referral_was_refused(pod: Pod):
    pod.sent()
    assert on_record(pod) == []
    assert pod.priya.post("", pod.body()).status_code == 409
    (row,) = on_record(pod)
    assert (row["who"], row["answer"]) == (staff_id(PRIYA), asking.ASKED_WHY) and row["asked_at"].tzinfo
    assert row["number"] and "9434765919" not in str(dict(row)) and "Quill" not in str(dict(row))
    assert pod.priya.post("", pod.body(duplicate_reason="She asked me to.")).status_code == 201
    assert [row["answer"] for row in on_record(pod)] == [asking.ASKED_WHY, asking.TAKEN]


def test_R_13_who_asked_too_often_is_told_to_telephone_whoever_it_is_about(pod: Pod):
    pod.sent()
    answer = ask_until_told_no_more(pod)
    assert 86_000 < int(answer.headers["Retry-After"]) <= 86_400
    again = moment_in_words(on_record(pod)[0]["asked_at"] + timedelta(days=1))
    assert answer.json["rule"] == "R-13" and answer.json["help"] == f"Telephone the Pod about this one, or send it after {again}."
    assert on_record(pod)[-1]["answer"] == asking.TOO_OFTEN
    assert pod.priya.post("", pod.body(citizen=STRANGER)).status_code == 429
    assert pod.priya.post("", pod.body(duplicate_reason="She asked me to.")).status_code == 429
    assert pod.amara.post("", pod.body(citizen=STRANGER)).status_code == 201


def test_R_13_a_reason_given_each_time_is_limited_too(pod: Pod):
    pod.sent()
    answers = [pod.priya.post("", pod.body(duplicate_reason="x")).status_code for _ in range(asking.LIMIT + 1)]
    assert answers == [201] * asking.LIMIT + [429]


def test_R_13_a_day_later_one_may_ask_again(pod: Pod):
    pod.sent()
    ask_until_told_no_more(pod)
    with pod.room.database.transaction() as connection:
        connection.execute(asked.update().values(asked_at=pod.room.database.now(connection) - timedelta(hours=24, seconds=1)))
    assert pod.priya.post("", pod.body(citizen=STRANGER)).status_code == 201


def test_R_13_staff_who_see_every_referral_are_not_limited(pod: Pod):
    pod.sent()
    assert {pod.wren.post("", pod.body()).status_code for _ in range(asking.LIMIT + 2)} == {409}


def test_R_13_the_page_asks_limits_and_records_as_the_api_does(pod: Pod):
    pod.sent()
    priya, draft = Writer(pod, PRIYA), drafted(pod, PRIYA)
    priya.get(f"{draft}/check")
    hidden = priya.hidden()
    answers = [priya.post(f"{draft}/send", hidden=False, **hidden) for _ in range(asking.LIMIT + 1)]
    assert [answer.status_code for answer in answers] == [422] * asking.LIMIT + [429], answers[0].text
    assert "This person may already be with us: say why you send it." in answers[0].text
    assert "Telephone the Pod" in answers[-1].text
    priya.get(f"{draft}/check")
    assert "Would like to get out more" in priya.words
    assert int(answers[-1].headers["Retry-After"]) > 86_000
    assert [row["answer"] for row in on_record(pod)] == [asking.ASKED_WHY] * asking.LIMIT + [asking.TOO_OFTEN]


def test_R_13_a_known_number_with_another_name_is_answered_as_a_duplicate_is(pod: Pod):
    pod.sent()
    same, other = pod.priya.post("", pod.body()), pod.priya.post("", pod.body(citizen=OTTO))
    assert other.status_code == same.status_code == 409 and other.json == same.json


def test_R_13_a_number_that_does_not_agree_with_the_name_is_taken_with_a_reason_and_flagged_for_staff(pod: Pod):
    first = pod.sent()
    answer = pod.priya.post("", pod.body(citizen=OTTO, referrer={**pod.body()["referrer"], "email": PRIYA}, duplicate_reason="It is his number."))
    assert answer.status_code == 201 and answer.json["missing"] == []
    id_ = answer.json["id"]
    own, staffs = pod.priya.get(f"/{id_}"), pod.wren.get(f"/{id_}").json
    assert {name: own.json["citizen"][name] for name in OTTO} == OTTO
    assert "Rosa" not in own.text and "number_of" not in own.json and own.json["citizen"]["telephone"] is None
    assert staffs["number_of"] == {"name": "Rosa Quill", "date_of_birth": "1984-05-17"}
    assert staffs["duplicates"][0]["id"] == first and staffs["duplicate_reason"] == "It is his number."
    assert [row["may_be_with_us"] for row in pod.wren.get().json["items"]] == [True, False]


def test_R_13_whose_number_is_in_doubt_changes_nothing_of_the_person_known_by_it(pod: Pod):
    first = pod.sent()
    pod.priya.post("", pod.body(citizen=OTTO, duplicate_reason="It is his number."))
    assert pod.wren.get(f"/{first}").json["citizen"]["name"] == "Rosa Quill"
    told = pod.told("referral.received")
    assert [event.data["citizen"].get("nhs_number") for event in told] == ["9434765919", None]
    assert len({event.data["citizen_id"] for event in told}) == 2
    for event in told:
        contract(event.type).load(event.data)
