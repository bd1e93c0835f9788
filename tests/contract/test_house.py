"""What anybody may open reads right: the words people use, and no address of a machine or a registry."""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.ground import ROOT

#: What nobody here calls a citizen; in the words people read a "case" is one of these too.
NEVER = re.compile(r"\b(patients?|service[ _-]users?)\b", re.IGNORECASE)
NEVER_SHOWN = re.compile(r"\b(patients?|service[ _-]users?|clients?|cases?)\b", re.IGNORECASE)
#: Written in two halves, for this file is looked at as well.
HOSTS = re.compile("|".join(("pypi" r"\.org", "python" r"hosted\.org", "npm" r"js\.(org|com)")))
PLACES = re.compile("(?<![A-Za-z0-9._-])/(" + "|".join(("home", "root", "work", "Users")) + ")/")
#: A time of day made into text: `shared.calendar` says how people read it; beside a day in figures it is for machines.
CLOCK = re.compile(r"(?<!%Y-%m-%d[T ])%H|%-?I\b|%p\b|%X|toLocale(Time)?String|%-H")
KINDS = (".py", ".toml", ".md", ".html", ".json", ".yaml", ".in", ".lock", ".sh", ".css", ".js", "")
FOLDERS = ("shared", "services", "tests", "docs", "deploy", "publisher", ".ci")


def files(*folders: str, kinds: tuple[str, ...] = KINDS) -> Iterator[Path]:
    """Give the project's own files; what set-up fetches and what runs leave behind are not."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in kinds and not {"vendor", "__pycache__"} & set(path.parts):
                yield path


def hits(pattern: re.Pattern[str], paths: Iterator[Path]) -> list[str]:
    return [f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}" for path in paths
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1) if pattern.search(line)]


def top() -> Iterator[Path]:
    yield from (path for path in sorted(ROOT.iterdir()) if path.is_file() and path.suffix in KINDS and path.name != ".git")


def test_a_citizen_is_called_nothing_else_in_code() -> None:
    assert hits(NEVER, files("shared", "services", "deploy")) == []


def test_a_citizen_is_called_nothing_else_on_pages_in_rules_and_in_events() -> None:
    assert hits(NEVER_SHOWN, files("services", "shared", kinds=(".html", ".toml", ".json"))) == []
    assert hits(NEVER_SHOWN, iter([ROOT / "docs/events.md", ROOT / "docs/asyncapi.yaml"])) == []


def test_no_page_and_no_message_writes_a_time_in_a_way_of_its_own() -> None:
    assert hits(CLOCK, files("services", "shared", kinds=(".py", ".html", ".js"))) == []


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    assert hits(HOSTS, files(*FOLDERS)) + hits(HOSTS, top()) == []
    assert hits(PLACES, files(*FOLDERS)) + hits(PLACES, top()) == []


def test_every_locked_package_has_one_version_and_its_hashes_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert "://" not in text and "--index" not in text and "--extra-index" not in text
    named = {re.split(r"[\[<>=~! ;]", line)[0].lower().replace("_", "-") for name in ("requirements.in", "requirements-test.in")
             for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-"))}
    assert named <= {entry.split("==")[0].split("[")[0].lower().replace("_", "-") for entry in entries}
