"""The doctor on documents: key, folder and scanner, each with what to do."""
from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.referrals.files import records
from services.referrals.files.checkup import Told, insist, look
from services.referrals.files.keys import Keyring
from services.referrals.files.vault import Vault
from shared import doctor
from shared.settings import Settings, SettingsError, load
from shared.suite import SERVICES, service_class
from tests.integration.files_room import DRAFT, FilesPod
from tests.support import papers
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


@pytest.fixture(params=["sqlite", "postgresql"])
def pod(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FilesPod]:
    """Give a referrals service with two documents, sealed under an old key."""
    made = FilesPod(tmp_path, "" if request.param == "sqlite" else request.getfixturevalue("postgres").new_database())
    for number in range(2):
        answer = made.app.test_client().post("/api/v1/papers", data={"file": (io.BytesIO(papers.pdf(filling=bytes([number]))), "plan.pdf")},
                                             headers={"Authorization": made.amara.bearer}, content_type="multipart/form-data")
        assert answer.status_code == 201, answer.text
    yield made
    made.room.database.dispose()


def both_keys(pod: FilesPod) -> Settings:
    """Give its settings with a newer key before the one it seals with."""
    return replace(pod.settings, files_key=f"{NEW}, {base64.b64encode(Keyring.of(pod.settings).newest.secret).decode()}")


def test_R_06_a_folder_that_is_not_mounted_is_a_fault_and_no_key_is_said_to_be_of_no_use(pod: FilesPod) -> None:
    settings = both_keys(pod)
    pod.settings.files_folder.rename(pod.settings.files_folder.with_name("elsewhere"))
    found, keys = told(settings, "folder of documents"), told(settings, "keys of documents")
    assert found.found == "is not there, and lacks 2 of the 2 documents the database knows"
    assert "Mount it, or mend POD_FILES" in found.remedy and not found.mild
    assert "cannot be judged" in keys.found and "Leave all of them in POD_FILES_KEY" in keys.remedy
    pod.settings.files_folder.mkdir(mode=0o700)  # the empty folder a share is mounted on
    assert told(settings, "folder of documents").found == "lacks 2 of the 2 documents the database knows"


def test_R_06_a_document_that_is_lost_is_counted_and_one_that_was_let_go_is_not(pod: FilesPod) -> None:
    assert told(pod.settings, "folder of documents").found == "can be written"
    first, second = pod.files()
    with pod.room.database.transaction() as connection:
        records.release(connection, DRAFT, first.id)
    Vault(pod.settings.files_folder, Keyring.of(pod.settings)).remove(first.id)
    assert told(pod.settings, "folder of documents").found == "can be written"
    Vault(pod.settings.files_folder, Keyring.of(pod.settings)).remove(second.id)
    assert told(pod.settings, "folder of documents").found == "lacks the document the database knows"


def test_while_every_document_is_here_older_keys_are_judged_by_them(pod: FilesPod) -> None:
    settings = both_keys(pod)
    assert told(settings, "keys of documents").found == "an older one is still needed, for 2 of them"
    Vault(settings.files_folder, Keyring.of(settings)).rewrap()
    assert "may be taken out" in told(settings, "keys of documents").found


def test_a_database_that_is_away_or_has_no_tables_yet_keeps_the_doctor_from_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    for url in (f"sqlite:///{tmp_path}/empty.db", f"postgresql://nobody@127.0.0.1:{free_port()}/none"):
        settings = server(tmp_path, database_url=url)
        assert told(settings, "folder of documents").found == "is made by the first document"
