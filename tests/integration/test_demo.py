"""The invented city: nobody real, something on every page, and made anew as often as one likes."""
from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from stdnum.gb import nhs
from werkzeug.serving import make_server

from shared import demo, demo_acts
from shared.calendar import due_after_working_days, london_day
from shared.room import Room
from shared.settings import Settings, SettingsError
from shared.suite import rooms_for


def rooms_in(folder: Path) -> list[Room]:
    rooms = rooms_for(Settings(mode="demo", cookie_secure=False, secret_key="a secret of at least thirty-two characters", var=folder))
    for room in rooms:
        with room.database.transaction() as connection:
            room.metadata.create_all(connection)
    return rooms


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Room]]:
    rooms = rooms_in(tmp_path_factory.mktemp("var"))
    demo.seed(rooms)
    yield {room.name: room for room in rooms}
    for room in rooms:
        room.database.dispose()


def rows(room: Room, table: str) -> list[Any]:
    with room.database.read() as connection:
        return list(connection.execute(sa.select(room.metadata.tables[table])).mappings())


def journeys(city: dict[str, Room]) -> dict[str, Any]:
    """Give every journey by its citizen's name, as the API shows it."""
    client = demo._client(city["journeys"])
    token = demo.issue_demo(city["journeys"].settings, "manager")
    listed = client.get("/api/v1/journeys?limit=200", headers={"Authorization": f"Bearer {token}"}).get_json()
    return {one["citizen"]["name"]: one for one in listed["items"]}


def test_nobody_of_the_city_is_real() -> None:
    """Every NHS number is well formed and of the range 999, which is issued to nobody."""
    numbers = [one["nhs_number"] for one in demo.tomllib.loads(demo.FILE.read_text(encoding="utf-8"))["citizen"]]
    assert len(set(numbers)) >= 20
    assert [number for number in numbers if not (number.startswith("999") and nhs.is_valid(number))] == []


def test_referrals_stand_in_every_state_and_one_may_be_a_duplicate(city: dict[str, Room]) -> None:
    client = demo._client(city["referrals"])
    token = demo.issue_demo(city["referrals"].settings, "manager")
    listed = client.get("/api/v1/referrals?limit=200", headers={"Authorization": f"Bearer {token}"}).get_json()["items"]
    assert {one["state"] for one in listed} == {"received", "complete", "accepted", "declined", "withdrawn"}
    assert Counter(citizen["name"] for citizen in demo.tomllib.loads(demo.FILE.read_text(encoding="utf-8"))["citizen"])["Samuel Achebe"] == 2


def referral(city: dict[str, Room], name: str, newest: bool = True) -> dict[str, Any]:
    """Give a citizen's newest referral, or their first, as the manager is shown it."""
    client, bearer = demo._client(city["referrals"]), {"Authorization": f"Bearer {demo.issue_demo(city['referrals'].settings, 'manager')}"}
    listed = client.get("/api/v1/referrals?limit=200", headers=bearer).get_json()["items"]
    mine = [one["id"] for one in listed if one["citizen"] == name]
    return dict(client.get(f"/api/v1/referrals/{mine[0 if newest else -1]}", headers=bearer).get_json())


def test_R_10_one_answer_is_due_on_the_next_working_day_and_one_is_late(city: dict[str, Room]) -> None:
    on, late = (next(one for one in referral(city, name)["targets"] if one["kind"] == "response")
                for name in ("Xanthe Morales", "Yusra Haddad"))
    assert on["due_on"] == demo_acts.working_day(london_day(datetime.now(UTC)), 0).isoformat()
    assert on["state"] != "met" and late["state"] == "overdue"


def test_R_14_a_question_waits_another_is_answered_and_what_was_amended_shows(city: dict[str, Room]) -> None:
    assert [one["answer"] for one in referral(city, "Zofia Lewandowska")["questions"]] == [None]
    answered = referral(city, "Anselm Oyelaran")
    assert answered["questions"][0]["answer"]["by"] == "Amara Osei" and answered["commitment_months"] == 9
    assert {one["field"] for one in answered["amendments"][0]["changes"]} == {
        "commitment_months", "citizen.telephone", "citizen.contact_when"}


