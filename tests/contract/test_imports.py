"""Who may import whom: what import-linter cannot say, said here (architecture, "The house")."""
from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ground import ROOT

DOMAIN_MAY = ("shared.ledger.types", "shared.calendar", "shared.pathways", "shared.permissions", "shared.decline_reasons")
#: Pure, but a way to the outside all the same.
NOT_EVEN_FROM_THE_STANDARD_LIBRARY = {"os", "io", "socket", "subprocess", "sqlite3", "threading", "time", "random", "urllib", "http"}
DOORS = {"shared/messaging/consumer.py", "shared/web/mount.py", "shared/runner.py"}
#: Every domain, and what a service keeps beside it that is as pure.
PURE = [*sorted((ROOT / "services").glob("*/domain.py")), ROOT / "services/journeys/state.py",
        ROOT / "services/journeys/decisions.py", ROOT / "services/referrals/rules.py"]
CLOCKS = {"now", "today", "utcnow"}
CODE = [path for folder in ("shared", "services") for path in sorted((ROOT / folder).rglob("*.py"))]


def imported(source: str) -> Iterator[str]:
    """Give every module a source imports, at any depth; of `from a import b` both a and a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from (f"{base}.{alias.name}" for alias in node.names)


def strangers(source: str, service: str = "none") -> list[str]:
    """Give what a domain imports beyond what it may; of its own service it may use what is as pure as itself."""
    return [name for name in imported(source) if not _may(name, service)]


def _may(name: str, service: str) -> bool:
    top = name.split(".")[0]
    if top in sys.stdlib_module_names:
        return top not in NOT_EVEN_FROM_THE_STANDARD_LIBRARY
    if own := _own_module(name, service):
        return strangers(own.read_text(), service) == []
    return any(name == allowed or name.startswith(f"{allowed}.") for allowed in DOMAIN_MAY)


def _own_module(name: str, service: str) -> Path | None:
    parts = name.split(".")
    file = ROOT / "services" / service / f"{parts[2]}.py" if len(parts) > 2 else None
    return file if file and parts[:2] == ["services", service] and file.exists() else None


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_a_domain_knows_nothing_but_words_rules_and_the_calendar(path: Path) -> None:
    assert strangers(path.read_text(), path.parent.name) == []


@pytest.mark.parametrize("path", [*PURE, *sorted((ROOT / "services").glob("*/events.py"))], ids=_name)
def test_what_is_pure_is_told_the_time_and_never_asks_a_clock(path: Path) -> None:
    asked = [node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute) and node.attr in CLOCKS]
    assert asked == []


@pytest.mark.parametrize("line", ["import sqlalchemy", "from shared import database", "from shared.ledger import store",
                                  "import time", "from flask import request", "from services.cafe import store"])
def test_a_domain_that_reaches_outside_is_found(line: str) -> None:
    assert strangers(line)


def test_only_the_doors_know_nameko_and_eventlet() -> None:
    def is_door(path: Path) -> bool:
        return _name(path) in DOORS or (path.name == "service.py" and path.parent.parent.name == "services")
    found = [f"{_name(path)}: {name}" for path in CODE if not is_door(path)
             for name in imported(path.read_text()) if name.split(".")[0] in ("nameko", "eventlet")]
    assert found == []


def test_no_file_is_more_than_four_hundred_lines() -> None:
    long = [_name(path) for path in [*CODE, *(ROOT / "tests").rglob("*.py")] if len(path.read_text().splitlines()) > 400]
    assert long == []


def test_the_command_patches_before_it_imports_what_waits() -> None:
    code = "import sys, shared.cli; print(sorted({'eventlet', 'psycopg', 'sqlalchemy', 'kombu'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
