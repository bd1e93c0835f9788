"""R-06: where a scanner is configured nothing is kept unscanned. The fake daemon and the real one pass one contract."""
from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.referrals.files.scanner import Clamd, ScannerAway, scanner_of
from services.referrals.files.taking import Taken, take
from services.referrals.files.unfit import FOUND, LATER, WRONG_KIND, Unfit
from services.referrals.files.vault import vault_of
from shared.settings import Settings
from tests.support import papers
from tests.support.clamd import STREAM_LIMIT, HandClamd, RealClamd
from tests.support.ground import free_port
from tests.support.require import require


@pytest.fixture(scope="module")
def real_clamd() -> Iterator[RealClamd]:
    require(RealClamd.available(), "ClamAV's daemon (package clamav-daemon)")
    clamd = RealClamd().start()
    yield clamd
    clamd.stop()


@pytest.fixture
def hand_clamd() -> Iterator[HandClamd]:
    clamd = HandClamd().start()
    yield clamd
    clamd.stop()


@pytest.fixture(params=["hand_clamd", "real_clamd"])
def clamd(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def settings(folder: Path, clamd: str = "") -> Settings:
    return Settings(mode="demo", var=folder, clamd=clamd)


def kept(settings: Settings) -> list[Path]:
    return [path for path in settings.files_folder.rglob("*") if path.is_file()]


def test_R_06_contract_of_the_daemon_what_is_clean_and_what_is_not(clamd: Any) -> None:
    for address in clamd.addresses:
        scanner = Clamd(address)
        assert scanner.scan(papers.pdf()) is None
        assert scanner.scan(b"") is None
        assert scanner.scan(os.urandom(300_000)) is None, "more than one chunk"
        assert scanner.scan(papers.EICAR) == "Pod.Test.Eicar.UNOFFICIAL"
        assert scanner.scan(papers.pdf(filling=papers.EICAR)) == "Pod.Test.Eicar.UNOFFICIAL"
        assert scanner.version().startswith("ClamAV ")


def test_R_06_contract_of_the_daemon_what_is_too_long_for_it_has_no_verdict(clamd: Any) -> None:
    for address in clamd.addresses:
        with pytest.raises(ScannerAway, match=r"size limit exceeded|Connection|Broken"):
            Clamd(address).scan(bytes(STREAM_LIMIT * 6))


def test_R_06_a_daemon_that_is_away_gives_no_verdict_at_once(tmp_path: Path) -> None:
    for address in (f"tcp://127.0.0.1:{free_port()}", f"unix:{tmp_path}/no-socket"):
        began = time.monotonic()
        with pytest.raises(ScannerAway, match=address):
            Clamd(address).scan(b"plan")
        assert time.monotonic() - began < 2


def test_R_06_a_daemon_that_does_not_answer_gives_no_verdict_in_time(hand_clamd: HandClamd) -> None:
    hand_clamd.says = ""
    began = time.monotonic()
    with pytest.raises(ScannerAway, match="Timeout"):
        Clamd(hand_clamd.addresses[0], answer=0.2).scan(b"plan")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("words", ["stream: Can't allocate memory ERROR", "COMMAND READ TIMED OUT", "OK", "PONG", "stream: FOUND OK"])
def test_R_06_any_other_answer_is_no_verdict(hand_clamd: HandClamd, words: str) -> None:
    hand_clamd.says = words
    with pytest.raises(ScannerAway):
        Clamd(hand_clamd.addresses[0]).scan(b"plan")


def test_R_06_a_clean_file_is_sealed_and_it_is_known_who_found_it_clean(clamd: Any, tmp_path: Path) -> None:
    here = settings(tmp_path, clamd.addresses[0])
    taken = take(here, "C:\\scans\\plan.pdf", papers.pdf())
    assert isinstance(taken, Taken) and taken.scanner.startswith("ClamAV") and taken.name == "plan.pdf"
    assert (taken.media_type, taken.size) == ("application/pdf", len(papers.pdf()))
    assert vault_of(here).get(taken.id) == papers.pdf()


def test_R_06_a_file_with_a_virus_is_not_kept_and_only_the_log_names_it(clamd: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    here = settings(tmp_path, clamd.addresses[0])
    with caplog.at_level(logging.INFO), pytest.raises(Unfit) as caught:
        take(here, "Rosa Quill.pdf", papers.pdf(filling=papers.EICAR))
    assert caught.value.why == FOUND and "virus" in caught.value.words and "Eicar" not in caught.value.words
    assert kept(here) == []
    assert "Pod.Test.Eicar" in caplog.text and "Rosa" not in caplog.text


def test_R_06_while_the_scanner_is_away_nothing_is_kept_and_one_may_try_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    here = settings(tmp_path, f"tcp://127.0.0.1:{free_port()}")
    with pytest.raises(Unfit) as caught:
        take(here, "Rosa Quill.pdf", papers.pdf())
    assert caught.value.why == LATER and "Try again in a few minutes" in caught.value.words
    assert kept(here) == [] and "Rosa" not in caplog.text


def test_without_a_scanner_files_are_taken_and_it_is_known_that_nobody_looked(tmp_path: Path) -> None:
    assert scanner_of(settings(tmp_path)) is None
    assert take(settings(tmp_path), "plan.pdf", papers.pdf()).scanner == ""


def test_the_scanner_is_not_asked_of_what_is_not_taken_anyway(hand_clamd: HandClamd, tmp_path: Path) -> None:
    with pytest.raises(Unfit) as caught:
        take(settings(tmp_path, hand_clamd.addresses[0]), "plan.pdf", b"MZ program")
    assert caught.value.why == WRONG_KIND and hand_clamd.seen == []


def test_R_06_a_vault_that_cannot_be_written_says_try_again(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(Unfit) as caught:
        take(settings(tmp_path), "plan.pdf", papers.pdf())
    assert caught.value.why == LATER