def test_R_06_R_03_a_document_lapses_soon_and_a_named_person_goes(city: dict[str, Room]) -> None:
    sent = {(one["event_type"], one["role"]) for one in rows(city["notifications"], "notifications")}
    assert {("referral.document_lapsing", "practitioner"), ("referral.named_person_needed", "practitioner")} <= sent
    assert referral(city, "Caspian Doyle")["named_person_goes_on"] and referral(city, "Brigid Mwangi")["state"] == "complete"


def test_R_07_a_meeting_is_offered_another_can_be_and_a_third_was_held(city: dict[str, Room]) -> None:
    ahead = demo_acts.working_day(london_day(datetime.now(UTC)), -1).isoformat()
    assert referral(city, "Delphine Arnaud")["meeting"]["offered"]["starts_at"].startswith(ahead)
    free = referral(city, "Emeka Lindholm")["meeting"]
    assert free["offered"] is None and free["slots"]
    assert referral(city, "Fenella Strand")["meeting"]["held_at"] and journeys(city)["Fenella Strand"]["state"] == "open"


def test_R_11_two_referred_themselves_and_one_has_a_journey_without_a_practitioner(city: dict[str, Room]) -> None:
    waits, goes_on = referral(city, "Gwydion Price"), referral(city, "Halcyon Reyes")
    assert (waits["self_referral"], waits["state"], waits["referrer"]) == (True, "complete", None)
    assert goes_on["state"] == "accepted" and journeys(city)["Halcyon Reyes"]["practitioner"] is None


def test_R_09_somebody_referred_is_in_hospital_under_section_3(city: dict[str, Room]) -> None:
    assert [(one["ward"], one["legal_status"]) for one in referral(city, "Isolde Fairweather")["in_hospital"]] == [("Aspen", "03")]


def test_R_13_a_possible_duplicate_waits_and_another_was_kept(city: dict[str, Room]) -> None:
    assert referral(city, "Samuel Achebe")["settled"] is None
    assert referral(city, "Jolyon Tran")["settled"]["outcome"] == "kept"


def test_a_referral_is_half_written_and_can_be_taken_up(city: dict[str, Room]) -> None:
    bearer = {"Authorization": f"Bearer {demo.issue_demo(city['referrals'].settings, 'practitioner')}"}
    (one,) = demo._client(city["referrals"]).get("/api/v1/drafts", headers=bearer).get_json()["items"]
    found, check = (demo._client(city["referrals"]).get(f"/api/v1/drafts/{one['id']}{path}", headers=bearer).get_json() for path in ("", "/check"))
    assert found["referral"]["citizen"]["name"] == "Kerenza Blythe" and not check["acceptable"]


@pytest.mark.parametrize("today", ["2026-11-22", "2026-12-26", "2027-03-29", "2026-11-23", "2026-11-20"])
def test_a_working_day_is_found_around_every_week_end_and_holiday(today: str) -> None:
    """Due in so many working days from a day on is due on the working day the city is made, or the next."""
    day = date.fromisoformat(today)
    begun = demo_acts.working_days_before(day, 2)
    due = due_after_working_days(datetime(begun.year, begun.month, begun.day, 9, tzinfo=UTC), 2)
    assert london_day(due) == demo_acts.working_day(day, 0)
    assert demo_acts.working_day(day, -1) > day > demo_acts.working_day(day, 1)


def test_journeys_show_each_of_their_stories(city: dict[str, Room]) -> None:
    found = journeys(city)
    assert {one["state"] for one in found.values()} == {"open", "closing", "closed"}
    assert {name for name, one in found.items() if one["inpatient"]} == {"Inês Carvalho", "Jakub Nowak", "Rosa Bianchi"}
    assert not found["Esther Okafor"]["development_worker"] and found["Finn O’Rourke"]["development_worker"]


