"""Settings: a wrong or missing one is named, all at once, before anything starts."""
from __future__ import annotations

import stat
from pathlib import Path

import pytest

from shared.settings import SETTINGS, Settings, SettingsError, demo_secret, load

SERVER = {"POD_SECRET_KEY": "k" * 32, "POD_OIDC_ISSUER": "https://issuer.example", "POD_OIDC_CLIENT_ID": "pod",
          "POD_OIDC_CLIENT_SECRET": "hush"}


def faults(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(environ)
    return caught.value.faults


def test_a_server_without_its_secrets_is_refused_and_each_is_named() -> None:
    named = {fault.split(":")[0] for fault in faults({})}
    assert named == {"POD_SECRET_KEY", "POD_OIDC_ISSUER", "POD_OIDC_CLIENT_ID", "POD_OIDC_CLIENT_SECRET"}


@pytest.mark.parametrize(("name", "value"), [
    ("POD_MODE", "party"), ("POD_AMQP_URL", "http://broker"), ("POD_DATABASE_URL", "postgresql://host/pod"),
    ("POD_DATABASE_URL", "mysql://host/{service}"), ("POD_HTTP", "8000"), ("POD_HTTP", "host:99999"), ("POD_BATCH", "0"),
    ("POD_WORKERS", "many"), ("POD_COOKIE_SECURE", "perhaps"), ("POD_OIDC_ISSUER", "issuer.example"),
    ("POD_FILES_KEY", "too short"), ("POD_FILES_KEY", "b" * 44), ("POD_FILES_KEY", "b29v,"), ("POD_CLAMD", "127.0.0.1:3310"),
    ("POD_CLAMD", "tcp://clamav"), ("POD_CLAMD", "unix:clamd.sock"), ("POD_TRUSTED_PROXIES", "-1"), ("POD_SECRET_KEY", "short"), ("POD_COLOUR", "blue"), ("POD_DPO_EMAIL", "nobody"),
    ("POD_HELP_EMAIL", "two words@council.example"), ("POD_EMAIL", "pod"), ("POD_TELEPHONE", "7946 0123"), ("POD_TELEPHONE", "020 7946 0123 ext"),
    ("POD_TELEPHONE", "020 7946 0123, 020 7946 0124"), ("POD_ADDRESS", "The Pod\nWestmere"),
])
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    assert [fault for fault in faults({**SERVER, name: value}) if fault.startswith(name)]


def test_every_fault_is_found_at_once() -> None:
    found = faults({**SERVER, "POD_HTTP": "x", "POD_BATCH": "x", "POD_COLOUR": "x"})
    assert len(found) == 3


def test_no_fault_repeats_a_secret() -> None:
    found = faults({**SERVER, "POD_AMQP_URL": "http://pod:hush-hush@host", "POD_DATABASE_URL": "mysql://pod:hush-hush@host/x"})
    assert "hush-hush" not in " ".join(found)


def test_a_secret_is_read_from_the_file_it_is_mounted_as(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("f" * 40 + "\n")
    environ = {**SERVER, "POD_SECRET_KEY_FILE": str(file)}
    assert load(environ).secret_key == "f" * 40


def test_a_secret_file_that_is_not_there_is_named() -> None:
    assert any("POD_SECRET_KEY" in fault for fault in faults({**SERVER, "POD_SECRET_KEY_FILE": "/nowhere/key"}))


def test_the_database_of_each_service_comes_from_one_url() -> None:
    assert Settings(database_url="postgresql://h/pod_{service}").database_for("cafe") == "postgresql://h/pod_cafe"
    assert Settings(var=Path("v")).database_for("cafe") == "sqlite:///v/cafe.db"


def test_the_demo_makes_its_own_secret_once_for_its_owner_only(tmp_path: Path) -> None:
    first = load({"POD_MODE": "demo", "POD_VAR": str(tmp_path / "var")})
    assert first.demo and first.embedded and not first.cookie_secure
    assert len(first.secret_key) >= 32
    assert load({"POD_MODE": "demo", "POD_VAR": str(tmp_path / "var")}).secret_key == first.secret_key
    assert demo_secret(tmp_path / "var") == first.secret_key
    assert stat.S_IMODE((tmp_path / "var" / "demo-secret").stat().st_mode) == 0o600


def test_the_demo_is_run_by_an_invented_council_unless_it_is_told_another(tmp_path: Path) -> None:
    demo = load({"POD_MODE": "demo", "POD_VAR": str(tmp_path), "POD_ORGANISATION": "Westmere City Council"})
    assert demo.organisation == "Westmere City Council" and demo.dpo_email.endswith("@council.example")
    assert load(SERVER).organisation == ""


def test_the_number_of_the_demo_rings_nowhere_and_a_real_one_is_taken_as_it_is_written(tmp_path: Path) -> None:
    # Ofcom keeps 020 7946 0000 to 0999 free for drama
    assert load({"POD_MODE": "demo", "POD_VAR": str(tmp_path)}).telephone.startswith("020 7946 0")
    assert load({**SERVER, "POD_TELEPHONE": "+44 (0)20 7946-0123"}).telephone == "+44 (0)20 7946-0123"
    assert load(SERVER).telephone == ""


def test_every_setting_has_a_field_and_a_purpose() -> None:
    assert {s.name[4:].lower() for s in SETTINGS} == set(Settings.__dataclass_fields__)
    assert all(setting.purpose for setting in SETTINGS)
