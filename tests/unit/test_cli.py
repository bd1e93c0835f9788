"""The `pod` command reads its words; what it hands them to is tested elsewhere."""
from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from shared import cli
from shared.permissions import ROLES


def parse(*words: str):
    return cli.parser().parse_args(words)


def test_parsing_the_words_imports_nothing_that_waits() -> None:
    code = ("import sys; from shared import cli; cli.parser().parse_args(['up']);"
            "print([m for m in ('eventlet', 'psycopg', 'sqlalchemy', 'kombu', 'requests', 'socket') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_wrong_setting_stops_any_command_and_is_named(monkeypatch, capsys) -> None:
    monkeypatch.setenv("POD_MODE", "party")
    assert cli.main(["parked"]) == 2
    assert "POD_MODE: must be one of demo, server" in capsys.readouterr().err


def test_roles_on_the_command_line_are_those_of_the_permission_table() -> None:
    assert set(cli.ROLES) == set(ROLES)


def test_up_without_a_name_means_all() -> None:
    assert parse("up").services == []
    assert parse("up", "cafe", "--only", "web").only == ["web"]
    assert parse("up", "--only", "work", "--only", "relay").only == ["work", "relay"]


def test_parked_lists_unless_told_otherwise() -> None:
    assert parse("parked").action == "list"
    assert (parse("parked", "retry", "7").action, parse("parked", "retry", "7").id) == ("retry", "7")


def test_a_time_needs_an_offset_and_a_plain_day_is_londons() -> None:
    assert parse("replay", "--from", "referrals", "--to", "cafe", "--since", "2026-07-01").since == datetime(2026, 6, 30, 23, tzinfo=UTC)
    with pytest.raises(SystemExit):
        parse("migrate", "--restored-at", "2026-07-01T10:00")
