"""The doctor on documents: key, folder and scanner, each with what to do."""
from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.referrals.files.checkup import Told, insist, look
from services.referrals.files.keys import Keyring
from services.referrals.files.vault import Vault
from shared import doctor
from shared.settings import Settings, SettingsError, load
from shared.suite import SERVICES, service_class
from tests.support.clamd import HandClamd
from tests.support.ground import free_port

OLD, NEW = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))


@pytest.fixture
def clamd() -> Iterator[HandClamd]:
    made = HandClamd().start()
    yield made
    made.stop()


def server(folder: Path, **more: object) -> Settings:
    return Settings(**{"mode": "server", "var": folder, "files_key": OLD, **more})  # type: ignore[arg-type]


def told(settings: Settings, about: str) -> Told:
    return next(one for one in look(settings) if one.subject.startswith(about))


def test_a_fresh_demo_is_warned_of_no_more_than_that_nobody_scans_and_nothing_is_written(tmp_path: Path) -> None:
    settings = Settings(mode="demo", var=tmp_path)
    assert [one.subject for one in look(settings) if one.remedy] == ["virus scanner"] and told(settings, "virus scanner").mild
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_shows_it_with_the_rest(tmp_path: Path) -> None:
    found = [str(one) for one in doctor.examine(load({"POD_MODE": "demo", "POD_VAR": str(tmp_path)}))]
    assert "warn  virus scanner: none: documents are not scanned. Install ClamAV's daemon and set POD_CLAMD" in found


def test_a_server_without_a_key_is_refused_and_told_how_to_make_one(tmp_path: Path) -> None:
    keyless = server(tmp_path, files_key="")
    with pytest.raises(SettingsError, match="POD_FILES_KEY: missing"):
        insist(keyless)
    assert "openssl rand -base64 32" in told(keyless, "setting").remedy and not told(keyless, "setting").mild
    insist(server(tmp_path))
    insist(Settings(mode="demo", var=tmp_path))


def test_only_referrals_needs_the_key_so_that_the_other_four_need_not_be_given_it() -> None:
    assert [name for name in SERVICES if hasattr(service_class(name), "needs")] == ["referrals"]


def test_a_scanner_that_answers_is_named_and_one_that_is_away_is_a_fault(tmp_path: Path, clamd: HandClamd) -> None:
    well = told(server(tmp_path, clamd=clamd.addresses[0]), "virus scanner")
    assert well.found == "answers: ClamAV 1.4.6" and not well.remedy
    away = told(server(tmp_path, clamd=f"tcp://127.0.0.1:{free_port()}"), "virus scanner")
    assert "cannot be asked" in away.found and "no document is taken" in away.remedy and not away.mild


def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        found = told(server(tmp_path, files=folder), "folder of documents")
        assert found.found == "cannot be written" and "POD_FILES" in found.remedy and not found.mild
    assert not told(server(tmp_path), "folder of documents").remedy


def test_a_folder_others_can_look_into_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    os.chmod(tmp_path / "files", 0o755)
    assert told(server(tmp_path), "folder of documents").mild
    os.chmod(tmp_path / "files", 0o700)
    assert told(server(tmp_path), "folder of documents").found == "can be written"


def test_it_is_said_when_an_older_key_may_be_thrown_away(tmp_path: Path) -> None:
    Vault(tmp_path / "files", Keyring.of(server(tmp_path))).put(b"plan")
    both = server(tmp_path, files_key=f"{NEW}, {OLD}")
    assert told(both, "keys of documents").found == "an older one is still needed, for 1 of them" and told(both, "keys").mild
    Vault(tmp_path / "files", Keyring.of(both)).rewrap()
    assert "may be taken out" in told(both, "keys of documents").found and not told(both, "keys").remedy
    assert [one for one in look(server(tmp_path)) if one.subject.startswith("keys")] == []
