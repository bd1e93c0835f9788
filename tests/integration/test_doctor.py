"""`pod doctor` says everything that is wrong, and what to do, and nothing secret."""
from __future__ import annotations

from pathlib import Path

import pytest

from shared import doctor, migrate
from shared.settings import load
from shared.suite import rooms_for
from tests.support.broker import Broker
from tests.support.ground import free_port

SERVER = {"POD_MODE": "server", "POD_SECRET_KEY": "k" * 40, "POD_OIDC_ISSUER": "https://issuer.example",
          "POD_OIDC_CLIENT_ID": "pod", "POD_OIDC_CLIENT_SECRET": "hush-hush",
          "POD_FILES_KEY": "a2VlcCBpdCBzZWNyZXQsIGtlZXAgaXQgc2FmZSEhISE="}


def _wrong(settings) -> list[str]:
    return [finding.subject for finding in doctor.examine(settings) if finding.remedy and not finding.mild]


def test_all_faults_of_the_settings_are_shown_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main({"POD_MODE": "server", "POD_HTTP": "nowhere", "POD_BATCH": "0", "POD_COLOUR": "blue"}) == 1
    shown = capsys.readouterr().out
    for name in ("POD_HTTP", "POD_BATCH", "POD_COLOUR"):
        assert f"WRONG setting: {name}" in shown


def test_a_fresh_demo_has_no_fault_and_the_doctor_writes_nothing(tmp_path: Path) -> None:
    settings = load({"POD_MODE": "demo", "POD_VAR": str(tmp_path)})
    before = set(tmp_path.iterdir())
    assert [subject for subject in _wrong(settings) if subject not in ("migrations", "front-end files")] == []
    assert set(tmp_path.iterdir()) == before


def test_what_cannot_be_reached_is_named_without_its_password(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    environ = {**SERVER, "POD_VAR": str(tmp_path), "POD_AMQP_URL": f"amqp://pod:hush-hush@127.0.0.1:{port}/",
               "POD_DATABASE_URL": f"postgresql://pod:hush-hush@127.0.0.1:{port}/{{service}}"}
    assert doctor.main(environ) == 1
    shown = capsys.readouterr().out
    assert f"WRONG broker at 127.0.0.1:{port}: cannot be reached" in shown
    assert "WRONG database of cafe" in shown
    assert "hush-hush" not in shown


def test_real_servers_are_found_well(broker: Broker, vhost_url: str, suite_database_url: str, tmp_path: Path) -> None:
    settings = load({**SERVER, "POD_VAR": str(tmp_path), "POD_AMQP_URL": vhost_url, "POD_DATABASE_URL": suite_database_url})
    assert [subject for subject in _wrong(settings) if subject not in ("migrations", "front-end files")] == []


def test_a_broker_that_refuses_us_is_told_from_one_that_is_away(broker: Broker, tmp_path: Path) -> None:
    settings = load({**SERVER, "POD_VAR": str(tmp_path), "POD_AMQP_URL": broker.url("no-such-place")})
    assert any("refuses us" in finding.found for finding in doctor.examine(settings))
    settings = load({**SERVER, "POD_VAR": str(tmp_path), "POD_AMQP_URL": broker.url("/", password="wrong")})
    assert any("refuses us" in finding.found for finding in doctor.examine(settings))


def test_N_01_a_rule_that_is_on_and_reaches_nobody_is_a_warning_and_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"POD_MODE": "demo", "POD_VAR": str(tmp_path)}
    for room in rooms_for(load(environ)):
        migrate.upgrade(room)
    found = doctor.examine(load(environ))
    warning = next(str(finding) for finding in found if finding.mild and "journey-opened" in finding.found)
    assert warning == ("warn  notifications: the rule journey-opened is on and reaches nobody: the directory has no manager. "
                       "Add one on /referrals/directory, or an address on /notifications/rules, or turn the rule off")
    wrong = any(finding.remedy and not finding.mild for finding in found)
    assert doctor.main(environ) == int(wrong) and warning in capsys.readouterr().out


def test_a_server_whose_public_notices_name_nobody_is_warned_and_no_fault(tmp_path: Path) -> None:
    council = {"POD_ORGANISATION": "Westmere City Council", "POD_DPO_EMAIL": "dpo@westmere.example"}
    found = [str(one) for one in doctor.examine(load({**SERVER, **council, "POD_VAR": str(tmp_path)})) if one.subject == "public notices"]
    assert found == ["warn  public notices: do not say everything they must: POD_HELP_EMAIL unset. Set what is missing"]
    whole = load({**SERVER, **council, "POD_VAR": str(tmp_path), "POD_HELP_EMAIL": "pod@westmere.example"})
    assert "ok    public notices: name Westmere City Council" in map(str, doctor.examine(whole))


def test_a_server_whose_pages_cannot_say_how_to_reach_the_pod_is_warned_and_no_fault(tmp_path: Path) -> None:
    def reached(**more: str) -> list[str]:
        return [str(one) for one in doctor.examine(load({**SERVER, "POD_VAR": str(tmp_path), **more})) if one.subject == "getting in touch"]
    assert reached(POD_EMAIL="pod@westmere.example") == [
        "warn  getting in touch: pages cannot say how to reach the Pod: POD_TELEPHONE, POD_ADDRESS unset. Set what is missing"]
    assert reached(POD_EMAIL="pod@westmere.example", POD_TELEPHONE="020 7946 0123", POD_ADDRESS="The Pod") == ["ok    getting in touch: pages give 020 7946 0123"]


def test_the_command_itself_finds_psycopg_waiting_green(start_pod) -> None:
    process = start_pod("doctor")
    process.wait()
    assert "ok    psycopg" in process.tail()
