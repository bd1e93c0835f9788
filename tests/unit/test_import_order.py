"""What waits is imported only after eventlet has patched; else one waiting query stops every greenthread."""
from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.ground import ROOT


def _python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("module", ["psycopg", "pika", "sqlalchemy", "shared.database"])
def test_a_library_imported_before_the_patch_is_refused(module: str) -> None:
    done = _python(f"import {module}\nimport shared.runner")
    assert done.returncode != 0
    assert "shared.runner must be imported before" in done.stderr


def test_the_runner_patches_before_it_imports_what_waits() -> None:
    done = _python("import shared.runner, psycopg, psycopg.waiting, eventlet.patcher, os, select, socket, threading\n"
                   "assert eventlet.patcher.is_monkey_patched('socket') and eventlet.patcher.is_monkey_patched('select')\n"
                   "assert psycopg.waiting.wait is psycopg.waiting.wait_select, psycopg.waiting.wait\n"
                   "assert psycopg.waiting.select is select and not hasattr(select, 'epoll')\n"
                   "print('green')")
    assert done.stdout.strip() == "green", done.stderr[-2000:]


def test_the_command_line_imports_nothing_that_waits_before_the_runner() -> None:
    done = _python("import shared.cli, sys\nprint(sorted({'psycopg', 'pika', 'sqlalchemy'} & set(sys.modules)))")
    assert done.stdout.strip() == "[]", done.stderr[-2000:]
