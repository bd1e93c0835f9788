"""docs/referrals.md is true: every command of it is run against the suite, and every answer is as it says."""
from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support import papers
from tests.support.ground import ROOT
from tests.support.suite import Suite, bare

PAGE = ROOT / "docs" / "referrals.md"
#: Keeps what each command was answered, beside giving it on: the status and the body.
KEEPING = """
curl() {
  local n; n=$(($(ls answers | wc -l) + 1))
  printf -v n %03d "$n"
  command curl -sS -o "answers/$n" -w '%{http_code}\\n' "$@" >> statuses && cat "answers/$n"
}
"""
BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$|^Answered `(\d{3})`", re.MULTILINE | re.DOTALL)


def parts() -> list[tuple[str, str]]:
    """Give the commands, the statuses and the answers of the page, in order."""
    return [("answered", found[3]) if found[3] else (found[1], found[2]) for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def holds(said: Any, real: Any) -> bool:
    """Say whether all that is said is so; `…` stands for anything, and what is not said may be there."""
    if isinstance(said, dict):
        return isinstance(real, dict) and all(name in real and holds(value, real[name]) for name, value in said.items())
    if isinstance(said, list):
        return isinstance(real, list) and len(real) >= len(said) and all(map(holds, said, real))
    return said == "…" or bool(said == real)


@pytest.fixture(scope="module")
def ran(embedded: Suite, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[str]]:
    """Run the page's commands from top to end; give the statuses and the bodies."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "answers").mkdir()
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "risk-assessment.pdf").write_bytes(papers.pdf())
    script = KEEPING + "".join(text for kind, text in parts() if kind == "sh").replace("http://127.0.0.1:8000", embedded.base)
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, timeout=90,
                          env=bare(embedded.env) | {"PATH": os.environ["PATH"]})
    assert done.returncode == 0, f"{done.stderr[-2000:]}\n{(folder / 'statuses').read_text()}"
    return (folder / "statuses").read_text().split(), [path.read_text() for path in sorted((folder / "answers").iterdir())]


def test_every_command_is_answered_as_the_page_says(ran: tuple[list[str], list[str]]) -> None:
    assert [text for kind, text in parts() if kind == "answered"] == ran[0]


def test_every_answer_shown_is_one_that_comes(ran: tuple[list[str], list[str]]) -> None:
    """Given what each command was answered, I expect in it all that the page shows of it."""
    number, shown = 0, 0
    for kind, text in parts():
        number += kind == "answered"
        if kind == "json":
            shown += 1
            assert holds(json.loads(text), json.loads(ran[1][number - 1])), f"{text}\nreally: {ran[1][number - 1]}"
    assert shown > 10


def test_the_page_leads_to_the_events_and_names_none_that_is_not_there() -> None:
    text, events = PAGE.read_text(encoding="utf-8"), Path(ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:referral|hospital|keyworker|citizen|journey)\.\w+)`", text))
    assert len(named) > 20 and [name for name in sorted(named) if f"### {name} " not in events] == []
