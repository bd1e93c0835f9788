"""The referrals service for a test of it: `pod` on SQLite, `either` on one database after the other."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.referral_room import Pod, opened, opened_on


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    """Give the service on an empty SQLite database."""
    with opened(tmp_path) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pod]:
    """Give the service on an empty database, first SQLite, then PostgreSQL: behaviour must be the same on both."""
    with opened_on(request, tmp_path) as made:
        yield made
