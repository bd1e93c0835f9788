"""Fixtures of the fault tests."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.effects import Count
from tests.chaos.site import Site
from tests.support.broker import Broker
from tests.support.postgres import Postgres
from tests.support.process import Process

#: Seconds one of these tests may take: servers start again in it, on a machine that may have other work.
LIMIT = 300
#: Name under which a test's line reaches the process that reports, whichever process ran it.
SAID = "said"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Be generous with time here, and strict with counts."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(LIMIT))


@pytest.fixture
def site(broker: Broker, postgres: Postgres, vhost: str, start_process: Callable[..., Process],
         tmp_path: Path) -> Iterator[Site]:
    """Give journeys and its neighbours on a virtual host and databases of their own."""
    made = Site(broker, postgres, vhost, start_process, tmp_path)
    yield made
    made.close()


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Callable[[str, Count], None]:
    """Give `say(what, count)`, which prints the one line a fault test ends with, whether or not it failed."""
    return lambda what, count: record_property(SAID, f"{what}: {count}")
