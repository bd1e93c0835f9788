"""The referrals service for a test of it: `pod` on SQLite, `either` on one database after the other."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.referral_room import Pod


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    """Give the service on an empty SQLite database."""
    made = Pod(tmp_path)
    yield made
    made.room.database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pod]:
    """Give the service on an empty database, first SQLite, then PostgreSQL: behaviour must be the same on both."""
    made = Pod(tmp_path, "" if request.param == "sqlite" else request.getfixturevalue("postgres").new_database())
    yield made
    made.room.database.dispose()
