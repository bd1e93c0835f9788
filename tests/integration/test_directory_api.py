"""The directory by its API, on both databases: who is in it, who changed what, and what others are told."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.referrals import directory
from services.referrals.desk import Desk
from shared.ledger.tables import staff_id
from shared.schemas import contract
from shared.web.staff import find
from tests.integration.referral_room import Caller, Pod, opened_on

TEAM = {"name": "Early Intervention Team", "also": ["EIT"], "organisation": "Larkmoor NHS Trust"}
INES = {"email": "Ines.Carvalho@eit.example", "name": "Inês Carvalho", "kind": "practitioner", "team": "EIT", "job": "Key Worker",
        "telephone": "01632 960200"}
ZED = {"email": "zed.okafor@pod.example", "name": "Zed Okafor", "kind": "pod", "roles": ["worker"], "job": "Development worker"}


@pytest.fixture
def pod(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pod]:
    with opened_on(request, tmp_path) as made:
        yield made


#: For what is asked of the database in its own words; the rest is the same on both.
on_both = pytest.mark.parametrize("pod", ["sqlite", "postgresql"], indirect=True)


def put(pod: Pod, entry: dict[str, Any] = INES, **changes: Any) -> dict[str, Any]:
    """Add somebody, with the team of the examples; give the answer."""
    pod.helen.call("POST", "/teams", TEAM)
    answer = pod.helen.call("POST", "/members", {**entry, **changes})
    assert answer.status_code == 201, answer.text
    return {**answer.json, "etag": answer.headers["ETag"]}


def change(pod: Pod, id_: str, etag: str = "*", what: str = "members", **changes: Any) -> Any:
    return pod.helen.call("PATCH", f"/{what}/{id_}", changes, If_Match=etag)


def names(caller: Caller, **query: Any) -> list[str]:
    found = caller.client.get("/api/v1/members", query_string=query, headers={"Authorization": caller.bearer})
    assert found.status_code == 200, found.text
    return [one["name"] or one["email"] for one in found.json["items"]]


def desk(pod: Pod, connection: Any) -> Desk:
    return Desk(connection, pod.room.keeper.ledger, find("manager"))


def events(pod: Pod, type_: str = "directory.member_recorded") -> list[Any]:
    return pod.told(type_)


@on_both
def test_a_manager_adds_somebody_and_everybody_of_the_pod_finds_them(pod: Pod) -> None:
    made = put(pod)
    assert made["id"] == staff_id(INES["email"]) and made["email"] == "ines.carvalho@eit.example"
    assert (made["team"], made["state"], made["etag"]) == ("Early Intervention Team", "confirmed", '"1"')
    shown = pod.wren.call("GET", f"/members/{made['id']}")
    assert shown.json == {**{name: value for name, value in made.items() if name != "etag"}, "referrals_under_way": 0}
    for words in ("ines", "CARVALHO ines", "eit", "early inter", "carvalho@eit"):
        assert names(pod.wren, q=words) == ["Inês Carvalho"], words
    assert names(pod.wren, q="ines zz") == names(pod.wren, q="100%_") == []


def test_practitioners_do_not_see_the_directory_and_workers_do_not_change_it(pod: Pod) -> None:
    made = put(pod)
    assert pod.amara.call("GET", "/members").status_code == pod.amara.call("GET", f"/members/{made['id']}").status_code == 403
    for method, path, body in (("POST", "/members", INES), ("PATCH", f"/members/{made['id']}", {"name": "X"}),
                               ("DELETE", f"/members/{made['id']}", None), ("POST", "/teams", TEAM)):
        assert pod.wren.call(method, path, body, If_Match="*").status_code == 403, path


def test_of_one_address_there_is_one_entry(pod: Pod) -> None:
    put(pod)
    again = pod.helen.call("POST", "/members", {**INES, "email": INES["email"].upper(), "team": None})
    assert again.status_code == 422 and again.json["errors"] == [
        {"pointer": "/email", "detail": "is in the directory already, as Inês Carvalho"}]


@on_both
def test_the_same_request_twice_adds_once(pod: Pod) -> None:
    first, second = (pod.helen.call("POST", "/members", ZED, Idempotency_Key="k") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201) and second.headers["Idempotent-Replayed"] and first.json == second.json
    assert len(events(pod)) == 1


def test_a_change_needs_what_was_last_seen(pod: Pod) -> None:
    made = put(pod)
    assert pod.helen.call("PATCH", f"/members/{made['id']}", {"job": "X"}).status_code == 428
    done = change(pod, made["id"], '"1"', telephone=None, job="Care Coordinator")
    assert (done.status_code, done.headers["ETag"], done.json["telephone"], done.json["job"]) == (200, '"2"', None, "Care Coordinator")
    assert change(pod, made["id"], '"1"', job="X").status_code == 412
    assert pod.wren.call("GET", f"/members/{made['id']}").json["name"] == "Inês Carvalho"


@on_both
def test_who_changed_what_from_what_to_what_and_when_is_kept(pod: Pod) -> None:
    made = put(pod)
    change(pod, made["id"], telephone="01632 960201", left_on="2027-01-04")
    newest, first = pod.wren.call("GET", f"/members/{made['id']}/changes").json["items"]
    assert (newest["by"], newest["version"], first["version"]) == ("Helen Marsh", 2, 1) and newest["at"].endswith("Z")
    assert newest["changes"] == [{"field": "left_on", "before": "", "after": "2027-01-04"},
                                 {"field": "telephone", "before": "01632 960200", "after": "01632 960201"}]
    page = pod.wren.call("GET", f"/members/{made['id']}/changes?limit=1").json
    assert page["next"] == "2" and pod.wren.call("GET", f"/members/{made['id']}/changes?limit=1&after=2").json["items"] == [first]


def test_a_change_that_changes_nothing_is_no_change_and_tells_nobody(pod: Pod) -> None:
    made = put(pod)
    assert change(pod, made["id"], name="Inês Carvalho", team="EIT").headers["ETag"] == '"1"'
    assert len(events(pod)) == 1


def test_each_change_is_announced_once_with_its_revision_and_by_its_contract(pod: Pod) -> None:
    made = put(pod)
    change(pod, made["id"], left_on="2026-05-01", telephone=None)
    first, second = events(pod)
    for event in (first, second):
        assert contract(event.type).check(event.data) == event.data
        assert (event.about, event.subject, event.source) == (f"member:{made['id']}", made["id"], "urn:pod:referrals")
    assert (first.revision, second.revision) == (1, 2) and first.id != second.id
    assert first.data == {"member_id": made["id"], "email": "ines.carvalho@eit.example", "name": "Inês Carvalho", "kind": "practitioner",
                          "job": "Key Worker", "roles": [], "team": "Early Intervention Team", "telephone": "01632 960200"}
    assert "telephone" not in second.data and second.data["left_on"] == "2026-05-01"


@pytest.mark.parametrize(("changes", "pointer"), [
    ({"team": "No Such Team"}, "/team"), ({"roles": ["manager"]}, "/roles"), ({"name": ""}, "/name"), ({"name": None}, "/name"),
    ({"kind": "robot"}, "/kind"), ({"from_on": "2026-03-02", "left_on": "2026-03-01"}, "/left_on"), ({"name": "x" * 201}, "/name"),
    ({"left_on": "soon"}, "/left_on"), ({"roles": ["king"]}, "/roles/0"), ({"telephone": 5}, "/telephone"), ({"name": "a\x00b"}, "/name")])
def test_what_cannot_be_meant_is_refused_at_its_place_and_changes_nothing(pod: Pod, changes: dict[str, Any], pointer: str) -> None:
    made = put(pod)
    refused = change(pod, made["id"], **changes)
    assert refused.status_code == 422 and [one["pointer"] for one in refused.json["errors"]] == [pointer], refused.text
    assert pod.helen.call("GET", f"/members/{made['id']}").headers["ETag"] == '"1"' and len(events(pod)) == 1


@on_both
def test_somebody_taken_off_leaves_nothing_and_can_be_added_again(pod: Pod) -> None:
    made = put(pod)
    assert pod.helen.call("DELETE", f"/members/{made['id']}").status_code == 428
    assert pod.helen.call("DELETE", f"/members/{made['id']}", If_Match='"1"').status_code == 204
    assert pod.helen.call("GET", f"/members/{made['id']}").status_code == 404 and names(pod.wren, q="ines") == []
    gone = events(pod)[-1]
    assert gone.withdrawn and gone.revision == 2 and "ines" not in str(gone.data).lower() and contract(gone.type).check(gone.data)
    assert put(pod)["etag"] == '"3"' and events(pod)[-1].revision == 3
    assert [one["version"] for one in pod.wren.call("GET", f"/members/{made['id']}/changes").json["items"]] == [3, 2]


# -- teams -------------------------------------------------------------------------------------------------------

@on_both
def test_a_team_is_known_by_each_of_its_names_and_no_two_share_one(pod: Pod) -> None:
    made = pod.helen.call("POST", "/teams", TEAM)
    assert made.status_code == 201 and made.json["also"] == ["EIT"]
    for taken in ({"name": "eit"}, {"name": "New", "also": ["Early  intervention team"]}):
        refused = pod.helen.call("POST", "/teams", taken)
        assert refused.status_code == 422 and "Early Intervention Team" in refused.json["errors"][0]["detail"]
    assert [one["name"] for one in pod.wren.call("GET", "/teams?q=larkmoor").json["items"]] == ["Early Intervention Team"]


@on_both
def test_a_new_name_of_a_team_goes_to_its_members_and_the_old_one_still_finds_it(pod: Pod) -> None:
    ines, zed = put(pod), put(pod, ZED)
    team = pod.wren.call("GET", "/teams").json["items"][0]
    done = change(pod, team["id"], '"1"', "teams", name="Early Support Team")
    assert done.status_code == 200 and done.json["also"] == ["EIT", "Early Intervention Team"]
    assert names(pod.wren, q="early intervention") == names(pod.wren, team="Early Support Team") == ["Inês Carvalho"]
    assert [(one.data["name"], one.revision, one.data.get("team")) for one in events(pod)] == [
        ("Inês Carvalho", 1, "Early Intervention Team"), ("Zed Okafor", 1, None), ("Inês Carvalho", 2, "Early Support Team")]
    assert events(pod, "directory.team_recorded")[-1].data == {
        "team_id": team["id"], "name": "Early Support Team", "also": ["EIT", "Early Intervention Team"], "active": True}
    assert pod.wren.call("GET", f"/teams/{team['id']}/changes").json["items"][0]["changes"] == [
        {"field": "also", "before": "EIT", "after": "EIT, Early Intervention Team"},
        {"field": "name", "before": "Early Intervention Team", "after": "Early Support Team"}]
    assert ines["id"] != zed["id"]


def test_nobody_joins_a_team_that_is_no_longer_there_and_its_members_stay(pod: Pod) -> None:
    ines = put(pod)
    team = pod.wren.call("GET", "/teams").json["items"][0]
    assert change(pod, team["id"], "*", "teams", active=False).status_code == 200
    refused = pod.helen.call("POST", "/members", {**ZED, "team": "EIT"})
    assert refused.status_code == 422 and refused.json["errors"][0]["detail"] == "is no longer there; choose another"
    assert change(pod, ines["id"], job="Nurse").json["team"] == "Early Intervention Team"


# -- seen, not confirmed -----------------------------------------------------------------------------------------

@on_both
def test_whoever_a_referral_names_is_listed_as_seen_and_announced_only_once_confirmed(pod: Pod) -> None:
    pod.sent()
    items = pod.wren.call("GET", "/members").json["items"]
    assert [(one["name"], one["kind"], one["state"]) for one in items] == [
        ("Amara Osei", "practitioner", "seen"), ("Tom Whitfield", "practitioner", "seen")]
    tom = items[1]
    assert events(pod) == [] and pod.wren.call("GET", f"/members/{tom['id']}").headers["ETag"] == '"0"'
    assert change(pod, tom["id"], '"0"', job="Key Worker").json["state"] == "confirmed"
    assert [(one.data["name"], one.data["team"], one.revision) for one in events(pod)] == [("Tom Whitfield", tom["team"], 1)]
    assert names(pod.wren, show="seen") == ["Amara Osei", "Helen Marsh"], "whoever does something here is seen, too"


@on_both
def test_what_a_person_confirmed_stands_over_what_a_referral_says_later(pod: Pod) -> None:
    pod.sent()
    tom = staff_id("tom.whitfield@cmhwt.example")
    change(pod, tom, name="Thomas Whitfield", telephone="01632 960300")
    named = {"name": "Tommy W", "email": "tom.whitfield@cmhwt.example", "team": "CMHWT"}
    id_ = pod.sent(named_person=named, citizen={**pod.body()["citizen"], "name": "Ada Fern", "nhs_number": "9876543210"})
    assert pod.wren.call("GET", f"/members/{tom}").json["name"] == "Thomas Whitfield"
    assert pod.helen.get(f"/{id_}").json["named_person"]["name"] == "Thomas Whitfield"
    assert pod.helen.post(f"/{id_}/accept").status_code == 200
    assert [one.data["named_person"]["name"] for one in pod.told("referral.accepted")] == ["Thomas Whitfield"]


def test_who_was_only_seen_is_forgotten_when_taken_off_and_listed_again_when_met_again(pod: Pod) -> None:
    pod.sent()
    amara = staff_id("amara.osei@cmhwt.example")
    assert pod.helen.call("DELETE", f"/members/{amara}", If_Match='"0"').status_code == 204 and events(pod) == []
    assert names(pod.wren, q="amara") == []
    pod.sent(citizen={**pod.body()["citizen"], "name": "Ada Fern", "nhs_number": "9876543210"})
    assert names(pod.wren, q="amara") == ["Amara Osei"]


def test_who_was_taken_off_after_being_confirmed_is_not_listed_by_itself(pod: Pod) -> None:
    amara = put(pod, {"email": "amara.osei@cmhwt.example", "name": "Amara Osei", "kind": "practitioner"})
    pod.helen.call("DELETE", f"/members/{amara['id']}", If_Match="*")
    pod.sent()
    assert names(pod.wren, q="amara") == []


# -- who can be chosen, and whose team ---------------------------------------------------------------------------

@on_both
def test_R_01_those_one_can_choose_are_the_pods_workers_who_are_here_each_with_their_load(pod: Pod) -> None:
    put(pod, ZED)
    put(pod, {**ZED, "email": "bo@pod.example", "name": "Bo Lind"})
    put(pod, {**ZED, "email": "gone@pod.example", "name": "Gone Long"}, left_on=pod.ago(0))
    put(pod, {**ZED, "email": "soon@pod.example", "name": "Going Soon"}, left_on=(pod.today() + timedelta(days=1)).isoformat())
    put(pod, {**ZED, "email": "olive@pod.example", "name": "Olive Park"}, roles=["manager"])
    id_ = pod.sent()
    pod.helen.post(f"/{id_}/accept")
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": "BO@pod.example"}).json["development_worker"]["name"] == "Bo Lind"
    with pod.room.database.read() as connection:
        assert sorted(directory.workers(desk(pod, connection))) == [
            ("bo@pod.example", "Bo Lind (1 at present)"), ("soon@pod.example", "Going Soon (0 at present)"),
            ("zed.okafor@pod.example", "Zed Okafor (0 at present)")]


def test_R_01_whoever_was_chosen_by_address_can_be_chosen_again_before_anybody_confirmed_them(pod: Pod) -> None:
    id_ = pod.sent()
    pod.helen.post(f"/{id_}/accept")
    assert pod.helen.post(f"/{id_}/allocate", {"development_worker_email": "new@pod.example", "development_worker_name": "New Here"}).status_code == 200
    with pod.room.database.read() as connection:
        assert directory.workers(desk(pod, connection)) == [("new@pod.example", "New Here (1 at present)")]


@pytest.mark.parametrize(("entry", "words"), [
    ({**ZED, "left_on": "2026-03-01"}, "no longer here since 1 March 2026"), ({**ZED, "kind": "practitioner", "roles": []}, "is a practitioner")])
def test_R_01_who_has_left_or_is_not_of_the_pod_cannot_be_chosen(pod: Pod, entry: dict[str, Any], words: str) -> None:
    put(pod, entry)
    id_ = pod.sent()
    pod.helen.post(f"/{id_}/accept")
    refused = pod.helen.post(f"/{id_}/allocate", {"development_worker_email": ZED["email"]})
    assert refused.status_code == 409 and refused.json["rule"] == "R-01" and words in refused.json["detail"] and refused.json["help"]


def test_R_02_the_team_of_a_practitioner_is_the_directorys_under_all_its_names_once_it_is_confirmed(pod: Pod) -> None:
    pod.sent()
    put(pod)
    with pod.room.database.read() as connection:
        assert directory.team_of(connection, "INES.carvalho@eit.example") == ("Early Intervention Team", "EIT")
        assert directory.team_of(connection, "amara.osei@cmhwt.example") == (), "seen, not confirmed"
        assert directory.team_of(connection, "nobody@cmhwt.example") == ()


@on_both
def test_R_03_the_referrals_under_way_that_name_somebody_are_counted_as_practitioner_named_person_or_worker(pod: Pod) -> None:
    ids = [pod.sent(citizen={**pod.body()["citizen"], "name": f"Citizen {number}", "nhs_number": number})
           for number in ("9434765919", "9876543210", "4010232137")]
    pod.helen.post(f"/{ids[0]}/accept")
    pod.helen.post(f"/{ids[0]}/allocate", {"development_worker_email": "wren.callaghan@pod.example"})
    pod.helen.post(f"/{ids[1]}/decline", {"reason": "other", "words": "No room at present."})
    counts = {email: pod.wren.call("GET", f"/members/{staff_id(email)}").json["referrals_under_way"]
              for email in ("amara.osei@cmhwt.example", "tom.whitfield@cmhwt.example", "wren.callaghan@pod.example", "helen.marsh@pod.example")}
    assert list(counts.values()) == [2, 2, 1, 0]


# -- paging and junk ---------------------------------------------------------------------------------------------

@on_both
def test_the_list_is_paged_by_name_and_nobody_is_shown_twice_or_left_out(pod: Pod) -> None:
    pod.staffed()
    found, after = [], ""
    while True:
        page = pod.wren.call("GET", f"/members?limit=2{f'&after={after}' if after else ''}").json
        found += [one["name"] for one in page["items"]]
        after = page["next"]
        if not after:
            break
    assert found == sorted(found) and len(found) == len(set(found)) == 9
    assert pod.wren.call("GET", "/members?limit=1000").status_code == 422
    assert pod.wren.call("GET", "/members?after=x").status_code == 422 and pod.wren.call("GET", "/members?show=x").status_code == 422


def test_the_directory_describes_itself(pod: Pod) -> None:
    told = pod.wren.client.get("/api/v1/openapi.json").json["paths"]
    assert {"get", "post"} <= set(told["/api/v1/members"]) and {"get", "patch", "delete"} <= set(told["/api/v1/members/{id}"])
    assert any(one["name"] == "If-Match" and one["required"] for one in told["/api/v1/teams/{id}"]["patch"]["parameters"])


JUNK = st.recursive(st.none() | st.booleans() | st.integers(-2**70, 2**70) | st.text(max_size=20)
                    | st.sampled_from(["2026-02-30", "a\x00b", "\ud800", "x" * 5000, "pod", "manager", "a@b"]),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "kind", "x"]), inner, max_size=3), max_leaves=5)


@pytest.fixture(scope="module")
def plain_pod(tmp_path_factory: pytest.TempPathFactory) -> Pod:
    return Pod(tmp_path_factory.mktemp("var")).staffed()


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(["members", "teams"]), st.sampled_from(["POST", "PATCH"]),
       st.sampled_from([*INES, "roles", "from_on", "left_on", "also", "active", "organisation"]), JUNK)
def test_junk_anywhere_is_answered_with_a_reason(plain_pod: Pod, what: str, method: str, field: str, junk: Any) -> None:
    body = {**(INES if what == "members" else {"name": "Another Team"}), field: junk}
    path = f"/{what}" if method == "POST" else f"/{what}/{plain_pod.wren.call('GET', f'/{what}').json['items'][0]['id']}"
    answer = plain_pod.helen.call(method, path, body, If_Match="*")
    assert answer.status_code in (200, 201, 400, 422), answer.text
    assert answer.status_code != 422 or answer.json["errors"], answer.text


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["q", "show", "team", "after", "limit"]), st.text(max_size=30) | st.sampled_from(["\x00", "%", "_", "9" * 40]))
def test_a_list_asked_for_with_junk_is_answered_with_a_reason(plain_pod: Pod, name: str, junk: str) -> None:
    asked = {name: junk.encode("utf-8", "replace").decode()}
    for path in ("/api/v1/members", "/api/v1/teams"):
        found = plain_pod.wren.client.get(path, query_string=asked, headers={"Authorization": plain_pod.wren.bearer})
        assert found.status_code in (200, 422), found.text

