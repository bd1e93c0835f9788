"""A citizen refers themself on public pages (R-11): in plain words, come back to by a code, and safe from programs."""
from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.referrals.drafts import codes, limits
from services.referrals.drafts.table import drafts, public_uses
from services.referrals.references import ALPHABET
from services.referrals.service import Referrals
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod
from tests.integration.test_referrals_triage import WREN
from tests.support.drafts import Writer

GIVEN: dict[str, dict[str, Any]] = {
    "name": {"name": "Jo Pane"}, "date-of-birth": {"date_of_birth": ["1", "2", "1990"]}, "nhs-number": {"nhs_number": ""},
    "reach": {"telephone": "07700 900123"}, "contact": {"contact_by": "text"}, "needs": {}, "next-of-kin": {}, "reason": {"reason": "Company."},
    "conditions": {}, "meeting": {"meeting_preference": "telephone"}}


def begun(pod: Pod) -> Writer:
    citizen = Writer(pod)
    citizen.get("/self")
    citizen.post("/self")
    citizen.root = "/self"
    return citizen


def sent(pod: Pod, **changes: Any) -> Writer:
    citizen = begun(pod)
    citizen.write({**GIVEN, **changes})
    citizen.get("/self/check")
    citizen.post("/self/send")
    return citizen


def code_shown(citizen: Writer) -> str:
    citizen.get("/self/later")
    return next(word for word in citizen.words.split() if codes.read_code(word))


def test_R_11_a_citizen_refers_themself_without_signing_in(pod: Pod) -> None:
    citizen = begun(pod)
    assert citizen.at == "/self/name" and "What is your name?" in citizen.words
    for key, fields in GIVEN.items():
        assert citizen.at.split("?")[0] == f"/self/{key}" and "citizen" not in citizen.words.lower().replace("citizens", "")
        citizen.post(**fields)
    assert citizen.at == "/self/check" and "Jo Pane" in citizen.words and "1 February 1990" in citizen.words
    citizen.post("/self/send")
    assert "We have it" in citizen.words and "NHS 111" in citizen.words
    (referral,) = pod.wren.get().json["items"]
    whole = pod.wren.get(f"/{referral['id']}").json
    assert whole["self_referral"] and whole["referrer"] is None and whole["reference"] in citizen.words
    assert whole["citizen"]["nhs_number"] is None and whole["citizen"]["contact_by"] == "text" and whole["missing"] == []


def test_R_11_nothing_tells_whether_somebody_is_with_the_pod_already(pod: Pod) -> None:
    first, second = sent(pod), sent(pod)
    read = [" ".join(word for word in one.words.split() if not (word.startswith("R-") or codes.read_code(word))) for one in (first, second)]
    assert read[0] == read[1] and "We have it" in read[0] and len(first.words.split()) - len(read[0].split()) == 2, "but for reference and code"
    flagged = [one for one in pod.wren.get().json["items"] if one["may_be_with_us"]]
    assert len(flagged) == 1


def test_a_citizen_comes_back_on_another_device_with_the_code_they_wrote_down(pod: Pod) -> None:
    citizen = begun(pod)
    citizen.post(then="later", name="Jo Pane")
    assert citizen.at == "/self/later"
    code = code_shown(citizen)
    other = Writer(pod)
    assert other.get("/self/check").status_code == 200 and other.at == "/self/back"
    other.get("/self/back")
    other.post(code=code.lower().replace("-", " "))
    assert other.at == "/self/check" and "Jo Pane" in other.words
    with pod.room.database.read() as connection:
        row = connection.execute(sa.select(drafts)).mappings().one()
    assert code not in str(dict(row)) and codes.read_code(code) not in str(dict(row))


def test_a_citizen_who_skips_a_page_keeps_what_they_typed(pod: Pod) -> None:
    citizen = begun(pod)
    citizen.get("/self/reach")
    citizen.post(then="skip", email="jo at home")
    assert citizen.at == "/self/contact"
    citizen.get("/self/reach")
    assert citizen.box("email") == ["jo at home"] and citizen.title.startswith("Error: ")


def test_a_wrong_code_is_told_and_tried_a_few_times_only(pod: Pod) -> None:
    begun(pod)
    thief = Writer(pod)
    thief.get("/self/back")
    thief.post(code="7KQ4M-9CART-3HPY")
    assert thief.first.status_code == 422 and "code" in thief.words and thief.title.startswith("Error: ")
    answers = [thief.client.post("/self/back", data={**thief.hidden(), "code": codes.code_of(str(n), "x" * 32)}).status_code
               for n in range(limits.LIMITS["code"].one)]
    assert answers == [422] * (limits.LIMITS["code"].one - 1) + [429]