def test_the_development_worker_and_the_practitioner_were_told_and_told_of_corrections(city: dict[str, Room]) -> None:
    sent = rows(city["notifications"], "notifications")
    assert {one["event_type"] for one in sent} >= {
        "referral.received", "referral.accepted", "referral.declined", "referral.withdrawn", "referral.allocated", "journey.allocated",
        "journey.opened", "journey.admission_recorded", "journey.discharge_recorded", "journey.death_recorded", "journey.review_overdue",
        "journey.closing_set", "journey.transition_recorded"}
    assert {one["event_type"] for one in sent if one["correction_of"]} >= {"journey.admission_recorded", "journey.death_recorded"}


def test_the_directory_has_who_works_with_citizens_and_other_services_heard_of_them(city: dict[str, Room]) -> None:
    people = {one["email"]: one for one in rows(city["referrals"], "members") if one["state"] == "confirmed"}
    assert Counter((one["kind"], one["roles"]) for one in people.values()) == {
        ("practitioner", ""): 5, ("pod", "worker"): 3, ("pod", "manager"): 1}
    assert {one["id"] for one in rows(city["journeys"], "members")} == {one["id"] for one in people.values()}
    told = [one for one in rows(city["notifications"], "notifications") if one["recipient"] == "helen.marsh@pod.example"]
    assert {one["event_type"] for one in told if one["role"] == "manager"} >= {"journey.opened", "journey.review_overdue"}


def test_N_05_no_message_of_the_city_names_a_citizen(city: dict[str, Room]) -> None:
    names = {word for one in demo.tomllib.loads(demo.FILE.read_text(encoding="utf-8"))["citizen"] for word in one["name"].split()}
    said = " ".join(f"{one['subject']} {one['text']}" for one in rows(city["notifications"], "notifications"))
    assert {word for word in names if word in said.split()} == set()


def test_events_of_three_kinds_and_more_are_parked_with_their_reasons(city: dict[str, Room]) -> None:
    assert {one["reason"] for one in rows(city["journeys"], "parked")} == {
        "unknown_type", "bad_nhs_number", "time_out_of_range", "invalid_data"}


def test_the_stories_lie_in_the_past_and_nothing_waits(city: dict[str, Room]) -> None:
    now = datetime.now(UTC)
    said = [one["received_at"] for one in rows(city["journeys"], "statements")]
    assert max(said) <= now and min(said) < now - timedelta(days=90)
    assert [one for room in city.values() for one in rows(room, "outbox") if one["published_at"] is None] == []
    assert abs(city["journeys"].database.run(city["journeys"].database.now) - now) < timedelta(minutes=1)


def test_a_city_that_is_there_is_left_alone_and_an_emptied_one_is_made_anew(tmp_path: Path) -> None:
    rooms = rooms_in(tmp_path)
    started = time.process_time()
    made = demo.seed_if_empty(rooms)
    took = time.process_time() - started
    assert made >= 20 and demo.seed_if_empty(rooms) == 0
    for room in rooms:
        demo.empty(room)
    assert demo.seed_if_empty(rooms) == made
    assert took < 10, f"{took:.1f} s of a core"  # less than 4 s alone; other runs on the same core make it more


def test_outside_demo_mode_nothing_is_made_nor_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert demo.seed_if_empty(rooms_for(Settings(var=tmp_path, secret_key="x" * 40, oidc_issuer="https://id.example"))) == 0
    for name, value in (("MODE", "server"), ("SECRET_KEY", "x" * 40), ("OIDC_ISSUER", "https://id.example"),
                        ("OIDC_CLIENT_ID", "pod"), ("OIDC_CLIENT_SECRET", "s"), ("VAR", str(tmp_path))):
        monkeypatch.setenv(f"POD_{name}", value)
    with pytest.raises(SettingsError, match="demo mode only"):
        demo.main()


def test_pod_demo_refuses_while_the_suite_runs_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                  capsys: pytest.CaptureFixture[str]) -> None:
    def alive(environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]
    server = make_server("127.0.0.1", 0, alive)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in (("MODE", "demo"), ("VAR", str(tmp_path)), ("HTTP", f"127.0.0.1:{server.server_port}")):
        monkeypatch.setenv(f"POD_{name}", value)
    assert demo.main() == 1
    server.shutdown()
    assert "Stop it" in capsys.readouterr().err and not list(tmp_path.glob("*.db"))
