"""`kill -9` at the four moments at which something could be lost or done twice."""
from __future__ import annotations

import pytest

from tests.chaos.effects import all_applied
from tests.chaos.site import Site, admissions
from tests.support.ground import wait_until

EVENTS = 300


def _uncommitted_come_again(site: Site, sent: int) -> None:
    wait_until(lambda: site.depth() == sent - site.applied(), 20, "what was not committed, back in the queue")
    assert 0 < site.applied() < sent


def _committed_come_again(site: Site, sent: int) -> None:
    wait_until(lambda: site.depth() > sent - site.applied(), 20, "a committed batch, back in the queue")


def _published_unmarked(site: Site, sent: int) -> None:
    marked = site.number("outbox WHERE published_at IS NOT NULL AND routing_key = 'journey.admission_recorded'")
    wait_until(lambda: site.depth("notifications") + site.told() > marked, 20, "events on the broker that are not marked")


@pytest.mark.parametrize(("moment", "stands"), [
    ("before_commit", _uncommitted_come_again),
    ("after_commit", _committed_come_again),
    ("before_confirm", _published_unmarked),
    ("before_mark", _published_unmarked),
])
def test_a_killed_service_loses_nothing_and_does_nothing_twice(site: Site, say, moment, stands) -> None:
    sent = admissions(EVENTS)
    site.publish(sent)
    first = site.start("journeys", "notifications", chaos=f"{moment}:2", ready=False, POD_BATCH="50")
    assert first.wait(60) == -9, first.tail()
    stands(site, EVENTS)
    site.start("journeys", "notifications")
    site.settle(EVENTS, told=EVENTS)
    site.leave("journeys", "notifications")
    count = site.count(sent)
    say(f"kill -9 {moment}", count)
    assert count == all_applied(EVENTS)
