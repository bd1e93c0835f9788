"""A citizen who referred themself is told what happened by a person, on a worklist until it is written down; and reads where it stands (R-11)."""
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.referrals import store
from services.referrals.drafts import codes, limits
from services.referrals.messages import LONGEST
from services.referrals.telling import MOST_WAITING, WHY_NOT
from shared.calendar import add_working_days
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Event, write
from shared.messaging.topology import INTAKE
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_finding import text
from tests.integration.test_self_referral import sent
from tests.support.drafts import Writer

WREN = "wren.callaghan@pod.example"
DECLINE = {"reason": "other_service", "words": "Your GP can help you sooner.", "would_change": "If you move here."}
CITIZEN = {"name": "Jo Pane", "date_of_birth": "1990-02-01", "telephone": "07700 900123", "contact_by": "text"}
NUMBER = {"nhs_number": "943 476 5919"}


@pytest.fixture
def later(either: Pod, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let days go by, and the service look at what is due."""
    def go(days: int) -> None:
        monkeypatch.setattr(either.room.database, "now", lambda connection: datetime.now(UTC) + timedelta(days=days))
        either.room.database.run(either.room.keeper.look)
    return go


def arrived(pod: Pod, **citizen: Any) -> str:
    """Have staff write a self-referral down; give its id."""
    answer = pod.wren.post("", {"pathway": "prevention", "self_referral": True, "citizen": {**CITIZEN, **citizen}, "reason": "Company.",
                                "meeting_preference": "telephone"})
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def written(pod: Pod) -> tuple[Writer, str]:
    """Have a citizen refer themself on the public form; give them and the id of their referral."""
    citizen = sent(pod)
    assert "We have it" in citizen.words, citizen.words
    (referral,) = pod.wren.get().json["items"]
    return citizen, referral["id"]


def accepted(pod: Pod, id_: str) -> None:
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": WREN}).status_code == 200


def offered(pod: Pod, id_: str, days: int = 3, hour: int = 10, **more: Any) -> Any:
    """Offer a meeting at a time the citizen has named."""
    day = add_working_days(pod.today(), days)
    start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    free = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=4)).isoformat()}
    for whose in ("citizen", "development_worker"):
        assert pod.wren.post(f"/{id_}/availability", {"whose": whose, "times": [free]}).status_code == 200
    answer = pod.wren.post(f"/{id_}/meeting", {"starts_at": start.isoformat(), "mode": "telephone", **more})
    assert answer.status_code == 200, answer.text
    return answer


def told(pod: Pod, id_: str, **given: Any) -> Any:
    return pod.wren.post(f"/{id_}/told", {"way": "telephone", **given})


def keys(pod: Pod, id_: str) -> list[str]:
    """Give the keys of all they have yet to be told."""
    return [one["key"] for one in pod.wren.get(f"/{id_}").json["to_tell"]]


def to_tell(pod: Pod, id_: str) -> list[str]:
    return [one["what"] for one in pod.wren.get(f"/{id_}").json["to_tell"]]


def today(pod: Pod) -> dict[str, list[str]]:
    """Give today as the boxes of a date have it."""
    return {"on": [str(part) for part in (pod.today().day, pod.today().month, pod.today().year)]}


def listed(pod: Pod) -> str:
    return text(Browser(pod, WREN).get("/?list=tell"))


def report(pod: Pod, kind: str, **data: Any) -> None:
    """Let another system report something of the number."""
    when = datetime.now(UTC)
    event = Event(f"{kind} {when}", "urn:citizen:records", kind, when, {"nhs_number": "9434765919", **data}, recordedtime=when)
    pod.room.inbox.take([Delivery(write(event), message_id=event.id, exchange=INTAKE)])


def test_R_11_R_14_a_decline_stays_on_the_list_until_it_is_written_down_how_they_were_told(either: Pod):
    id_ = arrived(either)
    assert "Citizens to tell 0 referrals" in listed(either)
    assert either.helen.post(f"/{id_}/decline", DECLINE).status_code == 200
    assert "Citizens to tell 1 referral" in (shown := listed(either))
    assert "who waits longest first" in shown and [one["id"] for one in either.wren.get(worklist="tell").json["items"]] == [id_]
    assert "Tell the citizen that their referral was declined, and why" in shown and "Waits to hear from us since" in shown
    wren = Browser(either, WREN)
    assert "Tell the citizen that their referral was declined, and why" in text(wren.get(f"/{id_}"))
    asked = text(wren.get(f"/{id_}/told"))
    for part in ("Your GP can help you sooner.", "If you move here.", "By text message", "07700 900123"):
        assert part in asked, part
    answer = wren.send(f"/{id_}/told", {"how": "telephone", **today(either)})
    assert answer.status_code == 303, text(answer)
    found = either.wren.get(f"/{id_}").json
    assert found["to_tell"] == [] and [(one["key"], one["way"], one["by"]) for one in found["told"]] == [("declined", "telephone", "Wren Callaghan")]
    page = text(wren.get(f"/{id_}"))
    assert "Nothing more is to be done" in page and "That their referral was declined, and why: by telephone" in page
    assert "Citizens to tell 0 referrals" in listed(either)


def test_R_11_several_things_are_told_at_once_and_what_is_not_ticked_waits(either: Pod):
    id_ = arrived(either)
    accepted(either, id_)
    offered(either, id_)
    wren = Browser(either, WREN)
    page = wren.get(f"/{id_}/told")
    assert "That the Pod will work with them" in text(page) and "When the first meeting is" in text(page)
    assert wren.send(f"/{id_}/told", {"how": "letter", "what": ["accepted"], **today(either)}).status_code == 303
    assert to_tell(either, id_) == ["offered"]
    moved = offered(either, id_, days=4)
    assert [one["what"] for one in moved.json["to_tell"]] == ["offered"]
    assert told(either, id_).json["to_tell"] == []
    assert either.wren.post(f"/{id_}/meeting/call-off", {"reason": "The room is flooded."}).json["to_tell"][0]["what"] == "called_off"
    assert "The room is flooded." in text(wren.get(f"/{id_}/told"))
    answer = either.wren.post(f"/{id_}/told", {"why_not": "known"})
    assert answer.json["to_tell"] == [] and answer.json["told"][0]["why_not"] == "known"


def test_R_07_who_agreed_to_the_time_themself_is_told_of_it_by_nobody(pod: Pod):
    id_ = arrived(pod)
    accepted(pod, id_)
    told(pod, id_)
    assert offered(pod, id_, agreed=True).json["to_tell"] == []
    assert "Hold the first meeting" in text(Browser(pod, WREN).get(f"/{id_}"))


def test_R_07_a_meeting_that_has_passed_is_off_the_list_without_anybody_saying_so(either: Pod, later: Callable[[int], None]):
    id_ = arrived(either)
    accepted(either, id_)
    told(either, id_)
    offered(either, id_)
    assert "Citizens to tell 1 referral" in listed(either)
    later(10)
    assert "Citizens to tell 0 referrals" in listed(either) and to_tell(either, id_) == []


def test_J_14_nobody_writes_to_somebody_who_died_before_they_were_told_unless_that_is_taken_back(either: Pod):
    id_ = arrived(either, **NUMBER)
    either.helen.post(f"/{id_}/decline", DECLINE)
    report(either, "citizen.died", died_on=either.ago(1))
    assert to_tell(either, id_) == [] and "Citizens to tell 0 referrals" in listed(either)
    assert told(either, id_).status_code == 409
    report(either, "citizen.death_cancelled")
    assert to_tell(either, id_) == ["declined"] and "Citizens to tell 1 referral" in listed(either)


def test_X_02_whoever_was_told_is_heard_of_no_more(pod: Pod):
    id_ = arrived(pod, **NUMBER)
    pod.helen.post(f"/{id_}/decline", DECLINE)
    told(pod, id_)
    report(pod, "citizen.died", died_on=pod.ago(1))
    assert pod.wren.get(f"/{id_}").json["died_on"] is None


def test_R_13_a_citizen_of_a_merged_referral_is_told_where_it_goes_on(pod: Pod):
    first = arrived(pod)
    second = arrived(pod)
    assert pod.wren.post(f"/{second}/merge", {"into": first, "reason": "The same person."}).status_code == 200
    assert to_tell(pod, second) == []
    accepted(pod, first)
    assert to_tell(pod, first) == ["accepted"] and to_tell(pod, second) == []


def test_R_11_what_is_wrong_is_said_and_nothing_that_was_chosen_is_lost(pod: Pod):
    id_ = arrived(pod)
    pod.helen.post(f"/{id_}/decline", DECLINE)
    wren = Browser(pod, WREN)
    nothing = wren.send(f"/{id_}/told", {})
    assert nothing.status_code == 422 and "Choose how they were told, or why not" in text(nothing)
    ahead = wren.send(f"/{id_}/told", {"how": "not:no_way", "on": ["1", "1", str(pod.today().year + 1)]})
    assert ahead.status_code == 422 and "must not be in the future" in text(ahead)
    assert 'value="not:no_way" checked' in " ".join(ahead.text.split()) and f'value="{pod.today().year + 1}"' in ahead.text
    before = wren.send(f"/{id_}/told", {"how": "email", "on": ["1", "1", "2020"]})
    assert before.status_code == 422 and "What is told came up on" in text(before)
    for given, pointer in (({}, "/way"), ({"way": "telephone", "why_not": "known"}, "/way"), ({"way": "pigeon"}, "/way"), ({"way": "text", "on": "2999-01-01"}, "/on")):
        answer = pod.wren.post(f"/{id_}/told", given)
        assert answer.status_code == 422 and answer.json["errors"][0]["pointer"] == pointer, answer.text
    assert to_tell(pod, id_) == ["declined"]
    assert pod.amara.post(f"/{id_}/told", {"way": "text"}).status_code in (403, 404)


def test_R_11_whoever_comes_second_is_told_that_it_was_done(pod: Pod):
    id_ = arrived(pod)
    pod.helen.post(f"/{id_}/decline", DECLINE)
    wren = Browser(pod, WREN)
    page = wren.get(f"/{id_}/told")
    told(pod, id_)
    answer = wren.send(f"/{id_}/told", {"how": "text", **today(pod)}, page)
    assert answer.status_code == 409 and "nothing of that left to tell" in text(answer)
    assert wren.get(f"/{id_}/told").status_code == 409


def test_a_statement_of_a_telling_and_of_a_message_says_nothing_of_the_person(pod: Pod):
    citizen, id_ = written(pod)
    citizen.get("/self/message")
    citizen.post(words="My number is 07700 900555 now.")
    assert pod.wren.post(f"/{id_}/told", {"why_not": "asked_not_to", "what": keys(pod, id_)}).status_code == 200
    with pod.room.database.read() as connection:
        said = connection.execute(sa.select(store.tables.statements).where(store.tables.statements.c.aggregate == id_)).mappings().all()
    assert {"citizen.wrote", "citizen.told"} <= {one["kind"] for one in said}
    assert all("900555" not in str(dict(one)) for one in said)


def test_R_11_a_citizen_writes_to_us_and_the_pod_answers(either: Pod):
    citizen, id_ = written(either)
    citizen.get("/self/message")
    citizen.post(words="")
    assert citizen.first.status_code == 422 and "Tell us what has changed" in citizen.words
    citizen.post(words="x" * (LONGEST + 1))
    assert citizen.first.status_code == 422 and citizen.box("words") == ["x" * (LONGEST + 1)]
    citizen.post(words="My number is 07700 900555 now. <b>")
    assert citizen.at == "/self/sent" and "We have your message" in citizen.words
    assert "07700 900555" not in citizen.words, "whoever has the code reads nothing of it"
    assert "Answer what the citizen wrote" in listed(either)
    page = text(Browser(either, WREN).get(f"/{id_}"))
    assert "Answer what the citizen wrote" in page and "My number is 07700 900555 now. <b>" in page
    assert "My number is 07700 900555 now." in text(Browser(either, WREN).get(f"/{id_}/told"))
    assert either.wren.get(f"/{id_}").json["messages"][0]["words"] == "My number is 07700 900555 now. <b>"
    assert told(either, id_, what=keys(either, id_)).json["to_tell"] == []


def test_R_11_a_citizen_cannot_write_without_end(pod: Pod):
    citizen, id_ = written(pod)
    for number in range(MOST_WAITING + 1):
        citizen.get("/self/message")
        citizen.post(words=f"message {number}")
    assert citizen.first.status_code == 409 and citizen.box("words") == [f"message {MOST_WAITING}"] and "several times" in citizen.words
    assert len(pod.wren.get(f"/{id_}").json["messages"]) == MOST_WAITING
    for _ in range(limits.LIMITS["write"].one):
        citizen.post("/self/message", words="again")
    assert citizen.first.status_code == 429


def test_R_11_a_citizen_reads_where_it_stands_with_their_code_and_takes_it_back(pod: Pod):
    citizen, id_ = written(pod)
    code = next(word for word in citizen.words.split() if codes.read_code(word))
    other = Writer(pod)
    other.get("/self/back")
    other.post(code=code)
    assert other.at == "/self/sent" and "A person at the Pod reads your answers" in other.words and "Jo Pane" not in other.words
    other.get("/self/withdraw")
    other.post()
    assert other.at == "/self/sent" and "You took it back" in other.words
    found = pod.wren.get(f"/{id_}").json
    assert (found["state"], found["decision"]["reason"], found["decision"]["by"], found["to_tell"]) == ("withdrawn", "citizen_decided", "The citizen", [])
    citizen.get("/self/message")
    assert citizen.at == "/self/sent" and "You took it back" in citizen.words
    other.post("/self/withdraw")
    assert other.at == "/self/sent" and "not possible any more" in other.words


def test_R_14_what_the_code_shows_follows_the_referral_and_says_neither_when_nor_why(pod: Pod):
    citizen, id_ = written(pod)
    accepted(pod, id_)
    citizen.get("/self/sent")
    assert "We would like to work with you" in citizen.words and "Take it back" not in citizen.words
    citizen.get("/self/withdraw")
    assert citizen.at == "/self/sent"
    offered(pod, id_)
    citizen.get("/self/sent")
    assert "Your first meeting is arranged" in citizen.words and "am " not in citizen.words.split("8:30am")[0]


def test_R_11_without_a_code_or_its_page_nobody_writes_or_withdraws(pod: Pod):
    id_ = arrived(pod)
    stranger = Writer(pod)
    for path in ("/self/sent", "/self/message", "/self/withdraw"):
        stranger.get(path)
        assert stranger.at == "/self", path
        if path != "/self/sent":
            stranger.post(path)
            assert stranger.at == "/self/back"
    found = pod.wren.get(f"/{id_}").json
    assert found["messages"] == [] and found["state"] == "complete"


def test_N_04_staff_are_told_to_ask_in_the_way_the_citizen_chose_and_what_not_to_do(pod: Pod):
    id_ = arrived(pod, email="jo@home.example", contact_by="email", contact_when="After 2pm", do_not=["no calls"])
    assert pod.wren.post(f"/{id_}/questions", {"words": "Which days suit you?"}).status_code == 201
    page = text(Browser(pod, WREN).get(f"/{id_}"))
    assert "Ask the citizen by email and write the answer down" in page and "Telephone the citizen" not in page
    first = page[page.index("What is to be done"):page.index("What you can do")]
    assert "After 2pm" in first and "no calls" in first


def test_R_11_to_a_practitioner_nothing_of_it_is_shown(pod: Pod):
    id_ = pod.sent()
    assert not {"to_tell", "told", "messages"} & set(pod.amara.get(f"/{id_}").json)
    assert pod.wren.get(f"/{id_}").json["to_tell"] == [] and told(pod, id_).status_code == 409


def test_the_reasons_why_somebody_was_not_told_are_in_the_description_of_the_api(pod: Pod):
    described = pod.app.test_client().get("/api/v1/openapi.json").text
    assert all(code in described for code in WHY_NOT)
