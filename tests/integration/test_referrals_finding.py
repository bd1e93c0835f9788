"""Finding a referral: by any words of the citizen's name however they are written, by reference and by NHS number, and only what one may see."""
from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from services.referrals.spelling import kept, typed
from services.referrals.worklists import finding
from tests.integration.referral_pages import Browser
from tests.integration.referral_room import Pod

AMARA, PRIYA, WREN = "amara.osei@cmhwt.example", "priya.nair@eit.example", "wren.callaghan@pod.example"
#: How a name was written, and how people type it who look for it.
NAMES = {
    "Finn O’Rourke": ("Finn O'Rourke", "finn o’rourke", "orourke", "Rourke", "o rourke"),
    "Inês Carvalho": ("Ines Carvalho", "carvalho, ines", "INÊS", "carv"),
    "Petra Novák": ("Petra Novak", "novak", "Novák P"),
    "Violet Hargreaves": ("Hargreaves Violet", "hargreaves", "harg vio"),
    "Łukasz Müller-Wójcik": ("Lukasz Muller Wojcik", "wojcik-muller", "mullerwojcik", "łukasz"),
    "Zoë": ("zoe",)}
NOBODY = ("Carvalho Petra", "ourke", "Novakova", "zoe x")


@pytest.fixture
def pod(either: Pod) -> Pod:
    return either


def sent(pod: Pod, name: str, by: Any = None, **more: Any) -> str:
    body = pod.body(citizen={"name": name, "date_of_birth": "1990-01-01"}, pathway="prevention", conditions=["other"], **more)
    answer = (by or pod.amara).post("", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def found(caller: Any, **query: Any) -> list[str]:
    answer = caller.get(**query)
    assert answer.status_code == 200, answer.text
    return sorted(one["citizen"] for one in answer.json["items"])


def shown(page: Any) -> list[str]:
    """Give the citizens a page lists, and nothing where it has no list."""
    assert page.status_code == 200, page.status_code
    return sorted(unescape(name) for name in re.findall(r'pod-worklist__citizen">([^<]*)', page.text))


def text(page: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def test_R_13_a_citizen_is_found_by_any_words_of_their_name_in_any_order_however_they_are_written(pod: Pod):
    for name in NAMES:
        sent(pod, name)
    wren = Browser(pod, WREN)
    for name, ways in NAMES.items():
        for way in ways:
            assert found(pod.wren, q=way) == [name] == found(pod.amara, q=way), way
        assert shown(wren.client.get("/all", query_string={"find": ways[0]})) == [name]
    assert [found(pod.wren, q=way) for way in NOBODY] == [[]] * len(NOBODY)


def test_R_13_whoever_is_renamed_is_found_by_the_new_name_and_no_more_by_the_old(pod: Pod):
    id_ = sent(pod, "Hettie Vane")
    amended = pod.wren.post(f"/{id_}/amend", {"amendment_reason": "She married.", "citizen": {"name": "Hettie Ólafsson"}})
    assert amended.status_code == 200, amended.text
    assert found(pod.wren, q="olafsson") == ["Hettie Ólafsson"] and found(pod.wren, q="vane") == []


def test_a_reference_or_a_number_is_looked_for_everywhere_whatever_list_is_open(pod: Pod):
    id_ = pod.sent()
    reference = pod.wren.get(f"/{id_}").json["reference"]
    wren = Browser(pod, WREN)
    for way in (reference, reference.lower(), "943 476 5919"):
        page = wren.client.get("/", query_string={"list": "hospital", "pathway": "sip", "find": way}, follow_redirects=True)
        assert shown(page) == ["Rosa Quill"] and ">All referrals</h1>" in page.text, way
        assert found(pod.wren, q=way) == ["Rosa Quill"] == found(pod.amara, q=way)
    assert shown(Browser(pod, AMARA).client.get("/team", query_string={"find": reference, "state": "declined"})) == ["Rosa Quill"]


def test_a_list_that_has_none_of_a_name_leads_to_where_there_are_some(pod: Pod):
    pod.sent(citizen={"name": "Rosa Quill", "date_of_birth": "1990-01-01"}, pathway="prevention", conditions=["other"])
    wren = Browser(pod, WREN)
    page = wren.get("/?list=hospital&find=quill")
    assert shown(page) == [] and "1 in All referrals" in text(page)
    (there,) = re.findall(r'href="/referrals([^"]*)">1 in All referrals', page.text)
    assert shown(wren.get(unescape(there))) == ["Rosa Quill"] and "find=quill" in there
    assert "Nothing you may see matches “ nobody ”" in text(wren.get("/?list=hospital&find=nobody"))


def test_R_14_a_practitioner_is_led_to_what_they_may_see_and_learns_of_nothing_else(pod: Pod):
    sent(pod, "Rosa Quill")
    tom = pod.caller("practitioner", "tom.whitfield@cmhwt.example")
    sent(pod, "Bea Lund", by=tom)
    amara, priya = Browser(pod, AMARA), Browser(pod, PRIYA)
    page = amara.get("/mine?find=lund&state=declined")
    assert shown(page) == [] and "1 in Your team’s referrals" in text(page)
    assert "1 in Your referrals" in text(amara.get("/mine?find=quill&state=declined"))
    for path in ("/mine", "/team"):
        for way in ("quill", "rosa quill", "lund"):
            page = priya.client.get(path, query_string={"find": way})
            assert shown(page) == [] and "Nothing you may see matches" in text(page)
    assert found(pod.priya, q="quill") == []


def test_what_cannot_be_looked_for_is_answered_with_what_to_type(pod: Pod):
    for query, pointer in (({"q": "x"}, "/q"), ({"q": "R-0000-000"}, "/q"), ({"q": "943 476 5918"}, "/q"), ({"q": "'"}, "/q"),
                           ({"q": "rosa", "reference": "R-GRRY-TKP"}, "/q")):
        answer = pod.wren.get(**query)
        assert answer.status_code == 422 and pointer in {one["pointer"] for one in answer.json["errors"]}, query


def test_names_fall_into_words_whatever_parts_them():
    assert kept("O’Rourke-Lee") == {"o", "rourke", "lee", "orourkelee"} and kept("  ") == kept("—") == set()
    assert kept("Strauß") == {"strauss"} and kept("Ångström") == {"angstrom"} and "løve" not in kept("Løve")
    assert typed("de la Cruz") == ("cruz", "de", "la") and typed(" -' ") == ()
    assert len(typed("a b c d e f g h i")) == 6 and len(kept("a " * 100)) == 1
    assert finding.read("—").fault and finding.read("J Smith").words == ("smith", "j")
