"""What is relied on from outside the project, tried on the running suite from the text of the design alone."""
from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.support.suite import (
    AMARA,
    HELEN,
    PREFIXES,
    TEAM,
    WREN,
    Suite,
    cloud_event,
    days_ago,
    hours_ago,
    nhs_number,
    referral,
    wait_for,
)

REFERRALS, JOURNEYS = "/referrals/api/v1/referrals", "/journeys/api/v1/journeys"
EVENTS, NOTIFICATIONS = "/journeys/api/v1/events", "/notifications/api/v1/notifications"
CLOUD = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
NOBODY = uuid.UUID(int=0)


@pytest.fixture(scope="module")
def journey(embedded: Suite) -> dict[str, Any]:
    """Give a journey with an admission and its discharge on the timeline."""
    number = nhs_number()
    embedded.open_journey(number, "Iris Fenn")
    stay = {"nhs_number": number, "stay_id": f"{number}-1"}
    events = [cloud_event("hospital.admitted", stay | {"ward": "Oak"}, time=hours_ago(5)),
              cloud_event("hospital.discharged", stay, time=hours_ago(2))]
    assert embedded.ask("POST", EVENTS, "publisher", json=events, headers=BATCH).status_code == 202
    return embedded.settled(number, lambda one: len(one["timeline"]) >= 4, "both are on the timeline")