def test_another_browser_has_nothing_of_it(pod: Pod) -> None:
    begun(pod)
    other = Writer(pod)
    for path in ("/self/name", "/self/check", "/self/later", "/self/sent", "/self/delete"):
        other.get(path)
        assert other.at in ("/self/back", "/self"), path
    with pod.room.database.read() as connection:
        id_ = connection.execute(sa.select(drafts.c.id)).scalar()
    assert Writer(pod, "amara.osei@cmhwt.example").get(f"/drafts/{id_}").status_code == 404


def test_what_a_citizen_typed_outlives_their_session(pod: Pod) -> None:
    citizen = begun(pod)
    hidden = citizen.hidden()
    citizen.client.delete_cookie("pod")
    answer = citizen.client.post("/self/name", data={**hidden, "name": "Jo Pane"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303
    citizen.get("/self/check")
    assert "Jo Pane" in citizen.words


def test_a_page_of_another_site_cannot_send_it(pod: Pod) -> None:
    citizen = begun(pod)
    assert citizen.client.post("/self/name", data={"name": "Jo Pane"}).status_code == 400
    forged = citizen.client.post("/self/name", data={**citizen.hidden(), "csrf_token": "", "name": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 400


def test_sending_is_limited_from_one_address(pod: Pod) -> None:
    for _ in range(limits.LIMITS["send"].one):
        assert "We have it" in sent(pod).words
    last = sent(pod)
    assert last.first.status_code == 429 and "Nothing you entered is lost" in last.words
    last.get("/self/check")
    assert "Jo Pane" in last.words
    with pod.room.database.transaction() as connection:
        kept = connection.execute(sa.select(public_uses.c.address)).scalars().all()
        assert "127.0.0.1" not in kept
        connection.execute(public_uses.update().values(at=pod.room.database.now(connection) - limits.WITHIN * 2))
    Referrals.keep_house(pod.room)
    last.post("/self/send")
    assert "We have it" in last.words


def test_at_least_one_way_to_reach_them_is_asked_for(pod: Pod) -> None:
    citizen = begun(pod)
    citizen.get("/self/reach")
    citizen.post(telephone="")
    assert "Enter a telephone number, an email address or an address" in citizen.words
    citizen.get("/self/check")
    assert "How can we reach you?" in citizen.words and "Still to answer" in citizen.words


def test_R_13_a_number_that_is_nobodys_is_not_taken_of_a_citizen(pod: Pod) -> None:
    citizen = begun(pod)
    citizen.get("/self/nhs-number")
    citizen.post(nhs_number="0000000000")
    assert "This is a placeholder, not an NHS number. Leave it empty if you do not know it" in citizen.words
    assert citizen.box("nhs_number") == ["0000000000"]


def born(pod: Pod, years: int) -> dict[str, Any]:
    return {"date_of_birth": ["1", "1", str(pod.today().year - years)]}


def test_R_05_somebody_under_18_is_told_kindly_where_to_turn_and_nothing_is_sent_or_promised(pod: Pod) -> None:
    citizen = begun(pod)
    citizen.get("/self/date-of-birth")
    citizen.post(**born(pod, 16))
    assert citizen.at == "/self/younger" and "This service is for people of 18 and over" in citizen.words
    for words in ("Your GP", "children and young people’s mental health service", "choose option 2", "0800 1111", "in danger", "Nothing was sent"):
        assert words in citizen.words, words
    for path in ("/self/check", "/self/date-of-birth"):
        citizen.get(path)
        assert "could not be accepted" not in citizen.words and "Refer again" not in citizen.words and "weeks" not in citizen.words
    citizen.get("/self/check")
    assert citizen.at == "/self/younger"
    citizen.write({key: one for key, one in GIVEN.items() if key != "date-of-birth"})
    assert citizen.at == "/self/younger"
    citizen.get("/self/name")
    citizen.post("/self/send")
    assert citizen.at == "/self/younger" and pod.wren.get().json["items"] == []


def test_R_05_a_date_of_birth_that_was_a_slip_is_changed_and_the_form_goes_on(pod: Pod) -> None:
    citizen = begun(pod)
    citizen.write({**GIVEN, "date-of-birth": born(pod, 16)})
    assert "change your date of birth" in citizen.words and '/self/date-of-birth">' in citizen.text
    citizen.get("/self/date-of-birth")
    citizen.post(**born(pod, 36))
    assert citizen.at == "/self/nhs-number"
    citizen.get("/self/check")
    citizen.post("/self/send")
    assert "We have it" in citizen.words


def test_R_05_whoever_reads_first_finds_where_to_turn_without_entering_anything(pod: Pod) -> None:
    citizen = Writer(pod)
    citizen.get("/self")
    assert "Where to turn if you are younger" in citizen.words and "/self/younger" in citizen.text
    citizen.get("/self/younger")
    assert "0800 1111" in citizen.words and "You told us" not in citizen.words and "What you entered" not in citizen.words


def test_R_05_staff_who_write_down_what_somebody_under_18_says_are_told_what_to_tell_them(pod: Pod) -> None:
    wren = Writer(pod, "wren.callaghan@pod.example")
    root = wren.begin("prevention", self_referral="yes")
    wren.write({**GIVEN, "date-of-birth": born(pod, 16)})
    wren.get(f"{root}/check")
    assert "Tell them kindly that this service is for adults" in wren.words and "Childline on 0800 1111" in wren.words
    assert "They can ask again from 1 January" in wren.words and "/send" not in wren.text and "It cannot be sent while" in wren.words
    wren.get(f"{root}/name")
    wren.post(f"{root}/send")
    assert wren.first.status_code == 422 and pod.wren.get().json["items"] == []


def test_a_citizen_is_told_whom_to_ring_wherever_they_write_freely(pod: Pod) -> None:
    citizen = begun(pod)
    told = {key: "116 123" in citizen.get(f"/self/{key}").text for key in GIVEN}
    assert {key for key, is_told in told.items() if is_told} == {"contact", "needs", "reason"}
    wren = Writer(pod, "wren.callaghan@pod.example")
    root = wren.begin("prevention", self_referral="yes")
    assert "116 123" not in wren.get(f"{root}/reason").text


def test_a_citizen_deletes_what_they_entered_or_leaves_it_to_nobody_on_this_computer(pod: Pod) -> None:
    citizen = begun(pod)
    citizen.get("/self/later")
    citizen.post("/self/leave")
    citizen.get("/self/name")
    assert citizen.at == "/self/back"
    citizen = begun(pod)
    citizen.get("/self/delete")
    citizen.post()
    with pod.room.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(drafts)).scalar() == 1


def test_R_11_staff_write_down_what_a_citizen_says_on_the_telephone(pod: Pod) -> None:
    wren = Writer(pod, "wren.callaghan@pod.example")
    root = wren.begin("prevention", self_referral="yes")
    wren.write(GIVEN)
    wren.get(f"{root}/check")
    wren.post(f"{root}/send")
    assert "Referral sent" in wren.words
    (referral,) = pod.wren.get().json["items"]
    assert pod.wren.get(f"/{referral['id']}").json["self_referral"]
    amara = Writer(pod, "amara.osei@cmhwt.example")
    amara.get("/drafts/new")
    assert "Write down a self-referral" not in amara.text
    assert amara.post("/drafts/new", pathway="prevention", self_referral="yes").status_code == 403


@given(st.uuids(), st.integers(0, 13), st.sampled_from(ALPHABET))
def test_a_code_with_one_character_wrong_is_known_to_be_wrong(draft: Any, place: int, letter: str) -> None:
    plain = codes.read_code(codes.code_of(str(draft), "x" * 32))
    assert plain and len(plain) == 14
    wrong = plain[:place] + letter + plain[place + 1:]
    assert codes.read_code(wrong) == (plain if wrong == plain else None)


def test_R_11_whoever_knows_a_name_and_a_number_changes_nothing_of_how_the_citizen_is_reached(pod: Pod) -> None:
    first = pod.sent()
    sent(pod, name={"name": "Rosa Quill"}, **{"date-of-birth": {"date_of_birth": ["17", "5", "1984"]}, "nhs-number": {"nhs_number": "943 476 5919"},
                                              "reach": {"telephone": "07700 900999"}, "contact": {"contact_by": "telephone"}})
    assert pod.wren.get(f"/{first}").json["citizen"]["telephone"] == "07700 900123"
    (second,) = (one["id"] for one in pod.wren.get().json["items"] if one["id"] != first)
    found = pod.wren.get(f"/{second}").json
    assert found["citizen"]["telephone"] == "07700 900999" and found["number_of"]["name"] == "Rosa Quill"
    assert pod.helen.post(f"/{second}/accept").json["rule"] == "R-13"
    fields = {"name": "Rosa Quill", "date_of_birth": ["17", "5", "1984"], "amendment_reason": "She says so, and knows her address."}
    answer = Browser(pod, WREN).send(f"/{second}/amend/identity", {**fields, "nhs_number": "943 476 5919"})
    assert answer.status_code == 303, answer.text
    assert pod.wren.get(f"/{second}").json["citizen"]["telephone"] == "07700 900123"
    assert pod.helen.post(f"/{second}/accept").status_code == 200