def is_problem(answer: requests.Response, status: int) -> dict[str, Any]:
    """Hold an answer against RFC 9457; give its members."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    told: dict[str, Any] = answer.json()
    assert told["status"] == status and told["type"] and told["title"] and told["detail"]
    return told


# Where everything is.

@pytest.mark.parametrize("service", PREFIXES)
def test_each_service_answers_under_its_prefix(embedded: Suite, service: str) -> None:
    prefix = PREFIXES[service]
    assert embedded.ask("GET", f"{prefix}/health/live").json()["live"] is True
    assert embedded.ask("GET", f"{prefix}/health/ready").json()["ready"] is True
    home = embedded.ask("GET", f"{prefix}/")
    assert home.status_code == 200 if service == "cafe" else (
        home.status_code == 302 and home.headers["Location"].startswith(f"{prefix}/sign-in"))
    assert requests.get(f"{embedded.base}{prefix}", timeout=10, allow_redirects=False).headers["Location"].endswith(f"{prefix}/")
    is_problem(embedded.ask("GET", f"{prefix}/api/v1/nothing", "manager"), 404)


@pytest.mark.parametrize("service", PREFIXES)
def test_the_api_describes_itself(embedded: Suite, service: str) -> None:
    """OpenAPI 3.1 whose references lead somewhere, whose parameters are declared, and whose errors are problems."""
    told = embedded.ask("GET", f"{PREFIXES[service]}/api/v1/openapi.json").json()
    assert told["openapi"].startswith("3.1.") and told["info"]["title"] and told["info"]["version"]
    assert told["servers"] == [{"url": PREFIXES[service]}]
    for reference in references(told):
        assert lookup(told, reference), reference
    ids = [operation.get("operationId") for _, _, operation in operations(told) if operation.get("operationId")]
    assert len(ids) == len(set(ids))
    for path, method, operation in operations(told):
        assert operation["responses"], (path, method)
        declared = {one["name"] for one in [*operation.get("parameters", []), *told["paths"][path].get("parameters", [])]
                    if one["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path)), (path, method)
        if method in ("put", "patch"):
            assert "428" in operation["responses"] or "default" in operation["responses"]
    assert "application/problem+json" in told["components"]["responses"]["DEFAULT_ERROR"]["content"]


def operations(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield path, method, operation


def references(thing: Any) -> Iterator[str]:
    if isinstance(thing, dict):
        yield from ([thing["$ref"]] if isinstance(thing.get("$ref"), str) else [])
        for inner in thing.values():
            yield from references(inner)
    elif isinstance(thing, list):
        for inner in thing:
            yield from references(inner)


def lookup(told: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        told = told.get(part.replace("~1", "/").replace("~0", "~"), {})
    return told


def test_metrics_are_there_and_name_nobody(embedded: Suite, journey: dict[str, Any]) -> None:
    text = embedded.ask("GET", "/metrics").text
    for figure in ("pod_events_consumed_total", "pod_outbox_waiting", "pod_http_requests_total"):
        assert f"\n{figure}{{" in text, figure
    assert journey["citizen"]["nhs_number"] not in text and "@" not in text


# Who may.

def test_a_bearer_token_is_for_the_api_and_a_cookie_for_pages_only(embedded: Suite) -> None:
    told = embedded.ask("GET", JOURNEYS)
    assert is_problem(told, 401) and told.headers["WWW-Authenticate"].startswith("Bearer")
    assert is_problem(embedded.ask("GET", JOURNEYS, headers={"Authorization": "Bearer nonsense"}), 401)
    browser = requests.Session()
    form = browser.get(f"{embedded.base}/journeys/sign-in", timeout=10).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)
    assert token
    browser.post(f"{embedded.base}/journeys/sign-in", data={"csrf_token": token[1], "email": HELEN, "next": "/journeys/"}, timeout=10)
    assert browser.get(f"{embedded.base}/journeys/", timeout=10).status_code == 200
    is_problem(browser.get(embedded.base + JOURNEYS, timeout=10), 401)
    assert embedded.ask("GET", "/journeys/", "manager").status_code == 302


@pytest.mark.parametrize(("role", "method", "path"), [
    ("practitioner", "POST", f"{REFERRALS}/{NOBODY}/accept"), ("worker", "POST", EVENTS), ("manager", "POST", EVENTS),
    ("practitioner", "GET", NOTIFICATIONS), ("publisher", "GET", JOURNEYS), ("publisher", "GET", "/journeys/api/v1/parked"),
    ("manager", "POST", f"/journeys/api/v1/parked/{NOBODY}/retry"), ("cafe", "GET", JOURNEYS), ("panel", "POST", REFERRALS)])
def test_a_role_may_do_its_own_and_nothing_else(embedded: Suite, role: str, method: str, path: str) -> None:
    answer = embedded.ask(method, path, role, **({"json": {}} if method == "POST" else {}))
    # whether a referral exists is not told to those who may not accept it
    assert answer.status_code in (403, 404) and is_problem(answer, answer.status_code)


def test_a_worker_triages_and_a_manager_decides(embedded: Suite) -> None:
    id_ = embedded.post(REFERRALS, "practitioner", referral(nhs_number(), "Ola Brand", documents=[]))["id"]
    assert embedded.ask("POST", f"{REFERRALS}/{id_}/documents", "worker", json={"kind": "care_plan", "dated": days_ago(3)}).status_code == 201
    for act, body in (("accept", {}), ("decline", {"reason": "other", "words": "No."}), ("allocate", {"development_worker_email": WREN})):
        is_problem(embedded.ask("POST", f"{REFERRALS}/{id_}/{act}", "worker", json=body), 403)
    told = is_problem(embedded.ask("POST", f"{REFERRALS}/{id_}/accept", "manager", json={}), 409)
    assert told["rule"] == "R-06" and told["help"]


# Referrals.

def test_a_referral_with_everything_that_may_be_said(embedded: Suite) -> None:
    number = nhs_number()
    body = referral(number, "Siân O’Dowd", inpatient={"ward": "Elm", "legal_status": "02", "stay_id": f"{number}-s"}, social_issues=[])
    body["citizen"] |= {"telephone": "024 7655 0000", "email": "sian@example.org", "contact_by": "letter", "do_not": ["ring at night"]}
    body["referrer"] |= {"telephone": "024 7655 0001", "role": "key_worker"}
    body["meeting_preference"] = "in_person"
    answer = embedded.ask("POST", REFERRALS, "practitioner", json=body)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert set(told) == {"id", "reference", "state", "missing"} and told["state"] == "complete" and told["missing"] == []
    assert answer.headers["Location"] == f"{REFERRALS}/{told['id']}" and answer.headers["ETag"]
    found = embedded.get(f"{REFERRALS}/{told['id']}", "practitioner", AMARA)
    assert found["citizen"]["do_not"] == ["ring at night"] and found["inpatient"]["ward"] == "Elm" and found["pathway"] == "core"
    assert {one["kind"] for one in found["documents"]} == {"care_plan", "risk_assessment"}


def test_a_referral_from_received_to_accepted_and_allocated(embedded: Suite) -> None:
    sent = embedded.post(REFERRALS, "practitioner", referral(nhs_number(), "Ivo Lamb", documents=[]))
    assert sent["state"] == "received" and {one["rule"] for one in sent["missing"]} == {"R-06"}
    assert all(set(one) == {"rule", "what", "help"} for one in sent["missing"])
    here = f"{REFERRALS}/{sent['id']}"
    for kind, state in (("care_plan", "received"), ("risk_assessment", "complete")):
        answer = embedded.ask("POST", f"{here}/documents", "practitioner", json={"kind": kind, "dated": days_ago(2)})
        assert answer.status_code == 201 and answer.json()["state"] == state
    assert embedded.post(f"{here}/accept", "manager")["state"] == "accepted"
    is_problem(embedded.ask("POST", f"{here}/accept", "manager", json={}), 409)
    assert embedded.post(f"{here}/allocate", "manager", {"development_worker_email": WREN})["development_worker"]["email"] == WREN


@pytest.mark.parametrize(("act", "role", "body", "state"), [
    ("decline", "manager", {"reason": "not_met", "words": "Not yet."}, "declined"),
    ("withdraw", "practitioner", {"reason": "moved_away", "words": "Moved to Leeds."}, "withdrawn")])
def test_a_referral_declined_and_one_withdrawn(embedded: Suite, act: str, role: str, body: dict[str, str], state: str) -> None:
    id_ = embedded.post(REFERRALS, "practitioner", referral(nhs_number(), "Una Vale"))["id"]
    assert embedded.post(f"{REFERRALS}/{id_}/{act}", role, body)["state"] == state
    assert embedded.get(f"{REFERRALS}/{id_}", "manager")["state"] == state
    is_problem(embedded.ask("POST", f"{REFERRALS}/{id_}/{act}", role, json={}), 422)


def test_what_is_wrong_with_a_referral_is_said_all_at_once(embedded: Suite) -> None:
    body = referral("9434765918", "", meeting_preference="by pigeon", commitment_months="six", conversation_held_on=days_ago(-3))
    del body["reason"]
    told = is_problem(embedded.ask("POST", REFERRALS, "practitioner", json=body), 422)
    assert {one["pointer"] for one in told["errors"]} >= {
        "/citizen/nhs_number", "/citizen/name", "/meeting_preference", "/commitment_months", "/conversation_held_on", "/reason"}
    for text in ("", "no json", "[]", "null", '"text"', '{"pathway": 3}'):
        answer = embedded.ask("POST", REFERRALS, "practitioner", data=text, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422) and is_problem(answer, answer.status_code), text


# Once, and on what was seen.

def test_a_repeat_with_its_key_gets_the_first_answer(embedded: Suite) -> None:
    key, body = {"Idempotency-Key": str(uuid.uuid4())}, referral(nhs_number(), "Kit Moor")
    first, again = (embedded.ask("POST", REFERRALS, "practitioner", json=body, headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (201, first.json())
    assert first.headers["Location"] == again.headers["Location"] and first.headers["ETag"] == again.headers["ETag"]
    is_problem(embedded.ask("POST", REFERRALS, "practitioner", json=body | {"reason": "Other words."}, headers=key), 422)
    here = f"{REFERRALS}/{first.json()['id']}"
    for act, of in (("documents", {"kind": "care_plan", "dated": days_ago(1)}), ("accept", {}), ("allocate", {"development_worker_email": WREN})):
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answers = [embedded.ask("POST", f"{here}/{act}", "manager", json=of, headers=key) for _ in range(2)]
        assert answers[0].status_code == answers[1].status_code < 300 and answers[0].json() == answers[1].json(), act


def test_twenty_at_once_with_one_key_make_one_referral(embedded: Suite) -> None:
    key, body, number = {"Idempotency-Key": str(uuid.uuid4())}, referral(nhs_number(), "Rae Dunne"), None
    del number
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: requests.post(embedded.base + REFERRALS, json=body, timeout=30, headers={
            **key, "Authorization": f"Bearer {embedded.token('practitioner')}"}), range(20)))
    assert {answer.status_code for answer in answers} == {201} and len({answer.json()["id"] for answer in answers}) == 1


def test_nobody_overwrites_what_they_have_not_seen(embedded: Suite, journey: dict[str, Any]) -> None:
    answer = embedded.ask("POST", REFERRALS, "practitioner", json=referral(nhs_number(), "Jo Wick"))
    here, seen = f"{REFERRALS}/{answer.json()['id']}", answer.headers["ETag"]
    paper = {"kind": "care_plan", "dated": days_ago(1)}
    newer = embedded.ask("POST", f"{here}/documents", "manager", json=paper, headers={"If-Match": seen})
    assert newer.status_code == 201 and newer.headers["ETag"] != seen
    for act, body in (("accept", {}), ("documents", paper), ("withdraw", {"reason": "moved_away"}),
                      ("decline", {"reason": "not_met", "words": "No."})):
        is_problem(embedded.ask("POST", f"{here}/{act}", "manager", json=body, headers={"If-Match": seen}), 412)
    assert embedded.ask("GET", here, "manager").headers["ETag"] == newer.headers["ETag"]
    assert embedded.ask("POST", f"{here}/accept", "manager", json={}, headers={"If-Match": newer.headers["ETag"]}).status_code == 200
    here = f"{JOURNEYS}/{journey['id']}"
    seen = embedded.ask("GET", here, "manager").headers["ETag"]
    admission = {"kind": "hospital.admitted", "occurred_at": hours_ago(1), "ward": "Oak"}
    is_problem(embedded.ask("POST", f"{here}/transitions", "worker", json=admission, headers={"If-Match": '"0"'}), 412)
    entry = next(one for one in journey["timeline"] if one["kind"] == "hospital.admitted")
    back = f"{here}/timeline/{entry['id']}/withdraw"
    is_problem(embedded.ask("POST", back, "worker", json={"reason": "A mistake."}, headers={"If-Match": '"0"'}), 412)
    assert embedded.ask("GET", here, "manager").headers["ETag"] == seen


def test_every_PUT_and_PATCH_asks_for_If_Match(embedded: Suite) -> None:
    for prefix in PREFIXES.values():
        for path, method, _ in operations(embedded.ask("GET", f"{prefix}/api/v1/openapi.json").json()):
            if method in ("put", "patch"):
                is_problem(embedded.ask(method, prefix + re.sub(r"{\w+}", str(NOBODY), path), "manager", json={}), 428)


def test_two_people_accept_at_once_and_one_is_told(embedded: Suite) -> None:
    here = f"{REFERRALS}/{embedded.post(REFERRALS, 'practitioner', referral(nhs_number(), 'Mo Teague'))['id']}"
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: requests.post(f"{embedded.base}{here}/accept", json={}, timeout=30, headers={
            "Authorization": f"Bearer {embedded.token('manager')}"}), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert "Helen Marsh accepted this referral on" in next(one for one in answers if one.status_code == 409).json()["detail"]


@pytest.mark.parametrize(("path", "role"), [(REFERRALS, "manager"), (JOURNEYS, "manager"), (NOTIFICATIONS, "manager"),
                                            ("/journeys/api/v1/parked", "operations")])
def test_lists_are_paged_in_the_body_and_bounded(embedded: Suite, journey: dict[str, Any], path: str, role: str) -> None:
    seen: list[str] = []
    page = embedded.get(f"{path}?limit=3", role)
    while len(seen) < 12:
        assert set(page) == {"items", "next"} and len(page["items"]) <= 3
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        page = embedded.get(f"{path}?limit=3&after={page['next']}", role)
    assert len(seen) == len(set(seen)) > 3
    for wrong in ("limit=0", "limit=100000", "limit=-1", "limit=x", "after=not-an-id"):
        is_problem(embedded.ask("GET", f"{path}?{wrong}", role), 422)


# Journeys, events, parked, notifications.

def test_a_journey_as_others_read_it(embedded: Suite, journey: dict[str, Any]) -> None:
    (found,) = embedded.get(f"{JOURNEYS}?nhs_number={journey['citizen']['nhs_number']}", "manager")["items"]
    assert found["id"] == journey["id"]
    assert set(journey) >= {"id", "reference", "citizen", "state", "inpatient", "closing_on", "practitioner", "development_worker",
                            "strands", "reviews", "timeline"}
    assert journey["citizen"] == {"name": "Iris Fenn", "nhs_number": journey["citizen"]["nhs_number"]}
    assert journey["state"] == "open" and journey["inpatient"] is False and journey["closing_on"] is None
    assert journey["practitioner"] == {"name": "Amara Osei", "email": AMARA, "team": TEAM}
    assert journey["development_worker"]["email"] == WREN
    assert {one["name"] for one in journey["strands"]} == {"foundation_assessment", "sana", "social_brokerage", "social_advocacy"}
    assert all(set(one) == {"name", "state", "meetings_held", "minimum", "maximum"} for one in journey["strands"])
    for entry in journey["timeline"]:
        assert set(entry) >= {"id", "kind", "occurred_at", "recorded_at", "actor", "corrected_by"}
    assert [entry["kind"] for entry in journey["timeline"]][-2:] == ["journey.opened", "journey.allocated"]
    is_problem(embedded.ask("GET", f"{JOURNEYS}/{NOBODY}", "manager"), 404)
    is_problem(embedded.ask("GET", f"{JOURNEYS}?nhs_number=9434765918", "manager"), 422)


def test_a_journey_as_of_a_day(embedded: Suite, journey: dict[str, Any]) -> None:
    today = embedded.get(f"{JOURNEYS}/{journey['id']}?as_of={days_ago(0)}", "manager")
    assert {name: today[name] for name in ("id", "state", "inpatient")} == {name: journey[name] for name in ("id", "state", "inpatient")}
    is_problem(embedded.ask("GET", f"{JOURNEYS}/{journey['id']}?as_of={days_ago(30)}", "manager"), 404)
    is_problem(embedded.ask("GET", f"{JOURNEYS}/{journey['id']}?as_of=yesterday", "manager"), 422)


def test_a_practitioner_reads_their_own_journeys_only(embedded: Suite, journey: dict[str, Any]) -> None:
    assert embedded.get(f"{JOURNEYS}/{journey['id']}", "practitioner", AMARA)["id"] == journey["id"]
    is_problem(embedded.ask("GET", f"{JOURNEYS}/{journey['id']}", "practitioner", "tom.whitfield@cmhwt.example"), 404)


def test_one_event_and_a_batch_are_taken_and_repeats_change_nothing(embedded: Suite) -> None:
    number = nhs_number()
    embedded.open_journey(number, "Pia Hale")
    one = cloud_event("hospital.admitted", {"nhs_number": number, "stay_id": f"{number}-1"})
    for body, headers in ((one, CLOUD), ([one, one], BATCH), (one, {})):
        answer = embedded.ask("POST", EVENTS, "publisher", json=body, headers=headers)
        assert answer.status_code == 202, answer.text
    other = cloud_event("hospital.transferred", {"nhs_number": number, "stay_id": f"{number}-1", "ward": "Ash"})
    assert embedded.ask("POST", EVENTS, "publisher", json=other, headers=CLOUD).status_code == 202
    found = embedded.settled(number, lambda journey: journey["inpatient"] and journey["stays"][0]["ward"] == "Ash", "the ward")
    assert [entry["kind"] for entry in found["timeline"]].count("hospital.admitted") == 1


def test_an_event_for_nobody_is_taken_and_leaves_nothing(embedded: Suite) -> None:
    """X-02: most admissions concern nobody the Pod knows."""
    event = cloud_event("hospital.admitted", {"nhs_number": nhs_number(), "stay_id": "stranger"})
    assert embedded.ask("POST", EVENTS, "publisher", json=event, headers=CLOUD).status_code == 202
    wait_for(lambda: 'pod_outbox_waiting{service="journeys"} 0.0' in embedded.ask("GET", "/metrics").text, "the outbox is empty")
    assert event["id"] not in {one["event_id"] for name in ("journeys", "referrals") for one in embedded.parked(name)}


def test_what_is_parked_is_listed_and_settled_by_operations(embedded: Suite) -> None:
    number = nhs_number()
    embedded.open_journey(number, "Gil Stone")
    first = cloud_event("hospital.admitted", {"nhs_number": number, "stay_id": f"{number}-1"})
    twice = first | {"data": first["data"] | {"stay_id": f"{number}-2"}}
    for event in (first, twice):
        assert embedded.ask("POST", EVENTS, "publisher", json=event, headers=CLOUD).status_code == 202
    one = wait_for(lambda: next((one for one in embedded.parked() if one["event_id"] == first["id"]), None), "it is parked")
    assert set(one) >= {"id", "event_id", "type", "reason", "attempts", "parked_at"}
    assert one["type"] == "hospital.admitted" and one["reason"] == "id_used_twice"
    here = f"/journeys/api/v1/parked/{one['id']}"
    is_problem(embedded.ask("POST", f"{here}/retry", "manager", json={}), 403)
    assert embedded.ask("POST", f"{here}/discard", "operations", json={}).status_code == 200
    assert one["id"] not in {left["id"] for left in embedded.parked()}
    is_problem(embedded.ask("POST", f"/journeys/api/v1/parked/{NOBODY}/retry", "operations", json={}), 404)


def test_who_was_told_is_found_by_the_event(embedded: Suite, journey: dict[str, Any]) -> None:
    """N-06: what was sent to whom and why can be looked up."""
    message = wait_for(lambda: embedded.told(journey["reference"], WREN), "the development worker is told")[0]
    items = embedded.get(f"{NOTIFICATIONS}?event_id={message['event_id']}", "manager")["items"]
    assert message["id"] in {one["id"] for one in items}
    assert all(set(one) >= {"id", "event_id", "rule", "recipient", "channel", "state"} for one in items)
    assert {one["event_id"] for one in items} == {message["event_id"]}
    assert embedded.get(f"{NOTIFICATIONS}?event_id={NOBODY}", "manager") == {"items": [], "next": None}


def test_a_body_too_large_a_wrong_method_and_a_wrong_type_are_problems(embedded: Suite) -> None:
    is_problem(embedded.ask("POST", EVENTS, "publisher", data=b" " * 5_000_000, headers=CLOUD), 413)
    told = embedded.ask("DELETE", JOURNEYS, "manager")
    assert is_problem(told, 405) and "GET" in told.headers["Allow"]
    is_problem(embedded.ask("POST", EVENTS, "publisher", data=b"<event/>", headers={"Content-Type": "text/xml"}), 415)
